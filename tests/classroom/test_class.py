"""A class as students and the instructor meet it: joined networks on a real port, blocks by time."""

import json
import ssl
import subprocess
import warnings
from dataclasses import replace

import bittensor as bt
import pytest
from starlette.testclient import TestClient

from tao_lab.chain.errors import BadValue, StoreError
from tao_lab.classroom.host import ClassHost, Place, kept_terms
from tao_lab.classroom.pages import Pages, application
from tao_lab.classroom.roster import Terms
from tao_lab.network import CallFailed, Network
from tao_lab.network.joined import NotYours, Paused
from tao_lab.node.remote import NoAnswer
from tao_lab.units import RAO_PER_TAO

TERMS = Terms(title="Biology 101", code="ABCDEFGH", block_seconds=0.05)  # a code by chance would be in tests' names
TOKEN = "a token"


@pytest.fixture
def host(tmp_path):
    with ClassHost(tmp_path / "class.db", TERMS) as host:
        yield host


@pytest.fixture
def join(host, tmp_path):
    joined = []

    def join(name, code=TERMS.code, folder="wallets", **options):
        net = Network.join(host.server.url, code, name, wallets=tmp_path / folder, **options)
        joined.append(net)
        return net

    yield join
    for net in joined:
        net.close()


def test_a_joined_network_is_used_like_one_of_ones_own(host, join):
    ana, ben = join("ana"), join("ben")
    assert "ana in 'Biology 101'" in repr(ana)
    assert ana.balance(ana.me).rao == 100 * RAO_PER_TAO
    receipt = ana.transfer(ana.me, ben.me, ana.tao(7))
    assert ben.balance(ben.me) == ben.tao(107)
    assert receipt.fee.rao > 0
    netuid = ana.create_subnet(ana.me, kind="code", name="ours", tempo=7)
    assert ben.subnets() == [netuid]
    signature = f"0x{ben.me.coldkey.sign(b'mine').hex()}"
    with pytest.raises(NotYours, match=f"the signature is not that of {ana.me.coldkeypub.ss58_address}"):
        ben._ask("lab_openSubnet", netuid, 65_535, True, signature)
    ben.call(ben.me, "SubtensorModule", "burned_register", netuid=netuid, hotkey=ben.me.hotkey.ss58_address)
    ben.stake(ben.me, netuid, ben.tao(10))
    assert ben.staked(ben.me, netuid).rao > 9 * RAO_PER_TAO
    ben.run(epochs=1)
    table = ana.metagraph()
    assert [neuron.name for neuron in table] == ["ana", "ben"]
    height = ana.block_number
    mine, theirs = ana.metagraph(block=height), host.net.metagraph(block=height)
    assert [replace(n, name="") for n in mine] == [replace(n, name="") for n in theirs]
    assert ana.block(height) == host.net.block(height)
    assert ana.extrinsic_proof(height, 0) == host.net.extrinsic_proof(height, 0)
    assert ana.pool(block=height) == host.net.pool(block=height)
    with bt.Subtensor("local", substrate=ana.substrate) as subtensor:
        assert subtensor.balances.get(ben.me.coldkeypub.ss58_address) == ben.balance(ben.me)


