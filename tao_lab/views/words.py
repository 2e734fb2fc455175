"""What just happened, in words: titles, text alternatives and the sentence below the charts.

Every word is computed from an `Outcome`, so that it holds for every position of the sliders.
"""

from __future__ import annotations

from tao_lab.consensus.types import Array
from tao_lab.units import U16_MAX
from tao_lab.views.scenario import Outcome

VISIBLE = 0.0005  # a change below 0.05 % shows the same digits


def percent(share: float) -> str:
    """A share in per cent with one digit; what is not nothing and not all never looks like it."""
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
        outcome: the epochs as the sliders stand.
        since: the epochs before the last slider was moved; None at the start.
    """
    return " ".join(part for part in (change(outcome, since), state(outcome)) if part)


def change(outcome: Outcome, since: Outcome | None) -> str:
    """Which slider moved and what that did to pay; empty if none did."""
    if since is None or since.settings == outcome.settings:
        return ""
    moves = _moves(outcome, since)
    return f"{moves[0].upper()}{moves[1:]}: {_effect(outcome, since)}."


def state(outcome: Outcome) -> str:
    """How the lie stands."""
    kappa = percent_of_word(outcome.kappa_word)
    if outcome.nobody_earns:
        return (
            f"No weight at all has {kappa} of stake (kappa) behind it, so every consensus is 0: "
            "nobody earns incentive or dividends, and the chain pays out by stake alone."
        )
    if outcome.settings.liar_percent == 0:
        best, share = _best_miner(outcome)
        return (
            f"The liars hold no stake, so what they say counts for nothing. "
            f"Miner {best} earns most: {percent(share)} of the incentive."
        )
    return f"{_power(outcome)}, {_clipping(outcome)}, and {_pay(outcome)}. {_dividends(outcome)}"


def percent_of_word(word: int) -> str:
    """An I32F32 share in per cent; kappa's 32,767 of 65,535 reads 50 %."""
    return percent(word / 2**32)


# --- titles and text alternatives of the charts ---


def weights_title(outcome: Outcome) -> str:
    """What the weights matrix shows."""
    if outcome.settings.liar_percent == 0:
        return f"Weights: the liars name miner {outcome.target}, but have no stake"
    return f"Weights: the liars give miner {outcome.target} everything"


def weights_alt(outcome: Outcome) -> str:
    """Text alternative of the weights matrix."""
    cast = outcome.scenario.cast
    best = cast.miners[0]
    return (
        f"Matrix of {len(cast.validators)} validators by {len(cast.miners)} miners; colour is the share of a "
        f"validator's weight. The {len(cast.honest)} honest rows together give miner {best} most; "
        f"each of the {len(cast.liars)} liars' rows at the bottom holds one full cell, at miner {outcome.target}."
    )


def consensus_title(outcome: Outcome) -> str:
    """What the chart of consensus shows."""
    consensus = percent(outcome.share(outcome.epochs[0].consensus, outcome.target))
    if outcome.settings.liar_percent == 0:
        return f"Consensus on miner {outcome.target}: {consensus}, whatever the liars say"
    if outcome.kept == 1:
        return f"Consensus on miner {outcome.target}: {consensus}, the liars' 100 % stands"
    return f"Consensus on miner {outcome.target}: {consensus}, so the liars' 100 % is cut"


def consensus_alt(outcome: Outcome) -> str:
    """Text alternative of the chart of consensus."""
    words = outcome.epochs[0].consensus
    parts = [f"miner {uid} {percent(outcome.share(words, uid))}" for uid in outcome.scenario.cast.miners]
    return (
        "For each miner a black bar at its consensus and a circle for each validator's weight; "
        f"circles above the bar are cut down to it. Consensus: {', '.join(parts)}."
    )


