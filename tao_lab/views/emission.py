"""Pictures of emission: a block's TAO from issue to pools, a subnet's alpha from pots to people, supply over time.

Everything is read from a running chain's states or computed by the chain's own rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tao_lab.cards import percent
from tao_lab.chain.pallets.subtensor.emission_gate import stored_gate
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.run_coinbase import subnet_price
from tao_lab.chain.state import StorageReader
from tao_lab.economy import SubnetPrice, subnet_shares
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.fixed128 import U64F64, to_u96f32
from tao_lab.economy.issuance import eras
from tao_lab.network.flow import AlphaFlow, Received, follow_alpha, follow_tao
from tao_lab.network.network import Network
from tao_lab.units import BLOCKS_PER_DAY, RAO_PER_TAO
from tao_lab.views.charts import WHOLE, Figure, figure_of, values_of
from tao_lab.views.drawing import Drawing
from tao_lab.views.keys import short
from tao_lab.views.palette import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION
from tao_lab.views.sankey import Stop, Stream, sankey

ROLE_COLOURS = {"owner": ORANGE, "miner": BLUE, "validator": GREEN, "root": GREY}
MOST_ACCOUNTS = 4  # of one role; all others are one box
YEAR = 365 * BLOCKS_PER_DAY
YEARS = 30
KEY = alt.Legend(symbolType="stroke", symbolSize=500, symbolStrokeWidth=2)


def tao_text(rao: int) -> str:
    """An amount of TAO for a picture; small amounts are in rao."""
    if rao < RAO_PER_TAO // 1_000:
        return f"{rao:,} rao"
    return f"{rao / RAO_PER_TAO:,.3f} τ"


def alpha_text(rao: int) -> str:
    """An amount of alpha for a picture."""
    if rao < RAO_PER_TAO // 1_000:
        return f"{rao:,} rao of α"
    return f"{rao / RAO_PER_TAO:,.3f} α"


# --- where it goes ----------------------------------------------------------------------------------------------


def tao_flow_drawing(net: Network, block: int | None = None) -> Drawing:
    """Where the TAO of one block went: from the block through the subnets into their pools.

    Args:
        net: the network.
        block: its number, 1 or more; by default the newest. Users should have made no calls in it.
    """
    number = net.block_number if block is None else block
    after = net.at(number)
    flow = follow_tao(net.at(number - 1), after, net.rules.block_emission)
    stops, streams, said = [Stop("block", 0, (f"block {number}", f"issues {tao_text(flow.issued)}"), BLACK)], [], []
    for netuid in flow.liquidity:
        into = flow.liquidity[netuid] + flow.buys[netuid]
        share = percent(into / flow.issued if flow.issued else 0, 1)
        name, pool = f"subnet {netuid}", f"pool {netuid}"
        stops += [
            Stop(name, 1, (f"{name}: {share}", tao_text(into))),
            Stop(f"liquidity {netuid}", 2, ("joins the pool, with new α", tao_text(flow.liquidity[netuid]))),
            Stop(f"buys {netuid}", 2, ("buys α from the pool", tao_text(flow.buys[netuid])), ORANGE),
            Stop(pool, 3, (f"pool of subnet {netuid}", f"holds {_holds(net, number, netuid)}")),
        ]
        streams += [
            Stream("block", name, into),
            Stream(name, f"liquidity {netuid}", flow.liquidity[netuid]),
            Stream(name, f"buys {netuid}", flow.buys[netuid], ORANGE),
            Stream(f"liquidity {netuid}", pool, flow.liquidity[netuid]),
            Stream(f"buys {netuid}", pool, flow.buys[netuid], ORANGE),
        ]
        said.append(f"{name} gets {tao_text(into)}, of which {tao_text(flow.buys[netuid])} buys alpha")
    stops.append(Stop("recycled", 1, ("recycled: ceases to exist", tao_text(flow.recycled)), GREY))
    streams.append(Stream("block", "recycled", flow.recycled, GREY))
    count = sum(flow.liquidity[netuid] + flow.buys[netuid] > 0 for netuid in flow.liquidity)
    pools = "no pool" if not count else "1 pool" if count == 1 else f"{count} pools"
    title = f"Block {number} issues {tao_text(flow.issued)}: into {pools}, and to no person"
    alternative = f"{'; '.join(said) or 'There is no subnet'}; recycled: {tao_text(flow.recycled)}."
    return sankey(title, alternative, stops, streams, height=150 + 90 * len(flow.liquidity))


def _holds(net: Network, number: int, netuid: int) -> str:
    return tao_text(int(net.at(number).get(MODULE, "SubnetTAO", netuid)))


def alpha_flow_drawing(net: Network, subnet: int, blocks: int | None = None) -> Drawing:
    """Where a subnet's alpha went, up to its last epoch: from the blocks through four pots to accounts.

    Args:
        net: the network.
        subnet: its netuid.
        blocks: the number of blocks up to the epoch's own, which is included; by default one tempo. Nobody should have
            staked on the subnet in them.
    """
    last = int(net.chain.state.get(MODULE, "LastMechansimStepBlock", subnet))
    count = int(net.chain.state.get(MODULE, "Tempo", subnet)) if blocks is None else blocks
    flow = follow_alpha(net, subnet, last - count + 1, last)
    names = {neuron.hotkey: neuron.name for neuron in net.metagraph(subnet)}
    pots = {
        "owner": ("owner's cut", flow.of("owner")),
        "miner": ("miners", flow.of("miner") + flow.burned),
        "validator": ("validators and their nominators", flow.of("validator") + flow.of("nominator")),
        "root": ("root", flow.root + flow.recycled),
    }
    minted = max(flow.minted, 1)
    words = f"{count} blocks", f"issue {alpha_text(flow.minted)}"
    stops, streams = [Stop("blocks", 0, words, BLACK)], []
    for role, (label, rao) in pots.items():
        stops.append(Stop(role, 1, (f"{label}: {percent(rao / minted, 1)}", alpha_text(rao)), ROLE_COLOURS[role]))
        streams.append(Stream("blocks", role, rao, ROLE_COLOURS[role]))
    for role, name, label, rao in _accounts(flow, names):
        stops.append(Stop(name, 2, (f"{label}: {alpha_text(rao)}",), ROLE_COLOURS[role]))
        streams.append(Stream(role, name, rao, ROLE_COLOURS[role]))
    shares = ", ".join(f"{label} {percent(rao / minted, 1)}" for label, rao in pots.values())
    title = f"Subnet {subnet} issues {alpha_text(flow.minted)} for {count} blocks; {flow.dust:,} rao have no owner"
    return sankey(title, f"{shares}.", stops, streams, width=960, height=360)


def _accounts(flow: AlphaFlow, names: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """Role, key, label and rao of each box at the right end."""
    found = []
    for role, members in (("owner", ("owner",)), ("miner", ("miner",)), ("validator", ("validator", "nominator"))):
        parts = [part for part in flow.received if part.role in members]
        found += [(role, f"{p.hotkey} {p.coldkey}", _who(p, names), p.rao) for p in parts[:MOST_ACCOUNTS]]
        if rest := parts[MOST_ACCOUNTS:]:
            found.append((role, f"more {role}", f"{len(rest)} more", sum(part.rao for part in rest)))
        if role == "miner" and flow.burned:
            found.append((role, "burned", "burned: no owner", flow.burned))
    if flow.root:
        found.append(("root", "claims", "root's baskets", flow.root))
    if flow.recycled:
        found.append(("root", "recycled", "recycled", flow.recycled))
    return found


def _who(part: Received, names: dict[str, str]) -> str:
    name = names.get(part.hotkey, short(part.hotkey))
    return {"nominator": f"nominator of {name}", "owner": f"{name}, the owner"}.get(part.role, name)


# --- supply -----------------------------------------------------------------------------------------------------


def supply_chart(issuance: int, recycled: Sequence[int] = (0, 50), years: int = YEARS) -> Figure:
    """Supply over years, by how much of every block's TAO is recycled; a mark at each halving.

    Args:
        issuance: rao now.
        recycled: percentages, at most three.
        years: the number of years to look ahead.
    """
    rows: dict[str, list[object]] = {"years": [], "supply": [], "recycled": [], "halving": []}
    halvings = []
    for part in recycled:
        points = supply_points(issuance, part, years)
        for at, supply, halving in points:
            for name, value in zip(rows, (at, supply, f"{part} % recycled", halving), strict=True):
                rows[name].append(value)
        first = next((at for at, _, halving in points if halving), None)
        when = f"in {first:.1f} years" if first is not None else f"not within {years} years"
        halvings.append(f"{when} ({part} % recycled)")
    title = f"The next halving comes {', '.join(halvings)}"
    names = [f"{part} % recycled" for part in recycled]
    colours = alt.Scale(domain=names, range=[BLUE, VERMILLION, GREY][: len(names)])
    base = alt.Chart(values_of(rows)).encode(
        x=alt.X("years:Q", title="years from now", scale=alt.Scale(domain=[0, years], nice=False)),
        y=alt.Y("supply:Q", title="TAO, millions", scale=alt.Scale(domain=[0, 21])),
        color=alt.Color("recycled:N", title=None, scale=colours, legend=KEY),
    )
    dashes = alt.Scale(domain=names, range=[[1, 0], [7, 3], [2, 3]][: len(names)])
    lines = base.mark_line().encode(strokeDash=alt.StrokeDash("recycled:N", title=None, scale=dashes, legend=KEY))
    marks = base.transform_filter("datum.halving").mark_circle(opacity=1, size=70)
    cap = (
        alt.Chart(values_of({"supply": [TOTAL_SUPPLY / RAO_PER_TAO / 1e6]})).mark_rule(color=BLACK).encode(y="supply:Q")
    )
    alternative = f"{title}. Supply in millions of TAO over {years} years, never above the limit of 21."
    return figure_of(alt.layer(cap, lines, marks), title, alternative, 560, 240)


def supply_points(issuance: int, recycled: int, years: int) -> list[tuple[float, float, bool]]:
    """Corners of the curve of supply: years from now, millions of TAO, and whether a halving is there."""
    last, points = None, []
    for place, era in enumerate(eras(issuance, recycled)):
        if era.blocks > years * YEAR:
            break
        points.append((era.blocks / YEAR, era.issuance / RAO_PER_TAO / 1e6, place > 0))
        last = era
    if last is not None:
        kept = last.emission * (100 - recycled) // 100 * (years * YEAR - last.blocks)
        points.append((float(years), (last.issuance + kept) / RAO_PER_TAO / 1e6, False))
    return points


# --- shares -----------------------------------------------------------------------------------------------------


def shares_chart(net: Network, first: int, last: int | None = None) -> Figure:
    """Each subnet's share of the TAO, block after block, and what its present price alone would give it.

    Args:
        net: the network.
        first: number of the first block.
        last: number of the last one; by default the newest.
    """
    stop = net.block_number if last is None else last
    rows: dict[str, list[object]] = {"block": [], "subnet": [], "what": [], "share": []}
    for number in range(first, stop + 1):
        state = net.at(number)
        prices = [subnet_price(state, netuid) for netuid in net.subnets()]
        now = [SubnetPrice(raw_price(state, n)) for n in net.subnets()]
        shares = {"the chain": subnet_shares(prices, stored_gate(state)), "by price alone": subnet_shares(now)}
        for what, given in shares.items():
            for netuid, share in zip(net.subnets(), given, strict=True):
                for name, value in zip(rows, (number, f"subnet {netuid}", what, share / U64F64.one), strict=True):
                    rows[name].append(value)
    ends = {row[1]: row[3] for row in zip(*rows.values(), strict=True) if row[2] == "the chain"}
    title = f"After block {stop}: {', '.join(f'{subnet} gets {percent(share)}' for subnet, share in ends.items())}"
    chart = (
        alt.Chart(values_of(rows))
        .mark_line()
        .encode(
            x=alt.X(
                "block:Q",
                title="block",
                scale=alt.Scale(zero=False, nice=False),
                axis=alt.Axis(format="d", **WHOLE),
            ),
            y=alt.Y(
                "share:Q", title="share of the block's TAO", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
            ),
            color=alt.Color("subnet:N", title=None, scale=alt.Scale(range=[BLUE, VERMILLION, GREY])),
            strokeDash=alt.StrokeDash("what:N", title=None, sort=[]),
        )
    )
    alternative = f"{title}. Lines of each subnet's share from block {first} to {stop}."
    return figure_of(alt.layer(chart), title, alternative, 560, 220)


def raw_price(state: StorageReader, netuid: int) -> int:
    """The present price as the raw value of a moving price; above one it counts as one."""
    return to_u96f32(min(current_alpha_price(state, netuid), U64F64.one))
