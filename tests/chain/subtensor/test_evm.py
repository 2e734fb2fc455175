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
from tao_lab.chain.pallets.subtensor import uids
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, do, refused, set_hyper

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


def by_address(ctx: Context, signer: Any = KEY) -> list[tuple[int, int]]:
    return list(ctx.state.get(MODULE, "AssociatedUidsByEvmAddress", NETUID, signer.address.lower()))


def test_an_address_knows_its_uids(later: Context) -> None:
    """Source: `utils/evm.rs` (`set_associated_evm_address`, …) of RaoFoundation/subtensor, since spec 426."""
    for name in ("second", "third"):
        add_neuron(later, name, "bob")
        do(later, name, "associate_evm_key", **arguments(name))
    do(later, "miner", "associate_evm_key", **arguments())
    assert by_address(later) == [(1, 7_200), (2, 7_200), (0, 7_200)]
    later.block += 7_200
    do(later, "third", "associate_evm_key", **arguments("third"))
    do(later, "second", "associate_evm_key", **arguments("second", signer=OTHER, evm_key=OTHER.address.lower()))
    assert (by_address(later), by_address(later, OTHER)) == ([(2, 14_400), (0, 7_200)], [(1, 14_400)])
    set_hyper(later, ImmunityPeriod=0, MinAllowedUids=1, Emission=[2, 1, 2])
    uids.trim_to_max_allowed_uids(later, NETUID, 2)  # the second neuron goes, the third becomes UID 1
    assert (by_address(later), by_address(later, OTHER)) == ([(1, 14_400), (0, 7_200)], [])
    uids.replace_neuron(later, NETUID, 1, account("fourth"))
    assert by_address(later) == [(0, 7_200)]
    assert later.state.get(MODULE, "AssociatedEvmAddress", NETUID, 1) is None


def test_an_address_has_at_most_32_uids(later: Context) -> None:
    full = [(uid, 1) for uid in range(100, 132)]
    later.state.put(MODULE, "AssociatedUidsByEvmAddress", NETUID, KEY.address.lower(), full)
    assert refused(later, "miner", "associate_evm_key", **arguments()) == "EvmKeyAssociationLimitExceeded"
    later.state.put(MODULE, "AssociatedUidsByEvmAddress", NETUID, KEY.address.lower(), [(0, 1), *full[1:]])
    do(later, "miner", "associate_evm_key", **arguments())
    assert by_address(later)[0] == (0, 7_200)


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
