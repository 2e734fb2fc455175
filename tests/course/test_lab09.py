"""Lab 09: attacks are as large as a closed form, an epoch or a chain says; defences are judged fairly."""

import numpy as np
import pytest

from tao_lab.consensus import epoch
from tao_lab.course.checking import judge
from tao_lab.course.lab06.subnets import small_subnet
from tao_lab.course.lab09 import arena, experiments, reference
from tao_lab.course.lab09.exercises.defences import SUBNETS
from tao_lab.course.registry import exercises
from tao_lab.economy import Pool
from tao_lab.fixed import EXACT
from tao_lab.simulate import run
from tao_lab.units import RAO_PER_TAO, U16_MAX

GOOD, FALSE = [1.0, 0.0], [0.0, 1.0]


@pytest.mark.parametrize("kappa", [26_215, 32_767, 39_322])
def test_the_smallest_cartels_are_those_of_a_whole_epoch(kappa):
    pays, starves = reference.cartel_stakes([700, 300], [True, True], kappa)
    for cartel, paid, good in (
        (pays - 1, False, None),
        (pays, True, None),
        (starves - 1, None, True),
        (starves, None, False),
    ):
        result = epoch(small_subnet([700, 300, cartel], [GOOD, GOOD, FALSE], kappa=kappa)).incentive[-2:] > 0
        assert paid is None or result[1] == paid
        assert good is None or result[0] == good


@pytest.mark.slow
@pytest.mark.parametrize(("kappa", "share", "pay"), [(0.5, 0.4, 0), (0.5, 0.51, 1), (0.6, 0.51, 0), (0.6, 0.61, 1)])
def test_on_a_running_chain_a_cartel_below_kappa_earns_nothing_and_above_it_everything(kappa, share, pay):
    ran = run(experiments.cartel(share, int(kappa * U16_MAX), epochs=2))
    assert experiments.part_of(ran, "colluder miner") == pay


@pytest.mark.parametrize(("period", "waits"), [(0, False), (0, True), (1, False), (2, True)])
def test_a_copiers_trust_is_that_of_an_epoch_with_its_row(period, waits):
    judgements = [[round(share * 1_000_000) for share in arena.worth(number, 2)] for number in range(8)]
    made, trust = reference.copied(judgements, 7, period, waits)
    honest = arena.worth(7 - period, 2)
    rows = [honest, honest, arena.worth(made, 2)]
    measured = EXACT.to_float(epoch(small_subnet([100, 100, 50], rows)).validator_trust)[2]
    assert trust / 1_000_000 == pytest.approx(measured, abs=1e-4)


def test_a_copier_that_waits_loses_nothing_where_rows_are_open_nor_where_nothing_changes():
    assert arena.copying(6, 0, True, waits=True)[0] == pytest.approx(1, abs=1e-3)
    assert arena.copying(1_000, 3, True)[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("changes", "period"), [(4, 1), (8, 2), (12, 3)])
def test_sealed_rows_cost_miners_the_epochs_for_which_they_are_old(changes, period):
    first, second = np.array(arena.worth(0, changes)), np.array(arena.worth(changes, changes))
    expected = period / changes * np.abs(first - second).sum() / 2
    assert arena.copying(changes, period, True)[1] == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("tao", [1_000, 40_000])
def test_a_sandwich_without_a_fee_brings_what_the_constant_product_says(tao):
    alpha, front, order = 3_000.0, 120.0, 50.0
    held = alpha * front / (tao + front)
    left = alpha * tao / (tao + front + order)
    back = (tao + front + order) * held / (left + held)
    pool = Pool(tao * RAO_PER_TAO, 3_000 * RAO_PER_TAO, fee_rate=0)
    profit, _ = reference.sandwich(pool, int(order * RAO_PER_TAO), int(front * RAO_PER_TAO))
    assert profit / RAO_PER_TAO == pytest.approx(back - front, rel=1e-6)


def test_no_sandwich_pays_around_an_order_that_moves_the_price_less_than_two_fees():
    pool = Pool(1_000 * RAO_PER_TAO, 1_000 * RAO_PER_TAO)
    limit = pool.tao * pool.fee_rate // (U16_MAX - pool.fee_rate)  # the order's own part of the pool
    assert experiments.best_sandwich(pool, limit)[0] <= 0
    assert experiments.best_sandwich(pool, 3 * limit)[0] > 0


@pytest.mark.slow
def test_a_sandwich_in_a_block_takes_what_the_function_says_less_the_fees_of_two_calls():
    pool = Pool(1_000 * RAO_PER_TAO, 1_000 * RAO_PER_TAO)
    profit, received = reference.sandwich(pool, experiments.ORDER, experiments.FRONT)
    found = experiments.trade()
    assert found.received == received
    assert 0 <= profit - found.profit < RAO_PER_TAO // 10


