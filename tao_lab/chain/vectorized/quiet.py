"""Quiet blocks: blocks of a small network in which nothing happens but what happens in every block.

There are no extrinsics, no epoch is due, nothing waits for its turn; prices fall, and emission goes to the pools. Most
blocks of a small network are like that, and the many small steps of the rules cost much more than the numbers that
they change. So a *plan* is made: the keys that the next blocks write, and their numbers in one piece of memory. One
compiled call makes the next block from it (`tao_lab.economy.vectorized.quiet`).

A plan holds until somebody writes what it depends on (TERMS), or a block comes in which more happens; such a block goes
the usual way. If somebody else has written anything to the state (`RawState.writes`), the values are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from struct import Struct
from typing import Any

import numpy as np

from tao_lab.chain import executive, twins
from tao_lab.chain.block import encoded_digest
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ON_FINALIZE, ON_IDLE, ON_INITIALIZE
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets import commitments, proxy
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT
from tao_lab.chain.pallets.subtensor import block_step, child_threshold, idle_step, registration, run_coinbase
from tao_lab.chain.pallets.subtensor.emission_gate import stored_gate
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.pallets.subtensor.registration_queue import QUEUE
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import EMPTY, Runtime
from tao_lab.chain.state import RawState, Storage
from tao_lab.chain.vectorized import few
from tao_lab.chain.vectorized.emission import (
    ALWAYS_WRITTEN,
    CHANGED,
    GATE_ITEMS,
    MOVING_ITEMS,
    OPEN_ITEMS,
    POOL_ITEMS,
    RULES,
    SCALAR_ITEMS,
    SETTLED,
    block_gate_words,
    deposit_event,
    have_pools,
    moving_alpha,
    scalars,
)
from tao_lab.chain.vectorized.remembered import is_at_rest
from tao_lab.chain.vectorized.root_stakers import MISSING, next_place
from tao_lab.chain.vectorized.schedule import SCHEDULE
from tao_lab.compiled import for_kinds
from tao_lab.economy.emission_gate import EMISSION_BAR_UPDATE_INTERVAL, bar_is_due
from tao_lab.economy.registration_price import decay_factor
from tao_lab.economy.vectorized.emission import SUBNET
from tao_lab.economy.vectorized.quiet import ACCOUNT, CHAIN, PLACE, quiet_block
from tao_lab.units import U64_MAX

WORD = 8  # bytes
NUMBER_BYTES = 4  # of a height, and of the number of events
NOTHING = bytes(WORD)  # an amount
CHAIN_WORDS_GIVEN = 6  # the last ones of CHAIN, `is_stored` left out
LAST_HEIGHT = U64_MAX
NO_SUBNETS = np.empty(0, SUBNET)
HOOKS = {
    (commitments.PALLET, commitments.reveal_timelocked_commitments),
    (MODULE, block_step.block_step),
    (MODULE, idle_step.idle_step),
    ("Proxy", proxy.forget_results),
    (MODULE, child_threshold.check_thresholds),
}
rules_used = attrgetter(*RULES, "registration_price")
USUAL_RULES = rules_used(Rules)
SYSTEM = [  # written in every block; they follow the numbers of a plan
    ("Timestamp", "Now"),
    ("System", "Digest"),
    ("System", "ParentHash"),
    ("System", "Number"),
    ("System", "Events"),
    ("System", "EventCount"),
    (MODULE, "AlphaV2MapLastKey"),
]
QUEUES = [  # while they have entries, a block has more to do
    (MODULE, "SubnetRootSellTao"),
    (MODULE, "TimelockedWeightCommits"),
    (MODULE, "PendingBasketDeposits"),
    (MODULE, child_threshold.CHECKS),
    ("Proxy", "LastCallResult"),
]
CURSOR = (MODULE, "PendingBasketFlushCursor")
LISTS = [(MODULE, "DissolveCleanupQueue"), (MODULE, QUEUE), (commitments.PALLET, "TimelockedIndex")]
# What decides whether blocks are quiet, and how they are; no quiet block writes any of it.
TERMS = [
    *((MODULE, item) for item in ("NetworksAdded", "RegistrationsThisInterval", "BurnHalfLife", "MinBurn", "MaxBurn")),
    *(*SCHEDULE, *OPEN_ITEMS, *POOL_ITEMS, *GATE_ITEMS, *SCALAR_ITEMS, *MOVING_ITEMS),
    *(*QUEUES, CURSOR, *LISTS),
]


@dataclass(frozen=True, slots=True)
class QuietBlock:
    """A block that is computed, but not yet made.

    Attributes:
        extrinsic: The only one, which sets the time.
        values: Of the plan's keys, after this block.
        hashes: Keys and names of blocks, None for one that the state keeps no longer.
    """

    extrinsic: bytes
    values: tuple[bytes, ...]
    hashes: dict[bytes, bytes | None]


class QuietBlocks:
    """Computes the quiet blocks of a chain."""

    def __init__(self, state: Storage) -> None:
        self._state = state
        hooks = tuple(map(list, (ON_INITIALIZE, ON_IDLE, ON_FINALIZE)))
        self._hooks = hooks if set().union(*hooks) == HOOKS else None  # other ones may do more
        self._watch = state.raw.watch(state.runtime.item(*item).prefix for item in TERMS)
        self._plan: Plan | None = None
        self._until = 0  # the first block for which the plan, or that there is none, does not hold

    def next(self, rules: Rules, number: int, parent: bytes, now: int, slot: int) -> QuietBlock | None:
        """The next block, of a pool without extrinsics; None if it is not a quiet one. The state does not change.

        Args:
            rules: Those in force.
            number: Height.
            parent: Hash of the block before.
            now: Its time, Unix milliseconds.
            slot: The author's slot.
        """
        if self._hooks != (ON_INITIALIZE, ON_IDLE, ON_FINALIZE) or rules_used(rules) != USUAL_RULES:
            return None
        if not twins.are_used():
            return None
        if not self._watch.fresh or number >= self._until:
            try:
                self._plan, self._until = _make_plan(self._state, number)
            except ValueError:  # a value that does not decode: the usual way tells which hook it stops
                self._plan, self._until = None, LAST_HEIGHT
            self._watch.fresh = True
        plan = self._plan
        return plan.block(number, parent, now, slot) if plan is not None and plan.is_ready(number) else None

    def changes(self, block: QuietBlock) -> dict[bytes, bytes | None]:
        """New values of what a block from `next` changes in the state, None for a removed one."""
        assert self._plan is not None
        return self._plan.changes(block)

    def take(self, block: QuietBlock, *, is_sealed: bool) -> None:
        """Write a block to the state.

        Args:
            block: From `next`.
            is_sealed: Whether it is committed.
        """
        assert self._plan is not None
        self._plan.take(block, is_sealed=is_sealed)


class Plan:
    """What quiet blocks write, and the numbers that they compute with.

    Args:
        state: Of the chain.
        numbers: What is in the tables.
        netuids: Of all subnets, root included.
        tempos: Of subnets with a tempo: the key of `BlocksSinceLastStep`, and the tempo.
    """

    def __init__(
        self, state: Storage, numbers: _Numbers, netuids: list[int], tempos: Sequence[tuple[bytes, int]]
    ) -> None:
        self._state, self._raw, self._numbers = state, state.raw, numbers
        self._netuids, self._tempos = netuids, tempos
        self._tables, self._next = (_Tables(len(netuids), len(numbers.deposits)) for _ in range(2))
        self._is_still = False  # whether no number changes
        self._kept = state.runtime.block_hashes_kept
        self._emission = state.key(MODULE, "BlockEmission")
        self._system = [state.key(*item) for item in SYSTEM]
        self._keys = (*numbers.keys, *self._system)
        self._unpack = Struct(numbers.format).unpack
        self._values: tuple[bytes, ...] = ()  # of these keys
        self._missing: list[int] = []  # places of values that are not in the state
        self._writer = state.raw.writer(())
        self._writes = -1  # of the state, when its values were these
        self._until = 0  # the first block in which more happens, as far as the values say

    def is_ready(self, number: int) -> bool:
        """Whether the next block is a quiet one, by what every block writes; reads that again if anybody has."""
        if self._writes != self._raw.writes:
            self._until = self._read(number)
            self._writes = self._raw.writes
        return number < self._until

    def _read(self, number: int) -> int:
        """Read the values; returns the first block from `number` on in which more happens."""
        raw, numbers = self._raw, self._numbers
        if not all(is_at_rest(self._state, name, self._netuids) for name in ("counts", "difficulties")):
            return number
        if not numbers.read(raw):
            return number
        until = LAST_HEIGHT
        for key, tempo in self._tempos:
            until = min(until, number + tempo - int.from_bytes(raw.get(key) or b"", "little"))
        self._tables.data[:] = numbers.data
        self._tables.chain["is_stored"] = self._emission not in numbers.missing
        self._missing = [place for place, key in enumerate(numbers.keys) if key in numbers.missing]
        self._writer = raw.writer(self._keys)
        self._values = (*self._unpack(numbers.data), *[raw.get(key) or MISSING for key in self._system])
        self._is_still = self._netuids == [ROOT_NETUID] and self._computed(number) == self._values[: -len(SYSTEM)]
        return until

    def block(self, number: int, parent: bytes, now: int, slot: int) -> QuietBlock | None:
        """The next block; None if its numbers are too large, or it has a value for which there was none before.

        It is also None if a stake on root is found that is not on the list.
        """
        reached = next_place(self._state, self._values[-1])
        if reached is None:
            return None
        numbers = self._values[: -len(SYSTEM)] if self._is_still else self._computed(number)
        if numbers is None:
            return None
        runtime, key = self._state.runtime, self._state.passing_key
        count, events = self._events(numbers)
        after = (
            *numbers,
            now.to_bytes(WORD, "little"),
            encoded_digest(runtime, slot),
            parent,
            number.to_bytes(NUMBER_BYTES, "little"),
            events,
            count.to_bytes(NUMBER_BYTES, "little"),
            reached,
        )
        if any(after[place] != self._values[place] for place in self._missing):
            return None
        hashes: dict[bytes, bytes | None] = {key("System", "BlockHash", number - 1): parent}
        if number > self._kept:
            oldest = key("System", "BlockHash", number - self._kept - 1)
            if self._raw.get(oldest) is not None:
                hashes[oldest] = None
        return QuietBlock(executive.clock_extrinsic(runtime, now), after, hashes)

    def changes(self, block: QuietBlock) -> dict[bytes, bytes | None]:
        """What a block changes."""
        changes: dict[bytes, bytes | None] = {
            key: new for key, new, old in zip(self._keys, block.values, self._values, strict=True) if new != old
        }
        changes.update(block.hashes)
        return changes

    def take(self, block: QuietBlock, *, is_sealed: bool) -> None:
        """Write a block to the state."""
        self._writer.write(self._values, block.values, block.hashes, is_sealed=is_sealed)
        if not self._is_still:
            self._tables, self._next = self._next, self._tables
        self._values, self._writes = block.values, self._raw.writes

    def _computed(self, number: int) -> tuple[bytes, ...] | None:
        """The numbers after the next block; None if they cannot be computed."""
        tables = self._next
        tables.data[:] = self._tables.data
        return self._unpack(tables.data) if tables.compute(np.uint64(number)) else None

    def _events(self, numbers: tuple[bytes, ...]) -> tuple[int, bytes]:
        """How many events a block has, and their bytes: chain buys and injections, then the clock's."""
        events = [
            before + numbers[place] + after
            for before, after, places in self._numbers.deposits
            for place in places
            if numbers[place] != NOTHING
        ]
        events.append(executive.clock_event(self._state.runtime))
        return len(events), compact(len(events)) + b"".join(events)


