"""What every shelf must keep: the lake's promises stand on these."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from tocsin.lake.shelf import Shelf

Opened = Callable[[], Shelf]
"""Opens the same shelf anew, as another process would."""


class ShelfContract:
    """Subclass it and say how a shelf is opened."""

    @pytest.fixture
    def opened(self) -> Opened:
        raise NotImplementedError

    @pytest.fixture
    def shelf(self, opened: Opened) -> Shelf:
        return opened()

    def test_what_is_not_there_is_none(self, shelf: Shelf) -> None:
        assert shelf.read("a/b") is None
        assert not shelf.has("a/b")
        assert shelf.items("a") == []
        shelf.delete(["a/b"])

    def test_a_file_comes_back_as_it_was_put(self, shelf: Shelf, opened: Opened) -> None:
        shelf.put("a/b", b"one")
        assert opened().read("a/b") == b"one"
        shelf.put("a/b", pa.py_buffer(b"another"))
        assert shelf.read("a/b") == b"another"
        assert shelf.has("a/b")

    def test_a_name_is_claimed_once(self, shelf: Shelf, opened: Opened) -> None:
        assert shelf.claim("a/b", b"mine")
        assert not opened().claim("a/b", b"yours")
        assert shelf.read("a/b") == b"mine"

    def test_of_many_who_claim_a_name_one_gets_it(self, opened: Opened) -> None:
        shelves = [opened() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            for turn in range(5):
                tries = [
                    pool.submit(shelf.claim, f"a/{turn}", b"%d" % k)
                    for k, shelf in enumerate(shelves)
                ]
                claims = [each.result() for each in tries]
                won = [k for k, claim in enumerate(claims) if claim]
                assert len(won) == 1
                assert shelves[0].read(f"a/{turn}") == b"%d" % won[0]

    def test_files_are_listed_by_name_without_those_in_folders(self, shelf: Shelf) -> None:
        for name in ("a/c", "a/b", "a/d/e", "ab"):
            shelf.put(name, b"four")
        found = shelf.items("a")
        assert [item.name for item in found] == ["a/b", "a/c"]
        assert {item.size_bytes for item in found} == {4}
        assert all(item.made_at_ms > 1_600_000_000_000 for item in found)
        assert [item.name for item in shelf.items("")] == ["ab"]

    def test_what_is_deleted_is_gone(self, shelf: Shelf) -> None:
        for name in ("a/b", "a/c", "a/d"):
            shelf.put(name, b"")
        shelf.delete(["a/b", "a/d", "a/never"])
        assert [item.name for item in shelf.items("a")] == ["a/c"]

    def test_arrow_reads_parts_of_a_file(self, shelf: Shelf) -> None:
        shelf.put("a/b", b"0123456789")
        with shelf.files.open_input_file(shelf.path("a/b")) as file:
            file.seek(3)
            assert file.read(4) == b"3456"
        with pytest.raises(FileNotFoundError):
            shelf.files.open_input_file(shelf.path("a/none"))
