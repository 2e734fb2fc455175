"""A subnet of the lab: its identity on chain, and the calls that start it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.registration_queue import registration_queue
from tao_lab.network.needs import Calls
from tao_lab.network.receipts import Receipt

if TYPE_CHECKING:
    import bittensor as bt
else:
    from tao_lab.network import sdk as bt


def subnet_identity(name: str, kind: str) -> dict[str, str]:
    """The identity of a subnet of the lab; its field `additional` names the kind of work."""
    empty = dict.fromkeys(("github_repo", "subnet_contact", "subnet_url", "discord", "description", "logo_url"), "")
    return {"subnet_name": name, **empty, "additional": f"kind={kind}"}


def new_netuid(net: Calls, owner: bt.Wallet, receipt: Receipt) -> int:
    """The number of the subnet that a call made; on a full network it comes when an old one is cleaned up."""
    for event in receipt.events:
        if event["event_id"] == "NetworkAdded":
            return int(event["attributes"][0])
    coldkey, hotkey = owner.coldkeypub.ss58_address, owner.hotkey.ss58_address
    state = net.chain.state
    while any((info["coldkey"], info["hotkey"]) == (coldkey, hotkey) for info in registration_queue(state)):
        net.run(blocks=1)
    mine = [netuid for netuid, owned_by in state.entries(MODULE, "SubnetOwnerHotkey") if owned_by == hotkey]
    return int(max(mine, key=lambda netuid: state.get(MODULE, "NetworkRegisteredAt", netuid)))


def open_subnet(net: Calls, owner: bt.Wallet, netuid: int, tempo: int, commit_reveal: bool) -> None:
    """Start a new subnet and set its hyperparameters, as root if only root may set them."""
    net.call(owner, MODULE, "start_call", netuid=netuid)
    net.sudo("AdminUtils", "sudo_set_subnet_emission_enabled", netuid=netuid, enabled=True)
    net.sudo("AdminUtils", "sudo_set_commit_reveal_weights_enabled", netuid=netuid, enabled=commit_reveal)
    if tempo != net.chain.state.get(MODULE, "Tempo", netuid):
        net.sudo("AdminUtils", "sudo_set_tempo", netuid=netuid, tempo=tempo)
    if tempo < net.chain.state.get(MODULE, "WeightsSetRateLimit", netuid):
        net.sudo("AdminUtils", "sudo_set_weights_set_rate_limit", netuid=netuid, weights_set_rate_limit=tempo)
