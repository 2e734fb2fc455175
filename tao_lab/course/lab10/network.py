"""Your network: the functions that you wrote in labs 01 to 08, in one running chain; missing ones are the library's.

Each part is first tested with the chain's published numbers (`datasets/vectors/`), or with the cases of its exercise if
there are no such numbers. The parts that pass run the chain. A second chain runs with the library's parts. If the
hashes of all accounts, stakes and pools are the same, all of them are equal, to the rao. (Names of blocks differ,
because signatures contain random numbers.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab import vectors
from tao_lab.bars import passing_bar
from tao_lab.cards import Card, Grid, Text
from tao_lab.chain.errors import BlockFailed
from tao_lab.chain.pallets.subtensor.subnets import lock_cost_terms
from tao_lab.course import records, registry
from tao_lab.course.checking import judge
from tao_lab.course.lab02.hashing import twox_128
from tao_lab.course.lab05.market import hotkey, open_market
from tao_lab.course.lab07.economy import as_split
from tao_lab.course.lab08.reference import guarded
from tao_lab.course.lab10.found import written
from tao_lab.course.networks import small_network
from tao_lab.course.running import TimeUp, time_limit
from tao_lab.keys import WORDS
from tao_lab.network import Network
from tao_lab.paths import DATASETS
from tao_lab.units import RAO_PER_TAO
from tao_lab.vectors.runner import compare

SECONDS = 60  # time limit for a part's vectors; usually they take one or two seconds
ROUNDS = 3
TRADE_TAO = 25
BLOCK = 64  # weights that are packed together
# the sixteen values of a 4-bit NormalFloat (Dettmers and others, 2023, appendix E; bitsandbytes' own table)
NF4 = np.array(
    [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
     -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
     0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0],
    np.float32,
)  # fmt: skip
PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"  # Substrate's play phrase
PHRASE_WORDS = (12, 15, 18, 21, 24)


@dataclass(frozen=True)
class Slot:
    """A place in the network for a student's function.

    Attributes:
        exercise: id of the exercise.
        does: its job in the chain, in words.
        kind: kind of the vectors that test it; empty if the exercise's own cases do.
        adapted: turns the student's function into the vectors' form.
        asked: whether the exercise covers an input.
    """

    exercise: str
    does: str
    kind: str = ""
    adapted: Callable[[Any], Any] = lambda function: function
    asked: Callable[[Mapping[str, Any]], bool] = lambda data: True


def _as_ss58(function: Any) -> Any:
    """Exercise 01.2 does not return the format: find the format that gives the same address again."""

    def rule(address: str) -> Any:
        public_key, valid, _ = function(address, 42)
        if not valid:
            return None
        found = next((number for number in range(64) if function(address, number)[2] == address), -1)
        return found, public_key

    return rule


def _is_long(data: Mapping[str, Any]) -> bool:
    import base58

    try:
        return len(base58.b58decode(data["address"])) == 35 and base58.b58decode(data["address"])[0] < 64
    except ValueError:
        return False


def _is_usual(data: Mapping[str, Any]) -> bool:
    """Exercise 03.1 covers a positive interval, blocks after the last lock, and amounts that can be doubled."""
    return data["reduction_interval"] > 0 and data["block"] >= data["last_lock_block"] and data["last_lock"] < 2**63


SLOTS = (
    Slot(
        "01.1",
        "reads the owner's mnemonic",
        "mnemonic",
        asked=lambda data: len(data["phrase"].split()) in PHRASE_WORDS and set(data["phrase"].split(" ")) <= set(WORDS),
    ),
    Slot("01.2", "checks every address before money goes there", "ss58", _as_ss58, _is_long),
    Slot("02.2", "finds each account in the raw state"),
    Slot(
        "03.1",
        "quotes what a subnet costs",
        "lock_cost",
        asked=_is_usual,
    ),
    Slot("03.2", "sets the price of a seat", "registration_price"),
    Slot("04.1", "packs weights: a miner's work"),
    Slot("05.3", "makes weights of the scores"),
    Slot("06.6", "runs the epoch", "epoch"),
    Slot("07.1", "issues TAO", "block_emission"),
    Slot("07.3", "splits the emission", "split", as_split),
    Slot("08.4", "swaps in the pool", "swap", guarded),
)


@dataclass(frozen=True)
class Part:
    """A function in its slot.

    Attributes:
        slot: its place.
        function: the function that runs.
        yours: whether it is the student's.
        said: how it was checked, or why it is not the student's, in words.
    """

    slot: Slot
    function: Callable[..., Any]
    yours: bool
    said: str


@dataclass(frozen=True)
class YourNetwork:
    """The result.

    Attributes:
        parts: the parts that ran.
        numbers: results of the chain by name: with these parts, and with the library's.
        problem: why the chain stopped, in words; empty if it did not stop.
    """

    parts: tuple[Part, ...]
    numbers: Mapping[str, tuple[str, str]]
    problem: str = ""

    @property
    def same(self) -> bool:
        """Whether both chains are equal."""
        return not self.problem and all(mine == ours for mine, ours in self.numbers.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """Exercises for which the library's part was used."""
        return tuple(part.slot.exercise for part in self.parts if not part.yours)

    @property
    def card(self) -> Card:
        """Parts and numbers as tables."""
        rows = [
            [part.slot.exercise, part.slot.does, "✔ yours" if part.yours else "○ ours", part.said]
            for part in self.parts
        ]
        mine = sum(part.yours for part in self.parts)
        blocks: list[Any] = [Grid(rows, ("exercise", "what it does here", "whose", "why, or checked by"))]
        if self.problem:
            blocks.append(Text(self.problem))
            return Card("raised", "The chain stands still", "one of your parts broke a rule", tuple(blocks))
        numbers = [[name, *pair] for name, pair in self.numbers.items()]
        marked = frozenset((place, 1) for place, (_, one, other) in enumerate(numbers) if one != other)
        blocks.append(
            Grid(numbers, ("after the same people did the same", "your network", "by our parts"), marked=marked)
        )
        title = f"{mine} of {len(self.parts)} parts are yours"
        if not mine:
            return Card("waiting", "Ours for now", title, tuple(blocks))
        if self.same and mine < len(self.parts):
            return Card("right", "Your parts hold", f"{title}; every account is the same, to the rao", tuple(blocks))
        if self.same:
            return Card(
                "right", "Your network is the chain", f"{title}; every account is the same, to the rao", tuple(blocks)
            )
        return Card("wrong", "Another chain", title, tuple(blocks))

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


