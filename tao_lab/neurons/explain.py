"""Why did I earn nothing? The answer comes from the chain, and from validators' journals if there are any.

`evidence` reads the facts, `causes` draws conclusions, `explain` does both. Each cause comes with its evidence and with
what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import bittensor as bt

from tao_lab.errors import LabError
from tao_lab.neurons.causes import Cause, causes
from tao_lab.neurons.evidence import Facts, Heard, facts, listen
from tao_lab.neurons.peers import Chain, client
from tao_lab.neurons.validator.journal import read_journals
from tao_lab.neurons.validator.program import in_own_loop
from tao_lab.neurons.work import Json
from tao_lab.units import U16_MAX


@dataclass(frozen=True)
class Explanation:
    """Why a miner earned nothing, or that it earns.

    Attributes:
        facts: the evidence.
        causes: begin with the first; empty if the miner earns.
    """

    facts: Facts
    causes: tuple[Cause, ...]

    @property
    def earns(self) -> bool:
        """Whether the last epoch gave the miner an incentive that is paid out."""
        return not self.causes

    @property
    def head(self) -> str:
        """The answer in one sentence."""
        found, me = self.facts, self.facts.me
        who = found.hotkey if me is None else f"uid {me.uid} ({found.hotkey})"
        where = f"subnet {found.netuid}, block {found.block:,}: {who}"
        if self.earns:
            return f"{where} earns: incentive {found.incentive}/{U16_MAX} in the last epoch"
        return f"{where} earns nothing"

    def __str__(self) -> str:
        lines = [self.head]
        for number, cause in enumerate(self.causes, 1):
            lines.append(f"{number}. {cause.sentence} [{cause.name}]")
            lines += [f"   seen: {cause.evidence}", f"   do: {cause.mend}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{escape(cause.sentence)}</b><br>Seen: {escape(cause.evidence)}<br>Do: {escape(cause.mend)}</li>"
            for cause in self.causes
        )
        return f"<p>{escape(self.head)}</p>" + (f"<ol>{items}</ol>" if items else "")


def explain(network: Chain, netuid: int, hotkey: str, journals: Path | None = None) -> Explanation:
    """Find why a hotkey earned nothing as a miner.

    Args:
        network: A `Network`, or the name or URL of one.
        netuid: The subnet.
        hotkey: SS58 address of the miner.
        journals: Folder with validators' journals (`--data` of `tao-lab validator run`), or one of them.

    Raises:
        LabError: The chain cannot be reached, or the journals cannot be read.
    """
    heard = Heard() if journals is None else listen(_lines(journals), netuid, hotkey)

    async def read() -> Facts:
        async with client(network) as connection:
            return await facts(connection, netuid, hotkey, heard)

    try:
        found = in_own_loop(read)
    except (bt.BittensorError, OSError) as error:
        raise LabError(f"the chain cannot be reached ({type(error).__name__}: {error})") from error
    return Explanation(found, tuple(causes(found)))


def _lines(journals: Path) -> Iterable[Mapping[str, Json]]:
    try:
        return list(read_journals(journals))
    except OSError as error:
        raise LabError(
            f"the journals in {journals} cannot be read ({error.strerror}); "
            "give the folder that `tao-lab validator run` has as --data"
        ) from None
