"""Checks that refuse a call before it runs: takes out of range, weights without stake, reveals without a commit.

The chain runs these checks twice. When an extrinsic arrives, a failed check keeps it out of the pool
(`InvalidTransaction`, with a number that clients know). When the call is dispatched, also inside a batch or a proxy, a
failed check is a `DispatchError`.

Sources: `pallets/subtensor/src/guards/*.rs`, `extensions/subtensor.rs`, `common/src/transaction_error.rs`. Of a batch's
length we read only what pull request 3176 of RaoFoundation/subtensor and the error's own sentence say of it.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import DISPATCH_GUARDS, Call, dispatch_guard, transaction_check
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash, ensure_in_reveal_epoch
from tao_lab.chain.pallets.subtensor.lookups import MAIN_MECHANISM, MODULE, failed, mechanism_index, uid_of
from tao_lab.chain.pallets.subtensor.stake_weights import has_stake_for_weights
from tao_lab.chain.pallets.subtensor.subnets import passes_registration_limit
from tao_lab.chain.pallets.subtensor.takes import ensure_own_delegate
from tao_lab.chain.pallets.subtensor.weights import passes_rate_limit

BAD_REQUEST = 255
CUSTOM_ERRORS = {
    "ColdkeySwapAnnounced": 0,
    "AmountTooLow": 1,
    "NotEnoughStakeToSetWeights": 1,
    "NotEnoughBalanceToStake": 2,
    "SubnetNotExists": 3,
    "HotKeyAccountNotExists": 4,
    "NotEnoughStakeToWithdraw": 5,
    "CommittingWeightsTooFast": 6,
    "SettingWeightsTooFast": 6,
    "NetworkTxRateLimitExceeded": 6,
    "InsufficientLiquidity": 7,
    "SlippageTooHigh": 8,
    "TransferDisallowed": 9,
    "HotKeyNotRegisteredInNetwork": 10,
    "InvalidIpAddress": 11,
    "ServingRateLimitExceeded": 12,
    "InvalidPort": 13,
    "InvalidRevealRound": 15,
    "NoWeightsCommitFound": 16,
    "RevealTooEarly": 17,
    "InputLengthsUnequal": 18,
    "HotKeyNotRegisteredInSubNet": 19,
    "EvmKeyAssociateRateLimitExceeded": 20,
    "ColdkeySwapDisputed": 21,
    "NonAssociatedColdKey": 25,
    "DelegateTakeTooLow": 26,
    "DelegateTakeTooHigh": 27,
}
ALLOWED_DURING_SWAP = {
    (MODULE, "announce_coldkey_swap"),
    (MODULE, "swap_coldkey_announced"),
    (MODULE, "dispute_coldkey_swap"),
    (MODULE, "clear_coldkey_swap_announcement"),
    ("MevShield", "submit_encrypted"),
}
BATCH_LISTS = {
    "batch_commit_weights": ("netuids", "commit_hashes"),
    "batch_set_weights": ("netuids", "weights", "version_keys"),
    "batch_reveal_weights": ("uids_list", "values_list", "salts_list", "version_keys"),
}
SETS = ("set_weights", "set_mechanism_weights")
COMMITS = ("commit_weights", "commit_mechanism_weights")
REVEALS = ("reveal_weights", "reveal_mechanism_weights")
TIMELOCKS = ("commit_timelocked_weights", "commit_timelocked_mechanism_weights", "commit_crv3_mechanism_weights")
WEIGHT_CALLS = (*SETS, *COMMITS, *REVEALS, *TIMELOCKS, *BATCH_LISTS)
TAKES = ("increase_take", "decrease_take")


@transaction_check
def keep_out_of_the_pool(ctx: Context, who: str, made: Call) -> None:
    """Run all checks for an extrinsic that arrives; the pallet's error becomes the number that clients know."""
    for guard in DISPATCH_GUARDS:
        try:
            guard(ctx, who, made)
        except DispatchError as error:
            number = CUSTOM_ERRORS.get(error.name, BAD_REQUEST)
            raise InvalidTransaction("Custom", str(error), number) from error


@dispatch_guard
def keep_from_running(ctx: Context, who: str, made: Call) -> None:
    """Run the checks of this file for a call that is about to run."""
    check_coldkey_swap(ctx, who, made)
    if made.pallet != MODULE:
        return
    if made.name in WEIGHT_CALLS:
        check_weights(ctx, who, made)
    check_rate_limit(ctx, who, made)
    if made.name in TAKES:
        check_take(ctx, who, made)


