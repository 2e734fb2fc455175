"""07.5: where every rao of a block went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import bittensor as bt

from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.state import StorageReader
from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.course.lab07 import reference as ours
from tao_lab.course.lab07.cases import FAUCET, HALF, TAO, Rng
from tao_lab.course.lab07.economy import TEMPO, emission_of_all, settle
from tao_lab.course.networks import kept_network
from tao_lab.errors import a_kind
from tao_lab.network import Network, follow_tao
from tao_lab.vectors import AnswerError


def follow(before, after, netuids):
    """Where one block's TAO went.

    before   state before the block: before.get("SubtensorModule", "TotalIssuance")
    after    state after it
    netuids  list of int, root (0) among them

    Returns a dict: for each netuid the rao that its SubnetTAO gained (int; below 0 where it lost),
    and "recycled": the rao that ceased to exist (int).
    """

    def grew(item, *keys):
        return after.get("SubtensorModule", item, *keys) - before.get("SubtensorModule", item, *keys)

    issued = ours.block_emission(before.get("SubtensorModule", "TotalIssuance"))
    parts = {netuid: grew("SubnetTAO", netuid) for netuid in netuids}
    return {**parts, "recycled": issued - grew("TotalIssuance")}


def cases(rng: Rng) -> Iterator[Case]:
    """Blocks of a running chain: quiet ones first, then those in which somebody stakes, unstakes and registers."""
    yield from _cases()


@cache
def _cases() -> tuple[Case, ...]:
    """The networks stay open, because the cases read their states."""
    net = kept_network()
    net.run(blocks=1)
    found = [("a chain without subnets", net.block_number)]
    economy = settle(net)
    net.run(blocks=1)
    found.append(("two subnets", net.block_number))
    net.run(blocks=2 * TEMPO)
    net.sudo("AdminUtils", "sudo_set_subnet_emission_enabled", netuid=1, enabled=False)
    net.run(blocks=1)
    found.append(("subnet 1 has its emission switched off", net.block_number))
    emission_of_all(net, enabled=False)
    net.run(blocks=1)
    found.append(("both subnets have it switched off", net.block_number))
    bob = net.wallet("bob", tao=500)
    quiet = len(found)
    for about, act in (
        ("somebody claims what their stake on root has earned", lambda: _claim(net, economy.nominator)),
        ("somebody stakes 100 τ on subnet 1", lambda: net.stake(bob, 1, net.tao(100), hotkey=economy.validator)),
        ("somebody unstakes it again", lambda: net.unstake(bob, 1, hotkey=economy.validator)),
        ("somebody stakes 50 τ on root", lambda: net.stake(bob, ROOT_NETUID, net.tao(50), hotkey=economy.validator)),
        ("somebody pays for a place on subnet 2", lambda: _register(net, bob, 2)),
    ):
        act()
        found.append((about, net.block_number))
    late = kept_network(genesis=Genesis(balances={FAUCET: HALF - 15 * TAO - 7}))
    late.create_subnet(late.wallet("olga"))
    while late.chain.state.get(MODULE, "TotalIssuance") < HALF:
        late.run(blocks=1)
    halving = [
        ("the last block before a halving", late.block_number),
        ("the first block after it", late.block_number + 1),
    ]
    for each in (net, late):
        each.run(blocks=2)  # the state of the newest block could still change
    noted = [_case(each, *case, quiet=True) for each, told in ((net, found[:quiet]), (late, halving)) for case in told]
    return (*noted[:quiet], *(_case(net, *case, quiet=False) for case in found[quiet:]), *noted[quiet:])


def _claim(net: Network, wallet: bt.Wallet) -> None:
    net.call(wallet, MODULE, "claim_root", subnets=[ROOT_NETUID])


def _register(net: Network, wallet: bt.Wallet, netuid: int) -> None:
    net.call(wallet, MODULE, "burned_register", netuid=netuid, hotkey=wallet.hotkey.ss58_address)


def _case(net: Network, about: str, number: int, *, quiet: bool) -> Case:
    """A block. If nobody moves TAO in it, the chain's own records of the block give the right values."""
    before, after = net.at(number - 1), net.at(number)
    netuids = sorted({*all_netuids(after), ROOT_NETUID})
    return Case({"before": before, "after": after, "netuids": netuids}, about, expected=_noted(before, after, quiet))


def _noted(before: StorageReader, after: StorageReader, quiet: bool) -> Values | None:
    if not quiet:
        return None
    flow = follow_tao(before, after)
    gains = {f"subnet {ROOT_NETUID}": sum(flow.claimed.values())}
    for netuid, added in flow.liquidity.items():
        gains[f"subnet {netuid}"] = added + flow.buys[netuid] - flow.claimed[netuid]
    return {**gains, "recycled": flow.recycled}


