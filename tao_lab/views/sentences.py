"""Texts for the charts: titles, text alternatives and the sentence below them.

All texts are computed from an `Outcome` and its `Facts`, so they are true for every position of the sliders and for
every rule, even a student's wrong one. If a rule does something else than the chain, "so" becomes "yet".
"""

from __future__ import annotations

from collections.abc import Sequence

from tao_lab.consensus.types import Array
from tao_lab.units import U16_MAX
from tao_lab.views.facts import Facts
from tao_lab.views.scenario import Outcome

VISIBLE = 0.0005  # a smaller share would be printed as 0 %


def percent(share: float) -> str:
    """A share in per cent with one digit; only an exact 0 or 1 is printed as 0 % or 100 %."""
    if 0 < share < VISIBLE:
        return "under 0.1 %"
    if 1 - VISIBLE < share < 1:
        return "over 99.9 %"
    return f"{round(share * 100, 1):g} %"


def u16_percent(value: int) -> str:
    """A u16 proportion in per cent."""
    return percent(value / U16_MAX)


def sentence(outcome: Outcome, since: Outcome | None = None) -> str:
    """What just happened.

    Args:
        outcome: the epochs for the present sliders.
        since: the epochs before the last slider was moved; None at the start.
    """
    return " ".join(part for part in (change(outcome, since), state(outcome)) if part)


def change(outcome: Outcome, since: Outcome | None) -> str:
    """Which slider moved, and its effect on pay; empty if no slider moved."""
    if since is None or since.settings == outcome.settings:
        return ""
    moves = _moves(outcome, since)
    return f"{moves[0].upper()}{moves[1:]}: {_effect(outcome, since)}."


def state(outcome: Outcome) -> str:
    """The present effect of the lie."""
    facts = Facts.of(outcome)
    if facts.best is None and not facts.any_dividends:
        stake = ", and the chain pays out by stake alone" if facts.paid_by_stake else ""
        return f"{_no_consensus(facts)}nobody earns incentive or dividends{stake}."
    if outcome.settings.liar_percent == 0:
        return f"{_without_voice(facts)} {_best(facts)}"
    return f"{_power(facts)}, {_clipping(facts, outcome.target)}, {_pay(facts)}. {_dividends(outcome, facts)}"


# --- titles and text alternatives of the charts ---


def weights_title(outcome: Outcome) -> str:
    """What the weights matrix shows."""
    facts = Facts.of(outcome)
    given = "everything" if facts.all_on_one else _range(facts.weights)
    if outcome.settings.liar_percent == 0:
        return f"Weights: the liars give miner {outcome.target} {given}, without stake"
    return f"Weights: the liars give miner {outcome.target} {given}"


def weights_alt(outcome: Outcome) -> str:
    """Text alternative of the weights matrix."""
    cast, facts = outcome.scenario.cast, Facts.of(outcome)
    liars = f"each of the {len(cast.liars)} liars' rows at the bottom holds one full cell, at miner {outcome.target}"
    if not facts.all_on_one:
        liars = f"the {len(cast.liars)} liars' rows at the bottom give miner {outcome.target} {_range(facts.weights)}"
    return (
        f"Matrix of {len(cast.validators)} validators by {len(cast.miners)} miners; colour is the share of a "
        f"validator's weight. The {len(cast.honest)} honest rows, each counted by its stake, give miner "
        f"{facts.praised} most; {liars}."
    )


def consensus_title(outcome: Outcome) -> str:
    """What the chart of consensus shows."""
    facts = Facts.of(outcome)
    found = f"Consensus on miner {outcome.target}: {percent(facts.consensus)}"
    if outcome.settings.liar_percent == 0:
        return found if facts.consensus_moved else f"{found}, whatever the liars say"
    weight = f"the liars' {_range(facts.weights)}"
    is_cut, is_above = facts.kept < 1, facts.weight > facts.consensus
    if not is_cut:
        return f"{found}, yet {weight} stands" if is_above else f"{found}, {weight} stands"
    return f"{found}, so {weight} is cut" if is_above else f"{found}, yet {weight} is cut"


def consensus_alt(outcome: Outcome) -> str:
    """Text alternative of the chart of consensus."""
    words, facts = outcome.epochs[0].consensus, Facts.of(outcome)
    parts = [f"miner {uid} {percent(outcome.share(words, uid))}" for uid in outcome.scenario.cast.miners]
    return (
        "For each miner a black bar at its consensus and a circle for each validator's weight, hollow if it is cut: "
        f"{facts.above} of {facts.circles} circles are above their bar, {facts.cut} are cut. "
        f"Consensus: {', '.join(parts)}."
    )


