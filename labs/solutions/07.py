"""Solutions of lab 07: one function an exercise. Made by `make labs`."""

from fractions import Fraction

from tao_lab.course.lab07 import reference as ours
from tao_lab.economy.block_emission import TOTAL_SUPPLY as SUPPLY
from tao_lab.economy.fixed128 import U96F32, u16_share
from tao_lab.economy.issuance import next_halving
from tao_lab.units import RAO_PER_TAO as TAO


def block_emission(issuance):
    """The TAO that the next block issues.

    issuance  int  rao that exist now, 0 or more

    Returns rao (int).

    >>> block_emission(10_500_000 * 10**9)
    500000000
    """
    if issuance >= SUPPLY:
        return 0
    left = SUPPLY - issuance
    halvings = 0
    while left * 2 ** (halvings + 1) <= SUPPLY:
        halvings += 1
    return TAO >> halvings


def supply_at(issuance, blocks, recycled_percent):
    """The issuance after a number of blocks.

    issuance          int  rao that exist now
    blocks            int  from now on, 0 or more; may be many years (a year has 2,628,000)
    recycled_percent  int  0 to 100, of every block's TAO

    Returns rao (int).

    >>> supply_at(0, 10, 40)
    6000000000
    """
    while blocks > 0:
        kept = ours.block_emission(issuance) * (100 - recycled_percent) // 100
        if not kept:
            return issuance
        needed = -(-(next_halving(issuance) - issuance) // kept)
        steps = min(needed, blocks)
        issuance += steps * kept
        blocks -= steps
    return issuance


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


def follow(before, after, netuids):
    """Where one block's TAO went.

    before   state before the block: before.get("SubtensorModule", "TotalIssuance")
    after    state after it
    netuids  list of int, root (0) among them

    Returns a dict: for each netuid the rao that its SubnetTAO gained (int; below 0 where it lost),
    and "recycled": the rao that ceased to exist (int).
    """

    def grew(item, *keys):
        return after.get("SubtensorModule", item, *keys) - before.get("SubtensorModule", item, *keys)

    issued = ours.block_emission(before.get("SubtensorModule", "TotalIssuance"))
    parts = {netuid: grew("SubnetTAO", netuid) for netuid in netuids}
    return {**parts, "recycled": issued - grew("TotalIssuance")}


def gated_shares(prices, burned, enabled, rank):
    """Each subnet's share of a block's TAO.

    prices   list of int   moving prices, rao
    burned   list of int   percent of the miners' pay that each subnet burned, 0 to 100
    enabled  list of bool  whether it may have TAO
    rank     int           place of the bar, the largest is 1; on the real chain 32

    Returns list of int: millionths of the block's TAO, rounded (`round`).

    >>> gated_shares([1, 2], [0, 0], [True, True], 1)
    [100000, 900000]
    """
    demand = [price * (100 - part) for price, part in zip(prices, burned)]
    above = sorted((share for share in demand if share > 0), reverse=True)
    bar = above[:rank][-1]
    passed = [share / (1 + Fraction(bar, share) ** 3) if share else Fraction(0) for share in demand]
    passed = [part if on else Fraction(0) for part, on in zip(passed, enabled)]
    total = sum(passed)
    return [round(1_000_000 * part / total) for part in passed]
