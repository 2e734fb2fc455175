"""Mistral's instruct format and its real tokenizers: v1 (Mistral-7B-Instruct-v0.1), v2 (v0.2) and v3 (v0.3).

The package `mistral-common` (Mistral AI, Apache-2.0) ships the SentencePiece files. This module makes a Transformers
tokenizer with a chat template from them, so they are used like every other model's. The format's source is
`mistral_common/tokens/tokenizers/instruct.py`; a test compares token by token.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tao_lab.errors import LabError

FILES = {
    "v1": "tokenizer.model.v1",
    "v2": "mistral_instruct_tokenizer_240216.model.v2",
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
}

# The system message comes before the first user message in v1, and before the last one since v2.
_V1 = """
{%- set ns = namespace(system='') %}
{{- bos_token }}
{%- for message in messages %}
    {%- if message['role'] == 'system' %}
        {%- set ns.system = message['content'] + '\\n\\n' %}
    {%- elif message['role'] == 'user' %}
        {{- ' [INST] ' + ns.system + message['content'] + ' [/INST]' }}
        {%- set ns.system = '' %}
    {%- else %}
        {{- ' ' + message['content'] + eos_token }}
    {%- endif %}
{%- endfor %}
"""
_V2 = """
{%- set ns = namespace(system='') %}
{{- bos_token }}
{%- for message in messages %}
    {%- if message['role'] == 'system' %}
        {%- set ns.system = message['content'] + '\\n\\n' %}
    {%- elif message['role'] == 'user' %}
        {{- '[INST] ' + (ns.system if loop.last else '') + message['content'] + '[/INST]' }}
    {%- else %}
        {{- ' ' + message['content'].rstrip(' ') + eos_token }}
    {%- endif %}
{%- endfor %}
"""
TEMPLATES = {"v1": _V1, "v2": _V2, "v3": _V2}


@cache
def instruct_tokenizer(version: str = "v1") -> Any:
    """A tokenizer of Mistral's instruct models, with its chat template.

    Args:
        version: "v1" is Mistral-7B-Instruct-v0.1's, "v2" v0.2's, "v3" v0.3's.

    Raises:
        LabError: another version, or `mistral-common` is not installed.
    """
    if version not in FILES:
        raise LabError(f"version is {version!r}; allowed: {', '.join(FILES)}")
    if find_spec("mistral_common") is None or find_spec("sentencepiece") is None:
        raise LabError(
            "Mistral's tokenizers need mistral-common, which is not installed; run: pip install -e '.[models]'"
        )
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(model_file=str(_data() / FILES[version]))
    tokenizer = _bpe(pieces)
    tokenizer.chat_template = TEMPLATES[version]
    return tokenizer


def _data() -> Path:
    spec = find_spec("mistral_common")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


def _bpe(pieces: Any) -> Any:
    """SentencePiece's BPE for the library `tokenizers`: scores become merges, the best first.

    A space is written as ▁. SentencePiece puts one before a text; here the chat template does.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    names = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    ids = {name: i for i, name in enumerate(names)}
    tokenizer = Tokenizer(
        models.BPE(vocab=ids, merges=_merges(names, ids, pieces), unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    control = [name for i, name in enumerate(names) if pieces.is_control(i)]
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in control])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>"
    )


def _merges(names: list[str], ids: dict[str, int], pieces: Any) -> list[tuple[str, str]]:
    """All ways to join two pieces into a third, sorted by the score of the third, then by the parts' numbers."""
    found = []
    for i, name in enumerate(names):
        if pieces.is_control(i) or pieces.is_byte(i) or pieces.is_unknown(i):
            continue
        for cut in range(1, len(name)):
            left, right = name[:cut], name[cut:]
            if left in ids and right in ids:
                found.append((-pieces.get_score(i), ids[left], ids[right]))
    return [(names[left], names[right]) for _, left, right in sorted(found)]
