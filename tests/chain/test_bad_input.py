"""Invalid input, from Python and from the wire: a typed error of the field's name, and a chain as it was."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import BadValue, MalformedExtrinsic
from tao_lab.chain.extrinsic import compact, decode_extrinsic
from tao_lab.network import Network
from tests.chain.conftest import account, key

NAN, INF = float("nan"), float("inf")
TOO_MUCH = 1 << 64  # of a u64


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with Network() as net:
        net.create_subnet(owner=net.wallet("alice", tao=100))
        yield net


def unchanged(net: Network, attempt: Any, error: type[Exception], words: str) -> None:
    """The attempt raises, and nothing has happened."""
    before = net.block_number, net.chain._tree.root, len(net.chain._pool)
    with pytest.raises(error, match=words):
        attempt()
    assert (net.block_number, net.chain._tree.root, len(net.chain._pool)) == before


@pytest.mark.parametrize("value", [-1, NAN, INF, 1.5, 1e30, "5", "all", None, [1], b"1", TOO_MUCH, 1 << 128])
def test_an_amount_in_a_call_is_whole_rao_that_fit(net: Network, value: Any) -> None:
    args = {"dest": account("bob"), "value": value}
    unchanged(net, lambda: net.call(net.wallet("alice"), "Balances", "transfer_keep_alive", **args), BadValue, "is")


@pytest.mark.parametrize("netuid", [-1, 65_536, 1.0, NAN, "1", None])
def test_a_netuid_in_a_call_is_a_u16(net: Network, netuid: Any) -> None:
    args = {"netuid": netuid, "hotkey": account("bob")}
    unchanged(net, lambda: net.call(net.wallet("alice"), "SubtensorModule", "burned_register", **args), BadValue, "is")


@pytest.mark.parametrize("weights", [[-1], [65_536], [0.5], [NAN], None, "ab", 1])
def test_weights_in_a_call_are_u16(net: Network, weights: Any) -> None:
    args = {"netuid": 1, "dests": [0], "weights": weights, "version_key": 0}
    hotkey = net.wallet("alice").hotkey
    unchanged(net, lambda: net.call(hotkey, "SubtensorModule", "set_weights", **args), BadValue, "is")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fund", ("alice", -5)),
        ("fund", ("alice", NAN)),
        ("fund", ("alice", 1.0)),
        ("fund", ("alice", TOO_MUCH)),
        ("at", (-1,)),
        ("at", (1.5,)),
        ("at", (10**9,)),
        ("block", (-1,)),
        ("block", (NAN,)),
        ("extrinsic_proof", (1, 99)),
        ("extrinsic_proof", (1, -1)),
        ("extrinsic_proof", (-1, 0)),
        ("metagraph", (-1,)),
        ("metagraph", (NAN,)),
        ("metagraph", (True,)),
        ("metagraph", (70_000,)),
        ("account", ("nobody",)),
    ],
)
def test_what_a_network_is_asked_must_be_possible(net: Network, name: str, arguments: tuple[Any, ...]) -> None:
    who = tuple(net.wallet("alice") if argument == "alice" else argument for argument in arguments)
    unchanged(net, lambda: getattr(net, name)(*who), BadValue, "is")


@pytest.mark.parametrize(
    "arguments", [{"stake": 5}, {"stake": -5}, {"stake": NAN}, {"seed": -1}, {"seed": 1.5}, {"validators": "x"}]
)
def test_people_come_with_tao_and_a_seed(net: Network, arguments: dict[str, Any]) -> None:
    unchanged(net, lambda: net.populate(1, **{"validators": 1, "miners": 1, **arguments}), BadValue, "is")


# --- from the wire ---


def with_call(chain: Chain, call_data: bytes) -> bytes:
    """An extrinsic of alice's with other bytes as its call; they are decoded before the signature is looked at."""
    data = chain.sign(key("alice"), "System", "remark", {"remark": ""})
    frame = decode_extrinsic(chain.runtime, data, len(data))
    body = data[1 if data[0] & 3 == 0 else 2 : -len(frame.call_data)] + call_data
    return compact(len(body)) + body


