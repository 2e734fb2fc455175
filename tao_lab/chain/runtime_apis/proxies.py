"""ProxyFilterRuntimeApi: the kinds of proxies, and which calls each of them may make.

The answer lists every call of the runtime that a kind may make, in the order of the metadata, also calls that the lab
does not have. Sources: `get_all_proxy_type_infos` and `get_proxy_filters` of the runtime; `common/src/lib.rs`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.proxy_types import ANY, DEPRECATED, FILTERS, Below, Filter, Wraps
from tao_lab.chain.runtime import Runtime, octets


def _kinds(runtime: Runtime) -> list[tuple[str, int]]:
    kinds = runtime.variants("subtensor_runtime_common", "proxy", "ProxyType")
    return sorted(kinds.items(), key=lambda kind: kind[1])


@runtime_api("ProxyFilterRuntimeApi")
def get_proxy_types(query: Query) -> list[dict[str, Any]]:
    """Name and index of each kind, and whether it is deprecated."""
    return [
        {"name": name, "index": index, "deprecated": name in DEPRECATED} for name, index in _kinds(query.state.runtime)
    ]


@runtime_api("ProxyFilterRuntimeApi")
def get_proxy_filters(query: Query, proxy_types: Any) -> list[dict[str, Any]]:
    """The calls that each kind may make; with `proxy_types` (bytes) only for kinds with these indices."""
    runtime = query.state.runtime
    wanted = None if proxy_types is None else octets(proxy_types) if isinstance(proxy_types, str) else proxy_types
    return [
        {
            "proxy_type": index,
            "name": name,
            "deprecated": name in DEPRECATED,
            "filter_mode": "AllowAll" if name == ANY else {"Allow": _allowed(runtime, FILTERS[name])},
        }
        for name, index in _kinds(runtime)
        if wanted is None or index in wanted
    ]


@cache
def _calls(runtime: Runtime) -> list[tuple[str, int, str, int]]:
    """Name and index of each pallet, name and index of each of its calls."""
    outer = next(kind for kind in runtime.types.values() if (kind.get("path") or [""])[-1] == "RuntimeCall")
    found = []
    for pallet in outer["def"]["variant"]["variants"]:
        inner = runtime.types[int(pallet["fields"][0]["type"])]["def"]["variant"]
        found += [(pallet["name"], pallet["index"], made["name"], made["index"]) for made in inner.get("variants", [])]
    return found


def _allowed(runtime: Runtime, kind: Filter) -> list[dict[str, Any]]:
    return [
        {
            "pallet_name": pallet,
            "pallet_index": pallet_index,
            "call_name": name,
            "call_index": index,
            "constraint": _constraint(kind.condition(pallet, name)),
        }
        for pallet, pallet_index, name, index in _calls(runtime)
        if kind.names(pallet, name)
    ]


def _constraint(condition: Below | Wraps | None) -> Any:
    if condition is None:
        return None
    if isinstance(condition, Below):
        return {"ParamLessThan": {"param_name": condition.argument, "limit": condition.limit}}
    fields = {"param_name": condition.argument, "pallet_name": condition.pallet, "call_name": condition.name}
    return {"NestedCallMustBe": fields}
