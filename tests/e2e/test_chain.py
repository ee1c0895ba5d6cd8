"""The whole chain of a real server, in browsers: command, containment, and the server's death."""

import contextlib
import statistics
import threading
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.chain import Chain, Process, chain, free_port, traffic, until
from tests.e2e.service import SLICE, SYSTEM
from tests.gateway.server import Server, running
from tests.web.pages.test_browser import browser as browser  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import pytestmark as pytestmark  # noqa: PLC0414 - its conditions
from tests.web.pages.test_browser import violations
from tocsin.web import plans

PROPAGATION_S = 2.0
"""How long a directive may take to a running service."""
SOUTH = 1
"""The number of an applicant who does not live in the north."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Generator[Chain]:
    """Yield the running chain; its traffic flows from the start, so that normal is known."""
    with chain(tmp_path_factory.mktemp("chain")) as one, traffic(one) as flow:
        yield one
        assert flow.failed == 0


@pytest.fixture(scope="module")
def ada(played: Chain, browser: Browser) -> Page:
    return played.signed_in(browser, "ada")


@pytest.fixture(scope="module")
def ben(played: Chain, browser: Browser) -> Page:
    return played.signed_in(browser, "ben")


def write(page: Page, text: str) -> None:
    """Write a note in the room."""
    page.get_by_label("Note for the timeline").fill(text)
    page.get_by_role("button", name="Write note").click()


WATCH = """text => {
  window.seenAt = 0;
  const look = () => {
    if (!window.seenAt && document.querySelector("#entries").textContent.includes(text))
      window.seenAt = Date.now() / 1000;
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""
"""Notes when `text` stands on the timeline of an open room that is not loaded anew."""


def seen_after_s(played: Chain, room: str, writer: Page, reader: Page, text: str) -> float:
    """Return how long after it was recorded the reader's open page shows what the writer wrote."""
    reader.evaluate(WATCH, text)
    write(writer, text)
    reader.locator("#entries p.said", has_text=text).wait_for()
    entries = played.get(f"/v1{room}/timeline")["entries"]
    at = next(datetime.fromisoformat(one["at"]) for one in entries if one["text"] == text)
    return float(reader.evaluate("window.seenAt")) - at.timestamp()


def opened(page: Page, where: str) -> None:
    """Open all that is folded, and let axe look at the page."""
    for summary in page.locator("main summary").all():
        if summary.is_visible():
            summary.click()
    assert violations(page) == [], where


def test_from_the_page_to_the_status_page_two_people_and_one_timeline(
    played: Chain, browser: Browser, ada: Page, ben: Page
) -> None:
    ben.goto(f"{played.url}/incidents")
    assert violations(ben) == []
    ben.get_by_label("What is wrong, in plain words").fill("Loan approvals denied in north")
    ben.get_by_role("button", name="Declare").click()
    ben.wait_for_url("**/incidents/*")
    room = ben.url.partition("#")[0]

    page = played.pager.next()  # the first person's, from a real worker over HTTP
    assert "you are first on call" in page["text"]
    with contextlib.closing(browser.new_context(viewport={"width": 390, "height": 844})) as phone:
        woken = phone.new_page()
        woken.goto(page["acknowledge_url"])
        assert violations(woken) == []
        woken.get_by_role("button", name="I have it").click()
        woken.get_by_text("ada has it").wait_for()
        assert violations(woken) == []
    ben.locator("#moments").get_by_text("nobody yet").wait_for(state="detached")
    assert page["incident_url"].endswith(room.removeprefix(played.url))

    ada.goto(room)
    ben.goto(room)
    path = room.removeprefix(played.url)
    late_s = [
        seen_after_s(played, path, writer, reader, f"{k}: {words}")
        for k in range(3)
        for writer, reader, words in ((ada, ben, "ada sees it too"), (ben, ada, "ben looks"))
    ]
    median_s = statistics.median(late_s)
    print(f"an entry is seen in the other browser after {median_s:.2f} s, {max(late_s):.2f} at most")
    assert median_s < 1, late_s

    for role, person in (("scribe", "ben"), ("communications", "cleo")):
        ada.get_by_text("Give or hand over a role").click()
        ada.locator("#give [name=role]").select_option(role)
        ada.locator("#give [name=to]").fill(person)
        ada.get_by_role("button", name="Give the role").click()
        ada.locator("#head").get_by_text(person).wait_for()
    ben.locator("#head").get_by_text("cleo").wait_for()

    ada.locator("details.draft summary").first.click()
    draft = ada.locator("details.draft form")
    assert "loan" in draft.locator("textarea").input_value()
    draft.get_by_role("button", name="Send to").click()
    ada.locator("#updates-sent").get_by_text("Loan approvals denied").first.wait_for()
    told = played.pager.next()
    assert told["subject"] and told["acknowledge_url"] in {None, ""}

    publish(ada, "Publish: the public reads it at once", "Some applications are wrongly denied.")
    with contextlib.closing(browser.new_context()) as stranger:
        public = stranger.new_page()
        public.goto(f"{played.url}/status")
        public.get_by_text("Some applications are wrongly denied.").first.wait_for()
        assert violations(public) == []
        assert "INC-" not in (public.locator("body").text_content() or "")
        publish(ada, "Say what is new", "All applications are read again.", stage="resolved")
        until(lambda: resolved(public), "the public reads that it is over")
        assert violations(public) == []

    ada.goto(room)
    ada.get_by_text("Resolve: it is over").click()
    ada.locator("details.resolve [name=note]").fill("the feed is right again")
    ada.get_by_role("button", name="Resolve").click()
    ada.get_by_text("This incident is over.").wait_for()
    ben.get_by_text("This incident is over.").wait_for()
    opened(ada, "room")
    for path in ("/", "/incidents", f"{room.removeprefix(played.url)}/review", "/status/inside"):
        ada.goto(played.url + path)
        opened(ada, path)
    entries = played.get(f"/v1{room.removeprefix(played.url)}/timeline")["entries"]
    kinds = [entry["kind"] for entry in entries]
    for kind in ("opened", "page", "acknowledged", "note", "role", "update", "resolved"):
        assert kind in kinds, kinds


def publish(page: Page, summary: str, text: str, stage: str = "investigating") -> None:
    """Say something to the public from the room."""
    page.get_by_text(summary).click()
    form = page.locator("details.publish form")
    form.locator("[name=stage]").select_option(stage)
    form.locator("[name=text]").fill(text)
    form.get_by_role("button").click()
    page.locator("#status-page").get_by_text(text).wait_for()


def resolved(public: Page) -> bool:
    public.reload()
    return public.get_by_text("All applications are read again.").count() > 0
