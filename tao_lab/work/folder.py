"""A student's folder: make it from the shipped notebooks, update it, and reset parts of it.

`my-labs/` has the notebooks. `my-labs/.tao-lab/shipped/` has the release from which each was made, the base of the next
merge. `my-labs/kept/` has a copy of every file from before the lab changed it. The copy is saved before a file is
changed, and the base is written last, so after a crash the same merge is done again.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tao_lab import paths
from tao_lab.errors import LabError
from tao_lab.work import files
from tao_lab.work.merging import edited, exercise_of, merge, restored
from tao_lab.work.shipped import NotebookError, Shipped, own_files, parse, released, shipped

HIDDEN = ".tao-lab"
KEPT = "kept"


class WorkError(LabError):
    """The folder cannot be used for this."""


@dataclass(frozen=True)
class Outcome:
    """The result for one notebook.

    Attributes:
        name: of the notebook.
        words: what was done.
        kept: copy of the file as it was before, if it was changed.
        done: False if it could not be done.
    """

    name: str
    words: str
    kept: Path | None = None
    done: bool = True


@dataclass(frozen=True)
class State:
    """The state of a notebook.

    Attributes:
        name: of the notebook.
        yours: what the student changed.
        release: whether it has the text of the release.
    """

    name: str
    yours: str
    release: str


class WorkFolder:
    """The folder in which a student works."""

    def __init__(self, path: Path | None = None, labs: Path | None = None) -> None:
        """Name the folder; nothing is written yet.

        Args:
            path: of the folder; by default `my-labs` beside the shipped labs.
            labs: the shipped notebooks.

        Raises:
            WorkError: it is a file, or the folder of the shipped notebooks.
        """
        self.path, self.labs = (path or paths.WORK).expanduser().absolute(), labs or paths.LABS
        if self.path.exists() and not self.path.is_dir():
            raise WorkError(f"the folder for your labs is {self.path}, which is a file; choose a folder with --work")
        if self.path.resolve().is_relative_to(self.labs.resolve()):
            raise WorkError(
                f"the folder for your labs is {self.path}, where the shipped ones are; choose another with --work"
            )

    @property
    def is_new(self) -> bool:
        """Whether the folder never had a lab."""
        return not (self.path / HIDDEN).exists()

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Lock the folder, like JupyterLab while it is open; yields False if another program has locked it."""
        lock = self.path / HIDDEN / "open"
        with _saying(self.path):
            lock.parent.mkdir(parents=True, exist_ok=True)
            opened = lock.open("a")
        with opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def update(self) -> list[Outcome]:
        """Make the notebooks that are missing, and merge the release into the others.

        Returns:
            What was done; notebooks without changes are left out.

        Raises:
            WorkError: the folder cannot be written.
        """
        with _saying(self.path):
            outcomes = self._carry_own_files() if not (self.path / HIDDEN / "shipped").exists() else []
            for one in shipped(self.labs):
                target = self.path / one.name
                outcome = self._merge(one, target) if target.exists() else self._make(one, target)
                outcomes += [outcome] if outcome else []
        return outcomes

    def status(self) -> list[State]:
        """The state of each notebook; nothing is written."""
        return [self._state(one) for one in shipped(self.labs)]

    def reset(self, what: str) -> Outcome:
        """Reset an exercise's cell, or a whole lab; a copy of the old file is saved.

        Args:
            what: "06.2", "06" or the name of a notebook.

        Raises:
            WorkError: there is no such lab or exercise, or the folder cannot be written.
        """
        one, exercise = self._find(what)
        if one.text is None:
            raise WorkError(f"{one.file} was worked in, and git does not know how it read: restore it first")
        with _saying(self.path):
            target = self.path / one.name
            if not target.exists():
                return self._make(one, target)
            old = target.read_bytes()
            new = one.text.encode()
            if exercise:
                new = _bytes(restored(parse(old, str(target)), parse(one.text, one.name), exercise))
            if new == old:
                return Outcome(one.name, f"{what} is as shipped already")
            return self._replace(one, target, old, new, f"{what} is as shipped")

    # --- one notebook ---

    def _make(self, one: Shipped, target: Path) -> Outcome:
        """Make a missing notebook: from the student's of an earlier release, if there is one, or the shipped one."""
        base = self._base(one)
        data, words, kept = (one.text or "").encode(), "made", None
        if one.worked_in and not base.exists():
            data, words = one.file.read_bytes(), f"made from your work in {one.file}"
            try:
                parse(data, one.name)
            except NotebookError as error:
                kept = files.keep(self.path / KEPT, one.name, data)
                data, words = (one.text or "").encode(), f"made; your work in {one.file} cannot be read ({error})"
        if not data:
            return Outcome(one.name, f"not made: {one.file} cannot be read as a notebook", kept, done=False)
        files.create(target, data)
        self._note_base(one)
        return Outcome(one.name, words, kept)

    def _merge(self, one: Shipped, target: Path) -> Outcome | None:
        base = self._base(one)
        if one.text is None or (base.exists() and base.read_bytes() == one.text.encode()):
            return None
        old = target.read_bytes()
        try:
            ours = parse(old, str(target))
            merged = merge(self._parsed_base(one, ours), ours, parse(one.text, one.name))
        except NotebookError as error:
            words = f"left as it is: {error}; `tao-lab labs reset {_short(one.name)}` keeps it and starts over"
            return Outcome(one.name, words, done=False)
        if not merged.changed:
            self._note_base(one)
            return None
        counts = {"taken over": merged.taken, "beside yours": merged.both, "gone": merged.dropped}
        said = ", ".join(f"{len(ids)} {words}" for words, ids in counts.items() if ids)
        return self._replace(one, target, old, _bytes(merged.notebook), f"updated (cells of the release: {said})")

    def _replace(self, one: Shipped, target: Path, old: bytes, new: bytes, words: str) -> Outcome:
        kept = files.keep(self.path / KEPT, one.name, old)
        try:
            files.replace(target, old, new)
        except files.ChangedMeanwhileError:
            return Outcome(one.name, "left as it is: another program wrote it just now; try again", kept, done=False)
        _trust_again(old, new)
        self._note_base(one)
        return Outcome(one.name, words, kept)

    def _state(self, one: Shipped) -> State:
        target, base = self.path / one.name, self._base(one)
        if not target.exists():
            return State(one.name, "", "not made yet")
        known = one.text is None or (base.exists() and base.read_bytes() == one.text.encode())
        release = "current" if known else "an update waits"
        try:
            notebook = parse(target.read_bytes(), one.name)
        except NotebookError as error:
            return State(one.name, str(error), "left alone until it can be read")
        was = self._parsed_base(one, notebook)
        changed, added, deleted = edited(was, notebook)
        blanks = {cell.id: exercise_of(cell) for cell in was.cells if exercise_of(cell)}
        written = [blanks[name] for name in changed if name in blanks]
        said = [f"{len(written)} of {len(blanks)} exercises written"] if written else []
        counts = {"cells changed": len(changed) - len(written), "added": len(added), "deleted": len(deleted)}
        said += [f"{count} {words}" for words, count in counts.items() if count]
        return State(one.name, ", ".join(said) or "as shipped", release)

    def _find(self, what: str) -> tuple[Shipped, str]:
        """A notebook, and its exercise if `what` names one."""
        known = shipped(self.labs)
        number, _, exercise = what.partition(".")
        for one in known:
            if what in (one.name, Path(one.name).stem, _short(one.name)):
                return one, ""
            if exercise and one.name.startswith(f"{number}-"):
                there = [exercise_of(cell) for cell in parse(one.text or "{}", one.name).cells if exercise_of(cell)]
                if what in there:
                    return one, what
                raise WorkError(f"exercise is {what!r}; allowed in lab {number}: {', '.join(there)}")
        names = ", ".join(_short(one.name) for one in known)
        raise WorkError(f"lab is {what!r}; allowed: {names}, or an exercise such as 06.2")

    # --- bases ---

    def _base(self, one: Shipped) -> Path:
        return self.path / HIDDEN / "shipped" / one.name

    def _note_base(self, one: Shipped) -> None:
        if one.text is not None:
            files.write(self._base(one), one.text.encode())

    def _parsed_base(self, one: Shipped, ours: NotebookNode) -> NotebookNode:
        """The release from which a student's notebook was made.

        If the folder does not have it, it is the release with the fewest differences. Without releases it is a notebook
        without cells, so that every cell counts as the student's.
        """
        try:
            return parse(self._base(one).read_bytes(), one.name)
        except (FileNotFoundError, NotebookError):
            known = [parse(text, one.name) for text in released(self.labs, one.name)]
            return min(known, key=lambda base: _distance(base, ours), default=nbformat.v4.new_notebook())

    def _carry_own_files(self) -> list[Outcome]:
        """Copy files that a student of an earlier release put beside the shipped notebooks."""
        carried = [file.name for file in own_files(self.labs) if files.copy_new(file, self.path / file.name)]
        return [Outcome(name, f"copied from {self.labs}") for name in carried]


def _short(name: str) -> str:
    """The name of a notebook for commands: a lab's number, or a page's file name."""
    return name[:2] if name[:2].isdigit() else Path(name).stem


def _distance(base: NotebookNode, ours: NotebookNode) -> int:
    return sum(len(names) for names in edited(base, ours))


def _bytes(notebook: NotebookNode) -> bytes:
    return (nbformat.writes(notebook) + "\n").encode()


def _trust_again(old: bytes, new: bytes) -> None:
    """Mark a notebook as trusted if Jupyter trusted the old one; the release has no outputs."""
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    try:
        trusted = notary.check_signature(parse(old, "the notebook"))
    except NotebookError:
        return
    if trusted:
        notary.sign(parse(new, "the notebook"))


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    """Turn errors of the file system into an error that says what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise WorkError(
            f"{where}: cannot be used ({error.strerror or error}); choose another folder with --work, "
            "for example --work ~/my-labs"
        ) from error
