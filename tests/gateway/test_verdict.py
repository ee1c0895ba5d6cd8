"""Who answers a row."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.gateway.served import Rule, Rules, Served
from tocsin.gateway.verdict import Verdict, Way, replaced, verdict
from tocsin.ingest.system import System
from tocsin_client.directives import CONTROL_LOST, Action, Directive

SERVED = Served(
    system=System(name="loans"),
    upstream="http://a",
    version="v2",
    models=("loans",),
    versions={"v1": "http://b"},
    fallback=Rules((Rule((), {}),)),
    timeout_s=60.0,
)


def directive(action: Action, to_version: str | None = None) -> Directive:
    return Directive("dir_1", action, (), to_version, datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("action", "to_version", "way", "version", "decided_by", "error"),
    [
        (Action.KILL, None, Way.BLOCKED, "v2", "block", None),
        (Action.BLOCK, None, Way.BLOCKED, "v2", "block", None),
        (Action.REVIEW, None, Way.PENDING, "v2", "review", None),
        (Action.FALLBACK, None, Way.RULES, "v2", "fallback", None),
        (Action.ROLLBACK, "v1", Way.RELAY, "v1", "rollback", None),
        (Action.ROLLBACK, "v2", Way.RELAY, "v2", "rollback", None),
        (Action.ROLLBACK, "v0", Way.RULES, "v2", "fallback", "VersionNotRegistered"),
        (Action.ROLLBACK, None, Way.RULES, "v2", "fallback", "VersionNotRegistered"),
        (Action.CANARY, "v1", Way.RELAY, "v1", "system", None),
        (Action.CANARY, "v0", Way.RELAY, "v2", "system", "VersionNotRegistered"),
    ],
)
def test_each_action_names_who_answers(  # noqa: PLR0917 - a table
    action: Action, to_version: str | None, way: Way, version: str, decided_by: str, error: str
) -> None:
    found = verdict(directive(action, to_version), SERVED)
    assert (found.way, found.version, found.decided_by, found.error) == (
        way,
        version,
        decided_by,
        error,
    )


@pytest.mark.parametrize(
    ("action", "to_version", "way", "version"),
    [
        (Action.BLOCK, None, Way.BLOCKED, "v1"),
        (Action.REVIEW, None, Way.PENDING, "v1"),
        (Action.FALLBACK, None, Way.RULES, "v1"),
        (Action.ROLLBACK, "v2", Way.RELAY, "v2"),
        (Action.ROLLBACK, "v0", Way.RULES, "v1"),
    ],
)
def test_instead_of_a_version_the_row_names_it_unless_another_answers(
    action: Action, to_version: str | None, way: Way, version: str
) -> None:
    found = verdict(replace(directive(action, to_version), of_version="v1"), SERVED)
    assert (found.way, found.version) == (way, version)
    assert found.answers == (version if way is Way.RELAY else "")
    if way is Way.RELAY:
        failed = replaced(found, "HTTP 500", SERVED)
        assert (failed.way, failed.version, failed.decided_by) == (Way.RULES, "v1", "fallback")


def test_a_version_that_is_contained_stands_in_for_no_canary_that_failed() -> None:
    first = replace(verdict(directive(Action.CANARY, "v1"), SERVED), barred=True)
    second = replaced(first, "ConnectError", SERVED)
    assert (second.way, second.version, second.error) == (Way.RULES, "v1", "ConnectError")


def test_nothing_in_force_is_the_system_and_lost_control_the_rules() -> None:
    assert verdict(None, SERVED) == Verdict(Way.RELAY, "v2", "system", None, "v2")
    assert verdict(CONTROL_LOST, SERVED).error == "ControlLost"


def test_a_failed_canary_is_replaced_by_our_own_version_and_then_by_the_rules() -> None:
    first = verdict(directive(Action.CANARY, "v1"), SERVED)
    second = replaced(first, "ConnectError", SERVED)
    assert (second.way, second.asks, second.version) == (Way.RELAY, "v2", "v1")
    assert (second.decided_by, second.error) == ("fallback", "ConnectError")
    third = replaced(second, "HTTP 500", SERVED)
    assert (third.way, third.version, third.error) == (Way.RULES, "v2", "HTTP 500")
