"""Locks of stake through the official SDK: what its intents do, its reads tell."""

import asyncio
from typing import Any

import bittensor as bt
from bittensor.intents.registry import build

from tao_lab.chain.chain import Chain
from tao_lab.node.rpc import Node
from tao_lab.node.substrate import LocalSubstrate
from tests.chain.conftest import TAO, account
from tests.node.populated import NETUID
from tests.node.test_sdk_registry import WALLETS


def test_the_sdk_locks_stake_and_reads_what_it_has_locked(populated: Chain) -> None:
    alice, validator = account("alice"), account("validator")

    async def work() -> dict[str, Any]:
        async with bt.Client("local", substrate=LocalSubstrate(Node(populated))) as client:

            async def do(op: str, **args: Any) -> None:
                result = await client.execute(build(op, args), WALLETS["alice"])
                assert result.success, (op, result.message)

            await do("set_perpetual_lock", netuid=NETUID, enabled=True)
            await do("lock_stake", netuid=NETUID, amount_alpha=5, hotkey_ss58=validator)
            await do("set_reject_locked_alpha", enabled=False)
            told = {
                "lock": await client.read("coldkey_lock", coldkey_ss58=alice, netuid=NETUID),
                "of_hotkey": await client.read("locks_for_hotkey", hotkey_ss58=validator, netuid=NETUID),
                "king": await client.read("most_convicted_hotkey", netuid=NETUID),
                "conviction": await client.read("hotkey_conviction", hotkey_ss58=validator, netuid=NETUID),
                "accepts": await client.read("accepts_locked_alpha", coldkey_ss58=alice),
            }
            await do("lock_stake", netuid=NETUID, amount_alpha="all", hotkey_ss58=validator)
            told["refused"] = await client.execute(
                build("remove_stake", {"hotkey_ss58": validator, "netuid": NETUID, "amount_alpha": 1}), WALLETS["alice"]
            )
            return told

    told = asyncio.run(work())
    assert told["lock"]["locked_alpha"].rao == 5 * TAO
    assert told["lock"]["is_perpetual"] is True
    assert [lock["coldkey"] for lock in told["of_hotkey"]] == [alice]
    assert told["king"] == validator  # the subnet owner's hotkey
    assert told["conviction"]["conviction_alpha"].rao == 5 * TAO  # so it convinces at once
    assert told["accepts"] is True
    assert not told["refused"].success
    assert told["refused"].error.name == "StakeUnavailable"
