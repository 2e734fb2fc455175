"""What extrinsics weigh and cost; numbers and cases of the public chain, named at each."""

from typing import Any

import pytest

from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import CALLS, DB_READ, DB_WRITE, Call, Weight
from tao_lab.chain.fee_weights import billed_weight
from tao_lab.chain.guard_weights import guards_weight
from tao_lab.chain.pallets import balances, transaction_payment
from tests.chain.conftest import TAO, account, free, key, run

KEY = "01" * 32
PINNED = [  # a call's bytes, and its fee in rao on spec 467: `runtime/tests/fee_baseline/pins.tsv` of that runtime
    ("00000401", 42_488),  # System.remark
    ("00040404010401", 67_664),  # System.set_storage
    ("0005040401", 67_637),  # System.kill_storage
    ("0006040101000000", 106_000),  # System.kill_prefix
    ("00070401", 43_273),  # System.remark_with_event
    ("020004", 80_543),  # Timestamp.set
    (f"050000{KEY}04", 85_547),  # Balances.transfer_allow_death
    (f"050200{KEY}00{KEY}04", 116_969),  # Balances.force_transfer
    (f"050300{KEY}04", 83_102),  # Balances.transfer_keep_alive
    (f"050400{KEY}00", 85_391),  # Balances.transfer_all
    (f"050500{KEY}0100000000000000", 77_218),  # Balances.force_unreserve
    (f"050604{KEY}", 80_670),  # Balances.upgrade_accounts
    (f"050800{KEY}04", 78_140),  # Balances.force_set_balance
    ("05090004", 43_427),  # Balances.force_adjust_total_issuance
    ("050a0400", 47_269),  # Balances.burn
    ("0c0000000401", 65_723),  # Sudo.sudo
    (f"0c0200{KEY}", 75_148),  # Sudo.set_key
    (f"0c0300{KEY}00000401", 65_706),  # Sudo.sudo_as
    ("0c04", 74_943),  # Sudo.remove_key
    (f"0d0004{KEY}00000401", 106_356),  # Multisig.as_multi_threshold_1
    (f"0d01010004{KEY}00000004010404", 125_826),  # Multisig.as_multi
    (f"0d02010004{KEY}00{KEY}0404", 80_240),  # Multisig.approve_as_multi
    (f"0d03010004{KEY}0100000001000000{KEY}", 80_529),  # Multisig.cancel_as_multi
    (f"0d04010004{KEY}{KEY}", 80_207),  # Multisig.poke_deposit
    ("160001010101010101010101010101010101010101010100000000000000", 42_513),  # EVM.withdraw
]
BASE, LENGTH = 27_039, 50  # rao: of the frame, and of 100 bytes
GUARD = 60_000_000  # picoseconds, in front of each call


def to_rao(picoseconds: int) -> int:
    return (picoseconds * 250_000 + 499_999_999) // 10**9


@pytest.mark.parametrize(("data", "fee"), PINNED)
def test_calls_of_the_polkadot_sdk_cost_what_mainnet_charges(chain: Chain, data: str, fee: int) -> None:
    call = Call.from_decoded(chain.runtime.core.decode_call(bytes.fromhex(data)))
    assert sum(transaction_payment.fee_parts(chain.runtime, "Normal", billed_weight(call), 100)) == fee


@pytest.mark.parametrize(
    ("name", "length", "fee"),
    [("remove_stake_limit", 160, 645_119), ("swap_stake_limit", 162, 1_069_370)],
)
def test_staking_costs_what_it_cost_on_mainnet(chain: Chain, name: str, length: int, fee: int) -> None:
    """`actual_fee` of two extrinsics at spec 475 (October 2026); more than 2,472 and 4,169 million are not billed."""
    parts = transaction_payment.fee_parts(
        chain.runtime, "Normal", billed_weight(Call("SubtensorModule", name, {})), length
    )
    assert sum(parts) == fee


def test_rates_are_those_of_the_source() -> None:
    """`runtime/tests/native_fee_rates.rs`; the last weight is that of a transfer with its guard."""
    weights = {0: 0, 40_000: 10, 10**9: 250_000, 224_051_000: 56_013, 2**64 - 1: 4_611_686_018_427_388}
    assert {made: transaction_payment.weight_to_fee(Weight(made)) for made in weights} == weights
    lengths = {0: 0, 1: 0, 3: 1, 150: 75, 151: 75}
    assert {made: transaction_payment.length_to_fee(made) for made in lengths} == lengths
    assert CALLS["Balances", "transfer_keep_alive"].weight_of({}) == Weight(224_051_000)


