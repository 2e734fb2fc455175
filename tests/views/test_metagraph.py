"""A metagraph as a notebook shows it, and the pictures of seats and prices."""

from xml.etree import ElementTree

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tao_lab import notebook
from tao_lab.economy import PriceTerms, registration_price
from tao_lab.network import Metagraph, Network, Neuron
from tao_lab.views import metagraph, seats

SVG_TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.sn = net.create_subnet(owner=net.wallet("alice", tao=2_000), tempo=12)
        net.people = net.populate(net.sn, validators=2, miners=3)
        net.run(epochs=1)
        yield net


@pytest.fixture(scope="module")
def shown():
    shell = InteractiveShell.instance()
    notebook.register()
    yield lambda value: shell.display_formatter.format(value)[0]
    InteractiveShell.clear_instance()


def neuron(uid, **changes):
    fields = dict.fromkeys(("stake", "vtrust", "consensus", "incentive", "dividends", "emission", "last_update"), 0)
    keys = {"hotkey": f"5hot{uid}", "coldkey": f"5cold{uid}", "name": f"n{uid}", "axon": ""}
    flags = {"permit": False, "registered_at": 1, "immune": False}
    return Neuron(**{"uid": uid, **fields, **keys, **flags, **changes})


def texts(figure):
    return [node.text for node in ElementTree.fromstring(figure.svg()).iter(SVG_TEXT)]


def test_a_cell_that_ends_with_a_metagraph_shows_a_table_and_a_picture_without_a_network(shown, net):
    seen = shown(net.metagraph(net.sn))
    assert "<table" in seen["text/html"]
    assert "data:image/svg+xml;base64," in seen["text/html"]
    assert "http" not in seen["text/html"].replace("http-equiv", "")
    assert 'alt="Subnet 1: 6 weights from 2 validators to 3 miners' in seen["text/html"]
    assert "sn1-miner-2" in seen["text/plain"]
    assert "6 weights from 2 validators" in seen["text/plain"]


def test_a_population_shows_the_quality_that_only_the_lab_knows(shown, net):
    seen = shown(net.people)
    assert "sn1-validator-0, sn1-validator-1" in seen["text/plain"]
    assert "100 %" in seen["text/html"]


def test_names_are_shown_as_they_are_and_never_run(shown):
    bad = neuron(0, name="<script>alert(1)</script>", axon='"><img src=x>')
    html = shown(Metagraph(1, 9, (bad,), {}))["text/html"]
    assert "<script>" not in html
    assert "<img src=x>" not in html
    assert "&lt;script&gt;" in html


def test_a_subnet_without_weights_says_so():
    figure = metagraph.weights_graph(Metagraph(3, 9, (neuron(0), neuron(1)), {}))
    assert "Subnet 3: nobody has set weights yet" in figure.alt
    assert figure.svg()


def test_rows_of_zeros_and_targets_that_are_gone_are_no_lines():
    graph = metagraph.weights_graph(Metagraph(1, 9, (neuron(0), neuron(1)), {0: {1: 0}, 1: {7: 5}}))
    assert "nobody has set weights yet" in graph.alt


def test_of_a_large_subnet_the_largest_validators_and_the_best_miners_are_drawn():
    validators = [neuron(uid, stake=uid * 10**9, permit=True) for uid in range(30)]
    miners = [neuron(uid, incentive=uid) for uid in range(30, 256)]
    weights = {n.uid: {m.uid: 100 for m in miners} for n in validators}
    subnet = Metagraph(1, 9, (*validators, *miners), weights)
    figure = metagraph.weights_graph(subnet)
    assert "(28 of 256 neurons are shown)" in figure.alt
    assert any(text.startswith("n29 ") for text in texts(figure))
    assert any(text.startswith("n255 ") for text in texts(figure))
    assert "216 more neurons" in repr(metagraph.metagraph_card(subnet))


