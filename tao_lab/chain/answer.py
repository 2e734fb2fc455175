"""Answers of `state_call`: from a registered function, otherwise the answer of an empty chain."""

from __future__ import annotations

from typing import Any

from tao_lab.chain.dispatch import RUNTIME_APIS, Query
from tao_lab.chain.errors import BadValue, NotInLab
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.runtime import Runtime

PRIMITIVE_BYTES = {"bool": 1, "u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "u256": 32, "i8": 1, "i16": 2}
PRIMITIVE_BYTES |= {"i32": 4, "i64": 8, "i128": 16, "i256": 32, "char": 4, "str": 1}

# Runtime APIs about networks, stakes and prices: an empty chain has an empty answer to each of their questions.
# The others (executing blocks, Ethereum, contracts, trading of root's baskets) are about what this chain does not have.
EMPTY_ANSWERS = (
    "DelegateInfoRuntimeApi",
    "NeuronInfoRuntimeApi",
    "SubnetInfoRuntimeApi",
    "StakeInfoRuntimeApi",
    "SubnetRegistrationRuntimeApi",
    "ProxyFilterRuntimeApi",
    "SwapRuntimeApi",
)


def answer(query: Query, api: str, method: str, data: bytes) -> bytes:
    """SCALE arguments in, SCALE result out.

    Raises:
        BadValue: The runtime has no such method, or the arguments do not decode.
        NotInLab: This chain does not answer it.
    """
    runtime = query.state.runtime
    definition = runtime.runtime_apis.get(api, {}).get(method)
    if definition is None:
        raise BadValue("runtime API", f"{api}_{method}", "a method of the runtime's metadata")
    registered = RUNTIME_APIS.get((api, method))
    if registered is not None and registered.takes_bytes:
        result = registered.function(query, data)
    elif registered is not None:
        result = registered.function(query, *_arguments(runtime, definition["inputs"], data))
    elif api in EMPTY_ANSWERS:
        return empty(runtime, definition["output"])
    else:
        raise NotInLab(api, method)
    return runtime.encode(definition["output"], result, f"answer of {api}_{method}")


def _arguments(runtime: Runtime, inputs: list[tuple[str, str]], data: bytes) -> list[Any]:
    """Decode the arguments: they follow each other, so the encoded length of each gives the start of the next."""
    values = []
    for name, scale_type in inputs:
        try:
            value = runtime.core.decode(scale_type, data, False)
        except (ValueError, OverflowError) as error:
            raise BadValue(f"argument {name}", data.hex()[:64], f"SCALE of its type ({error})") from None
        data = data[len(runtime.encode(scale_type, value, name)) :]
        values.append(value)
    if data:
        raise BadValue("arguments", f"{len(data)} bytes too many", "the arguments of the method")
    return values


def empty(runtime: Runtime, scale_type: str) -> bytes:
    """SCALE bytes of the empty value of a type: None, no entries, zero; of an enum, its first variant."""
    definition = runtime.types[int(scale_type.removeprefix("scale_info::"))]["def"]
    (shape, body), *_ = definition.items()
    if shape == "composite":
        return b"".join(empty(runtime, str(field["type"])) for field in body.get("fields", []))
    if shape == "variant":
        first = min(body["variants"], key=lambda variant: variant["index"])
        fields = b"".join(empty(runtime, str(field["type"])) for field in first.get("fields", []))
        return bytes([first["index"]]) + fields
    if shape == "array":
        return empty(runtime, str(body["type"])) * int(body["len"])
    if shape == "tuple":
        return b"".join(empty(runtime, str(part)) for part in body)
    if shape == "primitive":
        return bytes(PRIMITIVE_BYTES[body])
    return compact(0)  # a sequence, a bit sequence, or a compact integer
