"""Crowdloan: many people raise TAO together, for an address or for a call, such as leasing a subnet.

The creator's deposit is the first contribution. When the cap is reached, the creator finalizes: the TAO go to the
target address, or the call runs as the creator and may use them. Until then everybody may withdraw.

Source: `pallets/crowdloan/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, CallArgs, Origin, Post, Weight, call, ensure_signed, signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import call_bytes
from tao_lab.chain.pallets import balances, system
from tao_lab.chain.runtime import SS58_FORMAT, octets
from tao_lab.units import in_tao

PALLET = "Crowdloan"
FUNDS = b"modlbt/cloan"  # then the number of the crowdloan in four bytes, then zeros
ACCOUNT_BYTES = 32
INLINE_BYTES = 128  # a longer call is stored by the pallet Preimage
CREATE = weight(59_829_000, reads=3, writes=5)

Info = dict[str, Any]


def failed(name: str, sentence: str = "") -> DispatchError:
    """One of the pallet's errors."""
    return DispatchError(PALLET, name, sentence)


def funds_account(crowdloan_id: int) -> str:
    """Address of the account with the TAO of a crowdloan."""
    data = (FUNDS + crowdloan_id.to_bytes(4, "little")).ljust(ACCOUNT_BYTES, b"\0")
    return str(bittensor_core.ss58_encode(data, SS58_FORMAT))


def _crowdloan(ctx: Context, crowdloan_id: int) -> Info:
    found: Info | None = ctx.state.get(PALLET, "Crowdloans", crowdloan_id)
    if found is None:
        raise failed("InvalidCrowdloanId", f"there is no crowdloan {crowdloan_id}")
    return found


def _open_crowdloan(ctx: Context, crowdloan_id: int) -> Info:
    found = _crowdloan(ctx, crowdloan_id)
    if found["finalized"]:
        raise failed("AlreadyFinalized", f"crowdloan {crowdloan_id} is finalized")
    return found


def _own_crowdloan(ctx: Context, origin: Origin, crowdloan_id: int) -> Info:
    who, found = ensure_signed(origin), _open_crowdloan(ctx, crowdloan_id)
    if found["creator"] != who:
        raise failed("InvalidOrigin", f"crowdloan {crowdloan_id} belongs to {found['creator']}")
    return found


def _contribution(ctx: Context, crowdloan_id: int, who: str) -> int:
    return int(ctx.state.get(PALLET, "Contributions", crowdloan_id, who) or 0)


def _ensure_valid_end(ctx: Context, end: int) -> None:
    shortest, longest = (ctx.runtime.constant(PALLET, f"{name}BlockDuration") for name in ("Minimum", "Maximum"))
    if end <= ctx.block:
        raise failed("CannotEndInPast", f"end is {end}, this is block {ctx.block}")
    if not shortest <= end - ctx.block <= longest:
        name = "BlockDurationTooShort" if end - ctx.block < shortest else "BlockDurationTooLong"
        raise failed(name, f"{end - ctx.block} blocks, allowed: {shortest} to {longest}")


def _pay(ctx: Context, source: str, dest: str, rao: int) -> None:
    balances.transfer(ctx, source, dest, rao, keep_alive=False)


def _ensure_funds(ctx: Context, who: str, rao: int) -> None:
    free = balances.free_balance(ctx, who)
    if free < rao:
        raise failed("InsufficientBalance", f"{who} has {in_tao(free)} free, {in_tao(rao)} needed")


# --- raising ----------------------------------------------------------------------------------------------------


def _create_weight(args: CallArgs) -> Weight:
    inner: Call | None = args["call"]
    return CREATE if inner is None else CREATE + inner.registered.weight_of(inner.args)


