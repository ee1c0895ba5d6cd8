"""Only the thread that is sending is silent."""

import logging
import threading

import pytest

from tocsin.integrations.http.quiet import quiet

NAME = "tests.talkative"


def test_nothing_is_logged_within_and_everything_without(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    talkative = logging.getLogger(NAME)
    talkative.info("before")
    with quiet([NAME]):
        talkative.error("within")
        other = threading.Thread(target=talkative.info, args=("another thread",))
        other.start()
        other.join()
        with quiet([NAME]):
            talkative.info("twice within")
        talkative.info("still within")
    talkative.info("after")
    said = [record.getMessage() for record in caplog.records]
    assert said == ["before", "another thread", "after"]
