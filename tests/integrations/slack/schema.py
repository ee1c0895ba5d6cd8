"""What Slack publishes about messages.

Blocks: https://docs.slack.dev/reference/block-kit/blocks (50 a message; header 150, section 3000,
field 2000, 10 fields, block_id 255, 25 elements)
Buttons: https://docs.slack.dev/reference/block-kit/block-elements/button-element
(text 75, action_id 255, url 3000, value 2000, style)
Method: https://docs.slack.dev/reference/methods/chat.postMessage (text 40,000, channel)
Webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

MESSAGE_MAX_BYTES = 100_000

_ID = {"type": "string", "minLength": 1, "maxLength": 255}


def _text(most: int, *kinds: str) -> dict[str, object]:
    return {
        "type": "object",
        "required": ["type", "text"],
        "properties": {
            "type": {"enum": list(kinds)},
            "text": {"type": "string", "minLength": 1, "maxLength": most},
            "emoji": {"type": "boolean"},
        },
        "additionalProperties": False,
    }


_BUTTON = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"const": "button"},
        "text": _text(75, "plain_text"),
        "action_id": _ID,
        "url": {"type": "string", "format": "uri", "maxLength": 3000},
        "value": {"type": "string", "maxLength": 2000},
        "style": {"enum": ["primary", "danger"]},
    },
    "additionalProperties": False,
}


def _block(kind: str, **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "required": ["type", *properties],
        "properties": {"type": {"const": kind}, "block_id": _ID, **properties},
        "additionalProperties": False,
    }


_BLOCKS = [
    _block("header", text=_text(150, "plain_text")),
    _block("section", text=_text(3000, "plain_text", "mrkdwn")),
    _block("actions", elements={"type": "array", "minItems": 1, "maxItems": 25, "items": _BUTTON}),
]
_PROPERTIES = {
    "text": {"type": "string", "minLength": 1, "maxLength": 40_000},
    "blocks": {"type": "array", "maxItems": 50, "items": {"anyOf": _BLOCKS}},
    "unfurl_links": {"type": "boolean"},
}
WEBHOOK: dict[str, object] = {
    "type": "object",
    "required": ["text"],
    "properties": _PROPERTIES,
    "additionalProperties": False,
}
POST: dict[str, object] = {
    "type": "object",
    "required": ["channel"],
    "properties": {**_PROPERTIES, "channel": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
ERRORS = {
    **dict.fromkeys(
        ("channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "missing_scope"),
        (False, "configuration"),
    ),
    **dict.fromkeys(("token_revoked", "account_inactive"), (False, "configuration")),
    **dict.fromkeys(("msg_too_long", "no_text", "invalid_blocks"), (False, "rejected")),
    **dict.fromkeys(("rate_limited", "ratelimited"), (True, "throttled")),
    **dict.fromkeys(
        ("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
        (True, "server"),
    ),
}
"""Errors of the method's page, and what they ask of the sender."""
