"""The class on its node: joining, the faucet, new subnets, and the data for the pages.

This module implements `lab_join`, `lab_faucet`, `lab_class` and `lab_openSubnet` of a node in class mode. The roster is
stored in the same file as the chain, so one file is a whole class. A grant is stored before its extrinsic goes into the
pool. At a new start, grants that are in no block are sent again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bittensor_core import Keypair

from tao_lab.chain.block import Block
from tao_lab.chain.errors import BadValue, ChainError
from tao_lab.chain.genesis import FAUCET_URI, SUDO_URI
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.state import StorageReader
from tao_lab.classroom.roster import Grant, NotGranted, Roster, Terms
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.foreign import escaped
from tao_lab.network.network import Network
from tao_lab.network.texts import JOIN_TEXT, OPEN_TEXT
from tao_lab.units import RAO_PER_TAO

KEPT_AS = "class"  # name of the roster in the chain's file
SUDO_TAO = 10  # on root's account, so that root can sign
SAME_PRICE = 1 << 64  # the factor 1 as a raw U64F64 value
SETTLED_BLOCKS = 256  # blocks that are searched at the start for grants


class Room:
    """A class on a network.

    Attributes:
        net: the network, which this process owns.
        roster: the data of the class.
        seen: time of each student's last request, in Unix seconds, by name.
    """

    def __init__(self, net: Network, terms: Terms | None = None) -> None:
        """Open the class in the network's file, or begin one.

        Args:
            net: the network.
            terms: settings of a new class; they replace the settings of an existing class.
        """
        self.net, self.seen = net, dict[str, float]()
        self._faucet, self._sudo = Keypair.from_uri(FAUCET_URI), Keypair.from_uri(SUDO_URI)
        self._opening = set[int]()  # subnets whose opening waits for the next block
        self._wealth: tuple[int, list[dict[str, Any]]] = (-1, [])
        kept = net.chain.store.meta(KEPT_AS)
        self.roster = Roster() if kept is None else Roster.from_json(kept)
        if terms is not None:
            self.roster = replace(self.roster, terms=terms)
        net.node.faucet = net.node.classroom = self
        with net.chain.lock:
            self._prepare()
            self._send_again()
            self._keep(self.roster)
        net.chain.listeners.append(self._on_block)

    def close(self) -> None:
        """End the class; the network stays open."""
        self.net.node.faucet = self.net.node.classroom = None
        if self._on_block in self.net.chain.listeners:
            self.net.chain.listeners.remove(self._on_block)

    def _prepare(self) -> None:
        """Let root sign, and allow students to create subnets one after the other."""
        self.net.fund(self._sudo, SUDO_TAO * RAO_PER_TAO)
        if self.net.chain.state.get(MODULE, "NetworkRateLimit"):
            self.net.sudo("AdminUtils", "sudo_set_network_rate_limit", rate_limit=0)

    def _keep(self, roster: Roster) -> None:
        self.net.chain.store.set_meta(KEPT_AS, roster.to_json())
        self.roster = roster

    # --- called by students, while the node has the chain's lock -----------------------------------------

    def describe(self) -> dict[str, Any]:
        """Public data of the class."""
        roster, terms = self.roster, self.roster.terms
        return {
            "title": terms.title,
            "paused": roster.paused,
            "blockSeconds": terms.block_seconds,
            "students": {student.name: student.address for student in roster.students},
            "granted": {student.name: student.granted for student in roster.students},
            "faucet": {"grant": terms.grant, "limit": terms.limit, "left": terms.budget - roster.granted},
        }

    def join(self, code: str, name: str, account: str, signature: bytes) -> dict[str, Any]:
        """Add a student, with the first grant; the coldkey's signature proves that the wallet is theirs.

        Raises:
            NotGranted: The code or the signature is wrong, or the name is somebody else's.
        """
        if code.casefold() != self.roster.terms.code.casefold():
            raise NotGranted("this is not the code of this class; look at the instructor's projector")
        text = JOIN_TEXT.format(genesis=f"0x{self.net.chain.genesis_hash.hex()}", name=name)
        _check_signature(account, text, signature)
        self.take_in(name, account)
        student = self.roster.by_address(account)
        assert student is not None
        self.seen[student.name] = time.time()
        title, coming = self.roster.terms.title, self._coming(account)
        return {"name": student.name, "title": title, "granted": student.granted, "coming": coming}

    def take_in(self, name: str, address: str) -> None:
        """Add a student to the roster, and send the first grant.

        Raises:
            NotGranted: The name is invalid or belongs to somebody else.
        """
        roster = self.roster.joined(name, address, self.net.block_number)
        if roster is not self.roster:
            self._keep(roster)
            with suppress(NotGranted):  # if the budget is spent, the student still joins
                self._give(address, self.roster.terms.grant)

    def give(self, account: str, rao: int, address: str) -> bytes:
        """Put a transfer to a student into the pool, like a node's faucet; returns the extrinsic's hash.

        Raises:
            NotGranted: The account does not belong to a student, or a limit would be passed.
        """
        name = self._give(account, rao)
        student = self.roster.by_address(account)
        assert student is not None
        self.seen[student.name] = time.time()
        return name

    def open_subnet(self, netuid: int, tempo: int, commit_reveal: bool, signature: bytes) -> None:
        """Let root open a student's new subnet: turn on its emission, set its tempo and how weights are set.

        Raises:
            NotGranted: It does not belong to a student, its owner did not sign, or it is already open or will be in the
                next block.
        """
        state = self.net.chain.state
        owner = str(state.get(MODULE, "SubnetOwner", netuid))
        if netuid not in self.net.subnets() or self.roster.by_address(owner) is None:
            raise NotGranted(f"subnet {netuid} is not a student's")
        genesis = f"0x{self.net.chain.genesis_hash.hex()}"
        text = OPEN_TEXT.format(genesis=genesis, netuid=netuid, tempo=tempo, commit_reveal=commit_reveal)
        _check_signature(owner, text, signature)
        if netuid in self._opening or state.get(MODULE, "SubnetEmissionEnabled", netuid):
            raise NotGranted(f"subnet {netuid} is open already; ask the instructor to change its terms")
        if tempo == 0:
            raise BadValue("tempo", tempo, "1 to 65,535")
        calls: list[tuple[str, dict[str, Any]]] = [
            ("sudo_set_subnet_emission_enabled", {"netuid": netuid, "enabled": True}),
            ("sudo_set_commit_reveal_weights_enabled", {"netuid": netuid, "enabled": commit_reveal}),
            ("sudo_set_tempo", {"netuid": netuid, "tempo": tempo}),
            # many register at the same time, and each registration would raise the price for the next one
            ("sudo_set_burn_increase_mult", {"netuid": netuid, "burn_increase_mult": {"bits": SAME_PRICE}}),
        ]
        if tempo < state.get(MODULE, "WeightsSetRateLimit", netuid):
            calls.append(("sudo_set_weights_set_rate_limit", {"netuid": netuid, "weights_set_rate_limit": tempo}))
        for name, args in calls:
            inner = self.net.chain.compose("AdminUtils", name, args)
            self._submit(self._sudo, "Sudo", "sudo", {"call": inner})
        self._opening.add(netuid)

    # --- the faucet --------------------------------------------------------------------------------------------

    def _give(self, address: str, rao: int) -> bytes:
        self.roster.check_grant(address, rao)
        data = self._transfer(address, rao)
        roster = self.roster.giving(address, rao, self.net.chain.decode(data).hash.hex())
        name = self.net.chain.submit(data)
        self._keep(roster)
        return name

    def _coming(self, address: str) -> int:
        return sum(grant.rao for grant in self.roster.pending.values() if grant.address == address)

    def _transfer(self, address: str, rao: int) -> bytes:
        return self.net.chain.sign(self._faucet, "Balances", "transfer_keep_alive", {"dest": address, "value": rao})

    def _submit(self, keypair: Keypair, pallet: str, name: str, args: Mapping[str, Any]) -> bytes:
        return self.net.chain.submit(self.net.chain.sign(keypair, pallet, name, args))

    def _send_again(self) -> None:
        """Send grants again that were promised before the process ended, and that are in no block."""
        chain, newest = self.net.chain, self.net.block_number
        for number in range(max(0, newest - SETTLED_BLOCKS), newest + 1):
            self.roster = self.roster.settled({name.hex() for name in chain.block(number).extrinsic_hashes})
        lost, waiting = self.roster.pending, dict[str, Grant]()
        for grant in lost.values():
            data = self._transfer(grant.address, grant.rao)
            waiting[chain.submit(data).hex()] = grant
        self.roster = replace(self.roster, pending=waiting)

    def _on_block(self, block: Block) -> None:
        self._opening.clear()
        roster = self.roster.settled({name.hex() for name in block.extrinsic_hashes})
        if roster is not self.roster:
            with suppress(ChainError):  # the next start finds it in the block again
                self._keep(roster)
            self.roster = roster

    # --- the instructor's actions ---------------------------------------------------------------------------

    def change(self, **terms: Any) -> None:
        """Change settings, by their names."""
        with self.net.chain.lock:
            self._keep(replace(self.roster, terms=replace(self.roster.terms, **terms)))

    def pause(self, paused: bool) -> None:
        """Store whether the class is paused."""
        with self.net.chain.lock:
            self._keep(replace(self.roster, paused=paused))

    def free(self, name: str) -> None:
        """Free a student's name.

        Raises:
            NotGranted: Nobody has this name.
        """
        with self.net.chain.lock:
            self._keep(self.roster.freed(name))

    # --- data for the pages -----------------------------------------------------------------------------------

    def leaderboard(self) -> list[dict[str, Any]]:
        """Each student's wealth in rao, the richest first: free TAO, stake on root, alpha at the present price."""
        with self.net.chain.lock:
            height = self.net.block_number
            if self._wealth[0] != height:
                self._wealth = (height, self._count())
            return self._wealth[1]

    def _count(self) -> list[dict[str, Any]]:
        state, netuids = self.net.chain.state, self.net.subnets()
        prices = {netuid: current_alpha_price(state, netuid) for netuid in netuids}
        rows = []
        for student in self.roster.students:
            free, staked = wealth(state, student.address, prices)
            owned = [netuid for netuid in netuids if state.get(MODULE, "SubnetOwner", netuid) == student.address]
            rows.append(
                {
                    "name": student.name,
                    "address": student.address,
                    "free": free,
                    "staked": staked,
                    "gain": free + staked - student.granted,
                    "granted": student.granted,
                    "nonce": state.get("System", "Account", student.address)["nonce"],
                    "subnets": owned,
                    "seen": self.seen.get(student.name),
                }
            )
        return sorted(rows, key=lambda row: (-row["gain"], row["name"]))

    def subnets(self) -> list[dict[str, Any]]:
        """Each subnet's name, owner, people and price."""
        names = {student.address: student.name for student in self.roster.students}
        found = []
        with self.net.chain.lock:
            state = self.net.chain.state
            for netuid in self.net.subnets():
                identity = state.get(MODULE, "SubnetIdentitiesV3", netuid) or {}
                owner = str(state.get(MODULE, "SubnetOwner", netuid))
                found.append(
                    {
                        "netuid": netuid,
                        "name": identity.get("subnet_name", ""),
                        "owner": names.get(owner, f"{owner[:6]}…"),
                        "neurons": state.get(MODULE, "SubnetworkN", netuid),
                        "price": current_alpha_price(state, netuid) * RAO_PER_TAO >> FRACTION_BITS,
                        "tempo": state.get(MODULE, "Tempo", netuid),
                    }
                )
        return found


def wealth(state: StorageReader, address: str, prices: Mapping[int, int]) -> tuple[int, int]:
    """The wealth of an account in rao of TAO: the free balance, and its stakes with alpha at these prices.

    Args:
        state: a chain's state.
        address: of the coldkey.
        prices: of one alpha of each subnet, raw U64F64 values.
    """
    staked = 0
    for hotkey in state.get(MODULE, "StakingHotkeys", address):
        staked += stake_of_coldkey(state, hotkey, address, ROOT_NETUID)
        for netuid, price in prices.items():
            staked += stake_of_coldkey(state, hotkey, address, netuid) * price >> FRACTION_BITS
    return int(state.get("System", "Account", address)["data"]["free"]), staked


def _check_signature(account: str, text: str, signature: bytes) -> None:
    """Check that an account signed a text.

    Raises:
        NotGranted: It did not sign it.
    """
    try:
        signed = Keypair(ss58_address=account).verify(text.encode(), signature)
    except (ValueError, TypeError):
        signed = False
    if not signed:
        raise NotGranted(f"the signature is not that of {escaped(account, 60)}")
