"""A chain with a subnet, written straight into the state: registration is somebody else's test."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ROOT, Call, Origin, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.idle_step import idle_step
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tao_lab.chain.pallets.subtensor.subnets import network_lock_cost
from tao_lab.chain.twins import readable_only
from tests.chain.conftest import TAO, account

MODULE = "SubtensorModule"
NETUID = 1


@pytest.fixture
def ctx(chain: Chain) -> Context:
    """A block under construction that is never committed, with subnet 1: tempo 360, no commit-reveal."""
    context = Context(chain.runtime, chain.state, 10, account("authority"))
    add_subnet(context, NETUID)
    return context


def add_subnet(ctx: Context, netuid: int, **hyperparameters: Any) -> None:
    """An empty subnet."""
    values = {"NetworksAdded": True, "CommitRevealWeightsEnabled": False, "MinAllowedWeights": 1}
    set_hyper(ctx, netuid, **{**values, **hyperparameters})


def set_hyper(ctx: Context, netuid: int = NETUID, **hyperparameters: Any) -> None:
    """Write items that are stored by netuid."""
    for name, value in hyperparameters.items():
        ctx.state.put(MODULE, name, netuid, value)


def add_neuron(
    ctx: Context, hotkey: str, coldkey: str, *, netuid: int = NETUID, stake: int = 0, permit: bool = False
) -> int:
    """Register the hotkey of one person for the coldkey of another, and stake; returns the UID."""
    state, who = ctx.state, account(hotkey)
    uid = state.get(MODULE, "SubnetworkN", netuid)
    state.put(MODULE, "SubnetworkN", netuid, uid + 1)
    state.put(MODULE, "Keys", netuid, uid, who)
    state.put(MODULE, "Uids", netuid, who, uid)
    state.put(MODULE, "IsNetworkMember", who, netuid, True)
    state.put(MODULE, "BlockAtRegistration", netuid, uid, ctx.block)
    state.put(MODULE, "ValidatorPermit", netuid, [*state.get(MODULE, "ValidatorPermit", netuid), permit])
    state.put(MODULE, "LastUpdate", netuid, [*state.get(MODULE, "LastUpdate", netuid), 0])
    add_hotkey(ctx, hotkey, coldkey)
    increase_stake(ctx, who, account(coldkey), netuid, stake)
    return int(uid)


def add_hotkey(ctx: Context, hotkey: str, coldkey: str) -> None:
    """A hotkey that a coldkey owns."""
    ctx.state.put(MODULE, "Owner", account(hotkey), account(coldkey))
    owned = ctx.state.get(MODULE, "OwnedHotkeys", account(coldkey))
    if account(hotkey) not in owned:
        ctx.state.put(MODULE, "OwnedHotkeys", account(coldkey), [*owned, account(hotkey)])


def do(ctx: Context, who: str, name: str, /, **args: Any) -> list[dict[str, Any]]:
    """Dispatch a call of a person (`root`: of root) in this block; returns its events by name."""
    before = len(ctx.events)
    origin: Origin = ROOT if who == "root" else signed(account(who))
    ctx.dispatch(origin, Call(MODULE, name, args))
    return events(ctx, before)


def end_of_block(ctx: Context) -> list[dict[str, Any]]:
    """What follows the extrinsics: a dissolved subnet is cleaned up, a queued one begins; returns the events."""
    before = len(ctx.events)
    idle_step(ctx)
    return events(ctx, before)


def events(ctx: Context, since: int = 0) -> list[dict[str, Any]]:
    """The events of a block so far, as `{name: content}`."""
    decoded = [ctx.runtime.core.decode(ctx.runtime.event_record_type, data, True) for data in ctx.events[since:]]
    return [{record["event_id"]: record["attributes"]} for record in decoded]


def refused(ctx: Context, who: str, name: str, /, **args: Any) -> str:
    """Dispatch a call that must fail and leave nothing; returns the error's name."""
    before, events_before = dict(ctx.state.raw.items()), list(ctx.events)
    with pytest.raises(DispatchError) as caught:
        do(ctx, who, name, **args)
    assert dict(ctx.state.raw.items()) == before
    assert ctx.events == events_before
    assert ctx.runtime.dispatch_error(caught.value)  # the metadata has the error
    return caught.value.name or caught.value.pallet


def weights_of(ctx: Context, uid: int, netuid: int = NETUID) -> Sequence[tuple[int, int]]:
    """A stored row of weights."""
    return [tuple(entry) for entry in ctx.state.get(MODULE, "Weights", netuid, uid)]


@pytest.fixture
def bare(chain: Chain) -> Context:
    """A block under construction that is never committed, with no subnet but root."""
    return Context(chain.runtime, chain.state, 10, account("authority"))


def fund(ctx: Context, who: str, rao: int) -> None:
    """Give a person rao of the faucet's."""
    balances.transfer(ctx, account("faucet"), account(who), rao, keep_alive=True)


def free_rao(ctx: Context, who: str) -> int:
    """Free rao of a person, or of an address."""
    return balances.free_balance(ctx, who if len(who) > 40 else account(who))


def new_subnet(ctx: Context, owner: str, hotkey: str = "") -> int:
    """Register a subnet as a person does, with the money for it; returns the netuid."""
    fund(ctx, owner, network_lock_cost(ctx.state, ctx.block) + TAO)
    ctx.state.put(MODULE, "NetworkRateLimit", 0)
    done = do(ctx, owner, "register_network", hotkey=account(hotkey or f"{owner}-hot"))
    return int(next(event["NetworkAdded"][0] for event in done if "NetworkAdded" in event))


def assert_no_rao_lost(ctx: Context) -> None:
    """All balances together are the issuance, as Balances and SubtensorModule both count it."""
    accounts = [info["data"] for _, info in ctx.state.entries("System", "Account")]
    total = sum(data["free"] + data["reserved"] for data in accounts)
    assert total == ctx.state.get("Balances", "TotalIssuance") == ctx.state.get(MODULE, "TotalIssuance")


@pytest.fixture(params=["readable", "twins"])
def in_both_forms(request: pytest.FixtureRequest) -> Iterator[None]:
    """The test runs twice: with the readable rules alone, and with their fast twins (`tao_lab.chain.twins`)."""
    with readable_only() if request.param == "readable" else nullcontext():
        yield
