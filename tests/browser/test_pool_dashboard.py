import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def dashboard(visit, voila_address, find_panel):
    visit.page.goto(voila_address.replace("/?", "/voila/render/pool.ipynb?"))
    return find_panel(visit.page, ("curve", "price", "parts"))


def test_the_pool_dashboard_is_one_page_without_code_in_type_for_the_back_row(dashboard):
    page = dashboard.page
    assert page.locator("h1").inner_text() == "What is an alpha worth?"
    assert page.locator(".jp-CodeCell .jp-InputArea:visible").count() == 0
    assert dashboard.sentence().startswith("You pay 300 τ.")
    dashboard.assert_for_the_back_row()


def test_moves_are_painted_and_said_and_reset_brings_everything_back(dashboard):
    page, first, before = dashboard.page, dashboard.sentence(), dashboard.pictures()
    dashboard.do(lambda: page.locator('[data-setting="limit"]').fill("10"))
    assert dashboard.sentence().startswith("The limit of 1.1 τ stops the swap")
    dashboard.do(lambda: page.locator('[data-setting="side"][value="buy"]').press("ArrowDown"))
    assert "You sell" in dashboard.sentence()
    assert all(now != then for now, then in zip(dashboard.pictures(), before, strict=True))
    dashboard.do(lambda: page.locator(".tl-reset").click())
    assert dashboard.sentence() == first
    assert page.locator('[data-setting="limit"]').input_value() == "100"
