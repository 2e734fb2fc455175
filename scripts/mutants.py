"""Change the rules at random and see whether the quick tests notice: `make mutants`, or one folder with its own sample.

    python scripts/mutants.py measure                                    # once: which test runs which line
    python scripts/mutants.py run tao_lab/consensus --sample 100 --seed 1
    python scripts/mutants.py report

Cosmic Ray makes the mutants: another operator, comparison or number, `not`, an `if` that is always taken, a loop that
does not run. A mutant is tried in a copy of the tree, by the tests that run its line, the shortest first, until one
fails. Left out is what cannot change a result: annotations, decorators for speed, sentences for people.

Nothing hides a mutant: the copy keeps no bytecode of a changed file, and what numba compiled before is not used again
where the changed file has compiled code. Results are kept in `.mutants/`, so that a run can be broken off and resumed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".mutants"
FOLDERS = ("tao_lab/consensus", "tao_lab/economy", "tao_lab/chain/pallets")
TESTS = ("tests/consensus", "tests/economy", "tests/chain", "tests/vectors", "tests/test_fixed.py")
TABLES = ["tests/chain/test_weights_of_calls.py", "tests/chain/test_fees.py"]  # of what is written at import
TYPES = ("Callable", "dict", "list", "tuple")
UNUSED = ("VariableInserter", "VariableReplacer", "NoOp")
FOR_SPEED = ("@njit", "@vectorize", "@dataclass", "@lru_cache", "@cache")
PRELOADED = ("numpy", "numba", "hypothesis.stateful", "bittensor_core", "xxhash", "base58", "jsonschema", "bittensor")
MOST_SECONDS = 30.0  # of tests for one mutant, as measured
OUTCOMES = {0: "survived", 1: "killed", -signal.SIGXCPU: "endless"}  # of pytest: all passed, one failed
PATIENCE = 5  # times as long as measured, and a minute, of processor time before a mutant counts as endless


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    path: str
    line: int
    operator: str
    occurrence: int

    @property
    def key(self) -> str:
        """Its name in the results."""
        return f"{self.path}:{self.line} {self.operator} {self.occurrence}"


# --- which test runs which line ---------------------------------------------------------------------------------


class Watch:
    """A plugin of pytest: each line belongs to the test that runs it, fixtures included."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Before a test and its fixtures."""
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """After the fixtures, the test, and what they leave."""
        self.seconds[report.nodeid] += report.duration


def measure(paths: list[str]) -> None:
    """Run quick tests once under coverage, and keep which test runs which line, and for how long.

    Args:
        paths: files or folders of tests, none for all. Of a file of rules that has not changed, the lines that other
            tests run are kept.
    """
    import coverage

    KEPT.mkdir(exist_ok=True)
    watched = coverage.Coverage(data_file=None, source=[str(ROOT / folder) for folder in FOLDERS])
    watch = Watch(watched)
    watched.start()
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", *(paths or TESTS)], plugins=[watch])
    watched.stop()
    if code:
        raise SystemExit("the tests must pass before mutants can fail them")
    seconds, runs = kept_of_others(set(watch.seconds)) if paths and (KEPT / "lines.json").exists() else ({}, {})
    seconds |= watch.seconds
    data, tests = watched.get_data(), sorted(seconds)
    place = {test: number for number, test in enumerate(tests)}
    files = {}
    for file in data.measured_files():
        path = Path(file).relative_to(ROOT).as_posix()
        lines = runs.get(path, defaultdict(set))
        for line, found in data.contexts_by_lineno(file).items():
            lines[str(line)].update(found)
        files[path] = {
            "digest": digest(ROOT / path),
            "lines": {line: [place[test] for test in found if test in place] for line, found in lines.items()},
        }
    kept = {"tests": tests, "seconds": [seconds[test] for test in tests], "files": files}
    (KEPT / "lines.json").write_text(json.dumps(kept))


def kept_of_others(measured: set[str]) -> tuple[dict[str, float], dict[str, defaultdict[str, set[str]]]]:
    """What was measured before of other tests: their seconds, and who runs which line of files that did not change."""
    before = Lines()
    seconds = {test: took for test, took in zip(before.tests, before.seconds, strict=True) if test not in measured}
    runs = {}
    for path, file in before.files.items():
        if (ROOT / path).exists() and file["digest"] == digest(ROOT / path):
            runs[path] = defaultdict(set)
            for line, tests in file["lines"].items():
                runs[path][line] = {before.tests[test] for test in tests} - measured
    return seconds, runs


