"""async-substrate-interface (under SDK 10 and btcli 9) against a development node: reads, a transfer, a failure."""

import asyncio
import sys

from async_substrate_interface import AsyncSubstrateInterface, SubstrateInterface
from bittensor_wallet import Keypair


async def main(url: str) -> None:
    """Try what its users do."""
    alice, bob = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Bob")
    async with AsyncSubstrateInterface(url, ss58_format=42) as chain:
        print("head", await chain.get_chain_head(), await chain.get_block_number(None))
        account = await chain.query("System", "Account", [bob.ss58_address])
        print("read", account["data"]["free"])
        pages = await chain.query_map("System", "Account", page_size=3)
        print("map", len([key async for key, _ in pages]))
        print(
            "runtime call",
            await chain.runtime_call("SubnetInfoRuntimeApi", "get_subnet_hyperparams_v2", [171]) is not None,
        )
        call = await chain.compose_call("Balances", "transfer_keep_alive", {"dest": bob.ss58_address, "value": 5})
        print("fee", (await chain.get_payment_info(call, alice))["partial_fee"])
        extrinsic = await chain.create_signed_extrinsic(call, alice)
        receipt = await chain.submit_extrinsic(extrinsic, wait_for_inclusion=True)
        print("transfer", await receipt.is_success, await receipt.total_fee_amount)
        args = {"hotkey": bob.ss58_address, "netuid": 77, "amount_staked": 10**9}
        call = await chain.compose_call("SubtensorModule", "add_stake", args)
        receipt = await chain.submit_extrinsic(
            await chain.create_signed_extrinsic(call, alice), wait_for_finalization=True
        )
        error = await receipt.error_message
        assert error["docs"], error
        print("failed call", error)

        async def heads(block: dict) -> int:
            return block["header"]["number"]

        print("heads", await chain.subscribe_block_headers(heads, finalized_only=True))


asyncio.run(main(sys.argv[1]))
with SubstrateInterface(sys.argv[1], ss58_format=42) as blocking:
    print("blocking", blocking.get_block_number(blocking.get_chain_finalised_head()))
