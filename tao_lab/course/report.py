"""Claims of the student's report that are tested with real data: mainnet at one block, and the runtime's metadata."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bittensor_core import Keypair

from tao_lab.cards import percent
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.runtime import load_runtime
from tao_lab.course.claims import Claim, Evidence
from tao_lab.course.lab02.claims import words_of
from tao_lab.course.networks import kept_network
from tao_lab.datasets import MainnetBlock, load_mainnet
from tao_lab.economy import block_emission
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.issuance import eras
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO, in_tao

REPORT = (2025, 7)  # year and month of the report
SAID_ACTIVE = 118
SAID_TAO = 9_390_000
HALF = TOTAL_SUPPLY // 2
HALVING_BLOCK, HALVED_ON = 7_103_975, datetime(2025, 12, 15, 13, 31, 24, tzinfo=UTC)  # of mainnet, public chain data
VESTING_WORDS = {"vest", "vesting", "vested", "cliff"}
LOCK_WORDS = {"lock", "locks", "locked", "unlock"}
BY_CHOICE = "SubtensorModule.lock_stake"
EARLY_TAO = 1_000  # of an early contributor in the experiment
ALL_BUT_FEES = 0.99
TENTH_OF_A_PERCENT = 0.001
MAINNET = "mainnet at block 9,240,381 (2026-10-08), spec 475; said in July 2025"


def _date(mainnet: MainnetBlock, block: int) -> datetime:
    """The time of a block of mainnet, computed with 12 seconds a block from a block with a known time."""
    known = datetime.fromtimestamp(mainnet.timestamp_ms / 1000, UTC)
    return known + timedelta(seconds=(block - mainnet.block) * BLOCK_SECONDS)


def _day(date: datetime) -> str:
    return f"{date:%Y-%m-%d}"


def more_than_118_active() -> Evidence:
    """Claim 24: how many of mainnet's subnets have started, and how many the block paid."""
    mainnet = load_mainnet()
    started = len(mainnet.started)
    paid = sum(subnet.tao_in + subnet.excess_tao > 0 for subnet in mainnet.started)
    switched_off = sum(not subnet.emission_enabled for subnet in mainnet.started)
    dates = [_date(mainnet, subnet.registered_at) for subnet in mainnet.subnets]
    then = sum((date.year, date.month) <= REPORT for date in dates)
    return Evidence(
        "true" if started > SAID_ACTIVE else "false",
        "If active means started, yes. But not every started subnet gets TAO: governance can switch it off, and what "
        "pays its miners' alpha to its own owner gets none. This block does not tell how many were active in July "
        "2025: those that were dissolved since then are missing.",
        {
            "subnets that exist, and the most that may": f"{len(mainnet.subnets)} of {mainnet.subnet_limit}",
            "of them started": str(started),
            "of these switched off by governance": str(switched_off),
            f"paid TAO by block {mainnet.block + 1:,}": str(paid),
            "of today's subnets registered by the end of July 2025": str(then),
        },
    )


