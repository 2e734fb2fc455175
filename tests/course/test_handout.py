"""What students get has no solutions and no readable hints, works as the lab does, and only released labs are in it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tao_lab.course import handout, labs, registry, sealed
from tao_lab.errors import LabError

RELEASE = '[release]\n"06" = 2026-10-12\n"07" = 2026-10-19\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> handout.Handout:
    """A hand-out in a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("for students") / "lab"
    release = folder.parent / "release.toml"
    release.write_text(RELEASE)
    return handout.make(folder, release=release, today=date(2026, 10, 13))


def test_only_released_labs_are_in_it(made: handout.Handout) -> None:
    there = {file.stem[:2] for file in (made.folder / "labs").glob("[0-9]*.ipynb")}
    assert there == {lab.number for lab in labs()} - {"07"}
    assert made.later == (("07", date(2026, 10, 19)),)


def test_no_file_has_a_solution_or_a_hint_to_read(made: handout.Handout) -> None:
    assert not list(made.folder.rglob("solutions"))
    assert not (made.folder / "docs" / "teaching").exists()
    assert not list(made.folder.rglob("exercises/*.py"))
    hints = [wrong.hint.encode() for exercise in registry.exercises().values() for wrong in exercise.wrong_answers]
    unlocks = [exercise.unlocks.encode() for exercise in registry.exercises().values()]
    for file in made.folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not [text for text in (*hints, *unlocks) if len(text) > 20 and text in data], file


PROGRAM = """
import tao_lab
from tao_lab.course import checking, registry
assert tao_lab.__file__.startswith({folder!r}), tao_lab.__file__
exercise = registry.exercises()["02.1"]
print(len(registry.exercises()))
for mistake in exercise.mistakes[:2]:
    print(checking.judge(exercise, mistake.function).mistake)
from tao_lab.course.behaviour import known_names
print(len(known_names(exercise)) > 0)
"""


@pytest.mark.slow
def test_checks_say_the_same_there(made: handout.Handout) -> None:
    environment = {**os.environ, "PYTHONPATH": str(made.folder)}
    program = PROGRAM.format(folder=str(made.folder))
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=made.folder, capture_output=True, text=True, check=False
    )
    names = [wrong.name for wrong in registry.exercises()["02.1"].wrong_answers[:2]]
    assert done.stdout.splitlines() == [str(len(registry.exercises())), *names, "True"], done.stderr


def test_it_is_made_anew_and_nothing_else_is_overwritten(made: handout.Handout, tmp_path: Path) -> None:
    (made.folder / ".git").mkdir()
    again = handout.make(made.folder, labs=["02"])
    assert (again.labs, (made.folder / ".git").is_dir()) == (("02",), True)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(LabError, match="something else"):
        handout.make(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[release]\n06 = 5\n", '[release]\n"44" = 2026-10-12\n', "[release\n"])
def test_a_file_of_days_that_says_what_cannot_be_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "release.toml").write_text(text)
    with pytest.raises(LabError):
        handout.days_of(tmp_path / "release.toml")


def test_sealed_files_come_out_as_they_went_in() -> None:
    texts = {"a.py": "x = 'Ω'\n", "b.py": ""}
    assert sealed.unseal(sealed.seal(texts)) == texts
    assert b"a.py" not in sealed.seal(texts)
