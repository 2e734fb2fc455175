"""The chain: a pool of waiting extrinsics, the newest state, and the blocks that change it.

`submit` checks an extrinsic and puts it into the pool. `produce_block` runs the hooks and the extrinsics on the state,
computes the state's root, and commits header, extrinsics and changed keys in one transaction. If anything fails, the
state is still that of the last committed block. The checks of an extrinsic are in `validity`, the work of a block in
`executive`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import bittensor_core
from bittensor_core import Keypair

import tao_lab.chain.pallets
import tao_lab.chain.runtime_apis
import tao_lab.chain.vectorized  # noqa: F401 - importing registers them
from tao_lab.chain import executive, signing, validity
from tao_lab.chain.answer import answer
from tao_lab.chain.audit import Tampered, find_tampered
from tao_lab.chain.block import NO_STATE_ROOT, Block, Header, decode_header
from tao_lab.chain.block_hashes import BlockHashes
from tao_lab.chain.column import Changes
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ON_FINALIZE, ON_GENESIS, ON_IDLE, ON_INITIALIZE, Query, Weight
from tao_lab.chain.errors import (
    BadValue,
    BlockFailed,
    ChainError,
    DatabaseCorrupt,
    DispatchError,
    InvalidTransaction,
    MalformedExtrinsic,
)
from tao_lab.chain.extrinsic import Extrinsic, decode_extrinsic, inherent
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.merkle import EMPTY_ROOT, ListProof, StateProof, blake2_256, list_proof, list_root
from tao_lab.chain.pallets import mev_shield
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import Runtime, load_runtime
from tao_lab.chain.state import RawState, Storage, StorageReader
from tao_lab.chain.state_tree import StateTree
from tao_lab.chain.store import PastState, Store, StoredBlock
from tao_lab.chain.vectorized.quiet import QuietBlocks
from tao_lab.interrupts import undisturbed
from tao_lab.units import U64_MAX

__all__ = ["Chain", "Refusal", "Tampered"]

log = logging.getLogger(__name__)
REFUSALS_KEPT = 64  # blocks whose failures are kept with their sentences
MOST_WAITING = 8_192  # extrinsics in the pool: a node's default


@dataclass(frozen=True)
class Refusal:
    """An extrinsic of the pool that did not get into the block, and why."""

    hash: bytes
    error: ChainError


@dataclass(frozen=True)
class _Pooled:
    extrinsic: Extrinsic
    death: int  # first height at which the signature is no longer valid


class Chain:
    """One chain, from its genesis to its head.

    Attributes:
        state: Typed storage at the head.
        head: The newest block.
        refused: Extrinsics that the newest block dropped from the pool.
        is_open: Until it is closed.
        listeners: Called with each new block, after it is committed.
        rules: Functions that a student can replace.
    """

    def __init__(self, path: Path | None = None, genesis: Genesis | None = None) -> None:
        """Open the chain in `path`, or begin one there; None keeps it in memory.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
        """
        self.lock = RLock()
        self.runtime: Runtime = load_runtime()
        self.store = Store(path, BlockHashes.of(self.runtime))
        self._raw = RawState()
        self.state = Storage(self.runtime, self._raw)
        self.rules = Rules()
        self.refused: tuple[Refusal, ...] = ()
        self.is_open = True
        self._refusals: dict[int, dict[int, DispatchError]] = {}  # of the newest blocks
        self.listeners: list[Callable[[Block], None]] = []
        self._pool: dict[bytes, _Pooled] = {}  # by hash, in order of arrival
        self._inherents: list[Extrinsic] = []
        self._tree = StateTree()
        self._quiet = QuietBlocks(self.state)
        self._light: list[StoredBlock] = []  # made since the last block whose state was kept, not yet written
        self._most_bytes = self.runtime.constant("System", "BlockLength")["max"]["normal"]
        self.slot_ms = int(self.runtime.constant("Aura", "SlotDuration"))
        try:
            stored = self.store.head()
            if stored is None:
                self.head = self._commit_genesis(genesis or Genesis())
            else:
                self.store.check_head(self.state.key("System", "Number"))
                self.head = self._load(stored)
            self.first = self.store.first_block()
            self.genesis_hash = self.block(self.first).hash
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.store.close()
            self.is_open = False

    # --- genesis and loading -----------------------------------------------------------------------------------

    def _commit_genesis(self, genesis: Genesis) -> Block:
        ctx = Context(self.runtime, self.state, genesis.number, genesis.authority)
        authority = "0x" + bytes(bittensor_core.ss58_decode(genesis.authority)).hex()
        self.state.put("Aura", "Authorities", [authority])
        for _, hook in executive.in_order(self.runtime, ON_GENESIS):
            hook(ctx, genesis)
        if genesis.fill:
            genesis.fill(ctx)
        return self._commit(EMPTY_ROOT, genesis.number, genesis.time_ms // self.slot_ms, [])

    def _load(self, stored: StoredBlock) -> Block:
        try:
            block = Block.from_stored(self.runtime, stored)
        except (ValueError, KeyError) as error:
            raise DatabaseCorrupt(f"{self.store.path}: the newest block does not decode ({error})") from error
        for key, value in self.store.state_at(stored.number):
            self._raw.put(key, value)
        self._tree.update(self._raw.changes())
        self._raw.seal()
        return block

    # --- the pool ----------------------------------------------------------------------------------------------

    def decode(self, data: bytes) -> Extrinsic:
        """Decode an extrinsic without checking it.

        Raises:
            MalformedExtrinsic: The bytes are not an extrinsic.
        """
        return decode_extrinsic(self.runtime, data, self._most_bytes)

    def sign(
        self,
        keypair: Keypair,
        pallet: str,
        name: str,
        args: Mapping[str, Any],
        *,
        nonce: int | None = None,
        period: int | None = None,
        tip: int = 0,
    ) -> bytes:
        """Make a signed extrinsic for this chain, as a wallet does; give it to `submit`.

        Args:
            keypair: Key of `bittensor_core` that signs.
            pallet: Pallet of the call.
            name: Name of the call.
            args: Its arguments by the metadata's names; an inner call as bytes from `compose`.
            nonce: By default the account's next nonce.
            period: Blocks for which it is valid, a power of two from 4 on; None: forever.
            tip: Rao in addition to the fee.

        Raises:
            BadValue: The call does not exist or an argument does not fit it.
        """
        nonce = self.next_nonce(keypair.ss58_address) if nonce is None else nonce
        terms = signing.Terms(nonce, self.head.number, period, tip)
        return signing.sign(self.runtime, keypair, self.compose(pallet, name, args), terms, self.block_hash)

    def compose(self, pallet: str, name: str, args: Mapping[str, Any]) -> bytes:
        """A call as bytes.

        Raises:
            BadValue: It does not exist or an argument does not fit it.
        """
        return signing.compose(self.runtime, pallet, name, args)

    def submit(self, data: bytes) -> bytes:
        """Check an extrinsic and put it into the pool; returns its hash.

        Raises:
            MalformedExtrinsic: The bytes are not an extrinsic.
            InvalidTransaction: No block may contain it: signature, era, nonce, fee, or a pallet's own check.
            NotInLab: This chain does not carry the call out.
        """
        with self.lock:
            extrinsic = self.decode(data)
            if extrinsic.hash in self._pool:
                raise InvalidTransaction("AlreadyImported", "the same extrinsic is waiting already")
            if len(self._pool) >= MOST_WAITING:
                raise InvalidTransaction("ImmediatelyDropped", f"{MOST_WAITING} extrinsics are waiting already")
            death = self._check(extrinsic)
            self._refuse_hopeless(extrinsic)
            self._pool[extrinsic.hash] = _Pooled(extrinsic, death)
            return extrinsic.hash

    def dry_run(self, data: bytes) -> bytes:
        """An extrinsic's result if it were in the next block, in SCALE (`ApplyExtrinsicResult`); nothing changes.

        Raises:
            MalformedExtrinsic: The bytes are not an extrinsic.
            NotInLab: This chain does not carry the call out.
        """
        with self.lock:
            extrinsic, mark = self.decode(data), self._raw.mark()
            try:
                self._check(extrinsic)
                ctx = Context(self.runtime, self.state, self.head.number + 1, executive.author(self.state), self.rules)
                executive.apply_extrinsic(ctx, extrinsic)
                result: Any = {"Ok": executive.outcome(ctx)}
            except InvalidTransaction as error:
                result = {"Err": error.encodable()}
            finally:
                with undisturbed():
                    self._raw.rollback(mark)
            return self.runtime.encode(self.runtime.apply_result_type, result, "the result of a dry run")

    def add_inherent(self, pallet: str, name: str, args: Mapping[str, Any]) -> None:
        """Put an inherent (a call of the author without a signature) into the next block.

        Raises:
            BadValue: The call does not exist or an argument does not fit it.
            NotInLab: This chain does not carry it out.
        """
        with self.lock:
            self.compose(pallet, name, args)
            extrinsic = inherent(self.runtime, pallet, name, dict(args))
            _ = extrinsic.call.registered
            self._inherents.append(extrinsic)

    @property
    def pool(self) -> tuple[Extrinsic, ...]:
        """Extrinsics that wait for a block, in the order of arrival."""
        return tuple(pooled.extrinsic for pooled in self._pool.values())

    def next_nonce(self, who: str) -> int:
        """The nonce for the account's next extrinsic, after those that wait in the pool."""
        nonce = int(self.state.get("System", "Account", who)["nonce"])
        waiting = {x.nonce for x in self.pool if x.signer == who}
        while nonce in waiting:
            nonce += 1
        return nonce

    def _check(self, extrinsic: Extrinsic) -> int:
        """Whether the next block may contain an extrinsic; returns the height at which it expires."""
        height = self.head.number + 1
        validity.check_call(extrinsic)
        death = validity.check_signature(extrinsic, height, self.block_hash, self.runtime.block_hashes_kept)
        ctx = Context(self.runtime, self.state, height, executive.author(self.state), self.rules)
        ctx.parent_hash = self.head.hash
        validity.check_account(ctx, extrinsic)
        return death

    # --- blocks ------------------------------------------------------------------------------------------------

    def produce_block(self, time_ms: int | None = None, *, keep_state: bool = True) -> Block:
        """Make the next block from the pool, and commit it.

        Without `keep_state` it makes a *light* block: its header has zeros instead of the state root, its state can be
        read only while the block is the newest, and it is written to the file together with the next block whose state
        is kept. This is the fast way to a later state.

        Args:
            time_ms: Its Unix time; by default one slot after its parent's.
            keep_state: Whether the state after this block can always be read.

        Raises:
            BlockFailed: A hook or a call raised something that is not a chain error; the state is the parent's.
            StoreError: It could not be written; the state is the parent's.
        """
        with self.lock:
            mark = self._raw.mark()
            try:
                block = self._produce_quiet(time_ms, keep_state) or self._produce(time_ms, keep_state)
            except BaseException:
                with undisturbed():
                    self._raw.rollback(mark)
                raise
            for listener in list(self.listeners):
                try:
                    listener(block)
                except Exception:
                    log.exception(
                        "a listener failed on block %d; the block stands, and the others hear of it", block.number
                    )
            return block

    def _produce(self, time_ms: int | None, keep_state: bool) -> Block:
        ctx = Context(self.runtime, self.state, self.head.number + 1, executive.author(self.state), self.rules)
        now = self.state.get("Timestamp", "Now") + self.slot_ms if time_ms is None else time_ms
        slot = now // self.slot_ms
        executive.initialize(ctx, self.head.hash, slot)
        executive.run_hooks(ctx, ON_INITIALIZE)
        included = [executive.apply_clock(ctx, now)]
        refused: list[Refusal] = []
        for extrinsic in self._inherents:
            ctx.phase = {"ApplyExtrinsic": len(included)}
            executive.apply_inherent(ctx, extrinsic)
            included.append(extrinsic.data)
        waiting = self._apply_pool(ctx, included, refused)
        ctx.phase = "Finalization"
        executive.run_hooks(ctx, ON_IDLE)
        executive.run_hooks(ctx, ON_FINALIZE)
        executive.finalize(ctx)
        commit = self._commit if keep_state else self._commit_light
        with undisturbed():  # the file, the tree and the state are at the same block, whenever Ctrl-C comes
            block = commit(self.head.hash, ctx.block, slot, included)
            self._inherents = []
            self._pool = {pooled.extrinsic.hash: pooled for pooled in waiting}
            return self._follow(block, tuple(refused), ctx.refusals)

    def _produce_quiet(self, time_ms: int | None, keep_state: bool) -> Block | None:
        """Make the next block in one step if nothing happens in it but what happens in every block; otherwise None."""
        raw, head = self._raw, self.head
        if self._pool or self._inherents or not (raw.is_sealed if keep_state else raw.mark() == 0):
            return None
        now = self.state.get("Timestamp", "Now") + self.slot_ms if time_ms is None else time_ms
        if type(now) is not int or not 0 <= now <= U64_MAX:
            return None
        slot = now // self.slot_ms
        found = self._quiet.next(self.rules, head.number + 1, head.hash, now, slot)
        if found is None:
            return None
        with undisturbed():  # as above
            terms = head.hash, head.number + 1, slot, [found.extrinsic]
            if keep_state:
                block = self._write(*terms, Changes(self._quiet.changes(found)), raw.before_write)
            else:
                block = self._write_later(*terms)
            self._quiet.take(found, is_sealed=keep_state)
            return self._follow(block, (), {})

    def _follow(self, block: Block, refused: tuple[Refusal, ...], refusals: dict[int, DispatchError]) -> Block:
        """A block is made: it is the newest one now."""
        self.head, self.refused = block, refused
        self._refusals.pop(block.number - REFUSALS_KEPT, None)
        self._refusals[block.number] = refusals
        return block

    def _apply_pool(self, ctx: Context, included: list[bytes], refused: list[Refusal]) -> list[_Pooled]:
        """Run the pool in order of arrival; returns the extrinsics that must wait longer."""
        if not self._pool:
            return []
        candidates, progress = list(self._pool.values()), True
        room = self._most_bytes - sum(map(len, included))
        time = self.runtime.constant("System", "BlockWeights")["per_class"]["normal"]["max_total"]["ref_time"]
        while progress:  # an extrinsic may come before the one with the nonce below
            progress, waiting = False, list[_Pooled]()
            queue = deque(candidates)
            while queue:
                pooled = queue.popleft()
                extrinsic = pooled.extrinsic
                nonce = self.state.get("System", "Account", extrinsic.signer)["nonce"]
                needed = executive.extrinsic_weight(self.runtime, extrinsic).ref_time
                if extrinsic.nonce > nonce or len(extrinsic.data) > room or needed > time:
                    waiting.append(pooled)
                    continue
                ctx.phase = {"ApplyExtrinsic": len(included)}
                result = self._apply(ctx, pooled)
                if isinstance(result, ChainError):
                    refused.append(Refusal(extrinsic.hash, result))
                    continue
                included.append(extrinsic.data)
                room, time, progress = room - len(extrinsic.data), time - result.ref_time, True
                hidden = self._pooled_hidden(extrinsic)
                if hidden is not None:
                    queue.appendleft(hidden)
            candidates = waiting
        return candidates

    def _hidden_in(self, carrier: Extrinsic) -> Extrinsic | None:
        """The extrinsic that another one carries encrypted, if it is one."""
        data = mev_shield.opened(carrier.call)
        try:
            return None if data is None else self.decode(data)
        except MalformedExtrinsic:
            return None

    def _refuse_hopeless(self, carrier: Extrinsic) -> None:
        """Refuse a carrier if no block may contain its extrinsic; the sender would wait for nothing."""
        hidden = self._hidden_in(carrier)
        if hidden is not None:
            self._check(hidden)

    def _pooled_hidden(self, carrier: Extrinsic) -> _Pooled | None:
        """The extrinsic of a carrier, to run directly after it, or None if the block may not contain it."""
        hidden = self._hidden_in(carrier)
        try:
            return None if hidden is None else _Pooled(hidden, self._check(hidden))
        except ChainError:
            return None

    def _apply(self, ctx: Context, pooled: _Pooled) -> ChainError | Weight:
        """Run one extrinsic; returns its weight, or why no block may contain it."""
        extrinsic = pooled.extrinsic
        if ctx.block >= pooled.death:
            return InvalidTransaction("BadProof", f"its era ended before block {pooled.death}")
        try:
            return executive.apply_extrinsic(ctx, extrinsic)
        except ChainError as error:
            return error
        except Exception as error:
            del self._pool[extrinsic.hash]
            name = f"{extrinsic.call.pallet}.{extrinsic.call.name}"
            raise BlockFailed(f"block {ctx.block}: {name} raised {error!r}") from error

    def _commit(self, parent: bytes, number: int, slot: int, extrinsics: list[bytes]) -> Block:
        """Compute the roots, and write the block with what has changed in the state."""
        block = self._write(parent, number, slot, extrinsics, self._raw.changes(), self._raw.before)
        self._raw.seal()
        return block

    def _write(
        self,
        parent: bytes,
        number: int,
        slot: int,
        extrinsics: list[bytes],
        changes: Changes,
        before: Callable[[Changes], Changes],
    ) -> Block:
        """Compute the roots, and write a block; if that fails, the tree is as before.

        Args:
            parent: Hash of the block before.
            number: Height.
            slot: Of the author.
            extrinsics: Encoded.
            changes: What the block, and the light blocks before it, change in the state.
            before: Gives the values before, to undo them.
        """
        self._tree.update(changes)
        header = Header(parent, number, self._tree.root, list_root(extrinsics), slot)
        encoded = header.encode(self.runtime)
        block = Block(number, blake2_256(encoded), header, tuple(extrinsics))
        try:
            stored = StoredBlock(number, block.hash, encoded, b"".join(extrinsics))
            self.store.commit([*self._light, stored], changes)
        except BaseException:
            self._tree.update(before(changes))
            raise
        self._light.clear()
        return block

    def _commit_light(self, parent: bytes, number: int, slot: int, extrinsics: list[bytes]) -> Block:
        """Make a light block."""
        block = self._write_later(parent, number, slot, extrinsics)
        self._raw.shorten_journal()
        return block

    def _write_later(self, parent: bytes, number: int, slot: int, extrinsics: list[bytes]) -> Block:
        """A block without a state root, which is written with the next one whose state is kept."""
        header = Header(parent, number, NO_STATE_ROOT, list_root(extrinsics), slot)
        encoded = header.encode(self.runtime)
        block = Block(number, blake2_256(encoded), header, tuple(extrinsics))
        self._light.append(StoredBlock(number, block.hash, encoded, b"".join(extrinsics)))
        return block

    # --- reading -----------------------------------------------------------------------------------------------

    def block(self, number: int) -> Block:
        """The block at a height.

        Raises:
            BadValue: There is no such block.
        """
        stored = self._stored(number) if isinstance(number, int) and number >= 0 else None
        if stored is None:
            raise BadValue("block", number, f"{self.first} to {self.head.number}")
        return Block.from_stored(self.runtime, stored)

    def _stored(self, number: int) -> StoredBlock | None:
        waiting = number - self._light[0].number if self._light else -1
        return self._light[waiting] if 0 <= waiting < len(self._light) else self.store.block(number)

    def block_hash(self, number: int) -> bytes | None:
        """Hash of the block at a height, or None; for clients the first block is block 0, whatever its height."""
        if number == self.head.number:
            return self.head.hash
        if number == 0:
            return self.genesis_hash
        stored = self._stored(number)
        return None if stored is None else stored.hash

    def number_of(self, block_hash: bytes) -> int | None:
        """Height of the block with this hash, or None."""
        if block_hash == self.head.hash:
            return self.head.number
        waiting = next((light for light in self._light if light.hash == block_hash), None)
        stored = waiting or self.store.block_by_hash(block_hash)
        return None if stored is None else stored.number

    def at(self, number: int) -> StorageReader:
        """Typed storage after a block.

        Raises:
            BadValue: There is no such block, or its state was not kept.
        """
        if not isinstance(number, int) or not self.first <= number <= self.head.number:
            raise BadValue("block", number, f"{self.first} to {self.head.number}")
        if number == self.head.number:
            return self.state
        self._ensure_kept(number)
        return StorageReader(self.runtime, PastState(self.store, number))

    def _ensure_kept(self, number: int) -> None:
        stored = self._stored(number)
        if stored is not None and decode_header(self.runtime, stored.header).state_root == NO_STATE_ROOT:
            raise BadValue("block", number, "a block whose state was kept; this one is from a run without its history")

    def events(self, number: int) -> list[dict[str, Any]]:
        """The decoded events of a block."""
        events: list[dict[str, Any]] = self.at(number).get("System", "Events")
        return events

    def refusals(self, number: int) -> dict[int, DispatchError]:
        """Failures in one of the newest blocks, by the index of their events, with the chain's sentences.

        A block stores only the names of errors, so older blocks have no sentences.
        """
        return self._refusals.get(number, {})

    def runtime_call(self, api: str, method: str, data: bytes, number: int) -> bytes:
        """Answer a runtime API: SCALE arguments in, SCALE result out.

        Raises:
            BadValue: The runtime has no such method, or the arguments do not decode.
            NotInLab: This chain does not answer it.
        """
        return answer(Query(self.at(number), number), api, method, data)

    # --- proofs ------------------------------------------------------------------------------------------------

    def extrinsic_proof(self, number: int, index: int) -> ListProof:
        """Prove that an extrinsic is in a block, against the header's `extrinsics_root`.

        Raises:
            BadValue: There is no such block, or no such extrinsic in it.
        """
        extrinsics = self.block(number).extrinsics
        if index not in range(len(extrinsics)):
            raise BadValue("index", index, f"0 to {len(extrinsics) - 1}")
        return list_proof(extrinsics, index)

    def state_proof(self, key: bytes, number: int) -> StateProof:
        """Prove the value of a storage key after a block, or its absence, against the header's `state_root`.

        For the newest block this is fast; for a past block the tree of that state is built first.
        """
        self._ensure_kept(number)
        if number == self.head.number:
            return self._tree.proof(key)
        self.at(number)
        tree = StateTree()
        tree.update(dict(self.store.state_at(number)))
        return tree.proof(key)

    def verify(self) -> Tampered | None:
        """The first block that was changed after it was made; None if no block was (see `audit`).

        Raises:
            DatabaseCorrupt: The file itself is damaged.
        """
        with self.lock:
            return find_tampered(self.runtime, self.store)