@pytest.mark.slow
def test_a_limit_stops_a_sandwich_and_a_shield_hides_the_order():
    alone, limited = experiments.trade(attacked=False), experiments.trade(limit_price=RAO_PER_TAO * 125 // 100)
    shielded = experiments.trade(shielded=True)
    assert limited.received == 0 > limited.profit
    assert limited.said == "PriceLimitExceeded"
    assert shielded.received == alone.received > 0 == shielded.profit
    assert "τ" in alone.seen
    assert "τ" not in shielded.seen


def test_real_pools_are_those_of_mainnet_smallest_first():
    pools = experiments.real_pools()
    assert len(pools) == 125
    assert pools[0].tao < pools[-1].tao / 100
    assert [each.tao for each in pools] == sorted(each.tao for each in pools)


@pytest.mark.slow
def test_what_a_subnet_gets_falls_with_the_miners_pay_that_its_owner_takes_and_with_roots_switch():
    paid, off, on, half, none = (int(row[2].split()[0]) for row in experiments.owner_and_root().blocks[0].rows)
    assert off == none == 0
    assert paid <= on <= paid + 1  # its moving price goes on rising a little
    assert on > half > 0


@pytest.mark.slow
def test_of_the_attacks_on_a_new_subnet_a_majority_and_false_seats_pay():
    small, large, copier, seats, selfish = (times for _, times in experiments.attacks()[0])
    assert small == selfish == 0
    assert large > 1 < seats
    assert 0 < copier < 1


# --- the arena --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ([], "a defence is a dict"),
        ({"kappa": 0.5}, "a defence is a dict"),
        ({**arena.SHIPPED.settings(), "kappa": 32_767}, "`kappa` is 32767"),
        ({**arena.SHIPPED.settings(), "kappa": True}, "`kappa` is True"),
        ({**arena.SHIPPED.settings(), "reveal_period": 1.0}, "`reveal_period` is 1.0"),
        ({**arena.SHIPPED.settings(), "yuma3": 1}, "`yuma3` is 1"),
        ({**arena.SHIPPED.settings(), "min_burn": RAO_PER_TAO}, "`min_burn` is 1000000000"),
    ],
)
def test_settings_that_no_chain_takes_are_refused_with_a_sentence(settings, words):
    with pytest.raises(arena.DefenceError, match=words):
        arena.Defence.of(settings)
    result = judge(exercises()["09.6"], lambda *_: settings)
    assert result.state == "wrong"
    assert words.lower() in result.hint.lower()


def test_numbers_of_numpy_are_settings_too():
    settings = {"kappa": np.float64(0.5), "reveal_period": np.int64(1), "yuma3": np.True_, "min_burn": np.int64(7)}
    assert arena.Defence.of(settings) == arena.Defence(0.5, 1, True, 7)


def test_the_lab_shows_another_subnet_than_the_check_asks_for():
    assert (0.40, 0.48, 8, 13) not in SUBNETS


@pytest.mark.parametrize(("bloc", "honest", "changes"), [(0.41, 0.5, 4), (0.11, 0.3, 5), (0.25, 0.7, 8)])
def test_the_solution_holds_on_subnets_that_neither_lab_nor_check_has(bloc, honest, changes):
    for rule in (exercises()["09.6"].solution, reference.my_defence):
        defence = arena.Defence.of(rule(bloc, honest, changes, 10_000_000, 12))
        found = arena.measure(defence, bloc, honest, changes, 10_000_000, 12)
        assert set(found.results.values()) == {arena.HELD}


@pytest.mark.parametrize(
    ("change", "attack", "result"),
    [
        ({"kappa": 0.3}, "cartel", arena.THROUGH),
        ({"kappa": 0.8}, "cartel", arena.BLOCKED),
        ({"reveal_period": 0}, "copier", arena.THROUGH),
        ({"reveal_period": 6}, "copier", arena.LATE),
        ({"min_burn": 0}, "sybil", arena.THROUGH),
        ({"min_burn": RAO_PER_TAO - 1}, "sybil", arena.DEAR),
    ],
)
def test_each_setting_can_be_too_little_and_too_much(change, attack, result):
    subnet = {"bloc": 0.4, "honest": 0.52, "changes": 8, "pay": 10_000_000, "immunity": 12}
    right = exercises()["09.6"].solution(**subnet)
    found = arena.measure(arena.Defence.of({**right, **change}), **subnet).results
    assert found.pop(attack) == result
    assert set(found.values()) == {arena.HELD}


def test_a_hint_says_which_attack_got_through():
    def mine(bloc, honest, changes, pay, immunity):
        return {"kappa": (bloc + honest) / 2, "reveal_period": changes // 4, "yuma3": True, "min_burn": pay * 2}

    result = judge(exercises()["09.6"], mine)
    assert result.state == "wrong"
    assert "False seats get through" in result.hint


@pytest.mark.slow
def test_arena_and_chain_agree_on_who_is_paid():
    for kappa in (0.3, 0.46, 0.7):
        defence = arena.Defence(kappa=kappa)
        found = arena.measure(defence, 0.4, 0.52, 8, 1, 1)
        fake, good = experiments.cartel_with(defence, 0.4, 0.52)
        assert (fake > 0, good > 0) == (found.fake_pay > 0, found.good_pay > 0)
