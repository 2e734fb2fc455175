"""A program that serves until it is asked to end."""

import signal
import sys
import threading
from contextlib import suppress
from itertools import count
from types import FrameType
from typing import Any

import pytest

from tao_lab.interrupts import asked_to_end

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_comes_at_any_step_of_the_wait_ends_it(number: signal.Signals) -> None:
    def heard(after: int) -> bool:
        """Whether the wait had that many steps, of which the last brought the signal."""
        left = after

        def step(frame: FrameType, event: str, _: object) -> Any:
            nonlocal left
            if frame.f_code.co_filename != threading.__file__:
                return None
            left -= event == "line"
            if left == -1:
                signal.raise_signal(number)
            return step

        with asked_to_end() as asked:
            before = sys.gettrace()
            sys.settrace(step)
            try:
                asked.wait(0)
            finally:
                sys.settrace(before)
            return left < 0 and asked.wait(60)

    steps = next(after for after in count() if not heard(after))
    assert steps > 10


def test_afterwards_signals_are_answered_as_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(ZeroDivisionError), asked_to_end() as asked:
        assert not asked.is_set()
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in SIGNALS] == before
