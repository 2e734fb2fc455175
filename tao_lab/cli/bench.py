"""`tao-lab bench`: each measurement is a program of its own under `tao_lab/bench/`."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from rich.table import Table

from tao_lab.cli.app import bench, messages, output, progress_bars


@bench.command("consensus", epilog="Example: `tao-lab bench consensus`")
def bench_consensus() -> None:
    """Exact epoch against a vectorized float32 epoch in torch, with a sort-based median."""
    from tao_lab.bench import consensus, machine

    table = Table("validators × miners", "exact ms", "torch ms", "ratio", "at most", "largest difference of incentive")
    timings = []
    with progress_bars() as progress:
        task = progress.add_task("epochs", total=len(consensus.SIZES))
        for size in consensus.SIZES:
            timings.append(consensus.measure(*size))
            progress.advance(task)
    for t in timings:
        limit = "" if t.limit is None else f"{t.limit:.2f}"
        row = (f"{t.exact * 1e3:.2f}", f"{t.torch * 1e3:.2f}", f"{t.ratio:.2f}", limit, f"{t.largest_difference:.1e}")
        table.add_row(f"{t.validators}×{t.miners}", *row)
    output.print(table, soft_wrap=False)
    typer.echo(f"peak memory {machine.peak_memory():.0f} MiB (torch and numba loaded); {machine.describe()}")
    over = [t for t in timings if t.limit is not None and t.ratio > t.limit]
    ratios = ", ".join(f"{t.validators}x{t.miners}: {t.ratio:.2f}" for t in timings)
    typer.echo(f"ratios exact/torch {ratios} ({'over the limit' if over else 'within the limits'})")
    if over:
        raise typer.Exit(1)


@bench.command("slider", epilog="Example: `tao-lab bench slider --changes 60`")
def bench_slider(
    changes: Annotated[int, typer.Option(min=2, max=10_000, help="Movements of the slider to measure.")] = 60,
) -> None:
    """From a slider's movement to the repainted charts, in a headless Chromium."""
    from tao_lab.bench import slider

    if not slider.run(changes):
        raise typer.Exit(1)


@bench.command("room", epilog="Example: `tao-lab bench room --readers 40 --peer 4`")
def bench_room(
    readers: Annotated[int, typer.Option(min=1, max=500, help="People who open the page at once.")] = 40,
    peer: Annotated[int, typer.Option(min=1, max=100, help="The same with stock Voila; each takes 450 MiB.")] = 4,
) -> None:
    """Many readers of a dashboard at once, against stock Voila: seconds, processor time and memory of each."""
    import statistics

    from tao_lab.bench import machine, room

    with messages.status("…") as line:
        ours = room.measure(readers, line.update)
        theirs = room.measure_peer(peer, line.update)
    rows = Table(
        "", "readers", "alone", "at once", "last", "processor", "kernel", "in all", title="seconds, and MiB of memory"
    )
    for name, found in (("the lab's server", ours), ("stock Voila", theirs)):
        crowd, kernels = found.crowd, found.kernels
        times = (statistics.median(found.single), statistics.median(crowd), max(crowd), found.processor)
        sizes = (max(kernels), found.memory)
        rows.add_row(name, str(len(crowd)), *(f"{value:.2f}" for value in times), *(f"{value:,.0f}" for value in sizes))
    output.print(rows, soft_wrap=False)
    typer.echo(f"a reader's processor time: {ours.processor / theirs.processor:.2f} of stock Voila's")
    typer.echo(f"load of the machine {os.getloadavg()[0]:.1f}; {machine.describe()}")
    worst = max(ours.kernels)
    fits = worst <= room.MOST_KERNEL and ours.memory <= room.MOST_MEMORY and ours.free_machine <= room.MOST_SECONDS
    typer.echo(
        f"{readers} readers at once need {ours.free_machine:.1f} s of all processors "
        f"(at most {room.MOST_SECONDS:.0f}), {worst:.0f} MiB a kernel (at most {room.MOST_KERNEL:.0f}), "
        f"{ours.memory:,.0f} MiB in all (at most {room.MOST_MEMORY:,.0f}): {'within' if fits else 'OVER'} the limits"
    )
    if not fits:
        raise typer.Exit(1)


