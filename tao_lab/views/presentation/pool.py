"""What is an alpha worth? A pool to buy from and to sell to, for a room.

One swap by the chain's own rule (`tao_lab.economy.swap`); the charts are those of `PoolExplorer`.
"""

from __future__ import annotations

from dataclasses import replace

from tao_lab.economy import Pool, SwapError, price
from tao_lab.economy.swap import ONE
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.views import pools
from tao_lab.views.panel import Choice, Picture, Settings, Slider
from tao_lab.views.pools import DEPTHS, FEE_RATES, NO_LIMIT, Quote, fine_percent, units
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step


def page() -> Page:
    """The dashboard."""
    return Page(
        name="pool",
        title="What is an alpha worth?",
        about="Buy or sell alpha in a subnet's pool, and watch the price move against you.",
        controls=(
            Slider("amount", "Amount", 0, 1_000, 5, 300),
            Choice("side", "You", (("buy", "buy α"), ("sell", "sell α")), "buy"),
            Choice("depth", "Pool holds", tuple((depth, f"{depth:,}") for depth in DEPTHS), 1_000),
            Slider("limit", "Limit price", 1, NO_LIMIT, 1, NO_LIMIT),
            Choice("fee", "Fee", tuple((rate, fine_percent(rate / U16_MAX)) for rate in FEE_RATES), FEE_RATES[0]),
        ),
        specs={
            "price": pools.price_spec(PROJECTOR),
            "parts": pools.parts_spec(PROJECTOR),
            "curve": pools.curve_spec(PROJECTOR),
        },
        payoff="price",
        beside=("parts",),
        closer=("curve",),
        draw=draw,
        presets=(
            PresetRow("Swap", tuple(Preset(f"{amount:,}", {"amount": amount}) for amount in (10, 100, 300, 1_000))),
            PresetRow(
                "Stop at a price",
                (Preset("10 % away", {"limit": 10}), Preset("no limit", {"limit": NO_LIMIT})),
            ),
        ),
        story=(
            Step(
                "A subnet's pool holds τ and α. A small buyer pays nearly the price on the label.",
                {"amount": 10},
                "Nobody sets this price. It is the τ in the pool divided by the α in the pool, weighted.",
            ),
            Step(
                "A larger buyer moves the price, and pays more on average than the first α cost.",
                {"amount": 300},
                "Ask the room first: who pays for the price that moves? The red stretch is the buyer's own way.",
            ),
            Step(
                "The same order in a pool ten times as deep hardly moves it.",
                {"amount": 300, "depth": 10_000},
                "Slippage depends on the order's size against the pool, not on the order alone.",
            ),
            Step(
                "In a small pool the same order is a disaster.",
                {"amount": 300, "depth": 100},
                "Young subnets look like this. The fee is nothing against the slippage.",
            ),
            Step(
                "A limit price protects: the swap stops there, and the rest stays with the buyer.",
                {"amount": 300, "limit": 10},
                "Every staking call of the SDK has such a limit; without it a sandwich is easy (lab 09).",
            ),
            Step(
                "Selling a lot is as costly as buying a lot.",
                {"amount": 1_000, "side": "sell"},
                "Discussion: what does 'market value of all α' mean if nobody can sell it at that price?",
            ),
        ),
    )


def draw(settings: Settings, since: Settings | None) -> Picture:
    """One swap, in a sentence and three charts; they don't depend on the control that moved last."""
    del since
    side, unit = settings["side"], "τ" if settings["side"] == "buy" else "α"
    shown = {"amount": f"{settings['amount']:,} {unit}", "limit": "none"}
    if settings["limit"] < NO_LIMIT:
        shown["limit"] = f"{settings['limit']:g} % {'above' if side == 'buy' else 'below'}"
    depth = settings["depth"] * RAO_PER_TAO
    pool = replace(Pool(depth, depth), fee_rate=settings["fee"])
    limit = None
    if settings["limit"] < NO_LIMIT:
        limit = price(pool) / ONE * (1 + settings["limit"] / 100 * (1 if side == "buy" else -1))
    try:
        now = pools.quote(pool, side, settings["amount"] * RAO_PER_TAO, limit)
    except SwapError as error:
        still = pools.charts_of(pools.nothing(pool, side))
        return Picture(f"The chain refuses this swap: {error}. Nothing moves.", still, shown)
    return Picture(finding(now), pools.charts_of(now), shown, pools.sentence(now))


def finding(now: Quote) -> str:
    """The swap in one sentence, with its number."""
    if not now.paid:
        return f"Nothing is swapped: one α costs {now.before:.4g} τ."
    buys = now.side == "buy"
    given, got = ("τ", "α") if buys else ("α", "τ")
    done = f"{units(now.fee + now.paid)} {given} {'buy' if buys else 'bring'} {units(now.received)} {got}"
    worse = (
        f"{fine_percent(now.slippage)} less than at the price before" if now.slippage > 0 else "as at the price before"
    )
    stopped = f"; the limit keeps {units(now.left)} {given} back" if now.left > 0 else ""
    return f"{done}, {worse}: one α goes from {now.before:.4g} to {now.after:.4g} τ{stopped}."
