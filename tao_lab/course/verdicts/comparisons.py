"""Two common comparisons as tables; the last two columns come from a running network.

The statements about an AI company and about Ethereum are the common view; they are not measured here. The statements
about Bittensor are compared with the running network, and sometimes with real data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.course.claims import RULES
from tao_lab.course.verdicts.cells import evidence
from tao_lab.course.verdicts.running import Places, Running, largest, places, running
from tao_lab.datasets import load_mainnet, load_metagraph
from tao_lab.subnets import kinds
from tao_lab.units import RAO_PER_TAO

Holds = Literal["✔ holds", "◐ in part", "✘ does not hold", "ℹ not decidable on chain"]
HOLDS: Holds = "✔ holds"
PART: Holds = "◐ in part"
NOT: Holds = "✘ does not hold"
UNKNOWN: Holds = "ℹ not decidable on chain"
NEAR = 0.001  # shares that differ by less than this count as equal
FEW = 0.1  # of the holders: if this share of them has half of it, it is not shared by all


@dataclass(frozen=True)
class Row:
    """One line of a comparison.

    Attributes:
        about: what is compared.
        other: statement about the other side.
        bittensor: statement about Bittensor.
        measure: returns what the network shows, and whether the statement is true.
    """

    about: str
    other: str
    bittensor: str
    measure: Callable[[Running, Places], tuple[str, Holds]]


def company() -> Card:
    """An AI company against Bittensor: seven rows."""
    return _card("an AI company", COMPANY, "An AI company against Bittensor")


def ethereum() -> Card:
    """Ethereum against Bittensor: eight rows."""
    return _card("Ethereum", ETHEREUM, "Ethereum against Bittensor")


def _card(other: str, rows: Sequence[Row], title: str) -> Card:
    measured = [row.measure(running(), places()) for row in rows]
    table = [[r.about, r.other, r.bittensor, said, holds] for r, (said, holds) in zip(rows, measured, strict=True)]
    held = sum(holds == HOLDS for _, holds in measured)
    header = ("", other, "Bittensor, it is said", "measured", "does it hold for Bittensor?")
    network = f"{running().blocks} blocks of a network with two subnets; {RULES}; real data where a row names it."
    return Card("info", f"{held} of {len(rows)} hold", title, (Grid(table, header), Text(f"As of: {network}")))


# --- an AI company ---


def _data(_: Running, at: Places) -> tuple[str, Holds]:
    found = ", ".join(at.data) or "none"
    said = f"of {at.counted} storage items and arguments of calls, those that speak of data or tasks: {found}"
    return f"{said}. Each validator chooses its own tasks", UNKNOWN if not at.data else PART


def _computing(seen: Running, _: Places) -> tuple[str, Holds]:
    said = (
        f"{seen.seats} seats of {seen.owners} owners, none asked for its hardware; what a miner runs on is not recorded"
    )
    return said, UNKNOWN if seen.strangers.seated else NOT


def _operation(_: Running, at: Places) -> tuple[str, Holds]:
    said = f"places on the chain for a model or an answer: {len(at.models)} of {at.counted}"
    return f"{said}. A miner's model is as closed as the miner likes", NOT if not at.models else PART


def _reward(seen: Running, _: Places) -> tuple[str, Holds]:
    of, minted = seen.epoch.of, seen.epoch.minted
    parts = {
        "miners": of("miner"),
        "validators": of("validator"),
        "their stakers": of("nominator"),
        "root": seen.epoch.root,
    }
    said = ", ".join(f"{who} {percent(rao / minted)}" for who, rao in parts.items())
    holds = HOLDS if sum(parts.values()) > minted / 2 else NOT
    return f"of an epoch's alpha: {said}; the subnet's owner {percent(of('owner') / minted)}", holds


def _transparency(seen: Running, at: Places) -> tuple[str, Holds]:
    fits = "all fit their headers" if seen.untampered else "one does not fit its header"
    said = f"{seen.blocks} blocks to read, {fits}; weights of {seen.rows} validators, pay of {seen.seats} seats"
    open_ = seen.untampered and seen.rows > 0
    return f"{said}; models and answers: {len(at.models)}", (PART if not at.models else HOLDS) if open_ else NOT


def _access(seen: Running, _: Places) -> tuple[str, Holds]:
    who = seen.strangers
    seat = f"with {who.seat_price / RAO_PER_TAO:.2f} τ {'a seat' if who.seated else 'no seat'}"
    said = f"a stranger gets: without TAO {'no' if who.penniless else 'a'} seat; {seat}"
    permit = f"without stake {'a' if who.permitted else 'no'} permit to grade"
    return f"{said}; {permit}", HOLDS if who.seated and who.penniless else PART if who.seated else NOT


def _ownership(seen: Running, _: Places) -> tuple[str, Holds]:
    real = load_metagraph()
    stake = [int(rao) for rao in real.stake if rao]
    half = largest(stake)
    said = f"alpha of {len(seen.held)} people, the largest has {percent(seen.held[0] / sum(seen.held))}"
    on_real = (
        f"on the real subnet {real.netuid} (block {real.block:,}) {half} of {len(stake)} hotkeys have half of all stake"
    )
    return f"{said}; {on_real}", PART if half < FEW * len(stake) else HOLDS


COMPANY = (
    Row("data collection", "private", "open", _data),
    Row("computing", "server farms", "people's hardware", _computing),
    Row("model operation", "closed", "open on the network", _operation),
    Row("reward", "to the company", "to the contributors", _reward),
    Row("transparency", "low", "high", _transparency),
    Row("access", "barriers", "open to anyone, with conditions", _access),
    Row("ownership", "a few", "shared", _ownership),
)


# --- Ethereum ---


def _base_chain(_: Running, at: Places) -> tuple[str, Holds]:
    own = "Grandpa" in at.pallets and "ParachainSystem" not in at.pallets
    said = f"{len(at.pallets)} pallets; blocks by Aura and Grandpa"
    return f"{said}; {'not a parachain of another chain' if own else 'part of another chain'}", HOLDS if own else NOT


def _token(seen: Running, _: Places) -> tuple[str, Holds]:
    issued = seen.block.issued / RAO_PER_TAO
    without = seen.strangers.penniless
    return f"a block issued {issued:g} τ; to a call without τ the chain says “{without}”", HOLDS if without else PART


def _block_reward(seen: Running, _: Places) -> tuple[str, Holds]:
    first = min(seen.paid)
    into_pools = sum(seen.block.liquidity.values()) + sum(seen.block.buys.values())
    real = load_mainnet()
    real_paid = sum(subnet.tao_in + subnet.excess_tao > 0 for subnet in real.subnets)
    said = (
        f"{percent(into_pools / seen.block.issued)} of a block's TAO to subnets' pools. Subnet {first} got "
        f"{percent(seen.paid[first], 1)}; by its stakers' alpha {percent(seen.by_stake[first], 1)}, by its slow price "
        f"{percent(seen.by_price[first], 1)}. Mainnet's block {real.block + 1:,} paid {real_paid} of "
        f"{len(real.subnets)} subnets"
    )
    by_stake = all(abs(seen.paid[n] - seen.by_stake[n]) < NEAR for n in seen.paid)
    return said, HOLDS if by_stake else PART if into_pools else NOT


def _participation(seen: Running, _: Places) -> tuple[str, Holds]:
    work, stake = seen.epoch.of("miner"), seen.epoch.of("validator") + seen.epoch.of("nominator")
    idle = seen.strangers.idle_pay
    said = f"in an epoch miners, who began without stake, got {_alpha(work)} for work"
    return (
        f"{said}, validators and stakers {_alpha(stake)}; a seat without work {_alpha(idle)}",
        HOLDS if work and stake and not idle else PART,
    )


def _reward_basis(seen: Running, _: Places) -> tuple[str, Holds]:
    name, moved = next(iter(evidence(7).numbers.items()))
    said = f"part of the miners' pay that stake × weight does not explain: {percent(seen.moved, 1)} here"
    exact = seen.moved == 0 and evidence(7).verdict == "true"
    return f"{said}; on the real subnet 15, {name}: {moved}", HOLDS if exact else PART


def _other_tokens(seen: Running, at: Places) -> tuple[str, Holds]:
    prices = ", ".join(f"{price:.3f} τ" for price in seen.prices.values())
    evm = "; the runtime has an EVM too, where ERC-20 tokens can live" if "EVM" in at.pallets else ""
    return f"an alpha for each subnet, here at {prices}{evm}", HOLDS if len(set(seen.prices.values())) > 1 else PART


def _who_deploys(seen: Running, at: Places) -> tuple[str, Holds]:
    who, real = seen.strangers, load_mainnet()
    said = (
        f"a stranger with {who.lock_cost / RAO_PER_TAO:,.0f} τ {'made' if who.created else 'could not make'} a subnet"
    )
    last = f"the last one on mainnet locked {real.network_last_lock_cost / RAO_PER_TAO:,.0f} τ"
    evm = "; developers have the pallets EVM and Contracts as well" if "EVM" in at.pallets else ""
    return f"{said}; {last}{evm}", HOLDS if who.created else NOT


def _uses(seen: Running, _: Places) -> tuple[str, Holds]:
    said = f"of its purpose a subnet says what its owner likes, here “{seen.identity}”; the rules never read it"
    return f"{said}. This lab has {len(kinds())} kinds of work", UNKNOWN


def _alpha(rao: int) -> str:
    return f"{rao / RAO_PER_TAO:.2f} α"


ETHEREUM = (
    Row("base chain", "its own", "its own, Subtensor", _base_chain),
    Row("native token", "ETH", "TAO", _token),
    Row("who receives a block's reward", "stakers", "subnets, by stakers × weight", _block_reward),
    Row("participation", "stake", "stake and work", _participation),
    Row("reward basis", "stake", "stake × weight", _reward_basis),
    Row("other tokens", "ERC-20", "alpha", _other_tokens),
    Row("who deploys", "developers, on the EVM", "subnet creators", _who_deploys),
    Row("uses", "DApps", "AI services", _uses),
)
