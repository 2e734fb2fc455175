"""A network for one scenario: a subnet with pool and hyperparameters, and participants with keys, stake and seats.

It is made with real calls, signed by the participants' own keys, many in each block. Only the pool's first reserves are
written directly, as in a genesis. The keys are computed from the seed.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from hashlib import blake2b
from typing import Any

import bittensor_core
import numpy as np
from bittensor_core import Keypair

from tao_lab.chain import executive
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import CALLS
from tao_lab.chain.errors import BadValue, ChainError, DispatchError
from tao_lab.chain.genesis import FAUCET_URI, SUDO_URI
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import change_total_stake, init_swap, read_pool
from tao_lab.chain.pallets.subtensor.subnets import network_lock_cost
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, mint_alpha_in, mint_tao, recycle_tao
from tao_lab.economy.swap import Pool, swap
from tao_lab.network.network import Network, RealWalletsWarning
from tao_lab.simulate.roles import Role, Seat, role_class
from tao_lab.simulate.scenario import Group, Scenario, ScenarioError
from tao_lab.units import RAO_PER_TAO

ADMIN, SETTER = "AdminUtils", "sudo_set_"
SPARE_RAO = RAO_PER_TAO // 50  # for fees, and for the existential deposit that keeps the account
FLAT_PRICE = {"bits": 1 << 64}  # registering does not raise the price: all first members pay the same
OWNER = "owner"
SHIELD_PERIOD = 8  # blocks: the longest period that the chain accepts


@dataclass
class Member:
    """One participant: its keys, behaviour and memory.

    Attributes:
        seats: Its hotkeys; the first one is its main one.
        cost: Rao of TAO that it paid at the start for seats and fees, without its stake.
        outside: Hotkeys that have not bought a place yet.
        random: Its own random generator.
        open_commits: Rows that it has committed but not revealed: epoch, UIDs, values, salt.
    """

    group: Group
    name: str
    coldkey: Keypair
    seats: tuple[Seat, ...]
    role: Role
    random: np.random.Generator
    cost: int = 0
    outside: list[Seat] = field(default_factory=list)
    open_commits: list[tuple[int, list[int], list[int], list[int]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Address of its coldkey."""
        return str(self.coldkey.ss58_address)


@dataclass(frozen=True)
class Signed:
    """A call and its signer; a shielded call is encrypted inside a carrier that the same key signs."""

    key: Keypair
    pallet: str
    name: str
    args: Mapping[str, Any]
    shielded: bool = False


@dataclass
class World:
    """A running scenario.

    Attributes:
        members: Sorted by the name of their group, then by number.
        seats: By hotkey.
    """

    net: Network
    netuid: int
    scenario: Scenario
    members: list[Member]
    seats: dict[str, Seat]

    def state(self, item: str, *keys: Any) -> Any:
        """A storage item of the pallet for this subnet."""
        return self.net.chain.state.get(MODULE, item, self.netuid, *keys)


def open_world(scenario: Scenario, hyperparameters: Mapping[str, Any]) -> World:
    """Make the network of a scenario, up to the block before the first epoch.

    Raises:
        ScenarioError: A role, an option or a hyperparameter does not exist, or the chain refuses it.
    """
    check(scenario, hyperparameters)
    members = _members(scenario)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RealWalletsWarning)
        net = Network()
    owner = next((member for member in members if member.group.kind == OWNER), None) or _owner(scenario)
    netuid = _create_subnet(net, owner, scenario)
    everybody = members if owner in members else [owner, *members]
    seats = {str(seat.hotkey.ss58_address): seat for member in everybody for seat in member.seats}
    world = World(net, netuid, scenario, everybody, seats)
    set_pool(net, netuid, *scenario.pool)
    multiplier = net.chain.state.get(MODULE, "BurnIncreaseMult", netuid)
    wanted = {"burn_increase_mult": multiplier, **hyperparameters}
    first = {"burn_increase_mult": FLAT_PRICE, "subnet_emission_enabled": False}  # until everybody is there
    _set_hyperparameters(world, {**wanted, **first})
    _bring_in(world)
    last = {name: wanted.get(name, True) for name in first}
    _set_hyperparameters(world, last)
    _do(world, [_sudo(net, ADMIN, "sudo_set_tempo", netuid=netuid, tempo=scenario.tempo)], "tempo")
    return world