# --- the guards before a call --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more"),
    [  # `weight_matches_top_level_dispatch_extension_checks`, pallets/subtensor/src/extensions/subtensor.rs
        ("set_weights", 52_958_000 + 11 * DB_READ + 35_376_000 + 7 * DB_READ),
        ("batch_set_weights", 52_958_000 + 11 * DB_READ),
        ("reveal_weights", 52_958_000 + 11 * DB_READ),
        ("register_network", 35_376_000 + 7 * DB_READ),
        ("increase_take", 15_378_000 + 3 * DB_READ),
        ("decrease_take", 15_378_000 + 3 * DB_READ),
        ("serve_axon_tls", 19_035_000 + 3 * DB_READ),
        ("serve_prometheus", 19_035_000 + 3 * DB_READ),
        ("associate_evm_key", 15_448_000 + 2 * DB_READ),
        ("add_stake", 0),
        ("register_network_with_identity", 0),
    ],
)
def test_some_calls_are_looked_at_by_more_guards(name: str, more: int) -> None:
    assert guards_weight("SubtensorModule", name) == Weight(GUARD + more)


def fee_of(events: list[tuple[str, Any]]) -> int:
    return int(dict(events)["TransactionPayment.TransactionFeePaid"]["actual_fee"])


def length(chain: Chain) -> int:
    return len(chain.block(chain.head.number).extrinsics[1])


def fee_for(chain: Chain, picoseconds: int) -> int:
    """Rao for an extrinsic as long as the last one whose call weighs so much."""
    return BASE + (length(chain) * 500_000_000 + 499_999_999) // 10**9 + to_rao(picoseconds)


def test_a_transfer_pays_for_frame_length_and_call(chain: Chain) -> None:
    before = free(chain, "alice")
    events = run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("carol"), value=TAO)
    fee = fee_of(events)
    assert fee == 27_039 + length(chain) // 2 + 56_013
    assert free(chain, "alice") == before - TAO - fee
    told = dict(events)["System.ExtrinsicSuccess"]["dispatch_info"]
    assert told["weight"]["ref_time"] == 108_157_000 + 224_051_000


def test_fee_and_tip_are_recycled(chain: Chain) -> None:
    """`tao_transaction_fees_are_recycled` (pallets/transaction-fee/src/tests/recycling.rs)."""
    items = (("Balances", "TotalIssuance"), ("SubtensorModule", "TotalIssuance"))
    chain.produce_block()
    before, author = [chain.state.get(*item) for item in items], free(chain, "authority")
    chain.produce_block()
    made = [chain.state.get(*item) - amount for item, amount in zip(items, before, strict=True)]
    data = chain.sign(key("alice"), "System", "remark", {"remark": "0x00"}, tip=1_000)
    had = free(chain, "alice")
    chain.submit(data)
    chain.produce_block()
    paid = had - free(chain, "alice")
    assert paid == executive.highest_fee(chain.runtime, chain.decode(data)) > 1_000
    after = [chain.state.get(*item) for item in items]
    assert after == [amount + 2 * new - paid for amount, new in zip(before, made, strict=True)]
    assert free(chain, "authority") == author


# --- what is not needed is refunded --------------------------------------------------------------------------------

TRANSFER = 39_051_000 + DB_READ + DB_WRITE + GUARD


def transfer(chain: Chain, value: int = TAO) -> bytes:
    return chain.compose("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": value})


def batch_weight(name: str, calls: int) -> int:
    base, each = {"batch": (19_446_696, 5_450_264), "batch_all": (13_428_230, 5_663_250)}[name]
    return base + calls * each + 2 * DB_READ


@pytest.mark.parametrize(
    ("values", "run_calls"),
    [([10_000, *[1] * 9], 1), ([1, 10_000, 1], 2), ([1, 1, 1], 3)],
)
@pytest.mark.parametrize("name", ["batch", "batch_all"])
def test_a_batch_pays_for_the_calls_that_ran(chain: Chain, name: str, values: list[int], run_calls: int) -> None:
    """`batch_handles_weight_refund`, `batch_all_handles_weight_refund` (pallets/utility/src/tests.rs)."""
    events = run(chain, "alice", "Utility", name, calls=[transfer(chain, value * TAO) for value in values])
    assert fee_of(events) == fee_for(chain, batch_weight(name, run_calls) + run_calls * TRANSFER)
    last = dict(events).get("System.ExtrinsicSuccess") or dict(events)["System.ExtrinsicFailed"]
    spent = batch_weight(name, run_calls) + run_calls * TRANSFER
    assert last["dispatch_info"]["weight"]["ref_time"] == 108_157_000 + spent


def test_a_forced_batch_pays_for_all_its_calls(chain: Chain) -> None:
    calls = [transfer(chain, value * TAO) for value in (10_000, 1, 10_000)]
    events = run(chain, "alice", "Utility", "force_batch", calls=calls)
    assert fee_of(events) == fee_for(chain, 12_134_867 + 3 * 5_477_293 + 2 * DB_READ + 3 * TRANSFER)


def test_a_batch_in_a_call_that_fails_reports_what_it_weighed(chain: Chain) -> None:
    """`as_derivative_handles_weight_refund` (pallets/utility/src/tests.rs)."""
    calls = [transfer(chain, value * TAO) for value in (10_000, 1, 1)]
    inner = chain.compose("Utility", "batch_all", {"calls": calls})
    events = run(chain, "alice", "Utility", "as_derivative", index=0, call=inner)
    own = 15_378_000 + 3 * DB_READ + DB_WRITE
    assert "System.ExtrinsicFailed" in dict(events)
    assert fee_of(events) == fee_for(chain, own + batch_weight("batch_all", 1) + TRANSFER)


