"""Timelocked weights: the SDK seals them for the real beacon, and the beacon's signature opens them on the chain."""

import asyncio
import struct
from typing import Any

import bittensor as bt
import bittensor_core
import pytest
from bittensor.intents.registry import build

from tao_lab.chain.beacon import BeaconError, add_pulses, wanted_rounds
from tao_lab.chain.chain import Chain
from tao_lab.node.rpc import Node
from tao_lab.node.substrate import LocalSubstrate
from tests.chain.conftest import account, key
from tests.node.populated import MODULE, NETUID, must, sudo
from tests.node.test_sdk_registry import WALLETS

# round 1,000 of drand's quicknet, as in pallets/drand/src/tests.rs
ROUND = 1_000
SIGNATURE = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
TEMPO = 20
OUT, NOT_YET = 1_692_803_367 + 3 * (ROUND - 1), 1_692_803_367 + 3 * (ROUND - 1) - 1


@pytest.fixture
def committing(populated: Chain) -> Chain:
    """Subnet 1 wants commits and has a short tempo; an epoch has just begun."""
    sudo(populated, "AdminUtils", "sudo_set_tempo", netuid=NETUID, tempo=TEMPO)
    sudo(populated, "AdminUtils", "sudo_set_commit_reveal_weights_enabled", netuid=NETUID, enabled=True)
    next_epoch(populated)
    return populated


def next_epoch(chain: Chain) -> None:
    index = chain.state.get(MODULE, "SubnetEpochIndex", NETUID)
    while chain.state.get(MODULE, "SubnetEpochIndex", NETUID) == index:
        chain.produce_block()


def weights(chain: Chain) -> list[tuple[int, int]]:
    return [tuple(entry) for entry in chain.state.get(MODULE, "Weights", NETUID, 0)]


def commit(chain: Chain, reveal_round: int = ROUND) -> None:
    """What the SDK's commit does, for a round of one's choice."""
    payload = (bytes(key("validator").public_key), [0, 1], [1, 3], 0)
    plain = bytes(chain.runtime.core.encode("(Vec<u8>, Vec<u16>, Vec<u16>, u64)", payload))
    framed, _ = bittensor_core.encrypt_at_round(plain, reveal_round)
    args: dict[str, Any] = {"netuid": NETUID, "commit": "0x" + framed[2:-8].hex(), "reveal_round": reveal_round}
    must(chain, "validator", MODULE, "commit_timelocked_weights", **args, commit_reveal_version=4)


def test_the_beacon_s_signature_opens_sealed_weights(committing: Chain) -> None:
    before = weights(committing)
    commit(committing)
    assert wanted_rounds(committing.state) == [ROUND]
    asked: list[int] = []
    assert add_pulses(committing, lambda number: asked.append(number) or SIGNATURE, NOT_YET) == asked == []
    assert add_pulses(committing, lambda number: asked.append(number) or SIGNATURE, OUT) == asked == [ROUND]
    committing.produce_block()
    assert committing.state.get("Drand", "LastStoredRound") == ROUND
    assert wanted_rounds(committing.state) == []
    assert weights(committing) == before
    next_epoch(committing)
    committing.produce_block()
    assert weights(committing) == [(0, 21_845), (1, 65_535)] != before
    assert committing.verify() is None


@pytest.mark.parametrize("answer", [SIGNATURE[:-2] + "38", "", "no hex"])
def test_what_is_no_signature_is_not_added(committing: Chain, answer: str) -> None:
    commit(committing)
    with pytest.raises(BeaconError, match="round 1000"):
        add_pulses(committing, lambda _: answer, OUT)
    block = committing.produce_block()
    assert len(block.extrinsics) == 1  # the time
    assert wanted_rounds(committing.state) == [ROUND]


def test_a_beacon_out_of_reach_is_an_error_with_a_name(committing: Chain) -> None:
    def unreachable(number: int) -> str:
        raise ValueError("connection refused")

    commit(committing)
    with pytest.raises(BeaconError, match="no signature of round 1000: connection refused"):
        add_pulses(committing, unreachable, OUT)


def test_the_sdk_seals_for_a_round_of_the_real_beacon_that_is_to_come(committing: Chain) -> None:
    now = bt.timelock.current_round()

    async def work() -> Any:
        async with bt.Client("local", substrate=LocalSubstrate(Node(committing))) as client:
            return await client.execute(build("set_weights", {"netuid": NETUID, "weights": {1: 1.0}}), WALLETS["alice"])

    result = asyncio.run(work())
    assert result.success, result.message
    (reveal_round,) = wanted_rounds(committing.state)
    assert reveal_round > now
    assert add_pulses(committing, lambda _: pytest.fail("it is not out yet")) == []
    ((_, ((who, _, sealed, _),)),) = committing.state.entries(MODULE, "TimelockedWeightCommits", NETUID)
    assert who == account("validator")
    # sealed for the real beacon: no signature but that round's opens it, so not that of another round either
    octets = bytes.fromhex(sealed.removeprefix("0x"))
    framed = struct.pack("<H", len(octets) << 2 | 1) + octets + reveal_round.to_bytes(8, "little")
    with pytest.raises(ValueError, match=r".+"):
        bittensor_core.decrypt_with_signature(framed, SIGNATURE)
