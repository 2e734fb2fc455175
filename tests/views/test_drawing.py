"""Drawings are well-formed pictures with a text alternative, whatever the words in them."""

import base64
import re
from xml.etree import ElementTree

from tao_lab.views import Arrow, Box, Drawing, Words

PARTS = (
    Box(0, 0, 120, ["a < b", "second & last"], "bad"),
    Arrow((120, 20), (200, 20), "parent", "bad"),
    Words(0, 90, 'said "so"'),
)


def test_a_drawing_is_svg_with_all_its_words():
    drawing = Drawing("What it shows", "Two things <and> an arrow", 300, 100, PARTS)
    words = [element.text for element in ElementTree.fromstring(drawing.svg()).iter() if element.tag.endswith("text")]
    assert words == ["What it shows", "a < b", "second & last", "parent", 'said "so"']


def test_a_drawing_needs_nothing_but_itself_and_has_a_text_alternative():
    bundle = Drawing("What it shows", 'Two "things"', 300, 100, PARTS)._repr_mimebundle_()
    assert 'alt="Two &quot;things&quot;"' in bundle["text/html"]
    assert bundle["text/plain"] == 'What it shows. Two "things"'
    picture = base64.b64decode(re.search('base64,([^"]+)', bundle["text/html"])[1]).decode()
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]


def test_sides_of_a_box_are_where_arrows_meet_it():
    box = Box(10, 20, 100, ["one", "two"])
    assert box.right == (110, 20 + box.height / 2)
    assert box.bottom == (60, 20 + box.height)
