"""One thread answers all waiting requests together, one token for each in every step.

Most of a step's time is for reading the network's weights from memory, so a step for eight answers takes little longer
than a step for one. A request joins between two steps and leaves when it is done, so nobody waits for the end of a
batch. The thread ends when no requests are left.
"""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons.models.base import Deadline, Settings
from tao_lab.neurons.models.sampling import choose


class Request:
    """One answer that is being made; iterate over it to get its tokens.

    Attributes:
        prompt: tokens of the prompt.
        made: tokens of the answer so far.
        late: whether the time limit passed before the answer was complete.
    """

    def __init__(self, prompt: Sequence[int], settings: Settings):
        self.prompt = list(prompt)
        self.settings = settings
        self.deadline = Deadline(settings.timeout)
        self.made: list[int] = []
        self.late = False
        self.cancelled = False
        self._events: queue.SimpleQueue[int | Exception | None] = queue.SimpleQueue()

    def __iter__(self) -> Iterator[int]:
        while True:
            try:
                event = self._events.get(timeout=self.deadline.left)
            except queue.Empty:
                event, self.late = None, True
            if event is None:
                return
            if isinstance(event, Exception):
                raise event
            yield event

    def take(self, token: int, end_tokens: frozenset[int]) -> bool:
        """Add a token; True if the answer continues."""
        if token not in end_tokens:
            self.made.append(token)
            self._events.put(token)
            if len(self.made) < self.settings.max_tokens:
                return True
        self._events.put(None)
        return False

    def fail(self, error: Exception) -> None:
        """Make the reader of this answer raise an error."""
        self._events.put(error)

    @property
    def unwanted(self) -> bool:
        """Whether nobody waits for it any more; if its time limit has passed, also tell the reader."""
        if self.deadline.over and not self.cancelled:
            self.cancelled = self.late = True
            self._events.put(None)
        return self.cancelled


class Batcher:
    """Answers requests with one network.

    Args:
        network: a causal language model of Transformers.
        end_tokens: tokens that end an answer.
        slots: requests that are answered at the same time; more wait.
        close: if candidates are closer than this, the request's own logits decide (`sampling.choose`).
    """

    def __init__(self, network: Any, end_tokens: frozenset[int], slots: int, close: float):
        self.network = network
        self.end_tokens = end_tokens
        self.slots = slots
        self.close = close
        self._waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._busy = False
        self._cache_name = "cache" if "cache" in inspect.signature(network.forward).parameters else "past_key_values"

    def submit(self, request: Request) -> None:
        """Start a request, now or as soon as a slot is free."""
        self._waiting.put(request)
        with self._lock:
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="language model").start()

    def _work(self) -> None:
        import torch

        batch = _Batch()
        with torch.inference_mode():
            while True:
                while len(batch.requests) < self.slots and not self._waiting.empty():
                    self._admit(self._waiting.get(), batch)
                try:
                    self._step(batch)
                except Exception as error:  # noqa: BLE001 - belongs to the threads that wait for an answer
                    for request in batch.requests:
                        request.fail(_explained(error))
                    batch = _Batch()
                with self._lock:
                    if not batch.requests and self._waiting.empty():
                        self._busy = False
                        return

    def _admit(self, request: Request, batch: _Batch) -> None:
        """Read a prompt on its own, and let the request join the batch with its first token."""
        if request.unwanted:
            return
        try:
            cache = _new_cache()
            logits = self._logits(request.prompt, cache)
            if request.take(choose(logits, request.settings, 0), self.end_tokens):
                batch.join(request, cache)
        except Exception as error:  # noqa: BLE001 - belongs to the thread that waits for the answer
            request.fail(_explained(error))

    def _step(self, batch: _Batch) -> None:
        """One token for each request."""
        batch.keep([i for i, request in enumerate(batch.requests) if not request.unwanted])
        if not batch.requests:
            return
        last = batch.mask.new_tensor([[request.made[-1]] for request in batch.requests])
        positions = batch.mask.sum(dim=1, keepdim=True)
        batch.grow()
        inputs = {"input_ids": last, "attention_mask": batch.mask, "position_ids": positions}
        logits = self.network(**inputs, **{self._cache_name: batch.cache}, use_cache=True).logits[:, -1].float()
        going_on = []
        for i, request in enumerate(batch.requests):
            alone = lambda request=request: self._logits([*request.prompt, *request.made])  # noqa: E731
            token = choose(logits[i], request.settings, len(request.made), self.close, alone)
            if request.take(token, self.end_tokens):
                going_on.append(i)
        batch.keep(going_on)

    def _logits(self, tokens: Sequence[int], cache: Any = None) -> Any:
        """Logits of the token after these, float32 (vocabulary,); fills the cache."""
        import torch

        ids = torch.tensor([list(tokens)], device=self.network.device)
        arguments = {self._cache_name: cache if cache is not None else _new_cache(), "logits_to_keep": 1}
        return self.network(input_ids=ids, use_cache=True, **arguments).logits[0, -1].float()


class _Batch:
    """Requests that are answered together, and the network's cache for them.

    Rows are aligned at their ends: a shorter row has empty places before its first token; there `mask` is 0.

    Attributes:
        requests: one for each row.
        cache: keys and values, (rows, heads, length, size) for each layer.
        mask: int64 (rows, length), 1 for a token, 0 for an empty place.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.cache: Any = None
        self.mask: Any = None

    def join(self, request: Request, cache: Any) -> None:
        """Add a row at the end."""
        import torch

        length = cache.get_seq_length()
        mask = torch.ones(1, length, dtype=torch.int64, device=cache.layers[0].keys.device)
        if self.requests:
            longest = max(length, self.mask.shape[1])
            mask = torch.cat([_lengthened(self.mask, longest, 1), _lengthened(mask, longest, 1)])
            rows = zip(_parts(self.cache), _parts(cache), strict=True)
            cache = _cache_of([torch.cat([_lengthened(part, longest, 2) for part in pair]) for pair in rows])
        self.mask, self.cache = mask, cache
        self.requests.append(request)

    def grow(self) -> None:
        """Make room for one more token in each row."""
        import torch

        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=1)

    def keep(self, rows: list[int]) -> None:
        """Keep these rows; drop the others, and places that are empty in all kept rows."""
        if len(rows) == len(self.requests):
            return
        self.requests = [self.requests[i] for i in rows]
        if not rows:
            self.mask = self.cache = None
            return
        mask = self.mask[rows]
        empty = int(mask.amax(dim=0).argmax())
        self.mask = mask[:, empty:]
        self.cache = _cache_of([part[rows][:, :, empty:] for part in _parts(self.cache)])


def _new_cache() -> Any:
    from transformers import DynamicCache

    return DynamicCache()


def _parts(cache: Any) -> list[Any]:
    """Keys and values of each layer in turn."""
    return [part for layer in cache.layers for part in (layer.keys, layer.values)]


def _cache_of(parts: list[Any]) -> Any:
    cache = _new_cache()
    for layer, (keys, values) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        cache.update(keys, values, layer)
    return cache


def _lengthened(tensor: Any, length: int, dimension: int) -> Any:
    """The tensor with zeros before the entries of a dimension."""
    import torch

    shape = list(tensor.shape)
    shape[dimension] = length - shape[dimension]
    return torch.cat([tensor.new_zeros(shape), tensor], dim=dimension)


def _explained(error: Exception) -> Exception:
    if type(error).__name__ == "OutOfMemoryError":
        return LabError('the graphics card has no memory left for the answer; load with quantize="nf4", or fewer slots')
    return error
