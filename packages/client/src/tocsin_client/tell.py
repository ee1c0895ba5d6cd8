"""What a service tells beside its decisions: outcomes, changes, complaints."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tocsin_client.parts import Parts, Settings
from tocsin_client.rows import Row, encode
from tocsin_client.server import JSON, Taken

log = logging.getLogger("tocsin_client")

TELL_TIMEOUT_S = 2.0
"""Longest wait of `change` and `complaint`, which the service stands still for."""


class Teller(Protocol):
    """The telling half of a client; the other half has these three."""

    _parts: Parts
    _settings: Settings

    def now(self) -> datetime:
        """The time."""
        ...

    def outcome(self, prediction_id: str, *, label: object, at: datetime | None = None) -> None:
        """Report what turned out to be right, once known; buffered like predictions.

        Args:
            prediction_id: the decision, see `last_prediction_id`.
            label: the true class.
            at: when it became known; now by default.
        """
        row: Row = {"id": prediction_id, "at": at or self.now(), "label": label}
        self._parts.delivery.put(self._parts.outcomes, row)

    def change(
        self,
        kind: str,
        title: str,
        *,
        at: datetime | None = None,
        scope: Mapping[str, str] | None = None,
        features: Sequence[str] = (),
        version: str | None = None,
        **facts: object,
    ) -> bool:
        """Record a change that may explain trouble later.  Waits for the server up to 2 s.

        Args:
            kind: deploy, feature_pipeline, data_source, flag, threshold, prompt, index, vendor or
                infrastructure.
            title: what was changed, for people.
            at: when; now by default.
            scope: the slice of people it touches; everyone by default.
            features: the inputs it touches.
            version: the version it brings, if any.
            facts: anything else worth knowing, such as `commit="9f3c"`.

        Returns:
            Whether the server has recorded it; if not, the log says why.
        """
        return self._tell(
            "/v1/changes",
            {
                "kind": kind,
                "title": title,
                "at": at or self.now(),
                "scope": dict(scope or {}),
                "features": list(features),
                "version": version,
                "facts": {name: str(fact) for name, fact in facts.items()},
            },
        )

    def complaint(
        self,
        text: str,
        *,
        prediction_id: str | None = None,
        at: datetime | None = None,
        scope: Mapping[str, str] | None = None,
        contact: str | None = None,
    ) -> bool:
        """Pass on a person's report of harm.  Waits for the server up to 2 s.

        Args:
            text: in the person's words.
            prediction_id: the decision it is about, where known.
            at: when it was made; now by default.
            scope: the slice the person belongs to, where known.
            contact: how to answer the person.

        Returns:
            Whether the server has recorded it; if not, the log says why.
        """
        return self._tell(
            "/v1/complaints",
            {
                "text": text,
                "prediction_id": prediction_id,
                "at": at or self.now(),
                "slice": dict(scope or {}),
                "contact": contact,
            },
        )

    def _tell(self, path: str, facts: Row) -> bool:
        answer = self._parts.server.post(
            path,
            encode({"system": self._settings.system, **facts}),
            content_type=JSON,
            params={"system": self._settings.system},
            key=uuid.uuid4().hex,
            timeout_s=TELL_TIMEOUT_S,
        )
        if isinstance(answer, Taken) and not answer.rejected:
            return True
        log.warning("%s was not recorded: %s", path, answer)
        return False
