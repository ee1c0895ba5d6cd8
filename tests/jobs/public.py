"""A scene with a status page: letters and webhooks into boxes, the copy into a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.incident.public import told
from tests.jobs.scene import SECOND, Scene
from tocsin.alert.ports import Receipt
from tocsin.incident.board import Board, Site
from tocsin.incident.bulletin import Bulletin, Component, Stage, publish, update
from tocsin.incident.incident import Incident, Severity
from tocsin.incident.letter import Letter
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.subscriber import Way
from tocsin.jobs.rings import Status
from tocsin.store import bulletins, letters, subscribers

PAGE = StatusPage(
    site=Site(title="Acme lending"),
    components=(Component(key="apply", title="Loan applications", systems=("loans",)),),
    publish_from=Severity.SEV1,
    mail="letters",
    webhooks=True,
)


@dataclass
class Box:
    """A `Mailer` that keeps what it takes; `faults` are raised first, one per letter."""

    taken: list[Letter] = field(default_factory=list[Letter])
    faults: list[Exception] = field(default_factory=list[Exception])
    on_take: Callable[[], None] | None = None

    def mail(self, letter: Letter) -> Receipt:
        if self.faults:
            raise self.faults.pop(0)
        self.taken.append(letter)
        if self.on_take is not None:
            self.on_take()
        return Receipt("smtp", letter.key)


def draw(board: Board) -> Mapping[str, bytes]:
    """Return a copy of two files."""
    return {"status/status.json": b"{}", "index.html": board.says.encode()}


def with_page(stage: Scene, folder: Path, page: StatusPage = PAGE) -> Box:
    """Give the scene a status page; return where its letters go."""
    box = Box()
    mailers = {Way.MAIL: box, Way.WEBHOOK: box}
    status = Status(page=page, draw=draw, folder=folder, mailers=mailers)
    stage.rings = replace(stage.rings, status=status)
    return box


def subscribe(stage: Scene, address: str = "aspen@example.org", way: Way = Way.MAIL) -> str:
    """Let somebody subscribe and confirm; return the subscriber's id."""
    with stage.database.unit("subscriber", stage.clock()) as unit:
        subscribers.ask(unit, way, address)
        rows = letters.claim(unit, "test", stage.rings.lease, 10)
        letters.accepted(unit, rows[-1], Receipt("smtp", "id"))
        id_ = subscribers.confirm(unit, rows[-1].subscriber).id
    stage.clock.move(SECOND)
    return id_


def say(stage: Scene, incident: Incident, text: str, stage_: Stage = Stage.IDENTIFIED) -> Bulletin:
    """Let aspen publish, or go on, about an incident."""
    with stage.database.unit("aspen", stage.clock()) as unit:
        known = bulletins.of_incident(unit.conn, incident.id)
        if known:
            post = unit.new_id("pst")
            one = update(known[-1], told(text, stage_), id_=post, by="aspen", now=unit.now)
            bulletins.save(unit, one)
        else:
            one = publish(
                incident,
                told(text, stage_),
                ids=(unit.new_id("blt"), unit.new_id("pst")),
                title="Wrong answers to applications",
                components=["apply"],
                known=PAGE.components,
                by="aspen",
                now=unit.now,
            )
            bulletins.add(unit, one)
        return one
