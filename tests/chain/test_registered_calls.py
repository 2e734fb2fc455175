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
