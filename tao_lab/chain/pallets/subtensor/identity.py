"""Names and links that coldkeys and subnets show of themselves.

Source: `pallets/subtensor/src/utils/identity.rs`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed
from tao_lab.chain.runtime import octets

COLDKEY_FIELDS = {  # longest, in bytes
    "name": 256,
    "url": 256,
    "github_repo": 256,
    "image": 1_024,
    "discord": 256,
    "description": 1_024,
    "additional": 1_024,
}
SUBNET_FIELDS = {
    "subnet_name": 256,
    "github_repo": 1_024,
    "subnet_contact": 1_024,
    "subnet_url": 1_024,
    "discord": 256,
    "description": 1_024,
    "logo_url": 1_024,
    "additional": 1_024,
}


def ensure_valid(identity: Mapping[str, str], longest: Mapping[str, int]) -> None:
    """Refuse a field that is too long.

    Raises:
        DispatchError: `InvalidIdentity`.
    """
    for field, most in longest.items():
        size = len(octets(identity[field]))
        if size > most:
            raise failed("InvalidIdentity", f"{field} has {size} bytes, allowed: {most}")


@call(MODULE, weight=weight(32_040_000, reads=3, writes=1))
def set_identity(
    ctx: Context,
    origin: Origin,
    name: str,
    url: str,
    github_repo: str,
    image: str,
    discord: str,
    description: str,
    additional: str,
) -> None:
    """A coldkey with a registered hotkey says who it is."""
    coldkey, state = ensure_signed(origin), ctx.state
    hotkeys = state.get(MODULE, "OwnedHotkeys", coldkey)
    if not any(member for hotkey in hotkeys for _, member in state.entries(MODULE, "IsNetworkMember", hotkey)):
        raise failed("HotKeyNotRegisteredInNetwork", f"no hotkey of {coldkey} has a UID")
    values = (name, url, github_repo, image, discord, description, additional)
    identity = dict(zip(COLDKEY_FIELDS, values, strict=True))
    ensure_valid(identity, COLDKEY_FIELDS)
    state.put(MODULE, "IdentitiesV2", coldkey, identity)
    ctx.deposit_event(MODULE, "ChainIdentitySet", coldkey)


@call(MODULE, weight=weight(17_513_000, reads=1, writes=1))
def set_subnet_identity(
    ctx: Context,
    origin: Origin,
    netuid: int,
    subnet_name: str,
    github_repo: str,
    subnet_contact: str,
    subnet_url: str,
    discord: str,
    description: str,
    logo_url: str,
    additional: str,
) -> None:
    """A subnet's owner says what it is."""
    if ctx.state.get(MODULE, "SubnetOwner", netuid) != ensure_signed(origin):
        raise failed("NotSubnetOwner", f"subnet {netuid} belongs to {ctx.state.get(MODULE, 'SubnetOwner', netuid)}")
    values = (subnet_name, github_repo, subnet_contact, subnet_url, discord, description, logo_url, additional)
    put_subnet_identity(ctx, netuid, dict(zip(SUBNET_FIELDS, values, strict=True)))


def put_subnet_identity(ctx: Context, netuid: int, identity: Mapping[str, str]) -> None:
    """Write a subnet's identity.

    Raises:
        DispatchError: `InvalidIdentity`.
    """
    ensure_valid(identity, SUBNET_FIELDS)
    ctx.state.put(MODULE, "SubnetIdentitiesV3", netuid, dict(identity))
    ctx.deposit_event(MODULE, "SubnetIdentitySet", netuid)
