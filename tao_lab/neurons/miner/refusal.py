"""Why a miner did not answer: a code for programs; a sentence and a fix for people."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fastapi import Response

# code: HTTP status, how to fix it
REASONS = {
    "unsigned": (401, "sign each request with bittensor.http_auth.sign and send its X-Bittensor-* headers"),
    "malformed_signature": (401, "send the headers exactly as bittensor.http_auth.sign makes them"),
    "bad_signature": (401, "sign the very bytes, method and path that are sent, with the hotkey that is named"),
    "wrong_receiver": (401, "sign for the hotkey that the chain lists at this address: receiver_ss58="),
    "stale": (401, "sign each request when it is sent, and set this computer's clock"),
    "replayed": (409, "sign again for each attempt: a nonce is good once"),
    "too_large": (413, "send a smaller task"),
    "slow_body": (408, "send the whole body at once"),
    "malformed_task": (422, 'send JSON like {"id": "1", "kind": "text", "content": {}, "seconds": 12}'),
    "wrong_kind": (422, "ask a miner of that kind of work"),
    "not_registered": (403, "register the hotkey on the subnet; the miner looks at the chain every few seconds"),
    "no_permit": (403, "hold enough stake to be among the subnet's validators, and wait for its next epoch"),
    "too_little_stake": (403, "stake more on this hotkey, or ask another miner"),
    "blacklisted": (403, "ask the miner's operator"),
    "rate_limited": (429, "wait as long as Retry-After says"),
    "busy": (503, "ask again later: the miner has as many tasks as it takes"),
    "stopping": (503, "ask another miner: this one is going away"),
    "chain_unknown": (503, "ask again later: the miner has not read the chain yet"),
    "model_failed": (500, "nothing that a validator could do: the miner's operator finds the error in its log"),
    "timeout": (504, "allow more seconds, or ask for less"),
}


@dataclass
class Refusal(Exception):  # noqa: N818 - a refusal is not an error of the miner
    """A request that gets no answer.

    Attributes:
        code: Key of `REASONS`.
        sentence: What was wrong with this request.
        wait: Seconds to wait, for `Retry-After`; 0 if waiting does not help.
        unread: Whether a part of the body may not have been read.
    """

    code: str
    sentence: str
    wait: float = 0.0
    unread: bool = False

    def response(self) -> Response:
        """The HTTP response. It closes the connection: only callers that get answers may keep one open."""
        status, mend = REASONS[self.code]
        headers = {"connection": "close"}
        if self.wait:
            headers["retry-after"] = str(max(1, round(self.wait)))
        body = json.dumps({"code": self.code, "sentence": self.sentence, "mend": mend}).encode()
        return Response(body, status, headers, "application/json")
