"""The page of blocks: real blocks, and who notices a changed bit."""

import pytest

from tao_lab.chain.merkle import EMPTY_ROOT
from tao_lab.course.lab02.tampering import first_tampered
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.boards import past
from tao_lab.views.boards.past import FIRST, HOW, LAST, forged, honest_blocks, verdicts

pytestmark = pytest.mark.slow


def test_the_blocks_are_a_chain_of_signed_payments():
    blocks = honest_blocks()
    assert first_tampered(blocks) is None
    assert [block.header.parent_hash for block in blocks] == [EMPTY_ROOT, *(block.hash for block in blocks[:-1])]
    paid = [verdict.payment for verdict in verdicts(0, "all")]
    assert paid == [None, None, *(10 * number * RAO_PER_TAO for number in range(1, 9))]
    assert [verdict.signed for verdict in verdicts(0, "all")] == [None, None, *[True] * 8]


@pytest.mark.parametrize("number", [FIRST, 5, LAST])
@pytest.mark.parametrize("how", HOW)
def test_a_reader_finds_what_the_verifier_of_lab_02_finds(number, how):
    found = first_tampered(forged(number, how))
    misfits = [verdict.number for verdict in verdicts(number, how) if not verdict.fits]
    # Lab 02 blames the block whose name the next one does not carry, this page shows the one that names it.
    assert misfits == ([] if found is None else [number if how == "change" else number + 1])
    assert verdicts(number, how)[number].signed is False


@pytest.mark.parametrize("number", [FIRST, 5, LAST])
def test_all_names_from_the_changed_block_on_are_others_if_all_is_mended(number):
    changed = [verdict.number for verdict in verdicts(number, "all") if verdict.bits]
    assert changed == list(range(number, LAST + 1))
    assert all(80 < verdict.bits < 176 for verdict in verdicts(number, "all") if verdict.bits)
    assert [verdict.number for verdict in verdicts(number, "header") if verdict.bits] == [number]
    assert not any(verdict.bits for verdict in verdicts(number, "change"))


def test_the_sentence_says_what_gives_it_away():
    assert "every hash and every signature fits" in past.sentence(0, "change")
    assert "30 τ into 34.295 τ. Its own header gives it away" in past.sentence(4, "change")
    assert "block 5 still names the old one" in past.sentence(4, "header")
    assert "the names of 6 blocks are not" in past.sentence(4, "all")
    assert "the name of 1 block is not" in past.sentence(LAST, "header")


def test_the_table_marks_the_change_and_whatever_follows_from_it():
    cells = past.cells(4, "all")
    marked = [(cell.row, cell.column) for cell in cells if cell.look == "bad"]
    rows = [str(number) for number in range(5, LAST + 1)]
    assert marked == [("4", 0), ("4", 2), ("4", 3), *((row, c) for row in rows for c in (1, 2, 3))]
    assert past.chain_title(4, "all") == "A reader who kept the true names refuses 6 of 10 blocks"
    assert not [cell for cell in past.cells(0, "all") if cell.look == "bad"]
