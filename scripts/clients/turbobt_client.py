"""turbobt, which names its parameters, against a development node with the report's subnet: reads, register, stake."""

import asyncio
import json
import sys
import tempfile
import time
import urllib.request

import turbobt
from bittensor.wallet import Wallet

NETUID = 171


def fund(url: str, address: str) -> None:
    """Ask the node's faucet, by HTTP."""
    frame = {"jsonrpc": "2.0", "id": 1, "method": "lab_faucet", "params": {"account": address, "rao": 100 * 10**9}}
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(url.replace("ws", "http"), json.dumps(frame).encode(), headers)
    print("funded", json.loads(urllib.request.urlopen(asked).read())["result"])
    time.sleep(1)


async def main(url: str) -> None:
    """Try what its users do."""
    with tempfile.TemporaryDirectory() as folder:
        wallet = Wallet("student", "default", folder)
        wallet.create_new_coldkey(use_password=False, suppress=True)
        wallet.create_new_hotkey(use_password=False, suppress=True)
        fund(url, wallet.coldkeypub.ss58_address)
        async with turbobt.Bittensor(url, wallet=wallet) as chain:
            async with chain.head as block:
                print("head", block.number, block.hash)
                subnet = await chain.subnet(NETUID).get()
                print("subnet", subnet.name, subnet.tempo)
                # not `list_validators`: it has no default for `StakeThreshold`, which nobody has set here
                print("neurons", len(await subnet.list_neurons()))
                print("hyperparameters", (await subnet.get_hyperparameters())["tempo"])
                print("state", len((await subnet.get_state())["hotkeys"]))
            async with chain.block(block.number) as same:
                print("time", await same.get_timestamp())
            print("subnets", await chain.subnets.count())
            subnet = chain.subnet(NETUID)
            await subnet.neurons.register(wallet.hotkey)
            neuron = await subnet.get_neuron(wallet.hotkey.ss58_address)
            print("registered", neuron.uid)
            await subnet.neurons[wallet.hotkey.ss58_address].add_stake(5 * 10**9)
            print("staked", (await subnet.get_neuron(wallet.hotkey.ss58_address)).stake)
            await subnet.neurons.serve("::ffff:127.0.0.1", 8091)
            print("weights", await subnet.weights.fetch())


asyncio.run(main(sys.argv[1]))
