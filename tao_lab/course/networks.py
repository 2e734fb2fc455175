"""Networks for experiments, which need no warning about the computer's real wallets: they never look at them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tao_lab.chain.genesis import Genesis
from tao_lab.network import Network, RealWalletsWarning


@contextmanager
def small_network(path: Path | None = None) -> Iterator[Network]:
    """A network for one experiment.

    Args:
        path: File that keeps it, with its wallets beside it; without one, all of it goes away at the end.
    """
    with kept_network(path) as net:
        yield net


def kept_network(path: Path | None = None, genesis: Genesis | None = None) -> Network:
    """A network that stays open as long as somebody holds it: for what is made once and looked at often.

    Args:
        path: As above.
        genesis: What a new chain begins with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RealWalletsWarning)
        return Network(path, genesis=genesis)
