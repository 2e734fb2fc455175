"""Language models for miners: `load(name)` returns a model that answers prompts.

Importing this package is quick: torch and Transformers are imported when a model on this machine is loaded.
"""

from tao_lab.neurons.models.base import Message, Model, ModelTimeout, Prompt
from tao_lab.neurons.models.files import SMOLLM2, get, is_here
from tao_lab.neurons.models.loading import load
from tao_lab.neurons.models.torch_here import limit_threads

__all__ = ["SMOLLM2", "Message", "Model", "ModelTimeout", "Prompt", "get", "is_here", "limit_threads", "load"]
