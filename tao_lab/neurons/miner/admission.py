"""Admission to a miner: who may ask, how often, and whether the signature is right. Only then the model runs.

The cheapest checks come first: the stated length of a request, the headers of its signature, and the caller's
registration on the chain. Then the body is read, which must be short and complete in time. Then the signature is
verified (`bittensor.http_auth`). The rate limit comes last, so that nobody can use up another caller's requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bittensor import http_auth
from fastapi import Request

from tao_lab.neurons.miner.refusal import Refusal
from tao_lab.neurons.peers import Peers
from tao_lab.neurons.wire import MOST_REQUEST, NotATask, read_task
from tao_lab.neurons.work import Task
from tao_lab.units import RAO_PER_TAO

SIGNED_BY = [
    name.lower()
    for name in (
        http_auth.HEADER_VERSION,
        http_auth.HEADER_HOTKEY,
        http_auth.HEADER_NONCE,
        http_auth.HEADER_SIGNATURE,
    )
]
SHORT = 2**16  # bytes of a task that is decoded directly; longer ones are decoded in a thread
MOST_CALLERS = 4_096  # that the rate limit remembers before it deletes callers that have waited long enough
CODES = {
    http_auth.MalformedAuth: "malformed_signature",
    http_auth.WrongReceiver: "wrong_receiver",
    http_auth.StaleRequest: "stale",
    http_auth.ReplayedRequest: "replayed",
    http_auth.BadSignature: "bad_signature",
}


@dataclass(frozen=True)
class Policy:
    """Whom a miner answers, and how much work it accepts.

    Attributes:
        need_permit: whether only validators with a permit are answered.
        min_stake: TAO of stake weight that a caller must have on the subnet.
        allowed: hotkeys that are always answered.
        blacklist: hotkeys that are never answered.
        per_minute: maximum number of requests of one caller in a minute.
        burst: maximum number of requests of one caller at once.
        most_bytes: maximum size of a request's body.
        body_seconds: maximum time for a body to arrive.
        most_waiting: maximum number of tasks that wait or run.
        workers: maximum number of tasks that run at once.
        most_seconds: maximum time for one answer, even if the task allows more.
    """

    need_permit: bool = True
    min_stake: float = 0.0
    allowed: frozenset[str] = frozenset()
    blacklist: frozenset[str] = frozenset()
    per_minute: float = 600.0
    burst: int = 60
    most_bytes: int = MOST_REQUEST
    body_seconds: float = 5.0
    most_waiting: int = 64
    workers: int = 4
    most_seconds: float = 120.0


class Admission:
    """Checks a request: returns the caller and the task, or raises `Refusal`.

    Attributes:
        hotkey: the miner's own; requests must be signed for it.
    """

    def __init__(self, hotkey: str, policy: Policy, peers: Callable[[], Peers | None] | None, kind: str = "") -> None:
        """Set up.

        Args:
            hotkey: SS58 address of the miner.
            policy: Whom to answer.
            peers: Returns the present metagraph; None for a miner without a chain, which answers every signed request.
            kind: Kind of work that it does; empty for any.
        """
        self.hotkey = hotkey
        self._policy, self._peers, self._kind = policy, peers, kind
        self._nonces = http_auth.InMemoryNonceStore()
        self._since = time.time_ns()  # a request signed earlier may have been answered before a restart
        self._rates = Rates(policy.per_minute / 60, policy.burst)

    async def admit(self, request: Request) -> tuple[str, Task]:
        """The caller's hotkey and its task.

        Raises:
            Refusal: It gets no answer.
        """
        headers = request.headers
        if all(name not in headers for name in SIGNED_BY):
            raise Refusal("unsigned", "the request is not signed", unread=True)
        if not all(name in headers for name in SIGNED_BY):
            missing = ", ".join(name for name in SIGNED_BY if name not in headers)
            raise Refusal("malformed_signature", f"headers are missing: {missing}", unread=True)
        self._ensure_short(headers)
        self._ensure_welcome(headers[http_auth.HEADER_HOTKEY.lower()])
        body = await self._body(request)
        caller = self._verified(request, body)
        wait = self._rates.take(caller)
        if wait:
            raise Refusal("rate_limited", f"more than {self._policy.per_minute:g} requests a minute", wait)
        try:
            task = read_task(body) if len(body) <= SHORT else await asyncio.to_thread(read_task, body)
        except NotATask as error:
            raise Refusal("malformed_task", str(error)) from None
        if self._kind and task.kind != self._kind:
            raise Refusal("wrong_kind", f"this miner does {self._kind!r}, not {task.kind[:40]!r}")
        return caller, task

    def _ensure_short(self, headers: Mapping[str, str]) -> None:
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 20 or int(length) > self._policy.most_bytes:
            raise Refusal("too_large", f"at most {self._policy.most_bytes:,} bytes are taken", unread=True)

    def _ensure_welcome(self, hotkey: str) -> None:
        policy = self._policy
        if hotkey in policy.blacklist:
            raise Refusal("blacklisted", "this hotkey is not answered", unread=True)
        if self._peers is None or hotkey in policy.allowed:
            return
        peers = self._peers()
        if peers is None:
            raise Refusal("chain_unknown", "the chain was not read yet", unread=True)
        peer = peers.by_hotkey.get(hotkey)
        if peer is None:
            raise Refusal("not_registered", f"at block {peers.block} the hotkey is not on the subnet", unread=True)
        if policy.need_permit and not peer.permit:
            raise Refusal("no_permit", f"at block {peers.block} uid {peer.uid} has no permit", unread=True)
        if peer.stake < policy.min_stake * RAO_PER_TAO:
            has = f"uid {peer.uid} has {peer.stake / RAO_PER_TAO:.9g}, {policy.min_stake:g} are needed"
            raise Refusal("too_little_stake", has, unread=True)

    async def _body(self, request: Request) -> bytes:
        """The body, if it is short and complete in time."""
        parts, size, seconds = [], 0, self._policy.body_seconds
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal("slow_body", "the caller left", unread=True)
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > self._policy.most_bytes:
                        most = self._policy.most_bytes
                        raise Refusal("too_large", f"at most {most:,} bytes are taken", unread=True)
                    if not message.get("more_body"):
                        return parts[0] if len(parts) == 1 else b"".join(parts)
        except TimeoutError:
            raise Refusal("slow_body", f"the body took more than {seconds:g} s to arrive", unread=True) from None

    def _verified(self, request: Request, body: bytes) -> str:
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        try:
            caller = http_auth.verify(
                request.headers,
                body,
                method=request.method,
                path=path,
                self_hotkey_ss58=self.hotkey,
                nonce_store=self._nonces,
            )
        except http_auth.AuthError as error:
            raise Refusal(CODES.get(type(error), "malformed_signature"), str(error)) from None
        if caller.nonce_ns < self._since:
            raise Refusal("stale", "the request was signed before this miner started: it may be a replay")
        return str(caller.hotkey_ss58)


class Rates:
    """A bucket for each caller: `burst` requests at once, then `per_second`."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, float(burst), clock
        self._buckets: dict[str, tuple[float, float]] = {}  # hotkey: (requests left, when)

    def take(self, who: str) -> float:
        """Take one request; returns 0, or the seconds until the next is allowed."""
        now = self._clock()
        if len(self._buckets) > MOST_CALLERS:
            full = self._burst / self._per_second  # after these seconds a bucket is full again and can be deleted
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < full}
        left, then = self._buckets.get(who, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        if left < 1:
            self._buckets[who] = (left, now)
            return (1 - left) / self._per_second
        self._buckets[who] = (left - 1, now)
        return 0.0
