"""A notice as a provider's request, and a provider's answers as ours.  Pure."""

import base64
import re

from tocsin.alert.notice import Notice
from tocsin.integrations.http import (
    Answer,
    Refusal,
    Request,
    broken,
    cut,
    header_text,
    quote,
    refusal,
    secret_parts,
)
from tocsin.integrations.sms.settings import Settings
from tocsin.integrations.sms.template import CONTENT_TYPES, ENCODERS, address_part, fill

_NUMBER = re.compile(r"(?:[a-z]{2,20}:)?\+?[0-9]{3,15}")
_SEPARATORS = re.compile(r"[ ()./-]")
_UNSPEAKABLE = re.compile(r"[^\w ,.?%]+")
_SPOKEN_MAX_CHARS = 300
_MANY_DIGITS = 8
_ID_MAX_CHARS = 200


def number(address: str) -> str | None:
    """Return a contact's telephone number without separators; None if it is none.

    >>> number("+1 (500) 555-0006"), number("whatsapp:+15005550006"), number("azalea@example.org")
    ('+15005550006', 'whatsapp:+15005550006', None)
    """
    digits = _SEPARATORS.sub("", address)
    return digits if _NUMBER.fullmatch(digits) else None


def to_request(notice: Notice, to: str, settings: Settings) -> Request:
    """Return the request that tells `notice` to the number `to`; equal ones give equal bytes."""
    values = {
        "address": to,
        "text": text(notice, settings.most_chars),
        "spoken": spoken(notice),
        "subject": cut(" ".join(notice.subject.split()), settings.most_chars),
        "severity": notice.severity,
        "acknowledge_url": notice.acknowledge_url,
        "incident_url": notice.incident_url,
        "key": notice.key,
    }
    headers = {"Idempotency-Key": header_text(notice.key)}
    if settings.body:
        headers["Content-Type"] = CONTENT_TYPES[settings.form]
    if settings.username:
        headers["Authorization"] = basic(settings)
    for name, value in settings.headers.items():
        headers[name] = fill(value, values, header_text)
    body = fill(settings.body, values, ENCODERS[settings.form])
    url = fill(settings.url, values, address_part)
    return Request(url, body.encode("utf-8", "replace"), headers, settings.method)


def text(notice: Notice, most_chars: int) -> str:
    """Return the message: its links whole, and as much of the subject as fits."""
    take = f"\nI have it: {notice.acknowledge_url}" if notice.acknowledge_url else ""
    links = f"{take}\nLook: {notice.incident_url}"
    room = max(most_chars - len(links), _MANY_DIGITS)
    return cut(" ".join(notice.subject.split()), room) + links


def spoken(notice: Notice) -> str:
    """Return the subject for a voice: nothing that a voice, or XML, would stumble over."""
    plain = " ".join(_UNSPEAKABLE.sub(" ", notice.subject).split())
    why = " to acknowledge" if notice.acknowledge_url else ""
    return cut(f"This is Tocsin. {plain}. Look at your messages{why}.", _SPOKEN_MAX_CHARS)


def judge(answer: Answer, receipt: str) -> Refusal | None:
    """Return why an answer is no acceptance; with `receipt`, it must hold the message's id."""
    refused = refusal(answer, quote(answer.fields.get("message")))
    if refused is None and receipt and not found(answer, receipt):
        return broken(answer, f"without {receipt}")
    return refused


def found(answer: Answer, receipt: str) -> str:
    """Return the message's id from the field `receipt`, e.g. `sid` or `messages.0.id`."""
    value: object = answer.fields
    for step in receipt.split("."):
        if isinstance(value, dict):
            value = value.get(step)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):  # pyright: ignore[reportUnknownArgumentType]
            value = value[int(step)]  # pyright: ignore[reportUnknownVariableType]
        else:
            return ""
    return str(value)[:_ID_MAX_CHARS] if isinstance(value, str | int) else ""


def basic(settings: Settings) -> str:
    """Return the header that logs in by name and password."""
    pair = f"{settings.username}:{settings.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def secrets(settings: Settings) -> tuple[str, ...]:
    """Return every text of the settings that may be a secret."""
    parts: list[str] = [*secret_parts(settings.url), settings.password, settings.body]
    if settings.username:
        parts.append(basic(settings).removeprefix("Basic "))
    for value in settings.headers.values():
        parts += [value, value.rpartition(" ")[2]]
    plain = (part for part in parts if "{" not in part)
    return tuple(dict.fromkeys([*plain, *_constants(settings.body)]))


def _constants(body: str) -> list[str]:
    """Return the longer words that stand fixed in a body: a key is one of them, maybe."""
    return [word for word in re.findall(r"[^\s\"'=&,:{}\[\]]+", body) if len(word) > _MANY_DIGITS]
