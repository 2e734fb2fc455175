"""Play rounds of one kind of work in this process: every miner answers every task, and the kind scores them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tao_lab.errors import LabError
from tao_lab.neurons import rules
from tao_lab.neurons.models import ModelTimeout
from tao_lab.neurons.work import Answer, Forward, Subnet, Task
from tao_lab.subnets.gallery import kind

if TYPE_CHECKING:  # a table is the only thing that needs pandas, which takes half a second to load
    import pandas as pd


def play(
    work: str | Subnet,
    miners: Mapping[str, Forward] | None = None,
    rounds: int = 10,
    seed: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> pd.DataFrame:
    """Let miners compete.

    Args:
        work: a kind of work, or its name.
        miners: by name; the kind's own ones if not given.
        rounds: number of tasks, at least 1.
        seed: of the first task; the others follow.
        progress: called after each round.

    Returns:
        One row for each miner, the best first: `miner`, `score` (mean, 0 to 1), `worst`, `best`, `right` (share of the
        rounds with a score above 0.5), `seconds` (mean time for an answer), `reason` (for its last score).

    Raises:
        LabError: no rounds or no miners.
        BadRule: the kind's own rule raised an error, or did not return scores from 0 to 1.
    """
    subnet = kind(work) if isinstance(work, str) else work
    players = rules.miners(subnet) if miners is None else dict(miners)
    if rounds < 1 or not players:
        raise LabError(f"rounds: {rounds}, miners: {len(players)}; allowed: at least one of each")
    rows = []
    for number in range(rounds):
        asked = rules.make_round(subnet, seed + number)
        answers = [ask(forward, asked.task) for forward in players.values()]
        for name, answer, score in zip(players, answers, rules.score(subnet, asked, answers), strict=True):
            rows.append((name, score.value, answer.seconds, score.reason))
        progress()
    import pandas as pd

    table = pd.DataFrame(rows, columns=["miner", "score", "seconds", "reason"])
    groups = table.groupby("miner", sort=False)
    result = pd.DataFrame(
        {
            "score": groups["score"].mean(),
            "worst": groups["score"].min(),
            "best": groups["score"].max(),
            "right": groups["score"].agg(lambda values: (values > 0.5).mean()),
            "seconds": groups["seconds"].mean(),
            "reason": groups["reason"].last(),
        }
    )
    return result.sort_values("score", ascending=False, kind="stable").reset_index()


def ask(forward: Forward, task: Task) -> Answer:
    """One miner's answer to one task; an error becomes a problem, and a late answer does not count."""
    beginning = time.perf_counter()
    try:
        content = forward(task)
    except ModelTimeout:
        return Answer(None, time.perf_counter() - beginning, "timeout")
    except LabError:
        raise  # the user can fix this, for example by downloading a model
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a miner may fail in any way
        return Answer(None, time.perf_counter() - beginning, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - beginning
    return Answer(content, seconds) if seconds <= task.seconds else Answer(None, seconds, "timeout")
