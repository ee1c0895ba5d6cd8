"""The status page in a real browser: publish, read, resolve; accessible, narrow, dark, by keys."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web import world
from tests.web.cast import NOW, Watch, site_at
from tests.web.pages.serving import chromium, serve
from tests.web.pages.test_browser import CHROMIUM, violations, window
from tests.web.public import APPLY
from tocsin.incident.board import Site as Words
from tocsin.incident.bulletin import Component
from tocsin.incident.statuspage import StatusPage
from tocsin.store import bulletins
from tocsin.web import sessions
from tocsin.web.pages.public import files
from tocsin.web.publish import Public
from tocsin.web.site import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]
PAGE = StatusPage(
    site=Words(title="Acme lending", contact="+44 20 7946 0000"),
    components=(
        replace(APPLY, systems=("loan-approval",)),
        Component(key="cards", title="Card payments", systems=("fraud",)),
    ),
    mail="letters",
    webhooks=True,
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """Serve an ordinary bad day with a status page."""
    folder = tmp_path_factory.mktemp("status")
    site = site_at(folder, Watch())
    world.ordinary(site)
    with site.database.unit("test", NOW) as unit:
        bulletins.stand(unit, ["apply", "cards"])

    def with_page(base_url: str) -> Site:
        draw = partial(files, page=PAGE, base_url=base_url)
        return replace(site, base_url=base_url, public=Public(PAGE, folder / "copy", draw))

    with serve(with_page) as one:
        yield one
    site.committer.close()
    site.database.close()


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as one:
        yield one


@contextmanager
def looking(browser: Browser, theme: str = "light", width: int = 1280) -> Generator[Page]:
    """Yield a page of a stranger; in the end the browser must have had no complaint."""
    size = {"width": width, "height": 900}
    context = window(browser, viewport=size, color_scheme=theme)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: complaints.append(str(one)))
    yield page
    context.close()
    assert [one for one in complaints if not re.search("status of 40[04]", one)] == []


def stretched(page: Page) -> bool:
    """Return whether the page is wider than the window."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(wide))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize(
    "path", ["/status", "/status/subscribe", "/status/report", "/status/nothing"]
)
def test_public_pages_have_no_violation_and_fit_a_phone(
    served: Site, browser: Browser, path: str, theme: str, width: int
) -> None:
    with looking(browser, theme, width) as page:
        page.goto(served.base_url + path)
        assert violations(page) == []
        assert not stretched(page)


def test_a_journey_from_the_room_to_the_public_and_back(served: Site, browser: Browser) -> None:
    with served.database.unit("test", NOW) as unit:
        link = sessions.sign_in_url(unit, served.base_url, "oncall")
    with looking(browser) as inside, looking(browser, "dark", 390) as public:
        public.goto(f"{served.base_url}/status")
        assert "Everything works." in public.locator("h1").inner_text()
        inside.goto(link)
        inside.get_by_role("button", name="Sign in").click()
        inside.wait_for_url(served.base_url + "/")
        inside.goto(f"{served.base_url}/status/inside")
        assert violations(inside) == []
        inside.locator("#unpublished a").first.click()
        inside.wait_for_url("**/incidents/*")
        inside.wait_for_load_state()  # until then a key may be pressed and go to nobody
        # by key: what the page loads meanwhile may move the line from under a pointer
        inside.locator("details.publish summary").press("Enter")
        assert violations(inside) == []
        inside.get_by_label("Title for the public").fill("Wrong answers to applications")
        inside.get_by_label("Whom, in words").fill("people in the north")
        inside.get_by_label("What the public reads").fill("Some were turned down wrongly.")
        inside.get_by_role("button", name="Publish").click()
        inside.get_by_text("The public reads: investigating.").wait_for()
        at = inside.url
        _forget(served)
        public.reload()
        assert "affected by an incident" in public.locator("h1").inner_text()
        assert public.get_by_text("Some were turned down wrongly.").is_visible()
        assert violations(public) == []
        assert not stretched(public)
        inside.goto(at)
        inside.locator("details.publish summary").press("Enter")
        inside.locator(".publish select[name=stage]").select_option("resolved")
        inside.get_by_label("What the public reads").fill("It is over.")
        inside.get_by_role("button", name="Say it").click()
        inside.get_by_text("The public was told that it is over.").wait_for()
        _forget(served)
        public.reload()
        assert "Everything works." in public.locator("h1").inner_text()
        assert public.get_by_text("It is over.").is_visible()


def test_a_complaint_is_sent_by_keys_alone(served: Site, browser: Browser) -> None:
    with looking(browser, width=390) as page:
        page.goto(f"{served.base_url}/status/report")
        page.get_by_label("What is it about?").focus()
        page.keyboard.press("ArrowDown")
        for text in ("I was turned down.", "", "aspen@example.org"):
            page.keyboard.press("Tab")
            page.keyboard.type(text)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/status/reported/cmp_*")
        assert violations(page) == []


def test_a_wrong_address_is_said_at_the_field(served: Site, browser: Browser) -> None:
    with looking(browser) as page:
        page.goto(f"{served.base_url}/status/subscribe")
        page.get_by_label("Address", exact=True).fill("nobody")
        page.get_by_role("button", name="Send me the link").click()
        page.get_by_role("alert").wait_for()
        assert violations(page) == []


def test_the_static_copy_stands_on_its_own(served: Site, browser: Browser, tmp_path: Path) -> None:
    assert served.public is not None
    shown = served.public.show(served.database, served.clock())
    for name, content in shown.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with looking(browser) as page:
        page.goto(f"file://{tmp_path}/index.html")
        height = "getComputedStyle(document.querySelector('.days')).height"
        assert page.evaluate(height) == "32px"


def _forget(site: Site) -> None:
    """Let the next visitor see what is new, as after some seconds."""
    assert site.public is not None
    site.public._kept = None  # pyright: ignore[reportPrivateUsage]
