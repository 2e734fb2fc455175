"""Networks for experiments: in memory, with wallets that go away."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tao_lab.network import Network, RealWalletsWarning


@contextmanager
def small_network() -> Iterator[Network]:
    """A network for one experiment. Its keys are in a folder of their own, so real wallets need no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RealWalletsWarning)
        net = Network()
    with net:
        yield net
