"""*Predict first* questions of lab 07: where the result surprises people."""

from __future__ import annotations

from tao_lab.cards import Grid, percent
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.pallets.subtensor.emission_gate import stored_gate
from tao_lab.chain.pallets.subtensor.run_coinbase import subnet_price
from tao_lab.course.lab07.cases import FAUCET, HALF
from tao_lab.course.lab07.economy import TEMPO, burn_half, emission_of_all, read, small_economy
from tao_lab.course.networks import kept_network
from tao_lab.course.questions import Finding, Question
from tao_lab.economy import EmissionGate, split, subnet_shares
from tao_lab.economy.fixed128 import U64F64, U96F32, to_u64f64, to_u96f32
from tao_lab.economy.moving_price import update_moving_price
from tao_lab.economy.subnet_shares import SubnetPrice
from tao_lab.network import Network, follow_tao
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO

TAO = RAO_PER_TAO
PAUSE = 50  # blocks without emission
HOUR = 3600 // BLOCK_SECONDS  # blocks
YEAR = 365 * 24 * HOUR
# mainnet's values: step of a moving price (I96F32), and the age in blocks at which the step has half of its size
MOVING_ALPHA, HALVING_BLOCKS = 1_288_490, 201_600  # 0.0003, in October 2026


def _halving_waits() -> Finding:
    with kept_network(genesis=Genesis(balances={FAUCET: HALF - 30 * TAO})) as net:
        netuid = net.create_subnet(net.wallet("olga"))
        left = (HALF - read(net, "TotalIssuance")) // TAO
        emission_of_all(net, enabled=False)
        start = net.block_number
        net.run(blocks=PAUSE - 1)  # the call that switches it on again takes one more block
        emission_of_all(net, enabled=True)
        paused = net.block_number - start
        while _issued(net) == TAO:
            net.run(blocks=1)
        waited = net.block_number - start - 1
        grew = [net.at(number).get("SubtensorModule", "TotalIssuance") for number in (start, start + paused - 1)]
    option = 0 if waited <= left + 1 else 1 if waited > left + paused // 2 else 2
    rows = [
        ["blocks to the halving at first", f"{left}"],
        ["blocks without emission to subnets", f"{paused}"],
        ["TAO that they added to the issuance", f"{(grew[1] - grew[0]) / TAO:g}"],
        ["halving came after", f"{waited} blocks"],
    ]
    because = (
        "What no subnet may have is recycled in the same block: issued, and gone. Issuance stood still, and subnet "
        f"{netuid} had to issue the rest afterwards. A date on a calendar plays no part."
    )
    return Finding(option, because, (Grid(rows),))


def _issued(net: Network) -> int:
    """What the newest block issued."""
    number = net.block_number
    return follow_tao(net.at(number - 1), net.at(number)).issued


