"""Rules that a student can replace while the chain runs: `net.rules`.

    with net.rules.using(epoch=mine):
        net.run(epochs=3)

A replaced rule is called like the library's own. If it raises an error, or returns something that no chain can store,
the block fails. The message names the function and the problem, and the state does not change.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tao_lab.chain.errors import BadValue, RuleBroken
from tao_lab.consensus import Epoch, EpochInput, EpochInputError, EpochTerms, SparseRows, epoch
from tao_lab.economy import (
    EmissionGate,
    Pool,
    PriceTerms,
    Split,
    SubnetPrice,
    SwapError,
    SwapResult,
    block_emission,
    registration_price,
    split,
    subnet_shares,
    swap,
)
from tao_lab.economy.fixed128 import U64F64
from tao_lab.economy.registration_price import PriceEvent
from tao_lab.economy.swap import SWAP_ERRORS, Side
from tao_lab.units import U16_MAX, U64_MAX

EpochRule = Callable[[EpochInput], Epoch | EpochTerms | Mapping[str, Any]]
PriceRule = Callable[[int, PriceTerms, PriceEvent], int]
EmissionRule = Callable[[int], int]
SharesRule = Callable[[Sequence[SubnetPrice], EmissionGate], Sequence[int]]
SplitRule = Callable[[int, int, int], Split | Mapping[str, int]]
SwapRule = Callable[[Pool, Side, int, int | None], SwapResult | Mapping[str, int]]

PROPORTIONS = ("stake_weight", "consensus", "validator_trust", "incentive", "dividends")
AMOUNTS = ("server_emission", "validator_emission", "emission")
FLAGS = ("active", "validator_permit", "bonds_written")


@dataclass
class Rules:
    """The functions that a chain calls.

    Attributes:
        epoch: `epoch(inputs: EpochInput)` gives an `Epoch`, `EpochTerms`, or a dict with the fields of a vector's
            `expected`.
        registration_price: `registration_price(burn: int, terms: PriceTerms, event: str)` gives the new price, rao.
        swap: `swap(pool: Pool, side: str, amount: int, limit_price: int | None)` gives a `SwapResult`, or a dict with
            its fields; it raises `SwapError` for a swap that it refuses.
        block_emission: `block_emission(issuance: int)` gives the rao that a block issues, of TAO and of each alpha.
        shares: `shares(subnets: Sequence[SubnetPrice], gate: EmissionGate)` gives each subnet's share of the block's
            TAO in parts of 2^64, one for each subnet, in order; a function without `gate` is called without it.
            `tao_lab.economy.without_gate` is the rule before the emission gate.
        split: `split(alpha_out: int, owner_cut: int, root_proportion: int)` divides a block's alpha: a `Split`, or a
            dict with its fields, in rao.
    """

    epoch: EpochRule = epoch
    registration_price: PriceRule = registration_price
    swap: SwapRule = swap
    block_emission: EmissionRule = block_emission
    shares: SharesRule = subnet_shares
    split: SplitRule = split

    @contextmanager
    def using(self, **functions: Callable[..., Any]) -> Iterator[Rules]:
        """Replace rules for the length of a `with` block.

        Raises:
            BadValue: There is no such rule, or it is not a function.
        """
        names = {field.name for field in fields(self)}
        for name, function in functions.items():
            if name not in names:
                raise BadValue("rule", name, ", ".join(sorted(names)))
            if not callable(function):
                raise BadValue(f"rules.{name}", function, "a function")
        before = {name: getattr(self, name) for name in functions}
        try:
            for name, function in functions.items():
                setattr(self, name, function)
            yield self
        finally:
            for name, function in before.items():
                setattr(self, name, function)

    def run_epoch(self, inputs: EpochInput) -> EpochTerms:
        """One epoch by the rule in force, checked.

        Raises:
            RuleBroken: It raised, or its result breaks a rule that every epoch keeps.
        """
        try:
            result = self.epoch(inputs)
        except Exception as error:
            raise RuleBroken("epoch", self.epoch, f"raised {type(error).__name__}: {error}") from error
        try:
            terms = _epoch_terms(inputs.n, result)
        except EpochInputError as error:
            raise RuleBroken("epoch", self.epoch, str(error)) from error
        broken = _broken(terms, inputs)
        if broken:
            raise RuleBroken("epoch", self.epoch, broken)
        return terms

    def run_block_emission(self, issuance: int) -> int:
        """Rao that a block issues by the rule in force, checked.

        Raises:
            RuleBroken: It raised, or gave no whole number of rao.
        """
        emission = self._call("block_emission", issuance)
        if broken := _broken_rao(emission, U64_MAX):
            raise RuleBroken("block_emission", self.block_emission, f"gave {broken}")
        return int(emission)

    def run_shares(self, subnets: Sequence[SubnetPrice], gate: EmissionGate) -> list[int]:
        """Shares of subnets by the rule in force, checked; raw U64F64 values.

        Raises:
            RuleBroken: It raised, or gave invalid shares, or shares of more than one together.
        """
        takes_gate = self.shares is Rules.shares or _takes_two(self.shares)
        shares = self._call("shares", *((subnets, gate) if takes_gate else (subnets,)))
        if broken := _broken_shares(shares, len(subnets)):
            raise RuleBroken("shares", self.shares, broken)
        return list(shares)

    def run_split(self, alpha_out: int, owner_cut: int, root_proportion: int) -> Split:
        """Parts of a block's alpha by the rule in force, checked.

        Raises:
            RuleBroken: It raised, or gave invalid parts, or parts of more than the whole together.
        """
        result = self._call("split", alpha_out, owner_cut, root_proportion)
        parts = result._asdict() if isinstance(result, Split) else result
        if not isinstance(parts, Mapping) or set(parts) != set(Split._fields):
            allowed = f"Split, or a dict with {', '.join(Split._fields)}"
            raise RuleBroken("split", self.split, f"returned {type(result).__name__}; allowed: {allowed}")
        broken = [f"{name} is {problem}" for name, part in parts.items() if (problem := _broken_rao(part, alpha_out))]
        if not broken and sum(parts.values()) > alpha_out:
            broken = [f"the parts are {sum(parts.values())} rao; allowed: at most {alpha_out} together"]
        if broken:
            raise RuleBroken("split", self.split, broken[0])
        return Split(**parts)

    def run_registration_price(self, burn: int, terms: PriceTerms, event: PriceEvent) -> int:
        """The price of a place after a block or a registration, by the rule in force, checked.

        Raises:
            RuleBroken: It raised, or gave no amount between `MinBurn` and `MaxBurn`.
        """
        price = self._call("registration_price", burn, terms, event)
        low, high = min(terms.min_burn, terms.max_burn), terms.max_burn
        if isinstance(price, bool) or not isinstance(price, int) or not low <= price <= high:
            allowed = f"whole rao from {low} to {high}"
            raise RuleBroken("registration_price", self.registration_price, f"gave {price!r}; allowed: {allowed}")
        return price

    def _call(self, rule: str, *arguments: Any) -> Any:
        function = getattr(self, rule)
        try:
            return function(*arguments)
        except Exception as error:
            raise RuleBroken(rule, function, f"raised {type(error).__name__}: {error}") from error

    def run_swap(self, pool: Pool, side: Side, amount: int, limit_price: int | None) -> SwapResult:
        """One swap by the rule in force, checked.

        Raises:
            SwapError: The rule refuses the swap.
            RuleBroken: It raised something else, or its result breaks a rule that every swap keeps.
        """
        if self.swap is swap:
            return swap(pool, side, amount, limit_price)
        try:
            result = self.swap(pool, side, amount, limit_price)
        except SwapError as error:
            if str(error).split(":")[0] in SWAP_ERRORS:
                raise
            raise RuleBroken(
                "swap", self.swap, f"raised SwapError: {error}; allowed: {', '.join(SWAP_ERRORS)}"
            ) from error
        except Exception as error:
            raise RuleBroken("swap", self.swap, f"raised {type(error).__name__}: {error}") from error
        swapped = _swap_result(result)
        broken = "" if swapped is None else _broken_swap(swapped, pool, side, amount)
        if swapped is None or broken:
            broken = (
                broken or f"returned {type(result).__name__}; allowed: SwapResult, or a dict with fee, paid, received"
            )
            raise RuleBroken("swap", self.swap, broken)
        return swapped


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether a function can be called with two arguments; also True if its signature is unknown."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:
        pass
    return True


def _broken_rao(amount: Any, highest: int) -> str:
    """What is wrong with an amount, in words; empty if nothing is wrong."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= highest:
        return f"{amount!r}; allowed: whole rao from 0 to {highest}"
    return ""


