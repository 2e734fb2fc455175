"""Events as bytes, held to the runtime's own encoder."""

from typing import Any

import pytest

from tao_lab.chain.errors import BadValue
from tao_lab.chain.events import encoded_event
from tao_lab.chain.runtime import Runtime, load_runtime
from tests.chain.conftest import account

PHASES: list[Any] = ["Initialization", "Finalization", {"ApplyExtrinsic": 0}, {"ApplyExtrinsic": 70_000}]


def _by_the_runtime(runtime: Runtime, phase: Any, pallet: str, name: str, content: Any) -> bytes:
    record = {"phase": phase, "event": {pallet: {name: content}}, "topics": []}
    return bytes(runtime.core.encode(runtime.event_record_type, record))


def _simple_events(runtime: Runtime) -> dict[tuple[str, str], list[tuple[str | None, Any]]]:
    """Events with at least one field, all of them accounts and whole numbers: name and a value of each field."""
    found = {}
    events = next(t for t in runtime.types.values() if t.get("path", [""])[-1] == "RuntimeEvent")
    for pallet in events["def"]["variant"]["variants"]:
        for event in runtime.types[pallet["fields"][0]["type"]]["def"]["variant"]["variants"]:
            values = []
            for place, field in enumerate(event.get("fields", [])):
                number = runtime.number(f"scale_info::{field['type']}")
                is_account = f"scale_info::{field['type']}" == runtime.account_type
                value = account(place + 1) if is_account else number and number.highest - place
                values.append((field.get("name"), {"bits": value} if number and number.in_bits else value))
            if values and all(value is not None for _, value in values):
                found[pallet["name"], event["name"]] = values
    return found


def test_every_event_of_accounts_and_numbers_is_what_the_runtimes_encoder_makes() -> None:
    runtime = load_runtime()
    events = _simple_events(runtime)
    assert {("Balances", "Transfer"), ("TransactionPayment", "TransactionFeePaid"), ("System", "NewAccount")} <= {
        *events
    }
    assert any(name is None for fields in events.values() for name, _ in fields)
    for (pallet, name), fields in events.items():
        content: Any = dict(fields) if fields[0][0] is not None else [value for _, value in fields]
        if isinstance(content, list) and len(content) == 1:
            content = content[0]
        for phase in PHASES:
            expected = _by_the_runtime(runtime, phase, pallet, name, content)
            assert encoded_event(runtime, phase, pallet, name, content) == expected, (pallet, name)


@pytest.mark.parametrize(
    "content",
    [
        {"from": account(1), "to": account(2)},
        {"from": account(1), "to": account(2), "amount": 1 << 64},
        {"from": account(1), "to": account(2), "amount": -1},
        {"from": account(1), "to": account(2), "much": 1},
        {"from": "nobody", "to": account(2), "amount": 1},
        {"from": 7, "to": account(2), "amount": 1},
        [account(1), account(2)],
        None,
    ],
)
def test_an_event_that_does_not_fit_is_refused(content: Any) -> None:
    with pytest.raises(BadValue):
        encoded_event(load_runtime(), "Initialization", "Balances", "Transfer", content)


def test_an_event_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadValue, match=r"Balances\.Lost"):
        encoded_event(load_runtime(), "Initialization", "Balances", "Lost", {})


def test_the_only_field_without_a_name_is_the_content_itself() -> None:
    runtime = load_runtime()
    event = "Initialization", "SubtensorModule", "TxDelegateTakeRateLimitSet"
    assert encoded_event(runtime, *event, 1) == _by_the_runtime(runtime, *event, 1)
    with pytest.raises(BadValue):
        encoded_event(runtime, *event, [1])
