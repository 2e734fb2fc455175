"""A validator: it asks miners, scores their answers, and puts weights on the chain."""

from tao_lab.neurons.validator.program import Asked, Step, Validator
from tao_lab.neurons.validator.weights import weights_of

__all__ = ["Asked", "Step", "Validator", "weights_of"]
