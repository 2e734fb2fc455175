"""Streams between stops: as thick as what flows, nothing lost on the way, every stop named."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tao_lab.views.drawing import Bar, Ribbon
from tao_lab.views.sankey import THINNEST, Stop, Stream, sankey

STOPS = (
    Stop("block", 0, ("block 7", "issues 10")),
    Stop("a", 1, ("pool < a",)),
    Stop("b", 1, ("pool b",)),
    Stop("crumbs", 1, ("recycled",)),
)
STREAMS = (Stream("block", "a", 6_000), Stream("block", "b", 3_999), Stream("block", "crumbs", 1))


@pytest.fixture
def drawing():
    return sankey("What it shows", "Six and four.", STOPS, STREAMS, width=600, height=200)


def of(kind, drawing):
    return [part for part in drawing.parts if isinstance(part, kind)]


def test_ribbons_are_as_thick_as_what_flows_and_a_crumb_is_still_seen(drawing):
    a, b, crumb = (ribbon.width for ribbon in of(Ribbon, drawing))
    assert a / b == pytest.approx(6_000 / 3_999)
    assert crumb == THINNEST


def test_what_leaves_a_stop_fills_its_bar_without_a_gap(drawing):
    bar, first, second = of(Bar, drawing)[0], *of(Ribbon, drawing)[:2]
    assert first.start[1] - first.width / 2 == pytest.approx(bar.y)
    assert second.start[1] - second.width / 2 == pytest.approx(first.start[1] + first.width / 2)
    assert second.start[1] + second.width / 2 <= bar.y + bar.height


def test_bars_of_a_column_do_not_meet_and_stay_in_the_picture(drawing):
    bars = of(Bar, drawing)[1:]
    for upper, lower in pairwise(bars):
        assert upper.y + upper.height < lower.y
    assert bars[-1].y + bars[-1].height <= drawing.height


def test_every_word_is_in_the_picture(drawing):
    words = [e.text for e in ElementTree.fromstring(drawing.svg()).iter() if e.tag.endswith("text")]
    assert words == ["What it shows", "block 7", "issues 10", "pool < a", "pool b", "recycled"]


def test_where_nothing_flows_the_stops_are_still_there():
    still = sankey("Nothing", "Nothing flows.", STOPS, (Stream("block", "a", 0),))
    assert of(Ribbon, still) == []
    assert len(of(Bar, still)) == 4
