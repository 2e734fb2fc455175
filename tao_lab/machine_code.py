"""Machine code that numba made once, kept in files and called without numba.

Numba takes 130 MiB and a second before its first function runs, even if it compiled that function long ago: it loads
its whole compiler to find the code again, and LLVM's loader alone takes 50 MiB. So for each function and each kind of
arguments numba compiles an *entry* once, which takes numbers and the addresses of arrays, and calls the function. A
file keeps the entry as it will lie in memory, with a list of the words that hold addresses, and a later process only
copies it and fills these in. What an entry needs while it runs (room for arrays) is in two small libraries of numba's.

Where something does not fit (another kind of argument, platform or version of numba), the answer here is None, and
numba does it.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.machinery
import importlib.util
import json
import mmap
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from tao_lab.kept_files import kept

Function = Callable[..., Any]
Kept = tuple[dict[str, Any], bytes]  # what is needed to call it, and its image in memory

FORMAT = 2
SUFFIX = ".code"
OPTIONS = "options of "
WITH_NUMBA = "TAO_LAB_WITH_NUMBA"  # set where numba's own way is to be tried
# This reads numba's insides, which may change with each version: with another one, numba's own way is taken.
TRIED = "0.68."
# Where this was tried. Elsewhere code is linked in other ways, and numba knows them all.
POSSIBLE = (
    sys.platform == "linux"
    and platform.machine() == "x86_64"
    and sys.implementation.name == "cpython"
    and getattr(sys, "_is_gil_enabled", lambda: True)()
    and version("numba").startswith(TRIED)
)

WORD = 8  # bytes
IN_ORDER = 0x0001 | 0x0100  # of an array's flags: C_CONTIGUOUS and ALIGNED
# PyArrayObject (numpy/ndarraytypes.h): after the head of every object the data, the number of dimensions, the lengths.
DATA_AT = object.__basicsize__
SHAPE_AT = DATA_AT + 2 * WORD
# Numba's own libraries that compiled code calls, and how the names begin that they bring.
RUNTIME = (("_helperlib", "numba_"), ("core.runtime._nrt_python", "NRT_"))
# A scalar's letter says how it is passed, as in `struct`: truth, int64, uint64, float64.
LETTERS = {"bool": "b", "int64": "q", "uint64": "Q", "float64": "d"}
NAMES = {letter: name for name, letter in LETTERS.items()}
C_TYPES: dict[str, Any] = {
    "array": ctypes.c_void_p,
    "b": ctypes.c_bool,
    "q": ctypes.c_int64,
    "Q": ctypes.c_uint64,
    "d": ctypes.c_double,
}


# --- what is called: a function for kinds of arguments ---


def kind_of(value: Any) -> Any:
    """A scalar's letter, an array's (dtype, dimensions), a tuple's kinds; None for what an entry cannot take."""
    of = type(value)
    if of is np.ndarray:
        return (value.dtype, value.ndim) if value.flags.num & IN_ORDER == IN_ORDER else None
    if of is int:
        return "q" if -(1 << 63) <= value < 1 << 63 else "Q" if 0 <= value < 1 << 64 else None
    if of is tuple:
        return ("tuple", *map(kind_of, value))
    return LETTERS.get("float64" if of is float else of.__name__)


def function_for(
    kinds: tuple[Any, ...], function: Function, for_numba: Callable[[], AbstractContextManager[Any]]
) -> Function | None:
    """Machine code of a function for these kinds of arguments, to be called from Python; None if that cannot be.

    Args:
        kinds: of all arguments.
        function: what is compiled.
        for_numba: a context that gives what numba's `njit` makes of it; entered only where no file has the code.
    """
    if not usable() or not all(map(_fits, kinds)):
        return None
    found = _from_file(function, kinds, lambda: _make(for_numba, _make_entry, kinds))
    address = _load(found)
    return None if found is None or address is None else _caller(function.__name__, address, kinds, found[0]["results"])


def ufunc_for(
    signature: str, function: Function, for_numba: Callable[[], AbstractContextManager[Any]]
) -> np.ufunc | None:
    """Machine code of a function of numbers as a ufunc of numpy; None if that cannot be.

    Args:
        signature: in numba's words, for example `int64(int64, int64)`.
        function: what is compiled.
        for_numba: a context that gives what numba's `njit` makes of it; entered only where no file has the code.
    """
    if not usable():
        return None
    result, _, arguments = signature.rstrip(")").partition("(")
    types = [*arguments.split(", "), result]
    found = _from_file(function, ("ufunc", *types), lambda: _make(for_numba, _make_loop, types))
    address = _load(found)
    return None if address is None else _ufunc(address, types)


