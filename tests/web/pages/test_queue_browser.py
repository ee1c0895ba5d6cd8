"""The queue in a real browser: one key each, nothing for axe, no page wider than a phone."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web import waiting
from tests.web.cast import NOW, Watch, site_at
from tests.web.pages.serving import chromium, serve
from tests.web.pages.test_browser import pytestmark as needs_chromium
from tests.web.pages.test_browser import violations, window
from tocsin.contain.referral import State
from tocsin.store import referrals
from tocsin.store.referrals import Wanted
from tocsin.web import sessions
from tocsin.web.site import Site

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("queue")

    def made(url: str) -> Site:
        one = site_at(Path(folder), Watch())
        waiting.fill(one, settled=30)
        return replace(one, base_url=url)

    with serve(made) as one:
        yield one
    one.committer.close()
    one.database.close()


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as one:
        yield one


def test_a_whole_round_by_keys_alone(site: Site, browser: Browser) -> None:
    with site.database.unit("test", NOW) as unit:
        link = sessions.sign_in_url(unit, site.base_url, "oncall")
    context = window(browser, viewport={"width": 390, "height": 844})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(site.base_url + "/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")
    _fine(page)
    page.keyboard.press("1")
    page.wait_for_url("**/queue/ref_*")
    first = page.url.rpartition("/")[2]
    _fine(page)
    page.keyboard.press("n")
    page.keyboard.type("12")  # into the note: these keys judge nothing
    assert page.locator("#note").input_value() == "12"
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_url(f"**/queue/ref_*judged={first}")
    _fine(page)
    with site.database.reading() as conn:
        given = referrals.get(conn, first).judgements[-1]
    assert (given.by, given.answer, given.note) == ("oncall", "not approved", "12")
    page.keyboard.press("u")
    page.wait_for_url(f"**/queue/{first}")
    page.keyboard.press("s")
    page.wait_for_function("first => !location.href.includes(first)", arg=first)
    with site.database.reading() as conn:
        assert referrals.get(conn, first).holder(NOW) is None
        settled = referrals.listed(conn, Wanted(state=State.SETTLED), 1)[0]
    page.goto(f"{site.base_url}/queue/{settled.id}")
    _fine(page)
    context.close()
    assert complaints == []


def _fine(page: Page) -> None:
    """Assert that nothing is wider than the screen and that axe finds nothing, in both themes."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if theme == "light" else "dark")
        assert violations(page) == []
