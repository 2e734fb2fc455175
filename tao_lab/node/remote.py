"""A chain in another process, read and written through its node by the SDK's own JSON-RPC session.

`RemoteChain` has the methods of `Chain` that `Network` uses. It reads the same bytes under the same keys. Extrinsics
are signed here and sent to the node. Rules, blocks and history stay at the node.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bittensor._transport.errors import MaxRetriesExceeded, RpcPolicyRejection, SubstrateRequestException
from bittensor._transport.rpc import RpcSession, Subscription
from bittensor_core import Keypair

from tao_lab.chain import signing
from tao_lab.chain.block import Block, Header
from tao_lab.chain.errors import BadValue, ChainError, DispatchError, InvalidTransaction
from tao_lab.chain.merkle import PREFIX_BYTES, ListProof, list_proof
from tao_lab.chain.runtime import SPEC_VERSION, Runtime, load_runtime
from tao_lab.chain.state import StorageReader
from tao_lab.foreign import LONGEST_LINE, escaped

Json = Any
T = TypeVar("T")

ANSWER_SECONDS = 60.0  # for an answer, including a reconnection
PAGE = 1_000  # keys and values of one request: the maximum of a node
MOST_KEYS = 1_000_000  # of one item; an honest node never has more
HASH_BYTES = 32
MOST_PREFETCHED = 20_000  # values that are fetched together with their keys
MISSES = 3  # single reads of an item, after which the whole item is fetched
STATES_KEPT = 8  # blocks whose values are cached
FORBIDDEN = 403  # HTTP's status for a wrong code
UNKNOWN_METHOD = -32601
INVALID_TRANSACTION = 1010
ALREADY_IMPORTED = 1013
SLOT_BYTES = 8  # at the end of a header's first log


class NoAnswer(ChainError):  # noqa: N818 - named by what happened
    """The node cannot be reached, or does not answer in time."""


class Refused(ChainError):  # noqa: N818 - named by what happened
    """The node answered with an error.

    Attributes:
        code: JSON-RPC's number of the error.
        sentence: the node's message.
    """

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Connection:
    """The SDK's session in its own thread, usable from any thread. It reconnects when the node restarts."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            NoAnswer: nobody answers there.
        """
        self.url = url
        parts = urlsplit(url)
        self.place = f"{parts.scheme}://{parts.netloc}"  # without the code
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tao-lab-remote", daemon=True)
        self._thread.start()
        self._session = RpcSession(url)
        try:
            self._wait(self._session.connect())
        except ChainError:
            self.close()
            raise
        self._session._retry_forever = True  # the node has answered once, so wait until it is back

    def close(self) -> None:
        """Leave."""
        with suppress(ChainError):
            self._wait(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def ask(self, method: str, *params: Json) -> Json:
        """The result of a request.

        Raises:
            NoAnswer: the node does not answer.
            Refused: it answers with an error.
        """
        return self._wait(self._request(method, list(params)))

    def read(self, reader: Callable[[Json], T], method: str, *params: Json) -> T:
        """The result of a request, converted by `reader`.

        Raises:
            NoAnswer: the node does not answer, or its answer is not that of a node of the lab.
            Refused: it answers with an error.
        """
        return self.understand(reader, method, self.ask(method, *params))

    def understand(self, reader: Callable[[Json], T], method: str, answer: Json) -> T:
        """An answer, converted by `reader`.

        Raises:
            NoAnswer: a node of the lab would not answer so.
        """
        try:
            return reader(answer)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            said = escaped(repr(answer)[:LONGEST_LINE], LONGEST_LINE)
            raise NoAnswer(f"{self.place} answers {method} as no node of the lab does: {said}") from error

    async def _request(self, method: str, params: list[Json]) -> Json:
        await self._session.connect()  # a closed session starts again
        return await self._session.request(method, params)

    @contextmanager
    def subscription(self, method: str, params: list[Json], end: str) -> Iterator[Iterator[Json]]:
        """The notifications of a subscription; the iterator ends with the connection."""

        async def open_it() -> Subscription:
            await self._session.connect()
            return await self._session.subscribe(method, params, end)

        opened = self._wait(open_it())
        try:
            yield self._told(opened)
        finally:
            with suppress(ChainError):
                self._wait(opened.unsubscribe())

    def _told(self, opened: Subscription) -> Iterator[Json]:
        while True:
            try:
                told = self._wait(opened.__anext__(), seconds=None)
            except StopAsyncIteration:
                return
            yield self.understand(lambda one: one["result"], "a subscription", told)

    def _wait(self, coroutine: Coroutine[Any, Any, T], seconds: float | None = ANSWER_SECONDS) -> T:
        """Run something in the session's thread and wait for it, so that Ctrl-C still works."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(seconds)
        except Late:
            future.cancel()
            raise NoAnswer(
                f"{self.place} has not answered for {seconds:g} seconds; is its node still running?"
            ) from None
        except SubstrateRequestException as error:
            raise _typed(self.place, error) from error
        except OSError as error:
            raise NoAnswer(f"{self.place} cannot be reached ({error})") from error
        except BaseException:
            future.cancel()
            raise


