"""The way through the course is read from the labs themselves, and progress from the folder's record."""

import json

import nbformat
import pytest
from typer.testing import CliRunner

from tao_lab import paths, servers
from tao_lab.cli import register
from tao_lab.cli.app import app
from tao_lab.course import journey, labs, pages, records, registry
from tao_lab.headings import FirstCellError, heading, numbers_in
from tao_lab.views import course_map

START = paths.LABS / "start.ipynb"


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A folder whose record says what is right."""
    monkeypatch.chdir(tmp_path)

    def record(**states):
        entries = {name.replace("_", "."): {"state": state} for name, state in states.items()}
        data = {"format": records.FORMAT, "exercises": entries, "predictions": {}}
        (tmp_path / records.FILE_NAME).write_text(json.dumps(data))

    return record


def test_every_lab_is_on_the_way_with_its_question_and_builds_on_earlier_ones(recorded):
    stops = journey()
    assert [stop.number for stop in stops] == [lab.number for lab in labs()]
    assert all(stop.question.endswith("?") and stop.title for stop in stops)
    assert all(before < stop.number for stop in stops for before in stop.builds_on)
    assert sum(stop.exercises for stop in stops) == len(registry.exercises())
    known = {stop.number: stop for stop in stops}
    assert known["07"].builds_on == ("02", "06")
    assert (known["06"].title, known["06"].link) == ("Yuma Consensus", "06-yuma-consensus.ipynb")


def test_without_a_record_the_way_begins_at_lab_00(recorded):
    assert {stop.state for stop in journey()} == {"not started"}
    assert [stop.number for stop in journey() if stop.here] == ["00"]


def test_a_student_is_in_the_lab_that_is_begun(recorded):
    states = {exercise.replace(".", "_"): "right" for exercise in registry.exercises() if exercise.startswith("00.")}
    recorded(**states, **{"06_1": "right", "06_2": "wrong"})
    stops = {stop.number: stop for stop in journey()}
    assert (stops["00"].state, stops["06"].state, stops["06"].right) == ("done", "begun", 1)
    assert [stop.number for stop in stops.values() if stop.here] == ["06"]
    assert "and you are in 06" in course_map(journey()).drawing().title


def test_who_has_done_all_is_nowhere(recorded):
    recorded(**{exercise.replace(".", "_"): "right" for exercise in registry.exercises()})
    assert not any(stop.here for stop in journey())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It builds on lab 02 (blocks) and\nlab 06 (an epoch).", ("02", "06")),
        ("It builds on labs 01 to 03, and 05.", ("01", "02", "03", "05")),
        ("It builds on labs 05, 06 and 08.", ("05", "06", "08")),
        ("You need Python; about 45 minutes, 2 cores.", ()),
    ],
)
def test_the_labs_that_a_text_names(text, numbers):
    assert numbers_in(text) == numbers


@pytest.mark.parametrize("text", ["no title, **a question?**", "# A title without a question"])
def test_a_first_cell_without_title_or_question_is_named(tmp_path, text):
    file = tmp_path / "99-nothing.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]), file)
    with pytest.raises(FirstCellError, match=r"99-nothing\.ipynb: its first cell needs"):
        heading(file)


def test_links_lead_to_files():
    for link in [*(stop.link for stop in journey()), *(link for link, _ in pages())]:
        assert (paths.LABS / link).is_file()


def test_the_readme_has_a_row_for_every_lab_with_its_question():
    lines = (paths.ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    rows = {line.split("]")[0].removeprefix("| ["): line for line in lines if line.startswith("| [")}
    for lab, stop in zip(labs(), journey(), strict=True):
        needed = f"| [{lab.name}](labs/{stop.link}) | {stop.question} |"
        row = rows.get(lab.name, "")
        right = f"(labs/{stop.link})" in row and row.endswith(f"| {stop.question} |")
        assert right, f"README.md needs the row {needed}, and has {row!r}"


def test_tao_lab_lab_opens_the_map_the_first_time_and_later_what_was_open(tmp_path, monkeypatch):
    register("servers")
    commands = []
    monkeypatch.setattr(servers, "run", lambda command: commands.append(command) or 0)
    for _ in range(2):
        ended = CliRunner().invoke(app, ["lab", "--no-browser", "--work", str(tmp_path / "work")])
        assert ended.exit_code == 0, ended.output
    first, second = ([word for word in command if "default_url" in word] for command in commands)
    assert first == ["--LabApp.default_url=/lab/tree/start.ipynb"]
    assert second == []
    assert (tmp_path / "work" / "start.ipynb").is_file()


@pytest.mark.slow
def test_the_start_page_runs_and_shows_the_map(executed):
    notebook = nbformat.read(START, as_version=4)
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")
    (output,) = (cell.outputs[-1] for cell in executed(START).notebook.cells if cell.cell_type == "code")
    assert all(stop.link in output.data["text/plain"] for stop in journey())
