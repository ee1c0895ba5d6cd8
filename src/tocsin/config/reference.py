"""The configuration reference as Markdown, generated from the forms so that it cannot drift."""

from enum import Enum
from types import UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tocsin.config.schema import ConfigForm
from tocsin.config.strict import Strict

_HEAD = """# Configuration: `tocsin.yaml`

Generated from the forms in `src/tocsin/config` by `make docs`; do not edit.
An error in the file names its line and key. `tocsin init --reference FILE` writes a first one.
"""


def markdown() -> str:
    """Return the page: one table per form, the whole file's first."""
    seen: dict[type[BaseModel], str] = {}
    _collect(ConfigForm, "the file", seen)
    return _HEAD + "\n" + "\n\n".join(_table(form, path) for form, path in seen.items()) + "\n"


def _collect(form: type[BaseModel], path: str, seen: dict[type[BaseModel], str]) -> None:
    if form in seen:
        return
    seen[form] = path
    for key, field in form.model_fields.items():
        for inner in _forms(field.annotation):
            _collect(inner, f"`{key}`" if form is ConfigForm else f"{path} → `{key}`", seen)


def _forms(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return [annotation]
    return [form for inner in get_args(annotation) for form in _forms(inner)]


def _table(form: type[BaseModel], path: str) -> str:
    rows = [
        f"| `{key}` | {_kind(field)} | {_default(field)} | {field.description or ''} |"
        for key, field in form.model_fields.items()
    ]
    head = f"## {path}\n\n{form.__doc__}\n\n| key | kind | default | meaning |\n|---|---|---|---|\n"
    return head + "\n".join(rows)


def _kind(field: FieldInfo) -> str:
    text = str(field.annotation)
    if "timedelta" in text:
        return "length of time"
    if choices := _choices(field.annotation):
        return " \\| ".join(f"`{choice}`" for choice in choices)
    if args := get_args(field.annotation):
        first = getattr(args[0], "__name__", str(args[0]))
        if text.startswith("tuple"):
            return f"list of {'text' if first == 'str' else 'entries'}"
        if text.startswith("dict"):
            return "mapping of names"
        return "text" if "str" in text else first
    names = {"str": "text", "float": "number", "int": "whole number", "time": "time of day"}
    name = getattr(field.annotation, "__name__", text)
    return names.get(name, "mapping" if name.endswith("Form") else name)


def _choices(annotation: object) -> tuple[object, ...]:
    """Return the words that are allowed, one of them or none at all; empty: any other kind."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(one.value for one in annotation)
    return ()


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "**required**" if field.default_factory is None else "–"
    if field.default is None or field.default in ("", ()):
        return "–"
    return f"`{field.default}`"