def test_thick_lines_are_large_parts_of_a_row():
    rows = {0: {2: 300, 3: 100}, 1: {3: 65_535}}
    figure = metagraph.weights_graph(Metagraph(1, 9, tuple(neuron(uid, stake=1) for uid in range(4)), rows))
    edges = figure.chart.to_dict()["layer"][0]["data"]["values"]
    assert sorted(edge["weight"] for edge in edges) == [0.25, 0.75, 1.0]


# --- seats and prices ---


def test_seats_say_who_is_safe_and_who_goes(net):
    figure = seats.seats_chart(net, net.sn)
    assert "6 of 256 seats are taken, 6 immune or the owner's; a newcomer gets a free seat" in figure.alt
    assert "UID 0: owner's, stays" in figure.alt
    net.sudo("AdminUtils", "sudo_set_admin_freeze_window", window=0)
    net.sudo("AdminUtils", "sudo_set_min_allowed_uids", netuid=net.sn, min_allowed_uids=4)
    net.sudo("AdminUtils", "sudo_set_max_allowed_uids", netuid=net.sn, max_allowed_uids=6)
    least = min(net.metagraph(net.sn).neurons[1:], key=lambda n: (n.emission, n.registered_at)).uid
    assert f"UID {least} goes next" in seats.seats_chart(net, net.sn).alt
    newcomer = net.wallet("newcomer", tao=500)
    net.call(newcomer, "SubtensorModule", "burned_register", netuid=net.sn, hotkey=newcomer.hotkey.ss58_address)
    assert net.metagraph(net.sn)[least].name == "newcomer"


def test_a_student_s_rule_marks_the_seat(net):
    chosen = seats.seats_chart(net, net.sn, rule=lambda emission, *rest: int(emission.argmax()))
    best = max(net.metagraph(net.sn), key=lambda n: n.emission).uid
    assert f"UID {best} goes next" in chosen.alt
    assert "nobody may be replaced" in seats.seats_chart(net, net.sn, rule=lambda *a: None).alt


def test_the_lock_cost_doubles_and_falls_back():
    figure = seats.lock_cost_chart((0, 2, 4, 6), 40)
    assert "4 subnets in 6 days cost 1,000, 1,857, 3,449, 6,405 τ; on day 40 the next costs 1,000 τ" in figure.alt
    assert {"days", "cost of the next subnet, τ"} <= set(texts(figure))


def test_prices_follow_the_rule_and_the_chain_agrees(net):
    terms = PriceTerms(2, 2 << 64, 1, 1_000)
    assert seats.prices(registration_price, terms, 100, 2, 2) == [100, 200, 400, 282, 199]
    first = net.block_number
    guest = net.wallet("guest", tao=500)
    net.call(guest, "SubtensorModule", "burned_register", netuid=net.sn, hotkey=guest.hotkey.ss58_address)
    net.run(blocks=5)
    history = seats.price_history(net, net.sn, first)
    assert history == seats.price_by_rule(net, net.sn, first)
    assert max(history) > history[0] > history[-1] / 2
    assert seats.price_by_rule(net, net.sn, first, lambda burn, *_: burn) == [history[0]] * len(history)


def test_the_sliders_redraw_with_the_rule_that_was_given():
    explorer = seats.RegistrationExplorer()
    assert "5 registrations lift a seat from 1 τ to 3.176 τ" in repr(explorer)
    before = explorer.picture.value
    explorer.rush.value = 3
    assert "3 registrations lift a seat from 1 τ to 2 τ" in repr(explorer)
    assert explorer.picture.value != before
    still = seats.RegistrationExplorer(rule=lambda burn, *_: burn)
    assert "leave the price of a seat at 1 τ" in repr(still)
    falling = seats.RegistrationExplorer(rule=lambda burn, *_: burn // 2)
    assert "5 registrations lower a seat from 1 τ to 0.03125 τ" in repr(falling)
    falling.rush.value = 0
    assert "Nobody registers" in repr(falling)
    falling.rush.value = 1
    assert "1 registration lowers a seat" in repr(falling)
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()[0]
