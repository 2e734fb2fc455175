"""A student's folder on a disk: made, brought up to date and reset, and no file is ever lost."""

import json
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tao_lab.work import WorkFolder, files, folder
from tao_lab.work.folder import WorkError

NAME = "99-doubling.ipynb"
BLANK, ANSWER = "def double(x):\n    ...", "def double(x):\n    return x + x"


def lab(prose="Twice is a sum."):
    cells = [
        new_markdown_cell(prose, id="idea"),
        new_code_cell(BLANK, id="exercise-99-1", metadata={"tags": ["exercise", "99.1"]}),
        new_code_cell('check("99.1", double)', id="check-99-1", metadata={"tags": ["check", "99.1"]}),
    ]
    return new_notebook(cells=cells)


class Place:
    """Shipped labs and a student's folder beside them."""

    def __init__(self, root):
        self.labs, self.path = root / "labs", root / "my-labs"
        (self.labs / "pages").mkdir(parents=True)
        (self.labs / "solutions").mkdir()
        (self.labs / "solutions" / "99.py").write_text("secret")
        self.file = self.path / NAME
        self.ship()
        self.ship("A page.", "pages/page.ipynb")

    @property
    def folder(self):
        return WorkFolder(self.path, self.labs)

    def ship(self, prose="Twice is a sum.", name=NAME):
        nbformat.write(lab(prose), self.labs / name)

    def work(self, file=None):
        """Answer the exercise and run it, as JupyterLab saves it."""
        file = file or self.file
        notebook = nbformat.read(file, 4)
        notebook.cells[1].source = ANSWER
        notebook.cells[2].outputs = [new_output("stream", text="Right")]
        notebook.cells[2].execution_count = 3
        notebook.cells.append(new_markdown_cell("my note", id="mine"))
        nbformat.write(notebook, file)

    def git(self, *words):
        identity = ["-c", "user.name=student", "-c", "user.email=student@example.org"]
        subprocess.run(["git", "-C", self.labs.parent, *identity, *words], check=True, capture_output=True)

    def texts(self, file=None):
        return [cell.source for cell in nbformat.read(file or self.file, 4).cells]

    def everything(self):
        return {p: p.read_bytes() for p in sorted(self.path.rglob("*")) if p.is_file()}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def worked(place):
    place.folder.update()
    place.work()
    return place


def test_the_folder_has_labs_and_pages_and_no_solutions(place):
    assert [outcome.words for outcome in place.folder.update()] == ["made", "made"]
    visible = [p.relative_to(place.path).as_posix() for p in place.path.rglob("*.ipynb") if ".tao-lab" not in p.parts]
    assert sorted(visible) == [NAME, "pages/page.ipynb"]
    assert place.folder.update() == []


def test_an_update_keeps_the_answer_the_note_and_the_old_file(worked):
    old = worked.file.read_bytes()
    worked.ship("Twice is a product.")
    assert [state.release for state in worked.folder.status()] == ["an update waits", "current"]
    (outcome,) = worked.folder.update()
    assert worked.texts() == ["Twice is a product.", ANSWER, 'check("99.1", double)', "my note"]
    assert nbformat.read(worked.file, 4).cells[2].outputs[0].text == "Right"
    assert outcome.kept.read_bytes() == old
    assert [state.release for state in worked.folder.status()] == ["current", "current"]
    assert worked.folder.update() == []


def test_status_says_what_the_student_did_and_writes_nothing(worked):
    before = worked.everything()
    first, second = worked.folder.status()
    assert (first.yours, second.yours) == ("1 of 1 exercises written, 1 added", "as shipped")
    assert worked.everything() == before


def test_a_deleted_notebook_is_made_anew_and_a_renamed_one_stays(worked):
    worked.file.rename(worked.path / "mine.ipynb")
    assert [outcome.words for outcome in worked.folder.update()] == ["made"]
    assert worked.texts()[1] == BLANK
    assert worked.texts(worked.path / "mine.ipynb")[1] == ANSWER


@pytest.mark.parametrize("damage", [b'{"cells": [', b"", b"[]", b'{"nbformat": 4}', b"\xff\xfe", b"<<<<<<< HEAD"])
def test_a_damaged_notebook_is_left_as_it_is_and_the_others_are_updated(worked, damage):
    worked.file.write_bytes(damage)
    worked.ship("Twice is a product.")
    worked.ship("A better page.", "pages/page.ipynb")
    bad, good = worked.folder.update()
    assert (bad.done, good.done) == (False, True)
    assert "is not a notebook" in bad.words
    assert worked.file.read_bytes() == damage
    assert worked.folder.reset("99").kept.read_bytes() == damage
    assert worked.texts()[0] == "Twice is a product."


