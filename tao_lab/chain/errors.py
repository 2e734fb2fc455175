"""Errors of extrinsics, values and the chain's file, with the chain's own names.

As on the real chain, there are three kinds. `MalformedExtrinsic`: the bytes are not an extrinsic. `InvalidTransaction`:
no block may contain the extrinsic (the names are Substrate's). `DispatchError`: a call in a block failed; the fee is
paid, and everything else is undone.
"""

from __future__ import annotations

from tao_lab.chain.weight import Weight
from tao_lab.errors import LabError


class ChainError(LabError):
    """Anything that the chain refuses; the state stays as it was."""


class BadValue(ChainError, ValueError):
    """A value that does not fit its place."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} is {value!r:.200}, allowed: {allowed}")
        self.field, self.value, self.allowed = field, value, allowed


class MalformedExtrinsic(BadValue):
    """Bytes that do not decode as an extrinsic of this chain."""


class NotInLab(ChainError):
    """A call of the real runtime that this chain knows by name but does not have."""

    def __init__(self, pallet: str, call: str, reason: str = "") -> None:
        super().__init__(f"{pallet}.{call} is not in the lab's chain" + (f": {reason}" if reason else ""))
        self.pallet, self.call, self.reason = pallet, call, reason


class InvalidTransaction(ChainError):
    """An extrinsic that decodes, but that no block may contain.

    Attributes:
        name: Substrate's name of the case: `BadProof`, `Stale`, `Future`, `Payment`, `AncientBirthBlock`, ….
        custom: The number, if the name is `Custom`.
    """

    def __init__(self, name: str, sentence: str, custom: int | None = None) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name, self.sentence, self.custom = name, sentence, custom

    def encodable(self) -> dict[str, object]:
        """The error in the form of the runtime's `TransactionValidityError`."""
        return {"Invalid": {"Custom": self.custom or 0} if self.name == "Custom" else self.name}


class DispatchError(ChainError):
    """A call that failed inside a block: everything it wrote is undone, but the fee is paid.

    `DispatchError("Balances", "LiquidityRestrictions")` is a pallet's error; the shared ones are
    `DispatchError("Token", "FundsUnavailable")`, `("Arithmetic", "Overflow")` and `DispatchError("BadOrigin")`.

    Attributes:
        weight: Weight of the call until it failed; None if it is the declared weight.
    """

    weight: Weight | None

    def __init__(self, pallet: str, name: str = "", sentence: str = "") -> None:
        label = f"{pallet}.{name}" if name else pallet
        super().__init__(f"{label}: {sentence}" if sentence else label)
        self.pallet, self.name, self.sentence = pallet, name, sentence
        self.weight = None


class BlockFailed(ChainError):
    """A block could not be built (a rule raised an error, or an event cannot be encoded); the state is the parent's."""


class RuleBroken(BlockFailed):
    """A replaced rule raised an error, or returned something that no chain can store.

    Attributes:
        rule: Name in `net.rules`.
        problem: What it did wrong, and what is allowed.
    """

    def __init__(self, rule: str, function: object, problem: str) -> None:
        name = getattr(function, "__qualname__", repr(function))
        super().__init__(f"rules.{rule} ({name}): {problem}")
        self.rule, self.problem = rule, problem


class StoreError(ChainError):
    """The chain's file cannot be used; the last committed block is unchanged."""


class DatabaseLocked(StoreError):
    """Another process has the chain open."""


class DatabaseCorrupt(StoreError):
    """The file is not a chain, or damaged."""


class DatabaseFull(StoreError):
    """There is no space for the next block."""
