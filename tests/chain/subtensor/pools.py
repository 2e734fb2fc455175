"""A chain with pools for tests of stake: two subnets and root, TAO on the subnets' accounts, a count of everything."""

from collections.abc import Mapping
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.pallets.subtensor.pool import change_total_stake
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, mint_alpha_in, mint_tao, spend_tao
from tests.chain.conftest import TAO
from tests.chain.subtensor.conftest import add_hotkey, set_hyper

PRICE = 250_000_000  # rao for one alpha in a fresh pool
POTS = (  # alpha outside the pool that waits for an epoch, or that the chain has bought
    "PendingServerEmission",
    "PendingValidatorEmission",
    "PendingRootAlphaDivs",
    "PendingOwnerCut",
    "SubnetProtocolAlpha",
)


def add_root(ctx: Context) -> None:
    """Root: a subnet without a pool, whose account lives, and an author who can be paid."""
    set_hyper(ctx, ROOT_NETUID, NetworksAdded=True, SubtokenEnabled=True)
    for account in (account_of_netuid(ROOT_NETUID), ctx.author):
        give(ctx, account, balances.EXISTENTIAL_DEPOSIT)


def add_pool(ctx: Context, netuid: int, tao: int = 1_000 * TAO, alpha: int = 4_000 * TAO, **hyper: Any) -> None:
    """A started subnet with a pool; its account holds the TAO and one existential deposit."""
    set_hyper(ctx, netuid, NetworksAdded=True, SubtokenEnabled=True, SubnetMechanism=1, **hyper)
    set_hyper(ctx, netuid, SubnetTAO=tao)
    change_total_stake(ctx, tao)
    mint_alpha_in(ctx, netuid, alpha)
    give(ctx, account_of_netuid(netuid), tao + balances.EXISTENTIAL_DEPOSIT)


def market(ctx: Context) -> Context:
    """Root and subnets 1 and 2, alpha at a quarter and an eighth of a TAO; `miner` is alice's, `helper` bob's."""
    add_root(ctx)
    add_pool(ctx, 1)
    add_pool(ctx, 2, tao=500 * TAO)
    add_hotkey(ctx, "miner", "alice")
    add_hotkey(ctx, "helper", "bob")
    return ctx


def give(ctx: Context, account: str, rao: int) -> None:
    """Issue TAO to an account."""
    assert spend_tao(ctx, account, mint_tao(ctx, rao), rao) == 0


def snapshot(ctx: Context) -> dict[bytes, bytes]:
    """The whole state."""
    return dict(ctx.state.raw.items())


def assert_all_is_counted(ctx: Context, unowned: Mapping[int, int] | None = None) -> None:
    """Every rao of TAO and of each alpha is where the chain says.

    Args:
        ctx: The block under construction.
        unowned: Rao of each subnet's alpha that rounding lost; None: there are none.
    """
    state, netuids = ctx.state, all_netuids(ctx.state)
    held = sum(info["data"]["free"] + info["data"]["reserved"] for _, info in state.entries("System", "Account"))
    assert held == state.get("Balances", "TotalIssuance") == state.get(MODULE, "TotalIssuance")
    assert state.get(MODULE, "TotalStake") == sum(state.get(MODULE, "SubnetTAO", netuid) for netuid in netuids)
    for netuid in netuids:
        assert in_account(ctx, netuid) == state.get(MODULE, "SubnetTAO", netuid)
        assert unowned_alpha(ctx, netuid) == (unowned or {}).get(netuid, 0)
        assert state.get(MODULE, "TotalAlphaStaked", netuid) == staked_alpha(ctx, netuid)
        if netuid != ROOT_NETUID:
            issued = state.get("AlphaAssets", "TotalAlphaIssuance", netuid)
            assert issued == state.get(MODULE, "SubnetAlphaOut", netuid) + state.get(MODULE, "SubnetAlphaIn", netuid)
            assert state.get(MODULE, "SubnetTAO", netuid) > 0
            assert state.get(MODULE, "SubnetAlphaIn", netuid) > 0


def unowned_alpha(ctx: Context, netuid: int) -> int:
    """Rao of outstanding alpha that are neither staked nor in a pot nor burned."""
    waiting = sum(ctx.state.get(MODULE, item, netuid) for item in POTS)
    waiting += sum(rao for (_, where), rao in ctx.state.entries(MODULE, "PendingBasketDeposits") if where == netuid)
    burned = ctx.state.get("AlphaAssets", "AlphaBurned", netuid)
    return int(ctx.state.get(MODULE, "SubnetAlphaOut", netuid)) - staked_alpha(ctx, netuid) - waiting - burned


def staked_alpha(ctx: Context, netuid: int) -> int:
    """Rao of a subnet's alpha on all hotkeys; TAO on root."""
    return sum(rao for (_, where), rao in ctx.state.entries(MODULE, "TotalHotkeyAlpha") if where == netuid)


def in_account(ctx: Context, netuid: int) -> int:
    """Rao on a subnet's account above the existential deposit; a limit price may leave some of it outside the pool."""
    free = ctx.state.get("System", "Account", account_of_netuid(netuid))["data"]["free"]
    return int(free) - balances.EXISTENTIAL_DEPOSIT