def check(scenario: Scenario, hyperparameters: Mapping[str, Any]) -> None:
    """Find errors in a scenario before its chain is made.

    Raises:
        ScenarioError: A role, an option or a hyperparameter does not exist, or there are two owners.
    """
    if sum(group.count for group in scenario.groups if group.kind == OWNER) > 1:
        raise ScenarioError("groups: a subnet has one owner; allowed: at most one group of kind owner, with count 1")
    for group in scenario.groups:
        role_class(group.kind, group.role).made(group.options)
    _hyperparameter_args(hyperparameters)


def include(net: Network, calls: Iterable[Signed]) -> list[ChainError | None]:
    """Sign calls, and make one block that contains them in this order; returns each call's error, or None."""
    chain, hashes = net.chain, list[bytes | ChainError]()
    nonces: dict[str, int] = {}
    for call in calls:
        who = str(call.key.ss58_address)
        nonce = nonces.get(who, int(chain.state.get("System", "Account", who)["nonce"]))
        try:
            if call.shielded:
                inner = chain.sign(call.key, call.pallet, call.name, call.args, nonce=nonce + 1)
                chain.submit(_carrier(net, call.key, inner, nonce))
                hashes.append(chain.decode(inner).hash)
            else:
                hashes.append(chain.submit(chain.sign(call.key, call.pallet, call.name, call.args, nonce=nonce)))
            nonces[who] = nonce + 1 + call.shielded
        except ChainError as error:
            hashes.append(error)
    block = chain.produce_block(keep_state=False)
    refused = {refusal.hash: refusal.error for refusal in chain.refused}
    failed = _failures(net, block.number)
    places = {data: place for place, data in enumerate(block.extrinsic_hashes)}
    return [
        each if isinstance(each, ChainError) else refused.get(each) or failed.get(places.get(each, -1))
        for each in hashes
    ]


def _carrier(net: Network, key: Keypair, inner: bytes, nonce: int) -> bytes:
    """A signed extrinsic that carries another one, encrypted for the author of the next block."""
    public = bytes.fromhex(net.chain.state.get("MevShield", "NextKey")[2:])
    sealed = bytes(bittensor_core.encrypt_mlkem768(public, inner, include_key_hash=True))
    args = {"ciphertext": "0x" + sealed.hex()}
    return net.chain.sign(key, "MevShield", "submit_encrypted", args, nonce=nonce, period=SHIELD_PERIOD)


def _failures(net: Network, number: int) -> dict[int, DispatchError]:
    """Errors of a block's extrinsics, by their place in the block."""
    told = net.chain.refusals(number)
    if not told:
        return {}
    events = net.chain.events(number)
    return {events[place]["extrinsic_idx"]: error for place, error in told.items()}


# --- who ------------------------------------------------------------------------------------------------------------


def _members(scenario: Scenario) -> list[Member]:
    """All participants, in an order that does not depend on the order of the groups."""
    return [
        _member(scenario, group, number)
        for group in sorted(scenario.groups, key=lambda group: group.name)
        for number in range(group.count)
    ]


def _owner(scenario: Scenario) -> Member:
    """The owner if the scenario names no owner: it takes its cut and does nothing else."""
    return _member(scenario, Group("idle", OWNER, name=OWNER), 0)


def _member(scenario: Scenario, group: Group, number: int) -> Member:
    behaviour = role_class(group.kind, group.role).made(group.options)
    name = group.name if group.count == 1 else f"{group.name} {number + 1}"
    kinds = (group.kind, *("miner",) * behaviour.own_miners)
    seats = tuple(
        Seat(group.name, group.role, kind, name, _key(scenario.seed, name, f"hotkey {place}"))
        for place, kind in enumerate(kinds)
    )
    random = np.random.default_rng(int.from_bytes(_digest(scenario.seed, name, "random"), "little"))
    return Member(group, name, _key(scenario.seed, name, "coldkey"), seats, behaviour, random)


def _digest(seed: int, name: str, use: str) -> bytes:
    return blake2b(f"tao-lab/simulate/{seed}/{name}/{use}".encode(), digest_size=32).digest()


def _key(seed: int, name: str, use: str) -> Keypair:
    return Keypair.from_seed(_digest(seed, name, use))


@cache
def _lab_key(uri: str) -> Keypair:
    return Keypair.from_uri(uri)


# --- the subnet -----------------------------------------------------------------------------------------------------


