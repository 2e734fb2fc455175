"""Compiled functions: machine code is kept, found again without numba, and gives what numba gives."""

import ctypes
import mmap
import os
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest

from tao_lab import machine_code
from tao_lab.compiled import Compiled, for_kinds, njit, vectorize

POINT = np.dtype([("x", np.int64), ("y", np.uint64, (2,)), ("near", np.bool_)])
OFFSET = 7

kept = pytest.mark.skipif(not machine_code.usable(), reason="machine code is not kept on this platform")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


@njit(inline="always")
def _double(number):
    """Twice the number."""
    return number + number


@njit
def _double_and_one(number):
    return _double(number) + 1


@njit
def _facts(numbers, pair, scale, positive):
    """A tuple of all that an entry can return, from an array, a tuple and scalars."""
    room = np.zeros(3)  # compiled code that needs memory of its own
    room[:] = scale
    total = 0
    for number in numbers:
        total += number * pair[0]
    return total + OFFSET, np.uint64(pair[1]), room.sum() * 2, positive and total > 0


@njit
def _move(points, by):
    for i in range(points.shape[0]):
        points[i].x += by
        points[i].y[1] = np.uint64(i)
        points[i].near = points[i].x < 3


@njit
def _new_array(n):
    return np.arange(n)


@njit
def _quotient(a, b):
    return a // b


_each = vectorize(["int64(int64)"])(lambda number: _double_and_one(number))
_ratio = vectorize(["float64(float64, float64)"])(lambda a, b: a / b + 1)


@pytest.mark.slow
def test_a_ufunc_broadcasts_and_takes_strides_as_numpy_does():
    assert isinstance(_each(np.arange(3)), np.ndarray)
    assert _each(np.arange(12).reshape(3, 4)[::2, ::-1]).tolist() == [[7, 5, 3, 1], [23, 21, 19, 17]]
    assert _each(4) == 9
    assert _each(np.arange(0)).tolist() == []
    a, b = np.array([[1.0], [2.0]]), np.array([1.0, 4.0])
    assert np.array_equal(_ratio(a, b), a / b + 1)
    assert _double.__doc__ == "Twice the number."


@pytest.mark.slow
def test_numbers_arrays_records_and_tuples_go_in_and_numbers_come_out():
    assert _facts(np.array([1, 2]), (3, 2**64 - 1), 0.5, True) == (16, 2**64 - 1, 3.0, True)
    assert _facts(np.array([1, 2]), (-3, 4), 0.5, True) == (-2, 4, 3.0, False)
    points = np.zeros(2, POINT)
    points["x"] = 1, 5
    assert _move(points, 1) is None
    assert points["x"].tolist() == [2, 6]
    assert points["y"].tolist() == [[0, 0], [0, 1]]
    assert points["near"].tolist() == [True, False]
    assert _double(2**63) == 0  # a uint64, as numba has it
    assert isinstance(_facts, Compiled)


@pytest.mark.slow
def test_what_an_entry_cannot_do_numba_does():
    assert _new_array(3).tolist() == [0, 1, 2]
    strided = np.zeros(4, POINT)[::2]
    _move(strided, 4)
    assert strided["x"].tolist() == [4, 4]


@njit
def _thrice(number):
    return 3 * number


def test_a_function_for_some_kinds_is_found_again_where_no_code_is_kept(monkeypatch):
    monkeypatch.setenv(machine_code.WITH_NUMBA, "1")
    assert [for_kinds(globals()["_thrice"], 1)(number) for number in (5, 6)] == [15, 18]
    assert not isinstance(globals()["_thrice"], Compiled)  # numba's own by now


@pytest.mark.slow
@kept
def test_an_error_in_compiled_code_is_an_error():
    assert _quotient(7, 2) == 3
    with pytest.raises(ArithmeticError):
        _quotient(7, 0)


@pytest.mark.slow
@kept
def test_a_forked_process_has_its_own_code():
    _double_and_one(1)
    room = next(each for each in reversed(machine_code._alive) if isinstance(each, mmap.mmap))
    before = bytes(room)
    child = os.fork()
    if not child:
        room[-1] ^= 1  # a variable
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert bytes(room) == before


LLVM = """
    target triple = "x86_64-unknown-linux-gnu"
    @numbers = internal global [2 x i64] [i64 3, i64 4], align {align}
    @place = internal global i64 ptrtoint (ptr {name} to i64)
    declare ptr @memset(ptr, i32, i64)
    declare ptr @nowhere()
    define i64 @entry() {{
        %outside = load volatile i64, ptr @place
        %at = ptrtoint ptr @numbers to i64
        %number = load volatile i64, ptr getelementptr ([2 x i64], ptr @numbers, i64 0, i64 1)
        %rest = urem i64 %at, {align}
        %known = icmp ne i64 %outside, 0
        %one = zext i1 %known to i64
        %sum = add i64 %number, %rest
        %result = add i64 %sum, %one
        ret i64 %result
    }}
"""


@pytest.mark.parametrize("changed", ["_double", "_double_and_one"])  # what it calls, and itself
def test_the_key_of_kept_code_changes_with_what_numba_is_told(changed, monkeypatch):
    for name in ("_double", "_double_and_one"):
        monkeypatch.setitem(globals(), name, Compiled(globals()[name].__wrapped__, "njit", (), {}))
    function, keys = _double_and_one.__wrapped__, set()
    for arguments, options in (((), {}), ((), {"fastmath": True}), ((), {"fastmath": False}), (("int64(int64)",), {})):
        monkeypatch.setitem(globals(), changed, Compiled(globals()[changed].__wrapped__, "njit", arguments, options))
        keys.add(machine_code._key(function, ("q",)))
    assert len(keys) == 4