def usable() -> bool:
    """Whether machine code can be kept here."""
    return POSSIBLE and not os.environ.get(WITH_NUMBA)


def _fits(kind: Any) -> bool:
    if isinstance(kind, tuple):
        return all(map(_fits, kind[1:])) if kind[0] == "tuple" else not kind[0].hasobject
    return kind is not None


def _letters(kinds: Iterable[Any]) -> Iterator[str]:
    """How each word is passed, in order."""
    for kind in kinds:
        if isinstance(kind, str):
            yield kind
        elif kind[0] == "tuple":
            yield from _letters(kind[1:])
        else:
            yield "array"


# --- calls ---


def _caller(name: str, address: int, kinds: tuple[Any, ...], results: str | None) -> Function:
    """A Python function that calls an entry.

    Args:
        name: for messages.
        address: of the entry.
        kinds: of its arguments.
        results: letters of the numbers that it returns, after a `(` where they are a tuple; None for nothing.
    """
    letters = list(_letters(kinds))
    # two pointers that numba wants, for a result and an error; one to where the entry puts its results
    native = ctypes.PYFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 3, *(C_TYPES[letter] for letter in letters))(
        address
    )
    unread = (ctypes.c_int64 * 2)()
    places = (ctypes.addressof(unread), ctypes.addressof(unread) + WORD)
    names = [f"a{i}" for i in range(len(letters))]
    words = [f"id({name})" if letter == "array" else name for name, letter in zip(names, letters, strict=True)]
    space: dict[str, Any] = {"native": native, "stop": functools.partial(_stop, name), "unread": unread}
    numbers = (results or "").lstrip("(")
    if results is None:
        before, out, after = "pass", "0", "None"
    elif results in C_TYPES:
        space |= {"room": C_TYPES[results], "byref": ctypes.byref}
        before, out, after = "out = room()", "byref(out)", "out.value"
    else:
        space["read"] = struct.Struct("=" + "".join("?7x" if letter == "b" else letter for letter in numbers)).unpack
        space["room"] = ctypes.c_char * (WORD * len(numbers))
        before, out, after = "out = room()", "out", "read(out)"
    given = iter(names)
    text = f"""def call({", ".join(f"k{i}" for i in range(len(kinds)))}):
    {", ".join(_pattern(kind, given) for kind in kinds)}, = {", ".join(f"k{i}" for i in range(len(kinds)))},
    {before}
    if native({places[0]}, {places[1]}, {", ".join([out, *words])}):
        stop()
    return {after}
"""
    exec(text, space)
    call: Function = space["call"]
    return call


def _pattern(kind: Any, names: Iterator[str]) -> str:
    """The left side of an assignment that takes an argument apart."""
    if not isinstance(kind, str) and kind[0] == "tuple":
        return f"({', '.join(_pattern(each, names) for each in kind[1:])},)"
    return next(names)


def _stop(name: str) -> None:
    raise ArithmeticError(f"{name}: compiled code stopped, for example at a division by zero")


def _ufunc(address: int, types: Sequence[str]) -> np.ufunc:
    """A ufunc whose inner loop is at an address: `PyUFunc_FromFuncAndData` of numpy's C interface."""
    pythonapi = ctypes.pythonapi
    pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p
    pythonapi.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    interface = pythonapi.PyCapsule_GetPointer(np._core._multiarray_umath._UFUNC_API, None)  # type: ignore[attr-defined]
    make = ctypes.PYFUNCTYPE(
        ctypes.py_object,
        *[ctypes.c_void_p] * 3,
        *[ctypes.c_int] * 4,
        *[ctypes.c_char_p] * 2,
        ctypes.c_int,
    )(ctypes.cast(interface, ctypes.POINTER(ctypes.c_void_p))[1])
    loops, data = (ctypes.c_void_p * 1)(address), (ctypes.c_void_p * 1)()
    numbers = ctypes.create_string_buffer(bytes(np.dtype(name).num for name in types))
    name = b"compiled"
    _alive.append((loops, data, numbers, name))  # numpy keeps their addresses
    places = [ctypes.addressof(each) for each in (loops, data, numbers)]
    no_identity = -1
    made: np.ufunc = make(*places, 1, len(types) - 1, 1, no_identity, name, b"", 0)
    return made


_alive: list[Any] = []


# --- entries, which numba compiles ---


def _make(for_numba: Callable[[], AbstractContextManager[Any]], make: Function, kinds: Any) -> Kept | None:
    with for_numba() as compiled:
        made: Kept | None = make(compiled, kinds)
        return made


