"""Rules that a student replaces: they decide, and what they break fails the block and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import BadValue, BlockFailed, RuleBroken
from tao_lab.chain.pallets.subtensor.epochs import run_epochs
from tao_lab.consensus import EpochInput, EpochTerms, SparseRows, epoch
from tao_lab.fixed import FLOAT
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, add_subnet, do


@pytest.fixture
def running(chain: Chain) -> Chain:
    """A chain whose subnet 1 has an epoch in every block: a validator and a miner, and weights."""
    ctx = Context(chain.runtime, chain.state, chain.head.number, account("authority"))
    add_subnet(ctx, NETUID, Tempo=1)
    add_neuron(ctx, "validator", "alice", stake=1_000, permit=True)
    add_neuron(ctx, "miner", "bob")
    ctx.block += 1
    do(ctx, "validator", "set_weights", netuid=NETUID, dests=[1], weights=[1], version_key=0)
    chain.produce_block()
    return chain


def test_a_block_fails_by_the_rule_s_name_and_the_state_stays(running: Chain) -> None:
    def mine(inputs: EpochInput) -> EpochTerms:
        raise KeyError("weights")

    before, head = dict(running.state.raw.items()), running.head
    with running.rules.using(epoch=mine), pytest.raises(BlockFailed, match=r"rules\.epoch \(.*mine\): raised KeyError"):
        running.produce_block()
    assert dict(running.state.raw.items()) == before
    assert running.head == head
    running.produce_block()
    assert running.head.number == head.number + 1
    assert running.verify() is None


def test_a_replaced_epoch_decides(running: Chain) -> None:
    def all_to_the_first(inputs: EpochInput) -> EpochTerms:
        terms = epoch(inputs).terms()
        return replace(terms, incentive=np.array([65_535, 0], np.uint16))

    with running.rules.using(epoch=all_to_the_first) as rules:
        assert rules.epoch is all_to_the_first
        running.produce_block()
        assert running.state.get(MODULE, "Incentive", NETUID) == [65_535, 0]
    running.produce_block()
    assert running.state.get(MODULE, "Incentive", NETUID) == [0, 65_535]


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        epoch,
        lambda inputs: epoch(inputs).terms(),
        lambda inputs: epoch(inputs).terms().to_json(),
        lambda inputs: epoch(inputs, FLOAT),
    ],
)
def test_a_rule_may_answer_in_every_form_that_a_vector_takes(running: Chain, rule: Callable[..., Any]) -> None:
    with running.rules.using(epoch=rule):
        running.produce_block()
    assert running.state.get(MODULE, "Incentive", NETUID) == [0, 65_535]
    assert [list(entry) for entry in running.state.get(MODULE, "Bonds", NETUID, 0)] == [[1, 65_535]]


def small(**changes: Any) -> Callable[[EpochInput], EpochTerms]:
    """The library's epoch with something wrong."""
    return lambda inputs: replace(epoch(inputs).terms(), **changes)


def without_bonds(inputs: EpochInput) -> dict[str, Any]:
    data = epoch(inputs).terms().to_json()
    del data["bonds"]
    return data


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda inputs: None, "returned NoneType; allowed: Epoch, EpochTerms, or a dict"),
        (lambda inputs: {"incentive": [0, 1]}, "missing field"),
        (without_bonds, "missing field 'bonds'"),
        (small(incentive=np.array([0, 1, 2])), r"incentive: has shape \(3,\); allowed: \(2,\)"),
        (small(incentive=[0, 1]), r"incentive: has shape list; allowed: \(2,\)"),
        (small(dividends=np.array([0.5, 0.5])), "dividends: holds float64; allowed: whole numbers"),
        (small(dividends=np.array([np.nan, 0])), "dividends: holds float64"),
        (small(consensus=np.array([-1, 0])), "consensus: is -1 for uid 0; allowed: 0 to 65535"),
        (small(stake_weight=np.array([0, 65_536])), "stake_weight: is 65536 for uid 1; allowed: 0 to 65535"),
        (small(active=np.array([1, 0])), "active: holds int64; allowed: booleans"),
        (small(server_emission=np.array([1, 0])), "server_emission: is 1 for uid 0; allowed: 0 to 0"),
        (small(bonds=SparseRows.from_rows(3, [])), "bonds: allowed: SparseRows with 2 rows"),
        (small(bonds=np.eye(2)), "bonds: allowed: SparseRows"),
    ],
)
def test_nonsense_is_named(running: Chain, rule: Callable[..., Any], message: str) -> None:
    with running.rules.using(epoch=rule), pytest.raises(RuleBroken, match=message):
        running.produce_block()


def test_nobody_is_paid_more_than_there_is(ctx: Context) -> None:

    add_neuron(ctx, "validator", "alice", stake=1_000, permit=True)
    full = np.array([60], np.uint64)
    with (
        ctx.rules.using(epoch=small(server_emission=full, validator_emission=full)),
        pytest.raises(RuleBroken, match="pay 120 rao; allowed: at most the emission, 100"),
    ):
        run_epochs(ctx, NETUID, 100)


@pytest.mark.parametrize(
    ("replacement", "message"),
    [({"epock": epoch}, "rule is 'epock', allowed: .*epoch"), ({"epoch": 3}, "rules.epoch is 3, allowed: a function")],
)
def test_only_rules_can_be_replaced_and_only_by_functions(
    chain: Chain, replacement: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadValue, match=message), chain.rules.using(**replacement):
        pass
    assert chain.rules.epoch is epoch


def test_the_old_rule_is_back_after_an_error(chain: Chain) -> None:
    with pytest.raises(ZeroDivisionError), chain.rules.using(epoch=lambda inputs: None):
        raise ZeroDivisionError
    assert chain.rules.epoch is epoch
