"""Rules that a student can replace while the chain runs: `net.rules`.

    with net.rules.using(epoch=mine):
        net.run(epochs=3)

A replaced rule is called like the library's own. If it raises, or returns what no chain could store, the block fails
with a message that names the function and what it broke, and the state stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tao_lab.chain.errors import BadValue, RuleBroken
from tao_lab.consensus import Epoch, EpochInput, EpochInputError, EpochTerms, SparseRows, epoch
from tao_lab.economy import PriceTerms, registration_price
from tao_lab.economy.registration_price import PriceEvent
from tao_lab.units import U16_MAX

EpochRule = Callable[[EpochInput], Epoch | EpochTerms | Mapping[str, Any]]
PriceRule = Callable[[int, PriceTerms, PriceEvent], int]

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
    """

    epoch: EpochRule = epoch
    registration_price: PriceRule = registration_price

    @contextmanager
    def using(self, **functions: Callable[..., Any]) -> Iterator[Rules]:
        """Replace rules for the length of a `with` block.

        Raises:
            BadValue: There is no such rule, or it is no function.
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

    def run_registration_price(self, burn: int, terms: PriceTerms, event: PriceEvent) -> int:
        """The price of a place after a block or a registration, by the rule in force, checked.

        Raises:
            RuleBroken: It raised, or gave no amount between `MinBurn` and `MaxBurn`.
        """
        try:
            price = self.registration_price(burn, terms, event)
        except Exception as error:
            raise RuleBroken(
                "registration_price", self.registration_price, f"raised {type(error).__name__}: {error}"
            ) from error
        low, high = min(terms.min_burn, terms.max_burn), terms.max_burn
        if isinstance(price, bool) or not isinstance(price, int) or not low <= price <= high:
            allowed = f"whole rao from {low} to {high}"
            raise RuleBroken("registration_price", self.registration_price, f"gave {price!r}; allowed: {allowed}")
        return price


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
    outside = [uid for uid, value in enumerate(column.tolist()) if not 0 <= value <= highest]
    return f"is {column[outside[0]]} for uid {outside[0]}; allowed: 0 to {highest}" if outside else ""


def _broken_rows(bonds: Any, n: int) -> str:
    if not isinstance(bonds, SparseRows) or bonds.n != n:
        return f"bonds: allowed: SparseRows with {n} rows"
    if ((bonds.uids < 0) | (bonds.uids >= n)).any() or ((bonds.values < 0) | (bonds.values > U16_MAX)).any():
        return f"bonds: a column or value is out of range; allowed: uids below {n}, values 0 to {U16_MAX}"
    return ""