def your_network(folder: Path | str = ".") -> YourNetwork:
    """Put the functions of labs 01 to 08 into one chain, and run it beside a chain with the library's.

    Args:
        folder: where the notebooks are.
    """
    with passing_bar(total=len(SLOTS) + 2, desc="your network") as bar:
        parts = []
        for slot in SLOTS:
            parts.append(_part(slot, Path(folder)))
            bar.update()
        library = tuple(Part(slot, _ours(slot), False, "") for slot in SLOTS)
        theirs = _run(library)
        bar.update()
        if not any(part.yours for part in parts):
            return YourNetwork(tuple(parts), {name: (value, value) for name, value in theirs.items()})
        try:
            mine = _run(parts)
        except BlockFailed as error:
            return YourNetwork(tuple(parts), {}, str(error))
        bar.update()
    return YourNetwork(tuple(parts), {name: (mine[name], theirs[name]) for name in theirs})


def _part(slot: Slot, folder: Path) -> Part:
    exercise = registry.exercises()[slot.exercise]
    found = written(slot.exercise, folder)
    if found.function is None:
        once = " (it was right once, by your record)" if records.load().was_right(slot.exercise) else ""
        return Part(slot, _ours(slot), False, found.why + once)
    if slot.kind:
        try:
            with time_limit(SECONDS):
                passed, total, first = by_vectors(slot, found.function)
        except TimeUp:
            return Part(slot, _ours(slot), False, f"yours does not end: stopped after {SECONDS} s")
        if passed < total:
            return Part(slot, _ours(slot), False, f"yours fails {total - passed} of {total} vectors: {first}")
        return Part(slot, found.function, True, f"{total} vectors of the chain")
    if slot.exercise == "04.1":  # its own cases load a language model's libraries
        try:
            with time_limit(SECONDS):
                problem = _badly_packed(found.function)
        except TimeUp:
            problem = f"does not end, and was stopped after {SECONDS} s"
        if problem:
            return Part(slot, _ours(slot), False, f"yours: {problem}")
        return Part(slot, found.function, True, f"{ROUNDS} blocks of weights, none packed better")
    result = judge(exercise, found.function)
    if result.state != "right":
        return Part(slot, _ours(slot), False, f"yours: {result.hint}")
    return Part(slot, found.function, True, f"the cases of exercise {slot.exercise}")


