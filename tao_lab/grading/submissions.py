"""Submitted notebooks in a folder or in a zip, and their students.

Known layouts: nbgrader's `submitted/STUDENT/LAB/x.ipynb`; a folder for each student; Moodle's
`Name_12345_assignsubmission_file_/x.ipynb`; files side by side as `ann_06-yuma-consensus.ipynb`, also with Canvas's
numbers, `annlee_101_2002_06-yuma-consensus.ipynb`. Nothing is unpacked, and links are not followed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tao_lab.course.solve import labs
from tao_lab.errors import LabError
from tao_lab.foreign import escaped
from tao_lab.grading.notebooks import MOST_BYTES

MOST_FILES = 20_000
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?")
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_\d+_(?P<file>.+)")
TOPS = ("submitted", "submissions")
SKIPPED = (".ipynb_checkpoints", "__MACOSX")


class SubmissionsError(LabError):
    """There is nothing to grade in a folder or a zip."""


@dataclass(frozen=True)
class Submission:
    """One notebook.

    Attributes:
        student: name, as the folder or the file says.
        identity: number of the learning platform; may be empty.
        name: of the file, below the folder or in the zip.
        lab: number of the lab from the file's name; may be empty.
        source: the folder or the zip.
    """

    student: str
    identity: str
    name: str
    lab: str
    source: Path

    def read(self) -> bytes:
        """The notebook's bytes, at most one more than the limit."""
        if self.source.is_dir():
            with (self.source / self.name).open("rb") as file:
                return file.read(MOST_BYTES + 1)
        with zipfile.ZipFile(self.source) as archive, archive.open(self.name) as member:
            return member.read(MOST_BYTES + 1)


def find(source: Path) -> tuple[list[Submission], list[str]]:
    """All submitted notebooks, and what was left out, in words.

    Args:
        source: a folder, or a zip.

    Raises:
        SubmissionsError: it is neither a folder nor a zip, or has no notebook.
    """
    left_out: list[str] = []
    if source.is_dir():
        names = list(_in_folder(source, left_out))
    elif source.is_file() and zipfile.is_zipfile(source):
        names = list(_in_zip(source, left_out))
    else:
        raise SubmissionsError(
            f"{source} is neither a folder nor a zip; allowed: what learning platforms give, unpacked or not"
        )
    if not names:
        raise SubmissionsError(
            f"{source} has no notebook (.ipynb) in it; {'; '.join(left_out) or 'it has other files'}"
        )
    known = {lab.name: lab.number for lab in labs()}
    return sorted((_whose(name, source, known) for name in names), key=lambda s: (s.student, s.name)), left_out


def _in_folder(source: Path, left_out: list[str]) -> Iterator[str]:
    ahead, count = [source], 0
    while ahead:
        for path in sorted(ahead.pop().iterdir()):
            name = path.relative_to(source).as_posix()
            count += 1
            if count > MOST_FILES:
                raise SubmissionsError(
                    f"{source} has more than {MOST_FILES:,} files; allowed: the folder of submissions"
                )
            if path.is_symlink():
                left_out.append(f"{escaped(name)} is a link")
            elif path.is_dir() and path.name not in SKIPPED:
                ahead.append(path)
            elif path.is_file() and path.suffix == ".ipynb":
                yield name
            elif path.suffix == ".zip":
                left_out.append(f"{escaped(name)} is a zip inside the folder: unpack it")


def _in_zip(source: Path, left_out: list[str]) -> Iterator[str]:
    with zipfile.ZipFile(source) as archive:
        members = archive.infolist()
    if len(members) > MOST_FILES:
        raise SubmissionsError(f"{source} has {len(members):,} files; allowed: {MOST_FILES:,}")
    for member in members:
        parts = PurePosixPath(member.filename).parts
        if member.is_dir() or not member.filename.endswith(".ipynb") or set(parts) & set(SKIPPED):
            continue
        if member.file_size > MOST_BYTES or member.flag_bits & 1:
            left_out.append(f"{escaped(member.filename)} is larger than any notebook, or has a password")
        elif ".." in parts or member.filename.startswith("/"):
            left_out.append(f"{escaped(member.filename)} has a path that leads elsewhere")
        else:
            yield member.filename


def _whose(name: str, source: Path, known: dict[str, str]) -> Submission:
    parts = list(PurePosixPath(name).parts)
    if len(parts) > 1 and (parts[0].lower() in TOPS or (source.is_file() and parts[0] == source.stem)):
        parts = parts[1:]
    stem = PurePosixPath(parts[-1]).stem
    lab = next((number for word, number in known.items() if word in "/".join(parts[-2:])), "")
    lab = lab or next(
        (part for part in reversed([*parts[:-1], *re.split(r"[-_ ]", stem)]) if part in known.values()), ""
    )
    if len(parts) > 1:
        moodle = MOODLE.fullmatch(parts[0])
        student, identity = (moodle["name"], moodle["id"]) if moodle else (parts[0], "")
        return Submission(student, identity, name, lab, source)
    canvas = CANVAS.fullmatch(stem)
    if canvas:
        return Submission(canvas["name"], canvas["id"], name, lab, source)
    for word in (*known, lab):
        stem = re.sub(rf"[-_ ]*(?<!\d){re.escape(word)}(?!\d)[-_ ]*", " ", stem) if word else stem
    return Submission(stem.strip() or PurePosixPath(parts[-1]).stem, "", name, lab, source)
