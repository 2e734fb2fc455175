"""Ads: spend a budget so that people buy (as SN16 BitAds). Clicks and sales are simulated; no real data are open.

The model: a channel sells clicks at a price, up to a maximum number. A share of its clicks, fixed by the seed, leads to
an order. A share of these orders is returned within days; for a click farm this share is high. The score counts the
orders that the fraud filter accepts, divided by the orders that the best split of the budget would give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id

CHANNELS = 6
FARMS = 2  # channels that are click farms
BUDGET = 1000.0
TRIAL_CLICKS = 400  # of each channel; everybody sees their outcome
MOST_OWN_ORDERS = 100
# the fraud filter
LEAST_SECONDS = 5.0  # between a visit and its order; a faster order comes from a program
MOST_OF_A_DEVICE = 2  # orders
RETURN_DAYS = 14  # an order that is returned within this number of days does not count


def clicks_of(spend: Sequence[float], channels: Sequence[Mapping[str, Json]]) -> list[int]:
    """Clicks that each channel delivers for the money spent there."""
    return [
        min(int(amount / channel["click_price"]), channel["most_clicks"])
        for amount, channel in zip(spend, channels, strict=True)
    ]


def verified(orders: Sequence[Mapping[str, Json]]) -> int:
    """How many of the orders that a miner itself sends pass the fraud filter."""
    of_device: dict[int, int] = {}
    for order in orders:
        of_device[order["device"]] = of_device.get(order["device"], 0) + 1
    return sum(
        order["seconds"] >= LEAST_SECONDS
        and of_device[order["device"]] <= MOST_OF_A_DEVICE
        and (order["refund_day"] is None or order["refund_day"] > RETURN_DAYS)
        for order in orders
    )


def best_split(rates: Sequence[float], channels: Sequence[Mapping[str, Json]]) -> list[float]:
    """The best split: the channel with the most sales for the money first, up to its limit, then the next."""
    left, spend = BUDGET, [0.0] * len(channels)
    for number in sorted(range(len(channels)), key=lambda n: -rates[n] / channels[n]["click_price"]):
        spend[number] = min(left, channels[number]["most_clicks"] * channels[number]["click_price"])
        left -= spend[number]
    return spend


class Ads:
    """A campaign."""

    kind = "ads"
    title = "Spend a budget on channels of advertising so that people buy; sales count after a fraud filter (simulated)"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {
            "spend": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": BUDGET},
                "minItems": CHANNELS,
                "maxItems": CHANNELS,
            },
            "own_orders": {
                "description": "orders that come over the miner's link but not from a channel, as the shop sees them",
                "type": "array",
                "maxItems": MOST_OWN_ORDERS,
                "items": {
                    "type": "object",
                    "properties": {
                        "device": {"type": "integer", "minimum": 0, "maximum": 2**31},
                        "seconds": {"type": "number", "minimum": 0, "maximum": 86_400},
                        "refund_day": {"type": ["integer", "null"], "minimum": 0, "maximum": 60},
                    },
                    "required": ["device", "seconds", "refund_day"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["spend", "own_orders"],
        "additionalProperties": False,
    }
    weakness = (
        f"Sales are counted after {RETURN_DAYS} days, and goods may be returned later: a miner who orders from many "
        "devices, slowly, and returns everything in the third week passes every filter."
    )
    exploit = "patient returner"
    source = (
        "Simulated: channels, clicks, orders and returns are drawn from the model in tao_lab/subnets/ads.py by seed."
    )

    def make_round(self, seed: int) -> Round:
        """A market: prices and the outcome of a trial for everybody; the secret has the true rates."""
        random = np.random.default_rng([16, seed])
        farms = set(random.choice(CHANNELS, FARMS, replace=False).tolist())
        channels, rates = [], []
        for number in range(CHANNELS):
            farm = number in farms
            order_rate = (
                random.uniform(0.03, 0.08) if farm else random.choice([0.01, 0.02, 0.05]) * random.uniform(0.8, 1.2)
            )
            return_rate = random.uniform(0.9, 1.0) if farm else random.uniform(0.02, 0.1)
            orders = int(random.binomial(TRIAL_CLICKS, order_rate))
            channels.append(
                {
                    "name": f"channel {number + 1}",
                    "click_price": round(random.uniform(0.2, 0.4) if farm else random.uniform(0.4, 1.0), 2),
                    "most_clicks": int(random.integers(500, 1500)),
                    "trial_clicks": TRIAL_CLICKS,
                    "trial_orders": orders,
                    "trial_returns": int(random.binomial(orders, return_rate)),
                }
            )
            rates.append(order_rate * (1 - return_rate))
        task = Task(task_id("ads", seed), "ads", {"budget": BUDGET, "channels": channels})
        return Round(task, {"rates": rates, "seed": seed})

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """Verified sales, divided by those of the best split."""
        channels, rates = asked.task.content["channels"], asked.secret["rates"]
        # it is fixed for each click whether it leads to a sale, so the same clicks give the same sales
        luck = np.random.default_rng([161, asked.secret["seed"]]).random((CHANNELS, 2000))
        buys = [np.cumsum(luck[number] < rate) for number, rate in enumerate(rates)]

        def sales(spend: Sequence[float]) -> int:
            return sum(int(buys[n][clicks - 1]) for n, clicks in enumerate(clicks_of(spend, channels)) if clicks)

        best = max(1, sales(best_split(rates, channels)))
        return score_each(self.answer_schema, answers, lambda content, _: _judge(content, sales, best))

    def miners(self) -> Mapping[str, Forward]:
        """A campaign from the trial's figures; cheaters; a patient returner, who uses the weakness."""
        return {
            "honest": lambda task: _campaign(task, []),
            "click buyer": _click_buyer,
            "bots": lambda task: _only_orders([{"device": n, "seconds": 0.2, "refund_day": None} for n in range(100)]),
            "one telephone": lambda task: _only_orders([{"device": 7, "seconds": 90.0, "refund_day": None}] * 100),
            "quick returner": lambda task: _only_orders(_returned(day=3)),
            "patient returner": lambda task: _only_orders(_returned(day=20)),
        }


def _judge(content: Json, sales: Any, best: int) -> Score:
    if sum(content["spend"]) > BUDGET + 1e-6:
        return Score(0.0, f"wrong form: spends {sum(content['spend']):.2f}, the budget is {BUDGET:.2f}")
    bought, own = sales(content["spend"]), verified(content["own_orders"])
    refused = len(content["own_orders"]) - own
    value = min(1.0, (bought + own) / best)
    return Score(value, f"{bought} sales by channels, {own} others verified, {refused} refused as fraud; best {best}")


def _campaign(task: Task, orders: Sequence[Json]) -> Json:
    """Spend the money where the trial had the most accepted orders, with a cautious estimate."""
    channels = task.content["channels"]
    rates = [(c["trial_orders"] - c["trial_returns"] + 0.5) / (c["trial_clicks"] + 50) for c in channels]
    return {"spend": best_split(rates, channels), "own_orders": list(orders)}


def _click_buyer(task: Task) -> Json:
    """Buy as many clicks as possible, also from click farms."""
    channels = task.content["channels"]
    return {"spend": best_split([1.0] * CHANNELS, channels), "own_orders": []}


def _only_orders(orders: Sequence[Json]) -> Json:
    return {"spend": [0.0] * CHANNELS, "own_orders": list(orders)}


def _returned(day: int) -> list[Json]:
    return [{"device": 1000 + n, "seconds": 60.0 + n, "refund_day": day} for n in range(MOST_OWN_ORDERS)]
