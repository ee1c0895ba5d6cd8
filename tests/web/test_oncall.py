"""On-call over HTTP: who, previews, shifts, calendars, overrides."""

from dataclasses import replace
from datetime import timedelta

from tests.oncall.roster import MINUTE, OPENED, POLICY
from tests.web.cast import NOW, Stage
from tocsin.incident.command import Ask, Command, When
from tocsin.incident.incident import Role, Severity
from tocsin.oncall.policy import Step
from tocsin.store import oncall
from tocsin.web.oncall import show_preview

ORDER = {
    "schedule": "lending",
    "person": "risk-lead",
    "start": OPENED.isoformat(),
    "end": (OPENED + timedelta(hours=10)).isoformat(),
    "reason": "a funeral",
}


def at(path: str) -> str:
    return f"{path}?at=2026-11-20T14:05:00Z"


def test_who_is_on_call_and_until_when(stage: Stage) -> None:
    (one,) = stage.ask("reader", "GET", at("/v1/oncall")).json()["schedules"]
    assert one == {
        "schedule": "lending",
        "person": "lending-deputy",
        "until": "2026-11-20T14:10:00Z",
    }
    night = stage.ask("reader", "GET", "/v1/oncall?schedule=lending&at=2026-11-20T22:00:00Z")
    assert night.json()["schedules"] == [
        {"schedule": "lending", "person": None, "until": "2026-11-21T06:00:00Z"}
    ]
    assert stage.ask("reader", "GET", "/v1/oncall?schedule=x").status_code == 404


def test_a_preview_tells_rounds_and_holes_and_pages_nobody(stage: Stage) -> None:
    seen = stage.ask("reader", "GET", at("/v1/policies/lending/preview")).json()
    assert [
        (one["after_s"], one["step"], one["told"][0]["person"]) for one in seen["tellings"]
    ] == [
        (0, 1, "lending-deputy"),
        (600, 2, "lending-lead"),
        (1200, 3, "risk-lead"),
        (1800, 3, "risk-lead"),
        (2400, 0, "head"),
        (3000, 0, "head"),
    ]
    assert [(hole["step"], hole["grave"]) for hole in seen["holes"]] == [(1, False), (2, False)]
    assert stage.ask("reader", "GET", "/v1/policies/x/preview").status_code == 404


def test_a_schedule_is_laid_out_with_its_gaps(stage: Stage) -> None:
    path = "/v1/schedules/lending/shifts?start=2026-11-20T14:05:00Z&end=2026-11-21T06:00:00Z"
    laid = stage.ask("reader", "GET", path).json()
    assert [one["person"] for one in laid["shifts"]] == ["lending-deputy", "lending-lead"]
    assert laid["gaps"] == [{"start": "2026-11-20T20:00:00Z", "end": "2026-11-21T06:00:00Z"}]
    backwards = "/v1/schedules/lending/shifts?start=2026-11-20T14:05:00Z&end=2026-11-20T14:05:00Z"
    assert stage.ask("reader", "GET", backwards).status_code == 400
    assert stage.ask("reader", "GET", "/v1/schedules/x/shifts").status_code == 404


def test_a_calendar_is_read_with_the_token_as_password(stage: Stage) -> None:
    answer = stage.client.get(
        "/v1/schedules/lending/calendar.ics", auth=("calendar", stage.tokens["reader"])
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert "lending-lead on call (lending)" in answer.text


def test_an_override_is_made_listed_obeyed_and_withdrawn(stage: Stage) -> None:
    order = ORDER | {
        "start": NOW.isoformat(),
        "end": (NOW + timedelta(hours=10)).isoformat(),
    }
    made = stage.ask("responder", "POST", "/v1/overrides", order)
    assert made.status_code == 201
    one = made.json()
    assert (one["person"], one["made_by"], one["reason"]) == ("risk-lead", "responder", "a funeral")
    assert stage.ask("reader", "GET", "/v1/overrides").json() == {"overrides": [one]}
    (now,) = stage.ask("reader", "GET", "/v1/oncall").json()["schedules"]
    assert now["person"] == "risk-lead"
    with stage.site.database.reading() as conn:
        kept = oncall.get(conn, one["id"]).override
    assert kept.contacts == stage.site.roster.person("risk-lead").contacts
    gone = stage.ask("responder", "POST", f"/v1/overrides/{one['id']}/withdraw")
    assert gone.json()["withdrawn_by"] == "responder"
    assert stage.ask("reader", "GET", "/v1/overrides").json() == {"overrides": []}
    again = stage.ask("responder", "POST", f"/v1/overrides/{one['id']}/withdraw")
    assert again.status_code == 409


def test_overrides_that_make_no_sense_are_refused(stage: Stage) -> None:
    def status(who: str, **changed: str) -> int:
        return stage.ask(who, "POST", "/v1/overrides", ORDER | changed).status_code

    assert status("reader") == 403
    assert status("responder", schedule="x") == 404
    assert status("responder", person="x") == 404
    assert status("responder", end=ORDER["start"]) == 400
    assert status("responder", start="2026-11-20T14:05:00") == 422
    assert stage.ask("responder", "POST", "/v1/overrides/ovr_x/withdraw").status_code == 404


def test_a_preview_tells_whom_the_matrix_asks_as_well(stage: Stage) -> None:
    command = Command(
        asks=(
            Ask(
                role=Role.LEGAL,
                when=When(severity=Severity.SEV2, protected=True),
                steps=(Step(30 * MINUTE, (), people=("head",)),),
            ),
            Ask(role=Role.SCRIBE, when=When(severity=Severity.SEV1)),
        ),
        people=POLICY.people,
    )
    found = show_preview(replace(stage.site, command=command), "lending", OPENED)
    (ask,) = found.asks
    assert (ask.when, ask.role, ask.after_s) == (
        "SEV2 or graver, a protected attribute",
        Role.LEGAL,
        1800,
    )
    assert [(one.person, one.channel) for one in ask.told] == [("head", "mail")]
    plain = stage.ask("reader", "GET", "/v1/policies/lending/preview").json()
    assert plain["asks"] == []