class _Tables:
    """The tables of `quiet_block` in one piece of memory.

    Attributes:
        data: All of them.
        chain: The one of CHAIN.
    """

    def __init__(self, places: int, subnets: int) -> None:
        shapes = ((CHAIN, 1), (PLACE, places), (SUBNET, subnets), (ACCOUNT, subnets))
        self.data, begin = bytearray(sum(dtype.itemsize * length for dtype, length in shapes)), 0
        self._tables: list[Any] = []
        for dtype, length in shapes:
            self._tables.append(np.ndarray((length,), dtype, self.data, begin))
            begin += dtype.itemsize * length
        self.chain = self._tables[0]
        self._compute: Any = None

    def compute(self, number: np.uint64) -> bool:
        """Make the numbers those of the next block; False if they can't be used any more."""
        self._compute = self._compute or for_kinds(quiet_block, number, *self._tables)
        return bool(self._compute(number, *self._tables))


class _Numbers:
    """What is in the tables: values of the state, and numbers that are given.

    Attributes:
        format: How to take the values that a block writes out of them, as in `struct`.
        keys: Of these values.
        deposits: For each subnet that emission goes to, the bytes of an event before and after its amount, and the
            places of the amounts among the values.
        data: The numbers of the last `read`.
        missing: Keys of which they have only the default.
    """

    def __init__(self) -> None:
        self.format = "<"
        self.keys: list[bytes] = []
        self.deposits: list[tuple[bytes, bytes, tuple[int, int]]] = []
        self.data = b""
        self.missing: set[bytes] = set()
        self._parts = [b""]  # given ones and values in turns
        self._stored: list[bytes] = []  # keys of all values
        self._defaults: list[bytes] = []
        self._always: set[bytes] = set()  # keys that every block writes
        self._accounts = 0

    def given(self, *numbers: int) -> None:
        """Numbers that a block only reads, and that no block changes."""
        self._parts[-1] += b"".join(number.to_bytes(WORD, "little") for number in numbers)
        self.format += f"{WORD * len(numbers)}x"

    def read_only(self, key: bytes, default: bytes) -> None:
        """A value that quiet blocks only read."""
        self._parts += [default, b""]
        self._stored.append(key)
        self._defaults.append(default)
        self.format += f"{len(default)}x"

    def written(self, key: bytes, default: bytes, *, always: bool = True) -> None:
        """A value that a block may change; with `always` it is written even if it is the same."""
        self.read_only(key, default)
        self.format = self.format.removesuffix("x") + "s"
        self.keys.append(key)
        if always:
            self._always.add(key)

    def account(self, key: bytes) -> None:
        """An account that gets TAO, if it exists; accounts come last."""
        self.written(key, bytes(ACCOUNT.itemsize))
        self._accounts += 1

    def subnet(self, runtime: Runtime, netuid: int) -> None:
        """The row of a subnet that emission goes to."""
        layout = few.layout_of(runtime, netuid)
        self.given(netuid)
        for name, field in layout.fields.items():
            if name in CHANGED or name in ALWAYS_WRITTEN or name in SETTLED:
                self.written(field.key, field.default, always=name not in CHANGED)
            else:
                self.read_only(field.key, field.default.ljust(SUBNET[name].itemsize, b"\0"))  # an `Option` is shorter
        excess, tao_in = (self.keys.index(layout.fields[name].key) for name in ("excess_tao", "tao_in"))
        self.deposits.append((*deposit_event(runtime, netuid), (excess, tao_in)))

    def read(self, raw: RawState) -> bool:
        """Read the values; False if they cannot be used.

        They must have their usual width, be outside columns, and be there if every block writes them.
        """
        found = list(map(raw.get, self._stored))
        self.missing = {key for key, value in zip(self._stored, found, strict=True) if value is None}
        if not self.missing.isdisjoint(self._always) or raw.has_in_columns(self.keys):
            return False
        values = [default if value is None else value for value, default in zip(found, self._defaults, strict=True)]
        if list(map(len, values)) != list(map(len, self._defaults)):
            return False
        self._parts[1::2] = values
        self.data = b"".join(self._parts)
        accounts = values[len(values) - self._accounts :]
        return all(int.from_bytes(account[few.FREE], "little") >= EXISTENTIAL_DEPOSIT for account in accounts)


