"""The claims of lab 05, each tested on a running chain or with the gallery's own rules."""

from __future__ import annotations

from collections.abc import Mapping

from tao_lab.cards import percent
from tao_lab.chain.runtime import load_runtime
from tao_lab.course.claims import RULES, Claim, Evidence
from tao_lab.course.lab05 import loop, reference
from tao_lab.course.lab05.loop import ALPHA
from tao_lab.course.lab05.market import open_market
from tao_lab.course.networks import small_network
from tao_lab.neurons.work import Answer, Json
from tao_lab.subnets import kind, kinds
from tao_lab.units import RAO_PER_TAO

CHEAP_KINDS = tuple(name for name in kinds() if name != "speech")  # speech calls another program for each task
GOOD = {"text": "table"}  # a miner that answers well without a language model


def alpha_of_miners(weights: Mapping[str, float]) -> dict[str, float]:
    """The miners' pay in an epoch in which nobody was asked anything, in alpha.

    Args:
        weights: that the only validator sets, by miner.
    """
    with small_network() as net:
        market = open_market(net, list(weights))
        validator = market.validators[0]
        net.run(blocks=market.limits(validator).blocks_to_wait)
        by_uid = {market.uid(market.miners[name]): weight for name, weight in weights.items()}
        market.send(validator, *reference.to_u16(by_uid))
        market.to_epoch()
        return {name: market.earned(wallet) / RAO_PER_TAO for name, wallet in market.miners.items()}


def no_queries_no_pay() -> Evidence:
    """Claim 17: a miner that is never asked, under a validator that scores and under one that does not."""
    memory = reference.remember({}, {"asked": 1.0}, {"asked": (1, 1), "never asked": (2, 1)}, ALPHA)
    honest = alpha_of_miners({name: entry[2] for name, entry in memory.items()})
    lazy = alpha_of_miners({"asked": 1.0, "never asked": 1.0})
    names = [item["name"] for item in load_runtime().pallets["SubtensorModule"]["storage"]]
    return Evidence(
        "false" if lazy["never asked"] > 0 else "true",
        "The chain pays for weights and knows nothing of queries. Under an honest validator it comes out as claimed: "
        "who is not asked has no score. A validator that sets weights without asking pays anybody.",
        {
            "asked once, honest validator, earns in the epoch": f"{honest['asked']:.4f} α",
            "never asked, honest validator": f"{honest['never asked']:.4f} α",
            "never asked, validator that gives all the same": f"{lazy['never asked']:.4f} α",
            "storage items about queries or answers": f"{sum(map(_is_about_queries, names))} of {len(names)}",
        },
    )


def _is_about_queries(name: str) -> bool:
    return any(word in name.lower() for word in ("query", "queries", "request", "answer", "response"))


def _deformed(content: Json) -> dict[str, Json]:
    """Good answers with a wrong form, in several ways."""
    first = next(iter(content))
    return {
        "a further field": {**content, "comment": "Here you are!"},
        "the field renamed": {f"my_{name}": value for name, value in content.items()},
        "without its object": content[first],
        "wrapped in a list": [content],
        "nothing in it": {},
    }


def wrong_format_scores_zero() -> Evidence:
    """Claim 18: good answers of each kind of work, and the same with a wrong form."""
    good = bad = bad_paid = 0
    for name in CHEAP_KINDS:
        subnet = kind(name)
        asked = subnet.make_round(loop.FIRST_TASK + 1)
        content = subnet.miners()[GOOD.get(name, "honest")](asked.task)
        good += subnet.score(asked, [Answer(content)])[0].value > 0
        for deformed in _deformed(content).values():
            bad += 1
            bad_paid += subnet.score(asked, [Answer(deformed)])[0].value > 0
    after = reference.remember({"miner": (1, 1, 1.0)}, {"miner": 0.0}, {"miner": (1, 1)}, ALPHA)["miner"][2]
    paid = alpha_of_miners({"always right": 1.0, "once in a wrong form": after})
    share = paid["once in a wrong form"] / paid["always right"]
    return Evidence(
        "true" if good and not bad_paid else "false",
        "Every kind of work that was tried scores such an answer 0. It is the subnet's rule, not the chain's, and pay "
        "does not fall to 0 at once: it follows the average.",
        {
            "kinds of work tried, all but `speech`": f"{len(CHEAP_KINDS)} of {len(kinds())}",
            "their good answers with a score above 0": f"{good} of {len(CHEAP_KINDS)}",
            "the same answers in a wrong form, score above 0": f"{bad_paid} of {bad}",
            "average of 1.0 after one answer in a wrong form": f"{after:.2f}",
            "pay of that epoch beside a miner who is always right": percent(share, 1),
        },
    )


CLAIMS = (
    Claim(17, "A miner with no queries earns nothing.", no_queries_no_pay),
    Claim(
        18,
        "A wrongly formatted answer scores zero.",
        wrong_format_scores_zero,
        f"{RULES}; this release's kinds of work",
    ),
)
