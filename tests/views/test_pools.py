"""The pool explorer: what it quotes is the chain's swap, and every word follows from it."""

import pytest

from tao_lab.economy import Pool, swap
from tao_lab.units import RAO_PER_TAO
from tao_lab.views import PoolExplorer, lines_chart, price_history_chart, quote, rendering
from tao_lab.views.panel import PanelError
from tao_lab.views.pools import PARTS, parts_table

EVEN = Pool(1_000 * RAO_PER_TAO, 1_000 * RAO_PER_TAO)


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("limit", [None, 0.1])
def test_a_quote_is_the_chains_swap(side, limit):
    limit = None if limit is None else 1 + limit if side == "buy" else 1 - limit
    now, chains = quote(EVEN, side, 300 * RAO_PER_TAO, limit), swap(EVEN, side, 300 * RAO_PER_TAO, _word(limit))
    assert (now.fee, now.paid, now.received) == (chains.fee, chains.paid, chains.received)
    assert (now.after > now.before) == (side == "buy")
    assert now.after == pytest.approx(limit, rel=1e-6) if limit else now.left == 0


def _word(limit):
    return None if limit is None else int(limit * 2**64)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_parts_of_an_amount_are_all_of_it(side):
    table = parts_table(quote(EVEN, side, 300 * RAO_PER_TAO, 1.1 if side == "buy" else 0.9))
    assert table["part"] == list(PARTS)
    assert sum(table["share"]) == pytest.approx(1, abs=1e-5)
    assert min(table["share"]) >= 0


def test_the_sentence_says_what_happened():
    explorer = PoolExplorer()
    assert explorer.sentence.startswith("You pay 300 τ. The fee takes 0.1511 τ; the rest brings 230.7 α")
    explorer.set(limit=5)
    assert explorer.sentence.startswith("The limit of 1.05 τ stops the swap: 275.3 τ stay with you.")
    explorer.set(side="sell", limit=100)
    assert explorer.sentence.startswith("You sell 300 α.")
    assert explorer.sentence.endswith("less.")
    explorer.set(amount=0)
    assert explorer.sentence == "Nothing is swapped, so nothing moves: one α costs 1 τ."
    explorer.reset()
    assert explorer.settings == {"side": "buy", "amount": 300, "limit": 100, "depth": 1_000, "fee": 33}


def test_a_refused_swap_is_said_by_the_chains_name_and_moves_nothing():
    explorer = PoolExplorer(Pool(1_000, 1_000))
    explorer.set(amount=1)
    assert "SwapInputTooLarge" in explorer.sentence
    assert explorer.sentence.endswith("Nothing moves.")


def test_the_page_moves_it_by_a_request_and_a_wrong_setting_is_refused():
    explorer = PoolExplorer()
    explorer._request = {"tick": "a-1", "settings": {**explorer.settings, "amount": 500}}
    assert explorer._picture["tick"] == "a-1"
    assert explorer._picture["settings"]["amount"] == 500
    explorer._request = {"tick": "a-2", "settings": None}
    assert explorer.settings["amount"] == 300
    for wrong in ({"amount": -1}, {"side": "keep"}, {"price": 1}, {"amount": "5"}):
        with pytest.raises(PanelError, match="allowed"):
            explorer.set(**wrong)
    assert explorer.settings["amount"] == 300


def test_a_pool_of_a_subnet_and_another_rule_take_the_place_of_ours():
    explorer = PoolExplorer(EVEN, rule=lambda pool, side, amount, limit: (0, amount, amount // 2))
    assert explorer.quote.received == explorer.quote.amount // 2
    assert "depth" not in explorer.settings


def test_the_slider_begins_where_a_browser_can_put_it():
    for tao in (1, 777, 1_250, 1_000_000):
        explorer = PoolExplorer(Pool(tao * RAO_PER_TAO, tao * RAO_PER_TAO))
        amount = next(control for control in explorer._about["controls"] if control["name"] == "amount")
        assert amount["start"] % amount["step"] == 0
        assert amount["low"] <= amount["start"] <= amount["high"]


def test_every_picture_has_a_title_and_a_text_alternative():
    explorer = PoolExplorer()
    assert set(explorer._picture["charts"]) == set(explorer._specs) == {"curve", "price", "parts"}
    for chart in explorer._picture["charts"].values():
        assert 10 < len(chart["title"]) < 70
        assert len(chart["alt"]) > 30
    assert "cdn.jsdelivr" not in rendering.bundle("panel.js")


def test_charts_over_time_show_without_a_network_and_say_what_they_show():
    history = price_history_chart([(1, 1.0), (2, 1.5)], [(1, "a start")], "It rises to 1.5 τ")
    lines = lines_chart(
        {"day": [0, 1], "price": [1.0, 2.0], "who": ["a", "a"]}, ("day", "day"), ("price", "τ"), "who", "Up"
    )
    for figure in (history, lines):
        assert figure.svg().startswith("<svg")
        assert "http" not in figure.svg().replace("http://www.w3.org", "")
    assert "a start from block 1 at 1 τ" in history.alt
    assert "a: from 1 to 2" in lines.alt
