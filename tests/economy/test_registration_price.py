"""The price of a place on a subnet, and the lock of a new one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy import PriceTerms, lock_cost, registration_price
from tao_lab.economy.lock_cost import lock_reduction_interval
from tao_lab.economy.registration_price import MULTIPLIER_ONE, decay_factor, power

U64_MAX = 2**64 - 1
TAO = 10**9
HALF_LIVES = st.integers(0, 65_535)
RAO = st.integers(0, U64_MAX)


def free(half_life: int, mult: int = MULTIPLIER_ONE) -> PriceTerms:
    return PriceTerms(half_life, mult, 0, U64_MAX)


@pytest.mark.parametrize(("blocks", "price"), [(2, 511), (4, 255)])
def test_the_price_halves_in_a_half_life_as_the_chain_s_test_says(blocks, price):
    burn = 1_024
    for _ in range(blocks):
        burn = registration_price(burn, free(2), "block")
    assert burn == price


@given(HALF_LIVES)
def test_the_factor_to_the_half_life_is_the_largest_word_up_to_one_half(half_life):
    factor = decay_factor(half_life)
    if half_life:
        assert power(factor, half_life) <= 1 << 31 < power(factor + 1, half_life)
    else:
        assert factor == 1 << 32


@given(RAO, HALF_LIVES, st.integers(0, 2**128 - 1), RAO, RAO, st.sampled_from(["block", "registration"]))
def test_the_price_stays_between_its_bounds_and_moves_the_right_way(burn, half_life, mult, low, high, event):
    terms = PriceTerms(half_life, mult, min(low, high), max(low, high))
    price = registration_price(burn, terms, event)
    assert terms.min_burn <= price <= terms.max_burn
    if terms.min_burn <= burn <= terms.max_burn:
        assert price <= burn if event == "block" else price >= burn


def test_the_upper_bound_has_the_last_word():
    assert registration_price(5, PriceTerms(0, MULTIPLIER_ONE, 9, 7), "block") == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"burn": -1}, "burn is -1"),
        ({"burn": 1.5}, "burn is 1.5"),
        ({"event": "epoch"}, "event is 'epoch'; allowed: 'block', 'registration'"),
    ],
)
def test_what_is_no_price_is_refused(change, message):
    arguments = {"burn": 1, "terms": free(1), "event": "block", **change}
    with pytest.raises(ValueError, match=message):
        registration_price(**arguments)


@pytest.mark.parametrize(
    ("field", "bits"), [("half_life", 16), ("increase_mult", 128), ("min_burn", 64), ("max_burn", 64)]
)
def test_terms_fit_the_chain_s_words_and_name_the_field_that_does_not(field, bits):
    terms = {"half_life": 1, "increase_mult": 1, "min_burn": 0, "max_burn": 1}
    for value in (0, 2**bits - 1):
        assert getattr(PriceTerms(**{**terms, field: value}), field) == value
    for value in (-1, 2**bits, True):
        with pytest.raises(ValueError, match=f"{field} is {value}"):
            PriceTerms(**{**terms, field: value})


@given(RAO, RAO, st.integers(1, U64_MAX), RAO, RAO, RAO)
def test_the_lock_never_rises_while_nobody_registers(last, low, last_block, waited, more, interval):
    first = min(last_block + waited, U64_MAX)
    later = min(first + more, U64_MAX)
    costs = [lock_cost(last, low, last_block, block, interval) for block in (last_block, first, later)]
    assert costs[0] == max(min(2 * last, U64_MAX), low)
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] >= low


def test_the_interval_shrinks_with_the_emission():
    assert [lock_reduction_interval(100_800, emission) for emission in (TAO, TAO // 2, TAO // 4, 0)] == [
        100_800,
        50_400,
        25_200,
        0,
    ]
    assert lock_reduction_interval(2**64 - 1, 2**64 - 1) == 2**63 - 1  # I64F64 saturates


@pytest.mark.parametrize("field", ["last_lock", "min_lock", "last_lock_block", "block", "reduction_interval"])
def test_a_lock_names_the_argument_that_is_wrong(field):
    names = ("last_lock", "min_lock", "last_lock_block", "block", "reduction_interval")
    with pytest.raises(ValueError, match=f"{field} is -1"):
        lock_cost(**{**dict.fromkeys(names, 1), field: -1})
