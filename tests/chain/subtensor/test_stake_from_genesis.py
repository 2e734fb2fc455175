"""From genesis by extrinsics alone: a subnet is made and started, staked on, and left; every rao is found again."""

from typing import Any

from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tests.chain.conftest import TAO, account, key

HOTKEY, BOB = account("hotkey"), account("bob")


def does(chain: Chain, who: str, name: str, **args: Any) -> None:
    """One extrinsic in a block of its own, which must succeed."""
    chain.submit(chain.sign(key(who), MODULE, name, args))
    chain.produce_block()
    assert chain.refused == ()
    last = [event for event in chain.events(chain.head.number) if event["extrinsic_idx"] == 1][-1]
    assert last["event_id"] == "ExtrinsicSuccess", last


def test_a_subnet_is_started_staked_on_and_left(chain: Chain) -> None:
    state, rich = chain.state, {"dest": account("alice"), "value": 2_000 * TAO}
    chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", rich))
    chain.produce_block()
    does(chain, "alice", "register_network", hotkey=HOTKEY)
    does(chain, "alice", "start_call", netuid=1)
    for netuid in (0, 1):
        does(chain, "bob", "add_stake", hotkey=HOTKEY, netuid=netuid, amount_staked=10 * TAO)
    for _ in range(20):
        chain.produce_block()
    move = {"origin_hotkey": HOTKEY, "destination_hotkey": HOTKEY, "origin_netuid": 0, "destination_netuid": 1}
    does(chain, "bob", "move_stake", **move, alpha_amount=5 * TAO)
    assert stake_of_coldkey(state, HOTKEY, BOB, 1) > stake_of_coldkey(state, HOTKEY, BOB, 0) > 0
    does(chain, "bob", "unstake_all", hotkey=HOTKEY)
    assert stake_of_coldkey(state, HOTKEY, BOB, 0) == stake_of_coldkey(state, HOTKEY, BOB, 1) == 0
    held = sum(info["data"]["free"] + info["data"]["reserved"] for _, info in state.entries("System", "Account"))
    assert held == state.get("Balances", "TotalIssuance") == state.get(MODULE, "TotalIssuance")
    assert chain.verify() is None
