"""A miner's collateral through the official SDK, from the owner's wish to the last alpha that comes free."""

from typing import Any

import bittensor as bt

from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tests.chain.conftest import TAO, account
from tests.node.populated import must, sudo
from tests.node.test_sdk_registry import WALLETS, with_client

NETUID = 1
NEW, BOB = account("new"), account("bob")


def does(chain: Chain, who: str, intent: Any) -> Any:
    """Carry out an intent that must succeed."""
    result = with_client(chain, lambda client: client.execute(intent, WALLETS[who]))
    assert result.success, result.message
    return result


def fails(chain: Chain, who: str, intent: Any) -> str:
    """Carry out an intent that the chain must refuse; returns the error's name."""
    result = with_client(chain, lambda client: client.execute(intent, WALLETS[who]))
    assert not result.success
    return str(result.error.name)


def read(chain: Chain, name: str, **args: Any) -> Any:
    return with_client(chain, lambda client: client.read(name, **args))


def collateral(chain: Chain) -> dict[str, int]:
    """Amounts of the new hotkey's collateral, rao."""
    found = read(chain, "miner_collateral", netuid=NETUID, hotkey_ss58=NEW)
    return {name.removesuffix("_alpha"): value.rao for name, value in found.items() if name.endswith("_alpha")}


def test_a_deposit_is_paid_topped_up_kept_at_a_floor_and_earned_free(populated: Chain) -> None:
    sudo(populated, "AdminUtils", "sudo_set_owner_hparam_rate_limit", epochs=0)
    for name, value in (("collateral_lock_share", 0.5), ("collateral_drain_ratio", 2.0)):
        does(populated, "alice", bt.SetHyperparameter(netuid=NETUID, name=name, value=value))
    assert read(populated, "collateral_policy", netuid=NETUID) == {
        "netuid": NETUID,
        "lock_share": 32_768 / 65_535,
        "drain_ratio": 2.0,
    }
    does(populated, "bob", bt.BurnedRegister(netuid=NETUID, hotkey_ss58=NEW))
    first = collateral(populated)
    assert first["locked"] == stake_of_coldkey(populated.state, NEW, BOB, NETUID) > 0
    assert next(entry["hotkey"] for entry in read(populated, "subnet_collateral", netuid=NETUID)) == NEW
    graph = read(populated, "metagraph", netuid=NETUID)
    assert graph["collateral_locked"][2] == first["locked"]

    all_of_it = bt.RemoveStake(hotkey_ss58=NEW, netuid=NETUID, amount_alpha="all")
    assert fails(populated, "bob", all_of_it) == "StakeUnavailable"
    free = read(populated, "stake_availability", coldkey_ss58=BOB, netuid=NETUID)
    assert free["total"].rao - free["available"].rao == first["locked"]

    does(populated, "bob", bt.AddStake(hotkey_ss58=NEW, netuid=NETUID, amount_tao=1))
    does(populated, "bob", bt.AddCollateral(netuid=NETUID, hotkey_ss58=NEW, amount_alpha="all"))
    grown = collateral(populated)
    assert grown["locked"] > first["locked"] + TAO // 2
    does(populated, "bob", bt.SetMinCollateral(netuid=NETUID, hotkey_ss58=NEW, min_alpha=0.25))
    assert collateral(populated)["headroom"] == grown["locked"] - TAO // 4

    must(populated, "validator", "SubtensorModule", "set_weights", netuid=NETUID, dests=[2], weights=[1], version_key=0)
    sudo(populated, "AdminUtils", "sudo_set_tempo", netuid=NETUID, tempo=2)
    for _ in range(20):  # the first pay-outs have nothing for the new miner yet
        if collateral(populated)["headroom"] == 0:
            break
        populated.produce_block()
    kept = collateral(populated)
    assert (kept["locked"], kept["min_locked"]) == (TAO // 4, TAO // 4)
    assert 2 * kept["earned"] >= grown["headroom"]  # two alpha come free for each one earned
