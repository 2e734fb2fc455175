"""Pallets on this chain: functions, registered by their names in the runtime's metadata.

Each file in `tao_lab/chain/pallets/` is one pallet. Its calls are plain functions

    @call("Balances", weight=Weight(ref_time=…))
    def transfer_keep_alive(ctx, origin, dest, value): ...

whose parameters after `origin` have the names of the metadata. `@on_initialize("SubtensorModule")` runs at the start
of each block, `@transaction_check` may keep an extrinsic out of the pool, `@runtime_api("NeuronInfoRuntimeApi")`
answers `state_call`. Calls that are not registered raise `NotInLab`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tao_lab.chain import absent
from tao_lab.chain.errors import DispatchError, NotInLab
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.guard_weights import guards_weight
from tao_lab.chain.measured_weights import measured_weight
from tao_lab.chain.state import StorageReader
from tao_lab.chain.weight import DB_READ, DB_WRITE, Tally, Weight, weight

__all__ = ["DB_READ", "DB_WRITE", "Tally", "Weight", "weight"]  # pallets import them from here too


CallArgs = dict[str, Any]
CallFunction = Callable[..., "Post | None"]
WeightFunction = Callable[[CallArgs], "Weight"]
PaysFunction = Callable[[CallArgs], bool]


def inner_weight(base: Weight) -> WeightFunction:
    """Weight of a call that carries out its argument `call`: `base` plus the weight of that call."""

    def weight_of(args: CallArgs) -> Weight:
        inner: Call = args["call"]
        return base + inner.registered.weight_of(inner.args)

    return weight_of


@dataclass(frozen=True, slots=True)
class Origin:
    """The caller: a signed account, the chain's root, or nobody (an inherent).

    Attributes:
        kind: `Signed`, `Root` or `None`.
        filters: Functions that say whether a call may be made with this origin; they don't apply to root.
    """

    kind: str
    account: str | None = None
    filters: tuple[Callable[[Call], bool], ...] = ()

    def allowing(self, allows: Callable[[Call], bool]) -> Origin:
        """The same origin with one more filter."""
        return Origin(self.kind, self.account, (*self.filters, allows))


ROOT = Origin("Root")
NONE = Origin("None")


def signed(account: str) -> Origin:
    """The origin of an account's own extrinsic."""
    return Origin("Signed", account)


def ensure_signed(origin: Origin) -> str:
    """The account that signed.

    Raises:
        DispatchError: `BadOrigin`.
    """
    if origin.account is None:
        raise DispatchError("BadOrigin", "", "this call must be signed by an account")
    return origin.account


def ensure_root(origin: Origin) -> None:
    """Refuse everyone but the chain's root.

    Raises:
        DispatchError: `BadOrigin`.
    """
    if origin.kind != "Root":
        raise DispatchError(
            "BadOrigin", "", f"only the chain's root may make this call, not {origin.account or 'nobody'}"
        )


def ensure_none(origin: Origin) -> None:
    """Refuse everything but an inherent.

    Raises:
        DispatchError: `BadOrigin`.
    """
    if origin.kind != "None":
        raise DispatchError("BadOrigin", "", "the author of a block makes this call itself; nobody may sign it")


def lookup(address: Any) -> str:
    """The account that a decoded `MultiAddress` names.

    Raises:
        DispatchError: `CannotLookup`: its kind is not `Id`.
    """
    if not isinstance(address, str):
        raise DispatchError("CannotLookup", "", f"{address!r:.100} is not an account's address")
    return address


@dataclass(frozen=True, slots=True)
class Post:
    """What a call may return (`PostDispatchInfo`).

    Attributes:
        pays_fee: Whether the signer pays the fee.
        weight: Its real weight; None if it is the declared weight.
    """

    pays_fee: bool = True
    weight: Weight | None = None


@dataclass(frozen=True)
class RegisteredCall:
    """A call of this chain.

    Attributes:
        weight: Its own weight, or a function that computes it from the arguments.
    """

    pallet: str
    name: str
    function: CallFunction
    weight: Weight | WeightFunction
    pays_fee: bool | PaysFunction
    dispatch_class: str

    @cached_property
    def fixed_weight(self) -> Weight | None:
        """Its weight with that of the guards before it; None if it depends on the arguments."""
        return self.weight + guards_weight(self.pallet, self.name) if isinstance(self.weight, Weight) else None

    def pays(self, args: CallArgs) -> bool:
        """Whether the signer pays for it, as known before it runs."""
        return self.pays_fee if isinstance(self.pays_fee, bool) else self.pays_fee(args)

    def weight_of(self, args: CallArgs) -> Weight:
        """Declared weight with these arguments, including the guards before the call."""
        fixed = self.fixed_weight
        if fixed is not None:
            return fixed
        own = self.weight if isinstance(self.weight, Weight) else self.weight(args)
        return own + guards_weight(self.pallet, self.name)

    def spent(self, args: CallArgs, actual: Weight | None) -> Weight:
        """Actual weight after the call ran, never more than the declared one (`calc_actual_weight`)."""
        declared = self.weight_of(args)
        return declared if actual is None else actual.at_most(declared)


