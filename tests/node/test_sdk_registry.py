"""All that the official SDK can read, and all that it can do, by its own registries."""

import asyncio
import inspect
import types
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import bittensor as bt
import pytest
from bittensor.intents.base import BuiltCall
from bittensor.intents.registry import REGISTRY as INTENTS
from bittensor.intents.registry import build
from bittensor.reads.base import REGISTRY as READS
from bittensor_core import Keypair

from tao_lab.chain.chain import Chain
from tao_lab.chain.dispatch import CALLS
from tao_lab.node.rpc import Node
from tao_lab.node.substrate import LocalSubstrate
from tests.chain.conftest import TAO, account, key

VALUES = {"integer": 1, "number": 1.0, "string": account("alice"), "boolean": False}
NAMED: dict[str, Any] = {
    "netuids": [0, 1],
    "call_hash": "0x" + "00" * 32,
    "uid": 0,
    "mechid": 0,
    "limit": 3,
    "hotkey_ss58": account("validator"),
    "hotkeys_ss58": [account("validator")],
}


def with_client(chain: Chain, work: Callable[[bt.Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with bt.Client("local", substrate=LocalSubstrate(Node(chain))) as client:
            return await work(client)

    return asyncio.run(run())


# --- reads ------------------------------------------------------------------------------------------------------


def argument(name: str, kind: str) -> Any:
    if name in NAMED:
        return NAMED[name]
    return [account("alice")] if "array" in kind else VALUES[kind.split("|")[0].strip()]


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is what an annotation says."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is None or hint is type(None):
        return hint is Any or value is None
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, option) for option in args)
    if origin is list:
        return isinstance(value, list) and all(fits(item, args[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(k, args[0]) and fits(v, args[1]) for k, v in value.items())
    if origin is tuple:
        return isinstance(value, tuple | list)
    return isinstance(value, hint if origin is None else origin)


def read_all(chain: Chain, block: int | None) -> dict[str, Any]:
    """Every read of the registry at the head or at a past block: its answer, or what it raised."""

    async def work(client: bt.Client) -> dict[str, Any]:
        view = client if block is None else await client.at(block)
        answers = {}
        for name, spec in READS.items():
            args = {field: argument(field, kind) for field, kind in spec.params.items() if "null" not in kind}
            try:
                answers[name] = await view.read(name, **args)
            except Exception as error:
                answers[name] = error
        return answers

    found: dict[str, Any] = with_client(chain, work)
    return found


def misfits(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers that are not of the type that the read's annotation names."""
    wrong = {}
    for name, answer in answers.items():
        hints = typing.get_type_hints(inspect.unwrap(READS[name].fetch))
        if isinstance(answer, Exception) or not fits(answer, hints["return"]):
            wrong[name] = answer
    return wrong


@pytest.mark.parametrize("past", [False, True])
def test_every_read_answers_with_its_type_on_an_empty_network(chain: Chain, past: bool) -> None:
    chain.produce_block()
    none = {"metagraph": None}  # there is no subnet 1, which the read's annotation does not provide for
    assert misfits(read_all(chain, 1 if past else None)) == none


@pytest.mark.parametrize("past", [False, True])
def test_every_read_answers_with_its_type_on_a_populated_network(populated: Chain, past: bool) -> None:
    block = populated.head.number if past else None
    if past:
        populated.produce_block()
    answers = read_all(populated, block)
    assert misfits(answers) == {}
    assert [subnet.netuid for subnet in answers["subnets"]] == [0, 1, 2]
    assert answers["metagraph"]["hotkeys"] == [account("validator"), account("miner")]
    assert answers["subnet_hyperparameters"]["tempo"] == 360


# --- intents ----------------------------------------------------------------------------------------------------

SECONDS = 20  # after which an intent hangs
RUNS, NOT_IN_LAB, NOT_IN_METADATA = "runs", "not in the lab's chain", "not in the metadata"


@dataclass(frozen=True)
class Keys:
    """A wallet of two keys, as the SDK takes one."""

    coldkey: Keypair
    hotkey: Keypair

    @property
    def coldkeypub(self) -> Keypair:
        return self.coldkey


@dataclass(frozen=True)
class Case:
    """An intent with arguments, and what becomes of it.

    Attributes:
        outcome: `RUNS`, the chain's error, or why it cannot run here.
        who: Who signs: alice, the owner of subnet 1 and of its validator; bob, who owns subnet 2 and a miner on both.
        before: Intents that are carried out first.
    """

    args: dict[str, Any]
    outcome: str = RUNS
    who: str = "alice"
    before: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


WALLETS = {
    "alice": Keys(key("alice"), key("validator")),
    "bob": Keys(key("bob"), key("miner")),
    "sudo": Keys(key("sudo"), key("sudo")),
}
VALIDATOR, OTHER, MINER, SPARE, BOB, CAROL = (
    account(name) for name in ("validator", "other", "miner", "spare", "bob", "carol")
)
CASES: dict[str, Case] = {
    "transfer": Case({"dest_ss58": CAROL, "amount_tao": 1}),
}


def plain(chain: Chain, case: Case, op: str) -> str:
    """Carry out an intent as `client.execute` does; gives back what became of it."""

    async def work(client: bt.Client) -> str:
        for earlier, args in case.before:
            result = await client.execute(build(earlier, args), WALLETS[case.who])
            assert result.success, (earlier, result.message)
        try:
            result = await asyncio.wait_for(client.execute(build(op, case.args), WALLETS[case.who]), SECONDS)
        except (bt.BittensorError, ValueError) as error:
            return str(error)
        if NOT_IN_LAB in result.message:
            return NOT_IN_LAB
        return RUNS if result.success else str(result.error.name or result.message)

    found: str = with_client(chain, work)
    return found
