"""`which_model`: whether a language model answers in a lab, or a lookup table in its place."""

from __future__ import annotations

from tao_lab.cards import Card, Text

MODEL = "smollm2"
FETCH = f"tao-lab models get {MODEL}"


def which_model() -> Card:
    """What answers in this notebook, and the command that fetches the language model where it is missing."""
    from tao_lab.neurons import models

    if models.is_here(MODEL):
        return Card("info", "Language model", "SmolLM2 is on this machine, and answers in this lab")
    how = Text(
        f"`{FETCH}` in a terminal fetches SmolLM2 (93 MB, once). Then run this notebook again from the top. "
        "Everything else in this lab works without it."
    )
    return Card("waiting", "No language model", "a lookup table answers in this lab", (how,))
