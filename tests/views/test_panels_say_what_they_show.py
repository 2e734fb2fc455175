"""Pool and emission panels: every sentence, title and text alternative against the numbers of the charts below it.

Controls stand at their ends and in the middle, two at a time; pools also run under rules that are broken.
"""

import itertools
import re

import pytest

from tao_lab.economy import swap
from tao_lab.units import RAO_PER_TAO
from tao_lab.views import EmissionExplorer, PoolExplorer
from tao_lab.views.money import block_of, picture
from tao_lab.views.panel import Slider
from tao_lab.views.pools import fine_percent
from tao_lab.views.sentences import percent

NUMBER = r"(-?[\d.,]+(?:e[-+]\d+)?)"


def places(explorer):
    """Every pair of controls at their ends and in the middle, the others where they start."""
    start = explorer.settings
    options = {}
    for name, control in explorer._controls.items():
        if isinstance(control, Slider):
            steps = round((control.high - control.low) / control.step)
            options[name] = [control.low, control.low + steps // 2 * control.step, control.high]
        else:
            options[name] = [value for value, _ in control.options]
    for one, two in itertools.combinations(options, 2):
        for a, b in itertools.product(options[one], options[two]):
            yield {**start, one: a, two: b}


def amounts(text, pattern):
    """The numbers that stand in a text at a pattern; None where it is not said."""
    found = re.search(pattern, text)
    return None if found is None else tuple(float(each.replace(",", "")) for each in found.groups())


# --- pools ---


def fee_for_nothing(pool, side, amount, limit):
    return amount, 0, 0


def pays_too_well(pool, side, amount, limit):
    return 0, amount, 2 * amount


RULES = {
    "the chain's": swap,
    "zeros": lambda *_: (0, 0, 0),
    "fee for nothing": fee_for_nothing,
    "nothing comes out": lambda pool, side, amount, limit: (0, amount, 0),
    "more comes out than was worth": pays_too_well,
    "half is kept back": lambda pool, side, amount, limit: (0, amount // 2, amount // 3),
    "takes more than was offered": lambda pool, side, amount, limit: (amount, amount, amount // 2),
    "at the price before": lambda pool, side, amount, limit: (0, amount, amount),
}


QUICK = {"the chain's", "half is kept back"}


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in RULES]
)
def swaps(request):
    explorer = PoolExplorer(rule=RULES[request.param])
    return [(explorer._quote(each), explorer._picture_of(each)) for each in _quotable(explorer)]


def _quotable(explorer):
    for each in places(explorer):
        if "refuses" not in explorer._picture_of(each).sentence:
            yield each


def test_the_sentence_of_a_swap_is_what_the_quote_says(swaps):
    for now, shown in swaps:
        text = shown.sentence
        assert ("so nothing moves" in text) == (now.fee == now.paid == now.received == 0), text
        assert ("stay with you" in text) <= (now.left > 0), text
        assert ("The limit of" in text) <= (now.left > 0 and now.limit is not None), text
        assert ("more than you offered" in text) == (now.left < 0 and now.paid > 0), text
        if not now.paid:
            continue
        assert (f"{fine_percent(now.slippage)} less than" in text) == (now.slippage > 0), text
        assert ("more than at the price before" in text) == (now.slippage < 0), text
        cost = amounts(text, rf"One α cost {NUMBER} τ and costs {NUMBER} τ now")
        if cost is None:
            assert f"{now.before:.4g}" == f"{now.after:.4g}", text
        else:
            assert cost == pytest.approx((now.before, now.after), rel=1e-3)
            assert ("more." in text) == (now.after > now.before), text


def test_titles_of_a_swap_say_what_the_charts_draw(swaps):
    for now, shown in swaps:
        charts = shown.charts
        ends = {kind: place for place, kind in enumerate(charts["curve"].rows["kind"]) if kind in ("before", "after")}
        drawn = [charts["curve"].rows[what][ends[kind]] for kind in ends for what in ("tao", "alpha")]
        pattern = rf"{NUMBER} τ and {NUMBER} α" + (rf" to {NUMBER} τ and {NUMBER} α" if now.paid else "")
        assert amounts(charts["curve"].title, pattern) == pytest.approx(drawn, rel=1e-3, abs=1e-6)
        rows = charts["price"].rows
        price = [value for kind, value in zip(rows["kind"], rows["price"], strict=True) if kind == "price"]
        assert amounts(charts["price"].title, rf"Price: (?:from )?{NUMBER}")[0] == pytest.approx(price[0], rel=1e-3)
        average = [value for kind, value in zip(rows["kind"], rows["price"], strict=True) if kind == "average"]
        if average:
            assert amounts(charts["price"].title, rf"{NUMBER} on average")[0] == pytest.approx(average[0], rel=1e-3)


def test_the_parts_are_told_with_the_numbers_beside_the_bars(swaps):
    for now, shown in swaps:
        parts = shown.charts["parts"]
        for part, share, text in zip(parts.rows["part"], parts.rows["share"], parts.rows["text"], strict=True):
            assert f"{part} {text}" in parts.alt
            assert share == 0 or text != "0 %", parts.alt
        assert ("You offer no" in parts.title) == (now.amount == 0)


def test_a_refused_swap_moves_nothing_in_any_picture():
    explorer = PoolExplorer()
    refused = [shown for each in places(explorer) if "refuses" in (shown := explorer._picture_of(each)).sentence]
    for shown in refused:
        assert "after" not in shown.charts["curve"].rows["kind"]
        assert not any(shown.charts["parts"].rows["share"])


def test_a_fee_reads_the_same_in_the_chart_and_in_its_text_alternative():
    parts = PoolExplorer()._picture_of(PoolExplorer().settings).charts["parts"]
    assert "fee 0.05 %" in parts.alt


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (1e-6, "under 0.01 %"), (0.0005, "0.05 %"), (0.12, "12 %"), (1, "100 %")]
)
def test_a_small_share_keeps_two_digits_and_never_reads_nothing(share, text):
    assert fine_percent(share) == text


