"""The exact epoch against a vectorized float32 epoch in torch, in one run.

Both get the same random subnet: every validator gives every miner a weight. The peer is written as one would write it
on an accelerator: dense float32 matrices, the weighted median by sorting each column, Yuma 2 bonds.
"""

from __future__ import annotations

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


class TorchEpoch:
    """Yuma 2 in float32 over dense tensors: masks, permits, median, clipping, bonds, dividends, emission."""

    def __init__(self, torch: Any, inputs: EpochInput, validators: int):
        rows = np.arange(validators)
        self.torch = torch
        self.kappa = inputs.kappa / U16_MAX
        self.alpha = 1 - inputs.bonds_moving_average / 1_000_000
        self.emission = float(inputs.emission)
        self.seats = inputs.max_validators
        self.weights = torch.tensor(inputs.weights.dense(rows), dtype=torch.float32)
        self.bonds = torch.tensor(inputs.bonds.dense(rows), dtype=torch.float32)
        self.stake = torch.tensor(inputs.stake.astype(np.float64), dtype=torch.float32)
        self.permits = torch.tensor(inputs.validator_permit)
        self.last_update = torch.tensor(inputs.last_update.astype(np.int64))
        self.registered_at = torch.tensor(inputs.registered_at.astype(np.int64))
        self.block, self.cutoff, self.last_step = inputs.block, inputs.activity_cutoff, inputs.last_step_block

    def normalize(self, x: Any, dim: int) -> Any:
        """Divide by sums, leaving zeros alone."""
        total = x.sum(dim=dim, keepdim=True)
        return self.torch.where(total > 0, x / total, x)

    def __call__(self) -> tuple[Any, ...]:
        """Permits, trust, incentive (n,), bonds and dividends (v, ...) and emission (n,) of one epoch."""
        torch, v = self.torch, len(self.weights)
        active = self.last_update + self.cutoff >= self.block
        stake = self.normalize(self.stake, 0)
        permits = torch.zeros_like(self.permits)
        permits[torch.topk(stake, self.seats).indices] = True
        voices = self.normalize(stake * active * self.permits, 0)[:v]
        counts = self.permits[:v, None] & (self.last_update[:v, None] > self.registered_at)
        weights = (self.weights * counts).fill_diagonal_(0)
        weights = self.normalize(weights, 1)
        scores, order = torch.sort(weights, dim=0)
        below = torch.cumsum(voices[order], dim=0)
        index = (below <= 1 - self.kappa).sum(dim=0).clamp(max=v - 1)
        clipped = torch.minimum(weights, scores.gather(0, index[None, :])[0])
        trust = clipped.sum(dim=1)
        supported = clipped * voices[:, None]
        incentive = self.normalize(supported.sum(dim=0), 0)
        old = self.normalize(self.bonds * (self.last_step + 1 > self.registered_at), 0)
        bonds = self.normalize(self.alpha * self.normalize(supported, 0) + (1 - self.alpha) * old, 0)
        dividends = self.normalize((bonds * incentive).sum(dim=1), 0)
        highest = bonds.amax(dim=0)
        stored = torch.where(highest > 0, bonds / highest, bonds)
        combined = incentive.clone()
        combined[:v] += dividends
        return permits & (stake > 0), trust, incentive, stored, dividends, self.normalize(combined, 0) * self.emission


def measure(validators: int, miners: int, limit: float | None) -> Timing:
    """Time both epochs at one size, in turns, so that a busy machine is unfair to neither."""
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise LabError("bench consensus compares with torch, which is not installed; run: make lab") from error
    inputs = subnet(validators, miners)
    peer = TorchEpoch(torch, inputs, validators)

    def run_torch() -> tuple[Any, ...]:
        with torch.inference_mode():
            return peer()

    incentive = run_torch()[2].numpy()
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
