"""py-substrate-interface against a development node: reads, a transfer, events, a failed call, a subscription."""

import sys

from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

url = sys.argv[1]
# Balances are u64 here, u128 in the client's own types; the tutorials of the network say so too.
with SubstrateInterface(url=url, ss58_format=42, type_registry={"types": {"Balance": "u64"}}) as chain:
    alice, bob = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Bob")
    print("read chain", chain.chain, chain.runtime_version)
    free = chain.query("System", "Account", [bob.ss58_address]).value["data"]["free"]
    print("read map", len(list(chain.query_map("System", "Account", page_size=3))))
    call = chain.compose_call("Balances", "transfer_keep_alive", {"dest": bob.ss58_address, "value": 5})
    extrinsic = chain.create_signed_extrinsic(call=call, keypair=alice)
    print("fee", chain.get_payment_info(call, alice)["partialFee"])
    receipt = chain.submit_extrinsic(extrinsic, wait_for_inclusion=True)
    assert receipt.is_success, receipt.error_message
    print("transfer", receipt.block_hash, [event.value["event_id"] for event in receipt.triggered_events])
    assert chain.query("System", "Account", [bob.ss58_address]).value["data"]["free"] == free + 5
    call = chain.compose_call(
        "SubtensorModule", "add_stake", {"hotkey": bob.ss58_address, "netuid": 77, "amount_staked": 10**9}
    )
    receipt = chain.submit_extrinsic(
        chain.create_signed_extrinsic(call=call, keypair=alice), wait_for_finalization=True
    )
    assert not receipt.is_success
    assert receipt.error_message["docs"], receipt.error_message
    print("failed call", receipt.error_message)
    try:
        chain.submit_extrinsic(extrinsic)
    except SubstrateRequestException as error:
        print("refused", error)

    def heads(block: dict, number: int, subscription: str) -> int | None:
        """Wait for one more."""
        return block["header"]["number"] if number == 1 else None

    print("heads", chain.subscribe_block_headers(heads))
    print("block", len(chain.get_block()["extrinsics"]), chain.get_metadata_errors()[0]["error_name"])
    print("runtime call", chain.runtime_call("AccountNonceApi", "account_nonce", [alice.ss58_address]))
    print("constant", chain.get_constant("Balances", "ExistentialDeposit").value)
