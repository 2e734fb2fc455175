"""What `tao-lab bench start` measures."""

import gc
import subprocess

import pytest

import tao_lab
from tao_lab.bench import start


def test_the_imports_of_lab_00_are_measured_as_the_lab_has_them():
    lines = start.first_imports().splitlines()
    assert len(lines) > 1
    assert all(line.startswith("from tao_lab") for line in lines)  # the bar is on screen from the first one


def test_a_program_that_fails_is_not_measured():
    assert start.processor_seconds("-c", "") > 0
    with pytest.raises(subprocess.CalledProcessError):
        start.processor_seconds("-c", "import no_such_module")


def test_the_garbage_collector_works_after_the_import_as_before():
    for set_before in (gc.disable, gc.enable):
        set_before()
        before = gc.isenabled()
        assert tao_lab.Network.__name__ == "Network"
        assert gc.isenabled() is before
