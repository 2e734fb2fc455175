import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

from tao_lab.chain import pallets
from tao_lab.chain.absent import ABSENT, ALL, NEVER_STOPS, NO_PREIMAGE, NO_RELAYER, NO_SCHEDULE, NO_TRADING
from tao_lab.chain.chain import Chain
from tao_lab.chain.dispatch import CALLS, RUNTIME_APIS, Call
from tao_lab.chain.errors import DispatchError, NotInLab
from tao_lab.chain.extrinsic import Extrinsic
from tao_lab.chain.validity import check_call
from tests.chain.conftest import TAO, account, free, run


@pytest.mark.parametrize(("pallet", "name"), sorted(CALLS))
def test_a_call_takes_the_arguments_of_the_metadata(chain: Chain, pallet: str, name: str) -> None:
    declared = next(call for call in chain.runtime.pallets[pallet]["calls"] if call["name"] == name)
    parameters = list(inspect.signature(CALLS[(pallet, name)].function).parameters)
    assert parameters[2:] == [arg["name"] for arg in declared["args"]]


def test_each_call_of_the_runtime_is_carried_out_or_has_a_reason_why_not(chain: Chain) -> None:
    missing, listed = set(), set()
    for pallet, content in chain.runtime.pallets.items():
        names = {made["name"] for made in content.get("calls") or []}
        missing |= {(pallet, name) for name in names if (pallet, name) not in CALLS}
        for calls in ABSENT.get(pallet, {}).values():
            listed |= {(pallet, name) for name in (names if calls == ALL else calls.split())}
    assert missing == listed
    assert set(ABSENT) <= set(chain.runtime.pallets)


@pytest.mark.parametrize(
    ("pallet", "name", "args", "why"),
    [
        ("LimitOrders", "set_pallet_status", {"enabled": True}, NO_RELAYER),
        ("Scheduler", "cancel", {"when": 1, "index": 0}, NO_SCHEDULE),
        ("Preimage", "note_preimage", {"bytes": "0x00"}, NO_PREIMAGE),
        ("SafeMode", "enter", {}, NEVER_STOPS),
        ("AdminUtils", "sudo_set_basket_concentration_cap", {"cap": 1}, NO_TRADING),
    ],
)
def test_a_call_that_is_absent_is_refused_with_the_reason(
    chain: Chain, pallet: str, name: str, args: dict[str, object], why: str
) -> None:
    for data in (
        chain.compose(pallet, name, args),
        chain.compose("Utility", "batch", {"calls": [chain.compose(pallet, name, args)]}),
    ):
        made = Call.from_decoded(chain.runtime.core.decode_call(data))
        with pytest.raises(NotInLab) as refusal:
            check_call(Extrinsic(b"", b"", data, made, signer=account("alice")))
        assert str(refusal.value) == f"{pallet}.{name} is not in the lab's chain: {why}"


def raised(tree: ast.AST, module: ModuleType) -> Iterator[DispatchError]:
    """The errors that a module makes with a literal name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            words = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
            if node.func.id == "failed" and words:
                yield module.failed(words[0])
            elif node.func.id == "DispatchError" and len(words) == 2 and words[1]:
                yield DispatchError(*words)


def test_each_error_that_a_pallet_raises_is_in_the_metadata(chain: Chain) -> None:
    """`InsufficientBalance` of the June source, for one, is `InsufficientTaoBalance` there."""
    seen = set()
    for info in pkgutil.walk_packages(pallets.__path__, f"{pallets.__name__}."):
        module = importlib.import_module(info.name)
        for error in raised(ast.parse(inspect.getsource(module)), module):
            chain.runtime.dispatch_error(error)
            seen.add((error.pallet, error.name))
    assert len(seen) > 150


@pytest.mark.parametrize(("api", "method"), sorted(RUNTIME_APIS))
def test_a_runtime_api_takes_the_arguments_of_the_metadata(chain: Chain, api: str, method: str) -> None:
    registered = RUNTIME_APIS[(api, method)]
    names = [name for name, _ in chain.runtime.runtime_apis[api][method]["inputs"]]
    parameters = list(inspect.signature(registered.function).parameters)
    assert parameters[1:] == (["data"] if registered.takes_bytes else names)


def test_a_transfer_moves_the_value_and_the_fee_is_recycled(chain: Chain) -> None:
    before = chain.state.get("Balances", "TotalIssuance")
    events = dict(run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("bob"), value=TAO))
    fee = events["TransactionPayment.TransactionFeePaid"]["actual_fee"]
    assert free(chain, "bob") == 101 * TAO
    assert free(chain, "alice") == 99 * TAO - fee
    assert chain.state.get("Balances", "TotalIssuance") == before - fee
    assert fee > 0
