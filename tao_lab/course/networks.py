"""Networks for experiments, without the warning about real wallets: they never use the computer's wallet folder."""

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
        path: File for the chain, with its wallets beside it; without a file, everything is deleted at the end.
    """
    with kept_network(path) as net:
        yield net


def kept_network(path: Path | None = None, genesis: Genesis | None = None) -> Network:
    """A network that stays open as long as some code uses it: made once, and read often.

    Args:
        path: As above.
        genesis: What a new chain begins with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RealWalletsWarning)
        return Network(path, genesis=genesis)