@dataclass(frozen=True)
class Call:
    """A decoded call: names of the metadata, and the arguments as plain values (nested calls as `Call`).

    Attributes:
        hash: BLAKE2b-256 of its SCALE bytes, as `0x…`; announcements and approvals name a call by it.
    """

    pallet: str
    name: str
    args: CallArgs
    hash: str = ""

    @classmethod
    def from_decoded(cls, decoded: dict[str, Any]) -> Call:
        """Make a call from the result of `bittensor_core.Runtime.decode_call`."""
        args = {arg["name"]: _nested(arg["value"]) for arg in decoded["call_args"]}
        return cls(decoded["call_module"], decoded["call_function"], args, decoded["call_hash"])

    def inner(self) -> list[Call]:
        """The calls in its arguments, but not the calls inside those."""
        found = []
        for value in self.args.values():
            found += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Call)]
        return found

    @cached_property
    def registered(self) -> RegisteredCall:
        """The registered function of this call.

        Raises:
            NotInLab: There is no such function.
        """
        found = CALLS.get((self.pallet, self.name))
        if found is None:
            raise NotInLab(self.pallet, self.name, absent.reason(self.pallet, self.name))
        return found


def _nested(value: Any) -> Any:
    """Replace decoded calls inside an argument by `Call`."""
    if isinstance(value, dict):
        if "call_module" in value and "call_args" in value:
            return Call.from_decoded(value)
        return {key: _nested(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_nested(item) for item in value]
    return value


# The block that is being built: `tao_lab.chain.context.Context`, which imports this module.
BlockContext = Any
Hook = Callable[[BlockContext], None]
Guard = Callable[[BlockContext, str, Call], None]
GenesisHook = Callable[[BlockContext, Genesis], None]

CALLS: dict[tuple[str, str], RegisteredCall] = {}
ON_INITIALIZE: list[tuple[str, Hook]] = []
ON_IDLE: list[tuple[str, Hook]] = []
ON_FINALIZE: list[tuple[str, Hook]] = []
ON_GENESIS: list[tuple[str, GenesisHook]] = []
CALL_FILTERS: list[Callable[[Call], bool]] = []
DISPATCH_GUARDS: list[Guard] = []
TRANSACTION_CHECKS: list[Guard] = []
RUNTIME_APIS: dict[tuple[str, str], RegisteredApi] = {}


def call(
    pallet: str,
    weight: Weight | WeightFunction,
    *,
    pays_fee: bool | PaysFunction = True,
    dispatch_class: str = "Normal",
) -> Callable[[CallFunction], CallFunction]:
    """Register a function `(ctx, origin, …)` as the call of its own name.

    Args:
        pallet: The pallet's name in the metadata.
        weight: Its weight in June's source, or a function of its arguments; `measured_weights.py` wins.
        pays_fee: Whether the signer pays for it, or a function that computes it from the arguments.
        dispatch_class: `Normal`, `Operational` or `Mandatory` (an inherent).
    """

    def register(function: CallFunction) -> CallFunction:
        name = function.__name__
        own = measured_weight(pallet, name) or weight
        CALLS[(pallet, name)] = RegisteredCall(pallet, name, function, own, pays_fee, dispatch_class)
        return function

    return register


def on_initialize(pallet: str) -> Callable[[Hook], Hook]:
    """Register a function `(ctx)` to run at the start of each block, in the order of the pallets' indices."""

    def register(function: Hook) -> Hook:
        ON_INITIALIZE.append((pallet, function))
        return function

    return register


def on_idle(pallet: str) -> Callable[[Hook], Hook]:
    """Register a function `(ctx)` to run after the extrinsics of each block, before the hooks of `on_finalize`."""

    def register(function: Hook) -> Hook:
        ON_IDLE.append((pallet, function))
        return function

    return register


def on_finalize(pallet: str) -> Callable[[Hook], Hook]:
    """Register a function `(ctx)` to run at the end of each block, in the order of the pallets' indices."""

    def register(function: Hook) -> Hook:
        ON_FINALIZE.append((pallet, function))
        return function

    return register


def on_genesis(pallet: str) -> Callable[[GenesisHook], GenesisHook]:
    """Register a function `(ctx, genesis)` that writes a pallet's state before the first block."""

    def register(function: GenesisHook) -> GenesisHook:
        ON_GENESIS.append((pallet, function))
        return function

    return register


def call_filter(function: Callable[[Call], bool]) -> Callable[[Call], bool]:
    """Register a function `(call)` that says whether accounts other than root may make a call at all."""
    CALL_FILTERS.append(function)
    return function


def dispatch_guard(function: Guard) -> Guard:
    """Register a function `(ctx, who, call)` that raises `DispatchError` if an account may not make a call now.

    Unlike a transaction check, it also gets the calls inside a batch or a proxy, each with its own signer.
    """
    DISPATCH_GUARDS.append(function)
    return function


def transaction_check(function: Guard) -> Guard:
    """Register a function `(ctx, signer, call)` that raises `InvalidTransaction` if no block may contain a call."""
    TRANSACTION_CHECKS.append(function)
    return function


@dataclass(frozen=True, slots=True)
class RegisteredApi:
    """A method of a runtime API that this chain answers."""

    function: Callable[..., Any]
    takes_bytes: bool


def runtime_api(api: str, *, takes_bytes: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function `(query, …)` as the method of its own name of a runtime API.

    `query` is a `Query` with the state at the requested block. The arguments are decoded; with `takes_bytes` the
    function gets the bytes that were sent. The result is encoded with the type from the metadata.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        RUNTIME_APIS[(api, function.__name__)] = RegisteredApi(function, takes_bytes)
        return function

    return register


@dataclass(frozen=True, slots=True)
class Query:
    """What a runtime API may read."""

    state: StorageReader
    block: int