def _ours(slot: Slot) -> Callable[..., Any]:
    """The library's function; if it would load a language model's libraries, the same function in numpy."""
    return _pack if slot.exercise == "04.1" else registry.exercises()[slot.exercise].reference


def _pack(block: Any, table: Any) -> tuple[Any, Any]:
    scale = np.abs(block).max()
    return np.abs((block / scale)[:, None] - table).argmin(axis=1), scale


def _badly_packed(function: Callable[..., Any]) -> str:
    """What is wrong with a student's packing, in words; empty if nothing is wrong."""
    rng = np.random.default_rng(4)
    for _ in range(ROUNDS):
        block = rng.normal(0, 0.02, BLOCK).astype(np.float32)
        try:
            codes, scale = function(block.copy(), NF4.copy())
            score = packed_score(block, codes, float(scale))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a student's function does
            return f"{type(error).__name__}: {error}"
        if score < 1:
            return f"a block loses more than it must (score {score:.2f})"
    return ""


def by_vectors(slot: Slot, function: Callable[..., Any]) -> tuple[int, int, str]:
    """Number of the chain's vectors that a student's function passes, of how many, and the first difference."""
    file = vectors.load(DATASETS / "vectors" / f"{slot.kind}.json")
    rule = slot.adapted(function)
    passed, first = 0, ""
    asked = [vector for vector in file.vectors if slot.asked(vector.input)]
    for vector in asked:
        try:
            answer = vectors.plain_answer(file.kind.answer(rule(*file.kind.arguments(vector.input))))
            failure = compare(vector, answer)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a student's function does
            failure = vectors.Failure(vector.name, "", f"{type(error).__name__}: {error}")
        passed += failure is None
        first = first or (str(failure)[:120] if failure else "")
    return passed, len(asked), first


# --- the story --------------------------------------------------------------------------------------------------------


