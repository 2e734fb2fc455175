"""Subnets that wait on a full network, block by block."""

from contextlib import nullcontext

import pytest

from tao_lab.chain.pallets.subtensor.lookups import MODULE, cleanup_queue
from tao_lab.chain.pallets.subtensor.registration_queue import registration_queue
from tao_lab.chain.twins import readable_only
from tao_lab.network import Network

POOLS = ("SubnetTAO", "SubnetAlphaIn", "SubnetAlphaOut")
OPEN = {"SubnetLimit": 3, "NetworkImmunityPeriod": 0, "NetworkRateLimit": 0, "NetworkLastLockCost": 10**11}


def three_at_once(form):
    """Two new subnets in one block where three are; what waits, what is there and the pools after each block."""
    with Network() as net, form():
        alice = net.wallet("alice", tao=9_000)
        first = net.wallet("owner-0")
        numbers = [net.create_subnet(net.wallet(f"owner-{number}")) for number in range(3)]
        net.stake(alice, numbers[0], net.tao(50), hotkey=first.hotkey.ss58_address)
        net.run(blocks=5)
        state = net.chain.state
        for item, value in OPEN.items():
            state.put(MODULE, item, value)
        hotkeys = [net.wallet("alice", hotkey=f"hot-{number}").hotkey.ss58_address for number in range(2)]
        calls = [net.chain.compose(MODULE, "register_network", {"hotkey": hotkey}) for hotkey in hotkeys]
        net.call(alice, "Utility", "batch_all", calls=calls)
        seen = []
        for _ in range(4):
            pools = [sorted(state.entries(MODULE, item)) for item in POOLS]
            seen.append((cleanup_queue(state), len(registration_queue(state)), net.subnets(), pools))
            net.run(blocks=1)
        accounts = [info["data"] for _, info in state.entries("System", "Account")]
        total = sum(data["free"] + data["reserved"] for data in accounts)
        assert total == state.get("Balances", "TotalIssuance") == state.get(MODULE, "TotalIssuance")
        return seen


@pytest.mark.slow
def test_subnets_that_wait_get_nothing_and_both_forms_agree():
    seen = three_at_once(nullcontext)
    assert [len(cleaning) for cleaning, *_ in seen] == [1, 0, 0, 0]
    assert [waiting for _, waiting, *_ in seen] == [1, 0, 0, 0]
    assert [len(there) for *_, there, _ in seen] == [2, 3, 3, 3]
    assert seen == three_at_once(readable_only)
