"""Kinds: what a declaration must say for answers of its kind to be read."""

from tocsin.config.schema import SystemForm
from tocsin.config.source import Source


def check_kinds(name: str, system: SystemForm, source: Source) -> None:
    """Refuse a kind for what is no feature, and numbers or classes that stand in no column."""
    for feature in system.kinds:
        if system.features and feature not in system.features:
            path = ("systems", name, "kinds", feature)
            raise source.undeclared(path, "feature", feature, system.features)
    if system.kind == "regression" and not (system.columns.prediction or system.columns.score):
        path = ("systems", name, "kind")
        raise source.error(path, "a regression needs its answers", "set columns.prediction")
    if system.kind == "multiclass" and not system.columns.prediction:
        path = ("systems", name, "kind")
        raise source.error(path, "classes need a column", "set columns.prediction")
    _check_lists(name, system, source)


def _check_lists(name: str, system: SystemForm, source: Source) -> None:
    """Refuse a ranking without lists, and items of what is none or whose requests have no id."""
    columns, path = system.columns, ("systems", name, "kind")
    rows = [role for role in ("item", "position") if getattr(columns, role)]
    if system.kind != "ranking":
        if rows:
            what = f"columns.{rows[0]} is of a ranking"
            raise source.error(path, what, "set kind: ranking, or leave it out")
        return
    if bool(columns.item) == bool(columns.prediction):
        what = "a ranking needs either its lists or its items"
        do = "set columns.prediction (lists) or columns.item (a row for each item)"
        raise source.error(path, what, do)
    if columns.item and not columns.id:
        do = "set columns.id, the request that each row belongs to"
        raise source.error(path, "items need the name of their request", do)
    if columns.position and not columns.item:
        raise source.error(path, "a list has its positions in it", "leave out columns.position")
