"""What two providers publish about sending a message.

Twilio, a form: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message
(To, From, Body of at most 1600 characters; 201 with `sid`)
Twilio, a call: https://www.twilio.com/docs/voice/api/call-resource#create-a-call (Twiml of at most
4000 characters)
Infobip, JSON: https://infobip.com/docs (the sample on its first page: messages of destinations,
from and text)
"""

_NUMBER = {"type": "string", "pattern": r"^\+[1-9][0-9]{4,14}$"}

MESSAGE: dict[str, object] = {
    "type": "object",
    "required": ["To", "From", "Body"],
    "properties": {
        "To": _NUMBER,
        "From": _NUMBER,
        "Body": {"type": "string", "minLength": 1, "maxLength": 1600},
    },
    "additionalProperties": False,
}
CALL: dict[str, object] = {
    "type": "object",
    "required": ["To", "From", "Twiml"],
    "properties": {
        "To": _NUMBER,
        "From": _NUMBER,
        "Twiml": {"type": "string", "minLength": 1, "maxLength": 4000},
    },
    "additionalProperties": False,
}
SENT: dict[str, object] = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["destinations", "text"],
                "properties": {
                    "from": {"type": "string"},
                    "destinations": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["to"],
                            "properties": {"to": {"type": "string", "maxLength": 64}},
                            "additionalProperties": False,
                        },
                    },
                    "text": {"type": "string", "minLength": 1},
                },
                "additionalProperties": False,
            },
        }
    },
    "additionalProperties": False,
}
BODY_MAX_BYTES = 50_000
