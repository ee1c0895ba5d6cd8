"""Acts outside: what a directive is carried out by where neither guard nor gateway stands.

    directive began or ended ──▶ row ──claim (lease)──▶ read ─▶ row ─▶ write ─▶ read back ─▶ row

What the setting is, and what it shall be, is a row before anything is written: whoever dies in
between is followed by somebody who reads the setting, and writes, or sees that it was written.
A try that runs into its time limit ends the same way.  A setting that somebody else has changed is
left alone, and people are told.  One that was reached and not confirmed is taken back once its
directive ends, or once it is given up.  No setting outlives its directive unnoticed: putting it
back is tried for a day, whatever is answered, and people are called when it does not work.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.alert.telling import Asking
from tocsin.base.errors import TocsinError
from tocsin.contain.act import (
    Act,
    Deed,
    Do,
    Outlet,
    Phase,
    found_first,
    judge,
    next_change,
)
from tocsin.contain.ports import Actuator, Value
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind
from tocsin.jobs import updates
from tocsin.jobs.delivery import Delivery
from tocsin.jobs.oncall import wait_after
from tocsin.jobs.rings import Rings
from tocsin.store import acts, containment, incidents
from tocsin.store.acts import ActRow
from tocsin.store.unit import Unit
from tocsin.store.updates import Ask

MOST_TRIES = 30
"""Then a beginning has failed, after some thirteen minutes; an end is tried for a day."""
TELL_AFTER = 4
"""Tries after which people hear that one is still being made."""
REVERT_FOR = timedelta(days=1)
_ACTOR = "tocsin"


def run(rings: Rings, now: datetime) -> None:
    """Make the acts that are to be made, one after the other."""
    for row in claim(rings, now, rings.senders):
        perform(rings, row)


def delivery(senders: int) -> Delivery[ActRow]:
    """Return a delivery of acts with threads of its own."""
    return Delivery(senders, claim, perform, acts.renew)


def claim(rings: Rings, now: datetime, limit: int) -> list[ActRow]:
    """Add the acts that directives call for; return up to `limit` due ones, now this worker's."""
    if limit <= 0:
        return []
    with rings.database.reading() as conn:
        called_for = any(_next(conn, outlet, now) for outlet in rings.actuators.values())
        waiting = acts.due(conn, now)
    if not called_for and not waiting:
        return []
    with rings.database.unit(_ACTOR, now) as unit:
        for outlet in rings.actuators.values():
            act = _next(unit.conn, outlet, now, unit)
            if act is not None:
                acts.add(unit, act)
        return acts.claim(unit, rings.worker, rings.lease, limit)


def _next(
    conn: sa.Connection, outlet: Outlet, now: datetime, unit: Unit | None = None
) -> Act | None:
    """Return the next act of an actuator, with an id if there is a unit; None: nothing to do."""
    tip = acts.tip(conn, outlet.name)
    running = [d for d in containment.in_force(conn, outlet.system, now) if outlet.acts_on(d)]
    if tip is None and not running:
        return None
    change = next_change(tip, running, acts.given_up(conn, outlet.name))
    if change is None:
        return None
    known = {d.id: d.incident for d in containment.some(conn, [change.directive])}
    return Act(
        id=unit.new_id("act") if unit else "",
        actuator=outlet.name,
        target=change.grip.target or outlet.actuator.target,
        seq=tip.seq + 1 if tip else 1,
        system=outlet.system,
        incident=known.get(change.directive),
        directive=change.directive,
        deed=change.deed,
        held=change.grip.holds,
        holds=change.holds,
        base=change.grip.base,
        ours=change.grip.ours,
        made_at=now,
    )


def perform(rings: Rings, row: ActRow) -> None:
    """Make one claimed act, as far as it goes, and record what became of it."""
    _Performance(rings, row).run()