def _do(world_or_net: World | Network, calls: Iterable[Signed], what: str) -> None:
    """Include calls that must not fail."""
    net = world_or_net.net if isinstance(world_or_net, World) else world_or_net
    for error in include(net, calls):
        if error is not None:
            raise ScenarioError(f"{what}: the chain refuses: {error}")


def _sudo(net: Network, pallet: str, name: str, **args: Any) -> Signed:
    inner = net.chain.compose(pallet, name, args)
    return Signed(_lab_key(SUDO_URI), "Sudo", "sudo", {"call": inner})


def _fund(net: Network, amounts: Mapping[str, int]) -> None:
    faucet = _lab_key(FAUCET_URI)
    calls = [
        Signed(faucet, "Balances", "transfer_keep_alive", {"dest": who, "value": rao}) for who, rao in amounts.items()
    ]
    _do(net, calls, "the faucet")


def _create_subnet(net: Network, owner: Member, scenario: Scenario) -> int:
    lock = network_lock_cost(net.chain.state, net.block_number)
    sudo = str(_lab_key(SUDO_URI).ss58_address)
    _fund(net, {owner.address: lock + owner.group.tao + SPARE_RAO, sudo: RAO_PER_TAO})
    hotkey = str(owner.seats[0].hotkey.ss58_address)
    limits = [
        _sudo(net, ADMIN, "sudo_set_network_rate_limit", rate_limit=0),
        _sudo(net, ADMIN, "sudo_set_admin_freeze_window", window=0),
    ]
    _do(net, [*limits, Signed(owner.coldkey, MODULE, "register_network", {"hotkey": hotkey})], "the subnet")
    netuid = net.subnets()[-1]
    opening = [
        Signed(owner.coldkey, MODULE, "start_call", {"netuid": netuid}),
        _sudo(net, ADMIN, "sudo_set_commit_reveal_weights_enabled", netuid=netuid, enabled=False),
        _sudo(net, ADMIN, "sudo_set_weights_set_rate_limit", netuid=netuid, weights_set_rate_limit=scenario.tempo),
    ]
    _do(net, opening, "the subnet")
    return netuid


def set_pool(net: Network, netuid: int, tao: int, alpha: int) -> None:
    """Write a pool's reserves between two blocks, with all totals that depend on them; the next block contains them.

    Args:
        net: The network.
        netuid: Whose pool.
        tao: Rao of TAO.
        alpha: Rao of alpha.
    """
    chain, account = net.chain, account_of_netuid(netuid)
    with chain.lock:
        ctx = Context(chain.runtime, chain.state, chain.head.number + 1, executive.author(chain.state), chain.rules)
        now = read_pool(ctx.state, netuid)
        if tao > now.tao:
            balances.deposit(ctx, account, mint_tao(ctx, tao - now.tao))
        elif tao < now.tao:
            recycle_tao(ctx, account, now.tao - tao)
        ctx.state.put(MODULE, "SubnetTAO", netuid, tao)
        change_total_stake(ctx, tao - now.tao)
        mint_alpha_in(ctx, netuid, alpha - now.alpha)
        init_swap(ctx, netuid)


def hyperparameter_calls() -> dict[str, tuple[str, ...]]:
    """Names of all hyperparameters that root can set, and the arguments of each call except the netuid."""
    found = {}
    for (pallet, name), registered in CALLS.items():
        if pallet == ADMIN and name.startswith(SETTER):
            parameters = list(inspect.signature(registered.function).parameters)[2:]
            found[name.removeprefix(SETTER)] = tuple(parameters)
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, n=1, cutoff=0.75)
    meant = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return f"hyperparameters: there is no {name!r}.{meant} Write one of these names: {', '.join(known)}"


