"""07.4: what of a dividend reaches somebody who only lends stake."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab07 import reference as ours
from tao_lab.course.lab07.cases import TAO, USUAL_CUT, Rng
from tao_lab.economy.fixed128 import U96F32, u16_share
from tao_lab.units import U16_MAX


def dividend_gains(dividend, take, own, mine, others):
    """What a validator's owner and one nominator gain from a dividend.

    dividend  int  rao of alpha that the hotkey earned
    take      int  u16
    own       int  rao that the hotkey's owner has staked on it
    mine      int  rao of the nominator
    others    int  rao of all others together

    Returns the owner's gain, the nominator's gain (rao, int).

    >>> dividend_gains(100, 0, 500, 300, 200)
    (50, 30)
    """
    word = U96F32.number(dividend)
    taken_word = U96F32.multiply(u16_share(take), word)
    taken, rest = U96F32.whole(taken_word), U96F32.whole(word - taken_word)
    amount = own + taken + mine + others
    owner_after = (own + taken) * (amount + rest) // amount
    mine_after = mine * (amount + rest) // amount
    return owner_after - own, mine_after - mine


def cases(rng: Rng) -> Iterator[Case]:
    """The chain's take, no take, all of it; an owner without stake; chance."""
    yield _case(100, 0, 500, 300, 200, "100 rao for 1,000 rao of stake, no take")
    for take, own, mine, others, about in (
        (USUAL_CUT, 500 * TAO, 400 * TAO, 100 * TAO, "take 18 %, the owner holds half"),
        (0, 500 * TAO, 400 * TAO, 100 * TAO, "no take"),
        (U16_MAX, 300 * TAO, 400 * TAO, 300 * TAO, "everything is taken"),
        (USUAL_CUT, TAO, 900 * TAO, 99 * TAO, "the owner holds next to nothing"),
        (6_553, 7 * TAO, 3 * TAO, 2 * TAO, "a small validator, take 10 %"),
        (USUAL_CUT, 500 * TAO, 400 * TAO, 0, "the nominator is the only one"),
    ):
        yield _case(10 * TAO, take, own, mine, others, about)
    yield _case(0, USUAL_CUT, 5 * TAO, 3 * TAO, 2 * TAO, "no dividend at all")
    for number in range(5):
        own, mine, others = (int(rao) for rao in rng.integers(TAO, 10**13, 3))
        dividend, take = int(rng.integers(10**6, 10**11)), int(rng.integers(1, USUAL_CUT))
        yield _case(dividend, take, own, mine, others, f"random numbers, {number + 1}")


def _case(dividend: int, take: int, own: int, mine: int, others: int, about: str) -> Case:
    return Case({"dividend": dividend, "take": take, "own": own, "mine": mine, "others": others}, about)