# --- plans ------------------------------------------------------------------------------------------------------


def _make_plan(state: Storage, number: int) -> tuple[Plan | None, int]:
    """A plan for the blocks from `number` on, if they are quiet; and the first block for which that does not hold."""
    netuids = all_netuids(state)
    subnets = [netuid for netuid in netuids if netuid != ROOT_NETUID]
    if number <= 1:
        return None, number + 1
    if len(subnets) > few.FEW or ROOT_NETUID not in netuids or _something_waits(state):
        return None, LAST_HEIGHT
    ctx = Context(state.runtime, state, number, executive.author(state))
    emitting = run_coinbase.subnets_to_emit_to(ctx, subnets)
    if emitting != sorted(emitting) or not have_pools(state, emitting):
        return None, LAST_HEIGHT
    if not 0 <= moving_alpha(state) <= U64_MAX:
        return None, LAST_HEIGHT
    until = min(_heights_of_work(state, netuids, emitting, number))
    if until <= number:
        return None, number + 1
    numbers = _Numbers()
    _add_chain(ctx, numbers, bool(emitting))
    tempos = [_add_place(state, numbers, netuid) for netuid in netuids]
    for netuid in emitting:
        numbers.subnet(state.runtime, netuid)
    for netuid in emitting:
        numbers.account(few.layout_of(state.runtime, netuid).account)
    return Plan(state, numbers, netuids, [each for each in tempos if each[1]]), until


