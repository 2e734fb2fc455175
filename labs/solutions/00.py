"""Solutions of lab 00: one function an exercise. Made by `make labs`."""


def role_of(statement):
    """Who is it?

    statement  str  a letter, "a" to "h"

    Returns "miner", "validator", "subnet creator" or "staker".
    """
    role = {
        "a": "miner",
        "b": "validator",
        "c": "validator",
        "d": "subnet creator",
        "e": "subnet creator",
        "f": "staker",
        "g": "miner",
        "h": "staker",
    }
    return role[statement]


def payout(before, after, netuid, hotkey):
    """What a hotkey was paid between two blocks.

    before, after  the chain after an earlier and after a later block
    netuid         int  number of the subnet
    hotkey         str  address of the miner's hotkey

    Returns rao of alpha (int).
    """
    then = before.get("SubtensorModule", "TotalHotkeyAlpha", hotkey, netuid)
    now = after.get("SubtensorModule", "TotalHotkeyAlpha", hotkey, netuid)
    return now - then
