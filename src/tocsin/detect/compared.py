"""Compared: the groups of people that fairness sets side by side, and how each of them fared.

An attribute's values are one comparison; so are the combinations of the values of every two
protected attributes, since a fault may hit young women while women and the young fare well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from tocsin.base.slices import Slice
from tocsin.detect import beside
from tocsin.detect.beside import Beside
from tocsin.detect.dispersion import Dispersion, at_two_lengths
from tocsin.detect.groups import Group
from tocsin.detect.look import FEWEST, Look
from tocsin.detect.rates import dispersion_of
from tocsin.detect.tails import Numbers
from tocsin.ingest.system import Kind, System
from tocsin.profile.layout import layout_of
from tocsin.profile.leaves import PARTS, by_group, crossed
from tocsin.profile.leaves import fared as parts
from tocsin.profile.spec import Spec
from tocsin.profile.window import Window

_CLEARLY = 0.8
"""A gap to fewer others must wobble by less than this part of what the gap to all does."""
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
    stretches: Numbers | None = None
    """As blocks, of the baseline's stretches; None: not known."""

    def sums(self, counts: Numbers, parts: tuple[str, ...]) -> Numbers:
        """Return the sum of some parts of one of the arrays, its last axis gone."""
        return counts[..., [_PLACE[part] for part in parts]].sum(-1)

    def label(self, group: int) -> str:
        """Return a group's values for people: `18-25, f`."""
        return ", ".join(value for _, value in self.groups[group].conditions)


def crossings(spec: Spec, system: System) -> list[tuple[str, ...]]:
    """Return the sets of protected attributes whose combinations are compared."""
    return list(combinations(_protected(spec, system), _DEPTH))


def groups_asked(spec: Spec, system: System) -> int:
    """Return how many groups are compared in all, whoever is in them."""
    return sum(len(crossed(spec, attributes)) for attributes in _sets(spec, system))


def singles(spec: Spec, system: System) -> list[tuple[str, tuple[Slice, ...]]]:
    """Return the protected attributes with their groups, at least two each."""
    return [(names[0], groups) for names, groups in _compared(spec, system) if len(names) == 1]


def comparisons(look: Look) -> list[Comparison]:
    """Return every comparison of a look.

    Left out are those of fewer than two groups, and combinations where leaves are not known.
    """
    spec = look.layout.spec
    told = look.window.leaves is not None and look.baseline.total.leaves is not None

    def usual(attributes: tuple[str, ...]) -> tuple[Numbers, Numbers, Numbers | None]:
        blocks = np.stack([_fared(block, spec, attributes) for block in look.baseline.blocks])
        short = [_fared(stretch, spec, attributes) for stretch in look.baseline.stretches]
        return blocks.sum(0), blocks, np.stack(short) if short else None

    found: list[Comparison] = []
    for attributes, groups in _compared(spec, look.system):
        if len(attributes) > 1 and not told:
            continue
        name = _name(attributes)
        was, each, short = look.baseline.derived(f"groups of {name}", partial(usual, attributes))
        now = _fared(look.window, spec, attributes)
        found.append(Comparison(name, groups, now, was, each, short))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Whom:
    """Those beside whom each group of a comparison is set."""

    groups: Numbers
    """1 where a group (first axis) is set beside another (second), shape (groups, groups)."""
    shared: tuple[Slice | None, ...]
    """What a group shares with all of those; None: they are all others."""

    def counted(
        self, one: Comparison, counts: Numbers, yes: tuple[str, ...], of: tuple[str, ...]
    ) -> Beside:
        """Return the share of `yes` in `of`, from counts of shape (..., groups, PARTS)."""
        k, n = one.sums(counts, yes), one.sums(counts, of)
        return Beside(k, n, k @ self.groups.T, n @ self.groups.T)

    def among(self, group: int) -> str:
        """Return in words who they are, after `the others`."""
        shared = self.shared[group]
        return "" if shared is None else f" of {shared.label}"


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Beside whom each group is set, and how that gap wobbles."""

    whom: Whom
    spread: Dispersion


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The share of `yes` in `of` (PARTS) of the groups of a comparison."""

    one: Comparison
    yes: tuple[str, ...]
    of: tuple[str, ...]

    def counted(self, counts: Numbers, whom: Whom) -> Beside:
        """Return each group's share and that of others, of counts (..., groups, PARTS)."""
        return whom.counted(self.one, counts, self.yes, self.of)


def usual(look: Look, asked: Sequence[Sequence[Asked]]) -> list[list[Usual]]:
    """Return what the baseline tells of gaps: of each comparison, as many of each.

    Which others are taken is told by the reference alone, so it costs no further question.
    """
    timed = look.baseline.timed
    whom = [[_nearest(one) if timed else _candidates(one.one)[0] for one in row] for row in asked]
    every = [list(zip(*pair, strict=True)) for pair in zip(asked, whom, strict=True)]
    blocks = [[one.counted(one.one.blocks, others) for one, others in row] for row in every]
    short = None
    if all(one.one.stretches is not None for row in asked for one in row):
        short = [
            [one.counted(np.asarray(one.one.stretches), others) for one, others in row]
            for row in every
        ]
    spread, end, found = beside.wobble(blocks, short, timed=timed), 0, list[list[Usual]]()
    for row in every:
        start, end = end, end + len(row[0][0].one.groups)
        own = spread.rows(start, end)
        found.append([Usual(others, own.part(k, k + 1)) for k, (_, others) in enumerate(row)])
    return found


