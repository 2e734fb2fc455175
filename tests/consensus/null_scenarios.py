"""Vectors of Null consensus: the source's tests in their own numbers, random subnets, and a plain oracle for both.

The oracle shares no code with the lab: it knows only what `apportion_units` and `epoch_mechanism_with_budgets` of spec
475 say, with Python's whole numbers.
"""

from __future__ import annotations

from typing import Any

from tests.consensus.cases import case

SOURCE = "pallets/subtensor/src/tests/null_consensus.rs"
Row = list[list[int]]
U64_MAX = (1 << 64) - 1


def plain(stakes: list[int], rows: dict[int, Row], **changes: Any) -> dict[str, Any]:
    """A subnet whose neurons were there before the weights; 1,000,000 rao for it."""
    n = len(stakes)
    return {
        "n": n,
        "block": 100_000,
        "tempo": 65_534,
        "last_step_block": 0,
        "activity_cutoff": 5_000,
        "kappa": 32_767,
        "bonds_penalty": 0,
        "bonds_moving_average": 900_000,
        "yuma3": False,
        "liquid_alpha": None,
        "max_validators": 1,
        "min_stake": 0,
        "owner_uid": None,
        "emission": 1_000_000,
        "stake": stakes,
        "validator_permit": [uid == 0 for uid in range(n)],
        "last_update": [1] * n,
        "registered_at": [0] * n,
        "weights": [[uid, row] for uid, row in rows.items()],
        "bonds": [],
        **changes,
    }


def pots(miners: int, local: int, root: int) -> dict[str, int]:
    return {"miners": miners, "local": local, "root": root}


def expected(data: dict[str, Any]) -> dict[str, Any]:
    """What the source says comes out."""
    n, emission = data["n"], data["emission"]
    budgets = data.get("budgets") or pots(emission - emission // 2, emission // 2, 0)
    fractions = data.get("stake_fraction", [0] * n)
    stakes = [stake * 2**64 + part for stake, part in zip(data["stake"], fractions, strict=True)]
    winner = next((uid for uid in range(n) if stakes[uid] == max(stakes)), None)
    shares = [0] * n
    if winner is not None:
        for uid, value in dict(data["weights"]).get(winner, []):
            commits = data.get("commit_block")
            open_commit = U64_MAX if commits is None or commits[winner] is None else commits[winner]
            meant = data["last_update"][winner] > data["registered_at"][uid] <= open_commit
            if meant and (uid != winner or winner == data["owner_uid"]):
                shares[uid] = value
    if not any(shares):
        shares = [1] * n
    if not any(stakes):
        server, validator = cut(budgets["miners"] + budgets["local"], shares), [0] * n
    else:
        server, validator = cut(budgets["miners"], shares), cut(budgets["local"] + budgets["root"], stakes)
    return {
        "validator_permit": [uid == winner for uid in range(n)],
        "server_emission": server,
        "validator_emission": validator,
        "emission": [a + b for a, b in zip(server, validator, strict=True)],
    }


def cut(budget: int, shares: list[int]) -> list[int]:
    """Pay each the difference of the floors of the sums before and after it."""
    paid, so_far, total = [], 0, sum(shares)
    for share in shares:
        paid.append(budget * (so_far + share) // total - budget * so_far // total)
        so_far += share
    return paid


def subtensor() -> list[tuple[str, str, dict[str, Any]]]:
    """The source's scenarios: name, its test, input."""
    two = [300_000_000, 100_000_000, 0, 0]
    loser = {1: [[3, 65_535]]}
    full = {0: [[uid, 1] for uid in range(2_500)]}
    crowd = [1_000, *[0] * 2_499]
    found = [
        ("winner-and-inactive-stake", "winner_incentives_and_stake_dividends_ignore_activity",
         plain(two, {0: [[2, 3], [3, 1]], **loser})),
        ("first-of-equals", "tie_selects_first_uid", plain([10**8, 10**8, 0, 0], {0: [[2, 65_535]], **loser})),
        ("empty-row", "empty_winner_weights_share_across_every_uid", plain(two, loser)),
        ("one-rao-more", "selects_winner_before_normalized_stake_rounding",
         plain([10**9, 10**9 + 1, 0, 0], {0: [[2, 65_535]], 1: [[3, 65_535]]})),
        ("stale-row", "stale_winner_row_uses_equal_fallback",
         plain(two, {0: [[2, 65_535]], **loser}, registered_at=[0, 0, 2, 0])),
        ("no-stake", "no_stake_has_only_equal_miner_emissions", plain([0] * 4, {})),
        ("no-neurons", "default_and_empty_subnet", plain([], {})),
        ("2500-places", "full_row_timelock_reveal_to_emissions", plain(crowd, full, owner_uid=0)),
    ]  # fmt: skip
    found += [
        (f"raw-weights-of-{budget}", "preserves_raw_weights_and_epoch_budget",
         plain(two, {0: [[2, 65_534], [3, 1]]}, emission=budget))
        for budget in (0, 1, 3, 131_071, U64_MAX)
    ]  # fmt: skip
    odd = plain(two, {0: [[2, 1], [3, 1]]}, budgets=pots(500_000, 500_001, 0))
    zero = plain([0] * 4, {0: [[2, 3], [3, 1]]}, budgets=pots(500, 200, 300))
    alone = plain([0] * 4, {}, budgets=pots(500, 200, 300))
    rooted = plain(two, {0: [[2, 1]]}, budgets=pots(500, 200, 300))
    found += [
        ("odd-pot", "budgets", odd),
        ("no-stake-three-pots", "budgets", alone),
        ("no-stake-but-weights", "budgets", zero),
        ("three-pots", "budgets", rooted),
    ]
    return [
        (name, f"{SOURCE} null_consensus_{test}" if test != "budgets" else SOURCE, data) for name, test, data in found
    ]


def vectors() -> list[dict[str, Any]]:
    """The whole file."""
    found = subtensor() + [(f"generated-{seed}", "generated", case(seed)) for seed in range(24)]
    return [{"name": name, "source": source, "input": data, "expected": expected(data)} for name, source, data in found]
