"""What PagerDuty publishes about an event.

Fields and enumerations: https://github.com/PagerDuty/api-schema reference/events-v2/openapiv3.json
Lengths: https://developer.pagerduty.com/docs/send-alert-event (summary 1024, dedup_key 255; an
event of at most 512 KB; a routing key of 32 characters)
"""

EVENT_MAX_BYTES = 512_000

_TEXT = {"type": "string", "minLength": 1}
_LINK = {
    "type": "object",
    "required": ["href"],
    "properties": {"href": {"type": "string", "format": "uri"}, "text": {"type": "string"}},
    "additionalProperties": False,
}
EVENT: dict[str, object] = {
    "type": "object",
    "required": ["routing_key", "event_action", "payload"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "client": {"type": "string"},
        "client_url": {"type": "string", "format": "uri"},
        "links": {"type": "array", "items": _LINK},
        "images": {"type": "array"},
        "payload": {
            "type": "object",
            "required": ["summary", "severity", "source"],
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "timestamp": {"type": "string", "format": "date-time"},
                "severity": {"enum": ["critical", "warning", "error", "info"]},
                "source": _TEXT,
                "component": _TEXT,
                "group": _TEXT,
                "class": _TEXT,
                "custom_details": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
TURN: dict[str, object] = {
    **EVENT,
    "required": ["routing_key", "event_action", "dedup_key"],
    "not": {"properties": {"event_action": {"const": "trigger"}}},
}
"""An event that is no trigger needs the key and no payload."""
