"""`Miner`: a function that answers tasks, served over signed HTTP and listed on the chain.

    def forward(task):
        return {"text": "Paris"}

    with Miner(forward, wallet=wallet, network=net, netuid=1) as miner:
        net.run(blocks=360)

The server runs in its own thread. At the end of the block, it finishes the answers in progress.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections import Counter, deque
from contextlib import suppress

import bittensor as bt
import uvicorn
from bittensor.result import ChainError
from bittensor.signing import WalletLike, resolve_signer

from tao_lab.errors import LabError
from tao_lab.neurons.miner.admission import Admission, Policy
from tao_lab.neurons.miner.app import REMEMBERED, Metrics, Served, Workbench, create_app
from tao_lab.neurons.miner.protocol import settings
from tao_lab.neurons.peers import Chain, Watch, client, published, read_peers
from tao_lab.neurons.work import Forward

LOOPBACK = "127.0.0.1"
REFRESH_SECONDS = 12.0
START_SECONDS = 60.0
SERVE_VERSION = 1  # of this program, as the chain lists it
log = logging.getLogger(__name__)


class Miner:
    """A miner that runs while the `with` block does.

    Attributes:
        hotkey: its address.
        served: the newest requests, oldest first.
        metrics: its counters.
        url: its address, after it has started.
    """

    def __init__(
        self,
        forward: Forward,
        *,
        wallet: WalletLike,
        network: Chain | None = None,
        netuid: int | None = None,
        kind: str = "",
        host: str = LOOPBACK,
        port: int = 0,
        policy: Policy | None = None,
        refresh: float = REFRESH_SECONDS,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            forward: Answers a task; called in threads, or awaited if it is a coroutine function.
            wallet: Wallet or key whose hotkey the miner is.
            network: A `Network`, or the name or URL of one; with None every signed request is answered, and no address
                is published.
            netuid: The subnet, if there is a network.
            kind: Kind of work that it does; empty for any.
            host: Address of this machine to listen on.
            port: TCP port; 0 means any free port.
            policy: Whom to answer, and how much work to accept.
            refresh: Seconds between two readings of the chain.
        """
        if (network is None) != (netuid is None):
            raise LabError("a miner on a network needs both: network= and netuid=")
        self._wallet, self._chain, self._netuid = wallet, network, netuid
        self._host, self._port = host, port
        self.hotkey = str(resolve_signer(wallet, role="hotkey").ss58_address)
        self._watch = None if network is None or netuid is None else Watch(network, netuid, refresh)
        self.served: deque[Served] = deque(maxlen=REMEMBERED)
        self.metrics = Metrics()
        policy = policy or Policy()
        watch = self._watch
        admission = Admission(self.hotkey, policy, None if watch is None else lambda: watch.peers, kind)
        self._bench = Workbench(forward, policy, self.metrics)
        self.app = create_app(admission, self._bench, self.metrics, self.served)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._grace = policy.most_seconds

    # --- start and stop -----------------------------------------------------------------------------------------

    def start(self) -> Miner:
        """Read the chain, open the port, publish the address, and serve.

        Raises:
            LabError: The port is in use, the chain cannot be read, the hotkey is not registered, or the chain refuses
                the address.
        """
        listener = _listen(self._host, self._port)
        self._port = int(listener.getsockname()[1])
        config = uvicorn.Config(self.app, timeout_graceful_shutdown=round(self._grace), **settings())
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="tao-lab-miner", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            self.close()
            raise LabError(f"the miner did not start within {START_SECONDS:g} s: is the chain at {self._chain} there?")
        if self._failure is not None:
            failure = self._failure
            self.close()
            raise failure if isinstance(failure, LabError) else LabError(f"{type(failure).__name__}: {failure}")
        return self

    def close(self) -> None:
        """Finish the answers in progress, refuse other requests, and close the port."""
        self._bench.stopping = True
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._bench.close()

    def __enter__(self) -> Miner:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Miner({self.hotkey}, {self.url})"

    @property
    def url(self) -> str:
        """The server's address."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def outcomes(self) -> Counter[str]:
        """Number of requests by outcome, since the start."""
        return Counter({code: count for code in self.metrics.requests if (count := self.metrics.count(code))})

    # --- in the server's thread ---------------------------------------------------------------------------------

    def _run(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._main(listener))
        except BaseException as error:
            self._failure = error
            log.debug("the miner's thread ended", exc_info=True)
        finally:
            listener.close()
            self._ready.set()

    async def _main(self, listener: socket.socket) -> None:
        assert self._server is not None
        await self._announce()
        watching = None if self._watch is None else asyncio.create_task(self._watch.run())
        serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        self._ready.set()
        try:
            await serving
        finally:
            if watching is not None:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching

    async def _announce(self) -> None:
        """Read the chain for the first time, and publish the miner's address there."""
        if self._watch is None or self._chain is None or self._netuid is None:
            return
        async with client(self._chain) as connection:
            self._watch.peers = peers = await read_peers(connection, self._netuid)
            me = peers.by_hotkey.get(self.hotkey)
            if me is None:
                raise LabError(
                    f"{self.hotkey} is not registered on subnet {self._netuid} (block {peers.block}): register it "
                    f"first, with `btcli subnets register --netuid {self._netuid}`"
                )
            if me.axon == (self._host, self._port):
                return
            intent = bt.ServeAxon(netuid=self._netuid, ip=published(self._host), port=self._port, version=SERVE_VERSION)
            try:
                result = await connection.execute(intent, self._wallet)
                result.raise_for_failure()
            except ChainError as error:
                raise LabError(
                    f"the chain did not list {self.url}: {error.name or error.code.value}: {error}"
                ) from None


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket with the protocol number of TCP: asyncio needs it to send small answers without delay."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        raise LabError(f"port is {port}; allowed: a free port of {host}, or 0 for any ({error})") from None
    return listener
