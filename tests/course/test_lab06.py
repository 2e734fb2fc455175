"""The epoch of lab 06: its claims, its questions, and the chain's own vectors."""

import numpy as np
import pytest

from tao_lab.course import registry
from tao_lab.course.lab06.claims import CLAIMS
from tao_lab.course.lab06.questions import copier_dividends, liars_pay


def test_the_whole_epoch_is_held_against_every_vector_of_the_chain():
    names = [case.about for case in registry.exercises()["06.6"].make_cases()]
    assert sum("the chain's vector" in name for name in names) == 40


def test_the_verdict_on_filtering_follows_kappa():
    numbers = {c.number: c for c in CLAIMS}[9].test().numbers
    assert [value for what, value in numbers.items() if "smallest share" in what] == ["50.0 %"]
    assert [value for what, value in numbers.items() if "kappa 30 %" in what] == ["30.0 %"]


def test_a_verdict_is_computed_a_different_rule_gives_a_different_one(monkeypatch):
    from tao_lab import consensus
    from tao_lab.course.lab06 import claims

    def without_clipping(inputs):
        s = consensus.start(inputs)
        ranks = consensus.ranks(s.weights, s.voices)
        incentive = consensus.incentive(ranks)
        ours = consensus.epoch(inputs)
        return s.finish(
            consensus=ours.consensus,
            clipped_weights=s.weights,
            validator_trust=s.weights.sum(axis=1),
            ranks=ranks,
            incentive=incentive,
            bonds=ours.bonds,
            dividends=ours.dividends[s.validators],
        )

    monkeypatch.setattr(claims, "epoch", without_clipping)
    verdicts = {c.number: c.test().verdict for c in CLAIMS if c.number in (7, 9)}
    assert verdicts == {7: "true", 9: "false"}


def test_liars_are_paid_nothing_below_kappa_and_everything_above():
    assert liars_pay(49) == 0
    assert liars_pay(51) == pytest.approx(1)


def test_a_copier_catches_up_slowly_but_does_catch_up():
    relative = copier_dividends(40)
    assert relative[0] < 0.1
    assert relative[-1] > 0.9
    assert (np.diff(relative) > 0).all()
