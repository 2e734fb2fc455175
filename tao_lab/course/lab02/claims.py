"""The claim of lab 02, and the experiment that tests it."""

from __future__ import annotations

import re

from tao_lab.chain.runtime import load_runtime
from tao_lab.course.claims import Claim, Evidence

SUBTENSOR = "SubtensorModule"
# Words that a chain that stores an answer's model would use in some name; each is a separate word of the name.
WANTED = {"model", "models", "llm", "prompt", "prompts", "answer", "answers", "inference", "query", "queries"}
GRADES = ("Weights", "Consensus", "Incentive", "Emission")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(name: str) -> set[str]:
    """The words in a name: `ValidatorTrust` and `validator_trust` have two."""
    return {word.lower() for word in WORD.findall(name)}


def speaking_of_models(names: list[str]) -> list[str]:
    """The names about models, prompts or answers."""
    return [name for name in names if words_of(name) & WANTED]


def chain_records_models() -> Evidence:
    """Claim 20: is there a place in state or calls for a model or an answer?"""
    pallets = load_runtime().pallets
    items = [f"{pallet}.{item['name']}" for pallet, parts in pallets.items() for item in parts["storage"]]
    arguments = [
        f"{pallet}.{call['name']}.{argument['name']}"
        for pallet, parts in pallets.items()
        for call in parts["calls"]
        for argument in call["args"]
    ]
    found = speaking_of_models(items) + speaking_of_models(arguments)
    own = [item for item in items if item.startswith(f"{SUBTENSOR}.")]
    return Evidence(
        "false" if not found else "true",
        "There is no place for it: the chain holds keys, stakes, grades and pay. Which model answered, with which "
        "data, and what the answer was, stays between miner and validator. To know, you have to ask them.",
        {
            "storage items of the whole runtime": f"{len(items):,}",
            f"of them about Bittensor (`{SUBTENSOR}`)": f"{len(own):,}",
            "arguments of all calls": f"{len(arguments):,}",
            "that speak of a model, a prompt, a query or an answer": ", ".join(found) or "none",
            "that hold grades and pay": ", ".join(name for name in GRADES if f"{SUBTENSOR}.{name}" in own),
        },
    )


CLAIMS = (Claim(20, "The chain records which model produced an answer.", chain_records_models),)
