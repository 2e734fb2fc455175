"""Independent jobs on all cores: the same results from any number of processes, and nothing left after Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tao_lab import Network
from tao_lab.errors import LabError
from tao_lab.simulate import on_all_cores


def incentives(seed: int) -> list[int]:
    """What a network of its own pays its miners."""
    with Network() as net:
        subnet = net.create_subnet(owner=net.wallet("alice", tao=1_000))
        net.populate(subnet, validators=2, miners=3, seed=seed)
        net.run(epochs=2, subnet=subnet)
        return [neuron.incentive for neuron in net.metagraph(subnet)]


@pytest.mark.slow
def test_networks_in_other_processes_end_as_they_do_here_in_the_order_of_the_inputs():
    alone = on_all_cores(incentives, range(1, 5), workers=1)
    assert len({*map(tuple, alone)}) > 1
    assert on_all_cores(incentives, range(1, 5), workers=2) == alone
    assert on_all_cores(incentives, [4, 3, 2, 1], workers=2) == alone[::-1]
    assert on_all_cores(incentives, [], workers=2) == []


@pytest.mark.slow
def test_an_error_in_a_job_is_told():
    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda number: 1 // number, [1, 0, 2], workers=2)


@pytest.mark.parametrize("workers", [0, -1, True, 1.5])
def test_workers_is_a_whole_number_from_one_on(workers):
    with pytest.raises(LabError, match="allowed: a whole number from 1 on"):
        on_all_cores(abs, [1, 2], workers=workers)


WAITING = """
import signal
from pathlib import Path
from tao_lab.simulate import on_all_cores

def wait(name):
    Path({folder!r}, name).touch()
    signal.pause()

on_all_cores(wait, ["one", "two", "three"], workers=2)
"""


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_and_says_so_once(tmp_path):
    program = WAITING.format(folder=str(tmp_path))
    going = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(list(tmp_path.iterdir())) < 2 and going.poll() is None:
        time.sleep(0.02)
    workers = psutil.Process(going.pid).children()
    os.killpg(going.pid, signal.SIGINT)  # a terminal sends it to all of them
    _, said = going.communicate()
    assert said.count("KeyboardInterrupt") == 1
    _, alive = psutil.wait_procs(workers, timeout=300)
    assert (len(workers) >= 2, alive) == (True, [])
    assert len(list(tmp_path.iterdir())) == 2
