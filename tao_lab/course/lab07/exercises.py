"""The five exercises of lab 07: from the emission of one block to where every rao of it went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.state import StorageReader
from tao_lab.course.exercise import Case, Exercise, Values, read_values
from tao_lab.course.lab07 import mistakes
from tao_lab.course.lab07.economy import TEMPO, emission_of_all, settle
from tao_lab.course.networks import kept_network
from tao_lab.economy import Split, block_emission, issuance_after, split
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.dividends import payout
from tao_lab.economy.share_pool import ZERO, Pool, change_stake, share_value
from tao_lab.economy.words import U96F32
from tao_lab.network import Network, follow_tao
from tao_lab.units import BLOCKS_PER_DAY, RAO_PER_TAO, U16_MAX
from tao_lab.vectors import AnswerError

Rng = np.random.Generator
TAO = RAO_PER_TAO
HALF = TOTAL_SUPPLY // 2
YEAR = 365 * BLOCKS_PER_DAY
FAUCET = next(iter(Genesis().balances))

# --- 07.1 ---


def emission_cases(rng: Rng) -> Iterator[Case]:
    """One rao on each side of the halvings, issuances of chance, and the end."""
    yield Case({"issuance": 0}, "nothing is issued yet")
    yield Case({"issuance": 1_000_000 * TAO}, "1,000,000 τ are issued")
    for halvings in (1, 2, 3, 10, 29, 30):
        limit = TOTAL_SUPPLY - TOTAL_SUPPLY // 2**halvings
        yield Case({"issuance": limit - 1}, f"one rao before halving {halvings}")
        yield Case({"issuance": limit}, f"exactly at halving {halvings}")
    for left in sorted(rng.integers(TAO, TOTAL_SUPPLY, 6).tolist()):
        yield Case({"issuance": TOTAL_SUPPLY - left}, f"{left / TAO:,.0f} τ are left")
    yield Case({"issuance": TOTAL_SUPPLY - 1}, "one rao is left")
    yield Case({"issuance": TOTAL_SUPPLY}, "nothing is left")


# --- 07.2 ---


def supply_at(issuance: int, blocks: int, recycled_percent: int) -> int:
    """Reference of 07.2."""
    return issuance_after(issuance, blocks, recycled_percent)


def supply_cases(rng: Rng) -> Iterator[Case]:
    """A day, a halving, years with some halvings, and the end; nothing, some and all of it recycled."""
    start, odd = 1_000_000 * TAO, int(rng.integers(1, TAO))
    yield Case(_supply(start, BLOCKS_PER_DAY, 0), "one day, nothing is recycled")
    yield Case(_supply(start, BLOCKS_PER_DAY, 40), "one day, 40 % is recycled")
    yield Case(_supply(HALF - 3 * TAO - odd, 10, 0), "ten blocks, the fourth crosses a halving")
    yield Case(_supply(HALF - 3 * TAO - odd, 10, 75), "ten blocks near a halving, 75 % is recycled")
    yield Case(_supply(start + odd, 5 * YEAR, 0), "five years")
    yield Case(_supply(start + odd, 5 * YEAR, 30), "five years, 30 % is recycled")
    yield Case(_supply(10_900_000 * TAO + odd, 20 * YEAR, 10), "twenty years from 10.9 million τ, 10 % is recycled")
    yield Case(_supply(start + odd, 5 * YEAR, 100), "five years in which everything is recycled")
    yield Case(_supply(start + odd, 200 * YEAR, 0), "two hundred years")


def _supply(issuance: int, blocks: int, recycled_percent: int) -> dict[str, int]:
    return {"issuance": issuance, "blocks": blocks, "recycled_percent": recycled_percent}


# --- 07.3 ---


def split_block(alpha_out: int, owner_cut: int, root_proportion: int) -> Split:
    """Reference of 07.3."""
    return split(alpha_out, owner_cut, root_proportion)


def split_cases(rng: Rng) -> Iterator[Case]:
    """The chain's cut with and without root, other cuts, half a block, a few rao, and chance."""
    cut = 11_796
    for alpha, owner_cut, root, about in (
        (TAO, cut, U96F32.one // 5, "one alpha, the chain's owner cut, root weighs 20 %"),
        (TAO, cut, 0, "one alpha, nobody stakes on root"),
        (TAO, U16_MAX // 5, U96F32.one // 4, "the owner's cut is a fifth"),
        (TAO, 0, U96F32.one // 2, "the owner has switched its cut off"),
        (TAO // 2, cut, U96F32.one, "half an alpha, root holds everything"),
        (101, cut, U96F32.one // 3, "101 rao"),
    ):
        yield Case(_split(alpha, owner_cut, root), about)
    for number in range(5):
        owner_cut, root = int(rng.integers(1, U16_MAX)), int(rng.integers(1, U96F32.one))
        alpha = int(rng.integers(10**6, TAO))
        yield Case(_split(alpha, owner_cut, root), f"numbers of chance, {number + 1}")


def _split(alpha_out: int, owner_cut: int, root_proportion: int) -> dict[str, int]:
    return {"alpha_out": alpha_out, "owner_cut": owner_cut, "root_proportion": root_proportion}


# --- 07.4 ---


def dividend_gains(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[int, int]:
    """Reference of 07.4: the share pool as the chain keeps it."""
    pool, owners = change_stake(Pool(0, ZERO), ZERO, own)
    pool, nominators = change_stake(pool, ZERO, mine)
    pool, _ = change_stake(pool, ZERO, others)
    paid = payout(U96F32.number(dividend), take)
    pool, owners = change_stake(pool, owners, paid.take)
    pool = pool._replace(rao=pool.rao + paid.nominators)
    return share_value(pool, owners) - own, share_value(pool, nominators) - mine


def gains_cases(rng: Rng) -> Iterator[Case]:
    """The chain's take, no take, all of it; an owner without stake; chance."""
    usual = 11_796
    for take, own, mine, others, about in (
        (usual, 500 * TAO, 400 * TAO, 100 * TAO, "take 18 %, the owner holds half"),
        (0, 500 * TAO, 400 * TAO, 100 * TAO, "no take"),
        (U16_MAX, 300 * TAO, 400 * TAO, 300 * TAO, "everything is taken"),
        (usual, TAO, 900 * TAO, 99 * TAO, "the owner holds next to nothing"),
        (6_553, 7 * TAO, 3 * TAO, 2 * TAO, "a small validator, take 10 %"),
    ):
        yield Case(_gains(10 * TAO, take, own, mine, others), about)
    for number in range(5):
        own, mine, others = (int(rao) for rao in rng.integers(TAO, 10**13, 3))
        dividend, take = int(rng.integers(10**6, 10**11)), int(rng.integers(1, usual))
        yield Case(_gains(dividend, take, own, mine, others), f"numbers of chance, {number + 1}")


def _gains(dividend: int, take: int, own: int, mine: int, others: int) -> dict[str, int]:
    return {"dividend": dividend, "take": take, "own": own, "mine": mine, "others": others}


# --- 07.5 ---


def follow(before: StorageReader, after: StorageReader, netuids: list[int]) -> dict[int | str, int]:
    """Reference of 07.5, from the parts that the chain itself notes of each block."""
    flow = follow_tao(before, after)
    gains: dict[int | str, int] = {ROOT_NETUID: sum(flow.claimed.values())}
    for netuid in flow.liquidity:
        gains[netuid] = flow.liquidity[netuid] + flow.buys[netuid] - flow.claimed[netuid]
    return {**{netuid: gains[netuid] for netuid in netuids}, "recycled": flow.recycled}


def follow_cases(rng: Rng) -> Iterator[Case]:
    """Blocks of a running chain in which nobody sends anything."""
    yield from _follow_cases()


@cache
def _follow_cases() -> tuple[Case, ...]:
    """The networks stay open, for the cases read their states."""
    net = kept_network()
    net.run(blocks=1)
    found = [("a chain without subnets", net.block_number)]
    settle(net)
    net.run(blocks=1)
    start = net.block_number
    found.append(("two subnets", start))
    net.run(blocks=2 * TEMPO)
    numbers = range(start + 1, net.block_number + 1)
    claims = [number for number in numbers if any(follow_tao(net.at(number - 1), net.at(number)).claimed.values())]
    found.append(("root's stakers sell what they have earned", claims[-1]))
    net.sudo("AdminUtils", "sudo_set_subnet_emission_enabled", netuid=1, enabled=False)
    net.run(blocks=1)
    found.append(("subnet 1 has its emission switched off", net.block_number))
    emission_of_all(net, enabled=False)
    net.run(blocks=1)
    found.append(("both subnets have it switched off", net.block_number))
    late = kept_network(genesis=Genesis(balances={FAUCET: HALF - 15 * TAO - 7}))
    late.create_subnet(late.wallet("olga"))
    while late.chain.state.get(MODULE, "TotalIssuance") < HALF:
        late.run(blocks=1)
    halving = [
        ("the last block before a halving", late.block_number),
        ("the first block after it", late.block_number + 1),
    ]
    for each in (net, late):
        each.run(blocks=2)  # the state of the newest block would go on changing
    return tuple(_follow_case(each, *case) for each, cases in ((net, found), (late, halving)) for case in cases)


def _follow_case(net: Network, about: str, number: int) -> Case:
    before, after = net.at(number - 1), net.at(number)
    netuids = sorted({*all_netuids(after), ROOT_NETUID})
    return Case({"before": before, "after": after, "netuids": netuids}, about)


def read_flow(result: Any, case: Case) -> Values:
    """A dictionary with a number of rao for each netuid, and for "recycled".

    Raises:
        AnswerError: it is none.
    """
    wanted = [*case.arguments["netuids"], "recycled"]
    if not isinstance(result, Mapping):
        raise AnswerError(f"Your function returns a {type(result).__name__}; it should return a dict with {wanted}.")
    missing = [key for key in wanted if key not in result]
    if missing:
        raise AnswerError(f"Your dict lacks {missing[0]!r}; it should have {wanted}.")
    named = {"recycled" if key == "recycled" else f"subnet {key}": result[key] for key in wanted}
    return {name: read_values(**{name: int})(rao, case)[name] for name, rao in named.items()}


EXERCISES = (
    Exercise(
        id="07.1",
        title="The TAO of one block",
        name="block_emission",
        reference=block_emission,
        cases=emission_cases,
        read=read_values(emission=int),
        wrong_answers=mistakes.EMISSION,
        unlocks="You know what any block issues, now and in fifty years. Next: how much there is on any date.",
    ),
    Exercise(
        id="07.2",
        title="Supply at a date",
        name="supply_at",
        reference=supply_at,
        cases=supply_cases,
        read=read_values(issuance=int),
        wrong_answers=mistakes.SUPPLY,
        unlocks="You can date every halving, and say what delays it. Next: who gets what of a block.",
    ),
    Exercise(
        id="07.3",
        title="One block of a subnet, split",
        name="split_block",
        reference=split_block,
        cases=split_cases,
        read=read_values(owner=int, server=int, validator=int, root=int),
        wrong_answers=mistakes.SPLIT,
        unlocks="This is the rule that pays everybody. Next: what of it reaches somebody who only lends stake.",
    ),
    Exercise(
        id="07.4",
        title="A nominator's share",
        name="dividend_gains",
        reference=dividend_gains,
        cases=gains_cases,
        read=read_values(owner=int, nominator=int),
        wrong_answers=mistakes.GAINS,
        unlocks="You can tell what a validator's take costs you. Next: hold a running chain to account.",
    ),
    Exercise(
        id="07.5",
        title="Follow one TAO",
        name="follow",
        reference=follow,
        cases=follow_cases,
        read=read_flow,
        wrong_answers=mistakes.FOLLOW,
        unlocks="Every rao of a block, found again in the state. Nobody has to believe anybody.",
    ),
)
