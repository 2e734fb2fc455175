"""A hundred students at once, each a process of its own; the node is killed and comes back."""

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.network import Network
from tao_lab.units import RAO_PER_TAO
from tests import states

STUDENTS = int(os.environ.get("CLASS_STUDENTS", "100"))
SECONDS = 240  # until something is given up; no measure of speed
CROWD = Path(__file__).with_name("crowd.py")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the crowd is forked")

until = partial(states.until, seconds=SECONDS)


def start(folder, port):
    """The node as a process; returns it, its address and the code."""
    log = folder / f"log-{port}"
    command = [sys.executable, "-m", "tao_lab.cli", "node", str(folder / "class.db"), "--class", "--page-port", "0"]
    with log.open("w") as output:
        node = subprocess.Popen([*command, "--port", str(port), "--block-seconds", "1"], stdout=output, stderr=output)

    def told():
        assert node.poll() is None, log.read_text()
        return re.search(r"code (\w+) at (ws://127\.0\.0\.1:(\d+))\n", log.read_text())

    found = until(told)
    return node, found[2], found[1], int(found[3])


@pytest.mark.slow
def test_nothing_is_lost_when_a_hundred_trade_and_the_node_is_killed(tmp_path):
    node, url, code, port = start(tmp_path, 0)
    crowd = None
    try:
        owner = Network.join(url, code, "owner", wallets=tmp_path / "owner")
        netuid = owner.create_subnet(owner.me)
        crowd = subprocess.Popen(
            [sys.executable, CROWD, url, code, str(netuid), str(STUDENTS), tmp_path],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

        def have(ending):
            assert crowd.poll() in (None, 0), "a student failed"
            return len(list(tmp_path.glob(f"*.{ending}"))) == STUDENTS

        until(lambda: have("first"))
        node.send_signal(signal.SIGKILL)
        node.wait()
        node, *_ = start(tmp_path, port)
        (tmp_path / "restarted").touch()
        assert crowd.wait(SECONDS) == 0
        done = [json.loads(path.read_text()) for path in tmp_path.glob("*.second")]
    finally:
        for process in (node, crowd):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
    assert len(done) == STUDENTS
    assert all(each["went_on"] for each in done)
    with Network(tmp_path / "class.db") as net:
        assert net.verify() is None
        for each in done:
            for height, index, data in each["receipts"]:
                assert net.block(height).extrinsics[index].hex() == data
            assert stake_of_coldkey(net.chain.state, each["hotkey"], each["address"], netuid) > 0
        assert len(net.metagraph(netuid)) == STUDENTS + 1
        first = next(net.account(each["address"]) for each in done if len(each["receipts"]) == 2)
        others = [net.account(each["address"]) for each in done if len(each["receipts"]) == 3]
        assert first.free.rao > (STUDENTS - 1) * RAO_PER_TAO  # what the others sent
        assert all(account.nonce == 3 for account in others)
