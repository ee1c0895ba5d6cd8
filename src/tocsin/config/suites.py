"""Suites: the rules that a system's Great Expectations suites ask for, beside `tocsin.yaml`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.base.errors import BadInput
from tocsin.base.phrases import count
from tocsin.config.schema import SystemForm
from tocsin.config.source import Source
from tocsin.ingest.expectations import Suite, suite
from tocsin.ingest.rule import Rule

Read: TypeAlias = Callable[[str], str]
"""Returns the text of a file by its path relative to `tocsin.yaml`; OSError where it cannot."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The rules of one system's suites, and a sentence per suite of which some is left out."""

    rules: tuple[Rule, ...]
    left_out: tuple[str, ...]


def asked(system: str, form: SystemForm, source: Source, read: Read | None) -> Asked:
    """Return what a system's suites ask for; nothing where none of them is to be read.

    Raises:
        BadInput: a suite cannot be read, or is none.
    """
    suites = {name: _suite(system, name, source, read) for name in form.expectations if read}
    rules = tuple(dict.fromkeys(rule for one in suites.values() for rule in one.rules))
    return Asked(rules, tuple(_sentence(name, one) for name, one in suites.items() if one.left_out))


def _suite(system: str, name: str, source: Source, read: Read | None) -> Suite:
    assert read is not None
    path = ("systems", system, "expectations")
    try:
        return suite(json.loads(read(name)), where=name)
    except OSError as error:
        what = f"{name!r} cannot be read ({error.strerror})"
        raise source.error(path, what, "check the path; it is relative to this file") from None
    except ValueError:
        raise BadInput("is no JSON", where=name, do="save the suite as JSON") from None


def _sentence(name: str, suite: Suite) -> str:
    listed = "; ".join(f"{one.name} {one.why}" for one in suite.left_out)
    many = count(len(suite.left_out), "expectation is", "expectations are")
    return f"{name}: {many} not watched: {listed}"