def incentive_title(outcome: Outcome) -> str:
    """What the chart of incentive shows."""
    if outcome.nobody_earns:
        return "Incentive: no miner earns any"
    best, share = _best_miner(outcome)
    if best == outcome.target:
        return f"Incentive: the liars' miner {best} earns most, {percent(share)}"
    own = percent(outcome.share(outcome.after.incentive, outcome.target))
    return f"Incentive: miner {best} earns {percent(share)}, the liars' miner {own}"


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
    if outcome.nobody_earns:
        return "Dividends: no validator earns any"
    if outcome.settings.liar_percent == 0:
        largest = outcome.scenario.cast.honest[0]
        earned = percent(outcome.share(outcome.after.dividends, largest))
        held = percent(outcome.share(outcome.after.active_stake, largest))
        return f"Dividends: validator {largest} earns {earned} on {held} of stake"
    earned = percent(outcome.liars_dividends(outcome.after))
    return f"Dividends: liars earn {earned} on {outcome.settings.liar_percent} % of stake"


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
    miner = outcome.scenario.cast.miners[column]
    first, last = history[0, -1, column], history[-1, -1, column]
    if first == last == 0:
        return f"Bonds on miner {miner}: the liars hold none"
    if f"{first:.2f}" == f"{last:.2f}":
        return f"Bonds on miner {miner}: each liar's is {last:.2f}, as before the lie"
    moved = "falls" if last < first else "rises"
    return f"Bonds on miner {miner}: each liar's {moved} from {first:.2f} to {last:.2f}"


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
    """What a move did to the liars' miner, to the liars, or else to whoever it did most to."""
    now, then = outcome.after, since.after
    if _same(now.incentive, then.incentive) and _same(now.dividends, then.dividends):
        return "nobody's pay changes"
    facts = []
    target, old_target = outcome.target, since.target
    earned = outcome.share(now.incentive, target)
    earned_before = since.share(then.incentive, target)
    if target == old_target and abs(earned - earned_before) >= VISIBLE:
        facts.append(f"miner {target}'s incentive goes from {percent(earned_before)} to {percent(earned)}")
    dividends, dividends_before = outcome.liars_dividends(now), since.liars_dividends(then)
    if abs(dividends - dividends_before) >= VISIBLE:
        facts.append(f"the liars' dividends go from {percent(dividends_before)} to {percent(dividends)}")
    return " and ".join(facts) or _largest_change(outcome, since)


def _largest_change(outcome: Outcome, since: Outcome) -> str:
    changes = []
    for role, name in (("validator", "dividends"), ("miner", "incentive")):
        now, then = getattr(outcome.after, name), getattr(since.after, name)
        uid = int(abs(now - then).argmax())
        changes.append(
            (abs(int(now[uid] - then[uid])), role, uid, name, since.share(then, uid), outcome.share(now, uid))
        )
    _, role, uid, name, before, after = max(changes)
    if abs(after - before) < VISIBLE:
        return "no pay changes by more than 0.05 % of it all"
    verb = "go" if name == "dividends" else "goes"
    return f"the largest change is that {role} {uid}'s {name} {verb} from {percent(before)} to {percent(after)}"


def _power(outcome: Outcome) -> str:
    held, needed = percent_of_word(outcome.liar_stake_word), percent_of_word(outcome.kappa_word)
    if outcome.liars_decide_alone:
        return f"The liars hold {held} of stake, and {needed} (kappa) is enough to decide consensus alone"
    less = "just short of" if held == needed else "less than"
    return f"The liars hold {held} of stake, {less} the {needed} (kappa) that decide consensus"


def _clipping(outcome: Outcome) -> str:
    kept, target = outcome.kept, outcome.target
    if kept == 1:
        return f"so clipping takes nothing from the weight they gave miner {target}"
    if kept == 0:
        return f"so clipping cuts all of the weight they gave miner {target}"
    return f"so clipping cuts {percent(1 - kept)} of the weight they gave miner {target}"


def _pay(outcome: Outcome) -> str:
    before = outcome.share(outcome.before.incentive, outcome.target)
    after = outcome.share(outcome.after.incentive, outcome.target)
    if after == 0:
        return "it earns nothing"
    if outcome.epochs[0].consensus.astype(bool).sum() == 1:
        return f"it earns all of the incentive as the only miner with consensus (before the lie: {percent(before)})"
    return f"it earns {percent(after)} of the incentive (before the lie: {percent(before)})"


def _dividends(outcome: Outcome) -> str:
    before, after = outcome.liars_dividends(outcome.before), outcome.liars_dividends(outcome.after)
    epochs = f"{len(outcome.epochs)} epochs" if len(outcome.epochs) > 1 else "1 epoch"
    earned = f"After {epochs} of lying, the liars earn {percent(after)} of the dividends"
    if abs(after - before) < VISIBLE:
        return f"{earned}, as before the lie."
    verdict = "the lie costs them" if after < before else "the lie pays"
    return f"{earned} (before the lie: {percent(before)}): {verdict}."


def _best_miner(outcome: Outcome) -> tuple[int, float]:
    best = int(outcome.after.incentive.argmax())
    return best, outcome.share(outcome.after.incentive, best)


def _same(a: Array, b: Array) -> bool:
    return bool((a == b).all())
