"""Solutions go into the cells of their exercises, and nowhere else."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tao_lab import paths
from tao_lab.course.solve import SolveError, exercise_of, labs, solved_notebook

BLANK = "def double(x):\n    ..."
SOLUTION = '"""Solutions."""\nimport math\n\n\ndef double(x):\n    return math.ldexp(x, 1)\n'


@pytest.fixture
def lab_99(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "LABS", tmp_path)
    notebook = new_notebook(
        cells=[
            new_markdown_cell("Double a number."),
            new_code_cell(BLANK, metadata={"tags": ["exercise", "99.1"]}),
            new_code_cell("double(2)"),
        ]
    )
    nbformat.write(notebook, tmp_path / "99-doubling.ipynb")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "99.py").write_text(SOLUTION)
    return tmp_path


def test_only_the_exercise_is_filled_in(lab_99):
    cells = solved_notebook("99").cells
    assert cells[1].source == "def double(x):\n    return math.ldexp(x, 1)"
    assert [cells[0].source, cells[2].source] == ["Double a number.", "double(2)"]
    assert exercise_of(cells[1]) == "99.1"


def test_the_lab_itself_stays_blank(lab_99):
    solved_notebook("99-doubling")
    assert nbformat.read(lab_99 / "99-doubling.ipynb", 4).cells[1].source == BLANK


def test_an_unknown_lab_is_named_with_those_that_there_are(lab_99):
    with pytest.raises(SolveError, match=r"lab is '07'; allowed: 99 \(99-doubling\)"):
        solved_notebook("07")


def test_missing_solutions_are_named(lab_99):
    (lab_99 / "solutions" / "99.py").unlink()
    with pytest.raises(SolveError, match="lab 99 comes without solutions"):
        solved_notebook("99")


def test_solutions_that_lack_a_function_are_named(lab_99):
    (lab_99 / "solutions" / "99.py").write_text("def triple(x):\n    return 3 * x\n")
    with pytest.raises(SolveError, match=r"no function 'double' for exercise 99\.1"):
        solved_notebook("99")


def test_every_lab_here_has_solutions_for_all_its_exercises():
    for lab in labs():
        solved = solved_notebook(lab.number)
        assert any(exercise_of(cell) for cell in solved.cells)


def test_a_lab_that_was_handed_out_has_no_solutions(monkeypatch):
    monkeypatch.setenv(paths.WITHOUT_SOLUTIONS, "1")
    with pytest.raises(SolveError, match="comes without solutions"):
        solved_notebook("06")
