"""Wrong answers that people give in lab 07, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

import math

from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.state import StorageReader
from tao_lab.course.exercise import WrongAnswer
from tao_lab.economy import block_emission, split
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.issuance import issuance_after, kept_of, next_halving
from tao_lab.economy.words import U96F32, u16_share
from tao_lab.units import RAO_PER_TAO, U16_MAX

TAO = RAO_PER_TAO
HALF = TOTAL_SUPPLY // 2

# --- 07.1 block emission ---


def _late(issuance: int) -> int:
    left, emission = TOTAL_SUPPLY - issuance, TAO
    if left <= 0:
        return 0
    part = TOTAL_SUPPLY // 2
    while left < part and emission:
        emission, part = emission // 2, part // 2
    return emission


def _floats(issuance: int) -> int:
    if issuance >= TOTAL_SUPPLY:
        return 0
    left = 1 - issuance / TOTAL_SUPPLY
    return TAO if left >= 1 else int(TAO / 2 ** math.floor(-math.log2(left))) if left > 0 else 0


EMISSION = (
    WrongAnswer(
        "a halving every 10.5 million",
        "You halve after every 10.5 million TAO, as if issuance were a height in blocks. Then blocks would still "
        "issue half a TAO when nothing is left. Each halving comes when half of what was left is issued: at 10.5 "
        "million, then 5.25 million later, then 2.625 million later.",
        lambda issuance: TAO >> min(issuance // HALF, 64) if issuance < TOTAL_SUPPLY else 0,
    ),
    WrongAnswer(
        "one rao too late",
        "You are one rao late: a halving is there when what is left is no more than half, not when it is less (`<=`, "
        "not `<`).",
        _late,
    ),
    WrongAnswer(
        "floats",
        "One rao before a halving your answer is a halving ahead: 10,499,999.999999999 / 21,000,000 is the same "
        "float as one half. Compare whole rao: `left * 2 <= SUPPLY`, and no `/` or `log2` anywhere.",
        _floats,
    ),
    WrongAnswer(
        "in TAO",
        "You count in TAO; the chain knows only rao. Issuance comes in rao, 21 million TAO are 21,000,000 · 10^9, "
        "and a block begins with 10^9.",
        lambda issuance: block_emission(issuance) // TAO,
    ),
    WrongAnswer(
        "no steps",
        "You let the emission fall with every block, in proportion to what is left. It goes in steps: it stays the "
        "same until the next halving.",
        lambda issuance: TAO * max(TOTAL_SUPPLY - issuance, 0) // TOTAL_SUPPLY,
    ),
    WrongAnswer(
        "no end",
        "Right until the supply is reached. When nothing is left, a block issues nothing: 0.",
        lambda issuance: block_emission(issuance) if issuance < TOTAL_SUPPLY - TOTAL_SUPPLY // 2**30 else 1,
    ),
)

# --- 07.2 supply at a date ---


def _by_height(issuance: int, blocks: int, recycled_percent: int) -> int:
    emission = block_emission(issuance)
    while blocks > 0 and emission:
        part = min(blocks, HALF // TAO)
        issuance, blocks = issuance + part * kept_of(emission, recycled_percent), blocks - part
        emission //= 2
    return issuance


def _cut_at_halving(issuance: int, blocks: int, recycled_percent: int) -> int:
    while blocks > 0:
        kept, limit = kept_of(block_emission(issuance), recycled_percent), next_halving(issuance)
        if not kept or limit is None:
            return issuance
        needed = -((issuance - limit) // kept)
        if needed > blocks:
            return issuance + blocks * kept
        issuance, blocks = limit, blocks - needed
    return issuance


def _recycled_at_the_end(issuance: int, blocks: int, recycled_percent: int) -> int:
    return issuance + kept_of(issuance_after(issuance, blocks) - issuance, recycled_percent)


SUPPLY = (
    WrongAnswer(
        "no halvings",
        "You take today's emission for all blocks. Go as far as the next halving only (`next_halving(issuance)`), "
        "then look again what a block issues.",
        lambda issuance, blocks, percent: issuance + blocks * kept_of(block_emission(issuance), percent),
    ),
    WrongAnswer(
        "halved by height",
        "You halve after 10.5 million blocks from now. The chain does not count blocks for that: the halving comes "
        "when the issuance reaches `next_halving(issuance)`, and from where you begin that may be near.",
        _by_height,
    ),
    WrongAnswer(
        "recycling forgotten",
        "Recycled TAO ceases to exist: of every block only the rest, `emission * (100 - recycled_percent) // 100`, "
        "adds to the issuance.",
        lambda issuance, blocks, percent: issuance_after(issuance, blocks),
    ),
    WrongAnswer(
        "recycled at the end",
        "You take the recycled part off at the end. By then your halvings have come too early: issuance grows more "
        "slowly from the first block on, and the halvings wait for it.",
        _recycled_at_the_end,
    ),
    WrongAnswer(
        "cut at the halving",
        "The block that crosses a halving still issues in full, for its emission is fixed before: round the number "
        "of blocks up, and let the issuance go past the limit.",
        _cut_at_halving,
    ),
)

# --- 07.3 split ---

Parts = tuple[int, int, int, int]


def _parts(alpha_out: int, owner_cut: int, root_proportion: int, *, cut: int | None = None) -> list[int]:
    """Words of owner, server, validator and root."""
    alpha = U96F32.number(alpha_out)
    owner = U96F32.multiply(alpha, u16_share(owner_cut) if cut is None else cut)
    rest = alpha - owner
    root = U96F32.multiply(U96F32.multiply(root_proportion, rest), U96F32.one // 2)
    server = U96F32.multiply(rest, U96F32.one // 2)
    return [owner, server, rest - server - root, root]


def _whole(words: list[int]) -> Parts:
    owner, server, validator, root = (U96F32.whole(max(word, 0)) for word in words)
    return owner, server, validator, root


def _halves_first(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    alpha = U96F32.number(alpha_out)
    server, owner = alpha // 2, U96F32.multiply(alpha, u16_share(owner_cut))
    root = U96F32.multiply(root_proportion, alpha) // 2
    return _whole([owner, server, alpha - server - owner - root, root])


def _root_on_top(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner, server, validator, root = _parts(alpha_out, owner_cut, root_proportion)
    return _whole([owner, server, validator + root, root])


def _root_of_all(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner, server, validator, root = _parts(alpha_out, owner_cut, root_proportion)
    return _whole([owner, server, validator - root, 2 * root])


def _miners_pay_root(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner, server, validator, root = _parts(alpha_out, owner_cut, root_proportion)
    return _whole([owner, server - root, validator + root, root])


def _split_in_floats(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner = alpha_out * owner_cut / U16_MAX
    rest = alpha_out - owner
    root = rest * (root_proportion / 2**32) / 2
    return int(owner), int(rest / 2), int(rest / 2 - root), int(root)


def _whole_rao_at_every_step(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner = alpha_out * owner_cut // U16_MAX
    rest = alpha_out - owner
    server, root = rest // 2, (rest * root_proportion >> 32) // 2
    return owner, server, rest - server - root, root


def _rest_to_validators(alpha_out: int, owner_cut: int, root_proportion: int) -> Parts:
    owner, server, _, root = split(alpha_out, owner_cut, root_proportion)
    return owner, server, alpha_out - owner - server - root, root


SPLIT = (
    WrongAnswer(
        "halves before the owner's cut",
        "Your miners get half of everything, and the owner's cut is paid by the validators alone. The owner's cut "
        "comes first; halve what is left of it.",
        _halves_first,
    ),
    WrongAnswer(
        "root on top",
        "Your parts are more than the whole: root's part is added on top. It is taken out of the validators' half.",
        _root_on_top,
    ),
    WrongAnswer(
        "root's part of all",
        "Root's part is twice too large: its proportion is of the validators' half, not of all that the owner leaves. "
        "Multiply by one half too.",
        _root_of_all,
    ),
    WrongAnswer(
        "miners pay root",
        "You take root's part out of the miners' half. Miners are paid for work and share with nobody; root's stake "
        "is stake like the validators', and shares their half.",
        _miners_pay_root,
    ),
    WrongAnswer(
        "u16 by 65,536",
        "A u16 share is out of 65,535, not 65,536: 65,535 stands for one. `u16_share(owner_cut)` gives the word.",
        lambda alpha, cut, root: _whole(_parts(alpha, cut, root, cut=cut << 16)),
    ),
    WrongAnswer(
        "floats",
        "Right to a few rao, but over floats, and the chain counts every rao. Make words first (`U96F32.number`), "
        "multiply them with `U96F32.multiply`, and take `U96F32.whole` of each part at the very end.",
        _split_in_floats,
    ),
    WrongAnswer(
        "whole rao at every step",
        "Right to a rao: you cut to whole rao at every step, so that a later step begins with less or more than the "
        "chain's. Carry words of 2^-32 rao to the end (`U96F32.number(alpha_out)` first), and cut each part only then.",
        _whole_rao_at_every_step,
    ),
    WrongAnswer(
        "the rest to the validators",
        "You give the validators what the others leave in whole rao. Each of the four parts is cut to whole rao by "
        "itself, and what rounding leaves belongs to nobody.",
        _rest_to_validators,
    ),
)

# --- 07.4 a nominator's share ---

Gains = tuple[int, int]


def _taken(dividend: int, take_word: int) -> tuple[int, int]:
    """Take and rest, rao, each cut to whole rao."""
    word = U96F32.multiply(U96F32.number(dividend), take_word)
    return U96F32.whole(word), U96F32.whole(U96F32.number(dividend) - word)


def _shared(taken: int, rest: int, own: int, mine: int, others: int) -> Gains:
    total = own + taken + mine + others
    return (own + taken) * (total + rest) // total - own, mine * (total + rest) // total - mine


def _no_take(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    return _shared(0, dividend, own, mine, others)


def _take_of_nominators_only(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    lent = dividend * (mine + others) // (own + mine + others)
    taken = _taken(lent, u16_share(take))[0]
    return _shared(taken, dividend - taken, own, mine, others)


def _owner_gets_no_share(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    taken, rest = _taken(dividend, u16_share(take))
    return taken, rest * mine // (mine + others)


def _take_staked_last(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    taken, rest = _taken(dividend, u16_share(take))
    owner, nominator = _shared(0, rest, own, mine, others)
    return owner + taken, nominator


def _take_by_65536(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    return _shared(*_taken(dividend, take << 16), own, mine, others)


def _rest_by_subtraction(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    taken, _ = _taken(dividend, u16_share(take))
    return _shared(taken, dividend - taken, own, mine, others)


def _without_words(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    taken = dividend * take // U16_MAX
    return _shared(taken, dividend - taken, own, mine, others)


def _by_heads(dividend: int, take: int, own: int, mine: int, others: int) -> Gains:
    taken, rest = _taken(dividend, u16_share(take))
    return taken + rest // 3, rest // 3


GAINS = (
    WrongAnswer(
        "no take",
        "You share the whole dividend by stake. First the owner of the hotkey keeps its take of it.",
        _no_take,
    ),
    WrongAnswer(
        "take of the nominators' part only",
        "You take nothing of what the owner's own stake has earned. The chain does not ask whose stake it was: the "
        "take is a part of the whole dividend. (To the owner it is the same purse.)",
        _take_of_nominators_only,
    ),
    WrongAnswer(
        "the owner's stake earns nothing",
        "You share what is left among the nominators alone. The owner's own stake is in the same pool and gets its "
        "part by size, besides the take.",
        _owner_gets_no_share,
    ),
    WrongAnswer(
        "take staked last",
        "A little too much for you: the take is staked first, and then shares in what is given to all. Add it to the "
        "owner's stake and to the pool before you share the rest.",
        _take_staked_last,
    ),
    WrongAnswer(
        "u16 by 65,536",
        "A u16 share is out of 65,535, not 65,536: 65,535 stands for one. `u16_share(take)` gives the word.",
        _take_by_65536,
    ),
    WrongAnswer(
        "the rest by subtraction of rao",
        "Off by a rao: the take and the rest are two words, and each is cut to whole rao. Subtract the words, then "
        "take `U96F32.whole` of both.",
        _rest_by_subtraction,
    ),
    WrongAnswer(
        "whole rao without words",
        "Right to a few rao: you multiply whole rao by the take and divide by 65,535. The chain first cuts the take "
        "to a word of 2^-32 parts, `u16_share(take)`, and multiplies that with the word of the dividend.",
        _without_words,
    ),
    WrongAnswer(
        "the same for each",
        "You give everybody the same. A share pool gives by stake: everybody's amount grows by the same factor, "
        "(all + rest) / all.",
        _by_heads,
    ),
)

# --- 07.5 follow one TAO ---

Flow = dict[int | str, int]


def _issuance(state: StorageReader) -> int:
    return int(state.get(MODULE, "TotalIssuance"))


def _pool(state: StorageReader, netuid: int) -> int:
    return int(state.get(MODULE, "SubnetTAO", netuid))


def _recycled(before: StorageReader, after: StorageReader) -> int:
    return block_emission(_issuance(before)) - (_issuance(after) - _issuance(before))


def _gains(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    return {netuid: _pool(after, netuid) - _pool(before, netuid) for netuid in netuids}


def _levels(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    return {**{netuid: _pool(after, netuid) for netuid in netuids}, "recycled": _recycled(before, after)}


def _nothing_recycled(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    gains = _gains(before, after, netuids)
    return {**gains, "recycled": _issuance(after) - _issuance(before) - sum(gains.values())}


def _only_liquidity(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    joined: Flow = {netuid: int(after.get(MODULE, "SubnetTaoInEmission", netuid)) for netuid in netuids}
    return {**joined, "recycled": _recycled(before, after)}


def _root_left_out(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    return {**_gains(before, after, netuids), ROOT_NETUID: 0, "recycled": _recycled(before, after)}


def _always_one(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    recycled = TAO - (_issuance(after) - _issuance(before))
    return {**_gains(before, after, netuids), "recycled": recycled}


def _emission_after(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    recycled = block_emission(_issuance(after)) - (_issuance(after) - _issuance(before))
    return {**_gains(before, after, netuids), "recycled": recycled}


def _in_tao(before: StorageReader, after: StorageReader, netuids: list[int]) -> dict[int | str, float]:
    flow = {**_gains(before, after, netuids), "recycled": _recycled(before, after)}
    return {key: rao / TAO for key, rao in flow.items()}


def _backwards(before: StorageReader, after: StorageReader, netuids: list[int]) -> Flow:
    gains = {netuid: -gain for netuid, gain in _gains(before, after, netuids).items()}
    return {**gains, "recycled": _recycled(before, after)}


FOLLOW = (
    WrongAnswer(
        "levels",
        "You report what the pools hold after the block. What the block brought is the difference: after minus before.",
        _levels,
    ),
    WrongAnswer(
        "nothing recycled",
        "You take what the issuance grew by for what the block issued. Recycled TAO is not in the issuance any more: "
        "ask `block_emission` of the issuance before the block what it issued; what the issuance did not grow by, "
        "was recycled.",
        _nothing_recycled,
    ),
    WrongAnswer(
        "only liquidity",
        "`SubnetTaoInEmission` is only what joined the pool together with new alpha. The rest bought alpha, and is "
        "in the pool too. The pool itself, `SubnetTAO`, tells it all.",
        _only_liquidity,
    ),
    WrongAnswer(
        "root left out",
        "TAO is missing in one block: root's stakers claimed what they had earned, and TAO went from a pool to root. "
        "Root, netuid 0, has a `SubnetTAO` like the others.",
        _root_left_out,
    ),
    WrongAnswer(
        "always one TAO",
        "Every block issues one TAO only until the first halving. Ask `block_emission` of the issuance before the "
        "block.",
        _always_one,
    ),
    WrongAnswer(
        "emission of the next block",
        "Your emission is of the issuance after the block, which is what the next block issues. At a halving they "
        "differ.",
        _emission_after,
    ),
    WrongAnswer(
        "in TAO",
        "You divided by 10^9. Accounts are kept in whole rao: return the numbers as the chain has them.",
        _in_tao,
    ),
    WrongAnswer(
        "backwards",
        "Your signs are turned round: what a pool gained is its TAO after minus before.",
        _backwards,
    ),
)
