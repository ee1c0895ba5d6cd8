"""The public status page: enough for everyone, not a word from inside, and no sign-in."""

import json
import re
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.web.cast import Stage
from tests.web.public import INTERNAL, rich, say, with_page
from tests.web.test_publish import broken
from tocsin.alert.links import sign, sign_test
from tocsin.incident.subscriber import signature
from tocsin.store import boards, subscribers
from tocsin.web.access import Scope

FILES = ("/status", "/status/status.json", "/status/atom.xml", "/status/rss.xml")
TEXT = "Some applications were turned down <wrongly> & are being checked."


@pytest.fixture
def public(stage: Stage, tmp_path: Path) -> Generator[Stage]:
    one = with_page(stage, tmp_path / "status")
    with one.client:
        yield one


def test_a_quiet_day_in_the_first_line(public: Stage) -> None:
    answer = public.client.get("/status")
    assert answer.status_code == 200
    assert re.search(r"<h1[^>]*>.*Everything works\.", answer.text, re.DOTALL)
    assert "None in the last 90 days." in answer.text
    assert answer.text.count('<i class="operational"') == 2 * 90


def test_an_incident_is_public_only_once_a_person_says_so(public: Stage) -> None:
    incident = rich(public)
    assert "Everything works." in public.client.get("/status").text
    say(public, incident, TEXT)
    public.watch.forward(timedelta(seconds=6))
    page = public.client.get("/status").text
    assert "Loan applications is affected by an incident." in page
    assert "Some applications were turned down &lt;wrongly&gt; &amp; are being checked." in page
    assert "Whom: women who apply" in page
    assert "Planned maintenance" in page
    say(public, incident, "It is over, every application is read again.", "resolved")
    public.watch.forward(timedelta(seconds=6))
    after = public.client.get("/status").text
    assert "Everything works." in after
    assert "It is over, every application is read again." in after


@pytest.mark.parametrize("path", FILES)
def test_no_internal_word_is_in_any_of_it(public: Stage, path: str) -> None:
    incident = rich(public)
    say(public, incident, TEXT)
    say(public, incident, "We know what it is.", "identified")
    public.watch.forward(timedelta(seconds=6))
    answer = public.client.get(path)
    assert answer.status_code == 200
    assert "Wrong answers to applications" in answer.text
    found = [word for word in INTERNAL if word in answer.text]
    assert found == []
    for entry in json.loads(
        public.ask("reader", "GET", f"/v1/incidents/{incident.number}/timeline").text
    )["entries"]:
        assert entry["id"] not in answer.text


FORMS: tuple[tuple[str, str, dict[str, str], int], ...] = (
    ("GET", "/status/subscribe", {}, 200),
    ("POST", "/do/status/subscribe", {"way": "mail", "address": "no address"}, 400),
    ("POST", "/do/status/subscribe", {"address": "x" * 2000}, 422),
    ("GET", "/status/confirm/nobody?s=guessed", {}, 403),
    ("POST", "/do/status/confirm/nobody", {"s": "guessed"}, 403),
    ("GET", "/status/unsubscribe/nobody?s=guessed", {}, 403),
    ("GET", "/status/report", {}, 200),
    ("POST", "/do/status/report", {"component": "apply"}, 400),
    ("POST", "/do/status/report", {"text": "x" * 70_000}, 413),
    ("GET", "/status/reported/none", {}, 404),
    ("GET", "/status/nothing", {}, 404),
    ("POST", "/status", {}, 405),
)


@pytest.mark.parametrize(("method", "path", "form", "status"), FORMS)
def test_no_internal_word_is_in_forms_and_what_they_refuse(
    public: Stage, method: str, path: str, form: dict[str, str], status: int
) -> None:
    rich(public)
    answer = public.client.request(method, path, data=form, headers={"Accept": "text/html"})
    assert answer.status_code == status
    text = answer.text.replace('role="alert"', "")
    assert [word for word in INTERNAL if word in text] == []
    assert "Acme lending</title>" in text
    assert "openapi" not in answer.text
    assert "administrator" not in answer.text


