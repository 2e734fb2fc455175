"""00.2: a payout, read off the chain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab00 import payouts
from tao_lab.course.lab00.payouts import Past, paid


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


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Each miner over one epoch, one over several, one over no epoch at all."""
    market = paid()
    net, heights = market.net, market.heights

    def case(miner: int, first: int, last: int, about: str) -> Case:
        arguments = {"before": Past(net, first), "after": Past(net, last)}
        return Case({**arguments, "netuid": market.netuid, "hotkey": market.miners[miner]}, f"miner {miner}, {about}")

    for miner in rng.permutation(len(market.miners)):
        yield case(int(miner), heights[-2], heights[-1], "over one epoch")
    yield case(0, heights[2], heights[-1], f"over {len(heights) - 3} epochs")
    yield case(1, heights[-2], heights[-1] - 1, "over blocks without an epoch: it is paid nothing")


THEN = 'before.get("SubtensorModule", "TotalHotkeyAlpha", hotkey, netuid)'
NOW = 'after.get("SubtensorModule", "TotalHotkeyAlpha", hotkey, netuid)'
UID = '    uid = after.get("SubtensorModule", "Uids", netuid, hotkey)\n'
PAID = '{}.get("SubtensorModule", "Emission", netuid)[uid]'
FIRST = f"    then = {THEN}\n"

EXERCISE = Exercise(
    id="00.2",
    title="Read a payout off the chain",
    solution=payout,
    reference=payouts.noted,
    cases=cases,
    read=read_values(rao=int),
    look="What did the hotkey have after each of the two blocks? Print both numbers.",
    unlocks="You read the chain yourself, and need to believe nobody about who was paid.",
    wrong_answers=(
        Edit(
            "all that it has",
            {"return now - then": "return now"},
            "That is all alpha that the hotkey has. What it had before was not paid now: there is a second block to "
            "read.",
        ),
        Edit(
            "what it had before",
            {"return now - then": "return then"},
            "That is what the hotkey had at the beginning. The pay came afterwards.",
        ),
        Edit(
            "subtracted the wrong way round",
            {"return now - then": "return then - now"},
            "Your payouts are negative: you take what it has afterwards away from what it had before.",
        ),
        Edit(
            "added",
            {"return now - then": "return now + then"},
            "You add what the hotkey had before to what it has afterwards. What came in between?",
        ),
        Edit(
            "whole alpha",
            {"return now - then": "return (now - then) // 1_000_000_000"},
            "You cut the payout down to whole alpha. The chain counts in rao, a billionth of one, and so does the "
            "answer.",
        ),
        Edit(
            "alpha as a float",
            {"return now - then": "return (now - then) / 1_000_000_000"},
            "You divide by a billion. Money stays a whole number of rao here; floats lose the last of them.",
        ),
        Edit(
            "keys of the item in the wrong order",
            {
                THEN: THEN.replace("hotkey, netuid", "netuid, hotkey"),
                NOW: NOW.replace("hotkey, netuid", "netuid, hotkey"),
            },
            "You give the keys of `TotalHotkeyAlpha` in the other order. Other items have the number of the subnet "
            "first; look at the cell above, which reads this one.",
        ),
        Edit(
            "always 0, as of free TAO",
            {
                THEN: 'before.get("System", "Account", hotkey)["data"]["free"]',
                NOW: 'after.get("System", "Account", hotkey)["data"]["free"]',
            },
            "You get 0 for everybody: either both numbers come from the same block, or from something that stays as it "
            "is, such as the free TAO of an account. Miners are paid in the subnet's own token, which stands "
            "in another item.",
        ),
        Edit(
            "alpha of the whole subnet",
            {
                THEN: 'before.get("SubtensorModule", "SubnetAlphaOut", netuid)',
                NOW: 'after.get("SubtensorModule", "SubnetAlphaOut", netuid)',
            },
            "You count the new alpha of the whole subnet. The task asks for one hotkey's part of it.",
        ),
        Edit(
            "the last epoch only",
            {FIRST: UID + '    return int(after.get("SubtensorModule", "Emission", netuid)[uid])\n' + FIRST},
            "`Emission` says what the last epoch paid. Between `before` and `after` there may be several epochs, or "
            "none.",
        ),
        Edit(
            "somebody else's payout",
            {FIRST: '    hotkey = after.get("SubtensorModule", "Keys", netuid, 1)\n' + FIRST},
            "That is what another UID was paid, the same for every miner. Whose hotkey was your function given?",
        ),
        Edit(
            "incentive in place of pay",
            {FIRST: UID + '    return int(after.get("SubtensorModule", "Incentive", netuid)[uid])\n' + FIRST},
            "`Incentive` is a share of the miners' pay, a number from 0 to 65,535, and not the pay itself.",
        ),
        Edit(
            "pay of a block",
            {"return now - then": "return (now - then) // max(after.block - before.block, 1)"},
            "You divide by the number of blocks. The task asks for all that came between the two.",
        ),
        Edit(
            "pay times blocks",
            {"return now - then": "return (now - then) * (after.block - before.block)"},
            "You multiply by the number of blocks. What it has after a block is a sum already, not a rate.",
        ),
        Edit(
            "per cent",
            {"return now - then": "return 100 * (now - then) // max(now, 1)"},
            "You compute a percentage. The task asks for rao of alpha.",
        ),
        Edit(
            "TAO of the subnet's pool",
            {
                THEN: 'before.get("SubtensorModule", "SubnetTAO", netuid)',
                NOW: 'after.get("SubtensorModule", "SubnetTAO", netuid)',
            },
            "You count TAO in the subnet's pool. A miner is paid in alpha, and that of one hotkey stands in "
            "another item.",
        ),
        Edit(
            "alpha of the subnet's pool",
            {
                THEN: 'before.get("SubtensorModule", "SubnetAlphaIn", netuid)',
                NOW: 'after.get("SubtensorModule", "SubnetAlphaIn", netuid)',
            },
            "You count alpha in the subnet's pool, which is for trading. The task asks what one hotkey got.",
        ),
        Edit(
            "the last epochs compared",
            {FIRST: UID + f"    return int({PAID.format('after')}) - int({PAID.format('before')})\n" + FIRST},
            "You subtract what two single epochs paid. `Emission` is the pay of one epoch, not a sum: which item grows "
            "with each pay?",
        ),
    ),
)
