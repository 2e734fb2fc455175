"""Open a program's wallets by name; the error says which file is missing."""

from __future__ import annotations

from pathlib import Path

import bittensor as bt
from bittensor_core import ss58_decode

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
        raise LabError(f"{file} is missing; make it with `btcli wallet create --wallet {name} --hotkey {hotkey}`")
    try:
        wallet.hotkey  # noqa: B018 - reads the file
    except Exception as error:
        raise LabError(f"{file} can't be read as a hotkey: {error}") from error
    return wallet


def find_address(who: str, folder: Path | None = None) -> str:
    """The address of an account: an address itself, or that of a wallet's coldkey.

    Args:
        who: An SS58 address, or the name of a wallet.
        folder: Of the wallets; the SDK's own by default.

    Raises:
        LabError: It is not an address, and there is no such wallet.
    """
    try:
        ss58_decode(who)
    except ValueError:
        wallet = bt.Wallet(who, path=str(folder)) if folder else bt.Wallet(who)
        file = Path(wallet.coldkeypub_file.path)
        if not file.exists():
            made = f"make one with `btcli wallet create --wallet {who} --wallet-path {file.parents[1]}`"
            raise LabError(f"{who} is not an address, and {file} is missing; {made}") from None
        return str(wallet.coldkeypub.ss58_address)
    return who
