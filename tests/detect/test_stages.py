from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tocsin.detect.stages import (
    LONGEST,
    REQUIRED,
    Freshness,
    Pace,
    Stage,
    arrived,
    freshness,
    pace_of,
    silent_duties,
    stale,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{u: 1}) for u in ("seconds", "minutes", "hours", "days"))


def sign(stage: str, ago: timedelta, system: str = "", note: str = "", failures: int = 0) -> Stage:
    ok_at = NOW - ago if not failures else None
    return Stage(stage, system, NOW - ago, note, failures, ok_at)


def healthy() -> list[Stage]:
    return [
        *(sign(duty, SECOND) for duty in (*REQUIRED, "tend")),
        sign("predictions", MINUTE, "loans", str(Pace(10 * MINUTE, 30 * DAY))),
        sign("outcomes", HOUR, "loans", str(Pace(DAY, 30 * DAY))),
        sign("counting", SECOND, "loans"),
        sign("detect", HOUR, "loans"),
    ]


def late(signs: list[Stage], bucket: timedelta = HOUR) -> list[str]:
    return [one.name for one in stale(freshness(signs, {"loans": bucket}, NOW))]


def instead(of: Stage) -> list[Stage]:
    return [one for one in healthy() if (one.stage, one.system) != (of.stage, of.system)] + [of]


def test_everything_fresh_is_told_in_the_order_of_the_flow() -> None:
    found = freshness(healthy(), {"loans": HOUR}, NOW)
    assert stale(found) == []
    assert [one.name for one in found] == [
        "predictions of loans",
        "outcomes of loans",
        "counting of loans",
        "monitors of loans",
        *REQUIRED,
        "tend",
    ]
    assert found[0].since == NOW - MINUTE


@pytest.mark.parametrize(
    ("stage", "allowed"),
    [
        ("predictions", 2 * HOUR + 15 * MINUTE),
        ("outcomes", 2 * HOUR + 36 * HOUR),
        ("counting", HOUR),
        ("detect", 2 * HOUR),
    ],
)
def test_each_stage_of_a_system_is_stale_just_after_its_allowance(
    stage: str, allowed: timedelta
) -> None:
    note = next(one.note for one in healthy() if (one.stage, one.system) == (stage, "loans"))
    assert late(instead(sign(stage, allowed, "loans", note))) == []
    name = {"detect": "monitors"}.get(stage, stage)
    assert late(instead(sign(stage, allowed + SECOND, "loans", note))) == [f"{name} of loans"]


@pytest.mark.parametrize(
    ("duty", "bucket", "allowed"),
    [
        ("escalate", HOUR, MINUTE),
        ("deliver", DAY, MINUTE),
        ("profile", HOUR, LONGEST),
        ("alert", 20 * MINUTE, 5 * MINUTE),
        ("alert", MINUTE, MINUTE),
        ("tend", DAY, LONGEST),
    ],
)
def test_duties_have_their_allowances(duty: str, bucket: timedelta, allowed: timedelta) -> None:
    for ago, expected in ((allowed, []), (allowed + SECOND, [duty])):
        signs = instead(sign(duty, ago))
        found = freshness(signs, {"loans": bucket}, NOW)
        assert [one.name for one in stale(found) if not one.system] == expected


def test_a_duty_that_runs_and_fails_is_stale_with_its_reason() -> None:
    (one,) = stale(freshness(instead(sign("deliver", SECOND, "", "no disk", 3)), {}, NOW))
    assert one.why == "failed 3 times in a row: no disk"


def test_what_must_run_is_missed_and_what_never_came_is_not() -> None:
    assert [one.name for one in stale(freshness([], {}, NOW))] == list(REQUIRED)
    found = freshness([], {"loans": HOUR}, NOW)
    assert [one.name for one in stale(found) if one.system] == ["counting of loans"]


def test_a_system_that_is_not_watched_is_left_out() -> None:
    assert late([*healthy(), sign("counting", 9 * DAY, "gone")]) == []


def test_monitors_may_wait_for_the_first_bucket_and_no_longer() -> None:
    def found(watched: timedelta) -> list[Freshness]:
        note = str(Pace(MINUTE, watched))
        signs = [one for one in healthy() if (one.stage, one.system) != ("detect", "loans")]
        signs = [one for one in signs if one.stage != "predictions"]
        signs.append(sign("predictions", SECOND, "loans", note))
        return stale(freshness(signs, {"loans": HOUR}, NOW))

    assert found(90 * MINUTE) == []
    assert [(one.name, one.why) for one in found(3 * HOUR)] == [
        ("monitors of loans", "never looked")
    ]


@pytest.mark.parametrize("seed", range(5))
def test_usual_nights_and_weekends_are_no_silence_and_a_third_day_is(seed: int) -> None:
    """Five weeks of office hours: the pace allows the nights and weekends that follow."""
    random = np.random.default_rng(seed)
    before: Stage | None = None
    worst = timedelta(0)
    for day in range(35):
        if day % 7 > 4:
            continue
        for minute in np.sort(random.integers(0, 480, 40)):
            at = NOW + day * DAY + int(minute) * MINUTE
            if before is not None:
                allowed = freshness([before], {"loans": HOUR}, at)[0].allowed
                if day >= 8:
                    worst = max(worst, (at - before.at) / allowed * HOUR)
                    assert at - before.at <= allowed
            note = str(arrived(before, at))
            before = Stage("predictions", "loans", at, note, 0, at)
    assert before is not None
    assert worst > HOUR / 3  # not by being deaf
    quiet = freshness([before], {"loans": HOUR}, before.at + 5 * DAY)[0]
    assert not quiet.fresh
    assert "none came for 5 d" in quiet.why


def test_a_pace_is_read_from_its_own_note_and_nothing_else() -> None:
    pace = Pace(90 * MINUTE, 3 * DAY)
    assert pace_of(sign("predictions", SECOND, "loans", str(pace))) == pace
    assert pace_of(sign("predictions", SECOND, "loans", "window to noon")) == Pace()
    assert pace_of(None) == Pace()
    assert arrived(None, NOW) == Pace()


def test_a_pause_is_forgotten_by_half_in_a_week_however_often_a_sign_is_given() -> None:
    last = sign("serving", timedelta(0), "loans", str(Pace(2 * HOUR)))
    for _ in range(7 * 24 * 120):  # twice a minute
        at = last.at + 30 * SECOND
        last = Stage("serving", "loans", at, str(arrived(last, at)), 0, at)
    assert abs(pace_of(last).pause - HOUR) < MINUTE


def test_arrivals_and_counting_are_no_duties_that_report() -> None:
    signs = [sign(stage, DAY, "loans") for stage in ("predictions", "outcomes", "counting")]
    assert silent_duties(signs, NOW, MINUTE) == []
    old, new = sign("tend", HOUR, "loans"), sign("tend", 30 * SECOND)
    assert silent_duties([old, new], NOW, MINUTE) == []
    assert silent_duties([old], NOW, MINUTE) == [old]
