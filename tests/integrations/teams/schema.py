"""What Microsoft publishes about cards by webhook.

Envelope and the limit of 28 KB:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
Card: http://adaptivecards.io/schemas/adaptive-card.json (TextBlock, RichTextBlock,
TextRun, Action.OpenUrl; version 1.2 brought runs)
Mentions: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

CARD_MAX_BYTES = 28 * 1024

_COLOURS = ["default", "dark", "light", "accent", "good", "warning", "attention"]
_SIZES = ["default", "small", "medium", "large", "extraLarge"]
_WEIGHTS = ["default", "lighter", "bolder"]
_TEXT_BLOCK = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"const": "TextBlock"},
        "text": {"type": "string", "minLength": 1},
        "id": {"type": "string"},
        "wrap": {"type": "boolean"},
        "size": {"enum": _SIZES},
        "weight": {"enum": _WEIGHTS},
        "color": {"enum": _COLOURS},
    },
    "additionalProperties": False,
}
_TEXT_RUN = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"const": "TextRun"},
        "text": {"type": "string", "minLength": 1},
        "size": {"enum": _SIZES},
        "weight": {"enum": _WEIGHTS},
        "color": {"enum": _COLOURS},
    },
    "additionalProperties": False,
}
_RICH_TEXT = {
    "type": "object",
    "required": ["type", "inlines"],
    "properties": {
        "type": {"const": "RichTextBlock"},
        "id": {"type": "string"},
        "inlines": {"type": "array", "minItems": 1, "items": _TEXT_RUN},
    },
    "additionalProperties": False,
}
_OPEN_URL = {
    "type": "object",
    "required": ["type", "url"],
    "properties": {
        "type": {"const": "Action.OpenUrl"},
        "title": {"type": "string"},
        "url": {"type": "string", "format": "uri"},
    },
    "additionalProperties": False,
}
_WHOM = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    "additionalProperties": False,
}
_MENTION = {
    "type": "object",
    "required": ["type", "text", "mentioned"],
    "properties": {
        "type": {"const": "mention"},
        "text": {"type": "string", "pattern": "^<at>.+</at>$"},
        "mentioned": _WHOM,
    },
    "additionalProperties": False,
}
_CARD = {
    "type": "object",
    "required": ["type", "version", "body"],
    "properties": {
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "type": {"const": "AdaptiveCard"},
        "version": {"enum": ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"]},
        "body": {"type": "array", "items": {"anyOf": [_TEXT_BLOCK, _RICH_TEXT]}},
        "actions": {"type": "array", "maxItems": 6, "items": _OPEN_URL},
        "msteams": {
            "type": "object",
            "properties": {"entities": {"type": "array", "items": _MENTION}},
        },
    },
    "additionalProperties": False,
}
MESSAGE: dict[str, object] = {
    "type": "object",
    "required": ["type", "attachments"],
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["contentType", "content"],
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": _CARD,
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
