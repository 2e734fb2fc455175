"""The context of a call or a hook: what it may read and change while a block is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tao_lab.chain.dispatch import CALL_FILTERS, DISPATCH_GUARDS, Call, Origin, Post, Weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.events import encoded_event
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state import Storage


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a call that another call carried out.

    Attributes:
        error: Why it failed; None if it succeeded.
        actual_weight: The weight that it reports; None if it is the declared weight.
    """

    error: DispatchError | None
    actual_weight: Weight | None

    def weight_of(self, call: Call) -> Weight:
        """The actual weight of the call (`extract_actual_weight`)."""
        return call.registered.spent(call.args, self.actual_weight)


@dataclass(slots=True)
class Context:
    """One block that is being built.

    Attributes:
        state: Typed storage of the block so far.
        block: Height of this block.
        author: Account that receives the fees of swaps.
        rules: Functions that a student can replace.
        phase: `Initialization`, `Finalization`, or `{"ApplyExtrinsic": index}`; events carry it.
        events: Encoded `EventRecord`s so far.
        refusals: Failures, by the index of their events. An event has only the name of an error; this has the sentence
            too. It is for people, not a part of the state.
        parent_hash: Hash of the block before, if the state does not have it yet (while an extrinsic waits).
        kept: Values that one fast twin keeps for another in the same block (`tao_lab.chain.twins`); not a part of the
            state.
    """

    runtime: Runtime
    state: Storage
    block: int
    author: str
    rules: Rules = field(default_factory=Rules)
    phase: Any = "Initialization"
    events: list[bytes] = field(default_factory=list)
    refusals: dict[int, DispatchError] = field(default_factory=dict)
    parent_hash: bytes = b""
    kept: dict[str, Any] = field(default_factory=dict)

    def deposit_event(self, pallet: str, name: str, *values: Any, **fields: Any) -> None:
        """Record an event: with `fields` if the metadata names its fields, otherwise with `values` in order.

        Raises:
            BadValue: The metadata has no such event, or a field does not fit.
        """
        content: Any = fields or (values[0] if len(values) == 1 else list(values))
        if not fields and not values:
            content = None
        self.events.append(encoded_event(self.runtime, self.phase, pallet, name, content))

    @property
    def extrinsic_index(self) -> int:
        """Index of the running extrinsic in the block; 0 in the hooks."""
        return int(self.phase["ApplyExtrinsic"]) if isinstance(self.phase, dict) else 0

    def mark(self) -> tuple[int, int]:
        """A point to which `rollback` returns: state and events."""
        return self.state.raw.mark(), len(self.events)

    def rollback(self, mark: tuple[int, int]) -> None:
        """Undo all writes and events since `mark`."""
        self.state.raw.rollback(mark[0])
        del self.events[mark[1] :]
        for place in [place for place in self.refusals if place >= mark[1]]:
            del self.refusals[place]

    def dispatch(self, origin: Origin, call: Call) -> Post:
        """Carry out a call in its own transaction: if it fails, nothing is changed.

        Raises:
            DispatchError: It failed, and nothing is changed; `System.CallFiltered` if the origin may not make the call.
            NotInLab: This chain does not carry it out.
        """
        if origin.kind != "Root" and not all(allows(call) for allows in (*CALL_FILTERS, *origin.filters)):
            raise DispatchError(
                "System",
                "CallFiltered",
                f"{origin.account} may not make the call {call.pallet}.{call.name} in this way",
            )
        if origin.account is not None:
            for guard in DISPATCH_GUARDS:
                guard(self, origin.account, call)
        return self.dispatch_bypassing_filters(origin, call)

    def dispatch_bypassing_filters(self, origin: Origin, call: Call) -> Post:
        """Carry out a call like one of root: without filters and guards (`dispatch_bypass_filter`).

        Raises:
            DispatchError: It failed, and nothing is changed. NotInLab: This chain does not carry it out.
        """
        registered, mark = call.registered, self.mark()
        try:
            return registered.function(self, origin, **call.args) or Post()
        except BaseException:
            self.rollback(mark)
            raise

    def try_dispatch(self, origin: Origin, call: Call, *, bypassing_filters: bool = False) -> Outcome:
        """Carry out a call; a failure is returned instead of raised."""
        dispatch = self.dispatch_bypassing_filters if bypassing_filters else self.dispatch
        try:
            return Outcome(None, dispatch(origin, call).weight)
        except DispatchError as error:
            return Outcome(error, error.weight)

    def dispatch_result(self, error: DispatchError | None) -> Any:
        """`DispatchResult` in the form for events."""
        return {"Ok": ()} if error is None else {"Err": self.told_error(error)}

    def told_error(self, error: DispatchError) -> Any:
        """An error in the form for the next event; its sentence is kept in `refusals`."""
        self.refusals[len(self.events)] = error
        return self.runtime.dispatch_error(error)