def _make_entry(compiled: Any, kinds: tuple[Any, ...]) -> Kept | None:
    """An entry for these kinds; None where the function returns something else than numbers."""
    import numba

    types = tuple(map(_numba_type, kinds))
    try:
        compiled.compile(types)
        returned = compiled.overloads[types].signature.return_type
    except RuntimeError:  # it has one signature, to which numba turns all arguments
        returned = compiled.nopython_signatures[0].return_type
    results = _results(returned)
    if results is None and returned != numba.types.none:
        return None
    names: list[str] = []
    space: dict[str, Any] = {"function": compiled, "array": _array_reader(), "out_of": _numbers_at()}
    values = [_expression(kind, names, space) for kind in kinds]
    lines = [f"def entry({', '.join(['out', *names])}):", f"    result = function({', '.join(values)})"]
    for place, letter in enumerate((results or "").lstrip("(")):
        space[f"dtype_{letter}"] = np.dtype(NAMES[letter])
        value = f"result[{place}]" if (results or "").startswith("(") else "result"
        lines.append(f"    out_of(out + {place * WORD}, dtype_{letter})[0] = {value}")
    exec("\n".join(lines), space)
    signature = tuple(
        numba.types.int64 if each == "array" else _numba_type(each) for each in ("array", *_letters(kinds))
    )
    entry = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(space["entry"])
    entry.compile(signature)
    name = entry.overloads[signature].fndesc.llvm_func_name
    return _object(entry.inspect_llvm(signature), name, {"results": results})


def _make_loop(compiled: Any, types: Sequence[str]) -> Kept | None:
    """The inner loop of a ufunc: addresses of arguments and result, how many, and bytes from one to the next."""
    import numba

    count = len(types)
    space: dict[str, Any] = {"function": compiled, "words": _numbers_at(), "int64": np.dtype(np.int64)}
    space |= {f"type_{i}": np.dtype(name) for i, name in enumerate(types)}
    lines = ["def loop(at, lengths, steps, _):", "    n = words(lengths, int64)[0]"]
    for i in range(count):
        lines.append(f"    step_{i} = words(steps + {i * WORD}, int64)[0] // {WORD}")
        lines.append(f"    a_{i} = words(words(at + {i * WORD}, int64)[0], type_{i})")
    dense = " and ".join(f"step_{i} == 1" for i in range(count))
    for case, place in ((f"if {dense}:", "i"), ("else:", "i * step_{}")):
        values = ", ".join(f"a_{i}[{place.format(i)}]" for i in range(count - 1))
        result = f"a_{count - 1}[{place.format(count - 1)}]"
        lines += [f"    {case}", "        for i in range(n):", f"            {result} = function({values})"]
    exec("\n".join(lines), space)
    pointer = numba.types.int64
    loop = numba.cfunc(numba.types.void(pointer, pointer, pointer, pointer))(space["loop"])
    return _object(loop.inspect_llvm(), loop.native_name, {})


def _numba_type(kind: Any) -> Any:
    from numba import from_dtype, types

    if isinstance(kind, str):
        return types.boolean if kind == "b" else getattr(types, NAMES[kind])
    if kind[0] == "tuple":
        return types.Tuple(tuple(map(_numba_type, kind[1:])))
    return types.Array(from_dtype(kind[0]), kind[1], "C")


def _results(returned: Any) -> str | None:
    """Letters of what a function returns."""
    from numba import types

    if isinstance(returned, types.BaseTuple):
        letters = [_results(each) for each in returned]
        return None if any(each is None or len(each) != 1 for each in letters) else "(" + "".join(map(str, letters))
    return LETTERS.get(str(getattr(returned, "literal_type", returned)))


def _expression(kind: Any, names: list[str], space: dict[str, Any]) -> str:
    """Text that gives an argument in an entry; the names of its words are added to `names`."""
    if not isinstance(kind, str) and kind[0] == "tuple":
        return f"({', '.join(_expression(each, names, space) for each in kind[1:])},)"
    name = f"a{len(names)}"
    names.append(name)
    if isinstance(kind, str):
        return name
    space[f"dtype_of_{name}"] = kind[0]
    lengths = ", ".join(f"out_of(lengths_{name} + {axis * WORD}, int64)[0]" for axis in range(kind[1]))
    space["int64"] = np.dtype(np.int64)
    lengths = lengths.replace(f"lengths_{name}", f"out_of({name} + {SHAPE_AT}, int64)[0]")
    return f"array(out_of({name} + {DATA_AT}, int64)[0], ({lengths},), dtype_of_{name})"