def incentive_title(outcome: Outcome) -> str:
    """What the chart of incentive shows."""
    facts = Facts.of(outcome)
    if facts.best is None:
        return "Incentive: no miner earns any"
    if facts.best == outcome.target:
        return f"Incentive: the liars' miner {facts.best} earns most, {percent(facts.best_incentive)}"
    hidden = "" if facts.best in outcome.scenario.cast.miners else " (not shown)"
    best = f"miner {facts.best}{hidden} earns {percent(facts.best_incentive)}"
    return f"Incentive: {best}, the liars' miner {percent(facts.incentive)}"


def incentive_alt(outcome: Outcome) -> str:
    """Text alternative of the chart of incentive."""
    now, then = outcome.after.incentive, outcome.before.incentive
    parts = [
        f"miner {uid} {percent(outcome.share(now, uid))} (before the lie {percent(outcome.share(then, uid))})"
        for uid in outcome.scenario.cast.miners
    ]
    return f"Bars of each miner's incentive: {', '.join(parts)}."


def dividends_title(outcome: Outcome) -> str:
    """What the chart of dividends shows."""
    facts = Facts.of(outcome)
    if not facts.any_dividends:
        return "Dividends: no validator earns any"
    if outcome.settings.liar_percent == 0:
        largest = outcome.scenario.cast.honest[0]
        earned = percent(outcome.share(outcome.after.dividends, largest))
        held = percent(outcome.share(outcome.after.active_stake, largest))
        return f"Dividends: validator {largest} earns {earned} on {held} of stake"
    return f"Dividends: liars earn {percent(facts.dividends)} on {percent(facts.stake_at_the_end)} of stake"


def dividends_alt(outcome: Outcome) -> str:
    """Text alternative of the chart of dividends."""
    stake, dividends = outcome.after.active_stake, outcome.after.dividends
    parts = [
        f"{uid} {percent(outcome.share(dividends, uid))} on {percent(outcome.share(stake, uid))}"
        for uid in outcome.scenario.cast.validators
    ]
    return f"Bars of each validator's dividends with a mark at its share of stake: {', '.join(parts)}."


def bonds_title(outcome: Outcome, history: Array, column: int) -> str:
    """What the chart of bonds on one miner shows.

    Args:
        outcome: the epochs.
        history: `outcome.bonds()`.
        column: which miner of the cast.
    """
    cast = outcome.scenario.cast
    title = f"Bonds on miner {cast.miners[column]}:"
    liars = history[:, len(cast.honest) :, column]
    if not liars.any():
        return f"{title} the liars hold none"
    first, last = (sorted({f"{bond:.2f}" for bond in liars[epoch]}) for epoch in (0, -1))
    if len(first) > 1 or len(last) > 1:
        return f"{title} the liars' end between {last[0]} and {last[-1]}"
    if first == last:
        return f"{title} each liar's is {last[0]}, as before the lie"
    moved = "falls" if liars[-1, 0] < liars[0, 0] else "rises"
    return f"{title} each liar's {moved} from {first[0]} to {last[0]}"


def bonds_alt(outcome: Outcome, history: Array, column: int) -> str:
    """Text alternative of the chart of bonds on one miner."""
    cast = outcome.scenario.cast
    ends = history[-1, :, column]
    parts = [f"{uid} {bond:.2f}" for uid, bond in zip(cast.validators, ends, strict=True)]
    return (
        f"Lines of the bond that each validator holds on miner {cast.miners[column]} over {len(outcome.epochs)} "
        f"epochs of lying; epoch 0 is before the lie. At the end: {', '.join(parts)}."
    )


# --- parts of the sentence ---

_LIE_WORDS = {"ignored": "the miner that nobody else rates", "popular": "the second-best miner"}


def _range(shares: Sequence[float]) -> str:
    """One share, or from the least to the largest."""
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low} to {high}"


def _moves(outcome: Outcome, since: Outcome) -> str:
    new, old = outcome.settings, since.settings
    pairs = [
        ("kappa", u16_percent(old.kappa), u16_percent(new.kappa), old.kappa != new.kappa),
        (
            "bonds penalty",
            f"{old.bonds_penalty / U16_MAX:.2f}",
            f"{new.bonds_penalty / U16_MAX:.2f}",
            old.bonds_penalty != new.bonds_penalty,
        ),
        ("the liars' stake", f"{old.liar_percent} %", f"{new.liar_percent} %", old.liar_percent != new.liar_percent),
        ("Yuma", "3" if old.yuma3 else "2", "3" if new.yuma3 else "2", old.yuma3 != new.yuma3),
        ("the lie", _LIE_WORDS[old.lie], _LIE_WORDS[new.lie], old.lie != new.lie),
    ]
    return ", ".join(f"{name} moves from {a} to {b}" for name, a, b, moved in pairs if moved)


