"""A network that somebody else runs, watched: one in this program, and a class behind its node."""

import pytest

from tao_lab.classroom.host import ClassHost
from tao_lab.classroom.roster import Terms
from tao_lab.node.remote import Refused
from tao_lab.views.boards.classroom import ClassWatch
from tao_lab.views.boards.running import ORDER, Running, _stake
from tao_lab.views.boards.watching import MOST_AT_ONCE, Watch
from tao_lab.views.presentation import Stage, leaderboard
from tao_lab.views.presentation.network import watching

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return Running("none")


def test_each_look_brings_the_blocks_since_the_last_one(run):
    watch = Watch.of(run.net)
    assert [moment.number for moment in watch.moments] == [run.net.block_number]
    first = run.subnets[0]
    run.net.chain.submit(
        run.net.chain.sign(
            run.trader.cold,
            "SubtensorModule",
            "add_stake",
            _stake(run.trader, first.validators[0], first, ORDER).args,
        )
    )
    run.net.run(blocks=3)
    moments = watch.look()
    assert [moment.number for moment in moments[-3:]] == list(range(run.net.block_number - 2, run.net.block_number + 1))
    assert [moment.calls for moment in moments[-3:]] == [{"add_stake": 1}, {}, {}]
    assert moments[-3].prices[1] > moments[0].prices[1]
    assert watch.look() == moments


def test_after_a_pause_only_the_newest_blocks_are_read(run):
    watch = Watch.of(run.net)
    run.net.run(blocks=MOST_AT_ONCE + 5)
    assert len(watch.look()) == MOST_AT_ONCE + 1
    assert watch.moments[-1].number == run.net.block_number


def test_the_page_of_a_watched_network_says_what_its_newest_block_did(run):
    stage = Stage(watching(Watch.of(run.net)))
    run.net.run(blocks=1)
    stage._request = {"tick": "a-1", "settings": stage.settings, "since": None}
    assert stage.sentence.startswith(f"Block {run.net.block_number} puts")
    assert stage.page.every > 0


def test_a_class_is_watched_through_its_node_with_the_names_of_its_students(tmp_path):
    with ClassHost(tmp_path / "class.db", Terms(code="K7QM2FXA", block_seconds=3_600)) as host:
        url = host.server.url
        watch = Watch.of_node(f"{url}/K7QM2FXA")
        assert Stage(watching(watch)).sentence.endswith("there is no subnet yet.")
        ada = host.net.wallet("ada", tao=10)
        with host.net.chain.lock:
            host.room.take_in("Ada", ada.coldkeypub.ss58_address)
        host.skip(1)
        netuid = host.net.create_subnet(ada)
        host.skip(2)
        watch.look()
        assert watch.labels() == {netuid: str(netuid)}
        assert watch.moments[-1].neurons[netuid][0].name == "Ada"
        board = ClassWatch(f"{url}/K7QM2FXA")
        assert [(one.name, one.gain) for one in board.looks[-1][1]] == [
            (row["name"], row["gain"]) for row in host.room.leaderboard()
        ]
        host.skip(1)
        stage = Stage(leaderboard.watching(board))
        assert stage.sentence.startswith(f"At block {host.net.block_number} Ada leads with")
        assert stage._picture["charts"]["lines"]["rows"]["epoch"] == [host.net.block_number - 1, host.net.block_number]
        with pytest.raises(Refused):
            Watch.of_node(f"{url}/WRONG")
