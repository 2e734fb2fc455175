"""The SDK of 2025 (10.5) against a development node with the report's subnet: reads, register, stake, weights."""

import sys
import tempfile

import bittensor as bt

NETUID = 171
with tempfile.TemporaryDirectory() as folder, bt.Subtensor(network=sys.argv[1]) as chain:
    wallet = bt.Wallet(name="student", hotkey="default", path=folder)
    wallet.create_if_non_existent(coldkey_use_password=False, hotkey_use_password=False, suppress=True)
    alice = bt.Wallet(name="alice", path=folder)
    alice.create_coldkey_from_uri("//Alice", use_password=False, suppress=True)
    alice.create_new_hotkey(use_password=False, suppress=True)
    coldkey, hotkey = wallet.coldkeypub.ss58_address, wallet.hotkey.ss58_address
    plain = {"mev_protection": False, "raise_error": False}

    print("read", chain.block, chain.get_total_subnets(), chain.subnet_exists(NETUID))
    print("subnets", [one.netuid for one in chain.all_subnets()], chain.get_subnet_hyperparameters(NETUID).tempo)
    print("metagraph", chain.metagraph(NETUID).n.item(), len(chain.neurons_lite(NETUID)), len(chain.get_delegates()))
    sent = chain.transfer(wallet=alice, destination_ss58=coldkey, amount=bt.Balance.from_tao(50), **plain)
    print("transfer", sent.success, chain.get_balance(coldkey))
    print("register", chain.burned_register(wallet=wallet, netuid=NETUID, **plain).success)
    uid = chain.get_uid_for_hotkey_on_subnet(hotkey, NETUID)
    stake = {"wallet": wallet, "hotkey_ss58": hotkey, "amount": bt.Balance.from_tao(5), **plain}
    print("stake", chain.add_stake(netuid=NETUID, **stake).success, chain.get_stake(coldkey, hotkey, NETUID))
    print("failed call", chain.add_stake(netuid=77, **stake).message)
    chain.wait_for_block(chain.block + chain.weights_rate_limit(NETUID) + 1)
    weights = chain.set_weights(wallet=wallet, netuid=NETUID, uids=[uid], weights=[1.0], mev_protection=False)
    print("weights", weights.success, chain.wait_for_block(chain.block + 3))
