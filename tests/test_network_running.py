"""Long runs: how far they go, how Ctrl-C ends them, and how they go on."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tao_lab import Network
from tao_lab.chain.block import NO_STATE_ROOT, Block
from tao_lab.chain.errors import BadValue
from tao_lab.network.running import KEPT_EVERY, RunStopped
from tao_lab.units import BLOCKS_PER_DAY


def press_at(height: int) -> Callable[[Block], None]:
    """A listener that presses Ctrl-C when a block is made."""

    def hear(block: Block) -> None:
        if block.number == height:
            signal.raise_signal(signal.SIGINT)

    return hear


def kept_states(net: Network) -> list[int]:
    """Heights whose states the network's file has."""
    blocks = (net.chain.block(number) for number in range(net.block_number + 1))
    return [block.number for block in blocks if block.header.state_root != NO_STATE_ROOT]


def test_a_run_to_a_height_ends_there_and_makes_nothing_the_second_time() -> None:
    with Network() as net:
        assert net.run(to_block=5) == 5
        head = net.chain.head
        assert net.run(to_block=5) == net.run(to_block=3) == 5
        assert net.chain.head == head


@pytest.mark.slow
def test_a_day_has_as_many_blocks_as_on_mainnet() -> None:
    with Network() as net:
        assert net.run(days=1, history="epochs") == BLOCKS_PER_DAY
        assert kept_states(net) == list(range(0, BLOCKS_PER_DAY + 1, KEPT_EVERY))


@pytest.mark.parametrize("history", ["blocks", "epochs"])
def test_ctrl_c_ends_a_run_behind_the_present_block_and_says_how_to_go_on(history: str, tmp_path: Path) -> None:
    file = tmp_path / "year.db"
    with Network(file) as net:
        net.chain.listeners.append(press_at(7))
        with pytest.raises(RunStopped, match=r"8 of 20 blocks .* up to block 8") as stopped:
            net.run(blocks=20, history=history)
        assert f"net.run(to_block=20{'' if history == 'blocks' else ', history=' + repr(history)})" in str(
            stopped.value
        )
        assert str(file) in str(stopped.value)
        head = net.chain.head
        assert net.verify() is None
    with Network(file) as net:  # what the message promises
        assert net.chain.head == head
        assert net.at(8).get("System", "Number") == 8
        assert net.run(to_block=20, history=history) == 20
        assert net.verify() is None
        assert kept_states(net) == (list(range(21)) if history == "blocks" else [0, 8, 20])


def test_ctrl_c_ends_a_run_of_epochs() -> None:
    with Network() as net:
        net.create_subnet(owner=net.wallet("alice"), tempo=10)
        begin = net.block_number
        net.chain.listeners.append(press_at(begin + 3))
        with pytest.raises(RunStopped, match=r"0 of 5 epochs .*net\.run\(epochs=5, subnet=1\)$"):
            net.run(epochs=5)
        assert net.block_number == begin + 3


def test_the_last_blocks_own_ctrl_c_finds_the_run_done() -> None:
    with Network() as net:
        net.chain.listeners.append(press_at(4))
        assert net.run(blocks=4) == 4
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_a_rule_that_never_does() -> None:
    with Network() as net:

        def endless(issuance: int) -> int:
            for _ in range(2):
                signal.raise_signal(signal.SIGINT)
            while True:
                pass

        with net.rules.using(block_emission=endless), pytest.raises(KeyboardInterrupt) as stopped:
            net.run(blocks=4)
        assert not isinstance(stopped.value, RunStopped)
        assert net.run(blocks=4) == 4
        assert net.verify() is None


@pytest.mark.parametrize("during", ["tree", "commit", "light"])
def test_ctrl_c_while_a_block_is_written_comes_when_it_is(
    during: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(function: Callable[..., Any]) -> Callable[..., Any]:
        def press(*args: Any) -> Any:
            made = function(*args)
            signal.raise_signal(signal.SIGINT)
            return made

        return press

    with Network(tmp_path / "net.db") as net:
        chain = net.chain
        net.run(blocks=1)
        owner, name = {
            "tree": (chain._tree, "update"),
            "commit": (chain.store, "commit"),
            "light": (chain, "_commit_light"),
        }[during]
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, pressed(getattr(owner, name)))
            with pytest.raises(KeyboardInterrupt):
                chain.produce_block(keep_state=during != "light")
        assert net.block_number == 2
        assert net.run(blocks=2) == 4
        assert net.verify() is None
        head = chain.head
    with Network(tmp_path / "net.db") as net:
        assert net.chain.head == head


def test_who_answers_ctrl_c_already_goes_on_doing_so() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with Network() as net:
            net.chain.listeners.append(press_at(2))
            assert net.run(blocks=4) == 4
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]


def test_another_thread_can_run_blocks() -> None:
    with Network() as net:
        thread = threading.Thread(target=net.run, kwargs={"blocks": 3})
        thread.start()
        thread.join()
        assert net.block_number == 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "run is"),
        ({"blocks": 1, "days": 1}, "run is"),
        ({"days": -1}, "days is"),
        ({"days": 0.5}, "days is"),
        ({"to_block": True}, "to_block is"),
        ({"days": 1, "history": "all"}, "history is"),
    ],
)
def test_a_length_that_is_none_is_named(given: dict[str, object], says: str) -> None:
    with Network() as net, pytest.raises(BadValue, match=says):
        net.run(**given)  # type: ignore[arg-type]


def test_a_long_run_leaves_no_more_in_memory_than_a_short_one() -> None:
    def sizes(net: Network) -> dict[str, int]:
        chain, raw = net.chain, net.chain.state.raw
        return {
            "waiting blocks": len(chain._light),
            "undo entries": raw.mark(),
            "refusals": len(chain._refusals),
            "parts of keys": sum(len(parts) for item in chain.runtime.known_items.values() for parts in item.parts),
        }

    with Network() as net:
        net.run(blocks=2 * KEPT_EVERY, history="epochs")
        short = sizes(net)
        net.run(blocks=4 * KEPT_EVERY, history="epochs")
        assert sizes(net) == short
