from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import NOON, directive
from tocsin.contain.expiry import ExpiryStage, announcements, warn_at


@pytest.mark.parametrize(
    ("hours", "left_min"), [(4, 24), (0.5, 5), (0.1, 3)], ids=["tenth", "five minutes", "half"]
)
def test_the_end_is_announced_ahead(hours: float, left_min: float) -> None:
    one = directive(hours=hours)
    assert one.expires_at - warn_at(one) == timedelta(minutes=left_min)


def test_each_stage_is_said_once_and_at_its_time() -> None:
    one, said = directive(hours=4), set[str]()
    told: list[tuple[float, ExpiryStage]] = []
    for minute in range(0, 300, 6):
        for a in announcements([one], said, NOON + timedelta(minutes=minute)):
            told.append((minute, a.stage))
            said.add(a.key)
    assert told == [(216, ExpiryStage.SOON), (240, ExpiryStage.EXPIRED)]


def test_what_ended_while_we_were_down_is_said_as_ended_only() -> None:
    due = announcements([directive(hours=1)], set(), NOON + timedelta(hours=9))
    assert [a.stage for a in due] == [ExpiryStage.EXPIRED]
    assert "the system decides for region=north again" in due[0].text


def test_a_reverted_directive_ends_silently() -> None:
    over = replace(directive(hours=1), reverted_at=NOON)
    assert announcements([over], set(), NOON + timedelta(hours=9)) == []