@bench.command("chain", epilog="Example: `tao-lab bench chain --blocks 20000`")
def bench_chain(
    blocks: Annotated[int, typer.Option(min=2_000, help="Height that is compared with block 1,000.")] = 100_000,
) -> None:
    """Signed extrinsics against bare verification, cost of a block against the height, and small networks."""
    from tao_lab.bench import chain, machine

    extrinsics = chain.measure_extrinsics()
    height = chain.measure_height(blocks)
    speeds = f"{1 / extrinsics.whole:,.0f} a second, bare verification {1 / extrinsics.bare:,.0f} a second"
    typer.echo(f"signed extrinsics: {speeds}: ratio {extrinsics.ratio:.3f} (at least {chain.LEAST_RATIO})")
    costs = f"{height.seconds_high * 1e6:.0f} µs, at {height.low:,} {height.seconds_low * 1e6:.0f} µs"
    typer.echo(f"empty block at {height.high:,}: {costs}: ratio {height.growth:.2f} (at most {chain.MOST_GROWTH})")
    typer.echo(f"empty block: {height.seconds_low * 1e3:.3f} ms (at most {chain.MOST_EMPTY * 1e3:.2f})")
    idle, small = chain.measure_idle(), chain.measure_small()
    typer.echo(
        f"{idle.subnets} idle subnets: {1 / idle.seconds:.0f} blocks a second (at least {chain.LEAST_IDLE}), "
        f"{idle.bytes_per_block / 1e3:.1f} kB on disk a block"
    )
    typer.echo(
        f"one subnet of 16 neurons: ten epochs {small.epochs:.2f} s (at most {chain.MOST_EPOCHS:.1f}), "
        f"a year with history at epochs {small.year:.0f} s (at most {chain.MOST_YEAR:.0f})"
    )
    typer.echo(f"{height.bytes_per_block:.0f} bytes on disk for an empty block; {machine.describe()}")
    kept = {
        "signed extrinsics": extrinsics.ratio >= chain.LEAST_RATIO,
        "growth with height": height.growth <= chain.MOST_GROWTH,
        "empty block": height.seconds_low <= chain.MOST_EMPTY,
        "idle subnets": 1 / idle.seconds >= chain.LEAST_IDLE,
        "ten epochs": small.epochs <= chain.MOST_EPOCHS,
        "a year": small.year <= chain.MOST_YEAR,
    }
    broken = [name for name, is_kept in kept.items() if not is_kept]
    typer.echo(f"over the limit: {', '.join(broken)}" if broken else "within the limits")
    if broken:
        raise typer.Exit(1)


@bench.command("miner", epilog="Example: `tao-lab bench miner --model smollm2`")
def bench_miner(
    model: Annotated[str, typer.Option(help="Language model that is served; '' for none.")] = "smollm2",
    turns: Annotated[int, typer.Option(min=1, max=1_000, help="Turns of the model's questions.")] = 4,
) -> None:
    """A miner's signed path against bare FastAPI, and a model served against the same model called directly."""
    from tao_lab.bench import machine, miner

    served, loads = None, {}
    with progress_bars() as progress:
        bar = progress.add_task("requests", total=2 * (miner.TURNS + 1))
        for way, in_threads in (("coroutine", False), ("function in threads", True)):
            loads[way] = miner.measure_path(in_threads, lambda: progress.advance(bar))
        if model:
            bar = progress.add_task(model, total=turns)
            served = miner.measure_model(model, turns, lambda: progress.advance(bar))
    table = Table("trivial model", "server", "requests a second", "p50 ms", "p95 ms")
    for way, both in loads.items():
        for name, load in zip(("signed miner", "bare FastAPI"), both, strict=True):
            table.add_row(way, name, f"{load.per_second:,.0f}", f"{load.p50 * 1e3:.2f}", f"{load.p95 * 1e3:.2f}")
    output.print(table, soft_wrap=False)
    ratio = min(signed.per_second / bare.per_second for signed, bare in loads.values())
    words = f"signed/bare {ratio:.2f} (at least {miner.LEAST_SIGNED})"
    if served is not None:
        typer.echo(f"{model}: {served.served:.1f} tokens a second served, {served.direct:.1f} called directly")
        words += f", served/direct {served.ratio:.2f} (at least {miner.LEAST_SERVED})"
    typer.echo(f"{words}; {machine.describe()}")
    if ratio < miner.LEAST_SIGNED or (served is not None and served.ratio < miner.LEAST_SERVED):
        raise typer.Exit(1)