@call(PALLET, weight=_create_weight)
def create(
    ctx: Context,
    origin: Origin,
    deposit: int,
    min_contribution: int,
    cap: int,
    end: int,
    call: Call | None,
    target_address: str | None,
) -> None:
    """Begin to raise `cap` rao until block `end`, for a call or for an address."""
    creator, state = ensure_signed(origin), ctx.state
    least, smallest = (ctx.runtime.constant(PALLET, n) for n in ("MinimumDeposit", "AbsoluteMinimumContribution"))
    if deposit < least:
        raise failed("DepositTooLow", f"deposit is {deposit}, allowed: from {least}")
    if cap <= deposit:
        raise failed("CapTooLow", f"cap is {cap}, allowed: more than the deposit, {deposit}")
    if min_contribution < smallest:
        raise failed("MinimumContributionTooLow", f"min_contribution is {min_contribution}, allowed: from {smallest}")
    if (call is None) == (target_address is None):
        raise failed("InvalidFinalizationConfig", "a call or a target_address, not both")
    _ensure_valid_end(ctx, end)
    _ensure_funds(ctx, creator, deposit)
    number = state.get(PALLET, "NextCrowdloanId")
    state.put(PALLET, "NextCrowdloanId", number + 1)
    funds = funds_account(number)
    provide(ctx, funds)
    info = {
        "creator": creator,
        "deposit": deposit,
        "min_contribution": min_contribution,
        "end": end,
        "cap": cap,
        "funds_account": funds,
        "raised": deposit,
        "target_address": target_address,
        "call": None if call is None else _bound(ctx, call),
        "finalized": False,
        "contributors_count": 1,
    }
    state.put(PALLET, "Crowdloans", number, info)
    _pay(ctx, creator, funds, deposit)
    state.put(PALLET, "Contributions", number, creator, deposit)
    ctx.deposit_event(PALLET, "Created", crowdloan_id=number, creator=creator, end=end, cap=cap)


@call(PALLET, weight=weight(66_609_000, reads=5, writes=4))
def contribute(ctx: Context, origin: Origin, crowdloan_id: int, amount: int) -> None:
    """Contribute rao; less is taken if the cap, or the maximum for one contributor, would be passed."""
    who, info = ensure_signed(origin), _crowdloan(ctx, crowdloan_id)
    if ctx.block >= info["end"]:
        raise failed("ContributionPeriodEnded", f"contributions ended with block {info['end']}")
    if info["raised"] >= info["cap"]:
        raise failed("CapRaised", f"all {info['cap']} rao are raised")
    if amount < info["min_contribution"]:
        raise failed("ContributionTooLow", f"amount is {amount}, allowed: from {info['min_contribution']}")
    most = ctx.runtime.constant(PALLET, "MaxContributors")
    if info["contributors_count"] >= most:
        raise failed("MaxContributorsReached", f"there are {most} contributors already")
    given, highest = _contribution(ctx, crowdloan_id, who), ctx.state.get(PALLET, "MaxContributions", crowdloan_id)
    if highest is not None and given >= highest:
        raise failed("MaxContributionReached", f"{who} has given {given}, allowed: {highest}")
    taken = min(amount, info["cap"] - info["raised"], amount if highest is None else highest - given)
    _ensure_funds(ctx, who, taken)
    _pay(ctx, who, info["funds_account"], taken)
    info["raised"] += taken
    info["contributors_count"] += not ctx.state.exists(PALLET, "Contributions", crowdloan_id, who)
    ctx.state.put(PALLET, "Contributions", crowdloan_id, who, given + taken)
    ctx.state.put(PALLET, "Crowdloans", crowdloan_id, info)
    ctx.deposit_event(PALLET, "Contributed", crowdloan_id=crowdloan_id, contributor=who, amount=taken)


@call(PALLET, weight=weight(60_259_000, reads=4, writes=4))
def withdraw(ctx: Context, origin: Origin, crowdloan_id: int) -> None:
    """Take a contribution back; the creator's deposit stays."""
    who, info = ensure_signed(origin), _open_crowdloan(ctx, crowdloan_id)
    amount = _contribution(ctx, crowdloan_id, who)
    if not amount:
        raise failed("NoContribution", f"{who} has given nothing")
    if who == info["creator"]:
        amount = max(amount - info["deposit"], 0)
        if not amount:
            raise failed("DepositCannotBeWithdrawn", "the deposit comes back when the crowdloan is dissolved")
        ctx.state.put(PALLET, "Contributions", crowdloan_id, who, info["deposit"])
    else:
        ctx.state.remove(PALLET, "Contributions", crowdloan_id, who)
        info["contributors_count"] -= 1
    _pay(ctx, info["funds_account"], who, amount)
    info["raised"] -= amount
    ctx.state.put(PALLET, "Crowdloans", crowdloan_id, info)
    ctx.deposit_event(PALLET, "Withdrew", crowdloan_id=crowdloan_id, contributor=who, amount=amount)


# --- the end ----------------------------------------------------------------------------------------------------