def _candidates(one: Comparison) -> list[Whom]:
    """Return all others and, of a combination, those who share one of its values."""
    groups = [dict(group.conditions) for group in one.groups]
    others = 1.0 - np.eye(len(groups))
    found = [Whom(others, (None,) * len(groups))]
    names = tuple(groups[0]) if len(groups[0]) > 1 else ()
    for name in names:
        values = np.array([group[name] for group in groups])
        shared = tuple(Slice.of({name: group[name]}) for group in groups)
        found.append(Whom(others * (values[:, None] == values), shared))
    return found


def _nearest(asked: Asked) -> Whom:
    """Return for each group those others to whom its gap wobbles least in the blocks."""
    every = _candidates(asked.one)
    if len(every) == 1:
        return every[0]
    wobbles = np.array([_wobbles(asked.counted(asked.one.blocks, whom)) for whom in every])
    wobbles[1:] /= _CLEARLY
    best: list[int] = wobbles.argmin(0).tolist()
    rows = range(len(asked.one.groups))
    return Whom(
        np.stack([every[best[v]].groups[v] for v in rows]),
        tuple(every[best[v]].shared[v] for v in rows),
    )


def _wobbles(some: Beside) -> Numbers:
    """Return the variance of each group's gap from block to block; infinite where few tell."""
    residual = some.residuals()
    usable = np.isfinite(residual) & (some.fewest >= FEWEST)
    whole = some.total()
    chance = whole.variance(np.ones(len(whole.n)))
    square = np.where(usable, np.nan_to_num(residual) ** 2, 0.0).sum(0)
    enough = usable.sum(0) >= len(some.n) / 2
    return np.where(enough, chance * square / np.maximum(usable.sum(0) - 1, 1), np.inf)


def wobble(look: Look, one: Comparison, yes: tuple[str, ...], of: tuple[str, ...]) -> Dispersion:
    """Return the dispersion of each group's share of `yes` in `of`, shape (groups, 1)."""

    def told(parts: Numbers) -> Dispersion:
        return dispersion_of(look, one.sums(parts, yes)[..., None], one.sums(parts, of)[..., None])

    return at_two_lengths(told, one.blocks, one.stretches)


def fared(
    window: Window, spec: Spec, system: System
) -> list[tuple[tuple[str, ...], list[tuple[Slice, Group]]]]:
    """Return for each set of attributes its groups that anybody was in, and how they fared.

    Only of a yes or no: its conventions know no other answer.
    """
    if spec.kind is not Kind.BINARY:
        return []
    found: list[tuple[tuple[str, ...], list[tuple[Slice, Group]]]] = []
    for attributes, groups in _compared(spec, system):
        if len(attributes) > 1 and window.leaves is None:
            continue
        rows = zip(groups, _fared(window, spec, attributes), strict=True)
        found.append((attributes, [(who, counted(row)) for who, row in rows if row[0] > 0]))
    return found


def counted(part: Numbers) -> Group:
    """Return one group's PARTS, shape (PARTS,), as the counts that conventions take."""
    n, *rest = (float(part[_PLACE[name]]) for name in PARTS[:-1])
    names = ("selected", "tp", "fp", "tn", "fn", "scored", "scored_yes", "score_sum")
    return Group(n=n, **dict(zip(names, rest, strict=True)))


def _protected(spec: Spec, system: System) -> list[str]:
    if not spec.kind.classifies:
        return []
    return [name for name in dict.fromkeys(system.protected) if name in dict(spec.dimensions)]


def _sets(spec: Spec, system: System) -> list[tuple[str, ...]]:
    return [*((name,) for name in _protected(spec, system)), *crossings(spec, system)]


def _compared(spec: Spec, system: System) -> list[tuple[tuple[str, ...], tuple[Slice, ...]]]:
    every = [(attributes, crossed(spec, attributes)) for attributes in _sets(spec, system)]
    return [(attributes, groups) for attributes, groups in every if len(groups) > 1]


def _name(attributes: tuple[str, ...]) -> str:
    return " × ".join(attributes)


def _fared(window: Window, spec: Spec, attributes: tuple[str, ...]) -> Numbers:
    """Return how each group of `crossed` fared, shape (groups, PARTS)."""
    groups = crossed(spec, attributes)
    if len(attributes) > 1:
        assert window.leaves is not None
        return by_group(window.leaves, spec, attributes)
    nobody = layout_of(spec).zero()
    cells = np.stack([window.cells.get(group.key, nobody) for group in groups])
    return parts(cells, layout_of(spec))
