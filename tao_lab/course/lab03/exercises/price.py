"""03.2: what a seat costs."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab import economy
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab03.cases import Rng
from tao_lab.economy.registration_price import MULTIPLIER_ONE, PriceTerms, decay_factor
from tao_lab.units import RAO_PER_TAO


def registration_price(burn, terms, event):
    """The price of a seat after a registration, or after a block.

    burn   int         price before, rao
    terms  PriceTerms  half_life (blocks), increase_mult (64 fraction bits), min_burn, max_burn (rao)
    event  str         "registration" or "block"

    Returns rao (int).

    >>> registration_price(100, PriceTerms(half_life=1, increase_mult=3 * 2**64, min_burn=1, max_burn=250), "block")
    50
    """
    if event == "registration":
        moved = burn * max(terms.increase_mult, 2**64) >> 64
    else:
        moved = burn * decay_factor(terms.half_life) >> 32
    return min(max(moved, terms.min_burn), terms.max_burn)


def cases(rng: Rng) -> Iterator[Case]:
    """Both events, at both limits and between them; a factor below one; limits that contradict each other."""
    tenth, most = RAO_PER_TAO // 10, 100 * RAO_PER_TAO
    for event in ("registration", "block"):
        yield _case(RAO_PER_TAO, event)
        yield _case(500_000, event, high=99 * RAO_PER_TAO)
        yield _case(most, event, half_life=720)
        yield _case(int(rng.integers(tenth, most)), event, half_life=7_200, factor=150)
        yield _case(int(rng.integers(tenth, most)), event, half_life=1, factor=300)
        yield _case(int(rng.integers(2**59, 2**60)), event, half_life=1_000, factor=137, high=2**63)
        yield _case(1_000, event, low=1, high=2**63)
        yield _case(RAO_PER_TAO, event, factor=50)
        yield _case(RAO_PER_TAO, event, low=7 * RAO_PER_TAO, high=5 * RAO_PER_TAO)
        yield _case(RAO_PER_TAO, event, factor=150, low=RAO_PER_TAO * 6 // 5)
        yield _case(9 * RAO_PER_TAO, event, half_life=1, low=2 * RAO_PER_TAO, high=8 * RAO_PER_TAO)
        yield _case(RAO_PER_TAO, event, half_life=0)


def _case(
    burn: int,
    event: str,
    half_life: int = 360,
    factor: int = 126,
    low: int = 500_000,
    high: int = 100 * RAO_PER_TAO,
) -> Case:
    terms = PriceTerms(half_life, factor * MULTIPLIER_ONE // 100, low, high)
    limits = f"{low:,} to {high:,} rao"
    about = f"after a {event}: half-life {half_life:,} blocks, times {factor / 100:g} a registration, from {limits}"
    return Case({"burn": burn, "terms": terms, "event": event}, about)


EXERCISE = Exercise(
    id="03.2",
    title="What a seat costs",
    solution=registration_price,
    reference=economy.registration_price,
    cases=cases,
    read=read_values(price=int),
    look="Which factor belongs to this event, what does its raw value count in, and which limits hold afterwards?",
    unlocks="This rule will run the chain below, in `Put it in`. Next: what if there is no free seat?",
    wrong_answers=(
        Edit(
            "the factor taken for a number",
            {">> 64": ">> 0"},
            "You multiply by the raw value itself, so one registration takes the price to the top. Which value stands "
            "for 1 in `increase_mult`?",
        ),
        Edit(
            "32 bits for both words",
            {">> 64": ">> 32"},
            "You shift by 32 after a registration too. The two fixed-point numbers count differently: how many "
            "fraction bits has `increase_mult`?",
        ),
        Edit(
            "64 bits for both words",
            {">> 32": ">> 64"},
            "You shift by 64 after a block too, so the price falls to the bottom at once. How many fraction bits has "
            "the decay factor?",
        ),
        Edit(
            "floats",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": "int(burn * max(terms.increase_mult / 2**64, 1.0))",
                "burn * decay_factor(terms.half_life) >> 32": "int(burn * 0.5 ** (1 / terms.half_life))",
            },
            "Right in principle, and off in the last digits: you compute in floats, and the chain does not have them. "
            "Multiply the raw whole numbers, and shift.",
        ),
        Edit(
            "a straight line",
            {"burn * decay_factor(terms.half_life) >> 32": "burn - burn // (2 * terms.half_life)"},
            "You take the same part of a half-life away in each block, which is a straight line. A price with a "
            "half-life is multiplied by the same factor in each block: which function gives it?",
        ),
        Edit(
            "half in every block",
            {"burn * decay_factor(terms.half_life) >> 32": "burn // 2"},
            "You halve the price in every block. It should take `half_life` blocks to halve: which function gives the "
            "factor of one block?",
        ),
        Edit(
            "no limits",
            {"min(max(moved, terms.min_burn), terms.max_burn)": "moved"},
            "You let the price go where it likes. `terms` has a lowest and a highest one.",
        ),
        Edit(
            "limits the other way round",
            {"min(max(moved, terms.min_burn), terms.max_burn)": "max(min(moved, terms.max_burn), terms.min_burn)"},
            "Nearly: look at the case in which the lowest price is above the highest. Which of the two limits has the "
            "last word?",
        ),
        Edit(
            "cheaper by a registration",
            {"max(terms.increase_mult, 2**64)": "terms.increase_mult"},
            "A factor below 1 makes your price fall when somebody registers. What does the text say of such factors?",
        ),
        Edit(
            "the events swapped",
            {'event == "registration"': 'event == "block"'},
            "Your price rises with each block and falls with each registration.",
        ),
        Edit(
            "decays after a registration too",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": (
                    "(burn * max(terms.increase_mult, 2**64) >> 64) * decay_factor(terms.half_life) >> 32"
                )
            },
            "After a registration you let the price decay as well. The rule is called once for each event: which "
            "factor belongs to which?",
        ),
        Edit(
            "limits before the event",
            {
                "    return min(max(moved, terms.min_burn), terms.max_burn)": "    return moved",
                "    if event ==": "    burn = min(max(burn, terms.min_burn), terms.max_burn)\n    if event ==",
            },
            "You bring the price between its limits before it moves. Then it can move out of them: when do they hold?",
        ),
        Edit(
            "rounded to the nearest",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": "(burn * max(terms.increase_mult, 2**64) + 2**63) "
                ">> 64",
                "burn * decay_factor(terms.half_life) >> 32": "(burn * decay_factor(terms.half_life) + 2**31) >> 32",
            },
            "Off by a rao in some cases: you round to the nearest. The chain drops what is below a rao: what does a"
            " shift do with it?",
        ),
        Edit(
            "rounded to the nearest, with a float",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": "round(burn * max(terms.increase_mult, 2**64) / 2**64)",
                "burn * decay_factor(terms.half_life) >> 32": "round(burn * decay_factor(terms.half_life) / 2**32)",
            },
            "You divide with `/`, which makes a float, and round to the nearest. The chain drops what is below a "
            "rao, and a float has no room for large prices.",
        ),
        Edit(
            "rounded up",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": "-(-burn * max(terms.increase_mult, 2**64) >> 64)",
                "burn * decay_factor(terms.half_life) >> 32": "-(-burn * decay_factor(terms.half_life) >> 32)",
            },
            "One rao too much: you round up. The chain drops what is below a rao.",
        ),
        Edit(
            "the multiplier cut to a whole number",
            {"burn * max(terms.increase_mult, 2**64) >> 64": "burn * (max(terms.increase_mult, 2**64) >> 64)"},
            "You shift the fixed-point number before you multiply, so 1.26 has become 1: what is behind the point is "
            "lost. Which of the two comes first?",
        ),
        Edit(
            "the decay factor cut to a whole number",
            {"burn * decay_factor(terms.half_life) >> 32": "burn * (decay_factor(terms.half_life) >> 32)"},
            "You shift the decay factor before you multiply. It is below 1, so nothing is left of it: which of the "
            "two comes first?",
        ),
        Edit(
            "decimal words",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": ("burn * max(terms.increase_mult, 2**64) // 10**18"),
                "burn * decay_factor(terms.half_life) >> 32": "burn * decay_factor(terms.half_life) // 10**9",
            },
            "You divide by powers of ten. These fixed-point numbers count in powers of two: which number stands for 1 "
            "in each?",
        ),
        Edit(
            "a whole half-life in one block",
            {
                "moved = burn * decay_factor(terms.half_life) >> 32": (
                    "moved = burn\n        for _ in range(terms.half_life):\n"
                    "            moved = moved * decay_factor(terms.half_life) >> 32"
                )
            },
            "You let a whole half-life pass in one block. The rule is called in each block, once.",
        ),
        Edit(
            "what falls away",
            {"burn * decay_factor(terms.half_life) >> 32": "burn - (burn * decay_factor(terms.half_life) >> 32)"},
            "After a block you return what falls away. The decay factor is the part that is left.",
        ),
        Edit(
            "rises in each block",
            {"burn * decay_factor(terms.half_life) >> 32": "(burn << 32) // decay_factor(terms.half_life)"},
            "You divide by the decay factor, so the price rises in each block. It is a factor below 1: multiply.",
        ),
        Edit(
            "no decay",
            {"burn * decay_factor(terms.half_life) >> 32": "burn"},
            "Your price stays where it is in a block without a registration. What does the recipe do with it there?",
        ),
        Edit(
            "divided by the half-life",
            {"burn * decay_factor(terms.half_life) >> 32": "burn // terms.half_life"},
            "You divide the price by the half-life in each block. Half of it should be left after that many blocks: "
            "which function gives the factor of one?",
        ),
        Edit(
            "only the highest price",
            {"min(max(moved, terms.min_burn), terms.max_burn)": "min(moved, terms.max_burn)"},
            "Your price knows a highest value, and no lowest one. Which of `terms` holds it up?",
        ),
        Edit(
            "only the lowest price",
            {"min(max(moved, terms.min_burn), terms.max_burn)": "max(moved, terms.min_burn)"},
            "Your price knows a lowest value, and no highest one. Which of `terms` stops its rise?",
        ),
        Edit(
            "one limit for each event",
            {
                "min(max(moved, terms.min_burn), terms.max_burn)": (
                    'min(moved, terms.max_burn) if event == "registration" else max(moved, terms.min_burn)'
                )
            },
            "You look at the highest price after a registration, and at the lowest after a block. Both limits hold "
            "after both: see the case where the lowest is above the highest.",
        ),
        Edit(
            "the two limits swapped",
            {
                "min(max(moved, terms.min_burn), terms.max_burn)": "min(max(moved, terms.max_burn), terms.min_burn)",
            },
            "You raise the price to the highest value and cut it at the lowest. At least the one, at most the other: "
            "which is which?",
        ),
        Edit(
            "no limits after a block",
            {
                "min(max(moved, terms.min_burn), terms.max_burn)": (
                    'moved if event == "block" else min(max(moved, terms.min_burn), terms.max_burn)'
                )
            },
            "After a block you let the price go where it likes. The limits hold after both events.",
        ),
        Edit(
            "no limits after a registration",
            {
                "min(max(moved, terms.min_burn), terms.max_burn)": (
                    'moved if event == "registration" else min(max(moved, terms.min_burn), terms.max_burn)'
                )
            },
            "After a registration you let the price go where it likes. The limits hold after both events.",
        ),
        Edit(
            "limits before and after",
            {"    if event ==": "    burn = min(max(burn, terms.min_burn), terms.max_burn)\n    if event =="},
            "You also bring the price between its limits before it moves. It can stand outside when the owner has "
            "just changed them: what does the recipe move, and when does it look at the limits?",
        ),
        Edit(
            "no registration is seen",
            {'event == "registration"': 'event == "Registration"'},
            "Your price falls with a registration, too, as after a block. How exactly is the word for the event spelt?",
        ),
        Edit(
            "both factors at each event",
            {
                "burn * max(terms.increase_mult, 2**64) >> 64": (
                    "(burn * max(terms.increase_mult, 2**64) >> 64) * decay_factor(terms.half_life) >> 32"
                ),
                "burn * decay_factor(terms.half_life) >> 32": (
                    "(burn * max(terms.increase_mult, 2**64) >> 64) * decay_factor(terms.half_life) >> 32"
                ),
            },
            "You apply both factors at each event. The rule is called once for each: which factor belongs to which?",
        ),
        Edit(
            "the increase added",
            {"burn * max(terms.increase_mult, 2**64) >> 64": "burn + (burn * max(terms.increase_mult, 2**64) >> 64)"},
            "After a registration you add the product to the old price. The old price is in it already: a factor of 1 "
            "should change nothing.",
        ),
        Edit(
            "always twice",
            {"burn * max(terms.increase_mult, 2**64) >> 64": "burn * 2"},
            "Your price doubles with each registration. How much it rises is the subnet's choice.",
        ),
        Edit(
            "never more than 1",
            {"max(terms.increase_mult, 2**64)": "min(terms.increase_mult, 2**64)"},
            "Your price never rises with a registration: you take the smaller of the factor and 1. Which of the two "
            "should win?",
        ),
        Edit(
            "floats after a registration",
            {"burn * max(terms.increase_mult, 2**64) >> 64": "int(burn * max(terms.increase_mult / 2**64, 1.0))"},
            "Off in the last digits after a registration: a float has 53 bits, this number 64. Multiply the raw "
            "whole numbers, and shift.",
        ),
        Edit(
            "floats after a block",
            {"burn * decay_factor(terms.half_life) >> 32": "int(burn * decay_factor(terms.half_life) / 2**32)"},
            "Off in the last digits after a block: `/` makes a float, which has 53 bits. Multiply the raw whole "
            "numbers, and shift.",
        ),
        Edit(
            "an exact half-life in floats",
            {
                "burn * decay_factor(terms.half_life) >> 32": "int(burn * 0.5 ** (1 / terms.half_life))",
            },
            "Nearly: you compute the decay of a block yourself, in floats. The chain has a fixed-point number for it, "
            "rounded in its own way: which function gives it?",
        ),
    ),
)
