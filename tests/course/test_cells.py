"""A check in a notebook knows when the cell with the function was not run, or stopped."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tao_lab.course import cells, records

SETUP = (
    "from tao_lab.course import check, mine_or_reference\nfrom tao_lab.course.lab06.exercises import clipping as ours"
)
RIGHT = "def clip_and_trust(*given, **named):\n    return ours.clip_and_trust(*given, **named)"
CHECK = 'check("06.2", clip_and_trust)'
SYNTAX = "def clip_and_trust(weights, consensus)\n    return weights"
STOPS = "1 / 0\ndef clip_and_trust(weights, consensus):\n    return weights"
DEMO = RIGHT + "\n1 / 0"


@pytest.fixture
def notebook(tmp_path, monkeypatch, capsys):
    """Runs cells one after another; gives what the last one showed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cells, "_watched", None)
    shell = InteractiveShell()
    cells.watch(shell)
    shell.run_cell(SETUP)

    def run(*texts):
        for text in texts:
            capsys.readouterr()
            result = shell.run_cell(text)
        return result.success, capsys.readouterr().out

    yield run
    shell.history_manager.end_session()


@pytest.mark.parametrize("use", [CHECK, 'mine_or_reference("06.2", clip_and_trust, ours.clip_and_trust)'])
def test_a_check_before_its_function_says_which_cell_to_run(notebook, use):
    success, said = notebook(use)
    assert not success  # so that "run all" stops here, as after any error
    assert "There is no function `clip_and_trust` yet" in said
    assert "Run the cell of exercise 06.2 first" in said
    assert "Traceback" not in said


def test_a_check_of_a_function_that_never_compiled_names_the_syntax_error(notebook):
    _, said = notebook(SYNTAX, CHECK)
    assert "Its cell stopped with `SyntaxError: expected ':'` in line 1." in said


@pytest.mark.parametrize(
    ("broken", "error"), [(SYNTAX, "SyntaxError: expected ':'"), (STOPS, "ZeroDivisionError: division by zero")]
)
def test_the_older_function_is_not_judged_in_place_of_a_cell_that_stopped(notebook, broken, error):
    assert "Right" in notebook(RIGHT, CHECK)[1]
    success, said = notebook(broken, CHECK)
    assert success
    assert f"The cell with your function stopped with `{error}`" in said
    assert not records.load().is_right("06.2")
    assert "Right" in notebook(RIGHT, CHECK)[1]
    assert records.load().is_right("06.2")


def test_a_cell_that_defines_its_function_and_stops_later_is_judged(notebook):
    assert "Right" in notebook(DEMO, CHECK)[1]


@pytest.mark.parametrize("text", ["nothing_like_it + 1", 'check("06.2", clip_and_trust); other'])
def test_any_other_name_error_keeps_its_traceback(notebook, text):
    _, said = notebook(RIGHT, text)
    assert "Traceback" in said
    assert "NameError" in said


def test_somebody_elses_handler_of_errors_stays():
    shell = InteractiveShell()
    shell.set_custom_exc((NameError,), lambda *_, **__: None)
    theirs = shell.CustomTB
    cells.Cells(shell)
    assert shell.CustomTB == theirs
    shell.history_manager.end_session()
