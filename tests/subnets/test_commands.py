"""`tao-lab subnets`."""

import pytest
from typer.testing import CliRunner

from tao_lab.cli import app, register
from tao_lab.errors import LabError
from tao_lab.subnets import kinds

register()


def tao_lab(*arguments):
    result = CliRunner().invoke(app.app, ["subnets", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_list_names_every_kind():
    listed = tao_lab("list")
    assert all(name in listed for name in kinds())


@pytest.mark.parametrize("name", kinds())
def test_show_tells_the_task_the_form_and_the_weakness(name):
    shown = tao_lab("show", name, "--seed", "3")
    assert all(
        word in shown for word in ("A task (seed 3)", '"additionalProperties": false', "Weakness", "Data", "honest")
    )


def test_play_puts_the_best_first():
    played = tao_lab("play", "code", "--rounds", "2")
    assert played.index("honest") < played.index("unchanged")
    assert "weakness: " in played


def test_an_unknown_kind_is_an_error_in_one_line():
    with pytest.raises(LabError, match="kind 'nothing' is unknown"):
        tao_lab("show", "nothing")