@bench.command("memory", epilog="Example: `tao-lab bench memory --context 4096`")
def bench_memory(
    context: Annotated[int, typer.Option(min=0, max=32_768, help="Tokens that the KV cache holds.")] = 4_096,
) -> None:
    """Bytes of Mistral-7B in 4 bits, by part, measured on tensors of its shape; at most 5.5 GiB."""
    from tao_lab.bench import machine, memory
    from tao_lab.neurons.models.memory import FORMATS, MISTRAL_7B
    from tao_lab.neurons.models.memory import memory as counted

    typer.echo(memory.try_the_path())
    with progress_bars() as progress:
        task = progress.add_task("blocks", total=MISTRAL_7B.blocks)
        measured = memory.measure(MISTRAL_7B, context, lambda done: progress.update(task, completed=done))
    table = Table("part (MiB)", *FORMATS[:-1], "nf4 double, measured")
    formats = [counted(MISTRAL_7B, name, context) for name in FORMATS[:-1]]
    for part, size in measured.items():
        table.add_row(part, *(f"{column[part] / 2**20:,.1f}" for column in formats), f"{size / 2**20:,.1f}")
    totals = [sum(column.values()) for column in (*formats, measured)]
    table.add_row("total", *(f"{total / 2**20:,.1f}" for total in totals))
    output.print(table, soft_wrap=False)
    typer.echo(f"peak memory of this program {machine.peak_memory():,.0f} MiB; {machine.describe()}")
    fits = totals[-1] < memory.LIMIT
    verdict = f"{'under' if fits else 'OVER'} the limit of {memory.LIMIT / 2**30:.1f} GiB"
    typer.echo(f"Mistral-7B in NF4 with a context of {context:,} tokens: {totals[-1] / 2**30:.2f} GiB, {verdict}")
    if not fits:
        raise typer.Exit(1)