def _broken_shares(shares: Any, n: int) -> str:
    """The first thing that is wrong with shares, in words; empty if nothing."""
    if not isinstance(shares, Sequence) or len(shares) != n:
        length = f" of {len(shares)}" if isinstance(shares, Sequence) else ""
        return f"returned {type(shares).__name__}{length}; allowed: a list with a share for each of {n} subnets"
    for place, share in enumerate(shares):
        if isinstance(share, bool) or not isinstance(share, int) or not 0 <= share <= U64F64.one:
            return f"share {place} is {share!r}; allowed: whole numbers from 0 to 2^64, which is one"
    if sum(shares) > U64F64.one:
        return f"the shares are {sum(shares) / U64F64.one:.6f} together; allowed: at most one"
    return ""


def _swap_result(result: Any) -> SwapResult | None:
    if isinstance(result, SwapResult):
        return result
    if isinstance(result, Mapping) and set(result) == {"fee", "paid", "received"}:
        return SwapResult(**result)
    return None


def _broken_swap(result: SwapResult, pool: Pool, side: Side, amount: int) -> str:
    """The first thing that is wrong with a swap, in words; empty if nothing."""
    for name in ("fee", "paid", "received"):
        value = getattr(result, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            return f"{name} is {value!r}; allowed: a whole number of rao"
    if result.fee + result.paid > amount:
        return f"fee and paid are {result.fee + result.paid} rao; allowed: at most the amount, {amount}"
    reserve = pool.alpha if side == "buy" else pool.tao
    if result.received >= reserve:
        return f"received is {result.received} rao; allowed: less than the pool holds, {reserve}"
    return ""


def _epoch_terms(n: int, result: Any) -> EpochTerms:
    if isinstance(result, Epoch):
        return result.terms()
    if isinstance(result, EpochTerms):
        return result
    if isinstance(result, Mapping):
        return EpochTerms.from_json(n, result)
    raise EpochInputError(
        f"returned {type(result).__name__}; allowed: Epoch, EpochTerms, or a dict of an epoch's terms"
    )


def _broken(terms: EpochTerms, inputs: EpochInput) -> str:
    """The first thing that is wrong with an epoch's terms, in words; empty if nothing."""
    for names, kinds, highest in ((FLAGS, "b", 1), (PROPORTIONS, "iu", U16_MAX), (AMOUNTS, "iu", inputs.emission)):
        for name in names:
            problem = _broken_column(getattr(terms, name), inputs.n, kinds, highest)
            if problem:
                return f"{name}: {problem}"
    paid = sum(terms.server_emission.tolist()) + sum(terms.validator_emission.tolist())
    if paid > inputs.emission:
        return (
            f"server_emission and validator_emission pay {paid} rao; allowed: at most the emission, {inputs.emission}"
        )
    return _broken_rows(terms.bonds, inputs.n)


def _broken_column(column: Any, n: int, kinds: str, highest: int) -> str:
    if not isinstance(column, np.ndarray) or column.shape != (n,):
        shape = getattr(column, "shape", type(column).__name__)
        return f"has shape {shape}; allowed: ({n},), one entry for each UID"
    if column.dtype.kind not in kinds:
        return f"holds {column.dtype}; allowed: {'booleans' if kinds == 'b' else 'whole numbers'}"
    if n == 0 or (column.min() >= 0 and int(column.max()) <= highest):
        return ""
    outside = [uid for uid, value in enumerate(column.tolist()) if not 0 <= value <= highest]
    return f"is {column[outside[0]]} for uid {outside[0]}; allowed: 0 to {highest}" if outside else ""


def _broken_rows(bonds: Any, n: int) -> str:
    if not isinstance(bonds, SparseRows) or bonds.n != n:
        return f"bonds: allowed: SparseRows with {n} rows"
    if ((bonds.uids < 0) | (bonds.uids >= n)).any() or ((bonds.values < 0) | (bonds.values > U16_MAX)).any():
        return f"bonds: a column or value is out of range; allowed: uids below {n}, values 0 to {U16_MAX}"
    return ""
