"""Checks bodies against a vendor's published schema, kept as data beside its adapter's tests."""

import json
from collections.abc import Mapping

import jsonschema_rs


def faults(body: bytes, schema: Mapping[str, object], most_bytes: int) -> list[str]:
    """Return what is wrong with a JSON body; nothing if the vendor would take it."""
    if len(body) > most_bytes:
        return [f"{len(body)} bytes"]
    checker = jsonschema_rs.validator_for(dict(schema), validate_formats=True)
    return [
        f"{error.instance_path}: {error.message}" for error in checker.iter_errors(json.loads(body))
    ]
