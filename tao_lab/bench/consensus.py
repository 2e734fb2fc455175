"""The exact epoch against a vectorized float32 epoch in torch, in one run.

Both get the same random subnet: every validator gives every miner a weight. The peer is written as one would write it
on an accelerator: dense float32 matrices, the weighted median by sorting each column, Yuma 2 bonds.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tao_lab.consensus import EpochInput, SparseRows, epoch
from tao_lab.errors import LabError
from tao_lab.units import RAO_PER_TAO, U16_MAX

SIZES = ((16, 64, None), (64, 256, 1.5), (128, 1_024, 1.0))  # validators, miners, largest allowed ratio
ROUNDS = 40


@dataclass(frozen=True)
class Timing:
    """Median seconds of one epoch, of both, at one size; `limit` is the ratio that must not be exceeded."""

    validators: int
    miners: int
    exact: float
    torch: float
    largest_difference: float
    limit: float | None

    @property
    def ratio(self) -> float:
        """Exact time over torch time."""
        return self.exact / self.torch


def subnet(validators: int, miners: int, seed: int = 6) -> EpochInput:
    """A random subnet; validators come first, stake is spread as unevenly as in reality."""
    random = np.random.default_rng(seed)
    n = validators + miners

    def rows() -> SparseRows:
        matrix = np.zeros((n, n), np.int64)
        matrix[:validators, validators:] = random.integers(1, U16_MAX + 1, (validators, miners))
        return SparseRows.from_dense(matrix)

    stake = np.zeros(n, np.uint64)
    stake[:validators] = (random.pareto(1.2, validators) + 1) * 1_000 * RAO_PER_TAO
    return EpochInput(
        n=n,
        block=10_000,
        tempo=360,
        last_step_block=9_640,
        activity_cutoff=5_000,
        kappa=32_767,
        bonds_penalty=U16_MAX,
        bonds_moving_average=900_000,
        yuma3=False,
        liquid_alpha=None,
        max_validators=validators,
        min_stake=0,
        owner_uid=None,
        emission=360 * RAO_PER_TAO,
        stake=stake,
        validator_permit=np.arange(n) < validators,
        last_update=np.full(n, 9_900, np.uint64),
        registered_at=np.zeros(n, np.uint64),
        weights=rows(),
        bonds=rows(),
    )


def torch_epoch(torch: Any, weights: Any, bonds: Any, stake: Any, kappa: float, alpha: float) -> tuple[Any, Any]:
    """Incentive (n,) and dividends (v,) of a float32 Yuma 2 epoch over dense tensors (v, n)."""

    def normalize(x: Any, dim: int) -> Any:
        total = x.sum(dim=dim, keepdim=True)
        return torch.where(total > 0, x / total, x)

    stake = normalize(stake, 0)
    weights = normalize(weights, 1)
    scores, order = torch.sort(weights, dim=0)
    below = torch.cumsum(stake[order], dim=0)
    index = (below <= 1 - kappa).sum(dim=0).clamp(max=len(stake) - 1)
    consensus = scores.gather(0, index[None, :])[0]
    clipped = torch.minimum(weights, consensus)
    incentive = normalize((clipped * stake[:, None]).sum(dim=0), 0)
    delta = normalize(clipped * stake[:, None], 0)
    averaged = normalize(alpha * delta + (1 - alpha) * normalize(bonds, 0), 0)
    dividends = normalize((averaged * incentive).sum(dim=1), 0)
    return incentive, dividends


def measure(validators: int, miners: int, limit: float | None) -> Timing:
    """Time both epochs at one size, in turns, so that a busy machine is unfair to neither."""
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise LabError("bench consensus compares with torch, which is not installed; run: make lab") from error
    inputs = subnet(validators, miners)
    rows = np.arange(validators)
    weights, bonds = (
        torch.tensor(matrix.dense(rows), dtype=torch.float32) for matrix in (inputs.weights, inputs.bonds)
    )
    stake = torch.tensor(inputs.stake[:validators].astype(np.float64), dtype=torch.float32)

    def run_torch() -> tuple[Any, Any]:
        with torch.inference_mode():
            return torch_epoch(torch, weights, bonds, stake, inputs.kappa / U16_MAX, 0.1)

    incentive = run_torch()[0].numpy()
    exact = epoch(inputs)
    difference = float(np.abs(exact.numbers.to_float(exact.incentive) - incentive).max())
    exact_seconds, torch_seconds = _in_turns(lambda: epoch(inputs), run_torch)
    return Timing(validators, miners, exact_seconds, torch_seconds, difference, limit)


def _in_turns(*functions: Callable[[], Any]) -> list[float]:
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [float(np.median(taken)) for taken in times]


def peak_memory() -> float:
    """Largest resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
