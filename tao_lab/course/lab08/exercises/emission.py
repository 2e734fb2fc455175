"""08.5: what a block's emission does to a pool."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def emission_terms(pool, tao_emission, alpha_emission, root_proportion):
    """What one block gives to a pool, and what the chain takes out of it.

    pool             Pool
    tao_emission     int   rao of TAO for this subnet
    alpha_emission   int   rao of alpha that it issues in this block
    root_proportion  int   root's part, word of 32 fraction bits

    Returns tao_in (int), alpha_in (int): rao that enter together; excess (int): rao of TAO that buy alpha;
    bought (int): rao of alpha that they buy.
    """
    alpha_price = price(pool) >> 32
    tao = tao_in = tao_emission << 32
    alpha = (tao << 32) // alpha_price
    cap = root_proportion * alpha_emission
    if alpha > cap:
        alpha = cap
        tao_in = alpha * alpha_price >> 32
    entered, alpha_in, excess = tao_in >> 32, alpha >> 32, (tao - tao_in) >> 32
    before = ours.reweighted(pool, entered, alpha_in)
    bought = ours.amount_out(before.tao, before.alpha, excess, before.quote_weight, before.base_weight)
    return entered, alpha_in, excess, bought


def cases(rng: Rng) -> Iterator[Case]:
    """Below the cap, above it, without root, and amounts of chance."""
    tao = RAO_PER_TAO
    cheap = Pool(50 * tao, 1_000 * tao)
    yield _case(EXAMPLE, tao // 2, tao, 0.9, "half a τ, α at 1 τ, root's part 90 %")
    yield _case(cheap, tao // 10, tao, 0.9, "a tenth of a τ, α at 0.05 τ, root's part 90 %")
    yield _case(cheap, tao // 100, tao, 0.3, "a hundredth of a τ, α at 0.05 τ, root's part 30 %")
    yield _case(EXAMPLE, tao // 2, tao, 0.0, "nobody on root")
    yield _case(EXAMPLE, tao // 2, tao, 0.5, "the alpha is exactly root's part")
    yield _case(Pool(3_000 * tao, 1_000 * tao), tao, tao // 2, 0.6, "α at 3 τ, after a halving of α")
    yield _case(UNEVEN, 100 * tao, 200 * tao, 0.1, "uneven weights, and much at once")
    yield _case(EXAMPLE, 0, tao, 0.5, "no TAO for this subnet")
    dear = Pool(1_500 * tao, 1_000 * tao)
    yield _case(dear, 1, 1, 2_863_311_530 / 2**32, "one rao, and root's part is exactly what it is worth")
    yield _case(dear, 100, 131_071, 43_691 / 2**32, "one part of 2^-32 decides about a rao")
    for number in range(4):
        yield _case(
            random_pool(rng),
            int(rng.integers(1, tao)),
            tao,
            float(rng.random()),
            f"a pool and amounts of chance, number {number + 1}",
        )


def _case(pool: Pool, tao: int, alpha: int, root: float, about: str) -> Case:
    arguments = {"pool": pool, "tao_emission": tao, "alpha_emission": alpha}
    return Case({**arguments, "root_proportion": int(root * (1 << 32))}, about)


EXERCISE = Exercise(
    id="08.5",
    title="What a block's emission does to a pool",
    solution=emission_terms,
    reference=ours.emission_terms,
    cases=cases,
    read=read_values(tao_in=int, alpha_in=int, excess=int, bought=int),
    look="Which limit holds here, that of the TAO or that of the alpha? The other one follows from it at the price.",
    unlocks="You know when the chain adds depth and when it buys. Next: the way out.",
    wrong_answers=(
        Edit(
            "no cap",
            {"if alpha > cap:": "if False:"},
            "You let all of it in as liquidity, however little of the alpha is root's. What happens to TAO for which "
            "no new alpha may enter?",
        ),
        Edit(
            "all of it buys",
            {"if alpha > cap:": "cap = 0\n    if True:"},
            "You let the chain buy for everything. First as much as may enters *with* new alpha, which leaves the "
            "price alone; only the rest buys.",
        ),
        Edit(
            "TAO does not follow the cap",
            {"        tao_in = alpha * alpha_price >> 32\n": ""},
            "Where less alpha may enter, you still let all the TAO in. Then the price would jump: how much TAO is "
            "worth as much as that alpha?",
        ),
        Edit(
            "always the cap",
            {"if alpha > cap:": "if True:"},
            "You always let all of root's part in, even if there is less TAO than it is worth: then your excess is "
            "below 0. Root's part is a limit, not a target.",
        ),
        Edit(
            "root's part forgotten",
            {"root_proportion * alpha_emission": "alpha_emission << 32"},
            "Your limit is all of the block's alpha. How much of it is root's?",
        ),
        Edit(
            "root's part of what would enter",
            {"root_proportion * alpha_emission": "root_proportion * alpha >> 32"},
            "You take root's part of the alpha that the TAO is worth. Of which alpha is it a part?",
        ),
        Edit(
            "times the price instead of divided",
            {"(tao << 32) // alpha_price": "tao * alpha_price >> 32"},
            "You multiply TAO by the price. The price is TAO for one alpha: how much alpha is a TAO worth?",
        ),
        Edit(
            "price of 64 bits",
            {"price(pool) >> 32": "price(pool)"},
            "You use the price as it comes, with 64 fraction bits. All words of this exercise have 32.",
        ),
        Edit(
            "root's part cut to whole rao",
            {"root_proportion * alpha_emission": "root_proportion * alpha_emission >> 32"},
            "You compare a word with whole rao, so that root's part seems to be next to nothing. What is a word times "
            "a whole number?",
        ),
        Edit(
            "words instead of rao",
            {"return entered, alpha_in, excess, bought": "return tao_in, alpha, tao - tao_in, bought"},
            "Your first three numbers are words of 32 bits. Asked are whole rao.",
        ),
        Edit(
            "bought from the grown pool",
            {
                "before = ours.reweighted(pool, entered, alpha_in)": (
                    "before = ours.reweighted(pool, entered, alpha_in)\n"
                    "    before = replace(before, tao=pool.tao + entered, alpha=pool.alpha + alpha_in)"
                )
            },
            "The first three are right. Your chain buys from a pool that has already grown: which comes first in a "
            "block, the buy or what enters?",
        ),
        Edit(
            "old weights",
            {"ours.reweighted(pool, entered, alpha_in)": "pool"},
            "The first three are right. Your chain buys before the weights are set for what enters: in which order "
            "does a block do the three?",
        ),
        Edit(
            "bought with the fee",
            {
                "excess, before.quote_weight": (
                    "excess - (excess * ((pool.fee_rate << 64) // 65_535) >> 64), before.quote_weight"
                )
            },
            "The first three are right. You take the pool's fee from the chain: does it pay one?",
        ),
        Edit(
            "bought at the price",
            {
                "ours.amount_out(before.tao, before.alpha, excess, before.quote_weight, before.base_weight)": (
                    "(excess << 32) // alpha_price"
                )
            },
            "The first three are right. Your chain buys at the price before: does it move none when it buys itself?",
        ),
        Edit(
            "excess in whole rao only",
            {"(tao - tao_in) >> 32": "tao_emission - (tao_in >> 32)"},
            "Off by a rao: you subtract whole rao. Each number is cut to whole rao from its own word.",
        ),
        Edit(
            "the whole emission buys too",
            {"before.alpha, excess,": "before.alpha, tao_emission,"},
            "The first three are right. Your chain buys for the whole emission, and a part of it has entered already.",
        ),
    ),
)