@pytest.mark.slow
@kept
@pytest.mark.parametrize(
    ("align", "name", "fits"),
    [
        (16, "@memset", True),
        (mmap.PAGESIZE, "@memset", True),
        (2 * mmap.PAGESIZE, "@memset", False),
        (16, "getelementptr (i8, ptr @memset, i64 8)", False),
        (16, "@nowhere", False),
    ],
)
def test_code_that_would_lie_or_point_wrongly_is_not_kept(align, name, fits):
    found = machine_code._object(LLVM.format(align=align, name=name), "entry", {})
    assert (found is not None) == fits
    if found is not None:
        assert ctypes.CFUNCTYPE(ctypes.c_int64)(machine_code._load(found))() == 4 + 0 + 1


PROGRAM = """
    import sys
    import numpy as np
    from tao_lab.compiled import njit, vectorize
    FACTOR = {factor}

    @njit{inner}
    def inner(number):
        return number * FACTOR

    @njit
    def total(numbers):
        found = 0
        for number in numbers:
            found += inner(number)
        return found

    each = vectorize(["int64(int64)"])(lambda number: inner(number))
    print(total(np.arange(4)), each(np.arange(3)).tolist(), not {{"numba", "llvmlite"}}.isdisjoint(sys.modules))
"""


def run(path, factor, inner=""):
    path.write_text(dedent(PROGRAM.format(factor=factor, inner=inner)), encoding="utf-8")
    return subprocess.run([sys.executable, path], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
@kept
def test_another_process_finds_the_code_without_numba_and_llvm_until_anything_in_it_changes(tmp_path):
    path = tmp_path / "program.py"
    assert run(path, 2) == "12 [0, 2, 4] True"
    assert run(path, 2) == "12 [0, 2, 4] False"
    assert run(path, 3) == "18 [0, 3, 6] True"
    assert len(list(tmp_path.glob("*.code"))) == 4
    assert run(path, 3, '("float64(float64)")') == "18.0 [0, 3, 6] True"


@pytest.mark.slow
@kept
def test_a_file_that_is_no_code_is_made_again(tmp_path):
    path = tmp_path / "program.py"
    run(path, 2)
    for number, file in enumerate(tmp_path.glob("*.code")):
        data = file.read_bytes()
        file.write_bytes([b"", bytes(len(data))][number % 2])
    assert run(path, 2) == "12 [0, 2, 4] True"
    assert run(path, 2) == "12 [0, 2, 4] False"


CALLED = """
    from tao_lab.compiled import njit

    @njit
    def times(number):
        return number * {factor}
"""
CALLS = """
    from called import times
    from tao_lab.compiled import njit

    @njit(cache=True)
    def of_seven(number):
        return times(number)

    print(of_seven(7))
"""


@pytest.mark.slow
@pytest.mark.parametrize("with_numba", ["", "1"])
def test_what_numba_kept_is_made_again_when_a_function_of_another_file_has_changed(tmp_path, monkeypatch, with_numba):
    monkeypatch.delenv("NUMBA_CACHE_DIR")  # beside the file, as for everybody
    monkeypatch.setenv(machine_code.WITH_NUMBA, with_numba)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # Python itself would miss two changes within a second
    program = tmp_path / "calls.py"
    program.write_text(dedent(CALLS), encoding="utf-8")
    found = []
    for factor in (2, 3, 3, 2):
        (tmp_path / "called.py").write_text(dedent(CALLED.format(factor=factor)), encoding="utf-8")
        answer = subprocess.run([sys.executable, program], check=True, capture_output=True, text=True, env=os.environ)
        found.append(int(answer.stdout))
    assert found == [14, 21, 21, 14]


DIVIDES = """
    import numpy as np

    from tao_lab.compiled import njit
    from tao_lab.economy.vectorized.uint128 import divide_by_word

    @njit(cache=True)
    def divided(high):
        return divide_by_word(high, np.uint64(7), np.uint64(9))[0]
"""
CALLS_DIVIDED = """
    import numpy as np

    from divides import divided
    from tao_lab.compiled import njit

    @njit(cache=True)
    def divided_and_one(high):
        return divided(high) + np.uint64(1)

    print(divided_and_one(np.uint64(4)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("with_numba", ["", "1"])
def test_instructions_of_the_processor_in_what_numba_kept_can_be_compiled_into_another_function(
    tmp_path, monkeypatch, with_numba
):
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv(machine_code.WITH_NUMBA, with_numba)
    (tmp_path / "divides.py").write_text(dedent(DIVIDES), encoding="utf-8")
    (tmp_path / "calls.py").write_text(dedent(CALLS_DIVIDED), encoding="utf-8")
    answers = []
    for command in (["-c", "import divides, numpy; print(divides.divided(numpy.uint64(4)))"], ["calls.py"]):
        told = subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True, cwd=tmp_path)
        answers.append(int(told.stdout))
    assert answers == [((4 << 64) + 7) // 9, ((4 << 64) + 7) // 9 + 1]
