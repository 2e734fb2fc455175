"""The map of a course: every lab in a box, arrows forward, links that work, and the same in words."""

import re
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from tao_lab.views import Arrow, Box, course_map


@dataclass(frozen=True)
class Lab:
    number: str
    builds_on: tuple[str, ...] = ()
    right: int = 0
    exercises: int = 3
    state: str = "not started"
    here: bool = False

    @property
    def link(self):
        return f"{self.number}-lab.ipynb"

    @property
    def title(self):
        return f"Lab & {self.number}"

    @property
    def question(self):
        return f"Why <{self.number}>?"


CHAIN = (Lab("00"), Lab("01", ("00",)), Lab("02", ("00", "01")))
COURSE = (
    Lab("00"),
    Lab("01"),
    Lab("02", ("01",)),
    Lab("03", ("01", "02")),
    Lab("04", ("00",)),
    Lab("06"),
    Lab("07", ("02", "06")),
    Lab("09", ("03", "06")),
    Lab("10", ("00", "01", "02", "03", "04", "06", "07", "09")),
)
each_course = pytest.mark.parametrize("stops", [CHAIN, COURSE, COURSE[:1]], ids=["chain", "course", "one lab"])


def boxes(stops):
    parts = course_map(stops).drawing().parts
    return {part.lines[0][:2]: part for part in parts if isinstance(part, Box)}


@each_course
def test_each_lab_has_a_box_behind_all_that_it_builds_on_and_on_no_other(stops):
    found = boxes(stops)
    assert set(found) == {stop.number for stop in stops}
    assert all(found[a].x < found[stop.number].x for stop in stops for a in stop.builds_on)
    for a, b in combinations(found.values(), 2):
        assert a.x != b.x or abs(a.y - b.y) > a.height


@each_course
def test_no_arrow_crosses_a_box_and_all_of_it_is_in_the_picture(stops):
    drawing = course_map(stops).drawing()
    found = boxes(stops).values()
    for arrow in (part for part in drawing.parts if isinstance(part, Arrow)):
        assert arrow.start[0] < arrow.end[0]
        for step in range(1, 20):
            x, y = (a + (b - a) * step / 20 for a, b in zip(arrow.start, arrow.end, strict=True))
            assert not any(box.x < x < box.x + box.width and box.y < y < box.y + box.height for box in found)
        assert 0 <= arrow.end[1] <= drawing.height
        assert arrow.end[0] <= drawing.width
    assert all(box.x + box.width <= drawing.width and box.y + box.height <= drawing.height for box in found)


def test_an_arrow_that_others_imply_is_left_out():
    parts = course_map(CHAIN).drawing().parts
    assert sum(isinstance(part, Arrow) for part in parts) == 2


def test_progress_is_said_in_words_as_well_as_in_colours():
    stops = (replace(CHAIN[0], state="done", right=3), replace(CHAIN[1], state="begun", right=1, here=True), CHAIN[2])
    drawing = course_map(stops).drawing()
    assert drawing.title == "The course: 3 labs, 1 of them done, and you are in 01"
    assert "01 Lab & 01, builds on 00: 1 of 3 right, and you are here." in drawing.alt
    assert [(box.look, list(box.lines[1:])) for box in boxes(stops).values()] == [
        ("good", ["✔ all 3 right"]),
        ("given", ["1 of 3 right", "▶ you are here"]),
        ("plain", ["not started"]),
    ]


def test_the_table_links_every_lab_and_page_and_nothing_outside():
    bundle = course_map(COURSE, [("pages/one.ipynb", "A <page>")])._repr_mimebundle_()
    links = re.findall(r'href="([^"]+)"', bundle["text/html"])
    assert links == [*(stop.link for stop in COURSE), "pages/one.ipynb"]
    assert "Why &lt;09&gt;?" in bundle["text/html"]
    assert "A &lt;page&gt;" in bundle["text/html"]
    assert "10 Lab & 10, builds on 00, 01" in bundle["text/plain"]
    assert "builds on 00 to 02:" in repr(course_map((*CHAIN, Lab("03", ("00", "01", "02")))).drawing().alt)
