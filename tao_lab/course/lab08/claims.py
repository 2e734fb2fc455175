"""Claims of lab 08, each tested on a running chain: somebody tries it, and the numbers are read from the state."""

from __future__ import annotations

import re
from typing import Any

import bittensor as bt

from tao_lab.cards import percent
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.tempo import in_admin_freeze_window
from tao_lab.chain.runtime import load_runtime
from tao_lab.course.claims import Claim, Evidence
from tao_lab.course.lab08.experiments import half_of, let_prices_catch_up, two_subnets
from tao_lab.course.networks import small_network
from tao_lab.economy import block_emission
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.network import CallFailed, Network
from tao_lab.units import RAO_PER_TAO

ADMIN = "AdminUtils"
WORD = re.compile(r"[a-z]+")
SUPPLY_WORDS = {"issuance", "supply", "mint"}
OTHER = 2  # the second subnet of `two_subnets`
OWNER_UID, MINER_UID = 0, 1
TEMPO = 20  # blocks
SETTING_WAIT = 100  # blocks (`WeightsSetRateLimit`)
VISIBLE = 0.01


def says(net: Network, signer: Any, pallet: str, call: str, **args: Any) -> str:
    """The chain's answer to a call: "done", or the name of the error."""
    try:
        net.call(signer, pallet, call, **args)
    except CallFailed as failed:
        return failed.name
    return "done"


def supply_calls() -> list[str]:
    """Calls of the whole runtime with "supply" in their names."""
    pallets = load_runtime().pallets.items()
    return [
        f"{pallet}.{call['name']}"
        for pallet, parts in pallets
        for call in parts["calls"]
        if SUPPLY_WORDS & set(WORD.findall(call["name"]))
    ]


def creator_sets_supply() -> Evidence:
    """Claim 12: how much alpha two creators' subnets issue, and whether a creator can change that."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        net.run(blocks=10)
        issued = [_rao(net, "SubnetAlphaOutEmission", netuid) for netuid in (subnet, OTHER)]
        tried = {
            "sudo_set_total_issuance": says(net, owner, ADMIN, "sudo_set_total_issuance", total_issuance=1),
            "sudo_set_subnet_owner_cut": says(net, owner, ADMIN, "sudo_set_subnet_owner_cut", subnet_owner_cut=65_535),
        }
        after = _rao(net, "SubnetAlphaOutEmission", subnet)
    free = "done" in tried.values() or len({*issued, after}) > 1
    return Evidence(
        "true" if free else "false",
        "Every alpha follows the same curve as TAO: one a block at first, a half after the first halving, 21 million "
        "at most. It is in the chain's rules; a creator chooses a name, not a supply.",
        {
            "alpha issued to people in a block, subnets of two creators": " and ".join(
                f"{rao / RAO_PER_TAO:g} α" for rao in issued
            ),
            **{
                f"alpha issued in a block once {supply / RAO_PER_TAO:,.0f} α exist": (
                    f"{block_emission(supply) / RAO_PER_TAO:g} α"
                )
                for supply in (TOTAL_SUPPLY // 2, TOTAL_SUPPLY)
            },
            "calls of the runtime whose name speaks of a supply": str(len(supply_calls())),
            **{f"the creator calls `{call}`": said for call, said in tried.items()},
        },
    )


def redeemable_only_if_supported() -> Evidence:
    """Claim 13: the owner switches off everything that an owner can; then a holder of alpha sells."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        holder = net.wallet("holder", tao=110)
        net.stake(holder, subnet, net.tao(100), hotkey=owner)
        half = half_of(net.staked(holder, subnet, hotkey=owner))
        switched = says(net, owner, ADMIN, "sudo_set_toggle_transfer", netuid=subnet, toggle=False)
        keys = {"destination_coldkey": owner.coldkeypub.ss58_address, "hotkey": owner.hotkey.ss58_address}
        nets = {"origin_netuid": subnet, "destination_netuid": subnet}
        given = says(net, holder, MODULE, "transfer_stake", **keys, **nets, alpha_amount=half.rao)
        before = net.balance(holder)
        net.unstake(holder, subnet, half, hotkey=owner)
        brought = net.balance(holder) - before
        early = _stake_before_start(net, holder)
    return Evidence(
        "false" if brought.rao > 0 else "true",
        "The pool is the chain's, and selling to it is a call of the chain: no owner is asked, and none can forbid it. "
        "What an owner can do is not start the subnet; but then nobody has alpha yet.",
        {
            "the owner switches transfers off": switched,
            "the holder gives alpha to somebody": given,
            f"the holder sells {half.alpha:.2f} α, and gets": f"{brought.tao:.2f} τ",
            "staking on a subnet that its owner has not started": early,
        },
    )