def check_coldkey_swap(ctx: Context, who: str, made: Call) -> None:
    """A coldkey with an announced swap may only call what belongs to the swap; a disputed one may call nothing."""
    if not ctx.state.exists(MODULE, "ColdkeySwapAnnouncements", who):
        return
    if ctx.state.exists(MODULE, "ColdkeySwapDisputes", who):
        raise failed("ColdkeySwapDisputed", f"the swap of {who} is disputed")
    if (made.pallet, made.name) not in ALLOWED_DURING_SWAP:
        raise failed("ColdkeySwapAnnounced", f"{who} has announced its swap")


def check_weights(ctx: Context, who: str, made: Call) -> None:
    """Check that lists have equal length, that there is enough stake on each subnet, and that a reveal has a commit."""
    args = made.args
    if len({len(args[name]) for name in BATCH_LISTS.get(made.name, ())}) > 1:
        raise failed("InputLengthsUnequal")
    if "netuids" in args:
        _check_batch_length(ctx, len(args["netuids"]))
    for netuid in args["netuids"] if "netuids" in args else [args["netuid"]]:
        if not has_stake_for_weights(ctx.state, who, netuid):
            least = ctx.state.get(MODULE, "StakeThreshold")
            raise failed(
                "NotEnoughStakeToSetWeights", f"the hotkey needs a stake of at least {least} rao on subnet {netuid}"
            )
    if made.name in REVEALS:
        mecid = args.get("mecid", MAIN_MECHANISM)
        _check_reveal(ctx, who, mecid, args, [(args["uids"], args["values"], args["salt"], args["version_key"])])
    elif made.name == "batch_reveal_weights":
        lists = (args[name] for name in BATCH_LISTS[made.name])
        _check_reveal(ctx, who, MAIN_MECHANISM, args, list(zip(*lists, strict=True)))
    elif made.name in TIMELOCKS and args["reveal_round"] < ctx.state.get("Drand", "LastStoredRound"):
        raise failed("InvalidRevealRound", "that round is known already")


def _check_batch_length(ctx: Context, items: int) -> None:
    """An item for each subnet at most, and one at least (since spec 462)."""
    most = ctx.state.get(MODULE, "TotalNetworks")
    if not 0 < items <= most:
        raise failed("InvalidBatchLength", f"the batch has {items} items, allowed: 1 to {most}")


def _check_reveal(ctx: Context, who: str, mecid: int, args: dict[str, Any], reveals: list[Any]) -> None:
    index = mechanism_index(args["netuid"], mecid)
    commits = ctx.state.get(MODULE, "WeightCommits", index, who)
    if commits is None:
        raise failed("NoWeightsCommitFound")
    for uids, values, salt, version_key in reveals:
        committed = commit_hash(who, index, uids, values, salt, version_key)
        epoch = next((entry[1] for entry in commits if entry[0] == committed), None)
        if epoch is None:
            raise failed("NoWeightsCommitFound", "no commit has the hash of these weights and this salt")
        ensure_in_reveal_epoch(ctx, args["netuid"], epoch)


def check_rate_limit(ctx: Context, who: str, made: Call) -> None:
    """Check that weights and commits keep the subnet's rate limit, and new subnets the network's."""
    if made.name == "register_network" and not passes_registration_limit(ctx):
        raise failed(
            "NetworkTxRateLimitExceeded",
            f"a coldkey may create a subnet once in {ctx.state.get(MODULE, 'NetworkRateLimit')} blocks",
        )
    if made.name not in (*SETS, *COMMITS):
        return
    netuid = made.args["netuid"]
    uid = uid_of(ctx.state, netuid, who)
    if uid is None or (made.name in SETS and ctx.state.get(MODULE, "CommitRevealWeightsEnabled", netuid)):
        return
    mecid = made.args.get("mecid", MAIN_MECHANISM)
    exists = mecid < ctx.state.get(MODULE, "MechanismCountCurrent", netuid)
    if not exists or not passes_rate_limit(ctx, netuid, mecid, uid):
        blocks = ctx.state.get(MODULE, "WeightsSetRateLimit", netuid)
        if made.name in SETS:
            raise failed("SettingWeightsTooFast", f"weights may be set once in {blocks} blocks")
        raise failed("CommittingWeightsTooFast", f"weights may be committed once in {blocks} blocks")


def check_take(ctx: Context, who: str, made: Call) -> None:
    """Check that a take is within the chain's limits and for the signer's own hotkey."""
    take, state = made.args["take"], ctx.state
    lowest, highest = state.get(MODULE, "MinDelegateTake"), state.get(MODULE, "MaxDelegateTake")
    if not lowest <= take <= highest:
        name = "DelegateTakeTooLow" if take < lowest else "DelegateTakeTooHigh"
        raise failed(name, f"take is {take}, allowed: {lowest} to {highest}")
    ensure_own_delegate(state, who, made.args["hotkey"])
