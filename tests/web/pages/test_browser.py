"""Pages in a real browser: accessibility by axe, keys, live parts, and the content policy."""

import contextlib
import shutil
import threading
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from time import time
from typing import Any, cast

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    sync_playwright,
)

from tests.web import desk, world
from tests.web.cast import NOW, Watch, site_at
from tocsin.alert.links import sign
from tocsin.incident.incident import Severity, State
from tocsin.store import incidents, pages
from tocsin.web import moves, sessions
from tocsin.web.asgi import build
from tocsin.web.serving import listen
from tocsin.web.site import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ASSETS = Path(str(import_module("tocsin.web").__file__)).parent / "static" / "vendor"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}

PATIENCE_MS = 120_000
FINDING = "quality%2Fout_of_range%2Fincome%2Fregion%3Dnorth"

LOOKING = "/silences?matchers=system%3Dloans"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(
        not ASSETS.exists(),
        reason="needs the browser assets: npm ci --prefix frontend && node frontend/build.mjs",
    ),
]


@dataclass
class Seen:
    """A page, and every complaint of the browser about it."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list[str])

    def open(self, path: str) -> None:
        self.page.goto(self.site.base_url + path)
        self.page.wait_for_function(
            "[...document.querySelectorAll('[data-chart]')].every(c => c.dataset.drawn)"
        )

    def path(self) -> str:
        return self.page.url.removeprefix(self.site.base_url)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """Serve an ordinary bad day on a port of its own."""
    listener = listen("127.0.0.1", 0)  # who comes before it serves waits
    port = listener.getsockname()[1]
    site = site_at(tmp_path_factory.mktemp("browser"), Watch())
    world.ordinary(site)
    site = replace(desk.busy(site), base_url=f"http://localhost:{port}")
    server = uvicorn.Server(uvicorn.Config(build(site), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield site
    site.closing.set()
    server.should_exit = True
    thread.join()
    site.committer.close()
    site.database.close()


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Yield a headless Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def signed_in(served: Site, browser: Browser) -> StorageState:
    """Return the cookies of oncall, who has signed in with her link."""
    with served.database.unit("test", NOW) as unit:
        link = sessions.sign_in_url(unit, served.base_url, "oncall")
    context = window(browser)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(served.base_url + "/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def seen(served: Site, browser: Browser, signed_in: StorageState) -> Generator[Seen]:
    """Yield a fresh page, signed in; in the end the browser must have no complaint."""
    context = window(browser, viewport={"width": 1280, "height": 900}, storage_state=signed_in)
    one = Seen(context.new_page(), served)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            one.complaints.append(message.text)

    one.page.on("console", hear)
    one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
    yield one
    context.close()
    assert one.complaints == []


def window(browser: Browser, **how: Any) -> BrowserContext:
    """Return a window with cookies of its own that is patient with a busy machine."""
    one = browser.new_context(**how)
    one.set_default_timeout(PATIENCE_MS)
    return one


def violations(page: Page) -> list[str]:
    found = cast("dict[str, Any]", Axe().run(page, options=RULES).response)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/incidents",
        "/incidents/2",
        "/in-force",
        "/playbooks",
        "/incidents/2/ledger",
        "/incidents/1/review",
        "/systems/loan-approval",
        f"/systems/loan-approval/explain?finding={FINDING}",
        "/systems/nothing",
        "/sign-in",
        "/on-call",
        "/silences",
        LOOKING,
    ],
)
def test_axe_finds_nothing_to_object_to(seen: Seen, path: str, theme: str) -> None:
    seen.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    seen.open(path)
    if theme == "light":
        for summary in seen.page.locator("main summary").all():
            summary.click()
    assert violations(seen.page) == []
    if path == "/systems/nothing":
        seen.complaints.clear()  # the browser reports the 404 that this page is about


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/incidents",
        "/incidents/2",
        "/systems/loan-approval",
        f"/systems/loan-approval/explain?finding={FINDING}",
        "/in-force",
        "/playbooks",
        "/on-call",
        LOOKING,
    ],
)
def test_no_page_is_wider_than_its_screen(seen: Seen, path: str, width: int) -> None:
    seen.page.set_viewport_size({"width": width, "height": 900})
    seen.open(path)
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    hidden = "document.querySelector('.top nav').scrollWidth - innerWidth"
    assert seen.page.evaluate(hidden) <= 0, "every entry of the navigation is seen"


def test_charts_are_drawn_under_the_strict_policy(seen: Seen) -> None:
    seen.open("/systems/loan-approval")
    drawn = seen.page.locator(".chart svg")
    assert drawn.count() == 1
    assert "Selection rate" in (drawn.text_content() or "")


def test_the_pages_can_be_walked_without_a_mouse(seen: Seen) -> None:
    seen.open("/")
    press = seen.page.keyboard.press
    press("g")
    press("i")
    seen.page.wait_for_url("**/incidents")
    press("j")
    press("j")
    press("k")
    press("Enter")
    seen.page.wait_for_url("**/incidents/2")
    press("n")
    assert seen.page.evaluate("document.activeElement.id") == "note"
    press("Escape")
    press("?")
    assert seen.page.locator("#help").is_visible()
    press("Escape")
    press("/")
    assert seen.page.evaluate("document.activeElement.name") == "q"
    press("Escape")
    press("g")
    press("o")
    seen.page.wait_for_url(seen.site.base_url + "/")


def test_a_key_acknowledges_and_everybody_who_looks_sees_it(seen: Seen) -> None:
    with seen.site.database.unit("tocsin", NOW) as unit:
        opened = moves.declare(
            unit, seen.site, system="fraud", title="Refunds refused", severity=Severity.SEV2
        )
    other = seen.page.context.new_page()
    other.goto(f"{seen.site.base_url}/incidents/{opened.number}")
    seen.open(f"/incidents/{opened.number}")
    seen.page.keyboard.press("a")
    seen.page.get_by_text("Commander: oncall").wait_for()
    other.get_by_text("Commander: oncall").wait_for()  # live, without reloading
    with seen.site.database.reading() as conn:
        assert incidents.get(conn, opened.id).state is State.ACKNOWLEDGED


WATCH = """text => { window.seenAt = new Promise((told, failed) => {
  setTimeout(() => failed(new Error("never seen")), 60000);
  const look = () => document.body.textContent.includes(text) && told(Date.now() / 1000);
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}); }"""
"""Notes when the page first shows a text, by the clock that this process reads too."""
LOAD_S = """async () => {
  const began = performance.now();
  await (await fetch(location.href)).text();
  return (performance.now() - began) / 1000;
}"""
LOADS = 12
"""Loads of the page that a second has room for; a machine on which they take longer is a slow one,
and is held to as many loads instead."""


def test_an_open_page_shows_what_another_writes_within_a_second(seen: Seen) -> None:
    with seen.site.database.unit("tocsin", NOW) as unit:
        opened = moves.declare(
            unit, seen.site, system="fraud", title="Payouts refused", severity=Severity.SEV3
        )
    seen.open(f"/incidents/{opened.number}")
    late_s, load_s = list[float](), 0.0
    for number in range(3):
        load_s = float(seen.page.evaluate(LOAD_S))
        seen.page.evaluate(WATCH, f"line {number}")
        with seen.site.database.unit("deputy", NOW) as unit:
            moves.note(unit, str(opened.number), f"line {number}")
        committed_at = time()
        late_s.append(float(seen.page.evaluate("window.seenAt")) - committed_at)
        if late_s[-1] < max(1, LOADS * load_s):
            return
    pytest.fail(f"seen {late_s} s after the commit; the page loads in {load_s:.2f} s")


def test_a_note_under_somebodys_hands_survives_what_arrives(seen: Seen) -> None:
    seen.open("/incidents/2")
    seen.page.locator("#note").fill("half a thou")
    with seen.site.database.unit("deputy", NOW) as unit:
        moves.note(unit, "2", "a line from elsewhere")
    seen.page.locator("p.said", has_text="a line from elsewhere").wait_for()
    assert seen.page.locator("#note").input_value() == "half a thou"
    assert seen.page.locator("#entries li.new").count() == 1


def test_a_lost_connection_is_said(seen: Seen) -> None:
    seen.open("/")
    seen.page.route("**/*", lambda route: route.abort())
    with seen.site.database.unit("deputy", NOW) as unit:
        moves.note(unit, "2", "while you were away")
    seen.page.get_by_text("Connection lost.").wait_for()
    seen.page.unroute_all(behavior="ignoreErrors")
    seen.page.close()  # the browser reports the requests that were cut off, until it is closed
    seen.complaints.clear()


def test_the_theme_is_the_readers_choice_and_is_kept(seen: Seen) -> None:
    seen.page.emulate_media(color_scheme="light")
    seen.open("/")
    seen.page.get_by_role("button", name="Light or dark").click()
    seen.open("/incidents")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
    colour = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(18, 20, 23)"


def test_the_keys_lead_to_on_call_and_the_button_sends_a_test_page(seen: Seen) -> None:
    seen.open("/")
    seen.page.keyboard.press("g")
    seen.page.keyboard.press("c")
    seen.page.wait_for_url("**/on-call")
    button = seen.page.get_by_role("button", name="Send a test page to head")
    button.focus()
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/on-call#people")
    assert seen.page.get_by_text("test page: on its way").count() == 2


def test_an_override_is_made_by_hand_and_the_page_names_the_new_person(seen: Seen) -> None:
    seen.open("/on-call")
    form = seen.page.locator("#override form").first
    form.get_by_label("Schedule").select_option("risk")
    form.get_by_label("Who").select_option("head")
    form.get_by_label("Until (UTC)").fill("2026-11-20T18:00")
    form.get_by_label("Why").fill("a wedding")
    form.get_by_role("button", name="Override").click()
    seen.page.wait_for_url("**/on-call#overrides")
    assert "head until 18:00 UTC" in seen.page.locator("#schedule-2").inner_text()


def test_a_silence_is_looked_at_then_made_then_ended_without_a_mouse(seen: Seen) -> None:
    seen.open("/silences")
    seen.page.get_by_label("Which alerts").focus()
    seen.page.keyboard.type("system=loans\nmeasure=auc")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_text("1 alert matches right now").wait_for()
    seen.page.get_by_label("Why", exact=True).focus()
    seen.page.keyboard.type("the vendor is told")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_text("2 silences are in force.").wait_for()
    seen.page.get_by_role("button", name="End now: the vendor is told").focus()
    seen.page.keyboard.press("Enter")
    seen.page.get_by_text("1 silence is in force.").wait_for()


def test_everything_works_without_scripts(served: Site, browser: Browser) -> None:
    with served.database.unit("tocsin", NOW) as unit:
        opened = moves.declare(
            unit, served, system="fraud", title="Cards refused", severity=Severity.SEV1
        )
    with served.database.reading() as conn:
        page_id = pages.of_incident(conn, opened.id)[0].id
    with contextlib.closing(window(browser, java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(f"{served.base_url}/acknowledge/{page_id}?s={sign(served.secret, page_id)}")
        page.get_by_role("button", name="I have it").click()
        page.get_by_text("lending has it").wait_for()
