"""Wrong answers that people give in lab 00, each with the hint that helps."""

from __future__ import annotations

from tao_lab.course.exercise import WrongAnswer
from tao_lab.course.lab00.payouts import Past
from tao_lab.course.lab00.roles import CREATOR, MINER, STAKER, STATEMENTS, VALIDATOR
from tao_lab.units import RAO_PER_TAO

MODULE = "SubtensorModule"

# --- 00.1 roles ---


def _with(changes: dict[str, str], swaps: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    """All right but for some letters, or with some roles taken for others."""

    def role_of(statement: str) -> str:
        role = STATEMENTS[statement][1]
        return changes.get(statement, (swaps or {}).get(role, role))

    return role_of


ROLES = (
    WrongAnswer(
        "miner and validator taken for each other",
        "Your miners and validators have changed places. A miner does the work; a validator says how good it was. "
        "(On Bitcoin, miners check the others' blocks. Here they do not.)",
        _with({}, {MINER: VALIDATOR, VALIDATOR: MINER}),
    ),
    WrongAnswer(
        "miners weigh themselves",
        "You let miners put weights on the chain. Who is paid by weights must not be the one who sets them: "
        "that is a validator's task.",
        _with({"c": MINER}),
    ),
    WrongAnswer(
        "stakers are validators",
        "You take stakers for validators. A validator runs a program that asks and scores; a staker only lends it "
        "tokens, and takes them away if it works badly.",
        _with({}, {STAKER: VALIDATOR}),
    ),
    WrongAnswer(
        "validators make the rules",
        "Your validators decide what is scored, and how. Each runs its own program, but the work and the rule are the "
        "subnet's: who opened it wrote them.",
        _with({"d": VALIDATOR}),
    ),
    WrongAnswer(
        "creators and stakers mixed up",
        "You see a staker where TAO is locked to open a subnet. Both put tokens in, for different things: one opens a "
        "subnet and gets a cut of it, the other stands behind a hotkey.",
        _with({"e": STAKER}),
    ),
    WrongAnswer(
        "the validator is the one with an address",
        "In your answer validators list an address for questions. Validators ask; the one who must be found is the "
        "one who is asked.",
        _with({"g": VALIDATOR}),
    ),
    WrongAnswer(
        "the creator does everything",
        "You give the creator more than it does: it wrote the rule and locked TAO. It does not judge answers, and it "
        "lends no stake.",
        _with({"b": CREATOR, "c": CREATOR, "f": CREATOR}),
    ),
)

# --- 00.2 payout ---


def _alpha(past: Past, netuid: int, hotkey: str) -> int:
    return int(past.get(MODULE, "TotalHotkeyAlpha", hotkey, netuid))


def _only_after(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    return _alpha(after, netuid, hotkey)


def _backwards(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    return _alpha(before, netuid, hotkey) - _alpha(after, netuid, hotkey)


def _whole_alpha(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    return (_alpha(after, netuid, hotkey) - _alpha(before, netuid, hotkey)) // RAO_PER_TAO


def _as_a_float(before: Past, after: Past, netuid: int, hotkey: str) -> float:
    return (_alpha(after, netuid, hotkey) - _alpha(before, netuid, hotkey)) / RAO_PER_TAO


def _keys_swapped(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    then, now = (past.get(MODULE, "TotalHotkeyAlpha", netuid, hotkey) for past in (before, after))
    return int(now - then)


def _free_tao(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    then, now = (past.get("System", "Account", hotkey)["data"]["free"] for past in (before, after))
    return int(now - then)


def _last_emission(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    uid = after.get(MODULE, "Uids", netuid, hotkey)
    return int(after.get(MODULE, "Emission", netuid)[uid])


def _first_uid(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    first = after.get(MODULE, "Keys", netuid, 1)
    return _alpha(after, netuid, first) - _alpha(before, netuid, first)


def _incentive(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    uid = after.get(MODULE, "Uids", netuid, hotkey)
    return int(after.get(MODULE, "Incentive", netuid)[uid])


PAYOUT = (
    WrongAnswer(
        "all that it has",
        "That is all alpha that the hotkey has. What it had before was not paid now: read the chain at `before` as "
        "well, and subtract.",
        _only_after,
    ),
    WrongAnswer(
        "subtracted the wrong way round",
        "Your payouts are negative: you take what it has afterwards away from what it had before.",
        _backwards,
    ),
    WrongAnswer(
        "whole alpha",
        "You cut the payout down to whole alpha. The chain counts in rao, a billionth of one, and so does the answer.",
        _whole_alpha,
    ),
    WrongAnswer(
        "alpha as a float",
        "You divide by a billion. Money stays a whole number of rao here; floats lose the last of them.",
        _as_a_float,
    ),
    WrongAnswer(
        "keys of the item in the wrong order",
        "`TotalHotkeyAlpha` takes the hotkey first, then the netuid. Other items have it the other way round; "
        "the order is part of an item's name.",
        _keys_swapped,
    ),
    WrongAnswer(
        "free TAO",
        "You looked at the free TAO of the hotkey's account, which stays as it is. Miners are paid in alpha, the "
        "subnet's own token, as stake on their hotkey: `TotalHotkeyAlpha`.",
        _free_tao,
    ),
    WrongAnswer(
        "the last epoch only",
        "`Emission` says what the last epoch paid. Between `before` and `after` there may be several epochs, or none.",
        _last_emission,
    ),
    WrongAnswer(
        "somebody else's payout",
        "That is what another UID was paid, the same for every miner. Use the `hotkey` that your function was given.",
        _first_uid,
    ),
    WrongAnswer(
        "incentive in place of pay",
        "`Incentive` is a share of the miners' pay, a number from 0 to 65,535, and not the pay itself.",
        _incentive,
    ),
)
