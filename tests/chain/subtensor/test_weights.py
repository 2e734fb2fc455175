"""Setting weights; cases and numbers of the public chain's `pallets/subtensor/src/tests/weights.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import (
    MODULE,
    NETUID,
    add_neuron,
    add_subnet,
    do,
    refused,
    set_hyper,
    weights_of,
)


@pytest.fixture
def validator(ctx: Context) -> int:
    """UID 0 is a validator with stake and permit, UIDs 1 to 4 are miners."""
    uid = add_neuron(ctx, "validator", "alice", stake=1_000, permit=True)
    for name in ("m1", "m2", "m3", "m4"):
        add_neuron(ctx, name, "bob")
    return uid


def weights(**changes: Any) -> dict[str, Any]:
    return {"netuid": NETUID, "dests": [1, 2], "weights": [1, 3], "version_key": 0, **changes}


def test_weights_are_stored_upscaled_in_the_order_in_which_they_came(ctx: Context, validator: int) -> None:
    events = do(ctx, "validator", "set_weights", **weights(dests=[3, 1], weights=[65_534, 1]))
    assert weights_of(ctx, validator) == [(3, 65_535), (1, 1)]
    assert events == [{"WeightsSet": (NETUID, validator)}]
    assert ctx.state.get(MODULE, "LastUpdate", NETUID) == [10, 0, 0, 0, 0]


def test_a_stored_zero_is_an_entry(ctx: Context, validator: int) -> None:
    do(ctx, "validator", "set_weights", **weights(weights=[0, 7]))
    assert weights_of(ctx, validator) == [(1, 0), (2, 65_535)]


def test_sums_above_u16_are_fine(ctx: Context, validator: int) -> None:
    do(ctx, "validator", "set_weights", **weights(dests=[0, 1], weights=[65_535, 65_535]))
    assert weights_of(ctx, validator) == [(0, 65_535), (1, 65_535)]


@pytest.mark.parametrize(
    ("changes", "who", "hyper", "error"),
    [
        ({"netuid": 0}, "validator", {}, "CanNotSetRootNetworkWeights"),
        ({"weights": [1, 2, 3]}, "validator", {}, "WeightVecNotEqualSize"),
        ({"netuid": 9}, "validator", {}, "MechanismDoesNotExist"),
        ({"dests": list(range(6)), "weights": [1] * 6}, "validator", {}, "UidsLengthExceedUidsInSubNet"),
        ({}, "stranger", {}, "HotKeyNotRegisteredInSubNet"),
        ({"version_key": 12_312}, "validator", {"WeightsVersionKey": 20_313}, "IncorrectWeightVersionKey"),
        ({}, "m1", {}, "NeuronNoValidatorPermit"),
        ({"dests": [1, 1]}, "validator", {}, "DuplicateUids"),
        ({"dests": [1, 9_999]}, "validator", {}, "UidVecContainInvalidOne"),
        ({}, "validator", {"MinAllowedWeights": 3}, "WeightVecLengthIsLow"),
        ({"dests": [1], "weights": [1]}, "validator", {"MinAllowedWeights": 2}, "WeightVecLengthIsLow"),
        ({}, "validator", {"MaxWeightsLimit": 32_767}, "MaxWeightExceeded"),
        ({}, "validator", {"CommitRevealWeightsEnabled": True}, "CommitRevealEnabled"),
    ],
)
def test_each_guard_refuses_by_its_name(
    ctx: Context, validator: int, changes: dict[str, Any], who: str, hyper: dict[str, Any], error: str
) -> None:
    set_hyper(ctx, 0, CommitRevealWeightsEnabled=False)
    set_hyper(ctx, 9, CommitRevealWeightsEnabled=False)
    set_hyper(ctx, **hyper)
    assert refused(ctx, who, "set_weights", **weights(**changes)) == error


def test_the_first_broken_guard_in_the_order_of_the_chain_is_named(ctx: Context, validator: int) -> None:
    set_hyper(ctx, WeightsVersionKey=5, MinAllowedWeights=4)
    everything = weights(dests=[1, 1, 9], weights=[1, 1], version_key=0)
    assert refused(ctx, "m1", "set_weights", **everything) == "WeightVecNotEqualSize"
    everything["weights"] = [1, 1, 1]
    assert refused(ctx, "m1", "set_weights", **everything) == "IncorrectWeightVersionKey"
    everything["version_key"] = 5
    assert refused(ctx, "m1", "set_weights", **everything) == "NeuronNoValidatorPermit"
    assert refused(ctx, "validator", "set_weights", **everything) == "DuplicateUids"
    everything["dests"] = [1, 2, 9]
    assert refused(ctx, "validator", "set_weights", **everything) == "UidVecContainInvalidOne"
    everything["dests"] = [1, 2, 3]
    assert refused(ctx, "validator", "set_weights", **everything) == "WeightVecLengthIsLow"


def test_fewer_weights_than_the_minimum_are_enough_on_a_small_subnet(ctx: Context, validator: int) -> None:
    set_hyper(ctx, MinAllowedWeights=1_024)
    do(ctx, "validator", "set_weights", **weights(dests=[0, 1, 2, 3, 4], weights=[1] * 5))
    assert len(weights_of(ctx, validator)) == 5


def test_the_rate_limit_counts_blocks_from_the_last_weights(ctx: Context, validator: int) -> None:
    set_hyper(ctx, WeightsSetRateLimit=10)
    do(ctx, "validator", "set_weights", **weights())
    ctx.block += 9
    assert refused(ctx, "validator", "set_weights", **weights()) == "SettingWeightsTooFast"
    ctx.block += 1
    do(ctx, "validator", "set_weights", **weights(weights=[5, 5]))
    assert weights_of(ctx, validator) == [(1, 65_535), (2, 65_535)]


def test_a_miner_may_set_a_weight_on_itself_only(ctx: Context, validator: int) -> None:
    set_hyper(ctx, MinAllowedWeights=3, MaxWeightsLimit=1)
    do(ctx, "m1", "set_weights", **weights(dests=[1], weights=[1]))
    assert weights_of(ctx, 1) == [(1, 65_535)]
    assert refused(ctx, "m2", "set_weights", **weights(dests=[1], weights=[1])) == "NeuronNoValidatorPermit"


def test_the_owner_s_hotkey_needs_neither_stake_nor_permit(ctx: Context, validator: int) -> None:
    ctx.state.put(MODULE, "StakeThreshold", 10_000)
    set_hyper(ctx, SubnetOwnerHotkey=account("m1"))
    do(ctx, "m1", "set_weights", **weights())
    assert weights_of(ctx, 1) == [(1, 21_845), (2, 65_535)]


def test_stake_below_the_threshold_sets_no_weights(ctx: Context, validator: int) -> None:
    ctx.state.put(MODULE, "StakeThreshold", 1_001)
    assert refused(ctx, "validator", "set_weights", **weights()) == "NotEnoughStakeToSetWeights"
    ctx.state.put(MODULE, "TotalHotkeyAlpha", account("validator"), 0, 19)  # weighted, 19 rao of root are 1.0008 rao
    do(ctx, "validator", "set_weights", **weights())
    assert weights_of(ctx, validator)


def test_a_parent_s_stake_lets_its_child_set_weights(ctx: Context, validator: int) -> None:
    ctx.state.put(MODULE, "StakeThreshold", 1_000)
    set_hyper(ctx, ValidatorPermit=[True] * 5)
    assert refused(ctx, "m1", "set_weights", **weights()) == "NotEnoughStakeToSetWeights"
    edge = (2**64 - 1, account("validator"))
    ctx.state.put(MODULE, "ParentKeys", account("m1"), NETUID, [edge])
    do(ctx, "m1", "set_weights", **weights())
    assert weights_of(ctx, 1)


def test_a_batch_goes_on_after_a_failure_and_names_it(ctx: Context, validator: int) -> None:
    add_subnet(ctx, 2)
    ctx.state.put(MODULE, "TotalNetworks", 2)
    events = do(
        ctx,
        "validator",
        "batch_set_weights",
        netuids=[2, NETUID],
        weights=[[(0, 1)], [(1, 5), (2, 5)]],
        version_keys=[0, 0],
    )
    names = [next(iter(event)) for event in events]
    assert names == ["WeightsSet", "BatchCompletedWithErrors", "BatchWeightItemFailed", "BatchWeightsCompleted"]
    assert events[2]["BatchWeightItemFailed"][0] == 2
    assert weights_of(ctx, validator) == [(1, 65_535), (2, 65_535)]


def test_a_batch_with_lists_of_different_lengths_is_refused(ctx: Context, validator: int) -> None:
    args = {"netuids": [NETUID], "weights": [], "version_keys": [0]}
    assert refused(ctx, "validator", "batch_set_weights", **args) == "InputLengthsUnequal"


def test_a_batch_has_an_item_and_no_more_than_there_are_subnets(ctx: Context, validator: int) -> None:
    """`InvalidBatchLength`, since spec 462."""
    ctx.state.put(MODULE, "TotalNetworks", 2)
    for count, name in ((0, "InvalidBatchLength"), (3, "InvalidBatchLength"), (2, None)):
        batch = {"netuids": [NETUID] * count, "weights": [[(1, 5)]] * count, "version_keys": [0] * count}
        commits = {"netuids": [NETUID] * count, "commit_hashes": ["0x" + "00" * 32] * count}
        for call, args in (("batch_set_weights", batch), ("batch_commit_weights", commits)):
            if name is None:
                do(ctx, "validator", call, **args)
            else:
                assert refused(ctx, "validator", call, **args) == name


def test_mechanisms_have_weights_of_their_own(ctx: Context, validator: int) -> None:
    assert refused(ctx, "validator", "set_mechanism_weights", mecid=1, **weights()) == "SettingWeightsTooFast"
    set_hyper(ctx, MechanismCountCurrent=2)
    events = do(ctx, "validator", "set_mechanism_weights", mecid=1, **weights())
    assert events == [{"WeightsSet": (4_096 + NETUID, validator)}]
    assert weights_of(ctx, validator, 4_096 + NETUID) == [(1, 21_845), (2, 65_535)]
    assert weights_of(ctx, validator) == []
