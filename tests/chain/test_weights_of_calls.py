"""What each call weighs, pays and is, against `source/weights.py`, which was typed from the public source.

In front of a call stand the guards, whose weights are in `test_fees.py`.
"""

import pytest

import tao_lab.chain.chain  # noqa: F401  registers all calls
from tao_lab.chain.dispatch import CALLS, Call, Weight
from tao_lab.chain.guard_weights import guards_weight
from tests.chain.source.weights import AROUND, NEWER, PLAIN, SourceWeight

SDK_PALLETS = {"Balances", "EVM", "Multisig", "Sudo", "System", "Timestamp"}  # see test_fees.py
GUARD = 60_000_000  # in front of every call: 10,000,000 and two reads
INNER = Call("Balances", "transfer_keep_alive", {})
MANY = {"calls": [INNER, INNER]}
ONE = {"call": INNER}
BOTH = {"main": INNER, "fallback": INNER}


def test_every_call_of_the_source_s_own_pallets_has_a_weight_in_the_table() -> None:
    ours = {name for name in CALLS if name[0] not in SDK_PALLETS}
    assert ours - NEWER - {("Utility", "with_weight")} == {row.call for row in (*PLAIN, *AROUND)}


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: ".".join(row.call))
def test_a_call_weighs_what_the_source_says(row: SourceWeight) -> None:
    ours = CALLS[row.call]
    assert ours.weight_of({}) == Weight(row.ref_time()) + guards_weight(*row.call)
    assert (ours.pays({}), ours.dispatch_class) == (row.pays, row.dispatch_class)


@pytest.mark.parametrize("row", AROUND, ids=lambda row: ".".join(row.call))
def test_a_call_around_others_weighs_what_the_source_says_and_what_they_weigh(row: SourceWeight) -> None:
    ours, inner = CALLS[row.call], INNER.registered.weight_of({})
    args = MANY if row.each else BOTH if row.call[1] == "if_else" else ONE
    calls = 1 if args is ONE else 2
    assert ours.weight_of(args) == Weight(row.ref_time(calls) + calls * inner.ref_time + GUARD)
    assert (ours.pays(args), ours.dispatch_class) == (row.pays, row.dispatch_class)
