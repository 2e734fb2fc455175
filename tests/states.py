"""Tests wait for states, never for a number of seconds."""

import time


def until(true, seconds):
    """Wait for a state, and return it.

    Args:
        true: returns the state, or something false as long as it is not there.
        seconds: until something is given up; no measure of speed.
    """
    end = time.monotonic() + seconds
    while not (state := true()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)
    return state
