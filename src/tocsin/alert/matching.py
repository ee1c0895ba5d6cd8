"""Matchers: which alerts a silence or an inhibition is about, in the words of Alertmanager.

    system=loans    region!=north    measure=~"accuracy|auc"    channel!~"web.*"

A matcher looks at one word of an alert: its `system`, `layer`, `measure`, `column`, or any
attribute of its slice by name (`slice.layer` reaches an attribute that is called like one of the
four).  A word that an alert does not have is the empty text.  Patterns are RE2, anchored at both
ends: they take linear time, so that no pattern can hold up paging.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.alert.notice import Alert
from tocsin.base.errors import BadInput

MOST_SIGNS = 500
_ATTRIBUTE = "slice."
_TEXT = re.compile(r"\s*([A-Za-z_][\w.\- ]*?)\s*(=~|!~|!=|=)(.*)", re.DOTALL)


class Op(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one word of an alert; build it with `parse`, which refuses bad patterns."""

    word: str
    op: Op
    value: str

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        return f"{self.word}{self.op}{self.value}"

    def takes(self, said: str) -> bool:
        """Return whether an alert whose word is `said` fulfils this."""
        if self.op in {Op.EQUAL, Op.UNEQUAL}:
            return (said == self.value) == (self.op is Op.EQUAL)
        return _like(self.value, said) == (self.op is Op.LIKE)


def parse(text: str, where: str = "matcher") -> Matcher:
    """Return the matcher that `text` writes.

    Args:
        text: word, operator, value; quotes around the value are taken off.
        where: names it in errors.

    Raises:
        BadInput: no operator, no word, too long, or a pattern that is none.

    >>> str(parse('region=~"north|south"'))
    'region=~north|south'
    """
    found = _TEXT.fullmatch(text)
    if found is None or len(text) > MOST_SIGNS:
        what = f"{text[:80]!r} is not a matcher"
        raise BadInput(what, where=where, do="write system=loans, region!=north or column=~in.*")
    word, op, value = found[1], Op(found[2]), found[3].strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if op in {Op.LIKE, Op.UNLIKE}:
        try:
            _like(value, "")
        except pa.ArrowInvalid as error:
            what = f"{value!r} is not a pattern: {str(error).partition(': ')[2] or error}"
            raise BadInput(what, where=where, do="write a regular expression (RE2)") from None
    return Matcher(word, op, value)


def parse_all(texts: Iterable[str], where: str = "matchers") -> tuple[Matcher, ...]:
    """Return the matchers that `texts` write.

    Raises:
        BadInput: one is none, or together they would match every alert there is.
    """
    matchers = tuple(parse(text, f"{where}[{place}]") for place, text in enumerate(texts))
    if all(matcher.takes("") for matcher in matchers):
        raise BadInput(
            "would match every alert", where=where, do="add one that names something, system=loans"
        )
    return matchers


def words(alert: Alert) -> dict[str, str]:
    """Return the words of `alert` that matchers look at."""
    finding, attributes = alert.finding, alert.slice.as_dict()
    return {
        **attributes,
        **{_ATTRIBUTE + name: value for name, value in attributes.items()},
        "system": alert.system,
        "layer": finding.layer.value,
        "measure": finding.measure,
        "column": finding.column or "",
    }


def match(matchers: Iterable[Matcher], said: Mapping[str, str]) -> bool:
    """Return whether every matcher takes what an alert's `words` say."""
    return all(matcher.takes(said.get(matcher.word, "")) for matcher in matchers)


def _like(pattern: str, text: str) -> bool:
    found = pc.match_substring_regex(pa.scalar(text), pattern=rf"\A(?:{pattern})\z")
    return bool(found.as_py())