@functools.cache
def _array_reader() -> Any:
    """In compiled code: the array at an address."""
    import numba

    pointer = _pointer()
    return numba.njit(lambda address, shape, dtype: numba.carray(pointer(address), shape, dtype), inline="always")


@functools.cache
def _numbers_at() -> Any:
    """In compiled code: the numbers at an address."""
    import numba

    pointer = _pointer()
    return numba.njit(lambda address, dtype: numba.carray(pointer(address), (1,), dtype), inline="always")


@functools.cache
def _pointer() -> Any:
    """In compiled code: an address as a pointer."""
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    @intrinsic
    def pointer(typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], cgutils.voidptr_t)

        return types.voidptr(address), generate

    return pointer


def _object(llvm: str, name: str, about: dict[str, Any]) -> Kept | None:
    """The image of LLVM's text in this machine's code; None where it has something that no process could fill in."""
    import llvmlite.binding as binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    # in the large model everything is called by its whole address, so the code may lie anywhere
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        reloc="static",
        codemodel="large",
        jit=True,
    )
    image = _image(machine.emit_object(binding.parse_assembly(llvm)), name)
    if image is None or any(_address(name) is None for _, name in image[0]["outside"]):
        return None
    return {**image[0], **about}, image[1]


# --- images, made of object files (ELF-64, `elf.h`) ---

SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QIIq")
SECTIONS_AT, SECTION_COUNT_AT = 40, 60
SYMBOLS, RELOCATIONS, NO_BITS, UNWINDING = 2, 4, 8, 0x70000001
WRITABLE, IN_MEMORY = 1, 2
COMMON = 0xFFF2
WHOLE_ADDRESS = 1  # R_X86_64_64


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    at: int
    size: int
    link: int
    info: int
    align: int
    entry: int


def _image(data: bytes, entry: str) -> Kept | None:
    """An object file as it lies in memory, and where its addresses belong.

    Returns:
        `entry`: where the function begins; `code`: bytes before those that may be written; `inside`: words to which the
        image's own address is added; `outside`: words for the addresses of names. None where there is a relocation of
        another kind, or something is aligned to more than a page, which is all that a process gets.
    """
    (first,), (count,) = struct.unpack_from("<Q", data, SECTIONS_AT), struct.unpack_from("<H", data, SECTION_COUNT_AT)
    sections = [_Section(*SECTION.unpack_from(data, first + place * SECTION.size)) for place in range(count)]
    if any(each.flags & IN_MEMORY and each.align > mmap.PAGESIZE for each in sections):
        return None
    image, places, code = _laid_out(data, sections)
    symbols = _symbols(data, sections, image, places)
    inside: list[int] = []
    outside: list[tuple[int, str]] = []
    for each in sections:
        if each.kind != RELOCATIONS or each.info not in places:
            continue
        for offset, kind, symbol, addend in RELOCATION.iter_unpack(data[each.at : each.at + each.size]):
            place, (name, target) = places[each.info] + offset, symbols[symbol]
            if kind != WHOLE_ADDRESS or (target is None and addend):
                return None
            if target is None:
                outside.append((place, name))
            else:
                struct.pack_into("<q", image, place, target + addend)
                inside.append(place)
    about = {"entry": dict(symbols)[entry], "code": code, "inside": inside, "outside": outside}
    return about, bytes(image)


def _laid_out(data: bytes, sections: Sequence[_Section]) -> tuple[bytearray, dict[int, int], int]:
    """All sections that a process needs, one after another; where each begins; how many bytes nobody may write."""
    image = bytearray()
    places: dict[int, int] = {}
    code = 0
    for writable in (0, WRITABLE):
        code = len(image)
        for number, each in enumerate(sections):
            if each.flags & IN_MEMORY and each.flags & WRITABLE == writable and each.kind != UNWINDING:
                image += bytes(-len(image) % max(each.align, 1))
                places[number] = len(image)
                image += bytes(each.size) if each.kind == NO_BITS else data[each.at : each.at + each.size]
        if not writable:
            image += bytes(-len(image) % mmap.PAGESIZE)
    return image, places, code


def _symbols(
    data: bytes, sections: Sequence[_Section], image: bytearray, places: dict[int, int]
) -> list[tuple[str, int | None]]:
    """Names, and their places in the image; None for what it does not define. Common variables are added to it."""
    table = next(each for each in sections if each.kind == SYMBOLS)
    texts = sections[table.link].at
    found: list[tuple[str, int | None]] = []
    for text, _, _, section, value, size in SYMBOL.iter_unpack(data[table.at : table.at + table.size]):
        name = data[texts + text : data.index(b"\0", texts + text)].decode()
        if section == COMMON:  # its value is an alignment
            image += bytes(-len(image) % value)
            found.append((name, len(image)))
            image += bytes(size)
        else:
            found.append((name, places[section] + value if section in places else None))
    return found


