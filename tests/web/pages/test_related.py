"""The room's panel of related incidents: link, take back, merge, split."""

import pytest

from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tests.web.pages.test_forms import Send
from tests.web.test_related import opened
from tocsin.store import alerts, incidents, links


@pytest.fixture
def send(stage: Stage) -> Send:
    """Return how oncall sends a form, in a site with two open incidents of two alerts each."""
    opened(stage, "north", "south")
    opened(stage, "east", "west")
    csrf = stage.sign_in("oncall")

    def post(path: str, **fields: str | list[str]) -> Page:
        answer = stage.client.post(path, data={"csrf": csrf, **fields})
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    return post


def test_a_link_is_shown_on_both_rooms_and_can_be_taken_back(stage: Stage, send: Send) -> None:
    page = send("/do/incidents/1/link", other=" INC-2 ", kind="caused_by")
    assert "Was caused by INC-2 Denied" in page.text("relations")
    assert "Caused INC-1" in Page(stage.client.get("/incidents/2").text).text("relations")
    with stage.site.database.reading() as conn:
        (link,) = links.of_incident(conn, incidents.get(conn, 1).id)
    gone = send(f"/do/incidents/1/links/{link.id}/remove")
    assert "None known." in gone.text("relations")


def test_a_merge_leads_to_the_one_that_goes_on(send: Send) -> None:
    page = send("/do/incidents/2/merge", into="1", why="one pipeline")
    assert page.text("title").startswith("INC-1 ")
    assert "Goes on for INC-2" in page.text("relations")
    assert "2 pages there" in page.text("relations")
    assert "/do/incidents/1/merge" not in page.forms


def test_a_merged_one_says_who_goes_on_and_asks_for_no_update(stage: Stage, send: Send) -> None:
    send("/do/incidents/2/merge", into="1")
    page = Page(stage.client.get("/incidents/2").text)
    assert "Was merged into INC-1" in page.text("relations")
    assert "the other incident tells for both" in page.text("updates-due")
    assert "/do/incidents/2/update" not in page.forms
    assert "/do/incidents/2/split" not in page.forms


def test_a_split_leads_to_the_new_one(stage: Stage, send: Send) -> None:
    with stage.site.database.reading() as conn:
        one, _ = alerts.of_incident(conn, incidents.get(conn, 1).id)
    page = send("/do/incidents/1/split", alerts=[one.fingerprint], title="Another matter")
    assert page.text("title") == "INC-3 Another matter · Tocsin"
    assert "Was split from INC-1" in page.text("relations")


def test_a_split_without_a_tick_is_refused_in_words(stage: Stage) -> None:
    opened(stage, "north", "south")
    csrf = stage.sign_in("oncall")
    answer = stage.client.post("/do/incidents/1/split", data={"csrf": csrf})
    assert answer.status_code == 400
    assert "tick those that leave" in answer.text.lower()
