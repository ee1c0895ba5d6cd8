"""Posts letters through the courier; decides nothing."""

import hmac

import httpx

from tocsin.alert.ports import Receipt
from tocsin.incident.letter import Letter
from tocsin.integrations.http import (
    Courier,
    Request,
    header_text,
    json_body,
    refusal,
    secret_parts,
)


class Hook:
    """A `Mailer`.  The client is handed in and must refuse what lies inside."""

    def __init__(self, client: httpx.Client, timeout_s: float) -> None:
        """Hold the client of all subscribers' webhooks."""
        self._client, self._timeout_s = client, timeout_s

    def mail(self, letter: Letter) -> Receipt:
        """Post `letter` once."""
        courier = Courier(
            self._client,
            name="webhook",
            timeout_s=self._timeout_s,
            secrets=(*secret_parts(letter.address), letter.secret),
        )
        courier.deliver(to_request(letter), refusal)  # any 2xx is acceptance
        return Receipt(channel="webhook", external_id=letter.key)

    def close(self) -> None:
        """Give every connection back."""
        self._client.close()


def to_request(letter: Letter) -> Request:
    """Return the request for `letter`; equal letters give equal bytes."""
    body = json_body(
        {
            **letter.facts,
            "at": letter.at.isoformat(),
            "key": letter.key,
            "subject": letter.subject,
            "unsubscribe_url": letter.leave_url,
        }
    )
    at_s = int(letter.at.timestamp())
    signed = f"{at_s}.".encode() + body
    proof = hmac.digest(letter.secret.encode(), signed, "sha256").hex()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": header_text(letter.key),
        "Tocsin-Signature": f"t={at_s},v1={proof}",
    }
    return Request(letter.address, body, headers)