def test_a_database_that_is_away_is_told_to_strangers_without_where_it_is(
    public: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    secret = public.site.secret
    broken(public)
    place = public.site.database.url.database or ""
    confirm, leave = signature(secret, "confirm", "sub_1"), signature(secret, "leave", "sub_1")
    for method, path, form in (
        ("POST", "/do/status/report", {"component": "apply", "text": "No."}),
        ("POST", "/do/status/subscribe", {"way": "mail", "address": "aspen@example.org"}),
        ("GET", f"/status/confirm/sub_1?s={confirm}", {}),
        ("POST", "/do/status/confirm/sub_1", {"s": confirm}),
        ("GET", f"/status/unsubscribe/sub_1?s={leave}", {}),
        ("POST", f"/status/unsubscribe/sub_1?s={leave}", {}),
        ("GET", f"/acknowledge/page_1?s={sign(secret, 'page_1')}", {}),
        ("POST", "/do/pages/page_1/acknowledge", {"s": sign(secret, "page_1")}),
        ("GET", f"/test-pages/test_1?s={sign_test(secret, 'test_1')}", {}),
        ("POST", "/sign-in", {"link": "guessed"}),
        ("GET", "/readyz", {}),
    ):
        answer = public.client.request(method, path, data=form)
        assert answer.status_code == 503, path
        for word in ("sqlite", place, place.rpartition("/")[2], "damaged"):
            assert word not in answer.text, path
    for token in ("tsn_guessed", public.tokens["admin"]):  # whose it is, nobody can say now
        headers = {"Authorization": f"Bearer {token}"}
        answer = public.client.get("/v1/systems", headers=headers)
        assert answer.status_code == 503
        assert place not in answer.text
        assert "nothing was changed; try again" in answer.json()["error"]["do"]
    assert place in caplog.text  # who runs it finds the rest


def test_a_fault_of_ours_is_told_by_a_reference(
    public: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "ask", None)
    form = {"way": "mail", "address": "aspen@example.org"}
    answer = public.client.post("/do/status/subscribe", data=form)
    assert answer.status_code == 500
    assert re.search(r"fault_[0-9a-f]{12}", answer.text)
    assert [word for word in INTERNAL if word in answer.text] == []


def test_errors_inside_and_without_a_status_page_keep_our_own_layout(
    public: Stage, shared: Stage
) -> None:
    public.sign_in("aspen", frozenset({Scope.INGEST}))
    assert "Go to the overview" in public.client.get("/status/inside").text
    shared.client.headers["Accept"] = "text/html"
    assert "Go to the overview" in shared.client.get("/status/nothing").text


def test_who_is_signed_in_sees_the_very_same_page(public: Stage) -> None:
    stranger = public.client.get("/status").text
    public.sign_in("aspen")
    assert public.client.get("/status").text == stranger


@pytest.mark.parametrize("path", FILES)
def test_caches_may_keep_it_for_seconds_and_ask_by_its_tag(public: Stage, path: str) -> None:
    first = public.client.get(path)
    assert "public" in first.headers["cache-control"]
    assert "set-cookie" not in first.headers
    again = public.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_crowd_is_served_from_one_drawing(public: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    first = public.client.get("/status").text
    monkeypatch.setattr(boards, "get", None)
    for _ in range(50):
        assert public.client.get("/status").text == first


def test_one_address_is_held_back_in_the_end(public: Stage) -> None:
    answers = [public.client.get("/status").status_code for _ in range(310)]
    assert answers[:300] == [200] * 300
    assert answers[-1] == 429


def test_the_feeds_are_well_formed_and_lead_back(public: Stage) -> None:
    say(public, rich(public), "Signs that XML cannot hold: \x07 & < \x1b.")
    public.watch.forward(timedelta(seconds=6))
    atom = ET.fromstring(public.client.get("/status/atom.xml").content)
    space = {"a": "http://www.w3.org/2005/Atom"}
    (entry,) = atom.findall("a:entry", space)
    link = entry.find("a:link", space)
    assert link is not None
    tag = link.get("href", "").partition("#")[2]
    assert f'id="{tag}"' in public.client.get("/status").text
    rss = ET.fromstring(public.client.get("/status/rss.xml").content)
    assert rss.findtext("channel/item/title") == "Wrong answers to applications (investigating)"
    assert "text/css" in public.client.get("/status/status.css").headers["content-type"]


def test_it_has_no_script_no_foreign_source_and_no_inline_style(public: Stage) -> None:
    page = public.client.get("/status").text
    assert "<script" not in page
    assert " style=" not in page
    assert (
        re.findall(r'(?:src|href)="(?!https?://localhost:8470/|status/|#main|data:,)', page) == []
    )


@pytest.mark.parametrize("path", [*FILES, "/status/subscribe", "/status/report"])
def test_without_a_status_page_there_is_nothing(stage: Stage, path: str) -> None:
    assert stage.client.get(path).status_code == 404
