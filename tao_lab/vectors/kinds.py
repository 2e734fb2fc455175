"""The kinds of vectors: the rule that each kind tests, its arguments and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import numpy as np

from tao_lab.consensus import (
    Budgets,
    Epoch,
    EpochInput,
    EpochTerms,
    NormalizedWeights,
    epoch,
    normalize_weights,
    null_epoch,
)
from tao_lab.economy import (
    Dividends,
    EmissionGate,
    HotkeyEmission,
    Pending,
    Pool,
    PriceTerms,
    Split,
    Staked,
    SubnetPrice,
    SubnetTerms,
    SwapResult,
    apply_emission_gate,
    block_emission,
    dividends,
    emission_gate_bar,
    lock_cost,
    registration_price,
    split,
    subnet_shares,
    subnet_terms,
    swap,
)
from tao_lab.economy.emission_gate import EMISSION_GATE_EXPONENT, bar_is_due
from tao_lab.keys import Address, MnemonicParts, read_address, read_mnemonic
from tao_lab.vectors.compare import AnswerError
from tao_lab.vectors.mainnet import mainnet_block


@dataclass(frozen=True)
class Kind:
    """One kind of vector.

    Attributes:
        name: as in the file's `kind`; also the name of the function in a student's file.
        arguments: makes the rule's arguments from the JSON `input`; raises ValueError for input that no chain can have.
        rule: the library's function.
        answer: turns a rule's result into the form of `expected`; raises AnswerError if that is not possible.
        signature: how a student writes the function, for messages.
        compiled: whether the library's rule uses compiled code, which takes a second or two to load.
    """

    name: str
    arguments: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    rule: Callable[..., Any]
    answer: Callable[[Any], Mapping[str, Any]]
    signature: str
    compiled: bool = False


def _epoch_answer(result: Any) -> Mapping[str, Any]:
    if isinstance(result, Epoch):
        result = result.terms()
    if isinstance(result, EpochTerms):
        return result.to_json()
    if isinstance(result, Mapping):
        return result
    raise AnswerError(
        f"returned {type(result).__name__}; allowed: Epoch, EpochTerms, or a dict with the fields of `expected`"
    )


def _null_arguments(data: Mapping[str, Any]) -> tuple[Any, ...]:
    inputs = EpochInput.from_json({name: value for name, value in data.items() if name != "budgets"})
    return inputs, Budgets(**data["budgets"]) if "budgets" in data else Budgets.of_epoch(inputs.emission)


def _rao_answer(field: str) -> Callable[[Any], Mapping[str, Any]]:
    """For a rule that returns one amount."""

    def answer(result: Any) -> Mapping[str, Any]:
        if isinstance(result, bool) or not isinstance(result, int):
            raise AnswerError(f"returned {type(result).__name__}; allowed: int, rao")
        return {field: result}

    return answer


def _price_arguments(data: Mapping[str, Any]) -> tuple[Any, ...]:
    terms = PriceTerms(data["half_life"], data["increase_mult"], data["min_burn"], data["max_burn"])
    return data["burn"], terms, data["event"]


def _lock_arguments(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(data[name] for name in ("last_lock", "min_lock", "last_lock_block", "block", "reduction_interval"))


def _swap_arguments(data: Mapping[str, Any]) -> tuple[Any, ...]:
    pool = Pool(data["tao"], data["alpha"], data["quote_weight"], data["fee_rate"])
    return pool, data["side"], data["amount"], data["limit_price"]


def _swap_answer(result: Any) -> Mapping[str, Any]:
    if isinstance(result, SwapResult):
        return asdict(result)
    if isinstance(result, Mapping):
        return result
    raise AnswerError(f"returned {type(result).__name__}; allowed: SwapResult, or a dict with fee, paid, received")


def _normalized_answer(result: Any) -> Mapping[str, Any]:
    if isinstance(result, tuple) and len(result) == 2:
        return NormalizedWeights(*result)._asdict()
    if isinstance(result, Mapping):
        return result
    raise AnswerError(
        f"returned {type(result).__name__}; allowed: (weights, within_limit), or a dict with the fields of `expected`"
    )


def _mnemonic_answer(result: Any) -> Mapping[str, Any]:
    if isinstance(result, tuple) and len(result) == 3:
        result = MnemonicParts(result[2] is not None, *result)
    if isinstance(result, MnemonicParts):
        result = asdict(result)
    if isinstance(result, Mapping):
        return _with_hex(result)
    raise AnswerError(
        f"returned {type(result).__name__}; allowed: (entropy_bits, checksum_bits, entropy), or a dict with the fields "
        "of `expected`"
    )


def _ss58_answer(result: Any) -> Mapping[str, Any]:
    if result is None:
        result = Address(False, None, None)
    if isinstance(result, tuple) and len(result) == 2:
        result = Address(True, *result)
    if isinstance(result, Address):
        result = asdict(result)
    if isinstance(result, Mapping):
        return _with_hex(result)
    raise AnswerError(
        f"returned {type(result).__name__}; allowed: (ss58_format, public_key), None where it is not an address, or "
        "a dict with the fields of `expected`"
    )


def _with_hex(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: f"0x{value.hex()}" if isinstance(value, bytes) else value for name, value in answer.items()}


def _fields_answer(kind: type[Any]) -> Callable[[Any], Mapping[str, Any]]:
    """For a rule that returns a record of whole numbers, or a dict with its fields."""

    def answer(result: Any) -> Mapping[str, Any]:
        if isinstance(result, kind):
            return asdict(result) if is_dataclass(kind) else dict(result._asdict())
        if isinstance(result, Mapping):
            return result
        raise AnswerError(f"returned {type(result).__name__}; allowed: {kind.__name__}, or a dict with its fields")

    return answer


def _shares_answer(result: Any) -> Mapping[str, Any]:
    if not isinstance(result, (list, tuple, np.ndarray)):
        raise AnswerError(f"returned {type(result).__name__}; allowed: a list with a share for each subnet")
    return {"shares": list(result)}


def _shares_arguments(data: Mapping[str, Any]) -> tuple[Any, ...]:
    subnets = [SubnetPrice(**subnet) for subnet in data["subnets"]]
    if "bar" not in data:
        return (subnets,)
    return subnets, EmissionGate(data["bar"], data.get("exponent", EMISSION_GATE_EXPONENT))


def emission_gate(demand: list[int], bar: int, exponent: int, rank: int, block: int) -> dict[str, Any]:
    """The gate's bar in a block, and how much of each share of demand passes."""
    if bar_is_due(bar, block):
        bar = emission_gate_bar(demand, rank) or bar
    return {"bar": bar, "shares": apply_emission_gate(demand, EmissionGate(bar, exponent))}