def test_a_notebook_that_another_program_saves_meanwhile_is_left_to_it(worked, monkeypatch):
    worked.ship("Twice is a product.")
    merge = folder.merge

    def merge_slowly(*notebooks):
        worked.file.write_bytes(b"saved by JupyterLab")
        return merge(*notebooks)

    monkeypatch.setattr(folder, "merge", merge_slowly)
    (outcome,) = worked.folder.update()
    assert not outcome.done
    assert worked.file.read_bytes() == b"saved by JupyterLab"


class Crash(BaseException):
    """The machine stops here."""


@pytest.mark.parametrize("step", range(5))
def test_after_a_crash_at_any_write_the_next_update_ends_the_work(worked, monkeypatch, step):
    old = worked.file.read_bytes()
    worked.ship("Twice is a product.")
    calls = []
    for name in ("link", "fsync"):
        real = getattr(files.os, name)

        def fail(*arguments, real=real, name=name):
            if len(calls) == step:
                raise Crash
            calls.append(name)
            return real(*arguments)

        monkeypatch.setattr(files.os, name, fail)
    try:
        worked.folder.update()
    except Crash:
        assert worked.file.read_bytes() == old or "Twice is a product." in worked.texts()
    monkeypatch.undo()
    worked.folder.update()
    assert worked.texts() == ["Twice is a product.", ANSWER, 'check("99.1", double)', "my note"]
    assert old in worked.everything().values()
    assert not list(worked.path.rglob(f"{files.PART}*"))


# --- what a student of an earlier release did in the shipped files ---


@pytest.fixture
def tracked(place):
    """The labs as git keeps them, worked in by a student."""
    place.git("init", "--quiet")
    place.git("add", ".")
    place.git("commit", "--quiet", "-m", "release")
    place.work(place.labs / NAME)
    (place.labs / ".tao-lab-progress.json").write_text("{}")
    (place.labs / "class.db").write_bytes(b"chain")
    (place.labs / "wallets").mkdir()
    (place.labs / "wallets" / "key").write_text("k")
    return place


def test_answers_in_the_shipped_files_are_carried_over_with_everything_beside_them(tracked):
    outcomes = tracked.folder.update()
    assert f"made from your work in {tracked.labs / NAME}" in [outcome.words for outcome in outcomes]
    assert tracked.texts() == tracked.texts(tracked.labs / NAME)
    assert (tracked.path / "class.db").read_bytes() == b"chain"
    assert (tracked.path / ".tao-lab-progress.json").exists()
    assert (tracked.path / "wallets" / "key").read_text() == "k"
    assert not (tracked.path / "solutions").exists()
    assert tracked.folder.status()[0].yours == "1 of 1 exercises written, 1 added"


def test_after_the_carrying_over_a_pull_brings_the_release_and_the_answers_stay(tracked):
    tracked.folder.update()
    tracked.git("checkout", "--quiet", "labs")
    tracked.ship("Twice is a product.")
    tracked.git("commit", "--quiet", "-am", "next release")
    tracked.folder.update()
    assert tracked.texts() == ["Twice is a product.", ANSWER, 'check("99.1", double)', "my note"]


def test_answers_in_shipped_files_that_git_does_not_know_are_carried_over_and_never_count_as_shipped(place):
    place.work(place.labs / NAME)
    place.folder.update()
    assert place.texts()[1] == ANSWER
    place.ship("Twice is a product.")
    place.folder.update()
    assert {ANSWER, "my note"} <= set(place.texts())
    assert "Twice is a product." in "\n".join(place.texts())


def test_a_copy_of_the_earlier_labs_becomes_the_folder(tracked):
    """As the README says: `cp -r labs my-labs`, `git checkout labs`, `git pull`."""
    tracked.path.mkdir()
    tracked.file.write_bytes((tracked.labs / NAME).read_bytes())
    tracked.git("checkout", "--quiet", "labs")
    tracked.ship("Twice is a product.")
    tracked.git("commit", "--quiet", "-am", "next release")
    tracked.folder.update()
    assert tracked.texts() == ["Twice is a product.", ANSWER, 'check("99.1", double)', "my note"]