def test_a_failed_call_keeps_the_chains_sentence(join):
    ana = join("ana")
    with pytest.raises(CallFailed, match=r"ana has 99\.\d+ τ free, 1,000 τ needed"):
        ana.transfer(ana.me, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", ana.tao(1000))


@pytest.mark.parametrize(
    ("name", "code", "folder", "said"),
    [
        ("ana", "WRONGONE", "elsewhere", "not the code of this class"),
        ("ana", TERMS.code, "elsewhere", "'ana' has joined already, with another wallet"),
        ("x" * 41, TERMS.code, "elsewhere", "1 to 40 printable characters"),
    ],
)
def test_who_does_not_get_in_hears_why(join, name, code, folder, said):
    join("ana")
    with pytest.raises(NotYours, match=said):
        join(name, code, folder)


def test_the_same_wallet_joins_again_and_gets_no_second_grant(join):
    join("ana").close()
    again = join("ana", TERMS.code.lower())
    assert again.balance(again.me).rao == again.membership.granted == 100 * RAO_PER_TAO


def test_a_second_wallet_is_filled_from_ones_own(join):
    ana = join("ana")
    second = ana.wallet("second", tao=5)
    assert ana.balance(second) == ana.tao(5)
    assert ana.balance(ana.me) < ana.tao(95)


def test_the_faucet_stops_at_the_students_limit(join):
    ana = join("ana")
    ana.fund(ana.me, 150 * RAO_PER_TAO)
    assert ana.balance(ana.me) == ana.tao(150)
    with pytest.raises(NotYours, match="rao is 0"):
        ana._ask("lab_faucet", ana.me.coldkeypub.ss58_address, 0)
    with pytest.raises(NotYours, match="1,850 τ of yours are left"):
        ana.fund(ana.me, 5_000 * RAO_PER_TAO)


@pytest.mark.parametrize(
    "action",
    [
        lambda net: net.sudo("AdminUtils", "sudo_set_tempo", netuid=1, tempo=2),
        lambda net: net.rules.using(),
        lambda net: net.verify(),
        lambda net: net.serve(),
        lambda net: net.report_subnet(),
        lambda net: net.fetch_pulses(),
        lambda net: net.state_proof(0, "System", "Number"),
    ],
)
def test_what_only_the_chains_owner_can_do_is_refused_with_a_sentence(join, action):
    with pytest.raises(NotYours, match="only whoever runs the class's node"):
        action(join("ana"))


def test_addresses_that_are_no_class_say_so(tmp_path):
    with pytest.raises(BadValue, match="ws://192"):
        Network.join("http://localhost", "AAAA", "ana", wallets=tmp_path)
    with pytest.raises(NoAnswer, match=r"nobody answers at ws://127\.0\.0\.1:1:"):
        Network.join("ws://127.0.0.1:1", "AAAA", "ana", wallets=tmp_path)
    with (
        Network() as plain,
        plain.serve() as server,
        pytest.raises(NotYours, match="not a class: it was started without --class"),
    ):
        Network.join(server.url, "AAAA", "ana", wallets=tmp_path)


# --- the instructor ---------------------------------------------------------------------------------------------


def test_a_pause_stops_the_blocks_and_students_are_told(host, join):
    ana = join("ana")
    host.pause(True)
    height = host.net.block_number
    with pytest.warns(Paused):
        ana.run(blocks=0)
    assert host.net.block_number == height
    host.pause(False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Paused)
        assert ana.run(blocks=2) >= height + 2


def test_a_snapshot_brings_back_money_and_students_and_a_reset_begins_anew(host, join):
    ana = join("ana")
    host.snapshot("before")
    ben = join("ben")
    ana.transfer(ana.me, ben.me, ana.tao(50))
    host.restore("before")
    assert ana.balance(ana.me) == ana.tao(100)  # the same object goes on, on its new connection
    assert [student.name for student in host.room.roster.students] == ["ana"]
    with pytest.raises(StoreError, match="there already"):
        host.snapshot("before")
    with pytest.raises(BadValue, match="letters, digits"):
        host.snapshot("../before")
    for name, content in (("text", b"no chain"), ("empty", b"")):
        (host.file.parent / f"class.{name}.snapshot").write_bytes(content)
        with pytest.raises(StoreError):
            host.restore(name)
        (host.file.parent / f"class.{name}.snapshot").unlink()
    assert ana.balance(ana.me) == ana.tao(100)
    host.reset()
    ana.run(blocks=2)
    assert ana.balance(ana.me) == ana.tao(100)
    assert len(host.snapshots()) == 3


def test_grants_that_no_block_contains_are_sent_again_after_a_restart(tmp_path, host):
    host.pause(True)
    # no block comes, so the grant waits; the process ends before it is in one
    host.room.take_in("dora", str(host.net.wallet("dora").coldkeypub.ss58_address))
    address = host.room.roster.by_name("dora").address
    assert host.net.balance(address).rao == 0
    host.close()
    with ClassHost(tmp_path / "class.db") as again:
        assert again.room.roster.paused
        again.skip(1)
        assert again.net.balance(address).rao == 100 * RAO_PER_TAO
        assert not again.room.roster.pending
        again.skip(1)
        assert again.net.balance(address).rao == 100 * RAO_PER_TAO
    assert kept_terms(tmp_path / "class.db") == TERMS


def test_a_node_with_a_certificate_speaks_tls(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    subprocess.run([*make, "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, stderr=-3)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    with ClassHost(tmp_path / "class.db", TERMS, Place(tls=tls)) as host:
        assert host.server.url.startswith("wss://")
        # a certificate that nobody signed is refused by the client, which shows that TLS is spoken
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            Network.join(host.server.url, TERMS.code, "ana", wallets=tmp_path)


# --- the pages --------------------------------------------------------------------------------------------------


@pytest.fixture
def page(host):
    return TestClient(application(host, TOKEN), base_url="http://127.0.0.1")


OWN = {"Authorization": f"Bearer {TOKEN}"}


def test_the_pages_want_the_token_and_their_own_host(page):
    assert page.get("/").status_code == page.get("/projector").status_code == 200
    assert page.get("/state").status_code == page.post("/do/pause").status_code == 403
    assert page.get("/state", headers={"Authorization": "Bearer other"}).status_code == 403
    assert page.get("/state", headers={**OWN, "Host": "evil.example"}).status_code == 400
    assert page.get("/state", headers=OWN).json()["title"] == "Biology 101"
    assert page.post("/do/pace", headers=OWN, content="[" * 9_000).status_code == 400


@pytest.mark.parametrize(
    ("action", "body", "status", "said"),
    [
        ("pace", {"seconds": 0.25}, 200, None),
        ("pace", {"seconds": 0}, 400, "0.05 to 3,600"),
        ("pace", {"seconds": "fast"}, 400, "0.05 to 3,600"),
        ("skip", {"blocks": 3}, 200, None),
        ("skip", {"blocks": 10**9}, 400, "1 to 7,200"),
        ("skip", {}, 400, "1 to 7,200"),
        ("snapshot", {"name": "a b"}, 200, None),
        ("snapshot", {"name": "../../x"}, 400, "letters, digits"),
        ("restore", {"name": "nothing"}, 400, "snapshot is 'nothing'"),
        ("restore", {"name": 3}, 400, "letters, digits"),
        ("restore", {"name": "é" * 60}, 400, "letters, digits"),
        ("snapshot", {"name": "\ud800"}, 400, "letters, digits"),
        ("free", {"name": "nobody"}, 400, "nobody is called 'nobody'"),
        ("budget", {"tao": 5}, 200, None),
        ("budget", {"tao": -1}, 400, "0 to 1,000,000"),
        ("dance", {}, 404, "pause"),
        ("pace", [1], 400, "JSON object"),
    ],
)
def test_the_desk_says_what_is_allowed(page, action, body, status, said):
    answer = page.post(f"/do/{action}", headers=OWN, content=json.dumps(body))
    assert answer.status_code == status
    assert said is None or said in answer.json()["error"]


def test_a_taken_port_of_the_pages_is_an_error(host):
    with Pages(host) as pages, pytest.raises(BadValue, match="page port"):
        Pages(host, port=pages.port)