@bench.command("economy", epilog="Example: `tao-lab bench economy --blocks 720 --no-fit`")
def bench_economy(
    blocks: Annotated[int, typer.Option(min=10, help="Blocks to measure; a day has 7,200.")] = 7_200,
    subnets: Annotated[int, typer.Option(min=1, max=1_000, help="Subnets.")] = 128,
    neurons: Annotated[int, typer.Option(min=4, max=256, help="Neurons of each; a quarter are validators.")] = 256,
    history: Annotated[str, typer.Option(help="States that are kept: blocks, epochs, or both in turn.")] = "both",
    fit: Annotated[
        bool, typer.Option(help="Measure the cost against the number of subnets and of neurons too.")
    ] = True,
) -> None:
    """A day of a whole network: emission, epochs at tempo 360 and pay-outs, with the share of each phase."""
    from tao_lab.bench import economy, machine
    from tao_lab.bench.population import Size

    if history not in ("blocks", "epochs", "both"):
        raise typer.BadParameter("allowed: blocks, epochs, both", param_hint="--history")
    size = Size(subnets, neurons, validators=neurons // 4)
    kinds = ("blocks", "epochs") if history == "both" else (history,)
    with progress_bars() as progress:
        task = progress.add_task("blocks", total=len(kinds) * (blocks + size.tempo + 2))
        runs = {kind: economy.measure(size, kind, blocks, lambda n: progress.advance(task, n)) for kind in kinds}
    for kind, run in runs.items():
        _print_economy(kind, run, economy)
    if fit:
        for each in (economy.fit_subnets(), economy.fit_neurons()):
            points = ", ".join(f"{size}: {ms:.1f} ms" for size, ms in zip(each.sizes, each.milliseconds, strict=True))
            typer.echo(f"a block by {each.of}: {points}; grows with {each.of} to the power of {each.exponent:.2f}")
    typer.echo(machine.describe())
    days = ", ".join(
        f"history of {kind} {run.day:.0f} s by the clock, {run.processor_day:.0f} s of the processor "
        f"(aim {economy.AIMS[kind]:.0f})"
        for kind, run in runs.items()
    )
    typer.echo(f"a day of {subnets} subnets of {neurons} neurons: {days}")


def _print_economy(kind: str, run: Any, economy: Any) -> None:
    measured = "measured" if run.blocks == economy.BLOCKS_PER_DAY else f"extrapolated from {run.blocks:,} blocks"
    hours = run.day * economy.DAYS_PER_YEAR / 3_600
    typer.echo(
        f"history of {kind}: {run.blocks / run.seconds:.1f} blocks a second; a day {run.day:.0f} s ({measured}; "
        f"processor {run.processor / run.seconds:.0%} of it), a year {hours:.1f} hours (extrapolated)"
    )
    shares = ", ".join(f"{phase} {seconds / run.processor:.0%}" for phase, seconds in run.phases.items())
    floor, per_day = run.floor, economy.BLOCKS_PER_DAY / run.blocks
    parts = {"hashing": floor.hashing, "one row a block": floor.storing, "epochs' arithmetic": floor.epochs}
    typer.echo(
        f"  of the processor: a day {run.processor_day:.0f} s, {run.processor / floor.seconds:.1f} times the floor of "
        f"{floor.seconds * per_day:.1f} s ({', '.join(f'{name} {s * per_day:.1f} s' for name, s in parts.items())}); "
        f"the same as by the readable rules at {run.compared} blocks"
    )
    before, after = (size / 2**20 for size in run.memory)
    kilobytes = run.file_bytes / run.blocks / 1e3
    typer.echo(f"  {shares}; {kilobytes:.1f} kB on disk a block; memory {before:.0f} MiB before, {after:.0f} MiB after")


@bench.command("judge", epilog="Example: `tao-lab bench judge 06`")
def bench_judge(
    labs: Annotated[list[str] | None, typer.Argument(help="Numbers of labs; all of them if none is given.")] = None,
) -> None:
    """Slips in every solution (mutants), and whether the cases of its exercise tell them from it."""
    from tao_lab.bench import judge
    from tao_lab.errors import LabError

    chosen = judge.exercises(labs or ())
    if not chosen:
        known = sorted({e.id[:2] for e in judge.exercises()})
        raise LabError(f"labs: {', '.join(labs or ())}; allowed: {', '.join(known)}")
    with progress_bars() as progress:
        task = progress.add_task("exercises", total=len(chosen))
        found = judge.measure(labs or (), lambda count: progress.advance(task, count))
    table = Table("exercise", "mutants", "killed", "equivalent", "survived", "own hints", "pairs", "told more")
    for each in found:
        share = f"{each.hinted / each.killed:.0%}" if each.killed else ""
        numbers = (each.mutants, each.killed, each.equivalent, len(each.survived), each.mistakes, each.pairs)
        table.add_row(each.exercise, *map(str, numbers), share)
    output.print(table, soft_wrap=False)
    for each in found:
        for label in each.survived:
            typer.echo(f"{each.exercise} survived: {label}")
        for label in each.idle:
            typer.echo(f"{each.exercise} listed as equivalent, and is not a mutant that survives: {label}")
        for problem in each.broken:
            typer.echo(f"{each.exercise} an edit does not fit: {problem}")
    mutants, killed, equivalent = (
        sum(getattr(each, name) for each in found) for name in ("mutants", "killed", "equivalent")
    )
    told = sum(each.hinted for each in found)
    survived = sum(len(each.survived) for each in found)
    typer.echo(f"{told / max(killed, 1):.1%} of the killed mutants get more than the generic hint")
    typer.echo(f"mutants {mutants}, killed {killed}, equivalent {equivalent}, survived {survived}")
    if survived or any(each.idle or each.broken for each in found):
        raise typer.Exit(1)


@bench.command("start", epilog="Example: `tao-lab bench start --rounds 5`")
def bench_start(
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds; each starts everything once.")] = 3,
) -> None:
    """Processor time to start the lab, as ratios to `import bittensor` in the same run."""
    from tao_lab.bench import machine, start

    with progress_bars() as progress:
        bar = progress.add_task("rounds", total=rounds + 1)
        peer, timings = start.measure(rounds, lambda: progress.advance(bar))
    table = Table("start", "seconds of a processor", "ratio", "at most")
    table.add_row(start.PEER, f"{peer:.2f}", "1.00", "")
    for each in timings:
        table.add_row(each.start.name, f"{each.seconds:.2f}", f"{each.ratio:.2f}", f"{each.start.limit:.2f}")
    output.print(table)
    typer.echo(machine.describe())
    over = any(each.ratio > each.start.limit for each in timings)
    ratios = ", ".join(f"{each.start.name} {each.ratio:.2f} (at most {each.start.limit})" for each in timings)
    typer.echo(f"ratios to {start.PEER}: {ratios}: {'over the limit' if over else 'within the limits'}")
    if over:
        raise typer.Exit(1)


@bench.command("kernels", epilog="Example: `tao-lab bench kernels 03 06`")
def bench_kernels(
    labs: Annotated[list[str] | None, typer.Argument(help="Numbers of labs; all of them if none is given.")] = None,
) -> None:
    """Peak memory of each lab's kernel, solved and without a language model, and what takes it."""
    from tao_lab.bench import kernels, machine
    from tao_lab.course import solve

    chosen = [solve.lab(number) for number in labs or [lab.number for lab in solve.labs()]]
    found = []
    with messages.status("machine code") as line:
        kernels.compile_ahead()
        for lab in chosen:
            found.append(kernels.measure(lab.number, line.update))
    table = Table("lab, MiB", "peak", "at most", "of which", "in its cell", "start", "rest at the end", "others")
    for each in found:
        limit = "" if each.limit is None else f"{each.limit:.0f}"
        sizes = (f"{each.start:.0f}", f"{each.rest:.0f}", f"{each.others:.0f}")
        apart = ", ".join(f"{name} {size:.0f}" for name, size in each.apart.items())
        table.add_row(each.lab, f"{each.peak:.0f}", limit, apart, each.cell, *sizes)
    output.print(table, soft_wrap=False)
    for each in found:
        parts = ", ".join(f"{name} {size:.0f}" for name, size in each.imports.items() if size >= 1)
        typer.echo(f"lab {each.lab} imports, MiB: {parts}")
        if each.compiled:
            typer.echo(f"lab {each.lab} compiled {', '.join(each.compiled)}: scripts/compile.py does not call it")
    typer.echo(machine.describe())
    over = [each.lab for each in found if each.limit is not None and each.peak > each.limit]
    peaks = ", ".join(f"{each.lab}: {each.peak:.0f}" for each in found)
    verdict = f"over the limit: {', '.join(over)}" if over else "within the limits"
    typer.echo(f"peak MiB of a kernel by lab {peaks} ({verdict} of {kernels.LIMIT:.0f})")
    if over:
        raise typer.Exit(1)


@bench.command("first", epilog="Example: `tao-lab bench first consensus pool`")
def bench_first(
    names: Annotated[list[str] | None, typer.Argument(help="Dashboards; all of them if none is given.")] = None,
) -> None:
    """The first chart of each dashboard, in a headless Chromium, from a server that has just started."""
    from tao_lab import headings
    from tao_lab.bench import first, machine
    from tao_lab.errors import LabError

    known = [each.name for each in headings.dashboards()]
    if unknown := set(names or ()) - set(known):
        raise LabError(f"dashboard is {min(unknown)!r}; allowed: {', '.join(known)}")
    with messages.status("…") as line:
        found = first.measure_all(names or known, line.update)
    table = Table("dashboard, seconds", "first chart", "of the server", "of the browser", "second reader")
    for each in found:
        table.add_row(each.name, *(f"{s:.1f}" for s in (each.first, each.server, each.browser, each.second)))
    output.print(table, soft_wrap=False)
    typer.echo(f"load of the machine {os.getloadavg()[0]:.1f}; {machine.describe()}")
    over = [each.name for each in found if each.free_machine > first.MOST_SECONDS]
    times = ", ".join(f"{each.name} {each.free_machine:.1f}" for each in found)
    verdict = f"over the limit of {first.MOST_SECONDS:.0f}: {', '.join(over)}" if over else "within the limit"
    typer.echo(f"at most, on a free machine, in seconds: {times} ({verdict})")
    if over:
        raise typer.Exit(1)


@bench.command("node", epilog="Example: `tao-lab bench node`")
def bench_node() -> None:
    """Storage reads and signed transfers of 1, 10 and 100 clients against a bare WebSocket echo; the node's memory."""
    from tao_lab.bench import machine, node

    table = Table("what", "clients", "node /s", "p95 ms", "echo /s", "p95 ms", "ratio", "at least")
    with progress_bars() as progress:
        task = progress.add_task("node", total=2 * len(node.CLIENTS) + 10)
        found, growth = node.measure(lambda: progress.advance(task))
    for line in found:
        loads = [
            text for load in (line.node, line.echo) for text in (f"{load.per_second:,.0f}", f"{load.p95 * 1e3:.1f}")
        ]
        table.add_row(line.what, str(line.clients), *loads, f"{line.ratio:.3f}", f"{line.least}")
    output.print(table, soft_wrap=False)
    flat = growth <= node.MOST_GROWTH
    typer.echo(f"memory over {node.MEMORY_REQUESTS:,} reads: {growth / 2**20:+.1f} MiB; {machine.describe()}")
    over = [line for line in found if line.ratio < line.least]
    ratios = ", ".join(f"{line.what} {line.clients}: {line.ratio:.3f}" for line in found)
    typer.echo(f"ratios node/echo {ratios} ({'within the limits' if flat and not over else 'over the limit'})")
    if over or not flat:
        raise typer.Exit(1)


@bench.command("simulate", epilog="Example: `tao-lab bench simulate --runs 40`")
def bench_simulate(
    runs: Annotated[int, typer.Option(min=2, max=100_000, help="Runs in each of the three ways.")] = 40,
) -> None:
    """Runs a second of a sweep with one and with two workers, against the plain loop over the same scenarios."""
    from tao_lab.bench import machine, simulate

    with progress_bars() as progress:
        bar = progress.add_task("ways", total=4)
        speed = simulate.measure(runs, lambda: progress.advance(bar))
    alone = speed.one / speed.loop
    typer.echo(
        f"plain loop: {speed.loop:.2f} runs a second ({speed.each:.2f} s of processor each, "
        f"which it had {speed.processor:.0%} of the time); "
        f"a sweep in one process {speed.one:.2f}: ratio {alone:.2f} (at least {simulate.LEAST_ALONE})"
    )
    minutes = (1_000 / speed.two + speed.start) / 60
    typer.echo(
        f"two workers: started in {speed.start:.1f} s, then {speed.two:.2f} runs a second (at least "
        f"{simulate.LEAST_RUNS:.2f}): a thousand runs in {minutes:.1f} minutes"
    )
    typer.echo(machine.describe())
    fast = (
        speed.two >= simulate.LEAST_RUNS and speed.speed_up >= simulate.LEAST_SPEED_UP and alone >= simulate.LEAST_ALONE
    )
    typer.echo(
        f"speed-up of two workers {speed.speed_up:.2f} (at least {simulate.LEAST_SPEED_UP}), ratio to the plain loop "
        f"{speed.ratio:.2f} ({'within the limits' if fast else 'over the limit'})"
    )
    if not fast:
        raise typer.Exit(1)


@bench.command("grade", epilog="Example: `tao-lab bench grade --notebooks 18`")
def bench_grade(
    notebooks: Annotated[int, typer.Option(min=2, max=1_000, help="Notebooks, of all labs in turn.")] = 40,
) -> None:
    """Grade solved notebooks of the whole course with some answers spoiled: by one worker, then by two."""
    from tao_lab.bench import grade, machine

    with progress_bars() as progress:
        task = progress.add_task("notebooks", total=2 * notebooks)
        found = grade.measure(notebooks, lambda _: progress.advance(task))
    for student, exercise, state in found.unexpected:
        typer.echo(f"{student}: {exercise} came out {state}")
    typer.echo(
        f"{found.notebooks} notebooks: {found.one:.1f} s with one worker, {found.two:.1f} s with two in the reverse "
        f"order; {found.preparing:.1f} s for the cases, once; {machine.describe()}"
    )
    marks = "the same marks in any order" if found.same else "other marks in another order"
    expected = "as expected" if not found.unexpected else f"{len(found.unexpected)} of them unexpected"
    typer.echo(
        f"{found.seconds:.2f} s a notebook (at most {grade.MOST_SECONDS:g}), two workers {found.speedup:.2f} times as "
        f"fast (at least {grade.LEAST_SPEEDUP:g}), {marks}, {expected} "
        f"({'within the limits' if found.is_within else 'over the limit'})"
    )
    if not found.is_within:
        raise typer.Exit(1)
