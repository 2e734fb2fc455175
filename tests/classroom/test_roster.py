"""The class's book: names, wallets and what the faucet may give."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.classroom.roster import LETTERS, MOST_GRANTS, MOST_STUDENTS, NotGranted, Roster, Terms, new_code
from tao_lab.units import RAO_PER_TAO

TERMS = Terms(title="Biology", code="ABCDEFGH", grant=5, limit=10, budget=12)
BOOK = Roster(TERMS).joined("Ana", "5Ana", 3).joined("Ben", "5Ben", 4)


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("Ana", "5Cem", "has joined already, with another wallet"),
        ("aNA", "5Cem", "has joined already, with another wallet"),
        ("Cem", "5Ana", "this wallet has joined as 'Ana' already"),
        ("", "5Cem", "printable characters"),
        (" Cem", "5Cem", "without blanks around it"),
        ("Cem\n", "5Cem", "printable characters"),
        ("x" * 41, "5Cem", "1 to 40"),
    ],
)
def test_a_place_is_one_name_and_one_wallet(name, address, said):
    with pytest.raises(NotGranted, match=said):
        BOOK.joined(name, address, 5)


def test_who_joins_again_keeps_the_place():
    assert BOOK.joined("ana", "5Ana", 9) is BOOK


def test_a_freed_name_can_be_taken_with_another_wallet():
    assert BOOK.freed("ana").joined("Ana", "5New", 9).by_name("ANA").address == "5New"


@pytest.mark.parametrize(
    ("address", "rao", "said"),
    [
        ("5Cem", 1, "students of this class only"),
        ("5Ana", 11, "5e-09 τ of yours are left"),
        ("5Ben", 8, "faucet is empty"),
    ],
)
def test_the_faucet_has_limits_and_says_them(address, rao, said):
    book = BOOK.giving("5Ana", 5, "aa")
    with pytest.raises(NotGranted, match=said):
        book.giving(address, rao, "bb")


@given(st.lists(st.tuples(st.sampled_from(["5Ana", "5Ben"]), st.integers(0, 8)), max_size=12))
def test_no_order_of_grants_gives_more_than_the_limits(grants):
    book = BOOK
    for number, (address, rao) in enumerate(grants):
        try:
            book = book.giving(address, rao, str(number))
        except NotGranted:
            continue
    assert book.granted == sum(grant.rao for grant in book.pending.values()) <= TERMS.budget
    assert all(student.granted <= TERMS.limit for student in book.students)
    assert not book.settled({str(number) for number in range(len(grants))}).pending


def test_a_student_has_a_few_grants_that_wait_for_a_block():
    book = replace(BOOK, terms=replace(TERMS, limit=100, budget=100))
    for number in range(MOST_GRANTS):
        book = book.giving("5Ana", 1, str(number))
    with pytest.raises(NotGranted, match="wait for a block already"):
        book.giving("5Ana", 1, "one more")
    assert book.settled({"0"}).giving("5Ana", 1, "one more").granted == MOST_GRANTS + 1


def test_a_full_class_says_so():
    book = BOOK
    for number in range(len(BOOK.students), MOST_STUDENTS):
        book = book.joined(f"s{number}", f"5S{number}", 1)
    with pytest.raises(NotGranted, match="the class is full: it has 250 students"):
        book.joined("late", "5Late", 1)
    assert book.joined("s9", "5S9", 1) is book


def test_the_book_comes_back_as_it_was_kept():
    book = BOOK.giving("5Ana", 5, "aa")
    assert Roster.from_json(book.to_json()) == book


def test_codes_have_no_letters_that_look_alike():
    assert set(new_code()) <= set(LETTERS)
    assert not set(LETTERS) & set("IL1O0")
    assert new_code() != new_code()


def test_the_first_grants_of_a_hundred_students_are_within_the_budget():
    terms = Terms()
    assert 100 * terms.grant <= terms.budget
    assert terms.limit >= 1_500 * RAO_PER_TAO  # a first subnet's lock cost, and something to spend
