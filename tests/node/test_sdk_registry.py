"""All that the official SDK can read, and all that it can do, by its own registries."""

import asyncio
import inspect
import re
import types
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest
from bittensor.evm.addresses import ss58_to_h160_truncated
from bittensor.intents.hyperparameters import OWNER_HYPERPARAMETERS
from bittensor.intents.registry import REGISTRY as INTENTS
from bittensor.intents.registry import build
from bittensor.reads.base import REGISTRY as READS
from bittensor_core import Keypair

from tao_lab.chain.chain import Chain
from tao_lab.node.rpc import Node
from tao_lab.node.server import Server
from tao_lab.node.substrate import LocalSubstrate
from tests.chain.conftest import account, key
from tests.node.populated import sudo

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


async def every_read(view: Any) -> dict[str, Any]:
    """Every read of the registry by a client or a view of a past block: its answer, or what it raised."""
    answers = {}
    for name, spec in READS.items():
        args = {field: argument(field, kind) for field, kind in spec.params.items() if "null" not in kind}
        try:
            answers[name] = await view.read(name, **args)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            answers[name] = error
    return answers


def read_all(chain: Chain, block: int | None) -> dict[str, Any]:
    """Every read in this process, at the head or at a past block."""

    async def work(client: bt.Client) -> dict[str, Any]:
        return await every_read(client if block is None else await client.at(block))

    found: dict[str, Any] = with_client(chain, work)
    return found


def read_all_by_socket(chain: Chain) -> dict[str, Any]:
    """Every read at the head by the WebSocket of a node."""

    async def work(url: str) -> dict[str, Any]:
        async with bt.Client(url) as client:
            return await every_read(client)

    with Server(Node(chain)) as server:
        return asyncio.run(work(server.url))


NO_TRADING = ("basket_trading_status",)  # how a validator may trade its basket: not in the lab