@pytest.mark.parametrize(("values", "attempts"), [((1, 1), 1), ((10_000, 1), 2), ((10_000, 10_000), 2)])
def test_a_fallback_that_is_not_needed_costs_nothing(chain: Chain, values: tuple[int, int], attempts: int) -> None:
    """`if_else` of pallets/utility/src/lib.rs: main, then fallback, each with its actual weight."""
    main, fallback = (transfer(chain, value * TAO) for value in values)
    events = run(chain, "alice", "Utility", "if_else", main=main, fallback=fallback)
    assert fee_of(events) == fee_for(chain, 21_831_000 + 2 * DB_READ + attempts * TRANSFER)


def others(who: str, group: list[str]) -> list[str]:
    return [address for _, address in sorted((key(name).public_key, account(name)) for name in group if name != who)]


def test_an_agreement_pays_for_what_it_did(chain: Chain) -> None:
    """`operate` of frame/multisig/src/lib.rs: opening, agreeing and completing weigh what each benchmark says.

    A transfer reports no weight of its own, so the last one pays for all that it was declared with, guard included.
    """
    group, inner = ["alice", "bob", "faucet"], transfer(chain)
    size, when = len(inner), None
    expected = [
        29_976_762 + 2 * 144_320 + size * 1_819 + DB_READ + DB_WRITE,
        14_821_348 + 2 * 127_874 + size * 1_968 + DB_READ + DB_WRITE,
        34_745_418 + 2 * 193_313 + size * 2_057 + 4 * DB_READ + 2 * DB_WRITE + 10**10 + GUARD,  # all
    ]
    for who, weight in zip(group, expected, strict=True):
        args = {"threshold": 3, "other_signatories": others(who, group), "maybe_timepoint": when, "call": inner}
        events = run(chain, who, "Multisig", "as_multi", **args, max_weight={"ref_time": 10**10, "proof_size": 0})
        assert "System.ExtrinsicSuccess" in dict(events)
        assert fee_of(events) == fee_for(chain, weight)
        when = when or {"height": chain.head.number, "index": 1}


def test_looking_at_a_deposit_weighs_as_benchmarked(chain: Chain) -> None:
    """`Proxy.poke_deposit` in the public list of fees; it is free only where a deposit changed."""
    assert CALLS[("Proxy", "poke_deposit")].weight_of({}) == Weight(421_696_000 + GUARD)
    assert fee_of(run(chain, "alice", "Proxy", "poke_deposit")) == fee_for(chain, 421_696_000 + GUARD)


def test_a_call_never_weighs_more_than_it_was_declared_with(chain: Chain) -> None:
    """`calc_actual_weight` of frame/support/src/dispatch.rs."""
    registered = CALLS[("Proxy", "poke_deposit")]
    assert registered.spent({}, Weight(421_696_001 + GUARD, 1)) == Weight(421_696_000 + GUARD, 0)
    assert registered.spent({}, Weight(1)) == Weight(1)
    assert registered.spent({}, None) == Weight(421_696_000 + GUARD)


def test_an_account_that_is_gone_gets_no_refund(chain: Chain) -> None:
    """`correct_and_deposit_fee` of pallets/transaction-fee/src/lib.rs: all that was withdrawn is recycled."""
    ctx = Context(chain.runtime, chain.state, 10, account("authority"))
    before = ctx.state.get("SubtensorModule", "TotalIssuance")
    transaction_payment.settle_fee(ctx, account("nobody"), TAO, TAO // 4, 0, None)
    assert balances.free_balance(ctx, account("nobody")) == balances.free_balance(ctx, ctx.author) == 0
    assert ctx.state.get("SubtensorModule", "TotalIssuance") == before - TAO


def test_a_quote_is_what_a_transfer_pays(chain: Chain) -> None:
    data = chain.sign(key("alice"), "Balances", "transfer_keep_alive", {"dest": account("carol"), "value": TAO})
    extrinsic = chain.decode(data)
    quoted = executive.highest_fee(chain.runtime, extrinsic)
    assert fee_of(run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("carol"), value=TAO)) == quoted


def test_a_registration_that_is_refused_before_it_pays_costs_what_it_looked_at(chain: Chain) -> None:
    """`registration_precheck_weight` (subnets/registration.rs, spec 469): 20 reads and 4 writes."""
    args = {"netuid": 9, "hotkey": account("bob")}
    events = run(chain, "alice", "SubtensorModule", "burned_register", **args)
    assert "System.ExtrinsicFailed" in dict(events)
    assert fee_of(events) == fee_for(chain, 20 * DB_READ + 4 * DB_WRITE) == fee_for(chain, 900_000_000)
