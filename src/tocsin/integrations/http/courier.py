"""The one file of the HTTP adapters that touches the network; it decides nothing."""

import time
from collections.abc import Iterable
from urllib.parse import quote as percent_encoded

import httpx

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.integrations.http.answers import Answer, Judge, Refusal
from tocsin.integrations.http.bounded import within
from tocsin.integrations.http.quiet import HTTPX, quiet
from tocsin.integrations.http.request import Request

ANSWER_MAX_BYTES = 16_384
_SECRET_MIN_CHARS = 4
_WORDS_MAX_CHARS = 200
_WAITS = 3
"""How many times its limit a whole call may last."""
_FAULTY = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError)


class Courier:
    """Sends one channel's requests by a client that is handed in: the caller owns pooling."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        name: str,
        timeout_s: float,
        secrets: Iterable[str],
        answer_max_bytes: int = ANSWER_MAX_BYTES,
    ) -> None:
        """Hold what is the same for every request.

        Args:
            client: the client of the whole process.
            name: how errors call the receiver.
            timeout_s: bounds connecting, writing and waiting, each; the whole call lasts 3 of it.
            secrets: texts that must not stand in an error, whatever the receiver says.
            answer_max_bytes: how much of an answer is kept.
        """
        self._client, self._name, self._timeout_s = client, name, timeout_s
        self._secrets, self._max_bytes = _forms(secrets), answer_max_bytes

    def deliver(self, request: Request, judge: Judge) -> Answer:
        """Return the answer if `judge` takes it for an acceptance.  One try, no retry.

        Raises:
            DeliveryError: it does not, or there was no answer; without any secret.
        """
        try:
            with quiet(HTTPX):
                answer = within(_WAITS * self._timeout_s, lambda: self._call(request))
        except _FAULTY:
            refused = Refusal("cannot be called so", False, Reason.CONFIGURATION)
        except (httpx.HTTPError, TimeoutError) as error:
            refused = Refusal(f"unreachable: {type(error).__name__}", True, Reason.NETWORK)
        else:
            refused = judge(answer)
            if refused is None:
                return answer
        # raised out here without a cause, which may quote an address or a secret
        raise DeliveryError(
            f"{self._name} {self._scrubbed(refused.words)}",
            retryable=refused.retryable,
            reason=refused.reason,
        )

    def _call(self, request: Request) -> Answer:
        ends_s = time.monotonic() + self._timeout_s
        with self._client.stream(
            request.method,
            request.url,
            content=request.body,
            # a packed body could unpack to anything
            headers={"Accept-Encoding": "identity", **request.headers},
            timeout=self._timeout_s,
            follow_redirects=False,
        ) as answer:
            return Answer(answer.status_code, _beginning(answer, ends_s, self._max_bytes))

    def _scrubbed(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "***")
        return words if len(words) <= _WORDS_MAX_CHARS else words[: _WORDS_MAX_CHARS - 1] + "…"


def _beginning(answer: httpx.Response, ends_s: float, max_bytes: int) -> bytes:
    """Return the body's beginning: what fits, and what comes in time."""
    kept = b""
    for piece in answer.iter_raw():
        kept += piece
        if len(kept) >= max_bytes or time.monotonic() >= ends_s:
            break
    return kept[:max_bytes]


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the texts to take out, longest first, so that no part of one is left over."""
    forms = {
        form
        for secret in secrets
        for form in (secret, percent_encoded(secret, safe=""), ascii(secret)[1:-1])
        if len(secret) >= _SECRET_MIN_CHARS
    }
    return tuple(sorted(forms, key=len, reverse=True))
