"""`load`: a language model by its name, on this machine or on a server."""

from __future__ import annotations

from pathlib import Path

from tao_lab.errors import LabError
from tao_lab.neurons.models import files
from tao_lab.neurons.models.base import Model


def load(
    name: str = "smollm2",
    *,
    quantize: str | None = None,
    double_quant: bool = True,
    compute: str = "auto",
    device: str = "auto",
    slots: int = 8,
    exact: bool | None = None,
    served: str | None = None,
    api_key: str | None = None,
) -> Model:
    """Load a language model.

    Args:
        name: "smollm2" (SmolLM2-135M-Instruct, on this machine after `tao-lab models get smollm2`); a folder with a
            model of Transformers; a model's name at Hugging Face, after `tao-lab models get NAME`; the address of a
            server that speaks OpenAI's protocol ("http://127.0.0.1:8000/v1"); or "echo", which repeats the prompt.
        quantize: "nf4" packs the weights of all linear layers to 4 bits (bitsandbytes); None does not.
        double_quant: with "nf4", whether to pack the blocks' scales too.
        compute: number format to calculate in: float32, bfloat16, float16, or "auto" (float32 on a processor, 16 bits
            on a graphics card).
        device: "cpu", "cuda", "cuda:1", "mps", or "auto": the graphics card if there is one.
        slots: requests that a model on this machine answers at the same time; more wait.
        exact: whether an answer is the same alone and in a batch. None: yes if that costs almost nothing, that is, in
            float32 without quantization. True: always; in 16 bits and with "nf4" this can take a few times as long.
        served: name of a server's model.
        api_key: key for a server; by default TAO_LAB_API_KEY of the environment.

    Raises:
        LabError: the model is not here, does not fit, or an argument is not allowed; the message says what to do.
    """
    if quantize not in (None, "nf4"):
        raise LabError(f"quantize is {quantize!r}; allowed: None, 'nf4'")
    if not 1 <= slots <= 256:
        raise LabError(f"slots is {slots}; allowed: 1 to 256")
    if name.startswith(("http://", "https://")):
        from tao_lab.neurons.models.server import ServedModel

        return ServedModel(name, served, api_key)
    if name == "echo":
        from tao_lab.neurons.models.echo import Echo

        return Echo()
    from tao_lab.neurons.models.local import load_folder

    return load_folder(
        name,
        _folder(name),
        quantize=quantize,
        double_quant=double_quant,
        compute=compute,
        device=device,
        slots=slots,
        exact=exact,
    )


def _folder(name: str) -> Path:
    if name == files.SMOLLM2.name:
        if not files.is_here(name):
            raise LabError(f"{name} is not on this machine yet; run: tao-lab models get {name} (93 MB, once)")
        return files.folder()
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    if name.startswith((".", "/", "~")):
        raise LabError(f"{name}: no such folder; expected one with config.json, the weights and the tokenizer")
    found = files.hub_folder(name)
    if found is None:
        raise LabError(
            f"{name} is not on this machine; allowed: smollm2, echo, a folder, http://.../v1, or a Hugging Face name "
            f"after: tao-lab models get {name}"
        )
    return found