def digest(path: Path) -> str:
    """Of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Lines:
    """What `measure` found."""

    def __init__(self) -> None:
        kept = json.loads((KEPT / "lines.json").read_text())
        self.tests: list[str] = kept["tests"]
        self.seconds: list[float] = kept["seconds"]
        self.files: dict[str, Any] = kept["files"]

    def fitting(self, mutant: Mutant) -> list[str]:
        """The tests for a mutant, those of its own file and short ones first, until they take too long.

        A line that runs at import, or in compiled code, or whose file has changed since, has the tests of its file.
        """
        file = self.files.get(mutant.path, {"digest": "", "lines": {}})
        of_line = file["lines"].get(str(mutant.line), []) if file["digest"] == digest(ROOT / mutant.path) else []
        of_file = {test for tests in file["lines"].values() for test in tests}
        found = set(of_line) or of_file or self._of_package(mutant.path)
        name = Path(mutant.path).stem
        order = sorted(found, key=lambda test: (f"test_{name}." not in self.tests[test], self.seconds[test]))
        chosen, total = [], 0.0
        for test in order:
            total += self.seconds[test]
            if chosen and total > MOST_SECONDS:
                break
            chosen.append(self.tests[test])
        return chosen + (TABLES if not of_line and mutant.path.startswith("tao_lab/chain/") else [])

    def _of_package(self, path: str) -> set[int]:
        """All that is compiled: tests of the package, and those that compare the two ways of emission."""
        package = path.split("/")[1]
        starts = (f"tests/{package}/", "tests/vectors/", "tests/chain/subtensor/test_many_subnets")
        return {number for number, test in enumerate(self.tests) if test.startswith(starts)}

    def expected(self, tests: list[str]) -> float:
        """Seconds that tests take unless a mutant makes them hang."""
        known = dict(zip(self.tests, self.seconds, strict=True))
        return sum(known.get(test, 1.0) for test in tests)


# --- mutants ----------------------------------------------------------------------------------------------------


Span = tuple[tuple[int, int], tuple[int, int]]  # (line, column) of its begin and of what follows it


def spans_without_meaning(source: str) -> list[Span]:
    """Where a change can't change a result: annotations, names of types, sentences, and the promise of `zip`."""
    found: list[ast.AST] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            found.append(node.returns)
        elif isinstance(node, ast.JoinedStr) or _is_strict(node) or _is_alias(node):
            found.append(node)
    return [((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)) for node in found]  # type: ignore[attr-defined]


def _is_strict(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _is_alias(node: ast.AST) -> bool:
    """A name for a type: `Rule = Callable[…] | None`, `Keys = tuple[int | str, ...]`."""
    value = node.value if isinstance(node, ast.Assign) else None
    root = value.left if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr) else value
    return isinstance(root, ast.Subscript) and isinstance(root.value, ast.Name) and root.value.id in TYPES