def _effect(outcome: Outcome, since: Outcome) -> str:
    """The effect of a move on the liars' miner, on the liars, or otherwise the largest effect."""
    now, then = outcome.after, since.after
    if _same(now.incentive, then.incentive) and _same(now.dividends, then.dividends):
        return "nobody's pay changes"
    facts, old = Facts.of(outcome), Facts.of(since)
    said = []
    if outcome.target == since.target and (moved := _moved(old.incentive, facts.incentive)):
        said.append(f"miner {outcome.target}'s incentive goes {moved}")
    if moved := _moved(old.dividends, facts.dividends):
        said.append(f"the liars' dividends go {moved}")
    return " and ".join(said) or _largest_change(outcome, since)


def _largest_change(outcome: Outcome, since: Outcome) -> str:
    changes = []
    for role, name in (("validator", "dividends"), ("miner", "incentive")):
        now, then = getattr(outcome.after, name), getattr(since.after, name)
        uid = int(abs(now - then).argmax())
        before, after = since.share(then, uid), outcome.share(now, uid)
        changes.append((abs(after - before), role, uid, name, before, after))
    _, role, uid, name, before, after = max(changes)
    if not (moved := _moved(before, after)):
        return "no pay changes by as much as 0.1 % of it all"
    verb = "go" if name == "dividends" else "goes"
    return f"the largest change is that {role} {uid}'s {name} {verb} {moved}"


def _moved(before: float, after: float) -> str:
    """A share before and after; empty if both are printed the same."""
    old, new = percent(before), percent(after)
    return "" if old == new else f"from {old} to {new}"


def _no_consensus(facts: Facts) -> str:
    """Why nobody earns, if consensus is the reason."""
    if not facts.no_consensus:
        return "There is consensus, yet "
    if facts.kappa_out_of_reach:
        return f"No weight at all has {percent(facts.kappa)} of stake (kappa) behind it, so every consensus is 0: "
    return f"Every consensus is 0, though weights have {percent(facts.kappa)} of stake (kappa) behind them: "


def _without_voice(facts: Facts) -> str:
    """The effect of a lie without stake."""
    if facts.incentive_moved:
        return "The liars hold no stake, yet their lie changes what miners earn."
    return "The liars hold no stake, so what they say counts for nothing."


def _best(facts: Facts) -> str:
    if facts.best is None:
        return "No miner earns any incentive."
    return f"Miner {facts.best} earns most: {percent(facts.best_incentive)} of the incentive."


def _power(facts: Facts) -> str:
    held, needed = percent(facts.stake), percent(facts.kappa)
    if facts.decide_alone:
        return f"The liars hold {held} of stake, and {needed} (kappa) is enough to decide consensus alone"
    less = "just short of" if held == needed else "less than"
    return f"The liars hold {held} of stake, {less} the {needed} (kappa) that decide consensus"


def _clipping(facts: Facts, target: int) -> str:
    # With kappa of the stake, none of the liars' weight may be cut; with less stake, some of it must be cut.
    so = "so" if (facts.kept == 1) == facts.decide_alone else "yet"
    weight = f"the weight they gave miner {target}"
    if facts.kept == 1:
        return f"{so} clipping takes nothing from {weight}"
    if facts.kept == 0:
        return f"{so} clipping cuts all of {weight}"
    return f"{so} clipping cuts {percent(1 - facts.kept)} of {weight}"


def _pay(facts: Facts) -> str:
    before = f"(before the lie: {percent(facts.incentive_before)})"
    if facts.incentive == 0:
        return "and it earns nothing" if facts.kept < 1 else "yet it earns nothing"
    also = "and yet" if facts.kept == 0 else "and"
    if facts.incentive == 1:
        alone = "as the only miner with consensus " if facts.only_consensus else ""
        return f"{also} it earns all of the incentive {alone}{before}"
    return f"{also} it earns {percent(facts.incentive)} of the incentive {before}"


def _dividends(outcome: Outcome, facts: Facts) -> str:
    before, after = percent(facts.dividends_before), percent(facts.dividends)
    epochs = f"{len(outcome.epochs)} epochs" if len(outcome.epochs) > 1 else "1 epoch"
    earned = f"After {epochs} of lying, the liars earn {after} of the dividends"
    if before == after:
        return f"{earned}, as before the lie."
    verdict = "the lie costs them" if facts.dividends < facts.dividends_before else "the lie pays"
    return f"{earned} (before the lie: {before}): {verdict}."


def _same(a: Array, b: Array) -> bool:
    return bool((a == b).all())
