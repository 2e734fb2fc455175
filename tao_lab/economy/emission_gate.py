"""The emission gate: subnets with little demand get much less than their share, so that the others get more.

A share of demand passes the gate in part: one half of a share as large as the bar, nearly all of a share well above
it, next to nothing of one well below it. The bar is the 32nd largest share, and it is taken again at every 360th block.

    g = b / (1 + (bar / b)^3)

Source: `pallets/subtensor/src/coinbase/subnet_emissions.rs` of RaoFoundation/subtensor at f8ff769a
(`maybe_update_emission_gate_bar`, `apply_emission_gate`, `safe_pow`); `substrate-fixed` v0.6.0
(`src/transcendental.rs`: `ln`, `log2`, `exp`). In use since spec 440, by rank since spec 441.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tao_lab.economy.fixed128 import U64F64, WORD_MAX, add

EMISSION_BAR_UPDATE_INTERVAL = 360  # blocks
EMISSION_BAR_RANK = 32  # the default of `EmissionBarRank`
EMISSION_GATE_EXPONENT = 3 * U64F64.one  # the default of `EmissionGateExponent`

# The power is computed in I32F32, words of 64 bits with 32 fraction bits, by e^(h * ln(x)). Its last bits count: ln
# divides by log2(e) with 23 fraction bits only, which is 10^-7 off, and mainnet's payments show it.
ONE = 1 << 32
LARGEST = (1 << 63) - 1
LOG2_E = 0xB8AA3B << 9  # log2(e) cut to 23 fraction bits
E = 0x15BF0A8 << 9  # e cut to 23 fraction bits
TOO_LARGE = ((1 << 31) - 1) << 64  # U64F64: stands for every power that I32F32 cannot hold


@dataclass(frozen=True)
class EmissionGate:
    """The gate of a block.

    Attributes:
        bar: U64F64 word (`EmissionGateBar`); with 0 there is no gate.
        exponent: U64F64 word (`EmissionGateExponent`).
    """

    bar: int = 0
    exponent: int = EMISSION_GATE_EXPONENT


OPEN = EmissionGate()  # no gate: every share passes whole


def bar_is_due(bar: int, block: int) -> bool:
    """Whether a block takes the bar again: at every 360th, and as long as there is none."""
    return bar == 0 or block % EMISSION_BAR_UPDATE_INTERVAL == 0


def emission_gate_bar(demand: Sequence[int], rank: int = EMISSION_BAR_RANK, quantile: int = 0) -> int:
    """The bar that shares of demand make.

    Subnets whose emission is switched off count too: they keep their rank, and get nothing only afterwards.

    Args:
        demand: Raw U64F64 values, one for each started subnet.
        rank: place of the bar among the shares above zero, the largest first (`EmissionBarRank`); with fewer shares the
            smallest is the bar.
        quantile: U64F64 word (`EmissionBarQuantile`); counts only with rank 0: the bar is the share with which the
            largest shares together reach it.

    Returns:
        U64F64 word; 0 where no share is above zero.
    """
    largest_first = sorted(demand, reverse=True)
    if rank > 0:
        above_zero = [share for share in largest_first[:rank] if share > 0]
        return above_zero[-1] if above_zero else 0
    together = bar = 0
    for bar in largest_first:
        together = add(together, bar)
        if together >= quantile:
            break
    return bar


def apply_emission_gate(demand: Sequence[int], gate: EmissionGate) -> list[int]:
    """What passes of each share, together one again.

    Args:
        demand: Raw U64F64 values.
        gate: bar and exponent.

    Returns:
        Raw U64F64 values in the same order; unchanged where there is no bar, or nothing at all would pass.
    """
    if gate.bar <= 0:
        return list(demand)
    passed = [U64F64.multiply(share, passing(share, gate)) for share in demand]
    total = min(sum(passed), WORD_MAX)
    return [U64F64.divide(share, total) for share in passed] if total else list(demand)


def passing(share: int, gate: EmissionGate) -> int:
    """The part of a share that passes: 1 / (1 + (bar / share)^exponent).

    Args:
        share: U64F64 word.
        gate: bar and exponent.

    Returns:
        U64F64 word; 0 for a share of nothing.
    """
    if share <= 0:
        return 0
    return U64F64.divide(U64F64.one, add(U64F64.one, power(U64F64.divide(gate.bar, share), gate.exponent)))


def power(value: int, exponent: int) -> int:
    """`safe_pow`: value^exponent as the chain computes it.

    A value of nothing gives nothing. Where e^|exponent * ln(value)| does not fit I32F32 the chain takes the largest
    number, also if the power itself would be tiny: of a share of more than about 1,290 bars next to nothing passes.
    On mainnet no share is that large; in a network of few subnets one can be.

    Args:
        value: U64F64 word.
        exponent: U64F64 word.

    Returns:
        U64F64 word.
    """
    logarithm = _ln(min(value >> 32, LARGEST))
    if logarithm is None:
        return 0
    result = _exp(_held(min(exponent >> 32, LARGEST) * logarithm >> 32))
    return TOO_LARGE if result is None else result << 32


def _ln(word: int) -> int | None:
    """Natural logarithm of an I32F32 word; None where there is none."""
    if word < ONE:
        inverse = ONE * ONE // word if word else LARGEST + 1
        # The chain stops with an error for the two words whose inverse does not fit; here they count as zero.
        return None if inverse > LARGEST else -(_log2(inverse) * ONE // LOG2_E)
    return _log2(word) * ONE // LOG2_E


def _log2(word: int) -> int:
    """Logarithm to base 2 of an I32F32 word of at least one: its whole part, then a bit for each squaring."""
    result = 0
    while word >= 2 * ONE:
        result += 1
        word = (word >> 1) + (word & 1)
    if word == ONE:
        return result * ONE
    for _ in range(32):
        word = word * word >> 32
        result <<= 1
        if word >= 2 * ONE:
            result |= 1
            word = (word >> 1) + (word & 1)
    return result


def _exp(word: int) -> int | None:
    """E to an I32F32 word, by a series of 31 terms; e to a negative one is one divided by it. None: it does not fit."""
    if word in (0, ONE):
        return E if word else ONE
    size = abs(word)
    term, result = size, size + ONE
    for i in range(2, 32):
        product = term * size >> 32
        term = product // i
        result += term
        if product > LARGEST or result > LARGEST:
            return None
    return ONE * ONE // result if word < 0 else result


def _held(word: int) -> int:
    """A word as I32F32 can hold it."""
    return max(min(word, LARGEST), -LARGEST - 1)