@pytest.mark.parametrize("nested", [False, True])
def test_an_amount_that_its_type_cannot_hold_is_malformed(chain: Chain, nested: bool) -> None:
    call = bytes(
        chain.runtime.core.compose_call("Balances", "transfer_keep_alive", {"dest": account("bob"), "value": TOO_MUCH})
    )
    if nested:
        call = bytes(chain.runtime.core.compose_call("Utility", "batch_all", {"calls": [call]}))
    before = chain.head, chain._tree.root
    with pytest.raises(MalformedExtrinsic, match=f"value is {TOO_MUCH}, allowed: 0 to {TOO_MUCH - 1}"):
        chain.submit(with_call(chain, call))
    assert (chain.head, chain._tree.root) == before


@pytest.mark.parametrize("call", ["ff00", "05ff", "05", ""])
def test_a_call_that_the_runtime_does_not_have_is_malformed(chain: Chain, call: str) -> None:
    with pytest.raises(MalformedExtrinsic, match="call is"):
        chain.submit(with_call(chain, bytes.fromhex(call)))


def test_every_compact_argument_has_a_limit(chain: Chain) -> None:
    limits = chain.runtime.compact_limits
    assert limits["Balances", "transfer_keep_alive"] == {"value": TOO_MUCH - 1}
    assert limits["Timestamp", "set"] == {"now": TOO_MUCH - 1}
    assert all(
        most in ((1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1) for each in limits.values() for most in each.values()
    )


# --- a disk with a limit ---

WRITER = """
import resource, signal, sys
from pathlib import Path
from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import StoreError
from tests.chain.conftest import key
chain = Chain(Path(sys.argv[1]))
limit = int(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
while chain.head.number < 400:
    chain.submit(chain.sign(key("faucet"), "System", "remark", {"remark": "x" * 20_000}))
    before = chain.head.number
    try:
        chain.produce_block()
    except StoreError as error:
        assert chain.head.number == before
        print(before, type(error).__name__, flush=True)
        sys.exit(3)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of a file by the kernel's own limit")
def test_where_the_file_can_grow_no_further_the_chain_says_so_and_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(path), str(3_000_000)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    height = int(done.stdout.split()[0])
    assert height > 5
    with_room = Chain(path)
    assert with_room.head.number == height
    assert with_room.verify() is None
    assert with_room.produce_block().number == height + 1
    with_room.close()


# A file system of two megabytes, in a namespace of its own: where the kernel lets people have one.
FULL_DISK = """
import sys
from pathlib import Path
from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import DatabaseFull
from tests.chain.conftest import key
folder = Path(sys.argv[1])
ballast = folder / "ballast"
ballast.write_bytes(bytes(500_000))
chain = Chain(folder / "chain.db")
for attempt in range(400):
    chain.submit(chain.sign(key("faucet"), "System", "remark", {"remark": "x" * 20_000}))
    head = chain.head
    try:
        chain.produce_block()
    except DatabaseFull:
        break
else:
    sys.exit("never full")
assert chain.head == head
assert len(chain.pool) == 1
ballast.unlink()
assert len(chain.produce_block().extrinsics) == 2
chain.close()
again = Chain(folder / "chain.db")
assert again.head.number == head.number + 1
assert again.verify() is None
again.close()
print("whole")
"""
OWN_DISK = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" -c "$3" "$1"'
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def namespaces() -> bool:
    """Whether this machine lets us mount something that only we see."""
    command = [*NAMESPACE, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.slow
def test_a_full_disk_loses_the_block_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    if not namespaces():
        pytest.skip("needs a mount of its own, which this machine does not allow")
    command = [*NAMESPACE, "sh", "-c", OWN_DISK, "sh", str(tmp_path), sys.executable, FULL_DISK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "whole\n", done.stderr
