"""Claims of lab 07, each tested on a running chain or by the chain's rules of issuance."""

from __future__ import annotations

from tao_lab.cards import percent
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.course.claims import Claim, Evidence
from tao_lab.course.lab07.cases import FAUCET, HALF, YEAR
from tao_lab.course.lab07.economy import TEMPO, Economy, read, small_economy
from tao_lab.course.networks import kept_network
from tao_lab.economy import block_emission, issuance_after
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.issuance import eras
from tao_lab.units import RAO_PER_TAO

TAO = RAO_PER_TAO
NEAR_THE_END = 30 * TAO  # left of the supply
BLOCKS = 100
BURNED_TAO = 1  # of alpha, by hand


def no_cap() -> Evidence:
    """Claim 1: what a chain does that is near 21 million."""
    with kept_network(genesis=Genesis(balances={FAUCET: TOTAL_SUPPLY - NEAR_THE_END})) as net:
        net.create_subnet(net.wallet("olga"))
        start = read(net, "TotalIssuance")
        net.run(blocks=BLOCKS)
        end = read(net, "TotalIssuance")
    last = list(eras(0))[-1]
    return Evidence(
        "false" if block_emission(TOTAL_SUPPLY) == 0 and end <= TOTAL_SUPPLY else "true",
        "It has one, in the rule itself: a block issues the less, the less is left of 21 million, and at last nothing.",
        {
            "a block issues at first": f"{block_emission(0):,} rao",
            "with 30 τ left of 21 million": f"{block_emission(TOTAL_SUPPLY - NEAR_THE_END):,} rao",
            f"{BLOCKS} blocks there, on the running chain, add": f"{end - start:,} rao",
            "emission is 0 from this issuance on": f"{last.issuance / TAO:,.9f} τ",
        },
    )


def supply_is_21_million() -> Evidence:
    """Claim 2: the present issuance, and when the whole supply would exist."""
    with small_economy() as economy:
        now = read(economy.net, "TotalIssuance")
    last = list(eras(0))[-1]
    half = next(era.blocks for era in eras(0) if era.issuance >= HALF)
    return Evidence(
        "true" if now == TOTAL_SUPPLY else "false",
        "That is the limit. The supply is what has been issued and not recycled, and it never quite gets there.",
        {
            "issued on this chain now": f"{now / TAO:,.3f} τ ({percent(now / TOTAL_SUPPLY, 1)} of the limit)",
            "half of the limit, from nothing on": f"after {half / YEAR:.1f} years at best",
            "a tenth of the limit is left": f"after {_years_until(TOTAL_SUPPLY * 9 // 10):.1f} years at best",
            "last rao is issued": f"after {last.blocks / YEAR:.0f} years, at {last.issuance / TAO:,.9f} τ",
        },
    )


def _years_until(issuance: int) -> float:
    """Years from an issuance of 0, nothing recycled."""
    era = [era for era in eras(0) if era.issuance <= issuance][-1]
    return (era.blocks + (issuance - era.issuance) / era.emission) / YEAR


def inflation_falls() -> Evidence:
    """Claim 3: the TAO that a year of blocks adds, relative to the issuance."""
    starts = {0: 1_000_000 * TAO}
    for year in (3, 5, 10, 20, 40):
        starts[year] = issuance_after(starts[0], year * YEAR)
    rates = {year: (issuance_after(supply, YEAR) - supply) / supply for year, supply in starts.items()}
    falls = all(later < sooner for sooner, later in zip(rates.values(), list(rates.values())[1:], strict=False))
    back = [block_emission(HALF + 1), block_emission(HALF - 1)]
    return Evidence(
        "true" if falls else "false",
        "As long as more is issued than recycled: a little with every block, by half at each halving. But it goes by "
        "issuance, not by time: recycled TAO brings issuance back below a halving, and blocks issue twice as much "
        "again.",
        {
            **{f"inflation in year {year + 1} of a chain like this": percent(rate, 1) for year, rate in rates.items()},
            "a block just after a halving, and once 2 rao of it are recycled": f"{back[0]:,} → {back[1]:,} rao",
        },
    )


