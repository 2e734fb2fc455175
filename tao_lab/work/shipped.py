"""The notebooks that come with the lab, with their texts in the release.

Students of an earlier release worked in the shipped files themselves. If git says that a file was changed, the
committed text is the release's, and the file is the student's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tao_lab.errors import LabError

PATTERNS = ("start.ipynb", "[0-9][0-9]-*.ipynb", "pages/*.ipynb")
# Files in the folder of the shipped notebooks that are not a student's own.
NOT_OWN = {"dashboards", "pages", "solutions", "solved", "__pycache__", ".ipynb_checkpoints"}


class NotebookError(LabError):
    """A file that is not a notebook."""


@dataclass(frozen=True)
class Shipped:
    """One shipped notebook.

    Attributes:
        name: path in the folder: "06-yuma-consensus.ipynb", "pages/why-did-i-earn-nothing.ipynb".
        file: where it is.
        worked_in: whether a student worked in the shipped file itself.
        text: the released text; unknown if a student worked in a file that was never committed.
    """

    name: str
    file: Path
    worked_in: bool
    text: str | None


def shipped(labs: Path) -> list[Shipped]:
    """All shipped notebooks, in order.

    Args:
        labs: their folder.
    """
    files = [file for pattern in PATTERNS for file in sorted(labs.glob(pattern))]
    changed = _changed(labs)
    return [_read(labs, file, file.relative_to(labs).as_posix() in changed) for file in files]


def released(labs: Path, name: str) -> list[str]:
    """Every text that a shipped notebook ever had, the newest first; empty if git does not track the folder.

    Args:
        labs: folder of the shipped notebooks.
        name: of the notebook.
    """
    commits = (_git(labs, "log", "--format=%H", "--", name) or "").split()
    texts = [_git(labs, "show", f"{commit}:./{name}") for commit in commits]
    return [text for text in texts if text is not None and _was_never_run(text)]


def own_files(labs: Path) -> list[Path]:
    """Files of a student beside the shipped notebooks: notebooks, chains, wallets, the record of progress."""
    ours = {path for pattern in PATTERNS for path in labs.glob(pattern)}
    return sorted(path for path in labs.iterdir() if path not in ours and path.name not in NOT_OWN)


def parse(data: bytes | str, name: str) -> NotebookNode:
    """A notebook from the content of its file.

    Args:
        data: of the file.
        name: to be said in an error.

    Raises:
        NotebookError: it is not a notebook; the message says where the error is.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        notebook = nbformat.convert(nbformat.reader.reads(text), 4)
        _, notebook = nbformat.validator.normalize(notebook)
        nbformat.validate(notebook, relax_add_props=True)
    except UnicodeDecodeError as error:
        raise NotebookError(f"{name} is not a notebook: byte {error.start} is not UTF-8") from error
    except nbformat.reader.NotJSONError as error:
        raise NotebookError(f"{name} is not a notebook: {_fault(text)}") from error
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotebookError(f"{name} is not a notebook: {str(error).splitlines()[0][:120]}") from error
    return notebook


def _fault(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}"
    return "no JSON object"


def _read(labs: Path, file: Path, changed: bool) -> Shipped:
    name = file.relative_to(labs).as_posix()
    text = _git(labs, "show", f"HEAD:./{name}") if changed else file.read_text(encoding="utf-8")
    pristine = text is not None and _was_never_run(text)
    return Shipped(name, file, changed or not pristine, text if pristine else None)


def _was_never_run(text: str) -> bool:
    """Whether a notebook has no outputs, like all released notebooks."""
    try:
        cells = json.loads(text)["cells"]
        return not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _changed(labs: Path) -> set[str]:
    """Names of files that differ from the checked-out commit; empty if git does not track the folder."""
    listed = _git(labs, "diff", "--name-only", "-z", "--relative", "HEAD", "--", ".")
    return set(filter(None, (listed or "").split("\0")))


def _git(folder: Path, *words: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run([program, "-C", str(folder), *words], capture_output=True, check=False)
    return done.stdout.decode("utf-8") if done.returncode == 0 else None
