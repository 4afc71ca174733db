"""One door to file systems: local paths and URLs behave alike, writes are whole or not at all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from layers import storage


@pytest.fixture(params=["local", "memory"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A folder on disk and one of fsspec's, for the same tests."""
    if request.param == "local":
        yield str(tmp_path / "base")
        return
    url = f"memory://{uuid4().hex}"
    yield url
    storage.remove(url)


class Interrupted(Exception):
    pass


def tree(url: str) -> dict[str, bytes]:
    return {path: storage.read_bytes(storage.join(url, path)) for path in storage.list_tree(url)}


def write(url: str, **files: str) -> None:
    for name, text in files.items():
        storage.write_bytes(storage.join(url, "folder", name), text.encode())


def test_what_is_written_is_read(base: str) -> None:
    url = storage.join(base, "a", "b.txt")
    assert not storage.exists(url)
    storage.write_bytes(url, b"one")
    storage.write_bytes(url, b"two")
    assert storage.exists(url)
    assert (storage.read_bytes(url), storage.size_bytes(url)) == (b"two", 3)
    assert storage.digest_file(url) == (hashlib.sha256(b"two").hexdigest(), 3)
    with storage.open_input(url) as stream:
        stream.seek(1)
        assert stream.read() == b"wo"


def test_a_write_that_fails_leaves_what_was_there(base: str) -> None:
    url = storage.join(base, "a.txt")
    storage.write_bytes(url, b"old")
    with pytest.raises(Interrupted), storage.atomic_path(url) as path:
        path.write_bytes(b"half of the ne")
        raise Interrupted
    assert tree(base) == {"a.txt": b"old"}


def test_missing_files_are_missing_everywhere(base: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read_bytes(storage.join(base, "nothing"))
    with pytest.raises(FileNotFoundError):
        storage.size_bytes(storage.join(base, "nothing"))
    assert storage.list_tree(base) == []
    storage.remove(storage.join(base, "nothing"))


def test_trees_are_listed_sorted_and_removed(base: str) -> None:
    write(base, b="2", a="1")
    assert storage.list_tree(base) == ["folder/a", "folder/b"]
    storage.remove(storage.join(base, "folder"))
    assert storage.list_tree(base) == []


def test_a_tree_replaces_another_as_a_whole(base: str) -> None:
    staged, target = storage.join(base, "new"), storage.join(base, "release")
    write(target, stays="old", goes="old")
    write(staged, stays="new", comes="new")
    storage.replace_tree(staged, target, paths=storage.list_tree(staged), last=("folder/comes",))
    assert tree(target) == {"folder/comes": b"new", "folder/stays": b"new"}
    assert storage.list_tree(base) == ["release/folder/comes", "release/folder/stays"]


def test_recovery_puts_the_previous_tree_back_only_where_there_is_none(base: str) -> None:
    target = storage.join(base, "release")
    if storage.is_remote(base):
        storage.recover_tree(target)  # an object store renames no folders: nothing to mend
        return
    write(target + ".previous", a="old")
    storage.recover_tree(target)
    assert tree(target) == {"folder/a": b"old"}
    write(target + ".previous", a="older")
    storage.recover_tree(target)
    assert tree(target) == {"folder/a": b"old"}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("a", "b"), "a/b"),
        (("a/", "b"), "a/b"),
        (("", "b"), "b"),
        (("a", "/b"), "/b"),
        (("gs://x", "b"), "gs://x/b"),
        (("a", "gs://x"), "gs://x"),
    ],
)
def test_joining(parts: tuple[str, ...], expected: str) -> None:
    assert storage.join(*parts) == expected


@pytest.mark.parametrize(
    ("url", "remote"), [("a/b", False), ("/a", False), ("file:///a", False), ("s3://a", True)]
)
def test_remote_urls(url: str, remote: bool) -> None:
    assert storage.is_remote(url) is remote
    assert storage.name_of("a/b/") == "b"


def test_finished_files_can_be_read_by_others(tmp_path: Path) -> None:
    storage.write_bytes(str(tmp_path / "a"), b"")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
