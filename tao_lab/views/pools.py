"""What is an alpha worth? A pool to buy from and to sell to.

`PoolExplorer` computes one swap by the chain's rule, or by a student's, and shows it on the pool's curve. Amounts are
whole rao; only the curve is drawn with floats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import numpy as np

from tao_lab.consensus.types import Array
from tao_lab.economy import Pool, SwapError, SwapResult, price, swap
from tao_lab.economy.swap import ONE, Side, price_after
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.views.charts import SMALL, Style
from tao_lab.views.palette import BLACK, BLUE, GREY, ORANGE, VERMILLION
from tao_lab.views.panel import Chart, Choice, Panel, Picture, Settings, Slider
from tao_lab.views.sentences import percent
from tao_lab.views.tables import Table

SwapRule = Callable[[Pool, Side, int, int | None], SwapResult | tuple[int, int, int]]

EXAMPLE = Pool(tao=1_000 * RAO_PER_TAO, alpha=1_000 * RAO_PER_TAO)  # as a subnet begins
NO_LIMIT = 100  # per cent from the price: the end of the slider, which means no limit
FEE_RATES = (33, 655)  # u16: the chain's own, and one per cent, which is visible in a picture
DEPTHS = (100, 1_000, 10_000)  # size of the pool
CURVE_POINTS = 80
FINEST = 0.00005  # a smaller share would be printed as 0.00 %


@dataclass(frozen=True)
class Quote:
    """One swap and what it does to the price.

    Attributes:
        pool: before.
        side: "buy" or "sell".
        amount: rao offered.
        fee, paid, received: rao, as the rule returned them.
        before, after: price of one alpha in TAO.
        limit: price, or None.
    """

    pool: Pool
    side: Side
    amount: int
    fee: int
    paid: int
    received: int
    before: float
    after: float
    limit: float | None

    @property
    def fair(self) -> float:
        """Rao that the amount paid would give at the price before."""
        return self.paid / self.before if self.side == "buy" else self.paid * self.before

    @property
    def average(self) -> float:
        """TAO for one alpha, over the whole swap, without the fee."""
        if not self.paid or not self.received:
            return self.before
        return self.paid / self.received if self.side == "buy" else self.received / self.paid

    @property
    def slippage(self) -> float:
        """The missing share, compared with a swap at the price before."""
        return 1 - self.received / self.fair if self.fair else 0.0

    @property
    def left(self) -> int:
        """Rao that the user keeps because of the limit."""
        return self.amount - self.fee - self.paid

    @property
    def reserves_after(self) -> tuple[int, int]:
        """Rao of TAO and of alpha in the pool after the swap."""
        if self.side == "buy":
            return self.pool.tao + self.paid, self.pool.alpha - self.received
        return self.pool.tao - self.received, self.pool.alpha + self.paid


def quote(pool: Pool, side: Side, amount: int, limit: float | None = None, rule: SwapRule = swap) -> Quote:
    """Compute a swap without making it.

    Args:
        pool: reserves, weights, fee.
        side: "buy" or "sell".
        amount: rao paid in.
        limit: price of one alpha in TAO; None for no limit.
        rule: computes the swap.

    Raises:
        SwapError: the rule refuses it.
    """
    result = rule(pool, side, amount, None if limit is None else int(limit * ONE))
    fee, paid, received = (result.fee, result.paid, result.received) if isinstance(result, SwapResult) else result
    before = price(pool) / ONE
    after = price_after(pool, side, paid) / ONE
    return Quote(pool, side, amount, fee, paid, received, before, after, limit)


def nothing(pool: Pool, side: Side) -> Quote:
    """A swap that does not happen."""
    now = price(pool) / ONE
    return Quote(pool, side, 0, 0, 0, 0, now, now, None)


class PoolExplorer(Panel):
    """A pool to buy from and to sell to.

    Args:
        pool: of a subnet, for example `net.pool(1)`; by default a pool with round numbers whose size can be chosen.
        rule: computes one swap; it may be a student's own.
    """

    def __init__(self, pool: Pool | None = None, rule: SwapRule = swap) -> None:
        self._pool, self._rule = pool, rule
        whole = max(EXAMPLE.tao if pool is None else max(pool.tao, pool.alpha), RAO_PER_TAO) // RAO_PER_TAO
        step = max(whole // 200, 1)
        controls: list[Slider | Choice] = [
            Choice("side", "You", (("buy", "buy α with τ"), ("sell", "sell α for τ")), "buy"),
            Slider("amount", "Amount", 0, whole, step, whole * 3 // 10 // step * step),
            Slider("limit", "Limit price", 1, NO_LIMIT, 1, NO_LIMIT),
            Choice("fee", "Fee", tuple((rate, fine_percent(rate / U16_MAX)) for rate in FEE_RATES), FEE_RATES[0]),
        ]
        if pool is None:
            options = tuple((depth, f"{depth:,} τ and α") for depth in DEPTHS)
            controls.insert(3, Choice("depth", "Pool", options, DEPTHS[1]))
        specs = {"curve": curve_spec(SMALL), "price": price_spec(SMALL), "parts": parts_spec(SMALL)}
        super().__init__(controls, specs, (("curve",), ("price", "parts")), self._picture_of)

    @property
    def quote(self) -> Quote:
        """The swap for the present controls."""
        return self._quote(self._settings)

    def _quote(self, settings: Settings) -> Quote:
        pool = self._pool_of(settings)
        return quote(pool, settings["side"], int(settings["amount"] * RAO_PER_TAO), _limit(pool, settings), self._rule)

    def _pool_of(self, settings: Settings) -> Pool:
        depth = settings.get("depth", 0) * RAO_PER_TAO
        pool = Pool(depth, depth) if self._pool is None else self._pool
        return replace(pool, fee_rate=settings["fee"])

    def _picture_of(self, settings: Settings) -> Picture:
        side = settings["side"]
        unit = "τ" if side == "buy" else "α"
        shown = {"amount": f"{settings['amount']:,} {unit}", "limit": "none"}
        if settings["limit"] < NO_LIMIT:
            shown["limit"] = f"{settings['limit']:g} % {'above' if side == 'buy' else 'below'}"
        try:
            now = self._quote(settings)
        except SwapError as error:
            still = charts_of(nothing(self._pool_of(settings), side))
            return Picture(f"The chain refuses this swap: {error}. Nothing moves.", still, shown)
        return Picture(sentence(now), charts_of(now), shown)


def _limit(pool: Pool, settings: Settings) -> float | None:
    if settings["limit"] >= NO_LIMIT:
        return None
    return price(pool) / ONE * (1 + settings["limit"] / 100 * (1 if settings["side"] == "buy" else -1))


# --- words ------------------------------------------------------------------------------------------------------


def units(rao: float) -> str:
    """An amount with about four digits."""
    amount = rao / RAO_PER_TAO
    if amount < 0:
        return f"-{units(-rao)}"
    return f"{amount:,.0f}" if amount >= 1_000 else f"{amount:.4g}"


def fine_percent(share: float) -> str:
    """A share in per cent, with two digits if it is small, so that a fee of 0.05 % is not printed as 0.1 %."""
    if 0 < share < FINEST:
        return "under 0.01 %"
    return f"{share * 100:.2f} %" if 0 < share < 1 / 100 else percent(share)


def sentence(now: Quote) -> str:
    """What just happened."""
    buys = now.side == "buy"
    given, got = ("τ", "α") if buys else ("α", "τ")
    fee = f"The fee takes {units(now.fee)} {given}; "
    if not now.paid:
        if not now.fee and not now.received:
            return f"Nothing is swapped, so nothing moves: one α costs {now.before:.4g} τ."
        return f"{fee}nothing is swapped, and you get {units(now.received)} {got}. One α costs {now.before:.4g} τ."
    what = f"You {'pay' if buys else 'sell'} {units(now.fee + now.paid)} {given}. "
    brought = f"the rest brings {units(now.received)} {got}, {_slippage(now)}. "
    return f"{_kept_back(now, given)}{what}{fee}{brought}{_move(now)}"


def _kept_back(now: Quote, given: str) -> str:
    """How much of the offered amount the user keeps, and why."""
    if now.left < 0:
        return f"The rule takes {units(-now.left)} {given} more than you offered. "
    if now.left == 0:
        return ""
    if now.limit is None:
        return f"There is no limit, yet {units(now.left)} {given} stay with you. "
    return f"The limit of {now.limit:.4g} τ stops the swap: {units(now.left)} {given} stay with you. "


def _slippage(now: Quote) -> str:
    """The amount received, compared with the price before."""
    if now.slippage == 0:
        return "as much as at the price before: there is no slippage"
    if now.slippage < 0:
        return f"{fine_percent(-now.slippage)} more than at the price before"
    return f"{fine_percent(now.slippage)} less than at the price before: that is slippage"


def _move(now: Quote) -> str:
    """How the price changed."""
    old, new = f"{now.before:.4g}", f"{now.after:.4g}"
    if old == new:
        return f"One α costs {old} τ, before and after."
    way = "more" if now.after > now.before else "less"
    return f"One α cost {old} τ and costs {new} τ now, {fine_percent(abs(now.after / now.before - 1))} {way}."


# --- the three charts of a swap ---------------------------------------------------------------------------------


def charts_of(now: Quote) -> dict[str, Chart]:
    """What the three charts show."""
    tao, alpha = now.reserves_after
    start = f"{units(now.pool.tao)} τ and {units(now.pool.alpha)} α"
    moved = f"Pool: from {start} to {units(tao)} τ and {units(alpha)} α"
    curve = moved if now.paid else f"Pool: {start}"
    on_average = f"Price: from {now.before:.4g} to {now.after:.4g} τ; you {'pay' if now.side == 'buy' else 'get'} "
    parts = parts_table(now)
    shares = ", ".join(f"{what} {text}" for what, text in zip(parts["part"], parts["text"], strict=True))
    unit = "τ" if now.side == "buy" else "α"
    return {
        "curve": Chart(
            curve,
            f"Curve of all reserves that the rule allows; {curve}. Before the swap a circle, after it a diamond.",
            curve_table(now),
        ),
        "price": Chart(
            f"{on_average}{now.average:.4g} on average" if now.paid else f"Price: {now.before:.4g} τ",
            f"Price of the next α against the amount swapped: {now.before:.4g} τ before, {now.after:.4g} τ after, "
            f"{now.average:.4g} τ on average" + (f", limit {now.limit:.4g} τ." if now.limit is not None else "."),
            price_table(now),
        ),
        "parts": Chart(
            f"Where your {units(now.amount)} {unit} go" if now.amount else f"You offer no {unit}",
            f"Parts of the {units(now.amount)} {unit} that you offer: {shares}.",
            parts,
        ),
    }


def curve_table(now: Quote) -> Table:
    """Points of the pool's curve (kind "curve"), the stretch that the swap moves along, and its two ends."""
    pool, (tao, alpha) = now.pool, now.reserves_after
    lowest = max(tao, 1)  # a wrong rule may take out more than the pool has
    low, high = min(pool.tao / 2.2, lowest / 1.4), max(pool.tao * 2.2, tao * 1.2)
    xs = {"curve": np.geomspace(low, high, CURVE_POINTS)}
    if now.paid:
        xs["moved"] = np.geomspace(min(pool.tao, lowest), max(pool.tao, lowest), CURVE_POINTS // 2)
    exponent = pool.quote_weight / pool.base_weight
    rows: Table = {"kind": [], "tao": [], "alpha": []}
    for kind, points in xs.items():
        _add(rows, kind, points, pool.alpha * (pool.tao / points) ** exponent)
    _add(rows, "before", np.array([pool.tao]), np.array([pool.alpha]))
    if now.paid:
        _add(rows, "after", np.array([tao]), np.array([alpha]))
    return rows


def _add(rows: Table, kind: str, tao: Array, alpha: Array) -> None:
    rows["kind"] += [kind] * len(tao)
    rows["tao"] += (np.asarray(tao, float) / RAO_PER_TAO).round(6).tolist()
    rows["alpha"] += (np.asarray(alpha, float) / RAO_PER_TAO).round(6).tolist()


def price_table(now: Quote) -> Table:
    """Price of the next alpha against the amount swapped so far, to the amount offered, and the lines across."""
    rows: Table = {"kind": [], "rises": [], "amount": [], "price": []}

    def add(kind: str, amount: float, value: float) -> None:
        rows["kind"].append(kind)
        rows["rises"].append(now.side == "buy")
        rows["amount"].append(round(amount / RAO_PER_TAO, 6))
        rows["price"].append(round(value, 9))

    end = max(now.amount, now.paid, 1)
    for part in np.linspace(0, 1, CURVE_POINTS // 2):
        add("price", part * end, float(price_after(now.pool, now.side, int(part * end)) / ONE))
    for part in np.linspace(0, 1, CURVE_POINTS // 2) if now.paid else ():
        add("swapped", part * now.paid, float(price_after(now.pool, now.side, int(part * now.paid)) / ONE))
    for kind, value in (("average", now.average), ("limit", now.limit)):
        if value is not None and (kind == "limit" or now.paid):
            add(kind, 0, value)
            add(kind, end, value)
    return rows


PARTS = ("you get", "slippage", "fee", "stays with you")


def parts_table(now: Quote) -> Table:
    """Parts of the offered amount: received at the price before, slippage, fee, and kept because of the limit."""
    amount = max(now.amount, 1)
    shares = (now.paid * (1 - now.slippage), now.paid * now.slippage, now.fee, now.left)
    parts = [share / amount for share in shares]
    return {"part": list(PARTS), "share": [round(part, 6) for part in parts], "text": [fine_percent(p) for p in parts]}


def curve_spec(style: Style) -> alt.LayerChart:
    """The pool's curve with the stretch that a swap moves along."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("tao:Q", title="TAO in the pool, τ", axis=alt.Axis(tickCount=5, format=",~r")),
        y=alt.Y("alpha:Q", title="alpha in the pool, α", axis=alt.Axis(tickCount=5, format=",~r")),
    )
    line = {"strokeWidth": style.font / 6}
    curve = base.transform_filter("datum.kind == 'curve'").mark_line(color=GREY, **line)
    moved = base.transform_filter("datum.kind == 'moved'").mark_line(
        color=VERMILLION, strokeWidth=style.font / 2.4, opacity=0.8
    )
    return alt.layer(
        curve,
        moved,
        _end(base, "before", "circle", BLUE, -1, style),
        _end(base, "after", "diamond", VERMILLION, 1, style),
    ).properties(height=2 * style.font**2)


def _end(base: alt.Chart, kind: str, shape: str, colour: str, side: int, style: Style) -> alt.LayerChart:
    """A point with its name, above the curve (1) or below it (-1), so that two names never overlap."""
    one = base.transform_filter(f"datum.kind == '{kind}'")
    point = one.mark_point(filled=True, shape=shape, color=colour, opacity=1, size=style.font * 14)
    away = style.font * 0.8 * side
    align = "left" if side > 0 else "right"
    label = one.mark_text(align=align, dx=away, dy=-away, fontSize=style.font, fontWeight="bold", color=colour)
    return alt.layer(point, label.encode(text=alt.value(kind)))


def price_spec(style: Style) -> alt.LayerChart:
    """Price against the amount swapped."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("amount:Q", title="amount swapped so far, τ or α", axis=alt.Axis(tickCount=5, format=",~r")),
        y=alt.Y("price:Q", title="price of one α, τ", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)),
    )
    lines = [
        ("price", GREY, [1, 0], style.font / 6),
        ("swapped", VERMILLION, [1, 0], style.font / 2.4),
        ("average", BLUE, [7, 4], style.font / 6),
        ("limit", BLACK, [2, 3], style.font / 6),
    ]
    drawn = [
        base.transform_filter(f"datum.kind == '{kind}'").mark_line(color=colour, strokeDash=dash, strokeWidth=width)
        for kind, colour, dash, width in lines
    ]
    return alt.layer(
        *drawn,
        _line_label(base, "average", "you, on average", BLUE, style, below="datum.rises"),
        _line_label(base, "limit", "limit", BLACK, style, below="!datum.rises"),
    ).properties(height=style.font**2)


def _line_label(base: alt.Chart, kind: str, text: str, colour: str, style: Style, below: str) -> alt.LayerChart:
    """Words at the right end of a line across, on the side where the curve of the price is not."""
    one = base.transform_filter(f"datum.kind == '{kind}' && datum.amount > 0")
    looks: dict[str, Any] = {"align": "right", "dx": -6, "fontSize": style.font, "color": colour, "fontWeight": "bold"}
    sides = (
        one.transform_filter(f"{'' if under else '!'}({below})")
        .mark_text(**looks, baseline="top" if under else "bottom", dy=4 if under else -3)
        .encode(text=alt.value(text))
        for under in (True, False)
    )
    return alt.layer(*sides)


def parts_spec(style: Style) -> alt.LayerChart:
    """Bars of the parts of an amount."""
    scale = alt.Scale(domain=list(PARTS), range=[BLUE, VERMILLION, ORANGE, GREY])
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("part:N", title=None, scale=alt.Scale(domain=list(PARTS)), axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("share:Q", title="part of the amount", scale=alt.Scale(domain=[0, 1.25]), axis=_percents()),
    )
    bars = base.mark_bar().encode(color=alt.Color("part:N", legend=None, scale=scale))
    text = base.mark_text(align="left", dx=5, fontSize=style.font).encode(text="text:N")
    return alt.layer(bars, text).properties(height=style.font * 11)


def _percents() -> alt.Axis:
    return alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], domain=False)
