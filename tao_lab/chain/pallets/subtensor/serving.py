"""The address of a neuron: IP and port of its server, stored on the chain so that everyone can read it.

Source: `pallets/subtensor/src/subnets/serving.rs`, `guards/check_serving_endpoints.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Origin, call, dispatch_guard, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, uid_of
from tao_lab.chain.runtime import octets

IP_TYPES = (4, 6)
LOCALHOST = {4: 0x7F000001, 6: 1}
HIGHEST_IP = {4: (1 << 32) - 2, 6: (1 << 128) - 2}  # the broadcast address is not allowed
MOST_CERTIFICATE_BYTES = 65  # one for the algorithm, the others for the public key
ENDPOINTS = {"serve_axon": "Axons", "serve_axon_tls": "Axons", "serve_prometheus": "Prometheus"}


@call(MODULE, weight=weight(31_278_000, reads=3, writes=1), pays_fee=False)
def serve_axon(
    ctx: Context,
    origin: Origin,
    netuid: int,
    version: int,
    ip: int,
    port: int,
    ip_type: int,
    protocol: int,
    placeholder1: int,
    placeholder2: int,
) -> None:
    """Publish the address of one's server; IP 0 removes it."""
    info = {
        "version": version,
        "ip": ip,
        "port": port,
        "ip_type": ip_type,
        "protocol": protocol,
        "placeholder1": placeholder1,
        "placeholder2": placeholder2,
    }
    _serve(ctx, ensure_signed(origin), netuid, "Axons", info)


@call(MODULE, weight=weight(30_617_000, reads=3, writes=1), pays_fee=False)
def serve_axon_tls(
    ctx: Context,
    origin: Origin,
    netuid: int,
    version: int,
    ip: int,
    port: int,
    ip_type: int,
    protocol: int,
    placeholder1: int,
    placeholder2: int,
    certificate: str,
) -> None:
    """As `serve_axon`, with a certificate; an empty one or one that is too long is ignored."""
    hotkey = ensure_signed(origin)
    serve_axon(ctx, origin, netuid, version, ip, port, ip_type, protocol, placeholder1, placeholder2)
    data = octets(certificate)
    if 0 < len(data) <= MOST_CERTIFICATE_BYTES:
        value = {"public_key": "0x" + data[1:].hex(), "algorithm": data[0]}
        ctx.state.put(MODULE, "NeuronCertificates", netuid, hotkey, value)


@call(MODULE, weight=weight(29_294_000, reads=3, writes=1), pays_fee=False)
def serve_prometheus(ctx: Context, origin: Origin, netuid: int, version: int, ip: int, port: int, ip_type: int) -> None:
    """Publish the address of one's Prometheus metrics."""
    info = {"version": version, "ip": ip, "port": port, "ip_type": ip_type}
    _serve(ctx, ensure_signed(origin), netuid, "Prometheus", info)


def _serve(ctx: Context, hotkey: str, netuid: int, item: str, info: dict[str, int]) -> None:
    _check(ctx, hotkey, netuid, item, info)
    ctx.state.put(MODULE, item, netuid, hotkey, {"block": ctx.block, **info})
    ctx.deposit_event(MODULE, "AxonServed" if item == "Axons" else "PrometheusServed", netuid, hotkey)


@dispatch_guard
def keep_bad_endpoints_out(ctx: Context, who: str, made: Call) -> None:
    """Run the same checks before the call: it pays no fee, so a call that would fail must not fill blocks."""
    if made.pallet == MODULE and made.name in ENDPOINTS:
        _check(ctx, who, made.args["netuid"], ENDPOINTS[made.name], made.args)


def _check(ctx: Context, hotkey: str, netuid: int, item: str, info: dict[str, Any]) -> None:
    """`validate_serve_axon`, `validate_serve_prometheus`; the two check in different order."""
    checks = [_check_member, _check_address] if item == "Axons" else [_check_address, _check_member]
    for check in checks:
        check(ctx, hotkey, netuid, item, info)
    last = ctx.state.get(MODULE, item, netuid, hotkey)
    limit = ctx.state.get(MODULE, "ServingRateLimit", netuid)
    if limit and last is not None and last["block"] and ctx.block - last["block"] < limit:
        raise failed(
            "ServingRateLimitExceeded",
            f"an axon may be announced once in {limit} blocks; the last time was block {last['block']}",
        )
    if info["port"] == 0:
        raise failed("InvalidPort", "port is 0, allowed: 1 to 65535")


def _check_member(ctx: Context, hotkey: str, netuid: int, item: str, info: dict[str, Any]) -> None:
    if uid_of(ctx.state, netuid, hotkey) is None:
        raise failed("HotKeyNotRegisteredInNetwork", f"{hotkey} has no UID on subnet {netuid}")


def _check_address(ctx: Context, hotkey: str, netuid: int, item: str, info: dict[str, Any]) -> None:
    ip, ip_type = info["ip"], info["ip_type"]
    if ip_type not in IP_TYPES:
        raise failed("InvalidIpType", f"ip_type is {ip_type}, allowed: 4 or 6")
    if not is_valid_ip(ip_type, ip, allow_zero=item == "Axons"):
        raise failed("InvalidIpAddress", f"ip is {ip}, allowed: an IPv{ip_type} address, not the machine's own")


def is_valid_ip(ip_type: int, ip: int, *, allow_zero: bool) -> bool:
    """Whether the chain accepts an address: no localhost, no broadcast address, 0 only for axons."""
    if ip == 0:
        return allow_zero
    return ip <= HIGHEST_IP[ip_type] and ip != LOCALHOST[ip_type]
