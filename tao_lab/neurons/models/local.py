"""A model on this machine, run by Transformers on the processor or a graphics card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons.models.base import Message, Model, ModelTimeout, Settings
from tao_lab.neurons.models.batching import Batcher, Request
from tao_lab.neurons.models.chat import chat_tokens
from tao_lab.neurons.models.checkpoint import check_folder, check_loaded
from tao_lab.neurons.models.sampling import CLOSE, CLOSE_IN_16_BITS
from tao_lab.neurons.models.text import pieces
from tao_lab.neurons.models.torch_here import device as device_for
from tao_lab.neurons.models.torch_here import number_format, quiet, torch_and_transformers

SLOTS = 8  # answers at the same time


class LocalModel(Model):
    """A causal language model of Transformers.

    Attributes:
        name: as given to `load`.
        network: the model of Transformers.
        tokenizer: its tokenizer.
        context: most tokens of prompt and answer together.
    """

    def __init__(self, name: str, network: Any, tokenizer: Any, slots: int = SLOTS, exact: bool | None = None):
        self.name = name
        self.network = network
        self.tokenizer = tokenizer
        self.context = int(getattr(network.config, "max_position_embeddings", 2_048))
        self._batcher = Batcher(network, _end_tokens(network, tokenizer), slots, _close(network, exact))

    def encode(self, messages: list[Message]) -> list[int]:
        """Tokens of a prompt, in the form that the model was trained on.

        Raises:
            LabError: the model's template refuses the messages.
        """
        return chat_tokens(self.tokenizer, messages, self.name)

    def describe(self) -> str:
        """Where and how the model runs, in one line."""
        bits = "NF4" if getattr(self.network, "is_loaded_in_4bit", False) else str(self.network.dtype)
        size = self.network.get_memory_footprint() / 2**20
        return f"{self.name} on {self.network.device}, {bits.removeprefix('torch.')}, {size:,.0f} MiB"

    def go_on(self, text: str, *, max_tokens: int = 128) -> str:
        """Continue a text without the chat format, to show what happens without it."""
        return "".join(self._answer(list(self.tokenizer(text)["input_ids"]), Settings(max_tokens)))

    def _stream(self, messages: list[Message], settings: Settings) -> Iterator[str]:
        return self._answer(self.encode(messages), settings)

    def _answer(self, prompt: list[int], settings: Settings) -> Iterator[str]:
        if len(prompt) + settings.max_tokens > self.context:
            raise LabError(
                f"the prompt has {len(prompt):,} tokens and max_tokens is {settings.max_tokens:,}; {self.name} takes "
                f"{self.context:,} together: shorten the prompt or lower max_tokens"
            )
        return self._text(prompt, settings)

    def _text(self, prompt: list[int], settings: Settings) -> Iterator[str]:
        request = Request(prompt, settings)
        self._batcher.submit(request)
        try:
            yield from pieces(request, self._decode, settings.stop)
            if request.late:
                raise ModelTimeout(settings.timeout or 0, self._decode(request.made))
        finally:
            request.cancelled = True

    def _decode(self, tokens: Any) -> str:
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))


def load_folder(
    name: str,
    folder: Path,
    *,
    quantize: str | None,
    double_quant: bool,
    compute: str,
    device: str,
    slots: int,
    exact: bool | None = None,
) -> LocalModel:
    """A model of Transformers from its folder.

    Raises:
        LabError: the folder has no model, it does not fit, or the device or number format is unknown.
    """
    check_folder(name, folder, quantize)
    torch, transformers = torch_and_transformers()
    where = device_for(device)
    dtype = number_format(compute, where)
    options: dict[str, Any] = {"dtype": dtype, "device_map": where, "local_files_only": True}
    options |= {"trust_remote_code": False, "ignore_mismatched_sizes": True, "output_loading_info": True}
    if quantize == "nf4":
        options["quantization_config"] = nf4_config(dtype, double_quant)
    from safetensors import SafetensorError

    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            network, info = transformers.AutoModelForCausalLM.from_pretrained(folder, **options)
    except torch.OutOfMemoryError as error:
        raise LabError(
            f'{name} does not fit into the memory of {where}; use quantize="nf4", device="cpu" or smollm2 '
            "(tao-lab doctor says what fits)"
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise LabError(f"{name}: {folder} holds no model that Transformers can load ({error})") from error
    check_loaded(name, info)
    network.eval()
    return LocalModel(name, network, tokenizer, slots, exact)


def nf4_config(compute: Any, double_quant: bool = True) -> Any:
    """Transformers' own configuration for 4 bits: NormalFloat4 in blocks of 64 weights, as in the QLoRA paper.

    Args:
        compute: torch type to which weights are unpacked when they are used.
        double_quant: whether to pack the blocks' scales too, from 32 to 8 bits.
    """
    _, transformers = torch_and_transformers()
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise LabError(
            "quantize=\"nf4\" needs bitsandbytes, which is not installed; run: pip install -e '.[models]'"
        ) from error
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=double_quant,
        bnb_4bit_compute_dtype=compute,
    )


def _close(network: Any, exact: bool | None) -> float:
    """How close two candidates must be for a second computation; 0: never."""
    precise = str(network.dtype) == "torch.float32" and not getattr(network, "is_loaded_in_4bit", False)
    if exact is None:
        exact = precise
    return 0.0 if not exact else CLOSE if precise else CLOSE_IN_16_BITS


def _end_tokens(network: Any, tokenizer: Any) -> frozenset[int]:
    ends = network.generation_config.eos_token_id
    ends = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    return frozenset([*ends, *([tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else [])])