def _something_waits(state: Storage) -> bool:
    """Whether blocks have work until it is done."""
    if any(state.raw.get(state.key(*item)) not in (None, EMPTY) for item in LISTS):
        return True
    return state.exists(*CURSOR) or any(state.has_entries(*item) for item in QUEUES)


def _heights_of_work(state: Storage, netuids: list[int], emitting: list[int], number: int) -> Iterator[int]:
    """Heights at which a block has more to do; the first one from `number` on is among them."""
    get = state.get
    if emitting:
        is_due = bar_is_due(stored_gate(state).bar, number)
        yield number if is_due else _next_multiple(EMISSION_BAR_UPDATE_INTERVAL, number)
    interval = state.runtime.constant(MODULE, "HotkeySwapOnSubnetInterval")
    for netuid in netuids:
        yield number + (netuid - number) % interval
        tempo = get(MODULE, "Tempo", netuid)
        if netuid == ROOT_NETUID:
            if get(MODULE, "RegistrationsThisInterval", netuid):
                yield _next_multiple(tempo or 1, number)
            continue
        pending, last = (get(MODULE, item, netuid) for item in ("PendingEpochAt", "LastEpochBlock"))
        if last >= number:
            yield last
        if tempo:
            yield last + tempo
            if pending:
                yield pending


