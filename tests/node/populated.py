"""A network with something of everything, made by real calls: subnets with pools, neurons, stake, weights, names."""

from pathlib import Path
from typing import Any

from bittensor_core import Keypair

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.executive import author
from tao_lab.chain.pallets.subtensor.baskets import queue_dividends
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tests.chain.conftest import TAO, account, key

MODULE = "SubtensorModule"
NETUID, OTHER = 1, 2
RULES = {  # of subnets 1 and 2
    "sudo_set_commit_reveal_weights_enabled": {"enabled": False},
    "sudo_set_weights_set_rate_limit": {"weights_set_rate_limit": 0},
    "sudo_set_min_allowed_weights": {"min_allowed_weights": 1},
    "sudo_set_serving_rate_limit": {"serving_rate_limit": 0},
    "sudo_set_max_registrations_per_block": {"max_registrations_per_block": 9},
}
SUBNET_IDENTITY = {
    "subnet_name": "Lab",
    "github_repo": "https://example.org/lab",
    "subnet_contact": "lab@example.org",
    "subnet_url": "https://example.org",
    "discord": "lab",
    "description": "A subnet of the lab",
    "logo_url": "https://example.org/logo.png",
    "additional": "",
}


def must(chain: Chain, who: str | Keypair, pallet: str, name: str, /, **args: Any) -> None:
    """Sign a call, make its block, and see that it went well (inside sudo and batches too)."""
    keypair = who if isinstance(who, Keypair) else key(who)
    extrinsic = chain.submit(chain.sign(keypair, pallet, name, args))
    block = chain.produce_block()
    assert chain.refused == (), chain.refused
    index = block.extrinsic_hashes.index(extrinsic)
    events = [event for event in chain.events(block.number) if event["extrinsic_idx"] == index]
    for event in events:
        assert event["event_id"] not in ("ExtrinsicFailed", "BatchInterrupted"), (name, event)
        if event["event_id"] == "Sudid":
            assert "Err" not in event["attributes"]["sudo_result"], (name, event)


def sudo(chain: Chain, pallet: str, name: str, /, **args: Any) -> None:
    """A call as root."""
    must(chain, "sudo", "Sudo", "sudo", call={pallet: {name: args}})


def populate(path: Path) -> None:
    """Make the network and keep it in a file."""
    chain = Chain(path)
    for name, tao in {"alice": 20_000, "bob": 5_000, "sudo": 10, "validator": 1, "miner": 1}.items():
        must(chain, "faucet", "Balances", "transfer_keep_alive", dest=account(name), value=tao * TAO)
    sudo(chain, "AdminUtils", "sudo_set_network_rate_limit", rate_limit=0)
    sudo(chain, "AdminUtils", "sudo_set_admin_freeze_window", window=0)
    sudo(chain, "AdminUtils", "sudo_set_coldkey_swap_announcement_delay", duration=0)
    sudo(chain, "AdminUtils", "sudo_set_coldkey_swap_reannouncement_delay", duration=0)
    for who, hotkey, netuid in (("alice", "validator", NETUID), ("bob", "other", OTHER)):
        must(chain, who, MODULE, "register_network", hotkey=account(hotkey))
        must(chain, who, MODULE, "start_call", netuid=netuid)
        for name, args in RULES.items():
            sudo(chain, "AdminUtils", name, netuid=netuid, **args)
    must(chain, "bob", MODULE, "burned_register", netuid=NETUID, hotkey=account("miner"))
    must(chain, "bob", MODULE, "burned_register", netuid=OTHER, hotkey=account("miner"))
    must(chain, "alice", MODULE, "try_associate_hotkey", hotkey=account("spare"))
    must(chain, "alice", MODULE, "root_register", hotkey=account("validator"))
    for who, hotkey, netuid, tao in (
        ("alice", "validator", 0, 100),
        ("alice", "validator", NETUID, 50),
        ("alice", "other", OTHER, 50),
        ("bob", "validator", NETUID, 10),
    ):
        args = {"hotkey": account(hotkey), "netuid": netuid, "amount_staked": tao * TAO}
        must(chain, who, MODULE, "add_stake", **args)
    earn_on_root(chain, "validator", 5 * TAO)
    must(chain, "validator", MODULE, "set_weights", netuid=NETUID, dests=[1], weights=[1], version_key=0)
    axon = {"version": 1, "ip": 16_909_060, "port": 8_091, "ip_type": 4, "protocol": 4}
    must(chain, "miner", MODULE, "serve_axon", netuid=NETUID, placeholder1=0, placeholder2=0, **axon)
    must(chain, "miner", "Commitments", "set_commitment", netuid=NETUID, info={"fields": [{"Raw5": "0x68656c6c6f"}]})
    must(chain, "alice", MODULE, "set_subnet_identity", netuid=NETUID, **SUBNET_IDENTITY)
    must(chain, "alice", MODULE, "set_identity", **dict.fromkeys(IDENTITY, "alice"))
    must(chain, "alice", MODULE, "set_min_collateral", netuid=NETUID, hotkey=account("validator"), min_locked=7 * TAO)
    must(chain, "alice", "Proxy", "add_proxy", delegate=account("bob"), proxy_type="Any", delay=0)
    chain.close()


def earn_on_root(chain: Chain, hotkey: str, alpha: int) -> None:
    """Issue alpha of subnet 1 as a dividend of a validator on root; in the block that follows it enters its basket."""
    ctx = Context(chain.runtime, chain.state, chain.head.number + 1, author(chain.state))
    mint_alpha_out(ctx, NETUID, alpha)
    queue_dividends(ctx, NETUID, [(account(hotkey), alpha)])
    chain.produce_block()


IDENTITY = ("name", "url", "github_repo", "image", "discord", "description", "additional")
