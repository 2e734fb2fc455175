"""Networks of a few thousand random weights with a real model's architecture: to test the code, not for answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons.models.torch_here import quiet, torch_and_transformers

ARCHITECTURES = ("llama", "mistral")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def save_tiny(folder: Path, architecture: str = "mistral", seed: int = 0) -> Path:
    """Write a tiny random model with a tokenizer of bytes, for `load(folder)`.

    Args:
        folder: where to write; made if it does not exist.
        architecture: "mistral" or "llama".
        seed: of the weights.

    Raises:
        LabError: the architecture is unknown.
    """
    torch, transformers = torch_and_transformers()
    if architecture not in ARCHITECTURES:
        raise LabError(f"architecture is {architecture!r}; allowed: {', '.join(ARCHITECTURES)}")
    tokenizer = byte_tokenizer()
    config = transformers.AutoConfig.for_model(
        architecture,
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=512,
        initializer_range=0.5,  # large, so that some tokens are much more likely than others
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def byte_tokenizer() -> Any:
    """A tokenizer with a token for each byte, and one for the end."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    bytes_ = {character: index for index, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=bytes_, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", pad_token="</s>")
    fast.chat_template = TEMPLATE
    return fast
