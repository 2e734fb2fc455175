"""04.4: whom a miner does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace  # for the example in the docstring
from typing import Any

import numpy as np
from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.course.exercise import Case, Edit, Exercise, Values, WrongAnswer, read_values
from tao_lab.course.lab04 import reference as ours
from tao_lab.course.lab04.pieces import Request
from tao_lab.vectors import AnswerError

__all__ = ["EXERCISE", "SimpleNamespace"]

ANSWERED = "answered"
NAMES = (ANSWERED, *(kind.__name__ for kind in http_auth.AuthError.__subclasses__()))
ROW = ["MalformedAuth", ANSWERED, ANSWERED, "ReplayedRequest", "BadSignature", "WrongReceiver", "StaleRequest",
       "ReplayedRequest", "BadSignature"]  # fmt: skip


def admit(requests, hotkey):
    """What becomes of each request, in the order in which they come.

    requests  list  each with method, path, headers, body, arrived_ns
    hotkey    str   address of your hotkey

    Returns a list of "answered" or the name of the refusal's type, such as "StaleRequest".

    >>> knock = SimpleNamespace(method="POST", path="/forward", headers={}, body=b"{}", arrived_ns=0)
    >>> admit([knock], "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")  # it is not signed
    ['MalformedAuth']
    """
    seen, outcomes = http_auth.InMemoryNonceStore(), []
    for request in requests:
        try:
            http_auth.verify(
                request.headers,
                request.body,
                method=request.method,
                path=request.path,
                self_hotkey_ss58=hotkey,
                nonce_store=seen,
                now_ns=request.arrived_ns,
            )
            outcomes.append("answered")
        except http_auth.AuthError as error:
            outcomes.append(type(error).__name__)
    return outcomes


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """One good request; none signed; the same twice; changed; for somebody else; late; all in a row."""
    validator, miner, other = (Keypair.create_from_seed(rng.bytes(32)) for _ in range(3))
    mine, now = miner.ss58_address, 1_800_000_000_000_000_000
    body = b'{"id":"t1","kind":"text","content":{"question":"What is the capital of Peru?"},"seconds":12}'

    def signed(number: int, receiver: str = mine, age: float = 0.1) -> Request:
        at = now + number * 1_000_000
        headers = http_auth.sign(
            validator, method="POST", path="/forward", body=body, receiver_ss58=receiver, nonce_ns=at
        )
        return Request("POST", "/forward", headers, body, at + round(age * 1e9))

    good, again = signed(1), signed(2)
    changed = Request("POST", "/forward", signed(3).headers, body.replace(b"Peru", b"Cuba"), signed(3).arrived_ns)
    unsigned = Request("POST", "/forward", {"content-type": "application/json"}, body, now)
    elsewhere, late = signed(4, receiver=other.ss58_address), signed(5, age=60)
    stolen = signed(8)
    forged = Request("POST", "/forward", stolen.headers, body.replace(b"Peru", b"Cuba"), stolen.arrived_ns)
    nobodys = Request("POST", "/forward", _to_anybody(validator, body, now), body, now)
    later = Request("POST", "/forward", again.headers, body, again.arrived_ns + 1_000_000_000)
    ahead, far_ahead = signed(9, age=-1.9), signed(10, age=-2.1)
    nearly_late, just_late = signed(11, age=9.9), signed(12, age=10.1)
    twin = Request("POST", "/forward", http_auth.sign(other, method="POST", path="/forward", body=body,
                   receiver_ss58=mine, nonce_ns=now + 1_000_000), body, good.arrived_ns)  # fmt: skip
    first_late = [late, good, again]
    moved = Request("POST", "/admin", signed(6).headers, body, signed(6).arrived_ns)
    fetched = Request("GET", "/forward", signed(7).headers, body, signed(7).arrived_ns)
    for about, requests, said in (
        ("nobody knocks", [], []),
        ("one signed request", [good], [ANSWERED]),
        ("one that is not signed", [unsigned], ["MalformedAuth"]),
        ("two different ones", [good, again], [ANSWERED] * 2),
        ("the same one twice", [good, good], [ANSWERED, "ReplayedRequest"]),
        ("one whose body was changed on its way", [changed], ["BadSignature"]),
        ("one that was signed for another miner", [elsewhere], ["WrongReceiver"]),
        ("one that is a minute old", [late], ["StaleRequest"]),
        ("the same one twice, the second a second later", [again, later], [ANSWERED, "ReplayedRequest"]),
        ("one that was signed for another path", [moved], ["BadSignature"]),
        ("one that was signed for another method", [fetched], ["BadSignature"]),
        ("one that was signed for nobody in particular", [nobodys], ["WrongReceiver"]),
        ("two of a clock that is ahead", [ahead, far_ahead], [ANSWERED, "StaleRequest"]),
        ("two that are about ten seconds old", [nearly_late, just_late], [ANSWERED, "StaleRequest"]),
        ("a changed one first, then the one that it was made of", [forged, stolen], ["BadSignature", ANSWERED]),
        ("two validators who sign at the same moment", [good, twin], [ANSWERED] * 2),
        ("three, of which the first one comes last", first_late, ["StaleRequest", ANSWERED, ANSWERED]),
        ("all of them in a row", [unsigned, good, again, good, changed, elsewhere, late, again, moved], ROW),
    ):
        expected = {f"request {i}": word for i, word in enumerate(said, start=1)}
        yield Case({"requests": requests, "hotkey": mine}, about, expected=expected)


def read(result: Any, case: Case) -> Values:
    """A word for each request."""
    count = len(case.arguments["requests"])
    if not isinstance(result, (list, tuple)) or len(result) != count:
        raise AnswerError(f"`outcomes` should be a list with a word for each of the {count} requests.")
    words = [read_values(outcome=str)(word, case)["outcome"] for word in result]
    for place, word in enumerate(words, start=1):
        if word not in NAMES:
            wanted = f'"answered" or the name of the type of the error: {", ".join(NAMES[1:])}'
            raise AnswerError(f"Your word for request {place} is {word!r}; it should be {wanted}.")
    return {f"request {place}": word for place, word in enumerate(words, start=1)}


def _to_anybody(validator: Keypair, body: bytes, at: int) -> dict[str, str]:
    """Headers of a request that names no receiver."""
    return http_auth.sign(validator, method="POST", path="/forward", body=body, nonce_ns=at)


def _verified_by_hand(requests: Sequence[Request], hotkey: str) -> list[str]:
    seen, outcomes = set(), []
    for request in requests:
        headers = {name.lower(): value for name, value in request.headers.items()}
        nonce = int(headers.get("x-bittensor-nonce", 0))
        if "x-bittensor-signature" not in headers:
            outcomes.append("MalformedAuth")
        elif headers.get("x-bittensor-receiver") != hotkey:
            outcomes.append("WrongReceiver")
        elif not -2e9 <= request.arrived_ns - nonce <= 10e9:
            outcomes.append("StaleRequest")
        elif (headers["x-bittensor-hotkey"], nonce) in seen:
            outcomes.append("ReplayedRequest")
        else:
            seen.add((headers["x-bittensor-hotkey"], nonce))
            outcomes.append("answered")
    return outcomes


def _nonces_alone(requests: Sequence[Request], hotkey: str) -> list[str]:
    words, seen = ours.admit(requests, hotkey), set()
    for place, request in enumerate(requests):
        nonce = next((value for name, value in request.headers.items() if name.lower() == "x-bittensor-nonce"), None)
        if words[place] == "answered" and nonce in seen:
            words[place] = "ReplayedRequest"
        seen |= {nonce} if words[place] == "answered" else set()
    return words


def _nonce_used_up_by_a_forgery(requests: Sequence[Request], hotkey: str) -> list[str]:
    words, seen = ours.admit(requests, hotkey), set()
    for place, request in enumerate(requests):
        headers = {name.lower(): value for name, value in request.headers.items()}
        pair = headers.get("x-bittensor-hotkey"), headers.get("x-bittensor-nonce")
        if pair in seen:
            words[place] = "ReplayedRequest"
        seen |= {pair} if pair[1] else set()
    return words


def _same_request_twice(requests: Sequence[Request], hotkey: str) -> list[str]:
    return [
        "ReplayedRequest" if request in requests[:place] else ours.admit([request], hotkey)[0]
        for place, request in enumerate(requests)
    ]


def _signature_is_there(requests: Sequence[Request], hotkey: str) -> list[str]:
    signed = [any(name.lower() == "x-bittensor-signature" for name in request.headers) for request in requests]
    return ["answered" if one else "MalformedAuth" for one in signed]


_HEADERS = "{name.lower(): value for name, value in request.headers.items()}"

EXERCISE = Exercise(
    id="04.4",
    title="Whom a miner does not answer",
    solution=admit,
    reference=ours.admit,
    cases=cases,
    read=read,
    look="Take the request that comes out otherwise: what is wrong with it, and which argument of `verify` would tell?",
    remembers="Look for the nonce store: one outside the function, or the one that `verify` takes where you hand over "
    "none, outlives the call. Make one in each call.",
    unlocks="Nobody uses your card in a validator's name. Next: why the report's miner earned nothing.",
    wrong_answers=(
        Edit(
            "nonces forgotten",
            {"nonce_store=seen": "nonce_store=http_auth.InMemoryNonceStore()"},
            "Anyone who sends a recorded request again gets a second answer. How long does your nonce store remember?",
        ),
        Edit(
            "requests for somebody else",
            {"self_hotkey_ss58=hotkey": f'self_hotkey_ss58={_HEADERS}.get("x-bittensor-receiver", hotkey)'},
            "You answer requests that were signed for another miner. Whose hotkey must stand in a request?",
        ),
        Edit(
            "the body left out",
            {"request.body": 'b""'},
            "You refuse good requests. What does the signature cover besides the headers?",
        ),
        Edit(
            "never late",
            {"now_ns=request.arrived_ns": f'now_ns=int({_HEADERS}.get("x-bittensor-nonce", "0"))'},
            "You take the time of the signature for the time of arrival, so no request is ever too old.",
        ),
        WrongAnswer(
            "a signature is there",
            "You look whether there is a signature, and not whether it fits. Anybody can send sixty-four bytes.",
            _signature_is_there,
        ),
        Edit(
            "one name for all refusals",
            {"type(error).__name__": '"AuthError"'},
            "You call all refusals the same. What tells the caller which of them it was?",
        ),
        Edit(
            "the error's text",
            {"type(error).__name__": "str(error)"},
            "You return what the error says. The task asks what kind of error it is.",
        ),
        Edit(
            "a fixed path",
            {"path=request.path": 'path="/forward"'},
            "You verify one path whatever was asked for, so a request signed for one path also passes for another.",
        ),
        Edit(
            "a fixed method",
            {"method=request.method": 'method="POST"'},
            "You verify `POST` whatever the request's method is.",
        ),
        Edit(
            "this computer's clock",
            {"now_ns=request.arrived_ns": "now_ns=None"},
            "You refuse all good requests as out of time: you compare with this computer's clock, as `verify` does if "
            "nobody says otherwise, or you do not count in nanoseconds. When did these requests come?",
        ),
        Edit(
            "only whether it is refused",
            {"type(error).__name__": '"refused"'},
            "You say only that a request is refused. The task asks for the name of the error's type.",
        ),
        Edit(
            "the sender's key",
            {"self_hotkey_ss58=hotkey": f'self_hotkey_ss58={_HEADERS}.get("x-bittensor-hotkey", hotkey)'},
            "You hand over the sender's hotkey as your own, so good requests seem to be for somebody else. Whose is "
            "`self_hotkey_ss58`?",
        ),
        Edit(
            "no receiver needed",
            {"nonce_store=seen": "nonce_store=seen, require_receiver=False"},
            "You answer requests that name no receiver. Whoever gets such a request can hand it on to every miner: "
            "for whom must it be signed?",
        ),
        Edit(
            "a longer patience",
            {"nonce_store=seen": "nonce_store=seen, max_age=12"},
            "You answer requests that the SDK calls too old. `verify` knows itself how old one may be.",
        ),
        Edit(
            "no difference between clocks allowed",
            {"nonce_store=seen": "nonce_store=seen, allowed_skew=0"},
            "You refuse requests from a clock that is a little ahead of yours. `verify` knows itself how much ahead "
            "one may be.",
        ),
        Edit(
            "in order of arrival",
            {"in requests:": "in sorted(requests, key=lambda one: one.arrived_ns):"},
            "You sort the requests by their time of arrival. The words belong to the requests in the order in which "
            "they are in the list.",
        ),
        Edit(
            "the time of the first",
            {"now_ns=request.arrived_ns": "now_ns=requests[0].arrived_ns"},
            "You take the arrival of the first request for the time of all. When did each one come?",
        ),
        WrongAnswer(
            "verified by hand",
            "You look at the headers yourself, and never verify the signature: anybody can write such headers for "
            "another body or another path. What verifies all of it?",
            _verified_by_hand,
        ),
        WrongAnswer(
            "nonces without their senders",
            "You take a nonce for used up although another validator used it. Two of them may sign in the same "
            "nanosecond: what does a nonce store keep with each nonce?",
            _nonces_alone,
        ),
        WrongAnswer(
            "a nonce used up by a forgery",
            "You mark a nonce as used before its request has turned out to be good. Then anybody can spoil a "
            "validator's request by sending a changed one first.",
            _nonce_used_up_by_a_forgery,
        ),
        WrongAnswer(
            "the same request twice",
            "You compare whole requests. A recorded one that comes again later has another time of arrival: what in it "
            "is good once only?",
            _same_request_twice,
        ),
    ),
)