def _run(parts: Sequence[Part]) -> dict[str, str]:
    """Let the same people do the same things on a chain made of these parts.

    Raises:
        BlockFailed: a part broke a rule that every chain keeps.
    """
    by = {part.slot.exercise: part.slot.adapted(part.function) for part in parts if part.slot.exercise >= "06"}
    raw = {part.slot.exercise: part.function for part in parts}
    rules = {
        "epoch": by["06.6"],
        "registration_price": raw["03.2"],
        "block_emission": by["07.1"],
        "split": by["07.3"],
        "swap": by["08.4"],
    }
    with small_network() as net, net.rules.using(**rules):
        market = open_market(net, ["packer", "sleepy", "guesser"], kind="nf4")
        addresses = [str(wallet.coldkeypub.ss58_address) for wallet in (*market.validators, *market.miners.values())]
        valid = sum(raw["01.2"](address, 42)[1] for address in addresses)
        _work(market, raw["04.1"], raw["05.3"])
        validator = market.validators[0]
        net.fund(validator, (TRADE_TAO + 1) * RAO_PER_TAO)
        net.stake(validator, market.netuid, net.tao(TRADE_TAO))
        market.to_epoch()
        terms = lock_cost_terms(net.chain.state)
        quoted = raw["03.1"](
            *(terms[name] for name in ("last_lock", "min_lock", "last_lock_block")),
            net.block_number,
            terms["reduction_interval"],
        )
        known = sum(_stored(net, raw["02.2"], wallet) for wallet in (*market.validators, *market.miners.values()))
        return {
            "entropy of the owner's phrase, bits": str(raw["01.1"](PHRASE)[0]),
            "addresses that are valid": f"{valid} of {len(addresses)}",
            "accounts found in the raw state": f"{known} of {len(addresses)}",
            "the next subnet costs, rao: quoted, asked": f"{quoted:,}, {net.lock_cost().rao:,}",
            **{
                f"α of {name}": f"{state_alpha(market, wallet) / RAO_PER_TAO:,.6f}"
                for name, wallet in market.miners.items()
            },
            "price of one α": str(net.alpha_price(market.netuid)),
            "hash of all accounts, stakes and pools": f"0x{_money(net)}…",
        }


def _money(net: Network) -> str:
    """A hash of everything in the pallets of money, without block hashes and times, which differ at random."""
    total = blake2b(digest_size=8)
    places = tuple(twox_128(name.encode()) for name in ("SubtensorModule", "Balances", "Swap"))
    places += (twox_128(b"System") + twox_128(b"Account"),)
    for key, value in sorted(net.chain.state.raw.items()):
        if key.startswith(places):
            total.update(key + value)
    return total.hexdigest()


def state_alpha(market: Any, wallet: Any) -> int:
    """Rao of alpha that a hotkey has on the subnet."""
    return int(market.read("TotalHotkeyAlpha", hotkey(wallet), market.netuid))


def _stored(net: Network, storage_key: Any, wallet: Any) -> bool:
    """Whether a wallet's account is at the storage key that the part computes."""
    key = storage_key("System", "Account", [("Blake2_128Concat", wallet.coldkeypub.public_key)])
    return net.chain.state.raw.get(bytes(key)) is not None


def _work(market: Any, quantize: Any, to_u16: Any) -> None:
    """Some rounds: the validator asks for a packed block of weights, scores it, and sets weights."""
    rng = np.random.default_rng(10)
    scores = dict.fromkeys(market.miners, 0.0)
    for number in range(ROUNDS):
        block = rng.normal(0, 0.02, BLOCK).astype(np.float32)
        answers = {
            "packer": quantize(block, NF4),
            "sleepy": quantize(block, NF4) if number % 2 else (np.zeros(BLOCK, int), 0.0),
            "guesser": (rng.integers(0, 16, BLOCK), float(np.abs(block).max())),
        }
        for name, (codes, scale) in answers.items():
            scores[name] += packed_score(block, codes, float(scale)) / ROUNDS
        wait = market.limits(market.validators[0]).blocks_to_wait
        market.net.run(blocks=max(1, wait))
        uids, values = to_u16({market.uid(wallet): scores[name] for name, wallet in market.miners.items()}, 1)
        market.send(market.validators[0], [int(uid) for uid in uids], [int(value) for value in values])
        market.to_epoch()


def packed_score(block: Any, codes: Any, scale: float) -> float:
    """Score of a packed block: 1 if no code could be closer, 0 if the error is as large as with all zeros."""
    lost = float(np.abs(NF4[np.asarray(codes)] * scale - block).sum())
    top = float(np.abs(block).max())
    best = float(np.abs(block[:, None] - NF4 * top).min(axis=1).sum())
    return round(max(0.0, 1 - (lost - best) / (float(np.abs(block).sum()) - best)), 6)


__all__ = ["SLOTS", "Part", "Slot", "YourNetwork", "by_vectors", "packed_score", "your_network"]
