"""GET /-/answer?id=…[&system=…] : what a person decided, for callers that know no Tocsin.

    200 {"answer": …, "revision": …, "at": …}     somebody has; a higher revision corrects it
    202 {"answer": null}                          nobody has yet, or Tocsin is away
    400                                           no id, or it is not said of which system

Whoever knows a decision's id (`Tocsin-Prediction-Id`, 128 random bits) may ask for it.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qs

from tocsin.gateway.asgi import said
from tocsin.gateway.ask import JSON
from tocsin.gateway.wire import Reply, written
from tocsin_client.hear import Judged

PATH = "/-/answer"
ID_MAX_CHARS = 256


class Hears(Protocol):
    """What this needs from the client of one system: `tocsin_client.Tocsin`."""

    def answer(self, prediction_id: str, *, wait_s: float = 0.0) -> Judged | None:
        """What a person decided."""
        ...


async def answer(query: bytes, controls: Mapping[str, Hears]) -> Reply:
    """Return what a person decided of the decision that `query` names."""
    given = {name: values[0] for name, values in parse_qs(query.decode("latin-1")).items()}
    name, system = given.get("id", ""), given.get("system", "")
    control = controls.get(system or next(iter(controls)))
    if control is None or (not system and len(controls) > 1):
        return said(400, f"say of which system: one of {', '.join(sorted(controls))}")
    if not name or len(name) > ID_MAX_CHARS:
        return said(400, "say the id of a decision: ?id=…")
    judged = await asyncio.to_thread(control.answer, name)  # it asks Tocsin: others go on
    if judged is None:
        return written(202, json.dumps({"answer": None}).encode(), JSON)
    facts = {"answer": judged.answer, "revision": judged.revision, "at": judged.at.isoformat()}
    return written(200, json.dumps(facts).encode(), JSON)