def _load(found: Kept | None) -> int | None:
    """The address of an entry, or None where this process lacks something that it calls."""
    if found is None:
        return None
    about, image = found
    room = mmap.mmap(-1, len(image), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # a forked process has its own
    base = ctypes.addressof(ctypes.c_char.from_buffer(room))
    room[:] = image
    for place in about["inside"]:
        struct.pack_into("<Q", room, place, struct.unpack_from("<Q", room, place)[0] + base)
    for place, name in about["outside"]:
        address = _address(name)
        if address is None:
            return None
        struct.pack_into("<Q", room, place, address)
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    if protect(ctypes.c_void_p(base), ctypes.c_size_t(about["code"]), mmap.PROT_READ | mmap.PROT_EXEC):
        return None  # this system lets nobody run what was written
    _alive.append(room)
    return base + int(about["entry"])


def _address(name: str) -> int | None:
    """Where a name is in this process: a part of numba's libraries, of Python or of C."""
    found = runtime().get(name)
    if found is None:
        with suppress(ValueError):
            found = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))
    return found


@functools.cache
def runtime() -> dict[str, int]:
    """Addresses of what is in numba's own libraries, by the names that compiled code has for them."""
    return {
        inner if inner.startswith("_") else prefix + inner: address
        for name, prefix in RUNTIME
        for inner, address in _library(name).c_helpers.items()
    }


def _library(name: str) -> Any:
    """A library of numba's, loaded without numba."""
    full = f"numba.{name}"
    if full not in sys.modules:
        numba = importlib.util.find_spec("numba")
        assert numba is not None
        assert numba.origin is not None
        folder, _, stem = name.rpartition(".")
        finder = importlib.machinery.FileFinder(
            str(Path(numba.origin).parent / folder.replace(".", "/")),
            (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        )
        spec = finder.find_spec(stem)
        assert spec is not None
        assert spec.loader is not None
        spec = importlib.util.spec_from_file_location(full, spec.origin)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


# --- files ---


def _from_file(function: Function, kinds: tuple[Any, ...], make: Callable[[], Kept | None]) -> Kept | None:
    """From a file; where there is none yet, made and written."""
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__.strip('<>')}-{_key(function, kinds)}{SUFFIX}"

    def written() -> bytes | None:
        made = make()
        return None if made is None else json.dumps(made[0]).encode() + b"\n" + made[1]

    data = kept(name, Path(function.__code__.co_filename), written)
    if data is None:
        return None
    head, _, code = data.partition(b"\n")
    return json.loads(head), code


def _key(function: Function, kinds: tuple[Any, ...]) -> str:
    """Changes with everything that the machine code depends on."""
    return _digest([str(FORMAT), _makers(), repr(kinds), *sorted(set(_texts(function, set())))])


@functools.cache
def _makers() -> str:
    """Versions of what made the code, and the processor that it was made for."""
    first = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    processor = [line for line in first if line.startswith(("model name", "flags"))]
    return f"{version('numba')} {version('llvmlite')} {np.__version__} {processor}"


def digest(function: Function) -> str:
    """Changes with the code of a function, of all compiled functions that it calls, and with their constants."""
    return _digest(sorted({text for text in _texts(function, set()) if not text.startswith(OPTIONS)}))


def _digest(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=12).hexdigest()


def _texts(function: Function, seen: set[int]) -> Iterator[str]:
    """The code of a function, of all compiled functions that it calls, how numba is told to compile them, constants."""
    if id(function) in seen:
        return
    seen.add(id(function))
    code = function.__code__
    yield f"{function.__module__}.{function.__qualname__} {_text(code)}"
    for name in sorted({function.__name__, *_global_names(code)} & set(function.__globals__)):
        value = function.__globals__[name]
        inner = getattr(value, "py_func", getattr(value, "__wrapped__", None))
        if inner is not None:
            options = getattr(value, "options", getattr(value, "targetoptions", {}))
            yield f"{OPTIONS}{name} {sorted(options.items())} {getattr(value, 'arguments', ())}"
            yield from _texts(inner, seen)
        elif isinstance(value, np.ndarray):
            yield f"{name} {value.dtype} {value.tobytes().hex()}"
        elif isinstance(value, (int, float, tuple, str, np.generic, np.dtype)):
            yield f"{name} {value!r}"


def _text(code: CodeType) -> str:
    constants = [_text(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"


def _global_names(code: CodeType) -> set[str]:
    inner = [_global_names(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*inner)
