"""Independent jobs on all cores, for example several networks that have nothing to do with each other.

    def paid(seed):
        with Network() as net:
            subnet = net.create_subnet(owner=net.wallet("alice", tao=1_000))
            net.populate(subnet, validators=4, miners=12, seed=seed)
            net.run(epochs=3, subnet=subnet)
            return [neuron.incentive for neuron in net.metagraph(subnet)]

    on_all_cores(paid, range(4))

Each job runs in another process, which loads the library first: two seconds and about 125 MiB for each process, plus
what the job itself takes. So it pays for jobs that take seconds together.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from tao_lab.errors import LabError
from tao_lab.processes import end_with

Input = TypeVar("Input")
Result = TypeVar("Result")


def on_all_cores(
    job: Callable[[Input], Result], inputs: Iterable[Input], workers: int | None = None, name: str = "runs"
) -> list[Result]:
    """The results of a function for many inputs, in the order of the inputs, with a bar while they come.

    Ctrl-C ends all processes, and so does an error in one of the jobs.

    Args:
        job: A function of one argument that shares nothing with other calls; one from a notebook is copied.
        inputs: Its arguments. They and the results are copied to and from other processes.
        workers: Processes; by default one for each core. 1: in this process.
        name: Shown beside the bar.

    Raises:
        LabError: `workers` is not a whole number from 1 on.
    """
    from tao_lab.bars import passing_bar  # brings ipywidgets

    jobs = list(inputs)
    results: list[Any] = [None] * len(jobs)
    with passing_bar(total=len(jobs), desc=name, disable=None) as bar:
        for place, result in as_they_end(job, jobs, workers):
            results[place] = result
            bar.update(1)
    return results


def as_they_end(
    job: Callable[[Input], Result], inputs: Sequence[Input], workers: int | None = None
) -> Iterator[tuple[int, Result]]:
    """The same without a bar: the place of an input and its result, whichever ends first."""
    if workers is not None and (not isinstance(workers, int) or isinstance(workers, bool) or workers < 1):
        raise LabError(f"workers is {workers!r}; allowed: a whole number from 1 on")
    count = min(workers or os.cpu_count() or 1, len(inputs))
    if count <= 1:
        for place, each in enumerate(inputs):
            yield place, job(each)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        yield from Parallel(
            n_jobs=count,
            return_as="generator_unordered",
            batch_size=1,
            max_nbytes=None,  # no shared memory: the data are small
            initializer=_begin,
            initargs=(os.getpid(),),
        )(delayed(_one)(job, place, each) for place, each in enumerate(inputs))
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; the parent ends them
    end_with(parent)


def _one(job: Callable[[Input], Result], place: int, each: Input) -> tuple[int, Result]:
    return place, job(each)
