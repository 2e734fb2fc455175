"""A network in a file, and its wallets, when a program comes back to them."""

import subprocess
import sys

import pytest

from tao_lab.chain.errors import BadValue, DatabaseLocked, StoreError
from tao_lab.network import Network, ReopenedWarning, WrongPassword, address

TAO = 10**9
HOLD = "import sys; from tao_lab import Network; net = Network(sys.argv[1]); print('open', flush=True); input()"


def test_a_cell_that_opens_its_file_twice_goes_on_with_the_same_chain(tmp_path):
    first = Network(tmp_path / "class.db")
    first.wallet("alice", tao=5)
    with pytest.warns(ReopenedWarning, match=r"class\.db was open here already: the earlier Network is closed"):
        second = Network(tmp_path / "." / "class.db")
    with second:
        assert second.block_number == 1
        assert second.balance(second.wallet("alice")).rao == 5 * TAO
        second.run(blocks=1)
        for use in (lambda: first.run(blocks=1), lambda: first.fund(second.wallet("alice"), 6 * TAO)):
            with pytest.raises(StoreError, match="this chain is closed"):
                use()


@pytest.mark.filterwarnings("error::tao_lab.network.ReopenedWarning")
def test_a_file_that_was_closed_is_opened_without_a_word(tmp_path):
    for _ in range(2):
        with Network(tmp_path / "class.db") as net:
            net.run(blocks=1)
    assert net.block_number == 2


@pytest.mark.slow
def test_a_file_that_another_program_has_open_says_so(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "class.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(DatabaseLocked, match="another process has this chain open"):
            Network(tmp_path / "class.db")
        other.communicate(b"\n")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A file with a wallet that has a password, and one that has none."""
    file = tmp_path_factory.mktemp("kept") / "class.db"
    with Network(file) as net:
        addresses = {
            "ana": address(net.wallet("ana", password="correct horse", tao=9)),
            "bob": address(net.wallet("bob")),
        }
    return file, addresses


# A password's hash takes seconds of a processor, on purpose.
@pytest.mark.slow
def test_the_password_of_a_kept_wallet_is_used_and_nobody_is_asked(kept, monkeypatch):
    file, addresses = kept
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("asked at the terminal"))
    with Network(file) as net:
        ana = net.wallet("ana", password="correct horse")
        assert address(ana) == addresses["ana"]
        net.transfer(ana, addresses["bob"], net.tao(1))
        assert net.balance(addresses["bob"]).rao == TAO


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"), [("ana", "does not open the coldkey of ana"), ("bob", "is in clear text; leave the password out")]
)
def test_a_wrong_password_is_an_error_that_does_not_show_it(kept, name, said):
    with Network(kept[0]) as net, pytest.raises(WrongPassword, match=said) as caught:
        net.wallet(name, password="battery staple")
    assert "staple" not in str(caught.value)


@pytest.mark.slow
def test_a_locked_wallet_in_a_program_without_a_terminal_says_how_to_open_it(kept, monkeypatch):
    def no_terminal(*_):
        raise EOFError

    monkeypatch.setattr("getpass.getpass", no_terminal)
    with Network(kept[0]) as net, pytest.raises(WrongPassword, match=r"open it with net\.wallet\('ana', password=…\)"):
        net.transfer(net.wallet("ana"), kept[1]["bob"], net.tao(1))


@pytest.mark.parametrize("field", ["name", "hotkey"])
@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "../a", "a\\b", "a\0b", "a\nb", "x" * 300, "ü" * 150, 7, None])
def test_a_name_that_no_disk_takes_is_refused_before_anything_is_written(field, value):
    with Network() as net:
        arguments = {"name": "alice", field: value}
        with pytest.raises(
            BadValue, match=f"^{field} is .*allowed: the name of a file, 1 to 200 bytes, without a path"
        ):
            net.wallet(**arguments)
        assert not list(net.wallets.iterdir())


@pytest.mark.parametrize("password", ["", 5, b"secret"])
def test_a_password_that_is_none_is_refused_before_anybody_is_asked_at_the_terminal(password, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: pytest.fail("asked at the terminal"))
    with Network() as net, pytest.raises(BadValue, match=r"password is .*, allowed: a text of at least one character"):
        net.wallet("ana", password=password)


def test_a_network_without_a_subnet_says_how_to_make_one():
    with Network() as net, pytest.raises(BadValue, match=r"there is none yet: net\.create_subnet"):
        net.metagraph(7)
