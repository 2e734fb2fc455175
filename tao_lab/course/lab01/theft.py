"""What a stolen hotkey can do: a network, a validator, and six calls signed only with its hotkey.

The owner could make each of these calls at that moment, with the same arguments; only the signature is the thief's. So
the chain's answer depends on the key, not on the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from bittensor_core import Keypair

from tao_lab.cards import Card, Grid
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.course.networks import small_network
from tao_lab.network import CallFailed, Network

SUBTENSOR = "SubtensorModule"
THIEFS_MACHINE = int.from_bytes(bytes([198, 13, 7, 1]), "big")
STAKE_TAO = 100
FEES_TAO = 1  # on the hotkey's own account, so that no call fails for its fee
U16_MAX = 65_535
Call = tuple[str, str, dict[str, Any]]  # pallet, name, arguments


@dataclass(frozen=True)
class Attempt:
    """One call that the thief tried.

    Attributes:
        works: whether the chain carried it out.
        said: the chain's answer, in words.
    """

    works: bool
    said: str


@cache
def attempts(key: Literal["hotkey", "coldkey"] = "hotkey") -> dict[str, Attempt]:
    """The six calls, one after the other, signed with one key of the owner, on one network.

    The last call moves the seat; the calls before it don't affect each other.

    Args:
        key: the key that signs. The answers to the coldkey show that the calls themselves are valid.
    """
    with small_network() as net:
        owner, netuid = _validator(net)
        return {name: _attempt(net, name, key, owner, netuid) for name in CALLS}


def _attempt(net: Network, name: str, key: str, owner: Any, netuid: int) -> Attempt:
    pallet, call, args = _call(net, name, owner, netuid)
    try:
        receipt = net.call(getattr(owner, key), pallet, call, **args)
    except CallFailed as error:
        return Attempt(False, f"the chain says {error.name}")
    except InvalidTransaction as error:
        sentence = error.sentence.split(":")[0].removeprefix(f"{SUBTENSOR}.")
        return Attempt(False, f"the chain says {sentence if error.name == 'Custom' else error.name}")
    return Attempt(True, f"the chain did it, in block {receipt.block}")


def _validator(net: Network) -> tuple[Any, int]:
    """A validator with a seat and stake on a subnet that runs, and the subnet's number."""
    founder, owner = net.wallet("founder", tao=2_000), net.wallet("owner", tao=1_000)
    net.call(founder, SUBTENSOR, "register_network", hotkey=founder.hotkeypub.ss58_address)
    netuid = int(net.chain.state.get(SUBTENSOR, "TotalNetworks")) - 1
    net.run(blocks=int(net.chain.state.get(SUBTENSOR, "StartCallDelay")))
    net.call(founder, SUBTENSOR, "start_call", netuid=netuid)
    net.call(founder, "AdminUtils", "sudo_set_commit_reveal_weights_enabled", netuid=netuid, enabled=False)
    hotkey = owner.hotkeypub.ss58_address
    net.call(owner, SUBTENSOR, "burned_register", netuid=netuid, hotkey=hotkey)
    net.call(owner, SUBTENSOR, "add_stake", hotkey=hotkey, netuid=netuid, amount_staked=net.tao(STAKE_TAO).rao)
    net.transfer(owner, hotkey, net.tao(FEES_TAO))
    net.run(blocks=int(net.chain.state.get(SUBTENSOR, "WeightsSetRateLimit", netuid)))
    return owner, netuid


def _call(net: Network, name: str, owner: Any, netuid: int) -> Call:
    hotkey, thief = owner.hotkeypub.ss58_address, Keypair.from_uri("//Thief").ss58_address
    uid = net.chain.state.get(SUBTENSOR, "Uids", netuid, hotkey)
    take = int(net.chain.state.get(SUBTENSOR, "MaxDelegateTake"))
    axon = {
        "version": 1,
        "ip": THIEFS_MACHINE,
        "port": 8091,
        "ip_type": 4,
        "protocol": 4,
        "placeholder1": 0,
        "placeholder2": 0,
    }
    arguments: dict[str, dict[str, Any]] = {
        "set_weights": {"netuid": netuid, "dests": [uid], "weights": [U16_MAX], "version_key": 0},
        "serve_axon": {"netuid": netuid, **axon, "placeholder1": 0, "placeholder2": 0},
        "transfer_keep_alive": {"dest": thief, "value": net.tao(STAKE_TAO).rao},
        "remove_stake": {"hotkey": hotkey, "netuid": netuid, "amount_unstaked": net.tao(1).rao},
        "increase_take": {"hotkey": hotkey, "take": take},
        "swap_hotkey": {"hotkey": hotkey, "new_hotkey": thief, "netuid": None},
    }
    return CALLS[name], name, arguments[name]


CALLS = {
    "set_weights": SUBTENSOR,
    "serve_axon": SUBTENSOR,
    "transfer_keep_alive": "Balances",
    "remove_stake": SUBTENSOR,
    "increase_take": SUBTENSOR,
    "swap_hotkey": SUBTENSOR,
}
HOPES = {
    "set_weights": "grade the miners, in the owner's name",
    "serve_axon": "tell the world at which IP address the owner answers",
    "transfer_keep_alive": "send the owner's TAO to the thief",
    "remove_stake": "turn the owner's stake back into TAO",
    "increase_take": "keep more of what the owner's backers earn",
    "swap_hotkey": "move the owner's seat to a hotkey of the thief's",
}


def plan() -> Card:
    """A list of the calls that the thief will try."""
    grid = Grid([[f"`{name}`", hope] for name, hope in HOPES.items()], ("call", "what the thief hopes for"))
    return Card("info", "The thief's plan", "six calls, all signed with the stolen hotkey", (grid,))


def what_happened(hotkey_can: Callable[[str], bool]) -> Card:
    """All six calls: the student's prediction for the hotkey, and the chain's answer to each key's signature."""
    by_hotkey, by_coldkey = attempts("hotkey"), attempts("coldkey")
    rows, marked, wrong = [], set(), 0
    for place, name in enumerate(CALLS):
        expected = bool(hotkey_can(name))
        if expected != by_hotkey[name].works:
            wrong += 1
            marked.add((place, 1))
        rows.append([f"`{name}`", "works" if expected else "refused", by_hotkey[name].said, by_coldkey[name].said])
    harm = sum(attempt.works for attempt in by_hotkey.values())
    title = f"the hotkey can do {harm} of 6: disturb the work, and take nothing"
    grid = Grid(rows, ("call", "expected", "signed by the hotkey", "signed by the coldkey"), marked=frozenset(marked))
    badge = "As expected" if not wrong else f"{6 - wrong} of 6 as expected"
    return Card("right" if not wrong else "wrong", badge, title, (grid,))
