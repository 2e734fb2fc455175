"""A crowd of students, each a process: they join, register, stake and send, wait for the node to die and come back,
and go on. `python crowd.py URL CODE NETUID HOW_MANY FOLDER` writes one JSON file a student into the folder.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

from tao_lab.chain.errors import ChainError
from tao_lab.network import Network
from tao_lab.network.network import address

STAKE_TAO, SENT_TAO = 5, 1
GIVEN_UP = 240  # seconds until something is given up; no measure of speed


def until(true):
    end = time.monotonic() + GIVEN_UP
    while not (state := true()):
        if time.monotonic() > end:
            sys.exit("it never happened")
        time.sleep(0.2)
    return state


def again(call):
    """Repeat what the node's death interrupts; a nonce is used once, so nothing is done twice."""
    while True:
        try:
            return call()
        except ChainError as error:
            if type(error).__name__ != "NoAnswer":
                raise
            time.sleep(0.5)


def student(url, code, netuid, number, folder):
    receipts = []
    net = Network.join(url, code, f"student {number}", wallets=folder / "wallets")
    hotkey = str(net.me.hotkey.ss58_address)
    receipts.append(net.call(net.me, "SubtensorModule", "burned_register", netuid=netuid, hotkey=hotkey))
    receipts.append(net.stake(net.me, netuid, net.tao(STAKE_TAO)))
    other = net.students()["student 0"]
    if number:
        receipts.append(net.transfer(net.me, other, net.tao(SENT_TAO)))
    done = {
        "address": address(net.me),
        "hotkey": hotkey,
        "receipts": [
            (receipt.block, receipt.index, net.block(receipt.block).extrinsics[receipt.index].hex())
            for receipt in receipts
        ],
    }
    (folder / f"{number}.part").write_text(json.dumps(done))
    (folder / f"{number}.part").rename(folder / f"{number}.first")
    until((folder / "restarted").exists)
    height = again(lambda: net.block_number)
    again(lambda: net.run(blocks=1))
    done["went_on"] = again(lambda: net.block_number) > height
    (folder / f"{number}.part").write_text(json.dumps(done))
    (folder / f"{number}.part").rename(folder / f"{number}.second")


def main():
    warnings.simplefilter("ignore")
    url, code, netuid, count, folder = sys.argv[1:]
    children = []
    for number in range(int(count)):  # a fork shares what is imported, so a hundred fit into memory
        child = os.fork()
        if not child:
            student(url, code, int(netuid), number, Path(folder))
            os._exit(0)
        children.append(child)
    sys.exit(max(os.waitpid(child, 0)[1] for child in children) != 0)


if __name__ == "__main__":
    main()
