"""Claims of lab 03, each tested on a running chain."""

from __future__ import annotations

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.registration import price_terms
from tao_lab.course.claims import RULES, Claim, Evidence
from tao_lab.course.networks import small_network
from tao_lab.economy import registration_price
from tao_lab.network import Network
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO

REPORTED = 500_000  # rao: the price that a student paid on the test network in 2025
LONGEST = 20_000  # blocks to wait for the floor


def creating_burns_or_locks() -> Evidence:
    """Claim 5: follow the TAO of a new subnet, and dissolve it again."""
    with small_network() as net:
        owner = net.wallet("owner", tao=3_000)
        before, issued = net.balance(owner).rao, _issuance(net)
        cost = net.lock_cost().rao
        first = net.block_number + 1
        netuid = net.create_subnet(owner=owner, fund=False)
        fees = sum(_fees(net, block) for block in range(first, net.block_number + 1))
        left, burned = before - net.balance(owner).rao, issued - _issuance(net) - fees
        held = net.chain.state.get(MODULE, "SubnetLocked", netuid)
        pool = net.chain.state.get(MODULE, "SubnetTAO", netuid)
        with_the_subnet = net.balance(owner).rao
        net.sudo(MODULE, "root_dissolve_network", netuid=netuid)
        back = net.balance(owner).rao - with_the_subnet
    paid = left >= cost > 0
    where = "locks" if pool >= cost > 0 and burned <= 0 else "burns" if burned > 0 else "neither"
    return Evidence(
        "true" if paid and where != "neither" else "false",
        "It locks TAO and burns none of it: the whole amount becomes the first reserve of the subnet's pool. The "
        "owner cannot take it out again. If the subnet is dissolved, the pool is paid to those who hold its alpha; "
        "where nobody does, it is recycled."
        if where == "locks"
        else "The amount leaves the owner, and the issuance falls.",
        {
            "lock cost before": _tao(cost),
            "left the owner's coldkey, with fees": _tao(left),
            "recorded as locked (`SubnetLocked`)": _tao(held),
            "TAO in the new pool": _tao(pool),
            "burned (the issuance fell by, without fees)": _tao(max(burned, 0)),
            "came back when the subnet was dissolved at once": _tao(back),
        },
    )


def _fees(net: Network, block: int) -> int:
    """Rao that a block's senders paid as fees, which are recycled: the issuance falls by them too."""
    paid = [event["attributes"] for event in net.chain.events(block) if event["event_id"] == "TransactionFeePaid"]
    return sum(int(fee["actual_fee"]) for fee in paid)


def _issuance(net: Network) -> int:
    return int(net.chain.state.get(MODULE, "TotalIssuance"))


def testnet_price() -> Evidence:
    """Claim 22: where a seat's price ends on a quiet subnet, by the chain's own rule and defaults."""
    with small_network() as net:
        netuid = net.create_subnet(owner=net.wallet("owner", tao=2_000))
        terms = price_terms(net.chain.state, netuid)
        first = price = int(net.chain.state.get(MODULE, "Burn", netuid))
    blocks = 0
    while price > terms.min_burn and blocks < LONGEST:
        price = registration_price(price, terms, "block")
        blocks += 1
    after_one = registration_price(price, terms, "registration")
    hours = blocks * BLOCK_SECONDS / 3600
    return Evidence(
        "true" if price == REPORTED else "outdated",
        "0.0005 τ can be true, and says little about the test network: it is `MinBurn`, the lowest price that the rule "
        "of the main network has, and to which it falls where nobody registers. One more registration raises it. (What "
        "the test network had set that day is not known here.)",
        {
            "price on a new subnet": _tao(first),
            "where it ends if nobody registers (`MinBurn`)": _tao(price),
            "until then": f"{blocks:,} blocks, {hours:.0f} hours",
            "after one registration at the floor": _tao(after_one),
        },
    )


def _tao(rao: int) -> str:
    return f"{rao / RAO_PER_TAO:,.5g} τ" if rao < RAO_PER_TAO else f"{rao / RAO_PER_TAO:,.2f} τ"


CLAIMS = (
    Claim(5, "Creating a subnet burns or locks TAO.", creating_burns_or_locks),
    Claim(
        22,
        "Registration on the test network cost 0.0005 TAO.",
        testnet_price,
        f"{RULES}; the report's price, July 2025",
    ),
)
