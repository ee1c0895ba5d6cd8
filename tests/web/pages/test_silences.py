"""The page of silences: look first, then keep quiet; and why nobody was called."""

from datetime import timedelta

import pytest

from tests.web.cast import NOW, Stage
from tests.web.desk import busy
from tests.web.pages.reading import Page
from tocsin.alert.silence import Kind
from tocsin.store import silences

HTML = {"Accept": "text/html"}


def seen(stage: Stage, **query: str) -> Page:
    return Page(stage.client.get("/silences", params=query).text)


def test_what_is_in_force_to_come_and_over_and_why_nobody_was_called(stage: Stage) -> None:
    busy(stage.site)
    stage.sign_in("oncall")
    page = seen(stage)
    assert page.text("h1").endswith("1 silence is in force.")
    assert "known, CHG-7" in page.text("active")
    assert "keeps 1 alert quiet now" in page.text("active")
    assert "Storage upgrade" in page.text("future")
    assert "holiday traffic" in page.text("over")
    assert "layer=health measure=~silence|volume" in page.text("rules")
    assert "silenced by aspen: known, CHG-7" in page.text("kept")


def test_matchers_are_looked_at_before_they_silence_anything(stage: Stage) -> None:
    busy(stage.site)
    stage.sign_in("oncall")
    page = seen(stage, matchers="system=loans\nmeasure=auc")
    assert "1 alert matches right now" in page.text("matched")
    assert "/do/silences" in page.forms
    assert "No alert matches right now" in seen(stage, matchers="system=cards").text("matched")
    assert "/do/silences" not in seen(stage).forms


@pytest.mark.parametrize("matchers", ["loans", "system=~(", "system!=loans", "a=b\n" * 21])
def test_a_matcher_that_is_none_is_refused_in_words(stage: Stage, matchers: str) -> None:
    stage.sign_in("oncall")
    answer = stage.client.get("/silences", params={"matchers": matchers}, headers=HTML)
    assert answer.status_code == 400
    assert "<h1" in answer.text


def test_a_silence_by_form_stands_and_can_be_ended(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    form = {
        "csrf": csrf,
        "matchers": "system=loans\r\nregion=~north",
        "for": "4h",
        "reason": "known",
    }
    page = Page(stage.client.post("/do/silences", data=form).text)
    assert page.text("h1").endswith("1 silence is in force.")
    with stage.site.database.reading() as conn:
        (one,) = silences.standing(conn, NOW)
    assert (one.author, one.reason, one.kind) == ("oncall", "known", Kind.SILENCE)
    assert (one.starts_at, one.ends_at) == (NOW, NOW + timedelta(hours=4))
    assert [str(each) for each in one.matchers] == ["system=loans", "region=~north"]
    done = stage.client.post(f"/do/silences/{one.id}/end", data={"csrf": csrf})
    assert Page(done.text).text("h1").endswith("Nothing is silenced.")
    again = stage.client.post(f"/do/silences/{one.id}/end", data={"csrf": csrf}, headers=HTML)
    assert again.status_code == 409


def test_a_title_makes_it_a_maintenance_window_that_may_begin_later(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    form = {
        "csrf": csrf,
        "matchers": "system=loans",
        "for": "2h",
        "start": "2026-11-21T02:00",
        "title": "New disks",
        "reason": "planned",
    }
    page = Page(stage.client.post("/do/silences", data=form).text)
    assert "New disks maintenance" in page.text("future")
    for wrong in ({"for": "soon"}, {"start": "2026-11-19T02:00"}, {"matchers": "system=nothing"}):
        answer = stage.client.post("/do/silences", data=form | wrong, headers=HTML)
        assert answer.status_code == 400, wrong


def test_what_people_wrote_is_never_markup(stage: Stage) -> None:
    csrf = stage.sign_in("oncall")
    bad = "<script>alert(1)</script>"
    form = {"csrf": csrf, "matchers": f'system="{bad}"\nregion=north', "for": "1h", "reason": bad}
    html = stage.client.get("/silences", params={"matchers": form["matchers"]}).text
    assert "<script>alert" not in html
    assert stage.client.post("/do/silences", data=form).status_code == 400  # no such system
    form["matchers"] = "region=north"
    assert "<script>alert" not in stage.client.post("/do/silences", data=form).text
