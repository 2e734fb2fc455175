"""A node on which waiting helps: blocks by time."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import bittensor as bt
import pytest
from bittensor_core import Keypair

from tao_lab import Network
from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import BadValue
from tao_lab.chain.genesis import DEV_NAMES, START_MS, dev_genesis, dev_uri
from tao_lab.node.producer import FASTEST_SECONDS, Producer
from tao_lab.node.server import Server
from tests.chain.conftest import TAO

SECONDS = 60.0  # until something is given up; no measure of speed


class Blocks:
    """Hears of a chain's blocks, and waits for them."""

    def __init__(self, chain: Chain) -> None:
        self.made: list[tuple[Block, int]] = []
        self._chain, self._news = chain, threading.Condition()
        chain.listeners.append(self._hear)

    def _hear(self, block: Block) -> None:
        with self._news:
            self.made.append((block, self._chain.state.get("Timestamp", "Now")))
            self._news.notify_all()

    def wait(self, count: int) -> list[tuple[Block, int]]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.made) >= count, SECONDS), "no blocks come"
            return self.made[:count]


@pytest.fixture
def blocks(chain: Chain) -> Iterator[Blocks]:
    return Blocks(chain)


def test_blocks_come_by_time_and_carry_the_clocks_time(chain: Chain, blocks: Blocks) -> None:
    before, first = time.time_ns() // 10**6, chain.head.number
    with Producer(chain, FASTEST_SECONDS):
        made = blocks.wait(3)
    times = [at for _, at in made]
    assert [block.number for block, _ in made] == [first + 1, first + 2, first + 3]
    assert sorted(set(times)) == times
    assert before <= times[0] <= times[-1] <= time.time_ns() // 10**6


def test_a_chain_ahead_of_the_clock_still_goes_forward(chain: Chain, blocks: Blocks) -> None:
    parent = chain.state.get("Timestamp", "Now")
    with Producer(chain, FASTEST_SECONDS, clock=lambda: START_MS / 1_000):
        assert [at - parent for _, at in blocks.wait(2)] == [50, 100]


def test_a_listener_that_fails_keeps_neither_the_next_block_nor_the_news_from_the_others(
    chain: Chain, blocks: Blocks, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Block) -> None:
        raise OSError("gone")

    chain.listeners.insert(0, fail)
    with Producer(chain, FASTEST_SECONDS):
        blocks.wait(2)
    assert "a listener failed on block 2" in caplog.text
    chain.listeners.remove(fail)


def test_a_rule_that_raises_fails_its_block_and_the_next_one_comes(chain: Chain, blocks: Blocks) -> None:
    asked = threading.Event()

    def broken(*_: Any) -> Any:
        asked.set()
        raise ZeroDivisionError

    with Producer(chain, FASTEST_SECONDS):
        with chain.rules.using(block_emission=broken):
            assert asked.wait(SECONDS)
        blocks.wait(len(blocks.made) + 2)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 1e9])
def test_a_pace_out_of_range_is_named(chain: Chain, seconds: float) -> None:
    with pytest.raises(BadValue, match="block seconds is"):
        Producer(chain, seconds)


def test_the_sdk_waits_for_a_block_and_an_epoch_arrives(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path))
    with Network() as net:
        netuid = net.create_subnet(net.wallet("alice"), tempo=5)
        net.node.instant = False
        epochs, target = net.chain.state.get("SubtensorModule", "SubnetEpochIndex", netuid), net.block_number + 12

        async def work(url: str) -> Any:
            async with bt.Client(url) as client:
                with Producer(net.chain, FASTEST_SECONDS):
                    await asyncio.wait_for(client.wait_for_block(target), SECONDS)
                assert await client.block() >= target  # on Python 3.11 a client needs two reads before it closes
                return await client.query(("SubtensorModule", "SubnetEpochIndex"), [netuid])

        with Server(net.node) as server:
            assert asyncio.run(work(server.url)) >= epochs + 2


def test_a_development_chain_has_the_usual_accounts_and_alice_is_its_root() -> None:
    with Network(genesis=dev_genesis()) as net:
        people = {name: Keypair.from_uri(dev_uri(name)) for name in DEV_NAMES}
        assert people["Alice"].ss58_address == "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
        assert {net.balance(person).rao for person in people.values()} == {1_000_000 * TAO}
        assert net.chain.state.get("Sudo", "Key") == people["Alice"].ss58_address
        netuid = net.create_subnet(net.wallet("owner"))  # needs calls as root
        assert netuid == 1
