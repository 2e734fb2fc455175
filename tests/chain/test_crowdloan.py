"""Raising TAO together. Numbers from `pallets/crowdloan/src/tests.rs`."""

from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.crowdloan import funds_account
from tests.chain.conftest import TAO, account

CREATE = {
    "deposit": 50 * TAO,
    "min_contribution": 10 * TAO,
    "cap": 100 * TAO,
    "end": 60_000,
    "call": None,
    "target_address": account("target"),
}


@pytest.fixture
def ctx(chain: Chain) -> Context:
    """A block under construction that is never committed."""
    return Context(chain.runtime, chain.state, 10, account("authority"))


def do(ctx: Context, who: str, name: str, /, **args: Any) -> Any:
    """Dispatch a call of a person; returns the content of its last event."""
    ctx.dispatch(signed(account(who)), Call("Crowdloan", name, args))
    return ctx.runtime.core.decode(ctx.runtime.event_record_type, ctx.events[-1], True)["attributes"]


def refused(ctx: Context, who: str, name: str, /, **args: Any) -> str:
    before = dict(ctx.state.raw.items())
    with pytest.raises(DispatchError) as caught:
        do(ctx, who, name, **args)
    assert dict(ctx.state.raw.items()) == before
    assert ctx.runtime.dispatch_error(caught.value)
    return caught.value.name


def make_call(ctx: Context, pallet: str, name: str, **args: Any) -> Call:
    return Call.from_decoded(ctx.runtime.core.decode_call(bytes(ctx.runtime.core.compose_call(pallet, name, args))))


def info(ctx: Context) -> dict[str, Any]:
    return dict(ctx.state.get("Crowdloan", "Crowdloans", 0))


def free(ctx: Context, who: str) -> int:
    return balances.free_balance(ctx, who if len(who) > 40 else account(who))


def test_a_deposit_begins_a_crowdloan(ctx: Context) -> None:
    assert do(ctx, "alice", "create", **CREATE)["crowdloan_id"] == 0
    assert free(ctx, funds_account(0)) == 50 * TAO == info(ctx)["raised"]
    assert info(ctx)["contributors_count"] == 1
    assert ctx.state.get("Crowdloan", "NextCrowdloanId") == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"deposit": 10 * TAO - 1}, "DepositTooLow"),
        ({"cap": 50 * TAO}, "CapTooLow"),
        ({"min_contribution": TAO // 10 - 1}, "MinimumContributionTooLow"),
        ({"target_address": None}, "InvalidFinalizationConfig"),
        ({"end": 10}, "CannotEndInPast"),
        ({"end": 10 + 50_399}, "BlockDurationTooShort"),
        ({"end": 10 + 432_001}, "BlockDurationTooLong"),
        ({"deposit": 101 * TAO, "cap": 200 * TAO}, "InsufficientBalance"),
    ],
)
def test_what_is_no_crowdloan(ctx: Context, change: dict[str, Any], error: str) -> None:
    assert refused(ctx, "alice", "create", **{**CREATE, **change}) == error


def test_contributions_stop_at_the_cap_and_the_target_gets_all(ctx: Context) -> None:
    do(ctx, "alice", "create", **CREATE)
    assert refused(ctx, "bob", "contribute", crowdloan_id=1, amount=20 * TAO) == "InvalidCrowdloanId"
    assert refused(ctx, "bob", "contribute", crowdloan_id=0, amount=TAO) == "ContributionTooLow"
    assert do(ctx, "bob", "contribute", crowdloan_id=0, amount=20 * TAO)["amount"] == 20 * TAO
    assert refused(ctx, "alice", "finalize", crowdloan_id=0) == "CapNotRaised"
    assert do(ctx, "bob", "contribute", crowdloan_id=0, amount=80 * TAO)["amount"] == 30 * TAO
    assert refused(ctx, "bob", "contribute", crowdloan_id=0, amount=20 * TAO) == "CapRaised"
    assert info(ctx)["contributors_count"] == 2
    assert refused(ctx, "bob", "finalize", crowdloan_id=0) == "InvalidOrigin"
    do(ctx, "alice", "finalize", crowdloan_id=0)
    assert [free(ctx, who) for who in ("target", "alice", "bob", funds_account(0))] == [
        100 * TAO,
        50 * TAO,
        50 * TAO,
        0,
    ]
    for name, who in (("finalize", "alice"), ("withdraw", "bob"), ("refund", "alice"), ("dissolve", "alice")):
        assert refused(ctx, who, name, crowdloan_id=0) == "AlreadyFinalized"