@call(PALLET, weight=weight(31_507_000, reads=4, writes=2))
def finalize(ctx: Context, origin: Origin, crowdloan_id: int) -> None:
    """The creator uses the TAO: the address gets them, or the call runs."""
    who, info = ensure_signed(origin), _crowdloan(ctx, crowdloan_id)
    if who != info["creator"]:
        raise failed("InvalidOrigin", f"crowdloan {crowdloan_id} belongs to {info['creator']}")
    if info["raised"] != info["cap"]:
        raise failed("CapNotRaised", f"{info['raised']} of {info['cap']} rao are raised")
    if info["finalized"]:
        raise failed("AlreadyFinalized", f"crowdloan {crowdloan_id} is finalized")
    if info["call"] is not None:
        ctx.state.put(PALLET, "CurrentCrowdloanId", crowdloan_id)
        error = ctx.try_dispatch(signed(who), _stored_call(ctx, info["call"])).error
        if error is not None:
            error.weight = None
            raise error
        ctx.state.remove(PALLET, "CurrentCrowdloanId")
    else:
        _pay(ctx, info["funds_account"], info["target_address"], info["raised"])
    info["finalized"] = True
    ctx.state.put(PALLET, "Crowdloans", crowdloan_id, info)
    ctx.deposit_event(PALLET, "Finalized", crowdloan_id=crowdloan_id)


def _refund_weight(count: int) -> Weight:
    return weight(110_703_000 + count * 39_503_253, reads=2 + 2 * count, writes=2 * count)


@call(PALLET, weight=_refund_weight(50))
def refund(ctx: Context, origin: Origin, crowdloan_id: int) -> Post:
    """The creator pays the contributions back, at most 50 in one call."""
    info = _own_crowdloan(ctx, origin, crowdloan_id)
    given = ctx.state.entries(PALLET, "Contributions", crowdloan_id)
    others = [(who, amount) for who, amount in given if who != info["creator"]]
    refunded = others[: ctx.runtime.constant(PALLET, "RefundContributorsLimit")]
    for who, amount in refunded:
        _pay(ctx, info["funds_account"], who, amount)
        ctx.state.remove(PALLET, "Contributions", crowdloan_id, who)
        info["raised"] -= amount
    info["contributors_count"] -= len(refunded)
    ctx.state.put(PALLET, "Crowdloans", crowdloan_id, info)
    all_refunded = len(refunded) == len(others)
    ctx.deposit_event(PALLET, "AllRefunded" if all_refunded else "PartiallyRefunded", crowdloan_id=crowdloan_id)
    return Post(weight=_refund_weight(len(refunded)) if all_refunded else None)


@call(PALLET, weight=weight(66_939_000, reads=4, writes=5))
def dissolve(ctx: Context, origin: Origin, crowdloan_id: int) -> None:
    """The creator takes the deposit back, after all other contributions were paid back."""
    info = _own_crowdloan(ctx, origin, crowdloan_id)
    given = _contribution(ctx, crowdloan_id, info["creator"])
    if not given:
        raise failed("NoContribution")
    if given != info["raised"]:
        raise failed("NotReadyToDissolve", f"{info['raised'] - given} rao belong to others")
    _pay(ctx, info["funds_account"], info["creator"], given)
    ctx.state.remove(PALLET, "Contributions", crowdloan_id, info["creator"])
    if info["call"] is not None:
        _drop(ctx, info["call"])
    no_longer_provide(ctx, info["funds_account"])
    for item in ("Crowdloans", "MaxContributions"):
        ctx.state.remove(PALLET, item, crowdloan_id)
    ctx.deposit_event(PALLET, "Dissolved", crowdloan_id=crowdloan_id)


# --- changing its terms -----------------------------------------------------------------------------------------


@call(PALLET, weight=weight(13_259_000, reads=2, writes=1))
def update_min_contribution(ctx: Context, origin: Origin, crowdloan_id: int, new_min_contribution: int) -> None:
    """The creator sets the smallest contribution."""
    info = _own_crowdloan(ctx, origin, crowdloan_id)
    smallest = ctx.runtime.constant(PALLET, "AbsoluteMinimumContribution")
    if new_min_contribution < smallest:
        raise failed("MinimumContributionTooLow", f"the minimum is {new_min_contribution}, allowed: from {smallest}")
    highest = ctx.state.get(PALLET, "MaxContributions", crowdloan_id)
    if highest is not None and new_min_contribution > highest:
        raise failed("MinimumContributionTooHigh", f"the minimum is {new_min_contribution}, allowed: to {highest}")
    _change(ctx, crowdloan_id, info, "min_contribution", new_min_contribution, "MinContributionUpdated")


