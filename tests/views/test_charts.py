import re
from functools import cache
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pytest

from tao_lab import cards
from tao_lab.consensus import epoch
from tao_lab.datasets import load_metagraph
from tao_lab.fixed import FLOAT
from tao_lab.views import charts, palette, tables
from tao_lab.views.lines import price_history_chart
from tao_lab.views.scenario import Cast, Scenario, Settings, run, run_epochs


@cache
def inputs():
    return load_metagraph().epoch_input()


@cache
def epochs():
    return run_epochs(inputs(), 3)


def last():
    return epochs()[-1]


FIGURES = {
    "weights": lambda: charts.weights_chart(last()),
    "clipping": lambda: charts.clipping_chart(last()),
    "incentive": lambda: charts.incentive_chart(last()),
    "dividends": lambda: charts.dividends_chart(last()),
    "bonds": lambda: charts.bonds_chart(epochs(), 126),
    "permits": lambda: charts.permits_chart(last(), inputs()),
    "exact against float": lambda: charts.exact_against_float_chart(inputs(), 3),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_is_a_picture_with_a_title_units_and_a_text_alternative(name):
    figure = FIGURES[name]()
    svg = figure.svg()
    written = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    texts = [" ".join(node.itertext()) for node in written]  # a title of several lines is one element
    title = figure.chart.to_dict()["title"]
    assert title in texts
    assert len(figure.alt) > len(title) or title in figure.alt
    axes = set(texts) & {"miner (UID)", "validator (UID)", "epoch", "epochs since the lie began", "rank by stake"}
    assert axes, texts
    assert len(re.findall("<path", svg)) > 5


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_shows_in_a_notebook_without_scripts_or_addresses(name):
    bundle = FIGURES[name]()._repr_mimebundle_()
    assert "<img " in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert "http" not in bundle["text/html"]
    assert bundle["text/plain"]


def test_a_miner_outside_the_cast_can_be_followed():
    assert "miner 5:" in charts.bonds_chart(epochs(), 5).chart.to_dict()["title"]


def test_a_chart_of_bonds_can_be_about_one_validator():
    spec = charts.bonds_chart(epochs(), 126, validator=52).chart.to_dict()
    assert spec["title"].startswith("Validator 52's bond on miner 126 goes from ")
    assert {"name": "validator", "value": "52"} in spec["params"]


def test_titles_count_what_is_in_the_rows():
    table = tables.weights_table(last(), Cast.of(last()))
    title = charts.clipping_chart(last()).chart.to_dict()["title"]
    assert re.findall(r"\d+", title) == [str(sum(table["cut"])), str(np.count_nonzero(table["weight"]))]


def test_a_float_epoch_can_be_drawn_too():
    floating = epoch(inputs(), FLOAT)
    exact_rows = tables.dividends_table(epoch(inputs()), Cast.of(last()))
    float_rows = tables.dividends_table(floating, Cast.of(floating))
    assert float_rows["dividends"] == pytest.approx(exact_rows["dividends"], abs=1e-6)


def test_tables_of_the_liars_hold_what_the_chain_computed():
    outcome = run(Scenario.of(load_metagraph()), Settings(), 2)
    cast = outcome.scenario.cast
    cells = tables.rows_of(tables.weights_table(outcome.epochs[0], cast))
    assert len(cells) == len(cast.validators) * len(cast.miners)
    lies = [cell for cell in cells if cell["who"] == "liar" and cell["weight"] > 0]
    assert [(lie["miner"], lie["weight"], lie["cut"]) for lie in lies] == [("5", 1.0, True)] * 5
    dividends = tables.rows_of(tables.dividends_table(outcome.after, cast))
    assert sum(row["stake"] for row in dividends) == pytest.approx(1, abs=1e-4)
    assert sum(row["dividends"] for row in dividends) == pytest.approx(1, abs=1e-4)


def test_only_colours_that_a_colour_blind_reader_tells_apart():
    okabe_ito = {"#0072B2", "#D55E00", "#000000"}
    assert {palette.BLUE, palette.VERMILLION, palette.BLACK} <= okabe_ito
    cast = Cast.of(last())
    weights = charts.weights_chart(last(), cast).chart.to_json()
    assert '"viridis"' in weights
    assert '"reverse": true' in weights  # more is darker on white, so the dark theme makes it brighter


def test_a_long_title_goes_on_in_a_second_line():
    title = "The next halving comes in 3.9 years (0 % recycled), in 7.8 years (50 % recycled), not within 30 years"
    figures = [charts.figure_of(alt.layer(alt.Chart().mark_bar()), words, "", 560, 100) for words in (title, "Short")]
    long, short = (re.findall(r">([^<]+)</t(?:span|ext)>", figure.svg()) for figure in figures)
    assert " ".join(long) == title
    assert len(long) == 2
    assert short == ["Short"]


def test_an_axis_of_blocks_says_each_number_once():
    chart = price_history_chart([(1, 0.1), (2, 0.2), (3, 0.21)], [(2, "a sale")], "A sale")
    assert sorted(re.findall(r">(\d+)</text>", chart.svg())) == ["1", "2", "3"]


def test_a_picture_is_dark_where_the_notebook_is_dark():
    html = cards.picture(b"<svg/>", "image/svg+xml", "nothing")
    assert '[data-jp-theme-light="false"] .tl-picture{filter:invert' in html


def test_a_wide_picture_scrolls_on_a_narrow_page_before_its_text_gets_too_small():
    html = cards.picture(b"<svg/>", "image/svg+xml", "nothing", 990)
    assert html.startswith('<div style="overflow-x:auto"><img ')
    assert "max-width:max(100%,693px)" in html
    assert "overflow" not in cards.picture(b"<svg/>", "image/svg+xml", "nothing")
