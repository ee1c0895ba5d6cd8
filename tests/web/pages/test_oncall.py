"""The page of on-call: what it shows, and that its forms do what they say."""

from dataclasses import replace
from datetime import timedelta

from tests.oncall.roster import DEPUTY, LENDING
from tests.web.cast import NOW, Stage, client_of
from tests.web.desk import bare, busy
from tests.web.pages.reading import Page
from tocsin.base.spans import Span
from tocsin.oncall.schedule import Shift, shifts, who
from tocsin.store import oncall, testpages
from tocsin.web.access import Scope

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHIFTS = shifts(LENDING, (), Span(NOW, NOW + 4 * DAY))
FAR = "2030-11-20T14:05"


def seen(stage: Stage, **query: str) -> Page:
    return Page(stage.client.get("/on-call", params=query).text)


def named(shift: Shift) -> str:
    return f"{shift.span.start.isoformat()} {shift.span.end.isoformat()} {shift.person}"


def who_then(stage: Stage, shift: Shift) -> str | None:
    with stage.site.database.reading() as conn:
        standing = oncall.overrides(conn, NOW).get("lending", [])
    return who(LENDING, standing, shift.span.start)


def test_who_is_on_call_who_is_next_and_where_nobody_is(stage: Stage) -> None:
    stage.sign_in("oncall")
    page = seen(stage)
    assert page.text("h1").endswith("lending-deputy is on call.")
    assert "until 14:10 UTC , in 5 min ; then lending-lead" in page.text("schedule-1")
    assert "Warning: nobody is on call in lending from 2026-11-20 20:00" in page.text("gaps")
    assert "lending-lead (mail)" in page.text("preview")


def test_the_preview_is_of_the_policy_and_instant_that_are_asked_for(stage: Stage) -> None:
    stage.sign_in("oncall")
    night = seen(stage, policy="lending", at="2026-11-20T22:00").text("preview")
    assert "risk-lead (mail)" in night.partition("T+10")[0]  # nobody is on call: the next step
    for query in ({"at": "soon"}, {"at": FAR}, {"policy": "nothing"}):
        answer = stage.client.get("/on-call", params=query, headers={"Accept": "text/html"})
        assert answer.status_code in {400, 404}
        assert "<h1" in answer.text


def test_an_override_by_form_puts_somebody_on_call_and_is_taken_back(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    form = {
        "csrf": csrf,
        "schedule": "lending",
        "person": "head",
        "start": "2026-11-20T14:05",
        "end": "2026-11-20T18:00",
        "reason": "the deputy is ill",
    }
    page = Page(stage.client.post("/do/overrides", data=form).text)
    assert page.text("h1").endswith("head is on call.")
    assert "the deputy is ill" in page.text("overrides")
    with stage.site.database.reading() as conn:
        (row,) = oncall.standing(conn, NOW)
    assert (row.made_by, row.override.contacts[0].channel) == ("oncall", "mail")
    page = Page(stage.client.post(f"/do/overrides/{row.id}/withdraw", data={"csrf": csrf}).text)
    assert page.text("h1").endswith("lending-deputy is on call.")
    over = form | {"end": "2026-11-20T14:00"}
    assert stage.client.post("/do/overrides", data=over).status_code == 400
    blank = form | {"reason": " "}
    assert stage.client.post("/do/overrides", data=blank).status_code == 422


def test_a_swap_by_form_gives_each_the_others_shift_or_changes_nothing(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    mine, theirs = SHIFTS[1], SHIFTS[3]
    form = {"csrf": csrf, "schedule": "lending", "reason": "a wedding"}
    form |= {"mine": named(mine), "theirs": named(theirs)}
    answer = stage.client.post("/do/swaps", data=form)
    assert answer.status_code == 200
    assert who_then(stage, mine) == theirs.person
    assert who_then(stage, theirs) == mine.person
    assert stage.client.post("/do/swaps", data=form).status_code == 409  # as it no longer stands
    for wrong in ("-", "one two", f"{mine.span.start.isoformat()} soon lending-lead"):
        assert stage.client.post("/do/swaps", data=form | {"mine": wrong}).status_code == 400
    with stage.site.database.reading() as conn:
        assert len(oncall.standing(conn, NOW)) == 2


def test_the_api_swaps_as_the_form_does(stage: Stage) -> None:
    mine, theirs = SHIFTS[1], SHIFTS[3]
    body: dict[str, object] = {"schedule": "lending", "reason": "a wedding"}
    for word, shift in (("one", mine), ("other", theirs)):
        start, end = shift.span.start.isoformat(), shift.span.end.isoformat()
        body[word] = {"person": shift.person, "start": start, "end": end}
    answer = stage.ask("responder", "POST", "/v1/swaps", body)
    assert answer.status_code == 201
    assert [one["person"] for one in answer.json()["overrides"]] == [theirs.person, mine.person]
    assert who_then(stage, mine) == theirs.person


def test_a_test_page_by_form_goes_to_every_channel(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    form = {"csrf": csrf, "person": DEPUTY.name}
    page = Page(stage.client.post("/do/test-pages", data=form).text)
    assert "test page: on its way" in page.text("people")
    with stage.site.database.reading() as conn:
        sent = testpages.of_person(conn, DEPUTY.name, 10)
    assert {one.contact for one in sent} == set(DEPUTY.contacts)
    assert stage.client.post("/do/test-pages", data=form).status_code == 409  # a moment ago


def test_whoever_may_only_read_sees_the_page_and_can_press_nothing(stage: Stage) -> None:
    csrf = stage.sign_in("reader", frozenset({Scope.READ}))
    html = stage.client.get("/on-call").text
    main = html[html.index("<main") :]
    assert main.count("<button disabled") + main.count('" disabled>') >= 5
    form = {"csrf": csrf, "person": DEPUTY.name}
    assert stage.client.post("/do/test-pages", data=form).status_code == 403


def test_many_schedules_and_none_at_all_are_pages_too(stage: Stage) -> None:
    many, none = busy(stage.site), bare(stage.site)
    for site, words in (
        (many, "Somebody is on call in each of 2 schedules."),
        (none, "No schedule is declared."),
    ):
        with client_of(site) as client:
            one = replace(stage, site=site, client=client)
            one.sign_in("oncall")
            assert seen(one).text("h1").endswith(words)