def no_burn() -> Evidence:
    """Claim 4: things that destroy TAO or alpha, on the running chain."""
    with small_economy() as economy:
        registered = _registration(economy)
        given_up = _given_up(economy)
        swapped, fee = _key_swap(economy)
    return Evidence(
        "false" if min(registered, given_up, swapped) > 0 else "true",
        "There are several. TAO or alpha that is recycled ceases to exist and can be issued again; burned alpha "
        "stays for ever, and no account holds it.",
        {
            "a place on a subnet: α bought with the price, and recycled": f"{registered / TAO:.6f} α",
            "`burn_alpha`, by hand: α that no account holds any more": f"{given_up / TAO:g} α",
            "`swap_hotkey`: TAO recycled, and gone from the issuance": f"{swapped / TAO:g} τ",
            "of this its fee; the fee of every call is recycled": f"{fee / TAO:g} τ",
            "TAO of a subnet whose emission is off": "recycled in every block (question 07.A)",
            "pay of the owner's own miners": "burned, or recycled if the owner says so (question 07.D)",
        },
    )


def _registration(economy: Economy) -> int:
    """Rao of alpha outside the pool that a registration destroys."""
    net, newcomer = economy.net, economy.net.wallet("newcomer", tao=5)
    pool, outside = (read(net, item, economy.first) for item in ("SubnetAlphaIn", "SubnetAlphaOut"))
    net.call(newcomer, "SubtensorModule", "burned_register", netuid=economy.first, hotkey=newcomer.hotkey.ss58_address)
    minted = sum(read(net, item, economy.first) for item in ("SubnetAlphaInEmission", "SubnetAlphaOutEmission"))
    now = sum(read(net, item, economy.first) for item in ("SubnetAlphaIn", "SubnetAlphaOut"))
    return int(pool + outside + minted - now)


def _given_up(economy: Economy) -> int:
    """Rao of alpha that a nominator burns."""
    net, netuid = economy.net, economy.first
    before = net.chain.state.get("AlphaAssets", "AlphaBurned", netuid)
    hotkey = economy.validator.hotkey.ss58_address
    net.call(economy.nominator, "SubtensorModule", "burn_alpha", hotkey=hotkey, amount=BURNED_TAO * TAO, netuid=netuid)
    return int(net.chain.state.get("AlphaAssets", "AlphaBurned", netuid) - before)


def _key_swap(economy: Economy) -> tuple[int, int]:
    """Rao of TAO by which the issuance grows less in a block with a swap of hotkeys, and the call's fee."""
    net, miner = economy.net, economy.people.miners[0]
    net.fund(miner, net.tao(1).rao)
    new = net.wallet("spare").hotkey.ss58_address
    before = read(net, "TotalIssuance")
    args = {"hotkey": miner.hotkey.ss58_address, "new_hotkey": new, "netuid": None}
    receipt = net.call(miner, "SubtensorModule", "swap_hotkey", **args)
    return int(before + block_emission(before) - read(net, "TotalIssuance")), receipt.fee.rao


def rewards_are_liquid() -> Evidence:
    """Claim 6: a miner's pay before and after an epoch, and what it takes to hold it as TAO."""
    with small_economy() as economy:
        net, netuid, miner = economy.net, economy.first, economy.people.miners[0]
        hotkey, coldkey = miner.hotkey.ss58_address, miner.coldkeypub.ss58_address
        changes, free = 0, net.balance(miner).rao
        staked = before = stake_of_coldkey(net.chain.state, hotkey, coldkey, netuid)
        for _ in range(TEMPO):
            net.run(blocks=1)
            now = stake_of_coldkey(net.chain.state, hotkey, coldkey, netuid)
            changes, staked = changes + (now != staked), now
        paid_in_tao, price = net.balance(miner).rao - free, net.alpha_price(netuid).rao / TAO
        net.fund(miner, net.tao(1).rao)
        held = net.balance(miner).rao
        receipt = net.unstake(miner, netuid)
        received = net.balance(miner).rao + receipt.fee.rao - held
    worth = staked * price
    return Evidence(
        "true" if paid_in_tao == staked - before else "false",
        "They arrive as alpha, staked, once a tempo. To hold TAO the miner must sell: one call, no waiting, but "
        "through the pool, where the price falls while it sells.",
        {
            f"in {TEMPO} blocks the miner's free TAO grew by": f"{paid_in_tao} rao",
            "its staked alpha grew by": f"{(staked - before) / TAO:.3f} α",
            f"in how many of these {TEMPO} blocks it grew": str(changes),
            "all of its alpha at the price of the moment": f"{worth / TAO:.6f} τ",
            "what selling it brought": f"{received / TAO:.6f} τ ({percent(1 - received / worth, 2)} less)",
        },
    )


CLAIMS = (
    Claim(1, "TAO has no fixed supply cap.", no_cap),
    Claim(2, "The total supply is 21 million.", supply_is_21_million),
    Claim(3, "Inflation falls over time.", inflation_falls),
    Claim(4, "There is no burn mechanism.", no_burn),
    Claim(6, "Miners' rewards are liquid at once.", rewards_are_liquid),
)
