"""What one seed does to the server.  The same seed gives the same plan, but not the same luck."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

TRIES_AT_RISK = 3
"""Of one page at most so many tries meet a fault of the provider."""


class Engine(StrEnum):
    """The set-ups."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Fault(StrEnum):
    """What a provider may do instead of taking a page and saying so."""

    REFUSES = "answers 500"
    LIES = "answers 200, says it failed"
    SLOW = "takes it, answers too late"
    MUTE = "takes it, cuts the line"

    @property
    def took(self) -> bool:
        """Whether somebody was told all the same."""
        return self in (Fault.SLOW, Fault.MUTE)


@dataclass(frozen=True, slots=True)
class Jump:
    """At `at_s` the clock is put forward or back by `by_s`."""

    at_s: float
    by_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run.  Times count from its beginning."""

    seed: int
    engine: Engine
    kills: bool
    incidents: tuple[float, ...]
    told_s: float = 0.0
    """When another system tells of an alert."""
    taken_s: float | None = None
    """When somebody takes the first incident."""
    disturbed_s: float
    """For how long things go wrong; then everything must arrive."""
    faults: tuple[Fault, ...] = ()
    jumps: tuple[Jump, ...] = ()
    database_crashes: tuple[float, ...] = ()
    lookup_s: float = 0.0
    """How long names take to be looked up at the most."""

    @property
    def workers(self) -> int:
        """How many processes page."""
        return 1 if self.engine is Engine.SQLITE else 2

    def dies_at(self, worker: int, life: int) -> int:
        """Return the boundary at which a process dies, counted from its start; 0: at none."""
        random = Random(f"{self.seed}/{worker}/{life}")
        return random.randint(1, 30) if self.kills else 0

    def pause_s(self, worker: int, life: int) -> float:
        """Return after how long a dead process is started again."""
        return Random(f"{self.seed}/{worker}/{life}/pause").choice([0.0, 0.0, 0.5, 1.5])

    def fault(self, page: str, attempt: int, *, can_lie: bool) -> Fault | None:
        """Return what the provider does wrong at the `attempt`-th try (from 1) of a page."""
        random = Random(f"{self.seed}/{page}/{attempt}")
        kinds = [one for one in self.faults if can_lie or one is not Fault.LIES]
        if not kinds or attempt > TRIES_AT_RISK or random.random() > 0.4:
            return None
        return random.choice(kinds)

    @property
    def words(self) -> str:
        """What goes wrong, in one line."""
        parts = ["kills"] if self.kills else []
        parts += [f"provider {one}" for one in self.faults]
        parts += [f"clock {one.by_s:+.0f} s at {one.at_s:.0f} s" for one in self.jumps]
        parts += [f"the first is taken at {self.taken_s:.0f} s"] if self.taken_s else []
        parts += [f"database crashes at {at_s:.0f} s" for at_s in self.database_crashes]
        parts += [f"names take up to {self.lookup_s:.0f} s"] if self.lookup_s else []
        return "; ".join(parts) or "nothing"


def plan(seed: int, engine: Engine, disturbed_s: float = 16.0) -> Plan:
    """Draw the plan of a seed."""
    random = Random(f"{engine}/{seed}")
    jumps: tuple[Jump, ...] = ()
    if random.random() < 0.5:
        sizes = [*(3.0, 40.0, 600.0, 4000.0), *(-3.0, -40.0, -600.0, -4000.0)]
        jumps = tuple(
            Jump(at_s, random.choice(sizes))
            for at_s in sorted(random.uniform(3, disturbed_s) for _ in range(random.randint(1, 2)))
        )
    crashes: tuple[float, ...] = ()
    if engine is Engine.POSTGRESQL and random.random() < 0.5:
        crashes = tuple(random.uniform(2, disturbed_s) for _ in range(random.randint(1, 2)))
    more = Random(f"{engine}/{seed}/more")
    told_s, taken_s = more.uniform(0, 0.75 * disturbed_s), more.uniform(0.4, 0.9) * disturbed_s
    if jumps or more.random() < 0.4:
        taken_s = None  # an acknowledgement may run out, and a clock that jumps makes it
    return Plan(
        seed=seed,
        engine=engine,
        kills=random.random() < 0.9,
        incidents=tuple(
            sorted(random.uniform(0, 0.75 * disturbed_s) for _ in range(random.randint(2, 5)))
        ),
        disturbed_s=disturbed_s,
        told_s=told_s,
        taken_s=taken_s,
        faults=tuple(one for one in Fault if random.random() < 0.5),
        jumps=jumps,
        database_crashes=crashes,
        lookup_s=random.choice([0.0, 0.0, 1.0, 3.0]),
    )
