"""The worker: the pipeline as one list, and the threads that walk it.

    pipeline thread  join → profile → detect → alert → diagnose → playbook → contain
                     → expiry → approvals → queue → rollup → erase → tend → follow → test-ends
                     → remind …
    paging thread    escalate → deliver → test-pages → updates → act …
    hearing thread   hear …: as alert does, for what other monitoring says
    public thread    complaints → bulletins → letters → replies → status-copy …
    heartbeat thread …, where an address outside is configured

Paging has a thread of its own, so that a slow measurement never delays a page; so has the hearing
of outside alerts, which wait for no measurement, and what the public sees: subscribers' mail
servers are slow.  Several workers may
share one database: a pipeline duty runs where its lease is held; paging runs everywhere, because
its rows are keyed and claimed one by one.  A duty that fails is logged, counted and tried again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tocsin.base.errors import TocsinError
from tocsin.jobs import (
    act,
    alert,
    approvals,
    bulletins,
    complaints,
    contain,
    detect,
    diagnose,
    erase,
    expiry,
    follow,
    hear,
    insist,
    join,
    letters,
    oncall,
    playbooks,
    profile,
    queue,
    replies,
    rollup,
    statuscopy,
    tend,
    testpages,
    trials,
    updates,
)
from tocsin.jobs.alive import gone
from tocsin.jobs.delivery import apart
from tocsin.jobs.heartbeat import HEARTBEAT, Heart
from tocsin.jobs.rings import Duty, Rings
from tocsin.store import leases, pages, stages

PIPELINE: tuple[tuple[str, Duty], ...] = (
    ("join", join.run),
    ("profile", profile.run),
    ("detect", detect.run),
    ("alert", alert.run),
    ("diagnose", diagnose.run),
    ("playbook", playbooks.run),
    ("contain", contain.run),
    ("trials", trials.run),
    ("expiry", expiry.run),
    ("approvals", approvals.run),
    ("queue", queue.run),
    ("rollup", rollup.run),
    ("erase", erase.run),
    ("tend", tend.run),
    ("follow", follow.run),
    ("test-ends", testpages.close),
    ("insist", insist.run),
    ("remind", updates.remind),
)
PAGING: tuple[tuple[str, Duty], ...] = (
    ("escalate", oncall.escalate),
    ("deliver", oncall.deliver),
    ("test-pages", testpages.deliver),
    ("updates", updates.deliver),
    ("act", act.run),
)
PUBLIC: tuple[tuple[str, Duty], ...] = (
    ("complaints", complaints.run),
    ("bulletins", bulletins.run),
    ("letters", letters.deliver),
    ("replies", replies.deliver),
    ("status-copy", statuscopy.write),
)
_ALERT = "alert"
_LEASED = {"complaints", "bulletins"}
"""Of the public duties, those that one worker does for all."""
HEARING: tuple[tuple[str, Duty], ...] = (("hear", hear.run),)
DUTIES = (*PIPELINE, *HEARING, *PAGING, *PUBLIC)
"""Every duty in the order in which its work flows: this list is the product's pipeline."""