def read(result: Any, case: Case) -> Values:
    """A dictionary with a number of rao for each netuid, and for "recycled".

    Raises:
        AnswerError: it is invalid.
    """
    wanted = [*case.arguments["netuids"], "recycled"]
    if not isinstance(result, Mapping):
        raise AnswerError(f"Your function returns {a_kind(result)}; it should return a dict with {wanted}.")
    missing = [key for key in wanted if key not in result]
    if missing:
        raise AnswerError(f"Your dict lacks {missing[0]!r}; it should have {wanted}.")
    named = {"recycled" if key == "recycled" else f"subnet {key}": result[key] for key in wanted}
    return {name: read_values(**{name: int})(rao, case)[name] for name, rao in named.items()}


EXERCISE = Exercise(
    id="07.5",
    title="Follow one TAO",
    solution=follow,
    reference=ours.follow,
    cases=cases,
    read=read,
    look="Read the same items of both states by hand and subtract: which line of your dict differs?",
    unlocks="Every rao of a block, found again in the state. Nobody has to believe anybody.",
    wrong_answers=(
        Edit(
            "levels",
            {
                'netuid: grew("SubnetTAO", netuid) for': (
                    'netuid: after.get("SubtensorModule", "SubnetTAO", netuid) for'
                )
            },
            "You report what the pools hold after the block. What the block brought is a difference of two states.",
        ),
        Edit(
            "nothing recycled",
            {
                'issued = ours.block_emission(before.get("SubtensorModule", "TotalIssuance"))': (
                    'issued = grew("TotalIssuance")'
                )
            },
            "You take what the issuance grew by for what the block issued, so that nothing is ever recycled. Recycled "
            "TAO is not in the issuance any more: what else says how much a block issues?",
        ),
        Edit(
            "what no pool gained",
            {'issued - grew("TotalIssuance")': "issued - sum(parts.values())"},
            "You call recycled what no pool gained. That is right in a quiet block. Where somebody stakes, pools gain "
            "TAO that was there before: what says how much TAO exists?",
        ),
        Edit(
            "only liquidity",
            {
                'netuid: grew("SubnetTAO", netuid) for': (
                    'netuid: after.get("SubtensorModule", "SubnetTaoInEmission", netuid) for'
                )
            },
            "`SubnetTaoInEmission` is only what joined the pool together with new alpha. The rest bought alpha, and is "
            "in the pool too: which item tells it all?",
        ),
        Edit(
            "root left out",
            {'grew("SubnetTAO", netuid) for': 'grew("SubnetTAO", netuid) if netuid else 0 for'},
            "Root gains nothing in your account. Root's stakers claim what they earned, and people stake on root: "
            "netuid 0 has a `SubnetTAO` like the others.",
        ),
        Edit(
            "losses left out",
            {'netuid: grew("SubnetTAO", netuid) for': 'netuid: max(grew("SubnetTAO", netuid), 0) for'},
            "You report no loss. Where somebody unstakes, a pool pays more than it gets: its number is below 0.",
        ),
        Edit(
            "always one TAO",
            {'ours.block_emission(before.get("SubtensorModule", "TotalIssuance"))': "10**9"},
            "You take it that every block issues one TAO. How much does a block issue after the first halving?",
        ),
        Edit(
            "emission of the next block",
            {"block_emission(before": "block_emission(after"},
            "Your emission is of the issuance after the block, which is what the next block issues. At a halving they "
            "differ.",
        ),
        Edit(
            "recycled as it changes the issuance",
            {'issued - grew("TotalIssuance")': 'grew("TotalIssuance") - issued'},
            "Your recycled TAO is below 0. What was issued and does not exist afterwards is a positive number.",
        ),
        Edit(
            "in TAO",
            {
                'parts = {netuid: grew("SubnetTAO", netuid) for': (
                    'parts = {netuid: grew("SubnetTAO", netuid) / 10**9 for'
                )
            },
            "You divided by 10^9. Accounts are kept in whole rao: return the numbers as the chain has them.",
        ),
        Edit(
            "alpha of the pool",
            {'grew("SubnetTAO", netuid) for': 'grew("SubnetAlphaIn", netuid) for'},
            "You report what the pools gained of alpha. You follow TAO.",
        ),
        Edit(
            "backwards",
            {'netuid: grew("SubnetTAO", netuid) for': 'netuid: -grew("SubnetTAO", netuid) for'},
            "Your signs are turned round: you subtract the state after from the state before.",
        ),
    ),
)
