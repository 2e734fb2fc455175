"""Every lab as a student gets it, and as its solutions fill it in."""

import math
import re

import nbformat
import pytest

from tao_lab import paths, waiting
from tao_lab.course import labs, registry
from tao_lab.course.solve import exercise_of

LINES = 8  # of prose between two things that run
OUR_NAMES = {
    name
    for file in (paths.ROOT / "tao_lab").rglob("*.py")
    for name in re.findall(r"^class ([A-Z]\w+)", file.read_text(encoding="utf-8"), re.M)
} | {"Wallet", "Keypair", "SwapQuote"}
SDK_PRINTS = {"Metagraph", "Neuron"}  # classes of the SDK too, and lab 03 shows how the SDK prints them
SLOW = 5  # seconds on the clock, of which a bar waits less than one: the rest is room for a busy machine
LINE = 130  # characters; longer lines wrap on the page

each_lab = pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.name)


def alone(version):
    """Each lab's run is a group of its own, so that several processes share them."""
    return pytest.mark.parametrize(
        "lab",
        [pytest.param(lab, marks=pytest.mark.xdist_group(f"{lab.name} {version}"), id=lab.name) for lab in labs()],
    )


def read(lab):
    return nbformat.read(lab.notebook, as_version=4)


def ids(lab):
    return [exercise for exercise in registry.exercises() if exercise.startswith(f"{lab.number}.")]


@alone("as shipped")
@pytest.mark.slow
def test_as_shipped_a_lab_runs_to_the_end_and_no_exercise_is_started(lab, executed):
    ran = executed(lab.notebook)
    done = ran.checks()
    assert list(done) == ids(lab)
    assert all("Not started" in text for text in done.values()), done
    assert not list(ran.folder.glob(".tao-lab-progress*"))


@alone("solved")
@pytest.mark.slow
def test_solved_a_lab_passes_every_check_without_the_language_model(lab, executed):
    done = executed(lab.notebook, solved=lab.number).checks()
    assert list(done) == ids(lab)
    assert all("Right" in text for text in done.values()), done


@alone("as shipped")
@pytest.mark.slow
def test_a_lab_shows_no_object_of_ours_as_raw_text(lab, executed):
    assert raw(executed(lab.notebook).notebook) == []


@alone("as shipped")
@pytest.mark.slow
def test_every_slow_cell_of_a_lab_has_shown_a_bar(lab, executed):
    cells = [cell for cell in executed(lab.notebook).notebook.cells if cell.cell_type == "code"]
    waits = [(cell.metadata.papermill.duration, cell.source) for cell in cells if not has_bar(cell)]
    assert [wait for wait in waits if wait[0] > SLOW] == []


def has_bar(cell):
    """A bar that is over leaves an empty output."""
    return any(output.get("data") == waiting.NOTHING for output in cell.outputs)


def raw(notebook):
    """What a reader sees as `Name(…)` of one of our classes: results without HTML, and what a cell prints."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    results = [output.data["text/plain"] for output in outputs if set(output.get("data", ())) == {"text/plain"}]
    printed = [output.text for output in outputs if output.output_type == "stream"]
    found = [text for text in results if OUR_NAMES & set(re.findall(r"\b([A-Z]\w+)\(", text))]
    return found + [text for text in printed if (OUR_NAMES - SDK_PRINTS) & set(re.findall(r"\b([A-Z]\w+)\(\w+=", text))]


def test_raw_text_of_our_objects_is_found():
    result = nbformat.v4.new_output("execute_result", {"text/plain": "[Pool(tao=1, alpha=2)]"})
    card = nbformat.v4.new_output("execute_result", {"text/plain": "Pool(tao=1)", "text/html": "<table>"})
    printed = nbformat.v4.new_output("stream", text="your pool: Pool(tao=3)")
    cells = [nbformat.v4.new_code_cell(outputs=[output]) for output in (result, card, printed)]
    assert raw(nbformat.v4.new_notebook(cells=cells)) == ["[Pool(tao=1, alpha=2)]", "your pool: Pool(tao=3)"]


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted((paths.LABS / "pages").glob("*.ipynb")), ids=lambda page: page.stem)
def test_a_page_runs_to_the_end(page, executed):
    notebook = nbformat.read(page, as_version=4)
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")
    executed(page)


@each_lab
def test_a_lab_has_a_blank_cell_and_a_check_for_each_exercise(lab):
    cells = read(lab).cells
    blanks = [exercise_of(cell) for cell in cells if exercise_of(cell)]
    assert blanks == ids(lab)
    for exercise in blanks:
        name = registry.exercises()[exercise].name
        assert any(cell.source == f'check("{exercise}", {name})' for cell in cells)
        assert any(exercise_of(cell) == exercise and cell.source.startswith(f"def {name}(") for cell in cells)


@each_lab
def test_a_lab_comes_without_outputs_and_for_any_python_3(lab):
    notebook = read(lab)
    assert notebook.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert set(cell.metadata) <= {"tags"}


@each_lab
def test_prose_is_short_between_two_things_that_run(lab):
    lines = 0
    for cell in read(lab).cells:
        if cell.cell_type == "code":
            lines = 0
            continue
        lines += sum(math.ceil(len(line) / LINE) for line in cell.source.splitlines() if line.strip())
        assert lines <= LINES, cell.source


@each_lab
def test_something_runs_within_the_first_two_cells(lab):
    assert "code" in [cell.cell_type for cell in read(lab).cells[:2]]


@each_lab
def test_a_lab_has_its_parts_in_order(lab):
    text = "\n".join(cell.source for cell in read(lab).cells if cell.cell_type == "markdown")
    parts = ("# ", "## What you see", "## Put it in", "## Claim check", "## In the real code", "## What you can do now")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
