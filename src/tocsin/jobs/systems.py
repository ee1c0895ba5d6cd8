"""Declaring systems: their references are read, a spec is learnt, the baseline is counted.

Done once when the server starts, and again only where a declaration or a reference file changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.base.errors import BadInput, NotFound
from tocsin.detect.own import measured
from tocsin.detect.sli import events
from tocsin.ingest.privacy import guarded_reference
from tocsin.ingest.requests import requests
from tocsin.ingest.system import System
from tocsin.ingest.tabular import from_table
from tocsin.lake.files import read_table, sha256_of
from tocsin.profile.blocks import stretch_tallies, tallies
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.rules import unfit
from tocsin.profile.spec import Spec
from tocsin.store import systems
from tocsin.store.unit import Database


@dataclass(frozen=True, slots=True)
class Declared:
    """What became of one declaration."""

    system: str
    rows: int
    changed: bool


def declare(
    database: Database,
    declared: Mapping[str, System],
    folder: Path,
    now: datetime,
    *,
    tell: Callable[[str], None],
    secret: bytes,
) -> list[Declared]:
    """Save every system whose declaration or reference is new.

    Args:
        database: where to.
        declared: systems by name.
        folder: what relative reference paths start from: the folder of `tocsin.yaml`.
        now: time of the change.
        tell: called with one sentence before each piece of long work.
        secret: the installation's own; keys the hashes of columns that are stored as such.

    Raises:
        BadInput: a reference cannot be read or does not fit its declaration; systems declared
            before it are saved, it and later ones are not.
    """
    return [_declare(database, system, folder, now, tell, secret) for system in declared.values()]


def _declare(  # noqa: PLR0917 - what one declaration needs
    database: Database,
    system: System,
    folder: Path,
    now: datetime,
    tell: Callable[[str], None],
    secret: bytes,
) -> Declared:
    path = folder / system.reference
    if not path.exists():
        raise BadInput(
            f"the reference of {system.name} does not exist",
            where=str(path),
            do="give systems." + system.name + ".reference a file of healthy decisions",
        )
    sha256 = sha256_of(path)
    known = _known(database, system.name)
    if known is not None and (known.system, known.sha256) == (system, sha256):
        _tell_unfit(system, known.spec, tell)
        return Declared(system.name, known.rows, changed=False)
    tell(f"learning what is normal for {system.name} from {path.name}")
    table = requests(guarded_reference(read_table(path), system, secret), system)
    spec = learn(table, system)
    _tell_unfit(system, spec, tell)
    accepted = from_table(table, spec.schema, system, now)
    if accepted.rejected:
        first = accepted.rejected[0]
        raise BadInput(
            f"{len(accepted.rejected):,} rows of the reference are not usable; row {first.row}: "
            f"{first.field}: {first.reason}",
            where=str(path),
            do="mend or remove them",
        )
    for slo in system.slos:
        events(layout_of(spec), slo)  # refuses what is not counted
    for monitor in system.monitors:
        measured(layout_of(spec), monitor)
    cut = [tally for _, tally in tallies(accepted.table, spec)]
    short = [tally for _, tally in stretch_tallies(accepted.table, spec)]
    with database.unit("configuration", now) as unit:
        systems.save(unit, system, spec, cut, table.num_rows, sha256, stretches=short)
    return Declared(system.name, table.num_rows, changed=True)


def _tell_unfit(system: System, spec: Spec, tell: Callable[[str], None]) -> None:
    for sentence in unfit(system, spec.schema):
        tell(f"{system.name}: {sentence}")


def _known(database: Database, name: str) -> systems.StoredSystem | None:
    with database.reading() as conn:
        try:
            return systems.get(conn, name)
        except NotFound:
            return None
