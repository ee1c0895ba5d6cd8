"""A notice in Slack's Block Kit, and Slack's answers as ours.  Pure.

Words of ours and of others go into plain text, in which Slack obeys no markup: nobody's data can
call `@channel`.  The line for notifications is markup by nature and is escaped.
"""

import hashlib
import re
from collections.abc import Mapping

from tocsin.alert.message import without_links
from tocsin.alert.notice import Notice
from tocsin.alert.ports import Reason
from tocsin.integrations.http import Answer, Refusal, Request, broken, cut, json_body, refusal
from tocsin.integrations.slack.settings import Settings

_HEADER_MAX_CHARS = 150
_SECTION_MAX_CHARS = 3000
_LINE_MAX_CHARS = 500
_URL_MAX_CHARS = 3000
_ID_DIGITS = 32
_ID_MAX_CHARS = 200
_MENTION = re.compile(r"[UW][A-Z0-9]{5,20}|S[A-Z0-9]{5,20}|here|channel")

_RETRIED: Mapping[str, Reason] = {
    **dict.fromkeys(("ratelimited", "rate_limited"), Reason.THROTTLED),
    **dict.fromkeys(
        (
            *("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
            *("team_added_to_org", "rollup_error"),
        ),
        Reason.SERVER,
    ),
}
"""The API's errors that pass; it tells them with status 200."""
_REJECTED = frozenset(
    (
        *("invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "too_many_blocks"),
        *("invalid_payload", "invalid_arguments", "invalid_json", "markdown_text_conflict"),
    )
)
"""Its errors about the message; all others are about the app, the token or the channel."""


def to_request(notice: Notice, settings: Settings) -> Request:
    """Return the request for `notice`; equal notices give equal bytes."""
    message: dict[str, object] = {
        "text": escape(cut(notice.subject, _LINE_MAX_CHARS)),
        "blocks": blocks(notice, "" if settings.token else mention(notice.address)),
        "unfurl_links": False,
    }
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if settings.token:
        message["channel"] = notice.address.strip()
        headers["Authorization"] = f"Bearer {settings.token}"
    return Request(settings.url, json_body(message), headers)


def blocks(notice: Notice, whom: str) -> list[dict[str, object]]:
    """Return the message: what happened, the text, whom it calls, and its buttons."""
    words = without_links(notice) or notice.subject
    called = [_section({"type": "mrkdwn", "text": whom})] if whom else []
    take = notice.acknowledge_url
    taking = [_button("I have it", "acknowledge", take, style="primary")] if take else []
    return [
        {"type": "header", "text": _plain(notice.subject, _HEADER_MAX_CHARS)},
        _section(_plain(words, _SECTION_MAX_CHARS)),
        *called,
        {
            "type": "actions",
            "block_id": block_id(notice.key),
            "elements": [*taking, _button("Look at it", "look", notice.incident_url)],
        },
    ]


def block_id(key: str) -> str:
    """Return the id of the buttons' block: the same for the same page, and for no other."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:_ID_DIGITS]


def mention(address: str) -> str:
    """Return the markup that calls whom a contact's address names; nothing if it names nobody.

    >>> mention("U024BE7LH"), mention("S0614TZR7"), mention("here"), mention("lending")
    ('<@U024BE7LH>', '<!subteam^S0614TZR7>', '<!here>', '')
    """
    name = address.strip().removeprefix("@")
    if not _MENTION.fullmatch(name):
        return ""
    if name.islower():
        return f"<!{name}>"
    return f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>"


def escape(text: str) -> str:
    """Return text that Slack's markup shows and does not obey.

    >>> escape("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def judge_webhook(answer: Answer) -> Refusal | None:
    """Return why a webhook's answer is no acceptance; it says a code, or `ok`, in plain text."""
    refused = refusal(answer, answer.text)
    if refused is None and answer.text.strip() != "ok":
        return broken(answer, "Slack accepts with the word ok")
    return refused


def judge_api(answer: Answer) -> Refusal | None:
    """Return why the API's answer is no acceptance; most of its refusals come with status 200."""
    error = answer.fields.get("error")
    code = error if isinstance(error, str) else ""
    refused = refusal(answer, code)
    if refused is not None or answer.fields.get("ok") is True:
        return refused
    if not code:
        return broken(answer, 'Slack accepts with "ok": true')
    if code in _RETRIED:
        return Refusal(f"answered {code}", True, _RETRIED[code])
    reason = Reason.REJECTED if code in _REJECTED else Reason.CONFIGURATION
    return Refusal(f"answered {code}", False, reason)


def receipt_id(answer: Answer, notice: Notice) -> str:
    """Return where the message stands: channel and time, which name it; else the page's key."""
    channel, ts = answer.fields.get("channel"), answer.fields.get("ts")
    known = isinstance(channel, str) and isinstance(ts, str)
    return f"{channel}:{ts}"[:_ID_MAX_CHARS] if known else notice.key


def _section(text: Mapping[str, object]) -> dict[str, object]:
    return {"type": "section", "text": text}


def _plain(text: str, limit_chars: int) -> dict[str, object]:
    return {"type": "plain_text", "text": cut(text, limit_chars), "emoji": False}


def _button(label: str, action: str, url: str, style: str = "") -> dict[str, object]:
    button: dict[str, object] = {
        "type": "button",
        "action_id": action,
        "text": _plain(label, _HEADER_MAX_CHARS),
        "url": url[:_URL_MAX_CHARS],
    }
    return {**button, "style": style} if style else button
