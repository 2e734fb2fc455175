"""07.3: one block of a subnet, split."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab07 import reference as ours
from tao_lab.course.lab07.cases import TAO, USUAL_CUT, Rng
from tao_lab.economy.fixed128 import U96F32, u16_share
from tao_lab.units import U16_MAX


def split_block(alpha_out, owner_cut, root_proportion):
    """Divide the alpha of one block.

    alpha_out        int  rao of alpha
    owner_cut        int  u16
    root_proportion  int  fixed-point number: root's weight in the subnet

    Returns owner, server, validator, root (rao, int).

    >>> split_block(1_000, 0, U96F32.one // 8)
    (0, 500, 437, 62)
    """
    half = 2**31  # one is 2**32
    alpha = U96F32.number(alpha_out)
    owner = U96F32.multiply(alpha, u16_share(owner_cut))
    rest = alpha - owner
    server = U96F32.multiply(rest, half)
    root = U96F32.multiply(U96F32.multiply(root_proportion, rest), half)
    validator = rest - server - root
    return tuple(U96F32.whole(word) for word in (owner, server, validator, root))


def cases(rng: Rng) -> Iterator[Case]:
    """The chain's cut with and without root, other cuts, half a block, a few rao, and chance."""
    for alpha, owner_cut, root, about in (
        (TAO, USUAL_CUT, U96F32.one // 5, "one alpha, the chain's owner cut, root weighs 20 %"),
        (TAO, USUAL_CUT, 0, "one alpha, nobody stakes on root"),
        (TAO, U16_MAX // 5, U96F32.one // 4, "the owner's cut is a fifth"),
        (TAO, 0, U96F32.one // 2, "the owner has switched its cut off"),
        (TAO, U16_MAX, U96F32.one // 2, "the owner's cut is everything"),
        (TAO // 2, USUAL_CUT, U96F32.one, "half an alpha, root holds everything"),
        (101, USUAL_CUT, U96F32.one // 3, "101 rao"),
        (0, USUAL_CUT, U96F32.one // 3, "nothing to divide"),
        (5_991_182_653, 11_797, 0, "one part of 2^-32 decides about a rao"),
        (21 * 10**15 - 1, USUAL_CUT, U96F32.one // 7 * 3, "21 million alpha at once, more than a float can count"),
        (603, 18_281, 948_306_023, "one part of 2^-32 decides about a rao of root's"),
    ):
        yield _case(alpha, owner_cut, root, about)
    for number in range(5):
        owner_cut, root = int(rng.integers(1, U16_MAX)), int(rng.integers(1, U96F32.one))
        alpha = int(rng.integers(10**6, TAO))
        yield _case(alpha, owner_cut, root, f"random numbers, {number + 1}")


def _case(alpha_out: int, owner_cut: int, root_proportion: int, about: str) -> Case:
    return Case({"alpha_out": alpha_out, "owner_cut": owner_cut, "root_proportion": root_proportion}, about)


Parts = tuple[int, int, int, int]


def _in_floats(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner = alpha_out * owner_cut / U16_MAX
    rest = alpha_out - owner
    root = rest * (root_proportion / 2**32) / 2
    return int(owner), int(rest / 2), int(rest / 2 - root), int(root)


def _whole_rao_at_every_step(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner = alpha_out * owner_cut // U16_MAX
    rest = alpha_out - owner
    server, root = rest // 2, (rest * root_proportion >> 32) // 2
    return owner, server, rest - server - root, root


EXERCISE = Exercise(
    id="07.3",
    title="One block of a subnet, split",
    solution=split_block,
    reference=ours.split_block,
    cases=cases,
    read=read_values(owner=int, server=int, validator=int, root=int),
    look="Compute the four parts by hand, in the order of the recipe: which is the first that differs?",
    unlocks="This is the rule that pays everybody. Next: what of it reaches somebody who only lends stake.",
    wrong_answers=(
        Edit(
            "halves before the owner's cut",
            {"rest = alpha - owner": "rest = alpha", "validator = rest": "validator = rest - owner"},
            "Your miners get half of everything, and the owner's cut is paid by the validators alone. The owner's cut "
            "comes first: what is halved then?",
        ),
        Edit(
            "root on top",
            {"rest - server - root": "rest - server"},
            "Your parts are more than the whole: root's part is added on top. Out of whose part is it taken?",
        ),
        Edit(
            "root's part of all",
            {
                "U96F32.multiply(U96F32.multiply(root_proportion, rest), half)": (
                    "U96F32.multiply(root_proportion, rest)"
                )
            },
            "Root's part is twice too large: its proportion is of the validators' half, not of all that the owner "
            "leaves.",
        ),
        Edit(
            "root's part of the owner's too",
            {"U96F32.multiply(root_proportion, rest)": "U96F32.multiply(root_proportion, alpha)"},
            "Your root shares in the owner's cut too: you took its proportion of the whole block. What is already gone "
            "when validators and root share?",
        ),
        Edit(
            "miners pay root",
            {"word in (owner, server, validator, root)": "word in (owner, server - root, validator + root, root)"},
            "You take root's part out of the miners' half. Miners are paid for work and share with nobody; root's "
            "stake is stake like the validators', and shares their half.",
        ),
        Edit(
            "miners and validators swapped",
            {"word in (owner, server, validator, root)": "word in (owner, validator, server, root)"},
            "All four numbers are there, and the second and third are swapped: which of the halves does root share?",
        ),
        Edit(
            "u16 by 65,536",
            {"u16_share(owner_cut)": "(owner_cut << 16)"},
            "Your owner's cut is a little too small: you divide by 65,536. Which u16 stands for one?",
        ),
        Edit(
            "root's part of the half that is cut",
            {
                "U96F32.multiply(U96F32.multiply(root_proportion, rest), half)": (
                    "U96F32.multiply(root_proportion, U96F32.multiply(rest, half))"
                )
            },
            "Right but for a rao in very few cases: you halve first and take root's part of that, and each product "
            "drops what is below its last bit. Which of the two products comes first in the recipe?",
        ),
        WrongAnswer(
            "floats",
            "Right to a few rao, but over floats, and the chain counts every rao. Make fixed-point numbers first "
            "(`U96F32.number`), multiply them, and cut to whole rao at the very end.",
            _in_floats,
        ),
        WrongAnswer(
            "whole rao at every step",
            "Right to a rao: you cut to whole rao at every step, so that a later step begins with less or more than "
            "the chain's. How long does the recipe keep fixed-point numbers?",
            _whole_rao_at_every_step,
        ),
        Edit(
            "the rest to the validators",
            {
                "return tuple(U96F32.whole(word) for word in (owner, server, validator, root))": (
                    "owner, server, root = map(U96F32.whole, (owner, server, root))\n"
                    "    return owner, server, alpha_out - owner - server - root, root"
                )
            },
            "You give the validators what the others leave in whole rao. Each of the four parts is cut to whole rao on "
            "its own, and what rounding leaves belongs to nobody.",
        ),
        Edit(
            "rounded up",
            {"U96F32.whole(word) for": "-(-word >> 32) for"},
            "One rao too much in some parts: you round up, so that more is paid than there is. What happens to a "
            "part of a rao when a fixed-point number is cut?",
        ),
        Edit(
            "rounded to the nearest",
            {"U96F32.whole(word) for": "(word + half) >> 32 for"},
            "One rao too much in some parts: you round each to the nearest. What happens to a part of a rao when a "
            "fixed-point number is cut?",
        ),
        Edit(
            "root's part in floats",
            {
                "U96F32.multiply(U96F32.multiply(root_proportion, rest), half)": (
                    "int(rest * (root_proportion / 2**32) / 2)"
                )
            },
            "Right but for large amounts: root's part goes through a float, which has 53 bits. `U96F32.multiply` "
            "keeps them all.",
        ),
        Edit(
            "half of everything to the miners",
            {"server = U96F32.multiply(rest, half)": "server = U96F32.multiply(alpha, half)"},
            "Your miners get half of the whole block, so the validators alone pay the owner. Of what is it half?",
        ),
        Edit(
            "validators like miners",
            {"validator = rest - server - root": "validator = server"},
            "Your validators get as much as the miners, and root's part comes on top. Who pays root?",
        ),
        Edit(
            "validators from whole rao",
            {
                "return tuple(U96F32.whole(word) for word in (owner, server, validator, root))": (
                    "owner, server, root, rest = map(U96F32.whole, (owner, server, root, rest))\n"
                    "    return owner, server, rest - server - root, root"
                )
            },
            "Off by a rao: you cut to whole rao before you subtract. Each of the four is cut from its own fixed-point "
            "number.",
        ),
        Edit(
            "plain products",
            {
                "U96F32.multiply(alpha, u16_share(owner_cut))": "alpha * u16_share(owner_cut)",
                "U96F32.multiply(rest, half)": "rest * half",
                "U96F32.multiply(U96F32.multiply(root_proportion, rest), half)": "root_proportion * rest * half",
            },
            "You multiply fixed-point numbers with `*`, so that each product is four billion times too large. Which "
            "function multiplies two fixed-point numbers?",
        ),
        Edit(
            "words in place of rao",
            {"U96F32.whole(word) for": "word for"},
            "Your four numbers are fixed-point numbers. What makes whole rao of one?",
        ),
        Edit(
            "rao taken for words",
            {"U96F32.number(alpha_out)": "alpha_out", "U96F32.whole(word) for": "word for"},
            "Off by a rao: you multiply rao as if they were fixed-point numbers, so that each product is cut to whole "
            "rao. What makes a fixed-point number of a whole number?",
        ),
        Edit(
            "the cut as it is",
            {"u16_share(owner_cut)": "owner_cut"},
            "Your owner gets next to nothing: the cut is a u16, out of 65,535. Which function makes a fixed-point "
            "number of it?",
        ),
        Edit(
            "the cut taken for a whole number",
            {"u16_share(owner_cut)": "U96F32.number(owner_cut)"},
            "Your owner gets thousands of times the block. The cut is a share out of 65,535, not a whole number: which "
            "function makes its fixed-point number?",
        ),
        Edit(
            "root's proportion taken for a whole number",
            {"multiply(root_proportion, rest)": "multiply(U96F32.number(root_proportion), rest)"},
            "You make a fixed-point number of `root_proportion`, and it is one already.",
        ),
        Edit(
            "the owner's cut taken twice",
            {"rest - server - root": "rest - owner - server - root"},
            "Your validators pay the owner's cut once more. It is gone from the rest already.",
        ),
        Edit(
            "always the usual cut",
            {"u16_share(owner_cut)": "u16_share(11_796)"},
            "Your owner always gets 18 %. How much it is, is an argument.",
        ),
    ),
)
