"""A miner: one function from a task to an answer, behind an HTTP server that checks every request."""

from tao_lab.neurons.miner.admission import Policy
from tao_lab.neurons.miner.program import Miner
from tao_lab.neurons.miner.refusal import REASONS, Refusal

__all__ = ["REASONS", "Miner", "Policy", "Refusal"]