def _typed(place: str, error: SubstrateRequestException) -> ChainError:
    """An error of the SDK's session as an error of the lab."""
    if isinstance(error, RpcPolicyRejection):
        return Refused(error.status_code or 0, f"{place} lets nobody in without its code")
    if isinstance(error, MaxRetriesExceeded):
        return NoAnswer(f"nobody answers at {place}: is the address right, and is the node running? ({error})")
    told = (error.payload or {}).get("error", error.payload) if isinstance(error.payload, dict) else None
    if not isinstance(told, dict) or "code" not in told:
        return NoAnswer(f"{place}: {error}")
    code, said = int(told["code"]), str(told.get("data") or told.get("message"))
    if code == INVALID_TRANSACTION:
        text, _, sentence = said.partition(": ")
        return InvalidTransaction(text, sentence or text)
    if code == ALREADY_IMPORTED:
        return InvalidTransaction("AlreadyImported", said)
    return Refused(code, said)


class RemoteState:
    """Storage after one block. Each value is requested only once; an item that is read often is fetched completely."""

    def __init__(self, connection: Connection, block_hash: str) -> None:
        self._read, self._at = connection.read, block_hash
        self._known: dict[bytes, bytes | None] = {}
        self._whole: set[bytes] = set()
        self._misses: Counter[bytes] = Counter()

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        if key in self._known:
            return self._known[key]
        prefix = key[:PREFIX_BYTES]
        if prefix in self._whole:
            return None
        self._misses[prefix] += 1
        if self._misses[prefix] == MISSES and len(key) > PREFIX_BYTES:
            self._fetch_item(prefix)
            return self.get(key)
        self._known[key] = self._read(_value, "state_getStorage", f"0x{key.hex()}", self._at)
        return self._known[key]

    def _fetch_item(self, prefix: bytes) -> None:
        keys = self._page(prefix, None, PAGE)
        self._fetch(keys)
        if len(keys) < PAGE:
            self._whole.add(prefix)

    def keys(self, prefix: bytes, after: bytes | None = None, limit: int | None = None) -> Sequence[bytes]:
        """Keys that begin with `prefix`, in order, those behind `after` only, at most `limit`."""
        found: list[bytes] = []
        while limit is None or len(found) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self._page(prefix, found[-1] if found else after, size)
            found += page
            if len(found) > MOST_KEYS:
                raise NoAnswer(f"the node names more than {MOST_KEYS:,} keys of one item")
            if len(found) <= MOST_PREFETCHED:
                self._fetch(page)
            if len(page) < size:
                break
        return found

    def _page(self, prefix: bytes, after: bytes | None, size: int) -> list[bytes]:
        def read(answer: Json) -> list[bytes]:
            keys = [bytes.fromhex(key[2:]) for key in answer]
            before = [b"" if after is None else after, *keys]
            in_order = all(one < other for one, other in pairwise(before))
            if len(keys) > size or not in_order or not all(key.startswith(prefix) for key in keys):
                raise ValueError("other keys than were asked for, or out of order")
            return keys

        start = None if after is None else f"0x{after.hex()}"
        return self._read(read, "state_getKeysPaged", f"0x{prefix.hex()}", size, start, self._at)

    def _fetch(self, keys: Sequence[bytes]) -> None:
        wanted = [f"0x{key.hex()}" for key in keys if key not in self._known]
        if not wanted:
            return
        self._known |= self._read(_changes, "state_queryStorageAt", wanted, self._at)