def test_a_shipped_file_with_the_marks_of_a_failed_merge_is_kept_as_it_is(tracked):
    broken = '<<<<<<< HEAD\n{"cells": []\n=======\nanswer\n>>>>>>> stash'
    (tracked.labs / NAME).write_text(broken)
    outcome = next(outcome for outcome in tracked.folder.update() if outcome.name == NAME)
    assert outcome.kept.read_text() == broken
    assert tracked.texts()[1] == BLANK


# --- reset ---


def test_reset_takes_back_one_exercise_and_keeps_the_file(worked):
    old = worked.file.read_bytes()
    outcome = worked.folder.reset("99.1")
    assert worked.texts() == ["Twice is a sum.", BLANK, 'check("99.1", double)', "my note"]
    assert outcome.kept.read_bytes() == old
    assert worked.folder.reset("99.1").kept is None


@pytest.mark.parametrize("what", ["99", "99-doubling", NAME])
def test_reset_takes_back_a_whole_lab_and_keeps_the_file(worked, what):
    old = worked.file.read_bytes()
    outcome = worked.folder.reset(what)
    assert worked.file.read_bytes() == (worked.labs / NAME).read_bytes()
    assert outcome.kept.read_bytes() == old


def test_a_page_that_cannot_be_read_is_reset_by_its_own_name_and_no_other_page(worked):
    worked.ship("Another page.", "pages/part.ipynb")
    worked.folder.update()
    kept = (worked.path / "pages" / "page.ipynb").read_bytes()
    (worked.path / "pages" / "part.ipynb").write_bytes(b"{")
    worked.ship("Another page, better.", "pages/part.ipynb")
    (outcome,) = worked.folder.update()
    name = outcome.words.split("labs reset ")[1].split("`")[0]
    assert name == "part"
    assert worked.folder.reset(name).name == "pages/part.ipynb"
    assert (worked.path / "pages" / "page.ipynb").read_bytes() == kept
    with pytest.raises(WorkError, match="lab is 'pa'; allowed: 99, page, part"):
        worked.folder.reset("pa")


def test_two_resets_in_one_second_keep_two_files(worked):
    worked.folder.reset("99")
    worked.work()
    worked.folder.reset("99")
    assert len(list((worked.path / "kept").iterdir())) == 2


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("99.7", r"exercise is '99\.7'; allowed in lab 99: 99\.1"),
        ("98", "lab is '98'; allowed: 99, page, or an exercise"),
        ("", "lab is ''; allowed: 99"),
    ],
)
def test_what_cannot_be_reset_is_named_with_what_can(worked, what, words):
    before = worked.everything()
    with pytest.raises(WorkError, match=words):
        worked.folder.reset(what)
    assert worked.everything() == before


# --- the folder ---


def test_a_folder_is_held_by_one_program_at_a_time(place):
    with place.folder.held() as first, place.folder.held() as second:
        assert (first, second) == (True, False)
    with place.folder.held() as third:
        assert third


def test_the_shipped_folder_or_a_file_is_no_place_to_work(place):
    for path in (place.labs, place.labs / "mine"):
        with pytest.raises(WorkError, match="where the shipped ones are; choose another with --work"):
            WorkFolder(path, place.labs)
    with pytest.raises(WorkError, match="which is a file"):
        WorkFolder(place.labs / NAME, place.labs)


def test_a_folder_that_cannot_be_made_says_how_to_choose_another(place):
    blocked = place.labs.parent / "blocked"
    blocked.write_text("a file")
    with pytest.raises(WorkError, match="choose another folder with --work"):
        WorkFolder(blocked / "below", place.labs).update()


def test_a_trusted_notebook_stays_trusted_and_an_untrusted_one_stays_untrusted(worked, monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    for trusted in (False, True):
        worked.ship(f"A text for {trusted}.")
        notebook = nbformat.read(worked.file, 4)
        if trusted:
            NotebookNotary().sign(notebook)
        worked.folder.update()
        assert NotebookNotary().check_signature(nbformat.read(worked.file, 4)) is trusted


def test_git_ignores_the_folder():
    root = Path(__file__).parents[2]
    assert "/my-labs/" in root.joinpath(".gitignore").read_text().splitlines()
    assert json.loads(root.joinpath("labs", "06-yuma-consensus.ipynb").read_text())["cells"][0]["id"]
