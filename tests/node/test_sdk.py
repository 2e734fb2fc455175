"""The official SDK on the lab's chain, with only the connection replaced."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import bittensor as bt
import pytest
from bittensor._transport import SubstrateConnection

from tao_lab.chain.chain import Chain
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.node.rpc import Node
from tao_lab.node.substrate import LocalConnection, LocalSubstrate, closable
from tests.chain.conftest import TAO, account, key

ADDRESS = account("alice")


def with_client(chain: Chain, work: Callable[[bt.Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with bt.Client("local", substrate=LocalSubstrate(Node(chain))) as client:
            return await work(client)

    return asyncio.run(run())


def test_the_balance_and_a_transfer_work_as_the_quick_start_writes_them(chain: Chain, tmp_path: Any) -> None:
    wallet = bt.Wallet("student", path=str(tmp_path)).create_new_coldkey(use_password=False, suppress=True)
    chain.submit(
        chain.sign(
            key("alice"), "Balances", "transfer_keep_alive", {"dest": wallet.coldkeypub.ss58_address, "value": 9 * TAO}
        )
    )
    chain.produce_block()

    async def work(client: bt.Client) -> tuple[Any, Any, Any]:
        before = await client.balances.balance(coldkey_ss58=wallet.coldkeypub.ss58_address)
        result = await client.execute(bt.Transfer(dest_ss58=account("carol"), amount_tao=2), wallet)
        after = await client.balances.balance(coldkey_ss58=account("carol"))
        return before, result, after

    before, result, after = with_client(chain, work)
    assert before.rao == 9 * TAO
    assert result.success, result.message
    assert after.rao == 2 * TAO
    free = chain.state.get("System", "Account", wallet.coldkeypub.ss58_address)["data"]["free"]
    assert free == 7 * TAO - result.fee.rao


def test_a_call_that_fails_in_the_block_is_a_result_with_the_chains_name(chain: Chain) -> None:
    async def work(client: bt.Client) -> Any:
        call = await client._substrate.compose(
            ("Balances", "transfer_keep_alive", {"dest": account("bob"), "value": 10_000 * TAO})
        )
        return await client._substrate.submit(call, key("alice"))

    result = with_client(chain, work)
    assert not result.success
    assert result.error.name == "FundsUnavailable"


def test_the_fee_that_the_sdk_estimates_is_the_fee_that_is_paid(chain: Chain) -> None:
    async def work(client: bt.Client) -> tuple[int, int]:
        call = await client._substrate.compose(("System", "remark", {"remark": "x" * 50}))
        estimate = await client._substrate.estimate_fee(call, key("alice"))
        result = await client._substrate.submit(call, key("alice"))
        return estimate.rao, result.fee.rao

    estimate, paid = with_client(chain, work)
    assert 0 <= paid - estimate <= 52  # the estimate has an immortal era, one byte shorter and 49 rao lighter


def test_new_heads_reach_the_sdk(chain: Chain) -> None:
    async def work(client: bt.Client) -> list[int]:
        numbers = []
        async for header in client.blocks():
            numbers.append(header.number)
            if len(numbers) == 3:
                return numbers
            await asyncio.to_thread(chain.produce_block)
        return numbers

    assert with_client(chain, work) == [1, 2, 3]


def test_the_blocking_entry_point_works_too(chain: Chain) -> None:
    with bt.Subtensor("local", substrate=LocalSubstrate(Node(chain))) as subtensor:
        assert subtensor.block == 1
        assert subtensor.balances.balance(coldkey_ss58=ADDRESS).rao == 100 * TAO
        assert subtensor.spec_version == 475


def test_a_client_closes_even_if_a_message_comes_at_that_moment(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 loses the cancellation of a task whose message has just come, and the SDK waits for that task."""
    opened: list[LocalConnection] = []
    usual = LocalConnection.send

    async def send(connection: LocalConnection, message: str) -> None:
        opened.append(connection)
        await usual(connection, message)

    monkeypatch.setattr(LocalConnection, "send", send)

    async def run() -> bool:
        client = bt.Client("local", substrate=LocalSubstrate(Node(chain)))
        await client.connect()
        assert await client.block() == 1
        opened[-1]._inbox.put_nowait('{"jsonrpc": "2.0", "id": 0, "result": 1}')
        closing = asyncio.create_task(client.close())
        closed, _ = await asyncio.wait([closing], timeout=60)
        closing.cancel()
        return bool(closed)

    assert asyncio.run(run())


def test_a_session_of_any_connection_closes_even_if_a_message_comes_at_that_moment() -> None:
    class Socket:
        def __init__(self) -> None:
            self.inbox: asyncio.Queue[str] = asyncio.Queue()
            self.recv = self.inbox.get

        async def send(self, message: str) -> None:
            raise AssertionError(message)

        async def close(self) -> None:
            pass

    async def run() -> bool:
        socket = Socket()

        async def dial(url: str) -> Socket:
            return socket

        substrate = bt.RpcSubstrate("ws://127.0.0.1:9")
        substrate._interface = lambda url, _: SubstrateConnection(url, ss58_format=SS58_FORMAT, connect_factory=dial)
        session = closable(substrate)._interface(substrate.endpoint, [])._session
        await session.connect()
        while not socket.inbox._getters:  # type: ignore[attr-defined] # the session reads
            await asyncio.sleep(0)
        socket.inbox.put_nowait('{"jsonrpc": "2.0", "id": 0, "result": 1}')
        closing = asyncio.create_task(session.close())
        closed, _ = await asyncio.wait([closing], timeout=60)
        closing.cancel()
        return bool(closed)

    assert asyncio.run(run())


def test_concurrent_clients_see_one_chain(chain: Chain) -> None:
    async def run() -> list[Any]:
        clients = [bt.Client("local", substrate=LocalSubstrate(Node(chain))) for _ in range(3)]
        for client in clients:
            await client.connect()
        call = ("System", "remark", {"remark": "x"})

        async def send(client: bt.Client, name: str) -> Any:
            return await client._substrate.submit(await client._substrate.compose(call), key(name))

        results = await asyncio.gather(
            *(send(client, name) for client, name in zip(clients, ("alice", "bob", "faucet"), strict=True))
        )
        for client in clients:
            await client.close()
        return results

    assert all(result.success for result in asyncio.run(run()))
    assert chain.head.number == 4
    assert chain.listeners == []


def test_nothing_is_kept_in_the_students_home(chain: Chain, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path / "cache"))

    async def work(client: bt.Client) -> int:
        return int(await client.block())

    assert with_client(chain, work) == 1
    assert not (tmp_path / "cache").exists()
