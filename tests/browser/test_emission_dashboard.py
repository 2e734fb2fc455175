import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def dashboard(visit, voila_address, find_panel):
    visit.page.goto(voila_address.replace("/?", "/voila/render/emission.ipynb?"))
    return find_panel(visit.page, ("supply", "tao", "alpha"))


def test_the_emission_dashboard_is_one_page_without_code_in_type_for_the_back_row(dashboard):
    assert dashboard.page.locator("h1").inner_text() == "Where does the next TAO go?"
    assert dashboard.sentence().startswith("A block issues 1.000 τ: 0.500 τ to subnet A")
    dashboard.assert_for_the_back_row()


def test_moves_are_painted_and_said_and_reset_brings_everything_back(dashboard):
    page, first, before = dashboard.page, dashboard.sentence(), dashboard.pictures()
    dashboard.do(lambda: page.locator('[data-setting="issuance"]').fill("10.5"))
    assert dashboard.sentence().startswith("Issuance goes from 8 to 10.5 million τ: a block issues 0.500 τ")
    dashboard.do(lambda: page.locator('[data-setting="burn"]').fill("50"))
    assert "A's share of the block goes from 50 % to 33.3 %" in dashboard.sentence()
    assert all(now != then for now, then in zip(dashboard.pictures(), before, strict=True))
    dashboard.do(lambda: page.locator(".tl-reset").click())
    assert dashboard.sentence() == first
    assert page.locator('[data-setting="burn"]').input_value() == "0"
