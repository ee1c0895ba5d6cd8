import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import lake_rows, replaced, spec_of, table
from tocsin.ingest.rows import FieldKind
from tocsin.profile.cells import vectors
from tocsin.profile.columns import batches
from tocsin.profile.garbled import garbled
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.merge import add_up, total

GOOD = (
    *("", "plain", "café", "CAFÉ…", "«É»", "„Spaß“", "NÃO", "Ångström", "KNÍŽE", "VÝŠE", "PŘÍŠTÍ"),
    *("Łódź", "ÎLE", "Ñandú", "日本語", "Привет", "Ελλάδα", "😀", "à — b", "Þórr", "ÂGE", "10 °C"),
    *("santé\u00a0»", "été\u00a0!", "À\u00a0partir", "5 €", "½", "naïve", "Å—"),
)


def misread(text: str, windows: str) -> str:
    """Return what UTF-8 becomes if each byte is read as a character."""
    return "".join(bytes([byte]).decode(windows, "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize("windows", ["latin-1", "cp1252"])
@pytest.mark.parametrize(
    "text",
    ["é", "ü", "£5", "10°C", "’", "“so”", "–", "€", "™", "Öl", "ł", "č", "Привет", "日本", "😀"],
)
def test_text_that_was_read_as_latin_is_garbled(text: str, windows: str) -> None:
    broken = f"about {misread(text, windows)} and so on"
    assert garbled(pa.array([text, broken])).tolist() == [False, True]


def test_text_that_broke_twice_or_was_replaced_is_garbled() -> None:
    twice = misread(misread("café", "cp1252"), "cp1252")
    assert garbled(pa.array(["caf\ufffd", misread("\ufffd", "cp1252"), twice])).all()


def test_good_text_of_many_scripts_is_not() -> None:
    assert [text for text, bad in zip(GOOD, garbled(pa.array(GOOD)), strict=True) if bad] == []


def test_no_text_is_not_garbled() -> None:
    assert garbled(pa.array([None, "Ã©"], pa.string())).tolist() == [False, True]
    assert garbled(pa.array([], pa.string())).tolist() == []


RAW = table(900, 5)
PROSE = [f"note {k} of a café" for k in range(900)]
TOLD = RAW.append_column("note", pa.array(PROSE))
SPEC = spec_of(TOLD)
LAYOUT = layout_of(SPEC)


def broken() -> pa.Table:
    """Return rows of which some texts of both kinds are garbled, some known and some not."""
    purposes = ["cÃ¤r", "ca\ufffdr", None, "Ã¼", *RAW["purpose"].to_pylist()[4:]]
    notes = [misread(text, "cp1252") if k < 25 else text for k, text in enumerate(PROSE)]
    return replaced(replaced(TOLD, "purpose", purposes), "note", notes)


def test_the_reference_tells_which_features_are_texts() -> None:
    kinds = {field.name: field.kind for field in SPEC.schema.features}
    assert (kinds["purpose"], kinds["note"]) == (FieldKind.CATEGORICAL, FieldKind.TEXT)
    assert set(SPEC.texts) == {"purpose", "note"}


def test_garbled_texts_are_counted_per_slice_and_stay_where_they_are_counted_besides() -> None:
    rows = broken()
    cells = vectors(total([*profile(lake_rows(rows, SPEC), SPEC).values()]), SPEC)
    assert LAYOUT.one(cells[""], "f_purpose.garbled") == 3
    assert LAYOUT.one(cells[""], "f_purpose.unseen") == 3
    assert LAYOUT.one(cells[""], "f_purpose.missing") == 1
    assert LAYOUT.one(cells[""], "f_note.garbled") == 25
    for attribute in ("employer", "sex"):
        said = np.array(rows[attribute].to_pylist()[:25])
        for value in set(said.tolist()):
            cell = cells[f"{attribute}={value}"]
            assert LAYOUT.one(cell, "f_note.garbled") == (said == value).sum()


def test_a_category_that_the_reference_knows_may_be_garbled() -> None:
    purposes = ["cÃ¤r" if k % 3 else "phone" for k in range(900)]
    raw = replaced(RAW, "purpose", purposes)
    spec = spec_of(raw)
    whole = vectors(total([*profile(lake_rows(raw, spec), spec).values()]), spec)[""]
    layout = layout_of(spec)
    assert layout.one(whole, "f_purpose.garbled") == 600
    assert layout.get(whole, "f_purpose.counts").tolist() == [600, 300]


def test_any_split_and_plain_or_dictionary_texts_count_the_same() -> None:
    rows = lake_rows(broken(), SPEC)
    whole = total([*profile(rows, SPEC).values()])
    parts = total([*add_up(profile(rows.slice(k, 70), SPEC) for k in range(0, 900, 70)).values()])
    one, other = vectors(whole, SPEC), vectors(parts, SPEC)
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)
    flags = [
        next(batches(rows, 1 << 17, prose))[1].garbled("f_note") for prose in ((), ("f_note",))
    ]
    assert flags[0].sum() == 25
    assert np.array_equal(flags[0], flags[1])
