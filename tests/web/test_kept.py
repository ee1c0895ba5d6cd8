"""Found once, kept for a moment."""

import threading
from datetime import timedelta

import pytest

from tests.store.examples import NOW
from tocsin.base.errors import Unavailable
from tocsin.web import kept
from tocsin.web.kept import Kept

LASTS = timedelta(seconds=2)


def test_it_is_found_again_only_when_it_is_old_or_the_clock_was_put_back() -> None:
    one, found = Kept(), iter(range(9))
    asked_s = (0, 1.9, 2, -0.1, 3.9, -3600, 0)
    answers = [one.get(NOW + timedelta(seconds=s), LASTS, lambda: next(found)) for s in asked_s]
    assert answers == [0, 0, 1, 2, 3, 4, 5]


def test_what_could_not_be_found_is_not_kept() -> None:
    one = Kept()
    with pytest.raises(ZeroDivisionError):
        one.get(NOW, LASTS, lambda: 1 // 0)
    assert one.get(NOW, LASTS, lambda: 7) == 7


def test_a_finding_that_hangs_holds_nobody_else_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "WAIT_S", 0.01)
    one, begun, go_on = Kept(), threading.Event(), threading.Event()

    def hang() -> int:
        begun.set()
        go_on.wait(60)
        return 7

    slow = threading.Thread(target=one.get, args=(NOW, LASTS, hang))
    slow.start()
    begun.wait(60)
    with pytest.raises(Unavailable):
        one.get(NOW, LASTS, lambda: 8)
    go_on.set()
    slow.join()
    assert one.get(NOW, LASTS, lambda: 8) == 7
