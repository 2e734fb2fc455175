"""Lab 03: its claims and questions are decided by running chains, its puzzle is the SDK's."""

from dataclasses import replace
from itertools import pairwise

import bittensor as bt
import pytest
from bittensor.pow_registration import registration_seal

from tao_lab import vectors
from tao_lab.course import claim, registry
from tao_lab.course.checking import judge
from tao_lab.course.lab03 import claims, puzzle
from tao_lab.course.lab03.exercises.work import pow_registration, reference
from tao_lab.course.lab03.questions import costs_every_two_days, further_tries, rush_prices
from tao_lab.paths import DATASETS, LABS

KEYS = ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty")


def test_all_of_the_lock_becomes_the_pool_and_nothing_is_burned():
    numbers = claim(5).evidence.numbers
    assert numbers["TAO in the new pool"] == numbers["recorded as locked (`SubnetLocked`)"] == "1,000.00 τ"
    assert numbers["burned (the issuance fell by, without fees)"] == "0 τ"


def test_with_a_lower_floor_the_report_s_price_would_be_outdated(monkeypatch):
    real = claims.price_terms
    monkeypatch.setattr(claims, "price_terms", lambda *a: replace(real(*a), min_burn=100_000))
    assert claims.testnet_price().verdict == "outdated"


def test_subnets_in_quick_succession_nearly_double_each_time():
    paid = costs_every_two_days(6)
    assert paid[0] == 1_000 * 10**9
    assert all(1.8 < later / before < 2 for before, later in pairwise(paid))


def test_ten_seats_in_one_block_cost_more_each():
    paid = rush_prices()
    assert len(paid) == 10
    assert all(later / before == pytest.approx(1.26, rel=1e-6) for before, later in pairwise(paid))


@pytest.mark.slow
def test_work_in_vain_brings_nobody_nearer():
    mean, further = further_tries()
    assert further == pytest.approx(mean, rel=0.2)


@pytest.mark.parametrize("difficulty", [1, 7, 500])
def test_the_puzzle_is_that_of_the_sdk_s_own_miner(difficulty):
    prefix = puzzle.prefix_of(1, b"\x07" * 32, *KEYS)
    nonce, joules = pow_registration(prefix, difficulty, 1_000.0, 50.0)
    assert (nonce, joules) == reference(prefix, difficulty, 1_000.0, 50.0)
    assert int.from_bytes(registration_seal(prefix, nonce), "little") * difficulty < 2**256
    assert joules == pytest.approx(difficulty / 1_000 * 50)


def test_the_comparison_says_what_is_assumed_and_what_was_measured():
    shown = repr(puzzle.comparison(bt.Balance.from_tao(2)))
    assert "65 W and 20 tokens a second are assumed" in shown
    assert "2.0000 τ" in shown
    assert "mainnet's least" in shown


def test_the_solution_s_price_passes_every_vector_of_the_chain():
    file = vectors.load(DATASETS / "vectors" / "registration_price.json")
    report = vectors.verify(file, rules=LABS / "solutions" / "03.py")
    assert (report.passed, report.failures) == (len(file.vectors), ())


def test_uids_come_in_any_order_and_kind():
    exercise = registry.exercises()["03.4"]

    def answer(*arguments):
        validators, outsider, voice, immune = exercise.reference(*arguments)
        return set(validators), outsider, voice, tuple(reversed(immune))

    assert judge(exercise, answer).state == "right"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda *a: ([1], 1, 0.5), "four values"),
        (lambda *a: ([True], 1, 0.5, []), "np.flatnonzero"),
        (lambda *a: (1, 1, 0.5, []), "a list of UIDs"),
        (lambda *a: (["1"], 1, 0.5, []), "whole numbers"),
        (lambda *a: ([1], 1, "half", []), "a number"),
    ],
)
def test_what_is_no_answer_is_told_in_words(wrong, words):
    assert words in judge(registry.exercises()["03.4"], wrong).hint
