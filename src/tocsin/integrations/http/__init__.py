"""HTTP: how adapters call out; the one place with a time limit, a retry table and scrubbed words.

No vendor of its own.  A request goes out once, within its time limit, follows no redirect (it would
carry credentials elsewhere), and reads a bounded part of the answer.  What a vendor says about a
refusal is told on, on one line, with every secret taken out; the libraries beneath are kept from
logging addresses, since an address is often a secret.
"""

from tocsin.integrations.http.answers import Answer, Refusal, broken, quote, refusal
from tocsin.integrations.http.courier import Courier
from tocsin.integrations.http.fields import Fields, Setting
from tocsin.integrations.http.request import Request, cut, header_text, json_body, secret_parts

__all__ = [
    "Answer",
    "Courier",
    "Fields",
    "Refusal",
    "Request",
    "Setting",
    "broken",
    "cut",
    "header_text",
    "json_body",
    "quote",
    "refusal",
    "secret_parts",
]