# --- emission ---


@pytest.fixture(scope="module")
def blocks():
    explorer = EmissionExplorer()
    return [(now, block_of(now), picture(now, explorer.settings)) for now in places(explorer)]


def test_all_goes_into_pools_only_where_it_does_and_what_is_recycled_is_said(blocks):
    for now, block, shown in blocks:
        text = shown.sentence
        given = sum(block.gets(name) for name in "ABC")
        assert ("issues nothing any more" in text) == (block.issued == 0)
        if not block.issued:
            continue
        assert ("All of it goes into pools" in text) == (block.issued - given <= 6 and not now["recycled"]), text
        assert ("that is recycled" in text) == (now["recycled"] > 0), text
        if now["recycled"]:
            parts = amounts(text, rf"people pay {NUMBER} τ a block that is recycled.* supply grows by {NUMBER} τ")
            part = now["recycled"] / 100
            assert parts == pytest.approx([block.issued / RAO_PER_TAO * each for each in (part, 1 - part)], abs=0.00051)


def test_titles_of_a_block_say_what_the_charts_draw(blocks):
    for _, block, shown in blocks:
        tao, alpha, supply = (shown.charts[name] for name in ("tao", "alpha", "supply"))
        bars = {}
        for subnet, amount in zip(tao.rows["subnet"], tao.rows["tao"], strict=True):
            bars[subnet] = bars.get(subnet, 0) + amount
        part = bars["subnet A"] * RAO_PER_TAO / block.issued if block.issued else None
        assert tao.title == f"TAO: subnet A gets {'nothing' if part is None else percent(part)} of the block"
        parts = dict(zip(alpha.rows["part"], alpha.rows["alpha"], strict=True))
        assert alpha.title.endswith(f"miners get {percent(parts['miners'])}")
        for name, amount in parts.items():
            assert f"{name} {amount:.3f} α" in alpha.alt
        dots = [
            years
            for years, halves, line in zip(*(supply.rows[n] for n in ("years", "halving", "line")), strict=True)
            if halves and line == "as set"
        ]
        said = amounts(supply.title, rf"is {NUMBER} years away")
        if dots:
            assert said[0] == pytest.approx(dots[0], abs=0.0501)
        else:
            assert said is None or said[0] >= 30
        assert max(supply.rows["supply"]) <= 21


@pytest.mark.slow
def test_a_move_says_what_it_did_and_never_from_a_number_to_the_same(blocks):
    for _, block, shown in blocks:
        for old, new in re.findall(r"goes from ([\d.]+ %) to ([\d.]+ %)[.,]", shown.sentence):
            assert old != new, shown.sentence
        if "Miners lose nothing" in shown.sentence:
            start = block_of(EmissionExplorer().settings)
            assert block.parts["miners"] == start.parts["miners"]
        if "the others gain it" in shown.sentence:
            start = block_of(EmissionExplorer().settings)
            gains = [sum(each.gets(name) for name in "BC") / each.issued for each in (start, block)]
            assert gains[1] > gains[0]