def _in_floats(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[int, int]:
    taken = dividend * take / U16_MAX
    rest, amount = dividend - taken, own + taken + mine + others
    return int(taken + (own + taken) * rest / amount), int(mine * rest / amount)


def _take_not_staked(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[float, float]:
    taken = dividend * take / U16_MAX
    rest, amount = dividend - taken, own + mine + others
    return taken + rest * own / amount, rest * mine / amount


def _in_floats_take_not_staked(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[int, int]:
    owner, nominator = _take_not_staked(dividend, take, own, mine, others)
    return int(owner), int(nominator)


def _rounded_take_not_staked(dividend: int, take: int, own: int, mine: int, others: int) -> tuple[int, int]:
    owner, nominator = _take_not_staked(dividend, take, own, mine, others)
    return round(owner), round(nominator)


EXERCISE = Exercise(
    id="07.4",
    title="A nominator's share",
    solution=dividend_gains,
    reference=ours.dividend_gains,
    cases=cases,
    read=read_values(owner=int, nominator=int),
    look="Whose stake grows first, and by what, before all of them grow by one factor?",
    unlocks="You can tell what a validator's take costs you. Next: hold a running chain to account.",
    wrong_answers=(
        Edit(
            "no take",
            {"U96F32.multiply(u16_share(take), word)": "0"},
            "You share the whole dividend by stake. First the owner of the hotkey keeps something of it.",
        ),
        Edit(
            "take of the nominators' part only",
            {
                "U96F32.multiply(u16_share(take), word)": (
                    "U96F32.multiply(u16_share(take), word * (mine + others) // (own + mine + others))"
                )
            },
            "You take nothing of what the owner's own stake has earned. The chain does not ask whose stake it was: the "
            "take is a part of the whole dividend. (To the owner it is the same purse.)",
        ),
        Edit(
            "the owner's stake earns nothing",
            {"return owner_after - own, mine_after - mine": "return taken, rest * mine // (mine + others)"},
            "You share what is left among the nominators alone. The owner's own stake is in the same pool: what does "
            "it get besides the take?",
        ),
        Edit(
            "take staked last",
            {
                "own + taken + mine + others": "own + mine + others",
                "(own + taken) * (amount + rest) // amount": "own * (amount + rest) // amount + taken",
            },
            "A little too much for the nominator: you add the take at the end. The take is staked first, and then "
            "shares in what is given to all.",
        ),
        Edit(
            "take not in the amount",
            {"own + taken + mine + others": "own + mine + others"},
            "Together they gain more than the dividend: the owner's stake has grown by the take, and your amount has "
            "not.",
        ),
        Edit(
            "u16 by 65,536",
            {"u16_share(take)": "(take << 16)"},
            "Your take is a little too small: you divide by 65,536. Which u16 stands for one?",
        ),
        Edit(
            "the rest by subtraction of rao",
            {"U96F32.whole(word - taken_word)": "dividend - U96F32.whole(taken_word)"},
            "Off by a rao: you cut the take to whole rao and give all others the rest. The recipe has two fixed-point "
            "numbers: is the second of them cut, too?",
        ),
        Edit(
            "whole rao without words",
            {
                "taken, rest = U96F32.whole(taken_word), U96F32.whole(word - taken_word)": (
                    "taken = dividend * take // 65_535\n    rest = dividend - taken"
                )
            },
            "Right to a few rao: you multiply whole rao by the take and divide by 65,535. The chain first cuts the "
            "take to a fixed-point number, and multiplies that with the fixed-point number of the dividend.",
        ),
        Edit(
            "the same for each",
            {"return owner_after - own, mine_after - mine": "return taken + rest // 3, rest // 3"},
            "You give everybody the same. A share pool gives by stake: everybody's stake grows by the same factor.",
        ),
        Edit(
            "stakes instead of gains",
            {"return owner_after - own, mine_after - mine": "return owner_after, mine_after"},
            "These are the stakes after the dividend. The task asks what they gained.",
        ),
        Edit(
            "owner and nominator swapped",
            {"return owner_after - own, mine_after - mine": "return mine_after - mine, owner_after - own"},
            "Both numbers are there, and swapped: the owner's comes first.",
        ),
        WrongAnswer(
            "floats",
            "Right to a rao or two: you compute with floats. The chain cuts the take and the rest to whole rao before "
            "anybody's stake grows, and a float keeps what it cuts: `U96F32` and `//`, no `/`.",
            _in_floats,
        ),
        WrongAnswer(
            "floats, and the take is not staked",
            "Two things: you compute with floats, and you only hand the take over. The chain stakes it first, so "
            "that it shares in the rest; and it cuts to whole rao with `U96F32` and `//`.",
            _in_floats_take_not_staked,
        ),
        WrongAnswer(
            "floats rounded, and the take is not staked",
            "Two things: you compute with floats and round, and you only hand the take over. The chain stakes it "
            "first, so that it shares in the rest; and it cuts to whole rao with `U96F32` and `//`.",
            _rounded_take_not_staked,
        ),
    ),
)
