"""Compared: the groups of people that fairness sets side by side, and how each of them fared.

An attribute's values are one comparison; so are the combinations of the values of every two
protected attributes, since a fault may hit young women while women and the young fare well.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tocsin.base.slices import Slice
from tocsin.detect.groups import Group
from tocsin.detect.look import Look
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind, System
from tocsin.profile.leaves import PARTS, Leaves, by_group, crossed, fared
from tocsin.profile.spec import Spec

_DEPTH = 2
"""Attributes that are combined; deeper groups hold few people."""
_PLACE = {name: k for k, name in enumerate(PARTS)}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Groups that exclude one another.  Arrays are (groups, PARTS); blocks (D, groups, PARTS)."""

    name: str
    """The attribute, or two of them: `age_band × sex`."""
    groups: tuple[Slice, ...]
    now: Numbers
    was: Numbers
    blocks: Numbers

    def sums(self, counts: Numbers, parts: tuple[str, ...]) -> Numbers:
        """Return the sum of some parts of one of the arrays, its last axis gone."""
        return counts[..., [_PLACE[part] for part in parts]].sum(-1)

    def label(self, group: int) -> str:
        """Return a group's values for people: `18-25, f`."""
        return ", ".join(value for _, value in self.groups[group].conditions)


def crossings(spec: Spec, system: System) -> list[tuple[str, ...]]:
    """Return the sets of protected attributes whose combinations are compared."""
    if spec.kind is not Kind.BINARY:
        return []
    known = [name for name in dict.fromkeys(system.protected) if name in dict(spec.dimensions)]
    return list(combinations(known, _DEPTH))


def asked(spec: Spec, system: System) -> tuple[int, int]:
    """Return how many comparisons there are and how many groups in all, whoever is in them."""
    values = {name: len(kept) for name, kept in spec.dimensions}
    single = [values[name] for name in dict.fromkeys(system.protected) if name in values]
    pairs = [values[a] * values[b] for a, b in crossings(spec, system)]
    return len(single) + len(pairs), sum(single) + sum(pairs)


def comparisons(look: Look) -> list[Comparison]:
    """Return every comparison of a look; those of fewer than two groups left out."""
    found: list[Comparison] = []
    for attribute in dict.fromkeys(look.system.protected):
        rows = [k for k, s in enumerate(look.slices) if [a for a, _ in s.conditions] == [attribute]]
        found.append(_single(look, attribute, rows))
    found += [_crossed(look, pair) for pair in crossings(look.layout.spec, look.system)]
    return [one for one in found if len(one.groups) > 1]


def counted(part: Numbers) -> Group:
    """Return one group's PARTS, shape (PARTS,), as the counts that conventions take."""
    n, *rest = (float(part[_PLACE[name]]) for name in PARTS[:-1])
    names = ("selected", "tp", "fp", "tn", "fn", "scored", "scored_yes", "score_sum")
    return Group(n=n, **dict(zip(names, rest, strict=True)))


def _single(look: Look, attribute: str, rows: list[int]) -> Comparison:
    layout = look.layout

    def usual() -> tuple[Numbers, Numbers]:
        total, blocks = look.baseline.counts(layout.spec)
        return fared(total[rows], layout), fared(blocks[:, rows], layout)

    was, blocks = look.baseline.derived(f"groups of {attribute}", usual)
    groups = tuple(look.slices[row] for row in rows)
    return Comparison(attribute, groups, fared(look.current[rows], layout), was, blocks)


def _crossed(look: Look, attributes: tuple[str, ...]) -> Comparison:
    spec, name = look.layout.spec, " × ".join(attributes)
    groups = crossed(spec, attributes)
    nothing = np.zeros((len(groups), len(PARTS)))

    def of(some: Leaves | None) -> Numbers:
        return nothing if some is None else by_group(some, spec, attributes)

    def usual() -> tuple[Numbers, Numbers]:
        blocks = np.stack([of(block.leaves) for block in look.baseline.blocks])
        return of(look.baseline.total.leaves), blocks

    was, blocks = look.baseline.derived(f"groups of {name}", usual)
    return Comparison(name, groups, of(look.window.leaves), was, blocks)