@call(PALLET, weight=weight(12_048_000, reads=1, writes=1))
def update_end(ctx: Context, origin: Origin, crowdloan_id: int, new_end: int) -> None:
    """The creator sets the block at which contributions end."""
    info = _own_crowdloan(ctx, origin, crowdloan_id)
    _ensure_valid_end(ctx, new_end)
    _change(ctx, crowdloan_id, info, "end", new_end, "EndUpdated")


@call(PALLET, weight=weight(11_357_000, reads=1, writes=1))
def update_cap(ctx: Context, origin: Origin, crowdloan_id: int, new_cap: int) -> None:
    """The creator sets the target amount."""
    info = _own_crowdloan(ctx, origin, crowdloan_id)
    if new_cap < info["raised"]:
        raise failed("CapTooLow", f"the cap is {new_cap}, allowed: from {info['raised']}, which is raised already")
    _change(ctx, crowdloan_id, info, "cap", new_cap, "CapUpdated")


def _change(ctx: Context, crowdloan_id: int, info: Info, field: str, value: int, event: str) -> None:
    info[field] = value
    ctx.state.put(PALLET, "Crowdloans", crowdloan_id, info)
    ctx.deposit_event(PALLET, event, **{"crowdloan_id": crowdloan_id, f"new_{field}": value})


@call(PALLET, weight=weight(16_024_000, reads=2, writes=1))
def set_max_contribution(ctx: Context, origin: Origin, crowdloan_id: int, new_max_contribution: int | None) -> None:
    """The creator sets the maximum for one contributor; None: no limit."""
    info = _own_crowdloan(ctx, origin, crowdloan_id)
    if new_max_contribution is None:
        ctx.state.remove(PALLET, "MaxContributions", crowdloan_id)
    else:
        least = max(info["min_contribution"], _contribution(ctx, crowdloan_id, info["creator"]))
        if new_max_contribution < least:
            raise failed("MaximumContributionTooLow", f"the maximum is {new_max_contribution}, allowed: from {least}")
        ctx.state.put(PALLET, "MaxContributions", crowdloan_id, new_max_contribution)
    fields = {"crowdloan_id": crowdloan_id, "new_max_contribution": new_max_contribution}
    ctx.deposit_event(PALLET, "MaxContributionUpdated", **fields)


# --- accounts that live without money, and calls that are kept --------------------------------------------------


def provide(ctx: Context, who: str) -> None:
    """Keep an account alive even if it has no balance."""
    info = system.account(ctx, who)
    system.inc_providers(ctx, who, info)
    system.put_account(ctx, who, info)


def no_longer_provide(ctx: Context, who: str) -> None:
    """Undo `provide`."""
    info = system.account(ctx, who)
    if not system.dec_providers(ctx, who, info):
        system.put_account(ctx, who, info)


def _bound(ctx: Context, made: Call) -> dict[str, Any]:
    """Store a call: in the crowdloan if it is short, otherwise under its hash (`StorePreimage::bound`)."""
    data = call_bytes(ctx.runtime, made)
    if len(data) <= INLINE_BYTES:
        return {"Inline": "0x" + data.hex()}
    key = (made.hash, len(data))
    ctx.state.put("Preimage", "PreimageFor", key, "0x" + data.hex())
    status = {"maybe_ticket": None, "count": 1, "maybe_len": len(data)}
    ctx.state.put("Preimage", "RequestStatusFor", made.hash, {"Requested": status})
    return {"Lookup": {"hash": made.hash, "len": len(data)}}


def _stored_call(ctx: Context, bound: dict[str, Any]) -> Call:
    kept = bound.get("Inline")
    if kept is None:
        lookup = bound["Lookup"]
        kept = ctx.state.get("Preimage", "PreimageFor", (lookup["hash"], lookup["len"]))
    if kept is None:
        raise failed("CallUnavailable")
    return Call.from_decoded(ctx.runtime.core.decode_call(octets(kept)))


def _drop(ctx: Context, bound: dict[str, Any]) -> None:
    if lookup := bound.get("Lookup"):
        ctx.state.remove("Preimage", "PreimageFor", (lookup["hash"], lookup["len"]))
        ctx.state.remove("Preimage", "RequestStatusFor", lookup["hash"])