def misfits(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers that don't have the type that the read's annotation names, or that should have been a refusal."""
    wrong = {}
    for name, answer in answers.items():
        hints = typing.get_type_hints(inspect.unwrap(READS[name].fetch))
        if name in NO_TRADING:
            is_right = isinstance(answer, Exception) and "not in the lab's chain" in str(answer)
        else:
            is_right = not isinstance(answer, Exception) and fits(answer, hints["return"])
        if not is_right:
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


def test_every_read_by_the_socket_equals_the_read_in_this_process(
    populated: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path))
    by_socket, here = read_all_by_socket(populated), read_all(populated, None)
    assert len(by_socket) == 102
    assert misfits(by_socket) == {}
    for name in NO_TRADING:
        assert str(by_socket.pop(name)) == str(here[name])
    assert {name: (answer, here[name]) for name, answer in by_socket.items() if answer != here[name]} == {}


# --- intents ----------------------------------------------------------------------------------------------------

SECONDS = 60  # after which an intent hangs
MISSING = re.compile(r"call \w+\.\w+ not found")
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
CROWDLOAN = {"deposit_tao": 10, "min_contribution_tao": 1, "cap_tao": 100, "end": 60_000, "target_ss58": CAROL}
CREATED = [("create_crowdloan", CROWDLOAN)]
CASES: dict[str, Case] = {
    "transfer": Case({"dest_ss58": CAROL, "amount_tao": 1}),
    "add_collateral": Case({"netuid": 1, "amount_alpha": 1}),
    "add_proxy": Case({"delegate_ss58": CAROL}),
    "add_stake": Case({"hotkey_ss58": VALIDATOR, "netuid": 1, "amount_tao": 1}),
    "add_stake_limit": Case({"hotkey_ss58": VALIDATOR, "netuid": 1, "amount_tao": 1, "limit_price_rao": 10**12}),
    "announce_coldkey_swap": Case({"new_coldkey_ss58": CAROL}),
    "associate_evm_key": Case(
        {"netuid": 1, "evm_key": "0x" + "11" * 20, "block_number": 1, "signature": "0x" + "11" * 65},
        "EvmKeyAssociateRateLimitExceeded",
    ),
    "associate_hotkey": Case({"hotkey_ss58": CAROL}),
    "batch": Case(
        {
            "intents": [
                {"op": "transfer", "dest_ss58": CAROL, "amount_tao": 1},
                {"op": "transfer", "dest_ss58": BOB, "amount_tao": 1},
            ]
        }
    ),
    "burned_register": Case({"netuid": 1, "hotkey_ss58": SPARE}),
    "claim_root": Case({"subnets": [1]}),
    "claim_root_with_hotkey": Case({"hotkey_ss58": VALIDATOR}),
    "clear_coldkey_swap_announcement": Case({}, before=[("announce_coldkey_swap", {"new_coldkey_ss58": CAROL})]),
    "commit_weights": Case(
        {"netuid": 1, "uids": [1], "weights": [1]},
        before=[("set_hyperparameter", {"netuid": 1, "name": "commit_reveal_weights_enabled", "value": True})],
    ),
    "contribute_crowdloan": Case({"crowdloan_id": 0, "amount_tao": 1}, before=CREATED),
    "create_crowdloan": Case(CROWDLOAN),
    "create_pure_proxy": Case({}),
    "decrease_take": Case({"take": 0.1}),
    "dispute_coldkey_swap": Case({}, before=[("announce_coldkey_swap", {"new_coldkey_ss58": CAROL})]),
    "dissolve_crowdloan": Case({"crowdloan_id": 0}, before=CREATED),
    "evm_withdraw": Case(
        {"amount_tao": 1},
        before=[("fund_evm_key", {"evm_address": ss58_to_h160_truncated(account("alice")), "amount_tao": 2})],
    ),
    "execute_proxy_announced": Case(
        {
            "delegate_ss58": BOB,
            "real_ss58": account("alice"),
            "inner_op": "transfer",
            "inner_args": {"dest_ss58": CAROL, "amount_tao": 1},
        },
        "Unannounced",
    ),
    "finalize_crowdloan": Case({"crowdloan_id": 0}, "CapNotRaised", before=CREATED),
    "fund_evm_key": Case({"evm_address": "0x" + "11" * 20, "amount_tao": 1}),
    "increase_take": Case({"take": 0.18}, "DelegateTakeTooLow"),
    "kill_pure_proxy": Case({"spawner_ss58": account("alice"), "height": 1, "ext_index": 1}, "NoPermission"),
    "lock_stake": Case({"netuid": 1, "amount_alpha": 1}),
    "move_lock": Case(
        {"netuid": 1, "destination_hotkey_ss58": OTHER}, before=[("lock_stake", {"netuid": 1, "amount_alpha": 1})]
    ),
    "move_stake": Case(
        {
            "origin_hotkey_ss58": VALIDATOR,
            "origin_netuid": 1,
            "dest_hotkey_ss58": MINER,
            "dest_netuid": 1,
            "amount_alpha": 1,
        }
    ),
    "move_swap_stake": Case(
        {
            "origin_hotkey_ss58": VALIDATOR,
            "origin_netuid": 1,
            "dest_hotkey_ss58": OTHER,
            "dest_netuid": 2,
            "amount_alpha": 1,
        }
    ),
    "multisig_approve": Case(
        {"threshold": 2, "other_signatories": [BOB], "call": {"op": "transfer", "dest_ss58": CAROL, "amount_tao": 1}}
    ),
    "multisig_cancel": Case(
        {
            "threshold": 2,
            "other_signatories": [BOB],
            "call": {"op": "transfer", "dest_ss58": CAROL, "amount_tao": 1},
            "timepoint": {"height": 1, "index": 1},
        },
        "NotFound",
    ),
    "multisig_execute": Case(
        {"threshold": 2, "other_signatories": [BOB], "call": {"op": "transfer", "dest_ss58": CAROL, "amount_tao": 1}}
    ),
    "multisig_threshold_1": Case(
        {"other_signatories": [BOB], "call": {"op": "transfer", "dest_ss58": CAROL, "amount_tao": 1}},
        "FundsUnavailable",
    ),
    "pow_register": Case({"netuid": 1, "work_block": 1, "nonce": 0, "work_hex": "0x" + "00" * 32}, "BadRequest"),
    "refund_crowdloan": Case({"crowdloan_id": 0}, before=CREATED),
    "register_leased_network": Case({"emissions_share": 10}, "InvalidCrowdloanId"),
    "register_subnet": Case({"hotkey_ss58": SPARE}),
    "remove_proxies": Case({}),
    "remove_proxy": Case({"delegate_ss58": BOB, "proxy_type": "Any"}),
    "remove_stake": Case({"hotkey_ss58": VALIDATOR, "netuid": 1, "amount_alpha": 1}),
    "remove_stake_limit": Case({"hotkey_ss58": VALIDATOR, "netuid": 1, "amount_alpha": 1, "limit_price_rao": 1}),
    "reset_axon": Case({"netuid": 1}),
    "reveal_weights": Case({"netuid": 1, "uids": [1], "weights": [1], "salt": [1]}, "NoWeightsCommitFound"),
    "root_register": Case({"hotkey_ss58": SPARE}),
    "serve_axon": Case({"netuid": 1, "ip": "1.2.3.4", "port": 8091}),
    "serve_axon_tls": Case({"netuid": 1, "ip": "1.2.3.4", "port": 8091, "certificate": "0x0102"}),
    "serve_prometheus": Case({"netuid": 1, "ip": "1.2.3.4", "port": 8091}),
    "set_auto_stake": Case({"netuid": 1, "hotkey_ss58": VALIDATOR}),
    "set_childkey_take": Case({"netuid": 1, "take": 0.05}),
    "set_children": Case({"netuid": 1, "children": [[0.5, SPARE]]}),
    "set_crowdloan_max_contribution": Case({"crowdloan_id": 0, "new_max_contribution_tao": 20}, before=CREATED),
    "set_hyperparameter": Case({"netuid": 1, "name": "immunity_period", "value": 5000}),
    "set_identity": Case({"name": "Alice"}),
    "set_mechanism_count": Case({"netuid": 1, "mechanism_count": 1}),
    "set_min_collateral": Case({"netuid": 1, "min_alpha": 1}),
    "set_perpetual_lock": Case({"netuid": 1, "enabled": True}),
    "set_reject_locked_alpha": Case({"enabled": True}),
    "set_root_claim_threshold": Case({"threshold": 0.001}, who="sudo"),
    "set_subnet_emission_enabled": Case({"netuids": [1], "enabled": True}, who="sudo"),
    "set_subnet_identity": Case({"netuid": 1, "subnet_name": "Lab 2"}),
    "set_take": Case({"take": 0.1}),
    "set_weights": Case({"netuid": 1, "uids": [1], "weights": [1]}),
    "stake_burn": Case({"netuid": 1, "amount_tao": 1, "limit_price": 10**12}),
    "stake_into_basket": Case({"hotkey_ss58": VALIDATOR, "amount_tao": 1}, NOT_IN_LAB),
    "start_call": Case({"netuid": 1}, "FirstEmissionBlockNumberAlreadySet"),
    "swap_basket": Case({"hotkey_ss58": VALIDATOR, "origin_netuid": 1, "dest_netuid": 2, "amount": 1}, NOT_IN_LAB),
    "swap_basket_many": Case(
        {  # two legs: the SDK encodes one leg alone as if it were the list of legs
            "hotkey_ss58": VALIDATOR,
            "legs": [
                {"origin_netuid": 1, "dest_netuid": 2, "amount": 1},
                {"origin_netuid": 2, "dest_netuid": 1, "amount": 1},
            ],
        },
        NOT_IN_LAB,
    ),
    "swap_coldkey_announced": Case(
        {"new_coldkey_ss58": CAROL}, before=[("announce_coldkey_swap", {"new_coldkey_ss58": CAROL})]
    ),
    "swap_hotkey": Case({"new_hotkey_ss58": CAROL, "hotkey_ss58": SPARE}),
    "swap_stake": Case({"hotkey_ss58": VALIDATOR, "origin_netuid": 1, "dest_netuid": 2, "amount_alpha": 1}),
    "terminate_lease": Case({"lease_id": 0}, "LeaseDoesNotExist"),
    "transfer_all": Case({"dest_ss58": CAROL}),
    "transfer_stake": Case(
        {"dest_coldkey_ss58": BOB, "hotkey_ss58": VALIDATOR, "origin_netuid": 1, "dest_netuid": 1, "amount_alpha": 1}
    ),
    "trim_null_subnet_batch": Case(
        {"netuid": 1, "target": 64},
        before=[("set_hyperparameter", {"netuid": 1, "name": "epoch_consensus", "value": "Null"})],
    ),
    "trim_subnet": Case({"netuid": 1, "max_n": 64}),
    "unstake_all": Case({"hotkey_ss58": VALIDATOR}),
    "unstake_all_alpha": Case({"hotkey_ss58": VALIDATOR}),
    "update_crowdloan_cap": Case({"crowdloan_id": 0, "new_cap_tao": 200}, before=CREATED),
    "update_crowdloan_end": Case({"crowdloan_id": 0, "new_end": 70_000}, before=CREATED),
    "update_crowdloan_min_contribution": Case({"crowdloan_id": 0, "new_min_contribution_tao": 2}, before=CREATED),
    "update_symbol": Case({"netuid": 1, "symbol": "λ"}),
    "withdraw_crowdloan": Case({"crowdloan_id": 0}, "DepositCannotBeWithdrawn", before=CREATED),
}
HYPERPARAMETERS: dict[str, tuple[Any, str]] = {  # value, and what becomes of it
    "activity_cutoff_factor": (2_000, RUNS),
    "adjustment_alpha": (0.5, RUNS),
    "alpha_high": (0.9, RUNS),
    "alpha_low": (0.6, RUNS),
    "alpha_sigmoid_steepness": (500, RUNS),
    "bonds_moving_avg": (0.8, RUNS),
    "bonds_penalty": (0.5, RUNS),
    "bonds_reset_enabled": (True, RUNS),
    "burn_half_life": (720, RUNS),
    "burn_increase_mult": (1.5, RUNS),
    "collateral_drain_ratio": (2.0, RUNS),
    "collateral_lock_share": (0.5, RUNS),
    "commit_reveal_period": (2, RUNS),
    "commit_reveal_weights_enabled": (True, RUNS),
    "epoch_consensus": ("Null", RUNS),
    "immunity_period": (5_000, RUNS),
    "liquid_alpha_enabled": (True, RUNS),
    "max_allowed_uids": (100, RUNS),
    "max_burn": (50.0, RUNS),
    "max_difficulty": (10**9, RUNS),
    "min_allowed_weights": (2, RUNS),
    "min_burn": (0.001, RUNS),
    "min_childkey_take": (0.01, RUNS),
    "network_pow_registration_allowed": (True, RUNS),
    "owner_cut_auto_lock_enabled": (True, RUNS),
    "owner_cut_enabled": (False, RUNS),
    "owner_immune_neuron_limit": (5, RUNS),
    "registration_allowed": (False, RUNS),  # places are given for work since the line above
    "rho": (20, RUNS),
    "serving_rate_limit": (10, RUNS),
    "tempo": (720, RUNS),
    "transfers_enabled": (False, RUNS),
    "weights_version": (7, RUNS),
    "yuma3_enabled": (True, RUNS),
}


def outcome(chain: Chain, op: str, case: Case) -> str:
    """Carry out an intent as `client.execute` does; returns what became of it."""

    async def work(client: bt.Client) -> str:
        for earlier, args in case.before:
            result = await client.execute(build(earlier, args), WALLETS[case.who])
            assert result.success, (earlier, result.message)
        try:
            result = await asyncio.wait_for(client.execute(build(op, case.args), WALLETS[case.who]), SECONDS)
        except (bt.BittensorError, ValueError) as error:
            return NOT_IN_METADATA if MISSING.match(str(error)) else str(error)
        if NOT_IN_LAB in result.message:
            return NOT_IN_LAB
        return RUNS if result.success else str(result.error.name or result.message)

    found: str = with_client(chain, work)
    return found


def test_the_table_has_every_intent_of_the_registry() -> None:
    assert set(CASES) == set(INTENTS)
    assert set(HYPERPARAMETERS) == set(OWNER_HYPERPARAMETERS)


@pytest.mark.parametrize("op", sorted(CASES))
def test_an_intent_runs_or_says_why_it_does_not(populated: Chain, op: str) -> None:
    assert outcome(populated, op, CASES[op]) == CASES[op].outcome


def test_the_owner_sets_every_hyperparameter_that_the_sdk_names(populated: Chain) -> None:
    sudo(populated, "AdminUtils", "sudo_set_owner_hparam_rate_limit", epochs=0)  # two names share one call
    first, last = "liquid_alpha_enabled", "tempo"  # alpha_low and alpha_high need the first
    for name in [first, *(name for name in HYPERPARAMETERS if name not in (first, last)), last]:
        value, expected = HYPERPARAMETERS[name]
        before = populated.head.number
        case = Case({"netuid": 1, "name": name, "value": value})
        assert outcome(populated, "set_hyperparameter", case) == expected, name
        assert populated.head.number == before + (expected not in (NOT_IN_LAB, NOT_IN_METADATA)), name
    assert populated.state.get("SubtensorModule", "AlphaValues", 1) == (39_321, 58_982)
