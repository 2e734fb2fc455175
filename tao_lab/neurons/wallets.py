"""Wallets of programs: opened by name, with a sentence where a file is missing."""

from __future__ import annotations

from pathlib import Path

import bittensor as bt

from tao_lab.errors import LabError


def open_hotkey(name: str, hotkey: str, folder: Path | None = None) -> bt.Wallet:
    """A wallet whose hotkey can sign; its coldkey stays closed.

    Args:
        name: Of the wallet.
        hotkey: Of the hotkey.
        folder: Of the wallets; the SDK's own by default.

    Raises:
        LabError: There is no such hotkey, or its file cannot be read.
    """
    wallet = bt.Wallet(name, hotkey, str(folder)) if folder else bt.Wallet(name, hotkey)
    file = Path(wallet.hotkey_file.path)
    if not file.exists():
        raise LabError(f"{file} is not there; `btcli wallet create --wallet {name} --hotkey {hotkey}` makes it")
    try:
        wallet.hotkey  # noqa: B018 - reads the file
    except Exception as error:
        raise LabError(f"{file} holds no hotkey that can be read: {error}") from error
    return wallet
