"""Four roles, and eight things that somebody does: the quiz of lab 00."""

from __future__ import annotations

from tao_lab.cards import Card, Grid

MINER, VALIDATOR, CREATOR, STAKER = "miner", "validator", "subnet creator", "staker"
ROLES = (MINER, VALIDATOR, CREATOR, STAKER)

# letter: what somebody does, who it is, and why
STATEMENTS = {
    "a": ("runs the program (often a language model) that answers", MINER, "miners do the work that is paid for"),
    "b": ("asks questions whose answers are known, to find out who is good", VALIDATOR, "validators test miners"),
    "c": ("puts numbers called weights on the chain", VALIDATOR, "weights are a validator's opinion of each miner"),
    "d": ("decided what work is wanted and how it is scored", CREATOR, "kind of work and rule are the subnet's"),
    "e": ("locked TAO to open the subnet, and gets 18 % of what it earns", CREATOR, "the owner's cut of the emission"),
    "f": ("lends a hotkey its tokens, runs no program, and gets a part of what that hotkey earns", STAKER,
          "stake makes a validator's voice louder"),
    "g": ("lists an address on the chain at which it takes questions", MINER, "`serve_axon` lists an axon"),
    "h": ("can take its tokens away from a validator that works badly", STAKER, "so stake follows good validators"),
}  # fmt: skip


def statements() -> Card:
    """The eight statements, without the answers."""
    rows = [[f"`{letter}`", words] for letter, (words, _, _) in STATEMENTS.items()]
    title = "eight things that somebody does: " + ", ".join(f"`{role}`" for role in ROLES[:3]) + f" or `{STAKER}`?"
    return Card("info", "Who is it?", title, (Grid(rows, ("", "somebody …")),))


def role_of(statement: str) -> str:
    """Reference of 00.1."""
    return STATEMENTS[statement][1]