def test_nobody_gives_more_than_the_most_or_after_the_end(ctx: Context) -> None:
    do(ctx, "alice", "create", **CREATE)
    args = {"crowdloan_id": 0, "new_max_contribution": 49 * TAO}
    assert refused(ctx, "alice", "set_max_contribution", **args) == "MaximumContributionTooLow"
    do(ctx, "alice", "set_max_contribution", crowdloan_id=0, new_max_contribution=50 * TAO)
    assert refused(ctx, "alice", "contribute", crowdloan_id=0, amount=10 * TAO) == "MaxContributionReached"
    assert refused(ctx, "bob", "set_max_contribution", **args) == "InvalidOrigin"
    args = {"crowdloan_id": 0, "new_min_contribution": 51 * TAO}
    assert refused(ctx, "alice", "update_min_contribution", **args) == "MinimumContributionTooHigh"
    args = {"crowdloan_id": 0, "new_min_contribution": TAO // 10 - 1}
    assert refused(ctx, "alice", "update_min_contribution", **args) == "MinimumContributionTooLow"
    do(ctx, "alice", "set_max_contribution", crowdloan_id=0, new_max_contribution=None)
    do(ctx, "alice", "update_min_contribution", crowdloan_id=0, new_min_contribution=TAO // 10)
    ctx.block = 60_000
    assert refused(ctx, "bob", "contribute", crowdloan_id=0, amount=10 * TAO) == "ContributionPeriodEnded"


def test_a_crowdloan_has_places_for_500_contributors(ctx: Context) -> None:
    do(ctx, "alice", "create", **CREATE)
    ctx.state.put("Crowdloan", "Crowdloans", 0, {**info(ctx), "contributors_count": 500})
    assert refused(ctx, "bob", "contribute", crowdloan_id=0, amount=10 * TAO) == "MaxContributorsReached"
    ctx.state.put("Crowdloan", "Crowdloans", 0, {**info(ctx), "contributors_count": 499})
    do(ctx, "bob", "contribute", crowdloan_id=0, amount=10 * TAO)


def test_what_the_creator_gave_beyond_the_deposit_comes_back(ctx: Context) -> None:
    do(ctx, "alice", "create", **CREATE)
    do(ctx, "alice", "contribute", crowdloan_id=0, amount=10 * TAO)
    do(ctx, "alice", "withdraw", crowdloan_id=0)
    assert (free(ctx, "alice"), info(ctx)["raised"]) == (50 * TAO, 50 * TAO)
    assert ctx.state.get("Crowdloan", "Contributions", 0, account("alice")) == 50 * TAO


def test_contributions_come_back_and_the_deposit_last(ctx: Context) -> None:
    do(ctx, "alice", "create", **CREATE)
    do(ctx, "bob", "contribute", crowdloan_id=0, amount=20 * TAO)
    assert refused(ctx, "alice", "withdraw", crowdloan_id=0) == "DepositCannotBeWithdrawn"
    assert refused(ctx, "carol", "withdraw", crowdloan_id=0) == "NoContribution"
    do(ctx, "bob", "withdraw", crowdloan_id=0)
    assert (free(ctx, "bob"), info(ctx)["raised"], info(ctx)["contributors_count"]) == (100 * TAO, 50 * TAO, 1)
    do(ctx, "bob", "contribute", crowdloan_id=0, amount=20 * TAO)
    assert refused(ctx, "alice", "dissolve", crowdloan_id=0) == "NotReadyToDissolve"
    post = ctx.dispatch(signed(account("alice")), Call("Crowdloan", "refund", {"crowdloan_id": 0}))
    assert post.weight == weight(110_703_000 + 39_503_253, reads=2 + 2, writes=2)  # one contributor, as the source
    do(ctx, "alice", "dissolve", crowdloan_id=0)
    assert [free(ctx, who) for who in ("alice", "bob")] == [100 * TAO] * 2
    assert ctx.state.entries("Crowdloan", "Crowdloans") == ctx.state.entries("Crowdloan", "Contributions") == []
    assert not ctx.state.exists("System", "Account", funds_account(0))


def test_the_creator_changes_the_terms(ctx: Context) -> None:
    do(ctx, "alice", "create", **CREATE)
    do(ctx, "alice", "update_min_contribution", crowdloan_id=0, new_min_contribution=TAO)
    do(ctx, "alice", "update_cap", crowdloan_id=0, new_cap=60 * TAO)
    do(ctx, "alice", "update_end", crowdloan_id=0, new_end=70_000)
    assert [info(ctx)[field] for field in ("min_contribution", "cap", "end")] == [TAO, 60 * TAO, 70_000]
    assert refused(ctx, "alice", "update_cap", crowdloan_id=0, new_cap=49 * TAO) == "CapTooLow"
    assert refused(ctx, "alice", "update_end", crowdloan_id=0, new_end=9) == "CannotEndInPast"


@pytest.mark.parametrize("size", [3, 300])
def test_a_call_runs_with_the_creator_s_origin(ctx: Context, size: int) -> None:
    inner = make_call(ctx, "System", "remark_with_event", remark="x" * size)  # 300 bytes are kept as a preimage
    do(ctx, "alice", "create", **{**CREATE, "target_address": None, "call": inner})
    do(ctx, "bob", "contribute", crowdloan_id=0, amount=50 * TAO)
    do(ctx, "alice", "finalize", crowdloan_id=0)
    remarked = ctx.runtime.core.decode(ctx.runtime.event_record_type, ctx.events[-2], True)
    assert remarked["event_id"] == "Remarked"
    assert remarked["attributes"]["sender"] == account("alice")
    assert not ctx.state.exists("Crowdloan", "CurrentCrowdloanId")


def test_a_call_that_fails_leaves_the_crowdloan_open(ctx: Context) -> None:
    inner = make_call(ctx, "Balances", "transfer_keep_alive", dest=account("bob"), value=10**6 * TAO)
    do(ctx, "alice", "create", **{**CREATE, "target_address": None, "call": inner})
    do(ctx, "bob", "contribute", crowdloan_id=0, amount=50 * TAO)
    assert refused(ctx, "alice", "finalize", crowdloan_id=0) == "FundsUnavailable"
    assert info(ctx)["finalized"] is False
