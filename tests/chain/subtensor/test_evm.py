"""An Ethereum key beside a hotkey; the SDK makes the proof. Source: `pallets/subtensor/src/tests/evm.rs`."""

from typing import Any

import pytest
from bittensor.evm.addresses import h160_to_ss58, ss58_to_h160_truncated
from bittensor.evm.transactions import association_proof
from eth_account import Account

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.evm import mirror_account
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, do, refused

KEY = Account.from_key("0x" + "11" * 32)
OTHER = Account.from_key("0x" + "22" * 32)


@pytest.fixture
def later(ctx: Context) -> Context:
    """A miner, and a block from which on keys may be associated."""
    add_neuron(ctx, "miner", "bob")
    ctx.block = 7_200
    return ctx


def arguments(hotkey: str = "miner", block: int = 7, signer: Any = KEY, **changes: Any) -> dict[str, Any]:
    signature, _ = association_proof(signer, account(hotkey), block)
    args = {"netuid": NETUID, "evm_key": KEY.address.lower(), "block_number": 7, "signature": signature}
    return {**args, **changes}


def test_a_key_that_has_signed_is_associated(later: Context) -> None:
    (event,) = do(later, "miner", "associate_evm_key", **arguments())
    assert event["EvmKeyAssociated"]["evm_key"] == KEY.address.lower()
    assert later.state.get(MODULE, "AssociatedEvmAddress", NETUID, 0) == (KEY.address.lower(), 7_200)


def test_what_is_no_proof(later: Context) -> None:
    def error(who: str = "miner", **args: Any) -> str:
        return refused(later, who, "associate_evm_key", **arguments(**args))

    assert error(signer=OTHER) == "InvalidRecoveredPublicKey"
    assert error(block=8) == "InvalidRecoveredPublicKey"
    assert error(hotkey="alice") == "InvalidRecoveredPublicKey"
    assert error(signature="0x" + "00" * 65) == "InvalidIdentity"
    assert error(signature="0x" + "ff" * 65) == "InvalidIdentity"
    assert error(netuid=2) == "HotKeyNotRegisteredInSubNet"
    assert error(who="root") == "BadOrigin"
    later.state.remove(MODULE, "Owner", account("miner"))
    assert error() == "NonAssociatedColdKey"


def test_a_key_changes_once_a_day(later: Context) -> None:
    do(later, "miner", "associate_evm_key", **arguments())
    later.block += 7_199
    assert refused(later, "miner", "associate_evm_key", **arguments()) == "EvmKeyAssociateRateLimitExceeded"
    later.block += 1
    args = arguments(signer=OTHER, evm_key=OTHER.address.lower())
    do(later, "miner", "associate_evm_key", **args)
    assert later.state.get(MODULE, "AssociatedEvmAddress", NETUID, 0) == (OTHER.address.lower(), 14_400)


def test_tao_on_one_s_own_address_comes_back(ctx: Context) -> None:
    address = ss58_to_h160_truncated(account("alice"))
    mirror = h160_to_ss58(address)
    assert mirror_account(bytes.fromhex(address[2:])) == mirror
    balances.transfer(ctx, account("bob"), mirror, 3 * TAO, keep_alive=True)
    before = balances.free_balance(ctx, account("alice"))

    def withdraw(who: str, value: int) -> None:
        ctx.dispatch(signed(account(who)), Call("EVM", "withdraw", {"address": address, "value": value}))

    withdraw("alice", TAO)
    assert balances.free_balance(ctx, account("alice")) == before + TAO
    for who, value, name in (("bob", TAO, "BadOrigin"), ("alice", 3 * TAO, "InsufficientBalance")):
        with pytest.raises(DispatchError, match=name):
            withdraw(who, value)
    assert balances.free_balance(ctx, mirror) == 2 * TAO
