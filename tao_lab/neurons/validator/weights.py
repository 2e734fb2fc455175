"""Turn average scores into weights that the chain accepts, and put them on the chain.

Without commit-reveal the weights are set directly. With commit-reveal they are committed. If the chain follows the
drand beacon, they are timelocked, and the chain opens them. Otherwise their hash is committed, and the validator
reveals them in the right epoch.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import bittensor as bt
from bittensor import calls
from bittensor.intents.weights import clip_to_max_weight, normalize
from bittensor.result import BittensorError, ChainError
from bittensor.signing import WalletLike

from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.neurons.peers import Peers
from tao_lab.neurons.validator.journal import Journal
from tao_lab.neurons.validator.limits import MODULE, Limits, explain, name_of
from tao_lab.neurons.validator.scores import Commit, Record, Scores
from tao_lab.units import U16_MAX

MOST_SILENT = 3  # tasks in a row without an answer; then the weight is 0 until the miner answers
LEAST = 1 / U16_MAX  # of the highest weight: the smallest that the chain stores
SALT_WORDS = 8
Sending = Awaitable[bt.ExtrinsicResult]


def weights_of(records: Mapping[str, Record], peers: Peers, me: str, fewest: int = 0) -> dict[int, float]:
    """Weight of each UID: its miner's average score. Empty if nobody has earned any.

    If the subnet demands more weights than there are good miners, others get the smallest weight that the chain stores.

    Args:
        records: the validator's memory, by hotkey.
        peers: the subnet.
        me: the validator's hotkey, which gives itself no weight.
        fewest: minimum number of weights in a row.
    """
    weights = {
        peer.uid: records[hotkey].score
        for hotkey, peer in peers.by_hotkey.items()
        if hotkey in records and hotkey != me and records[hotkey].silent < MOST_SILENT
    }
    top = max(weights.values(), default=0.0)
    weights = {uid: weight for uid, weight in weights.items() if top and weight / top >= LEAST}
    others = [peer.uid for hotkey, peer in peers.by_hotkey.items() if peer.uid not in weights and hotkey != me]
    if weights:
        weights |= dict.fromkeys(others[: max(0, fewest - len(weights))], top * LEAST)
    return weights


def as_u16(weights: Mapping[int, float], highest: int) -> tuple[list[int], list[int]]:
    """UIDs and u16 weights as the SDK sends them: no share above `highest`/65,535; the largest weight is 65,535."""
    uids = sorted(weights)
    values = [weights[uid] for uid in uids]
    if highest < U16_MAX:
        values = clip_to_max_weight(values, highest / U16_MAX)
    sent: tuple[list[int], list[int]] = normalize(uids, values)
    return sent


@dataclass
class Setter:
    """Puts a validator's weights on the chain and writes the result into the journal."""

    connection: bt.Client
    wallet: WalletLike
    hotkey: str
    netuid: int
    version_key: int
    scores: Scores
    journal: Journal

    async def set(self, weights: Mapping[int, float], limits: Limits) -> bool:
        """Set or commit weights; returns whether the chain accepted them."""
        uids, values = as_u16(weights, limits.highest)
        if limits.commit_reveal and not limits.beacon:
            return await self._commit(uids, values, limits)
        intent = bt.SetWeights(self.netuid, weights=dict(weights), version_key=self.version_key)
        method = "timelock" if limits.commit_reveal else "set"
        return await self._send(method, self.connection.execute(intent, self.wallet), limits, uids, values)

    async def _commit(self, uids: list[int], values: list[int], limits: Limits) -> bool:
        salt = [secrets.randbelow(U16_MAX + 1) for _ in range(SALT_WORDS)]
        hashed = commit_hash(self.hotkey, self.netuid, uids, values, salt, self.version_key)
        commit = Commit(hashed, uids, values, salt, self.version_key)
        self.scores.add_commit(commit)  # stored before it is sent, so that it can always be revealed
        call = calls.SubtensorModule.commit_weights(netuid=self.netuid, commit_hash=hashed)
        done = await self._send("hash", self._submit(call), limits, uids, values)
        if not done:
            self.scores.forget_commit(commit)
        return done

    async def reveal(self, limits: Limits) -> None:
        """Reveal commits that are due, and delete those that the chain no longer has."""
        pending = self.scores.commits()
        if not pending:
            return
        known = await self.connection.query((MODULE, "WeightCommits"), [self.netuid, self.hotkey]) or []
        epochs = {str(entry[0]): int(entry[1]) for entry in known}
        for commit in pending:
            epoch = epochs.get(commit.hash)
            if epoch is None or limits.epoch > epoch + limits.reveal_period:
                self.scores.forget_commit(commit)
            elif limits.epoch == epoch + limits.reveal_period:
                call = calls.SubtensorModule.reveal_weights(
                    netuid=self.netuid,
                    uids=commit.uids,
                    values=commit.weights,
                    salt=commit.salt,
                    version_key=commit.version_key,
                )
                if await self._send("reveal", self._submit(call), limits, commit.uids, commit.weights):
                    self.scores.forget_commit(commit)

    def _submit(self, call: Any) -> Sending:
        return self.connection.submit_call(call, self.wallet, signer="hotkey")

    async def _send(self, method: str, sending: Sending, limits: Limits, uids: list[int], values: list[int]) -> bool:
        try:
            (await sending).raise_for_failure()
        except ChainError as error:
            name = name_of(error)
            known = explain(name, limits, self.version_key)
            sentence, wait = known or (f"{error}: {error.remediation}", 0)
            self.journal.write("refused", limits.block, what=method, name=name, sentence=sentence, blocks=wait)
            return False
        except BittensorError as error:
            self.journal.write("refused", limits.block, what=method, name="", sentence=str(error), blocks=0)
            return False
        self.journal.write("weights", limits.block, method=method, uids=uids, values=values)
        return True
