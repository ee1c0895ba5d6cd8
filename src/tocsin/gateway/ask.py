"""One call as the gateway reads it: the rows that want a decision, and who each is about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tocsin.gateway.served import Served
from tocsin.ingest.tensors import Body

JSON = "application/json"
EVENTS = "text/event-stream"


class Unjoinable(ValueError):  # noqa: N818 - named for the fault
    """Answers from several places do not fit into one body."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One row: its inputs, and what slices are matched on."""

    features: Mapping[str, object]
    attributes: Mapping[str, object]
    seed: object = None
    """What tells people apart where nothing is declared; None: the inputs."""

    def key(self, sticky: str | None) -> str:
        """Return what is the same whenever the same person comes."""
        if sticky is not None and self.attributes.get(sticky) is not None:
            return str(self.attributes[sticky])
        seed = self.features if self.seed is None else self.seed
        return json.dumps(seed, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call for predictions.  `fields` is its JSON, `tensors` what stands in it (v2)."""

    id: str = ""
    rows: tuple[Asked, ...]
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    stream: bool = False
    tensors: Body | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One body that the gateway made itself."""

    body: bytes
    content_type: str = JSON


class Dialect(Protocol):
    """What a module of `dialects` can do."""

    def read(self, body: bytes, about: Mapping[str, str], served: Served) -> Ask:
        """Return the call that `body` makes.

        Args:
            body: as it came, unpacked.
            about: the attributes that request headers hold.
            served: tells how its inputs are named.

        Raises:
            BadInput: the body does not follow the protocol, or its inputs have no names.
        """
        ...

    def part(self, ask: Ask, rows: Sequence[int]) -> bytes:
        """Return the body of a call for some of the rows only."""
        ...

    def pieces(self, body: bytes, count: int) -> list[object]:
        """Return the answer to each of `count` rows, in the dialect's own form.

        Raises:
            BadInput: the answer does not follow the protocol.
            Unjoinable: it has another number of rows.
        """
        ...

    def made(self, answer: object, served: Served) -> object:
        """Return the piece that a declared answer means."""
        ...

    def joined(self, ask: Ask, pieces: Sequence[object], served: Served) -> Answer:
        """Return the body that answers all rows.

        Raises:
            Unjoinable: the pieces differ in form.
        """
        ...

    def told(self, ask: Ask, body: bytes, served: Served) -> list[dict[str, object]]:
        """Return what an answer says of each row, as fields of prediction rows.

        `deduced`: the prediction is what the score means; the answer itself names none.

        Raises:
            BadInput: the answer does not follow the protocol.
        """
        ...

    def rewritten(self, body: bytes, predictions: Mapping[int, object], served: Served) -> bytes:
        """Return an answer as plain JSON with other predictions in some rows, all else as it was.

        Args:
            body: the answer.
            predictions: what the prediction is to say, by row, in the type that it has.
            served: tells which output holds it.

        Raises:
            BadInput: the answer does not follow the protocol, or its predictions have no place.
        """
        ...

    def refusal(self, why: str, code: str) -> bytes:
        """Return an error's body in the protocol's own form."""
        ...