def _hyperparameter_args(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Arguments of each call except the netuid; switches first, because others may depend on them."""
    known, found = hyperparameter_calls(), dict[str, dict[str, Any]]()
    if "tempo" in values:
        raise ScenarioError("hyperparameters: 'tempo' is a field of the scenario itself; write it there")
    for name, value in sorted(values.items(), key=lambda item: (not item[0].endswith("enabled"), item[0])):
        if name not in known:
            raise ScenarioError(_unknown(name, sorted(known)))
        wanted = [argument for argument in known[name] if argument != "netuid"]
        args = {wanted[0]: value} if len(wanted) == 1 else value
        if not isinstance(args, Mapping) or sorted(args) != sorted(wanted):
            raise ScenarioError(f"hyperparameters.{name} is {value!r}; allowed: an object with {', '.join(wanted)}")
        found[name] = dict(args)
    return found


def _set_hyperparameters(world: World, values: Mapping[str, Any]) -> None:
    """Set hyperparameters as root, all in one block."""
    known, calls = hyperparameter_calls(), list[Signed]()
    for name, args in _hyperparameter_args(values).items():
        place = {"netuid": world.netuid} if "netuid" in known[name] else {}
        if name == "max_allowed_uids":
            calls.append(_sudo(world.net, ADMIN, "sudo_set_min_allowed_uids", min_allowed_uids=0, **place))
        try:
            calls.append(_sudo(world.net, ADMIN, SETTER + name, **place, **args))
        except BadValue as error:
            raise ScenarioError(f"hyperparameters.{name}: {error}") from None
    _do(world, calls, "hyperparameters")


# --- everybody ------------------------------------------------------------------------------------------------------


def _bring_in(world: World) -> None:
    """Register all participants at one price, and let each buy its stake from the pool."""
    net, netuid = world.net, world.netuid
    price = int(world.state("Burn"))
    funds, entries = dict[str, int](), list[Signed]()
    for member in world.members:
        if member.group.joins:
            member.outside = list(member.seats)
            funds[member.address] = member.group.tao + SPARE_RAO
            continue
        new = member.seats[member.group.kind == OWNER :]  # the owner's first hotkey already has a UID
        funds[member.address] = len(new) * (price + SPARE_RAO) + member.group.tao
        entries += [_entry(netuid, member, seat) for seat in new]
    _fund(net, funds)
    _do(world, entries, "registration")
    pool, prices = read_pool(net.chain.state, netuid), dict[str, int]()
    for member in world.members:
        pool, prices[member.address] = _purchase(pool, member.group.stake or 0)
    _fund(net, {who: paid for who, paid in prices.items() if paid})
    purchases = [
        Signed(member.coldkey, MODULE, "add_stake", _stake_args(netuid, member, prices[member.address]))
        for member in world.members
        if prices[member.address]
    ]
    _do(world, purchases, "stake")
    for member in world.members:
        member.cost = 0 if member.outside else max(funds[member.address] - net.balance(member.address).rao, 0)


def _entry(netuid: int, member: Member, seat: Seat) -> Signed:
    """The first call for a hotkey: it buys a place. A trader needs none; its hotkey is only linked to its coldkey."""
    hotkey = str(seat.hotkey.ss58_address)
    if seat.kind == "trader":
        return Signed(member.coldkey, MODULE, "try_associate_hotkey", {"hotkey": hotkey})
    return registration(netuid, member, seat)


def registration(netuid: int, member: Member, seat: Seat) -> Signed:
    """Buy a place for a hotkey."""
    args = {"netuid": netuid, "hotkey": str(seat.hotkey.ss58_address)}
    return Signed(member.coldkey, MODULE, "burned_register", args)


def new_seat(scenario: Scenario, member: Member) -> Seat:
    """A new hotkey of a participant, for a miner."""
    key = _key(scenario.seed, member.name, f"hotkey {len(member.seats)}")
    return Seat(member.group.name, member.group.role, "miner", member.name, key)


def _stake_args(netuid: int, member: Member, tao: int) -> dict[str, Any]:
    return {"hotkey": str(member.seats[0].hotkey.ss58_address), "netuid": netuid, "amount_staked": tao}


def _purchase(pool: Pool, alpha: int) -> tuple[Pool, int]:
    """The pool after a purchase of this much alpha, and its cost in rao, fee included."""
    if not alpha:
        return pool, 0
    low, high = 0, 1
    while _received(pool, high) < alpha:
        low, high = high, high * 2
        if high > pool.tao * 100:
            raise ScenarioError(
                f"stake is {alpha:,} rao of alpha; the pool holds {pool.alpha:,}: give it more, or less stake"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _received(pool, middle) >= alpha else (middle, high)
    done = swap(pool, "buy", high)
    return Pool(pool.tao + done.paid, pool.alpha - done.received, pool.quote_weight, pool.fee_rate), high


def _received(pool: Pool, tao: int) -> int:
    """Alpha for some TAO; 0 if the amount is too small for the pool."""
    fee = tao * pool.fee_rate // 65_535
    return 0 if tao - fee < 1 else swap(pool, "buy", tao).received if tao > 1_000 else 0
