"""Silences over HTTP: made by responders, read by readers, refused where they make no sense."""

from datetime import timedelta

import pytest

from tests.store.examples import NOW, alert
from tests.web.cast import Stage
from tocsin.alert.quiet import Hold, Reason, suppressed
from tocsin.store import suppressions

PATH = "/v1/silences"
ORDER = {
    "matchers": ["system=loans", "region=north"],
    "ends_at": (NOW + timedelta(hours=1)).isoformat(),
    "reason": "retraining",
}


def test_a_silence_is_made_listed_and_ended(stage: Stage) -> None:
    answer = stage.ask("responder", "POST", PATH, ORDER)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["matchers"] == ORDER["matchers"]
    assert (made["author"], made["state"], made["kind"]) == ("responder", "active", "silence")
    listed = stage.ask("reader", "GET", PATH).json()["silences"]
    assert listed == [made]
    assert stage.ask("reader", "GET", f"{PATH}/{made['id']}").json() == made
    ended = stage.ask("responder", "POST", f"{PATH}/{made['id']}/expire")
    assert (ended.json()["state"], ended.json()["expired_by"]) == ("over", "responder")
    assert stage.ask("reader", "GET", PATH).json() == {"silences": []}
    assert len(stage.ask("reader", "GET", f"{PATH}?state=all").json()["silences"]) == 1
    again = stage.ask("responder", "POST", f"{PATH}/{made['id']}/expire")
    assert again.status_code == 409


def test_a_repeated_request_makes_one(stage: Stage) -> None:
    key = {"Idempotency-Key": "once"}
    first = stage.ask("responder", "POST", PATH, ORDER, key).json()
    assert stage.ask("responder", "POST", PATH, ORDER, key).json() == first
    assert len(stage.ask("reader", "GET", PATH).json()["silences"]) == 1


def test_maintenance_is_a_silence_with_a_title(stage: Stage) -> None:
    order = ORDER | {
        "kind": "maintenance",
        "title": "New cluster",
        "starts_at": (NOW + timedelta(minutes=10)).isoformat(),
    }
    made = stage.ask("responder", "POST", PATH, order).json()
    assert (made["kind"], made["title"], made["state"]) == (
        "maintenance", "New cluster", "scheduled",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"matchers": ["region=~.*"]}, "matchers"),
        ({"matchers": ["system=laons"]}, "matchers"),
        ({"matchers": ["system=loans", "nonsense"]}, "matchers[1]"),
        ({"ends_at": NOW.isoformat()}, "ends_at"),
        ({"ends_at": (NOW + timedelta(days=91)).isoformat()}, "ends_at"),
        ({"kind": "maintenance"}, "title"),
        ({"reason": " "}, "body.reason"),
        ({"matchers": []}, "body.matchers"),
    ],
)
def test_what_makes_no_sense_is_refused(
    stage: Stage, change: dict[str, object], where: str
) -> None:
    answer = stage.ask("responder", "POST", PATH, ORDER | change)
    assert answer.status_code in {400, 422}
    assert answer.json()["error"]["where"] == where
    assert stage.ask("reader", "GET", PATH).json() == {"silences": []}


def test_readers_and_services_silence_nothing(stage: Stage) -> None:
    for who in ("reader", "approver", "service"):
        assert stage.ask(who, "POST", PATH, ORDER).status_code == 403
    assert stage.ask("reader", "GET", f"{PATH}/sil_none").status_code == 404
    assert stage.ask("responder", "POST", f"{PATH}/sil_none/expire").status_code == 404


def test_why_nobody_was_called_is_told(stage: Stage) -> None:
    path = "/v1/systems/loans/suppressed"
    assert stage.ask("reader", "GET", path).json() == {"suppressed": []}
    hold = Hold(Reason.SILENCE, "sil_1", "silenced by aspen")
    with stage.site.database.unit("test", NOW) as unit:
        suppressions.save(unit, [suppressed(alert().alert, hold, NOW)])
    (row,) = stage.ask("reader", "GET", path).json()["suppressed"]
    assert (row["reason"], row["by"], row["why"]) == ("silence", "sil_1", "silenced by aspen")
    assert (row["slice"], row["over_at"], row["incident"]) == ({"sex": "f"}, None, None)
    assert stage.ask("reader", "GET", "/v1/systems/x/suppressed").status_code == 404
    assert stage.ask("service", "GET", path).status_code == 403