def _stake_before_start(net: Network, holder: bt.Wallet) -> str:
    late = net.wallet("late", tao=net.lock_cost().tao + 10)
    net.call(late, MODULE, "register_network", hotkey=late.hotkey.ss58_address)
    try:
        net.stake(holder, net.subnets()[-1], net.tao(1), hotkey=late)
    except CallFailed as failed:
        return failed.name
    return "done"


def not_pegged() -> Evidence:
    """Claim 14: the price before and after a purchase, a sale, and a hundred blocks."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        holder = net.wallet("holder", tao=510)
        prices = {"when the subnet begins": net.alpha_price(subnet).tao}
        net.stake(holder, subnet, net.tao(500), hotkey=owner)
        prices["after somebody buys for 500 τ"] = net.alpha_price(subnet).tao
        net.run(blocks=100)
        prices["after 100 blocks with nobody on root, so that the chain buys"] = net.alpha_price(subnet).tao
        net.unstake(holder, subnet, hotkey=owner)
        prices["after the buyer sells all of it"] = net.alpha_price(subnet).tao
    spread = max(prices.values()) / min(prices.values()) - 1
    return Evidence(
        "true" if spread > VISIBLE else "false",
        "Nothing holds the price: it is what the pool's two sides and their weights make of it.",
        {**{f"one α {when}": f"{value:.4f} τ" for when, value in prices.items()}, "spread": percent(spread)},
    )


def owner_provides_liquidity() -> Evidence:
    """Claim 15: where the TAO and the alpha of a pool come from, and who can take them out."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        lock, start = _rao(net, "SubnetLocked", subnet), net.block_number
        first = net.pool(subnet)
        users = net.wallet("users", tao=710)
        net.stake(users, subnet, net.tao(700), hotkey=owner)
        net.run(blocks=200)
        blocks = range(start + 1, net.block_number + 1)
        emitted = sum(_rao(net, item, subnet, b) for b in blocks for item in ("SubnetTaoInEmission", "SubnetExcessTao"))
        pool, price = net.pool(subnet), net.alpha_price(subnet).tao
        takes = says(
            net, owner, "Swap", "remove_liquidity", hotkey=owner.hotkey.ss58_address, netuid=subnet, position_id=0
        )
    worth = pool.tao + pool.alpha * price
    return Evidence(
        "false" if lock / worth < 1 / 2 else "true",
        "The lock cost is the first TAO in the pool; all alpha in it is the chain's, and from then on emission and "
        "stakers fill it. The owner holds no part of it, and cannot take the lock out while the subnet lives.",
        {
            "TAO in the pool": f"{pool.tao / RAO_PER_TAO:,.2f} τ",
            "of it from the owner's lock": f"{lock / RAO_PER_TAO:,.2f} τ",
            "from 200 blocks of emission": f"{emitted / RAO_PER_TAO:,.2f} τ",
            "from stakers": f"{(pool.tao - lock - emitted) / RAO_PER_TAO:,.2f} τ",
            "alpha in the pool at the beginning, made by the chain": f"{first.alpha / RAO_PER_TAO:,.0f} α",
            "lock as a part of what the pool is worth": percent(lock / worth),
            "the owner calls `remove_liquidity`": takes,
        },
    )


