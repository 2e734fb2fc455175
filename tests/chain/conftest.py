from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from bittensor_core import Keypair

from tao_lab.chain.chain import Chain
from tao_lab.chain.genesis import FAUCET_URI, SUDO_URI

TAO = 10**9


@pytest.fixture
def chain() -> Iterator[Chain]:
    """A chain in memory at block 1, on which alice and bob have 100 TAO each."""
    chain = Chain()
    for name in ("alice", "bob"):
        args = {"dest": account(name), "value": 100 * TAO}
        chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", args))
    chain.produce_block()
    yield chain
    chain.close()


@cache  # milliseconds each, asked for thousands of times
def key(name: str) -> Keypair:
    """The key of a person in the tests."""
    return Keypair.from_uri({"faucet": FAUCET_URI, "sudo": SUDO_URI}.get(name, f"//{name}"))


@cache
def account(name: str) -> str:
    """The address of a person in the tests."""
    return str(key(name).ss58_address)


def run(chain: Chain, who: str, pallet: str, name: str, /, **args: Any) -> list[tuple[str, Any]]:
    """Sign, include and return the call's own events as (name, content)."""
    chain.submit(chain.sign(key(who), pallet, name, args))
    chain.produce_block()
    assert chain.refused == ()
    events = [event for event in chain.events(chain.head.number) if event["extrinsic_idx"] == 1]
    return [(f"{event['module_id']}.{event['event_id']}", event["attributes"]) for event in events]


def free(chain: Chain, name: str) -> int:
    """Free rao of a person."""
    return int(chain.state.get("System", "Account", account(name))["data"]["free"])
