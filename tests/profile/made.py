"""Profiles made of the cells that a test wants to see, instead of counted from rows."""

import numpy as np

from tocsin.base.slices import parse
from tocsin.profile.cell import Cells, Counts, Marks, Moment, Profile, Sheet, Tally
from tocsin.profile.layout import layout_of
from tocsin.profile.sketch import REGISTERS
from tocsin.profile.spec import Spec


def made(cells: Cells, spec: Spec) -> Profile:
    """Return a profile whose cells are these; people of a slice have no other known attribute."""
    by_moment: dict[Moment, dict[str, Counts]] = {}
    for key, counts in cells.items():
        by_moment.setdefault(Moment(key.version, key.bucket), {})[key.slice] = counts
    return {moment: _tally(wanted, spec) for moment, wanted in by_moment.items()}


def _tally(wanted: dict[str, Counts], spec: Spec) -> Tally:
    first, numeric = layout_of(spec).outcomes, len(spec.numeric)
    keys = ["", *spec.slices]
    rows = sorted(keys.index(key) for key in wanted)
    leaves = {_leaf(spec, key): wanted[key][:first] for key in wanted if key}
    everyone = wanted[""][:first] if "" in wanted else np.zeros(first, np.int64)
    leaves[_leaf(spec, "")] = everyone - sum(leaves.values(), np.zeros(first, np.int64))
    codes = sorted(leaves)
    return Tally(
        Sheet(np.array(rows), np.stack([wanted[keys[k]][first:] for k in rows])),
        Sheet(np.array(codes), np.stack([leaves[code] for code in codes])),
        Marks.none(numeric + len(spec.categorical), numeric, REGISTERS),
    )


def _leaf(spec: Spec, key: str) -> int:
    asked, code = parse(key).as_dict(), 0
    for attribute, known in spec.dimensions:
        value = asked.get(attribute)
        place = len(known) + 1 if value is None else known.index(value)
        code = code * (len(known) + 2) + place
    return code