def emission_by_own_policy() -> Evidence:
    """Claim 16: whether an owner can change the subnet's part of the block's TAO, and what changes it."""
    with small_network() as net:
        owner, subnet = two_subnets(net)
        let_prices_catch_up(net)
        net.sudo(ADMIN, "sudo_set_tempo", netuid=subnet, tempo=TEMPO)
        net.run(blocks=100)
        parts = {"at first": _part(net, subnet)}
        while in_admin_freeze_window(net.chain.state, subnet, net.block_number + 1):
            net.run(blocks=1)  # an owner's settings are closed shortly before an epoch
        switches = says(net, owner, ADMIN, "sudo_set_owner_cut_enabled", netuid=subnet, enabled=False)
        asks = says(net, owner, ADMIN, "sudo_set_subnet_emission_enabled", netuid=subnet, enabled=True)
        net.run(blocks=20)
        parts["after the owner changed a hyperparameter"] = _part(net, subnet)
        miner = net.wallet("miner", tao=10)
        net.call(miner, MODULE, "burned_register", netuid=subnet, hotkey=miner.hotkey.ss58_address)
        _give_weights(net, owner, subnet, {OWNER_UID: 1, MINER_UID: 1})
        parts["while the owner's weights give half of the miners' pay to the owner"] = _part(net, subnet)
        _give_weights(net, owner, subnet, {MINER_UID: 1})
        parts["while they give it all to a miner"] = _part(net, subnet)
        net.unstake(owner, subnet)
        net.run(blocks=20)
        parts["after a holder sold, so that the price fell"] = _part(net, subnet)
        price = net.alpha_price(subnet).tao
        net.sudo(ADMIN, "sudo_set_subnet_emission_enabled", netuid=subnet, enabled=False)
        net.run(blocks=2)
        parts["after governance switched it off"] = _part(net, subnet)
    own = max(list(parts.values())[1:4]) - parts["at first"]  # the effect of the owner's actions
    return Evidence(
        "true" if own > VISIBLE or asks == "done" else "false",
        "A subnet's part of the TAO follows its slow price against the others', through a gate that holds small parts "
        "back: the market decides, and governance can switch it off. A subnet's own policy, its weights, divides the "
        "alpha inside it. It can lower the part of the TAO, by giving miners' pay to the owner's own miners, and never "
        "raise it above what the price gives.",
        {
            "the owner calls `sudo_set_owner_cut_enabled`": switches,
            "the owner calls `sudo_set_subnet_emission_enabled`": asks,
            **{f"part of the block's TAO {when}": percent(part, 1) for when, part in parts.items()},
            "price of one α after the sale": f"{price:.3f} τ",
        },
    )


def _give_weights(net: Network, owner: bt.Wallet, subnet: int, weights: dict[int, int]) -> None:
    """The owner, the only validator, sets weights, and blocks pass until it may set others."""
    args = {"netuid": subnet, "dests": list(weights), "weights": list(weights.values()), "version_key": 0}
    net.call(owner.hotkey, MODULE, "set_weights", **args)
    net.run(blocks=SETTING_WAIT)


def _part(net: Network, subnet: int) -> float:
    """One subnet's part of the TAO that the last block gave to all subnets."""
    given = {n: _rao(net, "SubnetTaoInEmission", n) + _rao(net, "SubnetExcessTao", n) for n in net.subnets()}
    return given[subnet] / sum(given.values())


def _rao(net: Network, item: str, netuid: int, block: int | None = None) -> int:
    state = net.chain.state if block is None else net.at(block)
    return int(state.get(MODULE, item, netuid))


CLAIMS = (
    Claim(12, "The alpha token's supply is set by the subnet's creator.", creator_sets_supply),
    Claim(13, "Alpha can be redeemed for TAO only if the subnet supports it.", redeemable_only_if_supported),
    Claim(14, "Alpha is not pegged to TAO.", not_pegged),
    Claim(15, "The subnet's owner provides the liquidity.", owner_provides_liquidity),
    Claim(16, "Emission to a subnet is managed by the subnet's own policy.", emission_by_own_policy),
)
