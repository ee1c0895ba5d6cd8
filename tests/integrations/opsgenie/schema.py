"""What Opsgenie publishes about creating an alert.

Fields, lengths and enumerations: https://docs.opsgenie.com/docs/alert-api, "Create Alert",
"Acknowledge Alert" and "Close Alert" (by alias: `?identifierType=alias`)
The same for Jira Service Management:
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events
(which names who answers by id)
"""

ALERT_MAX_BYTES = 250_000

_NAMED = {
    "type": "object",
    "required": ["type", "name"],
    "properties": {
        "type": {"enum": ["team", "schedule", "escalation"]},
        "name": {"type": "string"},
    },
    "additionalProperties": False,
}
_USER = {
    "type": "object",
    "required": ["type", "username"],
    "properties": {"type": {"const": "user"}, "username": {"type": "string"}},
    "additionalProperties": False,
}
_KNOWN = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {
        "type": {"enum": ["team", "schedule", "escalation", "user"]},
        "id": {"type": "string", "format": "uuid"},
    },
    "additionalProperties": False,
}
ALERT: dict[str, object] = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": 130},
        "alias": {"type": "string", "maxLength": 512},
        "description": {"type": "string", "maxLength": 15_000},
        "responders": {
            "type": "array",
            "maxItems": 50,
            "items": {"anyOf": [_NAMED, _USER, _KNOWN]},
        },
        "visibleTo": {"type": "array", "maxItems": 50},
        "actions": {"type": "array", "maxItems": 10},
        "tags": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 50}},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
        "entity": {"type": "string", "maxLength": 512},
        "source": {"type": "string", "maxLength": 100},
        "priority": {"enum": ["P1", "P2", "P3", "P4", "P5"]},
        "user": {"type": "string", "maxLength": 100},
        "note": {"type": "string", "maxLength": 25_000},
    },
    "additionalProperties": False,
}
DETAILS_MAX_CHARS = 8000
ACTION: dict[str, object] = {
    "type": "object",
    "properties": {
        "user": {"type": "string", "maxLength": 100},
        "source": {"type": "string", "maxLength": 100},
        "note": {"type": "string", "maxLength": 25_000},
    },
    "additionalProperties": False,
}
