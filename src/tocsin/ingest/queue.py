"""Queue: how people judge the decisions of one system that are referred to them."""

from dataclasses import dataclass
from datetime import timedelta

from tocsin.base.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The terms.  `sample` and `second` are shares in 0-1; nothing is sampled unless asked for.

    Raises:
        BadInput: a share or a length that cannot be.
    """

    routed: bool = True
    """Whether decisions that directives route to people come here; otherwise the service has people
    of its own for them."""
    due: timedelta = timedelta(hours=4)
    """How long a decision may wait for a person before that is an alarm."""
    lease: timedelta = timedelta(minutes=10)
    """How long whoever takes one has it alone."""
    sample: float = 0.0
    """Share of the decisions that the system made itself which people judge too, drawn by chance
    alone, so that the others are known by them."""
    second: float = 0.1
    """Share of the judgements that a second person repeats without seeing the first."""
    hides_answer: bool = True
    """Whether the system's own answer stays hidden until a person has judged."""
    pages: bool = False
    """Whether overdue decisions page people; otherwise they are a ticket."""
    outcomes: bool = True
    """Whether a judgement is the outcome of its decision; not where the truth shows later."""
    answers_to: str = ""
    """Channel (a webhook) that is told each judgement; "": callers ask."""

    def __post_init__(self) -> None:
        """Check that shares are shares and lengths are long."""
        for name, share in (("sample", self.sample), ("second", self.second)):
            if not 0 <= share <= 1:
                raise BadInput(f"{share} is no share", where=f"queue.{name}", do="use 0 to 1")
        for name, length in (("due", self.due), ("lease", self.lease)):
            if length <= timedelta(0):
                raise BadInput(f"{length} is no time", where=f"queue.{name}", do="use e.g. 4h")