def _next_multiple(of: int, number: int) -> int:
    """The first multiple from `number` on."""
    return -(-number // of) * of


def _add_chain(ctx: Context, numbers: _Numbers, is_emitting: bool) -> None:
    """What is not of a subnet (CHAIN)."""
    state, key = ctx.state, ctx.state.key
    numbers.written(key(MODULE, "TotalIssuance"), NOTHING)
    numbers.written(key("Balances", "TotalIssuance"), NOTHING)
    if is_emitting:
        numbers.written(key(MODULE, "TotalStake"), NOTHING)
    else:
        numbers.given(0)
    numbers.written(key(MODULE, "BlockEmission"), state.runtime.item(MODULE, "BlockEmission").default, always=False)
    numbers.read_only(key(MODULE, "SubnetTAO", ROOT_NETUID), NOTHING)
    if is_emitting:
        _, *shares = scalars(ctx)
        words: list[Any] = [*shares, moving_alpha(state), *block_gate_words(ctx, NO_SUBNETS)]
        numbers.given(*map(int, words))
    else:
        numbers.given(*[0] * CHAIN_WORDS_GIVEN)
    numbers.given(0)  # `is_stored`, which is known when values are read


def _add_place(state: Storage, numbers: _Numbers, netuid: int) -> tuple[bytes, int]:
    """How the price of a place falls, and the count of blocks (PLACE); returns its key and the tempo."""
    count, terms = state.key(MODULE, "BlocksSinceLastStep", netuid), registration.price_terms(state, netuid)
    numbers.written(state.key(MODULE, "Burn", netuid), state.runtime.item(MODULE, "Burn").default, always=False)
    if netuid == ROOT_NETUID:  # it has no epochs
        tempo = most = 0
        numbers.given(0)
    else:
        tempo = state.get(MODULE, "Tempo", netuid)
        most = tempo + 1
        numbers.written(count, NOTHING)
    numbers.given(decay_factor(terms.half_life), terms.min_burn, terms.max_burn, most)
    return count, tempo