def circulation_of_july_2025() -> Evidence:
    """Claim 25: the issuance at the data's block, and by the chain's rule the day on which it was 9.39 million.

    The first halving is the nearest block whose issuance is known: 10.5 million.
    """
    mainnet = load_mainnet()
    now, said = mainnet.total_issuance, SAID_TAO * RAO_PER_TAO
    blocks = _blocks_between(said, HALF)
    day = HALVED_ON - timedelta(seconds=blocks * BLOCK_SECONDS)
    without = (
        _date(mainnet, mainnet.block - _blocks_between(said, now)) if now > said else _date(mainnet, mainnet.block)
    )
    in_pools = sum(subnet.tao for subnet in mainnet.subnets)
    recycled = now + block_emission(now) - mainnet.total_issuance_next
    was_right = (day.year, day.month) == REPORT
    return Evidence(
        "true" if abs(now - said) < TENTH_OF_A_PERCENT * said else "outdated" if was_right else "false",
        f"Counted back from the first halving by the rule of issuance, that was the amount on about {_day(day)}. Every "
        "block issues more. And issued is not the same as in circulation: most TAO is staked on root or lies in the "
        "subnets' pools.",
        {
            f"issued and not recycled at block {mainnet.block:,} (`TotalIssuance`)": f"{now / RAO_PER_TAO:,.3f} τ",
            "issued by a block now": in_tao(block_emission(now)),
            f"recycled by block {mainnet.block + 1:,}": in_tao(recycled),
            f"the first halving: {HALF / RAO_PER_TAO:,.0f} τ at block {HALVING_BLOCK:,}": _day(HALVED_ON),
            f"{SAID_TAO:,} τ, by the rule and 12 s a block": f"{_day(day)}, {blocks:,} blocks before the halving",
            f"the same, counted back from block {mainnet.block:,}": f"{_day(without)}: only the rule is known, not "
            "what else moved the issuance",
            "staked on root": f"{mainnet.root_tao / RAO_PER_TAO:,.0f} τ ({percent(mainnet.root_tao / now)})",
            "in the pools of all subnets": f"{in_pools / RAO_PER_TAO:,.0f} τ ({percent(in_pools / now)})",
        },
    )


def _blocks_between(earlier: int, later: int) -> int:
    """How many blocks the rule needs from one issuance to another, rao, if nothing is recycled."""
    era = [era for era in eras(earlier) if era.issuance <= later][-1]
    return era.blocks + (later - era.issuance) // era.emission


def vesting_over_months() -> Evidence:
    """Claim 26: does the runtime have such a rule, and can TAO of the genesis be sent at once?"""
    pallets = load_runtime().pallets
    names = [f"{p}.{e['name']}" for p, parts in pallets.items() for kind in ("storage", "calls") for e in parts[kind]]
    named = [pallet for pallet in pallets if words_of(pallet) & VESTING_WORDS]
    vesting = [name for name in names if words_of(name.partition(".")[2]) & VESTING_WORDS]
    locks = [name for name in names if words_of(name.partition(".")[2]) & LOCK_WORDS]
    sent = _sent_in_block_1() / RAO_PER_TAO
    return Evidence(
        "false" if not named and not vesting and sent > EARLY_TAO * ALL_BUT_FEES else "true",
        "No rule of the chain does that: nothing in it is named after vesting, and TAO that is there from the "
        "beginning can be sent in block 1. Its locks hold the cost of a subnet, or alpha that somebody locks by "
        "choice. People may have signed a contract; the chain neither knows nor enforces it.",
        {
            "pallets of the runtime, with their storage items and calls": f"{len(pallets)}, {len(names):,}",
            "pallets named after vesting": ", ".join(named) or "none",
            "storage items and calls named after it": ", ".join(vesting) or "none",
            "named after locks": f"{len(locks)}, such as `{BY_CHOICE}`" if BY_CHOICE in locks else str(len(locks)),
            f"sent in block 1, of {EARLY_TAO:,} τ that somebody had before it": f"{sent:,.4f} τ",
        },
    )


def _sent_in_block_1() -> int:
    """Rao that somebody with TAO from the genesis can send in the first block."""
    early, friend = (Keypair.create_from_uri(f"//{name}").ss58_address for name in ("early", "friend"))
    balances = {**Genesis().balances, early: EARLY_TAO * RAO_PER_TAO}
    with kept_network(genesis=Genesis(balances=balances)) as net:
        key = Keypair.create_from_uri("//early")
        receipt = net.call(key, "Balances", "transfer_all", dest=friend, keep_alive=False)
        return net.balance(friend).rao if receipt.block == 1 else 0


CLAIMS = (
    Claim(24, "More than 118 subnets are active.", more_than_118_active, MAINNET),
    Claim(25, "9.39 million TAO are in circulation.", circulation_of_july_2025, MAINNET),
    Claim(26, "Early contributors' TAO vests over 18 to 36 months.", vesting_over_months),
)
