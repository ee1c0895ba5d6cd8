import hashlib
import json
from dataclasses import asdict, replace

from tests.profile.rows import spec_of, table
from tocsin.ingest.rows import Schema
from tocsin.ingest.system import Kind
from tocsin.profile.codec import spec_from_json, spec_to_json
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import LATENCY_EDGES_MS

SPEC = spec_of(table(500, 3))


def test_the_hash_survives_storage_and_follows_the_meaning() -> None:
    assert spec_from_json(spec_to_json(SPEC)).hash == SPEC.hash
    changed = (
        replace(SPEC, threshold=0.6),
        replace(SPEC, bucket_s=60),
        replace(SPEC, slices=SPEC.slices[1:]),
        replace(SPEC, positive="approved"),
        replace(SPEC, schema=Schema(SPEC.schema.features, ())),
    )
    assert len({SPEC.hash, *(spec.hash for spec in changed)}) == 6


def test_a_spec_of_an_earlier_release_keeps_its_hash_and_its_counts() -> None:
    facts = asdict(SPEC)
    assert facts.pop("texts") == ("purpose",)
    assert (facts.pop("told_by"), facts.pop("timeouts")) == ("instant", True)
    assert facts.pop("capacity") is True
    assert (len(facts.pop("paired")), facts.pop("paired_every")) == (4, 1)
    assert (facts.pop("classes"), facts.pop("rules"), facts.pop("top")) == ((), (), 0)
    earlier = spec_from_json(json.dumps(facts))
    assert earlier == replace(
        SPEC, texts=(), told_by="", timeouts=False, capacity=False, paired=(), paired_every=0
    )
    said = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    assert earlier.hash == hashlib.sha256(said.encode()).hexdigest()[:16] != SPEC.hash
    assert "f_purpose.garbled" not in layout_of(earlier).places
    assert layout_of(earlier).width == layout_of(SPEC).width - 2 - 21


def test_latency_edges_rise_from_a_hundredth_of_a_millisecond_to_100_seconds() -> None:
    assert list(LATENCY_EDGES_MS) == sorted(set(LATENCY_EDGES_MS))
    assert (LATENCY_EDGES_MS[0], LATENCY_EDGES_MS[-1]) == (0.01, 100_000)


def test_classes_are_kept_in_their_order() -> None:
    several = replace(SPEC, kind=Kind.MULTICLASS, classes=("cat", "dog"))
    assert spec_from_json(spec_to_json(several)) == several
    assert replace(several, classes=("dog", "cat")).hash != several.hash


def test_equal_specs_are_one_key_and_others_are_not() -> None:
    again = spec_from_json(spec_to_json(SPEC))
    assert hash(again) == hash(SPEC)
    moved = replace(SPEC, numeric=(replace(SPEC.numeric[0], unit=0.5), *SPEC.numeric[1:]))
    assert {SPEC: 1, again: 2, moved: 3} == {SPEC: 2, moved: 3}
