"""Calls of the real runtime that the lab's chain knows by name but doesn't have, and why.

A test compares this table with the metadata: the lab's chain has each call, or the call is listed here.
"""

from __future__ import annotations

NO_TRADING = "a basket in the lab takes in root's dividends and pays claims; nobody trades it or buys into it"
NO_WASM = "the lab's chain runs no Wasm"
NO_CONSENSUS = "one authority, and blocks are final at once"
NO_EVM = "there is no Ethereum in the lab's chain"
ONE_AUTHOR = "one author with one key needs no queue of sealed extrinsics"
ONE_BEACON = "a pulse is checked by what `bittensor_core` seals, which is for quicknet only"
NO_RELAYER = "orders are signed messages that somebody collects and submits; the lab has no such service"
NO_SCHEDULE = "nothing in the lab waits for a block to be called; root calls at once"
NO_PREIMAGE = "only crowdloans keep calls, and they store them themselves"
NEVER_STOPS = "the lab's chain has no emergency in which calls are forbidden"

ALL = "*"
ABSENT = {  # calls by pallet and reason; `*` stands for all of a pallet
    "System": {
        NO_WASM: "set_heap_pages set_code set_code_without_checks authorize_upgrade authorize_upgrade_without_checks "
        "apply_authorized_upgrade"
    },
    "SubtensorModule": {NO_TRADING: "stake_into_basket swap_basket swap_basket_many"},
    "AdminUtils": {
        NO_TRADING: "sudo_set_basket_concentration_cap sudo_set_basket_trading_enabled sudo_set_basket_trading_frozen "
        "sudo_set_basket_daily_turnover_cap sudo_set_basket_liquidity_cap sudo_set_basket_claim_dust "
        "sudo_set_basket_min_trade_tao",
        NO_CONSENSUS: "swap_authorities schedule_grandpa_change",
        NO_EVM: "sudo_set_evm_chain_id sudo_toggle_evm_precompile",
    },
    "Drand": {ONE_BEACON: "set_beacon_config"},
    "MevShield": {
        ONE_AUTHOR: "announce_next_key store_encrypted set_max_pending_extrinsics_number set_on_initialize_weight "
        "set_stored_extrinsic_lifetime set_max_extrinsic_weight"
    },
    "EVM": {NO_EVM: "call create create2 set_whitelist disable_whitelist"},
    "Ethereum": {NO_EVM: ALL},
    "BaseFee": {NO_EVM: ALL},
    "Contracts": {NO_WASM: ALL},
    "Grandpa": {NO_CONSENSUS: ALL},
    "LimitOrders": {NO_RELAYER: ALL},
    "Scheduler": {NO_SCHEDULE: ALL},
    "Preimage": {NO_PREIMAGE: ALL},
    "SafeMode": {NEVER_STOPS: ALL},
}


def reason(pallet: str, name: str) -> str:
    """Why the lab's chain doesn't have a call; empty for a call that isn't listed."""
    for why, names in ABSENT.get(pallet, {}).items():
        if names == ALL or name in names.split():
            return why
    return ""
