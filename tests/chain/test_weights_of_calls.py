"""What each call weighs, pays and is, against `source/weights.py`, which was typed from the public source of June.

Most calls were measured again: `measured_weights.py` has their fees, and here a part of the public list is typed again.

In front of a call stand the guards, whose weights are in `test_fees.py`.
"""

import pytest

import tao_lab.chain.chain  # noqa: F401  registers all calls
from tao_lab.chain.dispatch import CALLS, Call, Weight
from tao_lab.chain.fee_weights import billed_weight
from tao_lab.chain.guard_weights import guards_weight
from tao_lab.chain.measured_weights import FEE_OF
from tao_lab.chain.pallets.transaction_payment import fee_parts
from tao_lab.chain.runtime import load_runtime
from tests.chain.source.weights import AROUND, NEWER, PLAIN, SourceWeight

SDK_PALLETS = {"Balances", "EVM", "Multisig", "Sudo", "System", "Timestamp"}  # see test_fees.py
GUARD = 60_000_000  # in front of every call: 10,000,000 and two reads
KEY, ONE_U64, NETUID = "01" * 32, "0100000000000000", "0100"
PINNED = [  # lines of `runtime/tests/fee_baseline/pins.tsv`, spec 467
    (f"0741{KEY}0100", 135_839),  # SubtensorModule.decrease_take, with a guard of its own
    (f"0702{KEY}{NETUID}{ONE_U64}", 812_698),  # add_stake
    (f"0703{KEY}{NETUID}{ONE_U64}", 629_339),  # remove_stake, capped
    (f"073e{KEY}", 39_902_362),  # root_register
    (f"0707{NETUID}{KEY}", 1_070_870),  # burned_register, capped
    (f"0746{KEY}{KEY}00", 168_047_089),  # swap_hotkey, capped
    (f"0748{KEY}{KEY}0000", 168_047_089),  # swap_hotkey_v2
    (f"073b{KEY}", 1_713_009),  # register_network, with a guard of its own
    (f"0743{KEY}{NETUID}04{ONE_U64}{KEY}", 212_254),  # set_children
    (f"0755{KEY}{KEY}{NETUID}{NETUID}{ONE_U64}", 369_589),  # move_stake
    (f"0758{KEY}{NETUID}{ONE_U64}{ONE_U64}00", 850_506),  # add_stake_limit
    (f"0753{KEY}", 83_339),  # unstake_all
    (f"075c{NETUID}", 128_589),  # start_call
    (f"0770{NETUID}0401", 102_839),  # update_symbol
    (f"0766{KEY}{ONE_U64}{NETUID}", 255_089),  # burn_alpha
    (f"1307{NETUID}{ONE_U64}", 77_426),  # AdminUtils.sudo_set_weights_set_rate_limit
    (f"131e{NETUID}0100", 172_598),  # sudo_set_tempo
    (f"134c{NETUID}01", 192_781 + 17 * 6_250),  # sudo_set_mechanism_count: 17 reads more at spec 475
    (f"134e{NETUID}0100", 126_404 + 6_250),  # sudo_trim_to_max_allowed_uids: a read more
    (f"1359{NETUID}0100", 152_752),  # sudo_set_burn_half_life
    (f"100100{KEY}0001000000", 80_187),  # Proxy.add_proxy
    ("100a", 147_513),  # Proxy.poke_deposit
    ("1b010404", 190_044),  # Crowdloan.contribute
    ("1b0304", 154_721),  # Crowdloan.finalize
    ("1e010401", 93_895),  # MevShield.submit_encrypted
    ("1c0001000100", 77_105),  # Swap.set_fee_rate
]
PAID_NOW = {("SubtensorModule", "decrease_take"), ("SubtensorModule", "increase_take")}  # free in June
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
    if row.call not in {*FEE_OF, ("SubtensorModule", "swap_hotkey_v2")}:
        assert ours.weight_of({}) == Weight(row.ref_time()) + guards_weight(*row.call)
    assert (ours.pays({}), ours.dispatch_class) == (row.pays or row.call in PAID_NOW, row.dispatch_class)


@pytest.mark.parametrize("row", AROUND, ids=lambda row: ".".join(row.call))
def test_a_call_around_others_weighs_what_the_source_says_and_what_they_weigh(row: SourceWeight) -> None:
    ours, inner = CALLS[row.call], INNER.registered.weight_of({})
    args = MANY if row.each else BOTH if row.call[1] == "if_else" else ONE
    calls = 1 if args is ONE else 2
    assert ours.weight_of(args) == Weight(row.ref_time(calls) + calls * inner.ref_time + GUARD)
    assert (ours.pays(args), ours.dispatch_class) == (row.pays, row.dispatch_class)


@pytest.mark.parametrize(("data", "fee"), PINNED)
def test_calls_that_were_measured_again_cost_what_mainnet_charges(data: str, fee: int) -> None:
    """The call's bytes, and its fee in an extrinsic of 100 bytes."""
    runtime = load_runtime()
    call = Call.from_decoded(runtime.core.decode_call(bytes.fromhex(data)))
    assert sum(fee_parts(runtime, "Normal", billed_weight(call), 100)) == fee