def mutants_of(path: Path) -> Iterator[tuple[tuple[Any, str], Mutant]]:
    """All mutants of a file, each with its place and kind: of one place and kind only one is tried."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    source = path.read_text()
    lines, spans, nodes = source.splitlines(), spans_without_meaning(source), list(ast_nodes(get_ast(source)))
    for name in operator_names():
        kind = name.split("/")[1].split("_")[0]
        if kind in UNUSED:
            continue
        operator, occurrence = get_operator(name)(), -1
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                occurrence += 1
                within = any(begin <= tuple(start) < behind for begin, behind in spans)
                if not within and not lines[start[0] - 1].strip().startswith(FOR_SPEED):
                    mutant = Mutant(path.relative_to(ROOT).as_posix(), start[0], name, occurrence)
                    yield ((start, kind), mutant)


def sample(folder: str, count: int, seed: int) -> list[Mutant]:
    """Some mutants of a folder: places and kinds at random, then one of each at random."""
    places: dict[Any, list[Mutant]] = defaultdict(list)
    for path in sorted((ROOT / folder).rglob("*.py")):
        for place, mutant in mutants_of(path):
            places[(mutant.path, place)].append(mutant)
    chance = random.Random(seed)
    chosen = chance.sample(sorted(places, key=str), min(count, len(places)))
    return [chance.choice(places[place]) for place in chosen]


# --- trying one -------------------------------------------------------------------------------------------------


class Copy:
    """A copy of the tracked files, in which files are changed and tests run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0")
        for name in filter(None, names):
            target = folder / os.fsdecode(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / os.fsdecode(name), target)
        subprocess.run([sys.executable, "-m", "compileall", "-q", "tao_lab"], cwd=folder, check=True)

    def preload(self) -> None:
        """Load once for all mutants what takes long and is not changed: libraries, and the chain's metadata."""
        for name in PRELOADED:
            import_module(name)
        sys.path.insert(0, str(self.folder))
        import_module("tao_lab.chain.runtime").load_runtime()
        changing = [folder.replace("/", ".") for folder in FOLDERS]
        loaded = [name for name in sys.modules if name.startswith(tuple(changing))]
        if loaded:
            raise SystemExit(f"loaded before they are changed: {loaded}")

    def run(self, mutant: Mutant | None, tests: list[str], seconds: float) -> str:
        """Run tests with a mutant (none: as they are): `killed`, `survived` or `endless`."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        if mutant is None:
            return self._tests(tests, seconds, str(self.folder / ".numba"))
        path = self.folder / mutant.path
        before = path.read_text()
        changed = mutate_code(before, get_operator(mutant.operator)(), mutant.occurrence)
        for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            stale.unlink()
        path.write_text(changed)
        fresh = tempfile.mkdtemp() if "tao_lab.compiled" in before else None
        try:
            outcome = self._tests(tests, seconds, fresh or str(self.folder / ".numba"))
        finally:
            path.write_text(before)
            if fresh:
                shutil.rmtree(fresh)
        if outcome == "no tests" and self.run(None, tests, seconds) == "survived":
            outcome = "killed"  # the changed file cannot be loaded: the tests themselves run
        return outcome

    def _tests(self, tests: list[str], seconds: float, compiled: str) -> str:
        child = os.fork()
        if child == 0:
            self._become_pytest(tests, int(seconds), compiled)
        _, status = os.waitpid(child, 0)
        return OUTCOMES.get(os.waitstatus_to_exitcode(status), "no tests")

    def _become_pytest(self, tests: list[str], seconds: int, compiled: str) -> None:
        """In the child: nothing that can be changed is loaded yet."""
        code = 3
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            os.chdir(self.folder)
            os.environ |= {"NUMBA_CACHE_DIR": compiled, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
            import_module("numba").core.config.reload_config()
            sys.dont_write_bytecode = True
            quiet = os.open(os.devnull, os.O_RDWR)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            code = int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests]))
        finally:
            os._exit(code)


def run(folder: str, count: int, seed: int, minutes: float) -> None:
    """Try a sample, what was tried before left out; ends after the minutes given."""
    lines, mutants = Lines(), sample(folder, count, seed)
    target = KEPT / f"{folder.replace('/', '.')}-{count}-{seed}.json"
    results: dict[str, str] = json.loads(target.read_text()) if target.exists() else {}
    mutants.sort(key=lambda mutant: "tao_lab.compiled" in (ROOT / mutant.path).read_text())  # compiling takes long
    until = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as place:
        copy = Copy(Path(place))
        copy.preload()
        if mutants and copy.run(None, lines.fitting(mutants[0])[:10], 600) != "survived":
            raise SystemExit("the tests fail without a mutant: run `measure` again")
        for mutant in mutants:
            if mutant.key in results or time.monotonic() > until:
                continue
            tests = lines.fitting(mutant)
            outcome = copy.run(mutant, tests, PATIENCE * lines.expected(tests) + 60) if tests else "survived"
            results[mutant.key] = outcome if tests else "untested"
            target.write_text(json.dumps(results, indent=0))
            print(results[mutant.key], mutant.key, flush=True)
    report()


def report() -> None:
    """The share of mutants that died, by folder, and those that did not."""
    for path in sorted(KEPT.glob("tao_lab*.json")):
        results = json.loads(path.read_text())
        count = Counter(results.values())
        dead = count["killed"] + count["endless"]
        print(f"{path.stem}: {dead} of {len(results)} died ({dead / max(len(results), 1):.1%})")
        for key, outcome in results.items():
            if outcome not in ("killed", "endless"):
                print(f"  {outcome} {key}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Change the rules at random and see whether the quick tests notice.")
    commands = parser.add_subparsers(dest="command", required=True)
    again = commands.add_parser("measure", help="run the quick tests once and keep which test runs which line")
    again.add_argument("tests", nargs="*", help="only these, e.g. tests/economy; what is kept of others stays")
    commands.add_parser("report", help="show what was found")
    one = commands.add_parser("run", help="try mutants of a folder, e.g. run tao_lab/economy --sample 150 --seed 1")
    one.add_argument("folder", choices=FOLDERS)
    one.add_argument("--sample", type=int, default=100)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--minutes", type=float, default=60.0)
    args = parser.parse_args()
    os.chdir(ROOT)
    if args.command == "run":
        run(args.folder, args.sample, args.seed, args.minutes)
    elif args.command == "measure":
        measure(args.tests)
    else:
        report()


if __name__ == "__main__":
    main()
