"""The same lake on a real S3 server."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from deltalake import DeltaTable
from typing_extensions import override

from tests.contracts.shelf import ShelfContract
from tests.lake.rows import START, outcomes, predictions
from tests.lake.s3 import Server, server
from tocsin.base.errors import BadInput, Unavailable
from tocsin.base.spans import Span
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake, folder_name
from tocsin.lake.objects import Objects
from tocsin.lake.tend import GRACE, clean, drop_old, erase
from tocsin.lake.tiers import groups

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    with server() as one:
        yield one


@pytest.fixture
def opened(s3: Server) -> Callable[[], Objects]:
    url = f"s3://{s3.bucket()}/some/prefix"
    return lambda: Objects(url, s3.environment)


@pytest.mark.real
class TestObjects(ShelfContract):
    @override
    @pytest.fixture
    def opened(self, s3: Server) -> Callable[[], Objects]:
        url = f"s3://{s3.bucket()}/some/prefix"
        return lambda: Objects(url, s3.environment)


@pytest.mark.real
def test_the_server_itself_refuses_a_second_conditional_write(s3: Server) -> None:
    address = f"{s3.address}/{s3.bucket()}/name"
    who = "Credential=test/20261125/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 {who}"}
    once = {**signed, "If-None-Match": "*"}
    assert httpx.put(address, content=b"one", headers=once).status_code == 200
    assert httpx.put(address, content=b"two", headers=once).status_code == 412
    assert httpx.get(address, headers=signed).content == b"one"


@pytest.mark.real
def test_a_lake_on_objects_is_written_read_tended_and_erased(
    s3: Server, opened: Callable[[], Objects]
) -> None:
    lake = Lake(opened())
    opened().check()
    for k in range(60):
        lake.append("s", "predictions", predictions([str(k)], START + timedelta(days=k)))
    lake.append("s", "outcomes", outcomes(["1"]))
    reader = Lake(opened())
    span = Span(START + timedelta(days=3), START + timedelta(days=5))
    assert sorted(map(str, reader.scan("s", "predictions", span=span)["id"].to_pylist())) == [
        "3",
        "4",
    ]
    assert sum(part.num_rows for part in reader.added("s", "predictions", 20, 60)) == 40
    table = lake.table("s", "predictions")
    _, files = table.files()
    for group in groups(files, (60,), 60):
        table.replace([table.rewrite(group, lambda rows: rows)], LATER, fresh=False)
    assert drop_old(table, START + timedelta(days=9), counted=60, now=LATER) == 9
    assert erase(table, ["30"], LATER) == 1
    clean(table, LATER)
    clean(table, LATER + 2 * GRACE)
    left = sorted(str(k) for k in range(9, 60) if k != 30)
    assert sorted(map(str, reader.scan("s", "predictions")["id"].to_pylist())) == left
    lake.append("s", "predictions", predictions(["late"]))
    url = f"s3://{opened().path(folder_name('s'))}/predictions"
    other = DeltaTable(url, storage_options=dict(s3.environment))
    assert sorted(map(str, other.to_pyarrow_table()["id"].to_pylist())) == [*left, "late"]


@pytest.mark.real
def test_writers_in_several_processes_never_take_the_same_version(
    opened: Callable[[], Objects],
) -> None:
    lakes = [Lake(opened()) for _ in range(3)]
    lakes[0].append("s", "predictions", predictions(["first"]))

    def write(k: int) -> list[int]:
        return [lakes[k].append("s", "predictions", predictions([f"{k}.{n}"])) for n in range(6)]

    with ThreadPoolExecutor(3) as pool:
        versions = [version for found in pool.map(write, range(3)) for version in found]
    assert sorted(versions) == list(range(2, 20))
    assert lakes[0].scan("s", "predictions").num_rows == 19


@pytest.mark.real
def test_group_commit_answers_when_the_store_has(opened: Callable[[], Objects]) -> None:
    committer = Committer(Lake(opened()))
    receipt = committer.submit("s", "predictions", predictions(["a", "b"])).result(30)
    again = committer.submit("s", "predictions", predictions(["b"])).result(30)
    committer.close()
    assert (receipt.accepted, again.duplicates) == (2, 1)
    assert Lake(opened()).scan("s", "predictions").num_rows == 2


@pytest.mark.real
def test_a_bucket_that_is_not_there_is_said(s3: Server) -> None:
    with pytest.raises(Unavailable, match="there is no such bucket; make it"):
        Objects("s3://nowhere/lake", s3.environment).check()


@pytest.mark.parametrize("url", ["s3://", "gs://bucket", "bucket/prefix"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="write s3://bucket/prefix"):
        Objects(url, {})