class RemoteReader(StorageReader):
    """Typed reads of a node's state; bytes that can't be decoded are an error of the node."""

    def __init__(self, connection: Connection, runtime: Runtime, block_hash: str) -> None:
        super().__init__(runtime, RemoteState(connection, block_hash))
        self._place = connection.place

    def get(self, pallet: str, name: str, *params: Any) -> Any:
        """As a chain's own reader, and `NoAnswer` where the bytes cannot be read."""
        with self._readable(pallet, name):
            return super().get(pallet, name, *params)

    def get_many(self, pallet: str, name: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """As a chain's own reader, and `NoAnswer` where the bytes cannot be read."""
        with self._readable(pallet, name):
            return super().get_many(pallet, name, params)

    def entries(self, pallet: str, name: str, *params: Any) -> list[tuple[Any, Any]]:
        """As a chain's own reader, and `NoAnswer` where the bytes cannot be read."""
        with self._readable(pallet, name):
            return super().entries(pallet, name, *params)

    @contextmanager
    def _readable(self, pallet: str, name: str) -> Iterator[None]:
        try:
            yield
        except (ValueError, OverflowError) as error:
            if isinstance(error, ChainError):
                raise
            said = escaped(str(error))
            raise NoAnswer(
                f"{self._place} gives bytes for {pallet}.{name} that are not one of its values: {said}"
            ) from error


def _value(answer: Json) -> bytes | None:
    return None if answer is None else bytes.fromhex(answer[2:])


def _changes(answer: Json) -> dict[bytes, bytes | None]:
    (block,) = answer
    return {bytes.fromhex(key[2:]): _value(value) for key, value in block["changes"]}


def _hash(answer: Json) -> str:
    """A block's hash in hex, as the node writes it."""
    if len(bytes.fromhex(answer[2:])) != HASH_BYTES:
        raise ValueError("no hash")
    return str(answer)


class RemoteChain:
    """A chain behind a node.

    Attributes:
        connection: To the node.
        runtime: Its metadata: the lab's.
    """

    def __init__(self, url: str) -> None:
        """Connect to a node of the lab.

        Raises:
            NoAnswer: nobody answers there.
            BadValue: it is not a node of the lab, or of another version.
        """
        self.connection = Connection(url)
        self.lock = threading.RLock()
        self.is_open = True
        self.runtime = load_runtime()
        self.store = SimpleNamespace(path=url)  # the place of the chain, for messages
        self._states: dict[str, StorageReader] = {}
        self._blocks: dict[str, Block] = {}
        try:
            name = self.connection.ask("system_name")
            version = self.connection.read(lambda told: told["specVersion"], "state_getRuntimeVersion")
            if name != "tao-lab" or version != SPEC_VERSION:
                found = f"{escaped(str(name), 40)}, spec {escaped(str(version), 40)}"
                raise BadValue("node", url, f"a node of the lab with spec {SPEC_VERSION}, not {found}")
            self.genesis_hash = self._hash_at(0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Disconnect from the node, which continues to run."""
        if self.is_open:
            self.is_open = False
            self.connection.close()

    # --- reading -----------------------------------------------------------------------------------------------

    @property
    def head(self) -> Block:
        """The newest block."""
        return self._block(self._head_hash())

    @property
    def state(self) -> StorageReader:
        """Storage after the newest block."""
        return self._state(self._head_hash())

    def _head_hash(self) -> str:
        return self.connection.read(_hash, "chain_getHead")

    def at(self, number: int) -> StorageReader:
        """Storage after a block.

        Raises:
            BadValue: There is no such block.
        """
        return self._state(f"0x{self._hash_at(number).hex()}")

    def block(self, number: int) -> Block:
        """The block at a height.

        Raises:
            BadValue: There is no such block.
        """
        return self._block(f"0x{self._hash_at(number).hex()}")

    def block_hash(self, number: int) -> bytes | None:
        """Hash of the block at a height, or None."""
        return self.connection.read(_value, "chain_getBlockHash", number)

    def _hash_at(self, number: int) -> bytes:
        found = self.block_hash(number) if isinstance(number, int) and number >= 0 else None
        if found is None:
            raise BadValue("block", number, f"0 to {self.head.number}")
        return found

    def _state(self, name: str) -> StorageReader:
        if name not in self._states:
            while len(self._states) >= STATES_KEPT:
                self._states.pop(next(iter(self._states)))
            self._states[name] = RemoteReader(self.connection, self.runtime, name)
        return self._states[name]

    def _block(self, name: str) -> Block:
        if name not in self._blocks:
            while len(self._blocks) >= STATES_KEPT:
                self._blocks.pop(next(iter(self._blocks)))
            self._blocks[name] = self.connection.read(partial(read_block, name), "chain_getBlock", name)
        return self._blocks[name]

    def events(self, number: int) -> list[dict[str, Any]]:
        """The decoded events of a block."""
        events: list[dict[str, Any]] = self.at(number).get("System", "Events")
        return events

    def refusals(self, number: int) -> dict[int, DispatchError]:
        """Failures in a block, by the index of their events, with the chain's sentences if the node still has them."""
        told = {
            place: self.runtime.read_dispatch_error(event["attributes"]["dispatch_error"])
            for place, event in enumerate(self.events(number))
            if event["event_id"] == "ExtrinsicFailed"
        }
        return told | self.connection.read(_refusals, "lab_refusals", number)

    def extrinsic_proof(self, number: int, index: int) -> ListProof:
        """Prove that an extrinsic is in a block, against the header's `extrinsics_root`.

        Raises:
            BadValue: There is no such block, or no such extrinsic in it.
        """
        extrinsics = self.block(number).extrinsics
        if index not in range(len(extrinsics)):
            raise BadValue("index", index, f"0 to {len(extrinsics) - 1}")
        return list_proof(extrinsics, index)

    # --- writing -----------------------------------------------------------------------------------------------

    def next_nonce(self, who: str) -> int:
        """The nonce for the account's next extrinsic, after those that wait in the pool."""
        return self.connection.read(int, "system_accountNextIndex", who)

    def compose(self, pallet: str, name: str, args: Mapping[str, Any]) -> bytes:
        """A call as bytes.

        Raises:
            BadValue: It does not exist or an argument does not fit it.
        """
        return signing.compose(self.runtime, pallet, name, args)

    def sign(self, keypair: Keypair, pallet: str, name: str, args: Mapping[str, Any]) -> bytes:
        """A signed extrinsic of `keypair` for this chain.

        Raises:
            BadValue: The call does not exist or an argument does not fit it.
        """
        terms = signing.Terms(self.next_nonce(keypair.ss58_address), 0)
        call = self.compose(pallet, name, args)
        return signing.sign(self.runtime, keypair, call, terms, lambda height: self.genesis_hash)

    def include(self, data: bytes) -> Block:
        """Send an extrinsic, and wait for the block that contains it.

        Raises:
            InvalidTransaction: No block may contain it.
        """
        method, end = "author_submitAndWatchExtrinsic", "author_unwatchExtrinsic"
        with self.connection.subscription(method, [f"0x{data.hex()}"], end) as updates:
            for status in updates:
                if isinstance(status, Mapping) and "inBlock" in status:
                    return self._block(self.connection.understand(_hash, method, status["inBlock"]))
                if status in ("invalid", "dropped", "usurped"):
                    raise InvalidTransaction(status, "the node has taken it out of its pool; its state has changed")
        raise NoAnswer(f"{self.connection.place} went away; whether the call is in a block, its account's nonce tells")

    def wait_for_blocks(self, seen: Callable[[int], bool]) -> None:
        """Wait for new blocks until one of them is enough.

        Args:
            seen: takes each new height, and returns whether to stop waiting.

        Raises:
            NoAnswer: the node went away.
        """
        method, end = "chain_subscribeNewHeads", "chain_unsubscribeNewHeads"
        with self.connection.subscription(method, [], end) as heads:
            for header in heads:
                if seen(self.connection.understand(lambda told: int(told["number"], 16), method, header)):
                    return
        raise NoAnswer(f"{self.connection.place} went away while the lab waited for a block")


def _refusals(answer: Json) -> dict[int, DispatchError]:
    return {place: DispatchError(pallet, name, sentence) for place, pallet, name, sentence in answer}


def read_block(name: str, answer: Json) -> Block:
    """A block from a node's JSON; `name` is its hash in hex."""
    found = answer["block"]
    extrinsics = tuple(bytes.fromhex(data[2:]) for data in found["extrinsics"])
    header = read_header(found["header"])
    return Block(header.number, bytes.fromhex(name[2:]), header, extrinsics)


def read_header(value: Mapping[str, Any]) -> Header:
    """A header from a node's JSON."""
    parent, state_root, extrinsics_root = (
        bytes.fromhex(value[name][2:]) for name in ("parentHash", "stateRoot", "extrinsicsRoot")
    )
    log = bytes.fromhex(value["digest"]["logs"][0][2:]) if value["digest"]["logs"] else bytes(SLOT_BYTES)
    slot = int.from_bytes(log[-SLOT_BYTES:], "little")
    return Header(parent, int(value["number"], 16), state_root, extrinsics_root, slot)
