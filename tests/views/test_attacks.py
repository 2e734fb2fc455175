"""Pictures of attacks say in words what they show."""

from tao_lab import views


def test_gains_name_each_attack_with_its_number_beside_the_line_of_the_honest():
    figure = views.gains_chart([("copier", 0.87), ("cartel", 7.0)], "1 of 2 attacks pays")
    assert "copier: 0.87 times; cartel: 7.00 times" in figure.alt
    svg = figure.svg()
    assert "0.87 ×" in svg
    assert "7.00 ×" in svg


def test_gains_below_one_still_show_where_one_is():
    domain = views.gains_chart([("copier", 0.5)], "one").chart.to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain[0] == 0
    assert domain[1] > 1


def test_a_cartels_chart_tells_what_was_measured():
    lines = {"share": [30, 50, 30, 50], "pay": [0, 50, 0, 0], "kappa": ["kappa 50 %"] * 2 + ["kappa 60 %"] * 2}
    points = {"share": [51.0], "pay": [100.0], "kappa": ["kappa 50 %"]}
    figure = views.cartel_chart(lines, points, "A cartel")
    assert "kappa 50 %, 51 % of the stake: 100 % of the pay" in figure.alt
    assert "kappa 60 %" in figure.svg()


def test_a_sandwichs_chart_names_the_smallest_and_the_largest_pool():
    pools = {
        "tao": [500.0, 90_000.0],
        "profit": [3.0, -0.01],
        "netuid": [7, 8],
        "worth": ["a sandwich pays", "the fee eats it"],
    }
    figure = views.sandwich_chart(pools, "A sandwich")
    assert "subnet 7 with 500 τ: 3 τ, subnet 8 with 90,000 τ: -0.01 τ" in figure.alt
    assert "the fee eats it" in figure.svg()
