import inspect

import pytest

from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.dispatch import CALLS, RUNTIME_APIS
from tests.chain.conftest import TAO, account, free, run


@pytest.mark.parametrize(("pallet", "name"), sorted(CALLS))
def test_a_call_takes_the_arguments_of_the_metadata(chain: Chain, pallet: str, name: str) -> None:
    declared = next(call for call in chain.runtime.pallets[pallet]["calls"] if call["name"] == name)
    parameters = list(inspect.signature(CALLS[(pallet, name)].function).parameters)
    assert parameters[2:] == [arg["name"] for arg in declared["args"]]


NEWER = "newer than the source of 2026-06-30"
NO_WASM = "the lab's chain runs no Wasm that could be replaced"
NO_CONSENSUS = "one authority, and blocks are final at once"
NO_EVM = "there is no Ethereum in the lab's chain"
ONE_AUTHOR = "one author with one key needs no queue of sealed extrinsics"
MISSING = {  # calls of the pallets that the lab has, and why they are not in its chain
    "System": {
        NO_WASM: "set_heap_pages set_code set_code_without_checks authorize_upgrade authorize_upgrade_without_checks "
        "apply_authorized_upgrade"
    },
    "SubtensorModule": {NEWER: "stake_into_basket swap_basket add_collateral set_min_collateral"},
    "AdminUtils": {
        NEWER: "sudo_set_liquid_alpha_consensus_mode sudo_set_emission_bar_quantile sudo_set_emission_bar_rank "
        "sudo_set_emission_gate_exponent sudo_set_collateral_lock_share sudo_set_collateral_drain_ratio "
        "sudo_set_basket_concentration_cap sudo_set_basket_trading_enabled sudo_set_basket_trading_frozen "
        "sudo_set_basket_daily_turnover_cap sudo_set_basket_liquidity_cap",
        NO_CONSENSUS: "swap_authorities schedule_grandpa_change",
        NO_EVM: "sudo_set_evm_chain_id sudo_toggle_evm_precompile",
    },
    "Drand": {"a pulse is checked by what `bittensor_core` seals, which is for quicknet only": "set_beacon_config"},
    "MevShield": {
        ONE_AUTHOR: "announce_next_key store_encrypted set_max_pending_extrinsics_number set_on_initialize_weight "
        "set_stored_extrinsic_lifetime set_max_extrinsic_weight"
    },
}
WHOLE = ("Balances", "Sudo", "Utility", "Proxy", "Multisig", "Commitments", "Swap", "Crowdloan", "Timestamp")


@pytest.mark.parametrize("pallet", [*MISSING, *WHOLE])
def test_what_a_pallet_lacks_has_a_reason(chain: Chain, pallet: str) -> None:
    missing = {call["name"] for call in chain.runtime.pallets[pallet]["calls"] if (pallet, call["name"]) not in CALLS}
    assert missing == {name for names in MISSING.get(pallet, {}).values() for name in names.split()}


@pytest.mark.parametrize(("api", "method"), sorted(RUNTIME_APIS))
def test_a_runtime_api_takes_the_arguments_of_the_metadata(chain: Chain, api: str, method: str) -> None:
    registered = RUNTIME_APIS[(api, method)]
    names = [name for name, _ in chain.runtime.runtime_apis[api][method]["inputs"]]
    parameters = list(inspect.signature(registered.function).parameters)
    assert parameters[1:] == (["data"] if registered.takes_bytes else names)


def test_a_transfer_moves_the_value_and_the_author_gets_the_fee(chain: Chain) -> None:
    before = chain.state.get("System", "Account", executive.author(chain.state))["data"]["free"]
    events = dict(run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("bob"), value=TAO))
    fee = events["TransactionPayment.TransactionFeePaid"]["actual_fee"]
    assert free(chain, "bob") == 101 * TAO
    assert free(chain, "alice") == 99 * TAO - fee
    assert chain.state.get("System", "Account", executive.author(chain.state))["data"]["free"] == before + fee
    assert fee > 0
