"""08.5: what a block's emission does to a pool."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab08 import reference as ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def emission_terms(pool, tao_emission, alpha_emission, root_proportion):
    """What one block gives to a pool, and what the chain takes out of it.

    pool             Pool
    tao_emission     int   rao of TAO for this subnet
    alpha_emission   int   rao of alpha that it issues in this block
    root_proportion  int   root's part, fixed-point number with 32 fraction bits

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
    bought = ours.amount_out(pool.tao, pool.alpha, excess, pool.quote_weight, pool.base_weight)
    return entered, alpha_in, excess, bought


def cases(rng: Rng) -> Iterator[Case]:
    """Below the cap, above it, without root, and random amounts."""
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
            f"a pool and random amounts, number {number + 1}",
        )


def _case(pool: Pool, tao: int, alpha: int, root: float, about: str) -> Case:
    arguments = {"pool": pool, "tao_emission": tao, "alpha_emission": alpha}
    return Case({**arguments, "root_proportion": int(root * (1 << 32))}, about)


BUY = "ours.amount_out(pool.tao, pool.alpha, excess, pool.quote_weight, pool.base_weight)"


def _bought(pool: Pool, tao_in: int, alpha_in: int, excess: int) -> tuple[int, int, int, int]:
    got = ours.amount_out(pool.tao, pool.alpha, excess, pool.quote_weight, pool.base_weight)
    return tao_in, alpha_in, excess, got


def _in_rao(pool: Pool, tao: int, issued: int, root: int) -> tuple[int, ...]:
    alpha, cap = (tao << 64) // price(pool), issued * root >> 32
    entered = tao if alpha <= cap else cap * price(pool) >> 64
    return _bought(pool, entered, min(alpha, cap), tao - entered)


def _in_words_of_64(pool: Pool, tao: int, issued: int, root: int) -> tuple[int, ...]:
    alpha, cap = (tao << 128) // price(pool), (root << 32) * issued
    entered = tao << 64 if alpha <= cap else cap * price(pool) >> 64
    return _bought(pool, entered >> 64, min(alpha, cap) >> 64, ((tao << 64) - entered) >> 64)