def _gate_answer(result: Any) -> Mapping[str, Any]:
    if not isinstance(result, Mapping):
        raise AnswerError(f"returned {type(result).__name__}; allowed: a dict with `bar` and `shares`")
    return result


def _block_answer(result: Any) -> Mapping[str, Any]:
    if not isinstance(result, Mapping):
        raise AnswerError(f"returned {type(result).__name__}; allowed: a dict with the fields of `expected`")
    return {
        name: sorted(map(list, part.items())) if isinstance(part, Mapping) else part for name, part in result.items()
    }


def _dividends_arguments(data: Mapping[str, Any]) -> tuple[Any, ...]:
    hotkeys = {
        entry["hotkey"]: Staked(
            **{name: value for name, value in entry.items() if name not in ("hotkey", "parents", "children")},
            parents=tuple((share, hotkey) for share, hotkey in entry["parents"]),
            children=tuple((share, hotkey) for share, hotkey in entry["children"]),
        )
        for entry in data["hotkeys"]
    }
    emission = [HotkeyEmission(*entry) for entry in data["emission"]]
    missing = {name for name, _, _ in emission} | {p for staked in hotkeys.values() for _, p in staked.parents}
    if missing - set(hotkeys):
        raise ValueError(f"hotkeys: {min(missing - set(hotkeys))} is missing; every hotkey and parent has an entry")
    pending = Pending(data["pending_server"], data["pending_validator"], data["pending_root"])
    return pending, emission, hotkeys, data["tao_weight"], data["ck_burn"]