def share_after_a_push(blocks: int) -> float:
    """Share of the block's TAO for one of two equal subnets while its price is held at twice its old value.

    The bar of the emission gate does not change: it is the share that both had before.

    Args:
        blocks: number of blocks since the price doubled; with mainnet's numbers, and subnets that are a year old.
    """
    price = U64F64.one // 20
    moving = calm = to_u96f32(price)
    for age in range(YEAR, YEAR + blocks):
        moving = update_moving_price(to_u64f64(moving), 2 * price, age, HALVING_BLOCKS, MOVING_ALPHA)
    return subnet_shares([SubnetPrice(moving), SubnetPrice(calm)], EmissionGate(U64F64.one // 2))[0] / U64F64.one


def _push_the_price() -> Finding:
    hour, day, month = (share_after_a_push(blocks) for blocks in (HOUR, 24 * HOUR, 30 * 24 * HOUR))
    option = 0 if hour > 0.6 else 1 if hour > 0.53 else 2
    rows = [
        ["before", percent(0.5, 3)],
        ["after an hour", percent(hour, 3)],
        ["after a day", percent(day, 3)],
        ["after 30 days", percent(month, 3)],
    ]
    because = (
        "Shares go by a moving price, which takes a small step towards the price in each block, half of the way in "
        "about eight hours. The emission gate adds to it, since a share above the bar passes more than one below. An "
        "hour's push costs a fortune and brings little; a day's brings most of it."
    )
    return Finding(option, because, (Grid(rows, ("price held at twice its value", "the subnet's share")),))


def _who_pays_root() -> Finding:
    without, with_root = (split(TAO, 11_796, root) for root in (0, U96F32.one // 5))
    lost = [a - b for a, b in zip(without[:3], with_root[:3], strict=True)]
    option = 1 if lost[2] and not lost[0] and not lost[1] else 0 if lost[1] else 2
    names = ("owner", "miners", "validators", "root")
    rows = [[name, f"{a / TAO:.3f}", f"{b / TAO:.3f}"] for name, a, b in zip(names, without, with_root, strict=True)]
    because = (
        "Root's stake backs validators, as alpha does, so its part comes out of their half. Miners are paid for work, "
        "whoever stakes."
    )
    return Finding(option, because, (Grid(rows, ("of 1 α", "nobody on root", "root weighs 20 %")),))


def _owner_burns() -> Finding:
    with small_economy() as economy:
        net, netuid = economy.net, economy.second
        before, owner = _share(net, netuid), read(net, "SubnetOwnerHotkey", netuid)
        burn_half(economy)
        held, gone = (
            read(net, item, *keys) for item, *keys in (("TotalHotkeyAlpha", owner, netuid), ("MinerBurned", netuid))
        )
        net.run(blocks=2 * TEMPO)
        burned, after = read(net, "MinerBurned", netuid)["bits"] / U96F32.one, _share(net, netuid)
        incentive = read(net, "Incentive", netuid)[0] / 65_535
        grew = read(net, "TotalHotkeyAlpha", owner, netuid) - held
    cut = 2 * TEMPO * 0.18
    option = 2 if after < before - 0.05 else 1 if grew / TAO < cut * 1.5 else 0
    rows = [
        ["incentive of the owner's hotkey", percent(incentive)],
        ["α that it received, in about two epochs", f"{grew / TAO:.2f}"],
        ["of which its cut of 18 %", f"about {cut:.2f}"],
        [
            "part of the miners' pay that was burned (`MinerBurned`)",
            f"{percent(gone['bits'] / U96F32.one)} → {percent(burned)}",
        ],
        ["the subnet's share of the block's TAO", f"{percent(before)} → {percent(after)}"],
    ]
    because = (
        "Pay to the owner's own hotkeys as miners is burned, and the subnet's weight falls by the same part: a "
        "subnet that does not pay miners gets less TAO, and the others gain it."
    )
    return Finding(option, because, (Grid(rows),))


def _share(net: Network, netuid: int) -> float:
    prices = {each: subnet_price(net.chain.state, each) for each in net.subnets()}
    shares = subnet_shares(list(prices.values()), stored_gate(net.chain.state))
    return shares[list(prices).index(netuid)] / U64F64.one


QUESTIONS = (
    Question(
        "07.A",
        "A block issues 1 TAO, and the next halving is 30 blocks away. Now all subnets have their emission switched "
        "off for 50 blocks, then on again. When does the halving come?",
        (
            "in 30 blocks, as planned",
            "50 blocks later than planned",
            "never: without emission there are no halvings any more",
        ),
        _halving_waits,
    ),
    Question(
        "07.B",
        "Two subnets share the block's TAO equally. A rich trader buys α of one of them until its price is twice the "
        "other's, and holds it there for an hour. Which share does this subnet get at the end of the hour?",
        ("about two thirds", "about 55 %", "hardly more than half"),
        _push_the_price,
    ),
    Question(
        "07.C",
        "People stake so much TAO on root that root weighs 20 % in a subnet. Whose part of the subnet's alpha gets "
        "smaller?",
        ("the miners'", "the validators'", "everybody's a little"),
        _who_pays_root,
    ),
    Question(
        "07.D",
        "An owner gets the validators of its subnet to give half of their weight to the owner's own hotkey, as if it "
        "were a miner. What comes of it?",
        (
            "the owner earns half of the miners' pay",
            "nobody gets that half; nothing else changes",
            "nobody gets that half, and the subnet gets less TAO from then on",
        ),
        _owner_burns,
    ),
)