def _in_floats(pool: Pool, tao: int, issued: int, root: int) -> tuple[int, ...]:
    alpha, cap = tao / (pool.tao / pool.alpha), issued * root / 2**32
    entered = tao if alpha <= cap else cap * (pool.tao / pool.alpha)
    return _bought(pool, int(entered), int(min(alpha, cap)), int(tao - entered))


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
            "You use the price as it comes, with 64 fraction bits. All fixed-point numbers in this exercise have 32.",
        ),
        Edit(
            "root's part cut to whole rao",
            {"root_proportion * alpha_emission": "root_proportion * alpha_emission >> 32"},
            "You compare a fixed-point number with whole rao, so that root's part seems to be next to nothing. What "
            "is a fixed-point number times a whole number?",
        ),
        Edit(
            "words instead of rao",
            {"return entered, alpha_in, excess, bought": "return tao_in, alpha, tao - tao_in, bought"},
            "Your first three numbers are fixed-point numbers with 32 fraction bits. The task asks for whole rao.",
        ),
        Edit(
            "bought from the grown pool",
            {
                "    bought = ": (
                    "    pool = ours.reweighted(pool, entered, alpha_in)\n"
                    "    pool = replace(pool, tao=pool.tao + entered, alpha=pool.alpha + alpha_in)\n"
                    "    bought = "
                )
            },
            "The first three are right. Your chain buys from a pool that has already grown: which comes first in a "
            "block, the buy or what enters?",
        ),
        Edit(
            "new weights",
            {"    bought = ": "    pool = ours.reweighted(pool, entered, alpha_in)\n    bought = "},
            "The first three are right. Your chain buys at the weights that are set for what enters. That was the "
            "order until summer 2026: when does today's chain buy?",
        ),
        Edit(
            "bought with the fee",
            {
                "excess, pool.quote_weight": (
                    "excess - (excess * ((pool.fee_rate << 64) // 65_535) >> 64), pool.quote_weight"
                )
            },
            "The first three are right. You take the pool's fee from the chain: does it pay one?",
        ),
        Edit(
            "bought at the price",
            {
                "ours.amount_out(pool.tao, pool.alpha, excess, pool.quote_weight, pool.base_weight)": (
                    "(excess << 32) // alpha_price"
                )
            },
            "The first three are right. Your chain buys at the price before: does it move none when it buys itself?",
        ),
        Edit(
            "excess in whole rao only",
            {"(tao - tao_in) >> 32": "tao_emission - (tao_in >> 32)"},
            "Off by a rao: you subtract whole rao. Each number is cut to whole rao from its own fixed-point number.",
        ),
        Edit(
            "the whole emission buys too",
            {"pool.alpha, excess,": "pool.alpha, tao_emission,"},
            "The first three are right. Your chain buys for the whole emission, and a part of it has entered already.",
        ),
        Edit(
            "nothing bought",
            {BUY: "0"},
            "The first three are right. Your chain buys nothing: what becomes of the excess?",
        ),
        Edit(
            "bought from the other side",
            {BUY: "ours.amount_out(pool.alpha, pool.tao, excess, pool.base_weight, pool.quote_weight)"},
            "The first three are right. Your chain pays in alpha and gets TAO: which side of the pool does the excess "
            "come into?",
        ),
        Edit(
            "bought at the price by division",
            {BUY: "(excess << 64) // price(pool)"},
            "The first three are right. You divide the excess by the price, as if a buy moved none. What does a swap "
            "of that size give?",
        ),
        Edit(
            "bought for words",
            {"pool.alpha, excess,": "pool.alpha, tao - tao_in,"},
            "The first three are right. Your chain buys for the excess as a fixed-point number, four billion times as "
            "much. A swap takes rao.",
        ),
        Edit(
            "bought from the grown pool's reserves",
            {"ours.amount_out(pool.tao, pool.alpha,": ("ours.amount_out(pool.tao + entered, pool.alpha + alpha_in,")},
            "The first three are right. Your chain buys when TAO and alpha have entered already: which of the two "
            "comes last in a block?",
        ),
        Edit(
            "the rest of root's part",
            {"root_proportion * alpha_emission": "(2**32 - root_proportion) * alpha_emission"},
            "Your limit is the part that is *not* root's. Of which part may the alpha enter?",
        ),
        Edit(
            "root's part one word too large",
            {"root_proportion * alpha_emission": "root_proportion * (alpha_emission << 32)"},
            "Your limit is four billion times too high, so it never holds. A fixed-point number times a whole number "
            "is a fixed-point number: which of the two is shifted up?",
        ),
        Edit(
            "a target",
            {
                "    if alpha > cap:\n        alpha = cap\n        tao_in = alpha * alpha_price >> 32\n": (
                    "    alpha = cap\n    tao_in = alpha * alpha_price >> 32\n"
                ),
                "(tao - tao_in) >> 32": "max(tao - tao_in, 0) >> 32",
            },
            "You always let all of root's part in, even if there is less TAO than it is worth. Root's part is a limit, "
            "not a target.",
        ),
        Edit(
            "nothing enters where it is too much",
            {"        alpha = cap\n        tao_in = alpha * alpha_price >> 32\n": "        alpha = tao_in = 0\n"},
            "Where all of it would be too much, you let nothing in. As much as root's part may enter; only the "
            "rest buys.",
        ),
        Edit(
            "TAO from the alpha every time",
            {
                "        alpha = cap\n        tao_in = alpha * alpha_price >> 32\n": (
                    "        alpha = cap\n    tao_in = alpha * alpha_price >> 32\n"
                )
            },
            "Off by a rao: you compute the TAO from the alpha also where nothing holds it back. All of it enters then: "
            "a division and a product do not lead back to the last bit.",
        ),
        Edit(
            "rounded up",
            {
                "(tao << 32) // alpha_price": "-((-tao << 32) // alpha_price)",
                "tao_in = alpha * alpha_price >> 32": "tao_in = -(-alpha * alpha_price >> 32)",
            },
            "Off by a rao: you round fixed-point numbers up. Every division and shift of the chain rounds down.",
        ),
        Edit(
            "the limit reached is the limit passed",
            {"if alpha > cap:": "if alpha >= cap:"},
            "Where the alpha is exactly root's part, you count it as too much, and lose a rao of TAO. What may enter "
            "then?",
        ),
        Edit(
            "reserves for a price",
            {"price(pool) >> 32": "(pool.tao << 32) // pool.alpha"},
            "Right for even weights: your price is TAO divided by alpha. What do the weights do to the price?",
        ),
        Edit(
            "multiplied and divided the other way round",
            {
                "(tao << 32) // alpha_price": "tao * alpha_price >> 32",
                "tao_in = alpha * alpha_price >> 32": "tao_in = (alpha << 32) // alpha_price",
            },
            "You multiply where you should divide, and divide where you should multiply. The price is TAO for one "
            "alpha: how much alpha is a TAO worth?",
        ),
        Edit(
            "TAO and alpha swapped",
            {"return entered, alpha_in,": "return alpha_in, entered,"},
            "Your first two numbers have changed places: the TAO comes first.",
        ),
        Edit(
            "alpha that does not enter",
            {"return entered, alpha_in, excess, bought": "return entered, alpha_in, alpha_emission - alpha_in, bought"},
            "Your excess is alpha: what of the block's alpha does not enter. The task asks for the TAO that does not.",
        ),
        Edit(
            "all TAO enters",
            {"return entered,": "return tao_emission,"},
            "Your first number is all of the block's TAO. How much of it enters together with alpha?",
        ),
        Edit(
            "bought alpha taken off",
            {"return entered, alpha_in,": "return entered, alpha_in - bought,"},
            "You take what is bought off the alpha that enters. These are two things: new alpha comes in, bought alpha "
            "goes out.",
        ),
        WrongAnswer(
            "rao with a price of 64 bits",
            "Off by a rao: you compute in whole rao, with a price of 64 bits. The chain's fixed-point numbers have 32 "
            "here, and are cut to rao at the very end.",
            _in_rao,
        ),
        WrongAnswer(
            "words of 64 bits",
            "Off by a rao: your fixed-point numbers have 64 fraction bits. Emission counts in fixed-point numbers of "
            "32, and rounds where they end.",
            _in_words_of_64,
        ),
        WrongAnswer(
            "floats",
            "You compute in floats. The chain has none: thousands of computers must agree on each rao. Shift "
            "fixed-point numbers instead.",
            _in_floats,
        ),
    ),
)