def _dividends_answer(result: Any) -> Mapping[str, Any]:
    if isinstance(result, Dividends):
        # The files have the pay of both sides: the take and the nominators' part.
        pairs = {
            name: {key: (paid.take, paid.nominators) for key, paid in getattr(result, name).items()}
            for name in ("alpha", "root")
        }
        result = {"incentives": result.incentives, **pairs, "recycled": result.recycled}
    if not isinstance(result, Mapping):
        raise AnswerError(f"returned {type(result).__name__}; allowed: Dividends, or a dict with its fields")
    return {
        name: sorted([str(key), value] for key, value in part.items()) if isinstance(part, Mapping) else part
        for name, part in result.items()
    }


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="epoch",
            arguments=lambda data: (EpochInput.from_json(data),),
            rule=epoch,
            answer=_epoch_answer,
            signature="epoch(inputs: EpochInput) -> Epoch | EpochTerms | dict",
            compiled=True,
        ),
        Kind(
            name="null_epoch",
            arguments=_null_arguments,
            rule=null_epoch,
            answer=_epoch_answer,
            signature="null_epoch(inputs: EpochInput, budgets: Budgets) -> EpochTerms | dict",
            compiled=True,
        ),
        Kind(
            name="block_emission",
            arguments=lambda data: (data["issuance"],),
            rule=block_emission,
            answer=_rao_answer("emission"),
            signature="block_emission(issuance: int) -> int",
        ),
        Kind(
            name="swap",
            arguments=_swap_arguments,
            rule=swap,
            answer=_swap_answer,
            signature="swap(pool: Pool, side: str, amount: int, limit_price: int | None) -> SwapResult | dict",
        ),
        Kind(
            name="normalize_weights",
            arguments=lambda data: (np.array(data["weights"], np.uint16), data["max_limit"]),
            rule=normalize_weights,
            answer=_normalized_answer,
            signature="normalize_weights(weights, max_limit) -> (weights, within_limit) | dict",
        ),
        Kind(
            name="subnet_shares",
            arguments=_shares_arguments,
            rule=subnet_shares,
            answer=_shares_answer,
            signature="subnet_shares(subnets: list[SubnetPrice], gate: EmissionGate) -> list[int]",
        ),
        Kind(
            name="emission_gate",
            arguments=lambda data: (data["demand"], data["bar"], data["exponent"], data["rank"], data["block"]),
            rule=emission_gate,
            answer=_gate_answer,
            signature="emission_gate(demand: list[int], bar: int, exponent: int, rank: int, block: int) -> dict",
        ),
        Kind(
            name="mainnet_block",
            arguments=lambda data: (data,),
            rule=mainnet_block,
            answer=_block_answer,
            signature="mainnet_block(state: dict) -> dict",
        ),
        Kind(
            name="subnet_terms",
            arguments=lambda data: tuple(
                data[name] for name in ("tao_emission", "alpha_emission", "price", "root_proportion")
            ),
            rule=subnet_terms,
            answer=_fields_answer(SubnetTerms),
            signature="subnet_terms(tao_emission, alpha_emission, price, root_proportion) -> SubnetTerms | dict",
        ),
        Kind(
            name="split",
            arguments=lambda data: (data["alpha_out"], data["owner_cut"], data["root_proportion"]),
            rule=split,
            answer=_fields_answer(Split),
            signature="split(alpha_out: int, owner_cut: int, root_proportion: int) -> Split | dict",
        ),
        Kind(
            name="dividends",
            arguments=_dividends_arguments,
            rule=dividends,
            answer=_dividends_answer,
            signature="dividends(pending, emission, hotkeys, tao_weight, ck_burn) -> Dividends | dict",
        ),
        Kind(
            name="registration_price",
            arguments=_price_arguments,
            rule=registration_price,
            answer=_rao_answer("price"),
            signature="registration_price(burn: int, terms: PriceTerms, event: str) -> int",
        ),
        Kind(
            name="lock_cost",
            arguments=_lock_arguments,
            rule=lock_cost,
            answer=_rao_answer("lock_cost"),
            signature="lock_cost(last_lock, min_lock, last_lock_block, block, reduction_interval) -> int",
        ),
        Kind(
            name="mnemonic",
            arguments=lambda data: (data["phrase"],),
            rule=read_mnemonic,
            answer=_mnemonic_answer,
            signature="mnemonic(phrase: str) -> (entropy_bits, checksum_bits, entropy) | dict",
        ),
        Kind(
            name="ss58",
            arguments=lambda data: (data["address"],),
            rule=read_address,
            answer=_ss58_answer,
            signature="ss58(address: str) -> (ss58_format, public_key) | None | dict",
        ),
    )
}