LEASE = timedelta(seconds=15)
"""How long a pipeline duty stays with a worker that died."""
_RENEW = timedelta(seconds=5)
_BEAT = timedelta(seconds=5)
_LETTER_SENDERS = 4
_BREATH_S = 0.05
"""Rounds of paging are at least so far apart."""
_HEARING_BREATH_S = 0.2
"""The same of hearing: in a storm of alerts one commit takes many."""
_TEST_SENDERS = 2
"""Threads of their own, so that a test never takes one from a page."""
_REPLY_SENDERS = 2
_UPDATE_SENDERS = 2
"""The same, of updates and reminders."""
_ACT_SENDERS = 4
"""The same, of acts outside."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Health:
    """What the worker remembers of one duty between rounds."""

    held_at: datetime | None = None
    beaten_at: datetime | None = None
    ok: bool = True


class Worker:
    """Runs the duties until it is told to stop.  Make one per process."""

    def __init__(
        self,
        rings: Rings,
        *,
        pipeline: Sequence[tuple[str, Duty]] = PIPELINE,
    ) -> None:
        """Hold the rings; nothing runs before `start`."""
        self._rings = rings
        self._stop = threading.Event()
        self._hearing: tuple[tuple[str, Duty], ...] = (("hear", hear.Ear().run),)
        self._alerting = threading.Lock()
        self._delivery = apart(rings.senders, oncall.claim, oncall.send, pages.renew)
        self._tests = testpages.delivery(_TEST_SENDERS)
        self._updates = updates.delivery(_UPDATE_SENDERS)
        self._acts = act.delivery(_ACT_SENDERS)
        self._letters = letters.delivery(_LETTER_SENDERS)
        self._replies = replies.delivery(_REPLY_SENDERS)
        self._pipeline = tuple(pipeline)
        self._paging: tuple[tuple[str, Duty], ...] = (
            ("escalate", oncall.escalate),
            ("deliver", self._delivery.run),
            ("test-pages", self._tests.run),
            ("updates", self._updates.run),
            ("act", self._acts.run),
        )
        self._public: tuple[tuple[str, Duty], ...] = (
            ("complaints", complaints.run),
            ("bulletins", bulletins.run),
            ("letters", self._letters.run),
            ("replies", self._replies.run),
            ("status-copy", statuscopy.Copier().run),
        )
        every = (*self._pipeline, *self._hearing, *self._paging, *self._public)
        self._health = {name: _Health() for name, _ in every}
        self._health |= {HEARTBEAT: _Health(), _ALERT: _Health()}
        self._threads = [
            threading.Thread(target=self._walk, args=(name, once, rest), name=f"tocsin-{name}")
            for name, once, rest in (
                ("pipeline", self._pipeline_once, partial(self._stop.wait, rings.pause_s)),
                ("paging", self._paging_once, self._news(_BREATH_S)),
                ("hearing", self._hear_once, self._news(_HEARING_BREATH_S)),
                (
                    "public",
                    self._public_once,
                    partial(self._stop.wait, 2 * rings.paging_pause_s),
                ),
            )
        ]
        if rings.heartbeat is not None:
            heart = Heart(rings, rings.heartbeat)
            rest = partial(self._stop.wait, heart.pause_s)
            beats = (HEARTBEAT, lambda: self._beat(heart), rest)
            self._threads.append(
                threading.Thread(target=self._walk, args=beats, name="tocsin-heart")
            )

    def start(self) -> None:
        """Start the threads and return; what a worker that died on this host held is free."""
        self._inherit()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop: no duty begins any more, the running ones end, leases are given back."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._delivery.close()
        self._tests.close()
        self._updates.close()
        self._acts.close()
        self._letters.close()
        self._replies.close()
        self._release()

    def once(self) -> None:
        """Walk the lists once in this thread, for commands and tests that want no threads."""
        self._pipeline_once()
        self._hear_once()
        self._paging_once()
        self._public_once()

    def _walk(self, name: str, once: Callable[[], None], rest: Callable[[], object]) -> None:
        while not self._stop.is_set():
            try:
                once()
            except Exception as trouble:  # noqa: BLE001 - a worker that dies pages nobody
                _log.error("%s: %s", name, _words(trouble))
            rest()

    def _news(self, breath_s: float) -> Callable[[], None]:
        """Return what rests until something was written, by whomever: a page may be due, say.

        Args:
            breath_s: how long it rests at least.
        """
        rest_s, seen = self._rings.paging_pause_s, 0

        def rest() -> None:
            nonlocal seen
            self._stop.wait(min(rest_s, breath_s))
            try:
                seen = self._rings.database.wait(seen, max(0.0, rest_s - breath_s))
            except TocsinError:  # the database is away: the next round says so
                self._stop.wait(rest_s)

        return rest

    def _pipeline_once(self) -> None:
        for name, duty in self._pipeline:
            if self._stop.is_set():
                return
            if self._holds(name):
                with self._alerting if name == _ALERT else nullcontext():
                    self._perform(name, duty)

    def _hear_once(self) -> None:
        if self._holds(_ALERT):
            with self._alerting:  # one at a time decides which incident an alert belongs to
                for name, duty in self._hearing:
                    self._perform(name, duty)

    def _paging_once(self) -> None:
        for name, duty in self._paging:
            self._perform(name, duty)

    def _public_once(self) -> None:
        for name, duty in self._public:
            if name not in _LEASED or self._holds(name):
                self._perform(name, duty)

    def _beat(self, heart: Heart) -> None:
        if self._holds(HEARTBEAT):
            heart.once()

    def _perform(self, name: str, duty: Duty) -> None:
        """Run one duty; whatever goes wrong is logged and counted, never passed on."""
        health = self._health[name]
        note = ""
        try:
            duty(self._rings, self._rings.clock())
        except Exception as trouble:  # noqa: BLE001 - the next round tries again
            note = _words(trouble)
            _log.error("%s failed: %s", name, note)
        now = self._rings.clock()
        ok = not note
        due = not _lately(health.beaten_at, now, _BEAT)
        if due or not ok or not health.ok:
            health.ok = ok
            with self._rings.database.unit(self._rings.worker, now, quiet=True) as unit:
                stages.beat(unit, name, note=note, ok=ok)
            health.beaten_at = now

    def _holds(self, name: str) -> bool:
        """Return whether this worker holds the lease on a duty, renewing it when it grows old."""
        health, now = self._health[name], self._rings.clock()
        if _lately(health.held_at, now, _RENEW):
            return True
        try:
            with self._rings.database.unit(self._rings.worker, now, quiet=True) as unit:
                held = leases.hold(unit, name, self._rings.worker, LEASE)
        except TocsinError as trouble:
            _log.error("%s: no lease: %s", name, _words(trouble))
            held = False
        health.held_at = now if held else None
        return held

    def _inherit(self) -> None:
        rings = self._rings
        try:
            with rings.database.unit(rings.worker, rings.clock(), quiet=True) as unit:
                dead = leases.inherit(unit, lambda owner: gone(owner, rings.worker))
        except Exception as trouble:  # noqa: BLE001 - they run out by themselves
            _log.warning("leases of the dead not freed: %s", _words(trouble))
        else:
            for owner in dead:
                _log.info("%s is gone; its leases are free", owner)

    def _release(self) -> None:
        try:
            with self._rings.database.unit(
                self._rings.worker, self._rings.clock(), quiet=True
            ) as unit:
                for name in (*(name for name, _ in self._pipeline), *sorted(_LEASED), HEARTBEAT):
                    leases.release(unit, name, self._rings.worker)
        except TocsinError as trouble:  # they run out by themselves
            _log.warning("leases not given back: %s", _words(trouble))


def _lately(at: datetime | None, now: datetime, within: timedelta) -> bool:
    """Return whether `at` is less than `within` ago; the future, by a clock put back, is not."""
    return at is not None and timedelta(0) <= now - at < within


def _words(trouble: BaseException) -> str:
    """Return an error as one line: its type and message, and those of a group's members."""
    if isinstance(trouble, BaseExceptionGroup):
        parts = [_words(one) for one in trouble.exceptions]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportUnknownArgumentType] - a group's type argument is lost by isinstance
        return "; ".join(parts)
    notes = "".join(f" ({note})" for note in getattr(trouble, "__notes__", ()))
    return f"{type(trouble).__name__}: {' '.join(str(trouble).split())}{notes}"
