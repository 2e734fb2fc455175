"""01.4: what a stolen hotkey can do; the answers come from a running chain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab01 import theft


def hotkey_can(call):
    """Does the chain carry out this call of the thief, who has nothing but the hotkey?

    call  str  name of one of the six

    Returns True or False; for example False, if you think that the chain refuses this one:

    >>> hotkey_can("transfer_keep_alive")
    False
    """
    return {
        "set_weights": True,
        "serve_axon": True,
        "transfer_keep_alive": False,
        "remove_stake": False,
        "increase_take": False,
        "swap_hotkey": False,
    }[call]


def reference(call: str) -> bool:
    """What the running chain did."""
    return theft.attempts()[call].works


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Each call once, in a random order."""
    for name in rng.permutation(list(theft.CALLS)):
        yield Case({"call": str(name)}, f"`{name}`, signed with the hotkey alone")


EXERCISE = Exercise(
    id="01.4",
    title="What can a thief of your hotkey do?",
    solution=hotkey_can,
    reference=reference,
    cases=cases,
    read=read_values(can=bool),
    quiz=True,
    look="More than two of the six are not as you say. Ask of each: does it belong to the daily work of a machine, or "
    "does it move what the owner has?",
    unlocks="You know why a hotkey may lie on a rented machine and a coldkey never. Next: how it lies at home.",
    wrong_answers=(
        Edit(
            "a key is a key",
            {"}[call]": "}[call] or True"},
            "You say that a hotkey can do everything. The chain asks of each call *which* key signed it, and whose "
            "stake or TAO it moves: money belongs to the coldkey.",
        ),
        Edit(
            "a hotkey can do nothing",
            {"}[call]": "}[call] and False"},
            "You say that a hotkey can do nothing. Then no miner could work while its owner sleeps: the daily work of "
            "a miner and a validator is what a hotkey is for.",
        ),
        Edit(
            "the hotkey takes the stake out",
            {'"remove_stake": False': '"remove_stake": True'},
            "You let the hotkey take stake out. Stake lies *on* the hotkey: ask to whom it belongs, and which account "
            "`remove_stake` would pay.",
        ),
        Edit(
            "the hotkey sends the owner's TAO",
            {'"transfer_keep_alive": False': '"transfer_keep_alive": True'},
            "You let the hotkey send the owner's TAO. A transfer takes from the account that signs it: how much lies "
            "on the hotkey's own?",
        ),
        Edit(
            "the hotkey raises its take",
            {'"increase_take": False': '"increase_take": True'},
            "You let the hotkey raise its take. The take decides how much its nominators get: is that daily work, or a "
            "decision of the owner?",
        ),
        Edit(
            "the hotkey gives its seat away",
            {'"swap_hotkey": False': '"swap_hotkey": True'},
            "You let the hotkey move its seat to another one. `swap_hotkey` is how an owner gets *rid* of a thief: "
            "what if the thief were first?",
        ),
        Edit(
            "weights need the coldkey",
            {'"set_weights": True': '"set_weights": False'},
            "You ask the coldkey for `set_weights`. A validator sets weights every hour or so, from a machine on the "
            "internet: which key lies there?",
        ),
        Edit(
            "the address needs the coldkey",
            {'"serve_axon": True': '"serve_axon": False'},
            "You ask the coldkey for `serve_axon`. A miner says itself where it answers, each time it starts: which "
            "key does it have at hand?",
        ),
    ),
)
