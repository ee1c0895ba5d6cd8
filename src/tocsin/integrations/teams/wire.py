"""A notice as an Adaptive Card, and a workflow's answers as ours.  Pure.

Words stand in text runs, which unlike text blocks obey no Markdown: nobody's words become a link.
"""

import hashlib
import re
from collections.abc import Mapping

from tocsin.alert.message import without_links
from tocsin.alert.notice import Notice
from tocsin.integrations.http import Answer, Refusal, Request, broken, cut, json_body, refusal
from tocsin.integrations.teams.settings import Settings

_ACCEPTED = (200, 202)
_TITLE_MAX_CHARS = 300
_TEXT_MAX_CHARS = 2800
_URL_MAX_CHARS = 2000
_NAME_MAX_CHARS = 120
_MOST_LINES = 60
_ID_DIGITS = 32
_COLOURS: Mapping[str, str] = {"SEV1": "attention", "SEV2": "attention", "SEV3": "warning"}
_FAILED = "endpoint returned HTTP error"
_MAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def to_request(notice: Notice, settings: Settings) -> Request:
    """Return the request for `notice`; equal notices give equal bytes."""
    message = {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": card(notice),
            }
        ],
    }
    return Request(settings.url, json_body(message), {"Content-Type": "application/json"})


def card(notice: Notice) -> dict[str, object]:
    """Return the card: what happened, the text, whom it calls, and its buttons."""
    called = notice.address.strip()
    mentioned = called if _MAIL.fullmatch(called) and len(called) <= _NAME_MAX_CHARS else ""
    colour = _COLOURS.get(notice.severity, "default")
    title = _run(cut(notice.subject, _TITLE_MAX_CHARS), size="large", weight="bolder", color=colour)
    lines = [
        line for line in cut(without_links(notice), _TEXT_MAX_CHARS).split("\n") if line.strip()
    ]
    body = [
        {**_block(title), "id": card_id(notice.key)},
        *(_block(_run(line)) for line in lines[:_MOST_LINES]),
    ]
    said: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [
            _link(title, url)
            for title, url in (
                ("I have it", notice.acknowledge_url),
                ("Look at it", notice.incident_url),
            )
            if url
        ],
    }
    if mentioned:
        tag = f"<at>{mentioned}</at>"
        body.append({"type": "TextBlock", "text": tag, "wrap": True})
        whom = {"id": mentioned, "name": mentioned}
        said["msteams"] = {"entities": [{"type": "mention", "text": tag, "mentioned": whom}]}
    return said


def card_id(key: str) -> str:
    """Return the id of the card's title: the same for the same page, and for no other."""
    return f"page-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:_ID_DIGITS]}"


def judge(answer: Answer) -> Refusal | None:
    """Return why an answer is no acceptance; None if it is one.

    The older connectors answer 200 and say in words what Teams refused; a proxy's page begins as
    HTML does.
    """
    error = answer.fields.get("error")
    told = error.get("message") if isinstance(error, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    refused = refusal(answer, told if isinstance(told, str) else "")
    if refused is not None:
        return refused
    text = answer.text.strip()
    if answer.status not in _ACCEPTED or text.startswith("<") or _FAILED in text:
        return broken(answer, "the card was not taken")
    return None


def _block(run: Mapping[str, str]) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [run]}


def _run(text: str, **style: str) -> dict[str, str]:
    return {"type": "TextRun", "text": text or " ", **style}


def _link(title: str, url: str) -> dict[str, object]:
    return {"type": "Action.OpenUrl", "title": title, "url": url[:_URL_MAX_CHARS]}