@dataclass(slots=True)
class _Performance:
    """One try of one act; `act` is how far it has come."""

    rings: Rings
    row: ActRow
    act: Act = field(init=False)

    def __post_init__(self) -> None:
        self.act = self.row.act

    def run(self) -> None:
        try:
            self._carry_out()
        except DeliveryError as error:
            self._failed(error)
        except _Lost:  # whoever has it now reads what we wrote
            return
        except TocsinError:  # of our own store: the lease runs out, somebody tries again
            raise
        except Exception as error:  # noqa: BLE001 - a third party's fault must not lose an act
            broke = f"broke: {type(error).__name__}"
            self._failed(DeliveryError(broke, retryable=True, reason=Reason.SERVER))

    def _carry_out(self) -> None:
        act, now = self.act, self.rings.clock()
        with self.rings.database.reading() as conn:
            known = {d.id: d for d in containment.some(conn, {act.directive, *act.holds})}
        cause = known.get(act.directive)
        if act.deed is Deed.APPLY and not (cause and cause.in_force(now)):
            self._end(Phase.DROPPED)
            return
        actuator = self._outlet().actuator
        found = actuator.read()
        if act.wanted is None:
            act = found_first(act, found)
            base = act.base or ""
            held = [known[id_] for id_ in act.holds]
            wanted = actuator.aim(base, held) if held else base
            self.act = act = replace(act, wanted=wanted, phase=Phase.APPLYING)
        match judge(act, found):
            case Do.LEAVE:
                raise _Final(
                    f"left alone: somebody else changed it meanwhile; now"
                    f" {actuator.shows(found)}, left by Tocsin {actuator.shows(act.ours[-1])}",
                    Reason.REJECTED,
                )
            case Do.WRITE:
                found = self._write(actuator, found)
            case Do.NOTHING:
                pass
        done = Phase.APPLIED if act.deed is Deed.APPLY else Phase.REVERTED
        self._end(done, after=found)

    def _write(self, actuator: Actuator, found: Value) -> Value:
        """Write what is wanted, once that stands in the row; return what is read back."""
        wanted = self.act.wanted or ""
        ours = tuple(dict.fromkeys((*self.act.ours, wanted)))
        self.act = replace(self.act, touched=True, ours=ours)
        with self.rings.database.unit(_ACTOR, self.rings.clock(), quiet=True) as unit:
            mine = acts.save(unit, self.row, self.act)
        if not mine:
            raise _Lost
        actuator.write(wanted, expecting=found, key=self.act.id)
        after = actuator.read()
        if after != wanted:
            raise DeliveryError(
                f"was written, but is {actuator.shows(after)}",
                retryable=True,
                reason=Reason.SERVER,
            )
        return after

    def _outlet(self) -> Outlet:
        """Return the actuator as it is configured now.

        Raises:
            DeliveryError: it is not configured any more, or for another setting.
        """
        outlet = self.rings.actuators.get(self.act.actuator)
        if outlet is None:
            raise DeliveryError(
                "is not configured any more", retryable=False, reason=Reason.CONFIGURATION
            )
        if outlet.actuator.target != self.act.target:
            raise _Final(
                f"is configured for {outlet.actuator.target}, and was for {self.act.target}",
                Reason.CONFIGURATION,
            )
        return outlet

    def _end(self, phase: Phase, *, after: Value | None = None, error: str = "") -> None:
        """Record that the act is over, and say so on the timeline."""
        now = self.rings.clock()
        over = replace(self.act, phase=phase, after=after, ended_at=now, error=error or None)
        with self.rings.database.unit(_ACTOR, now) as unit:
            if acts.save(unit, self.row, over) and phase is not Phase.DROPPED:
                self._tell(unit, over, self._says(over), phase.value)

    def _failed(self, error: DeliveryError) -> None:
        now, act = self.rings.clock(), self.act
        if act.deed is Deed.APPLY:
            again = error.retryable and self.row.attempts < MOST_TRIES
        else:
            # a token is renewed, a file comes back: only what is somebody else's now is let go
            again = not isinstance(error, _Final) and now - act.made_at < REVERT_FOR
        if not again:
            self._end(Phase.FAILED, error=str(error))
            return
        with self.rings.database.unit(_ACTOR, now, quiet=True) as unit:
            later = now + wait_after(self.row.attempts)
            mine = acts.again(unit, self.row, str(error), later)
        if mine and self.row.attempts == TELL_AFTER:
            verb = "done" if act.deed is Deed.APPLY else "put back"
            text = f"{self._name()} is not {verb} yet, and tried again: {error}."
            with self.rings.database.unit(_ACTOR, now) as unit:
                self._tell(unit, act, text, "trying")

    def _tell(self, unit: Unit, act: Act, text: str, stage: str) -> None:
        """Write a line on the incident's timeline, if there is one; call where it is not put back.

        Args:
            unit: where to write.
            act: as it is now.
            text: the line.
            stage: its phase, or `trying`.
        """
        if act.incident is None:
            return
        incident = incidents.get(unit.conn, act.incident)
        stuck = act.deed is Deed.REVERT and stage in ("trying", Phase.FAILED)
        if stuck:
            plan = next((d.plan for d in containment.some(unit.conn, [act.directive])), None)
            if plan is not None:
                ask = Ask(plan=plan, why=text, asking=Asking.STUCK)
                key = f"{act.id}/{stage}"
                text = f"{text} {updates.tell_deciders(unit, self.rings, incident, key, ask)}"
        facts = {"actuator": act.actuator, "act": act.id, "phase": stage}
        after, entries = lifecycle.note(
            incident,
            kind=EntryKind.ACTED,
            text=text,
            actor=_ACTOR,
            now=unit.now,
            entry_id=unit.new_id("ent"),
            facts=facts,
        )
        if stuck:
            why = f"Calling again: {act.actuator} outlives its containment and is not put back."
            after, called = lifecycle.call_again(
                after, now=unit.now, entry_id=unit.new_id("ent"), why=why
            )
            entries += called
        incidents.save(unit, after, entries)

    def _says(self, act: Act) -> str:
        """Return what became of an act, for the timeline."""
        name, now = self._name(), self._shows(act.after)
        if act.phase is Phase.FAILED:
            return f"{name} {_failure(act)}"
        if act.deed is Deed.REVERT:
            put = f"for what is still in force, now {now}" if act.holds else f"put back, now {now}"
            return f"{name}: {put}; read back."
        if act.before == act.after:
            return f"{name}: {now} already; nothing was changed."
        return f"{name}: now {now}, before {self._shows(act.before)}; read back."

    def _name(self) -> str:
        outlet = self.rings.actuators.get(self.act.actuator)
        return f"{self.act.actuator} ({outlet.kind})" if outlet else self.act.actuator

    def _shows(self, value: Value | None) -> str:
        outlet = self.rings.actuators.get(self.act.actuator)
        return outlet.actuator.shows(value or "") if outlet else "unknown"


def _failure(act: Act) -> str:
    if act.deed is Deed.REVERT:
        return f"was not put back: {act.error}. Do it by hand where it is needed."
    if act.touched:
        return f"failed: {act.error}. What it may have changed is taken back."
    return f"failed: {act.error}. Nothing was changed there."


class _Lost(TocsinError):  # noqa: N818 - named for what happened
    """The lease was lost: the act is somebody else's now."""


class _Final(DeliveryError):  # noqa: N818 - named for what happened
    """No try can help: the setting is not ours any more."""

    def __init__(self, words: str, reason: Reason) -> None:
        super().__init__(words, retryable=False, reason=reason)
