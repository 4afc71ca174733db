"""One door to file systems: local paths and URLs behave alike, writes are whole or not at all."""

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from layers import storage
from layers.refusals_to_write import describe_refusal
from tests.layers.trees_of_files import tree, write


class Interrupted(Exception):
    pass


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


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o027, 0o640), (0o077, 0o600)])
def test_files_follow_the_umask_while_they_are_written_and_after(
    umask: int, mode: int, tmp_path: Path
) -> None:
    before = os.umask(umask)
    try:
        with storage.atomic_path(str(tmp_path / "folder" / "a")) as unfinished:
            assert unfinished.stat().st_mode & 0o777 == mode
        assert (tmp_path / "folder" / "a").stat().st_mode & 0o777 == mode
        assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o777 & ~umask
    finally:
        os.umask(before)


def test_files_are_listed_with_their_sizes_and_marks(base: str) -> None:
    write(base, **{"b.txt": "four", "a.txt": ""})
    before = storage.list_files(base)
    assert [(file.uri, file.size_bytes) for file in before] == [("folder/a.txt", 0), ("folder/b.txt", 4)]
    assert storage.list_files(base) == before
    assert storage.list_files(storage.join(base, "nothing")) == []


def test_a_local_file_that_is_written_again_has_another_mark(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    before = storage.list_files(str(tmp_path))
    os.utime(tmp_path / "a", ns=(0, 0))
    after = storage.list_files(str(tmp_path))
    assert [(file.uri, file.size_bytes) for file in after] == [("a", 1)]
    assert after != before


def test_a_fetched_file_lies_on_this_machine(base: str) -> None:
    write(base, **{"a.txt": "text"})
    with storage.fetched(storage.join(base, "folder", "a.txt")) as file:
        assert file.path.read_bytes() == b"text"
        assert (file.sha256, file.bytes) == (hashlib.sha256(b"text").hexdigest(), 4)
    assert tree(base) == {"folder/a.txt": b"text"}
    with pytest.raises(FileNotFoundError), storage.fetched(storage.join(base, "nothing")):
        pass


def test_of_two_who_create_a_file_the_second_fails_and_changes_nothing(base: str) -> None:
    url = storage.join(base, "below", "lock")
    storage.create_bytes(url, b"first")
    with pytest.raises(FileExistsError):
        storage.create_bytes(url, b"second")
    assert tree(base) == {"below/lock": b"first"}
    storage.remove(url)
    storage.create_bytes(url, b"third")
    assert tree(base) == {"below/lock": b"third"}


def test_a_file_that_cannot_be_written_is_named_with_the_fix(tmp_path: Path) -> None:
    code = (
        "import resource, sys\n"
        "from layers import storage\n"
        "from layers.refusals_to_write import describe_refusal\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    storage.write_bytes(sys.argv[1], bytes(2000))\n"
        "except OSError as error:\n"
        "    print(describe_refusal(error))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a" / "b")], capture_output=True, text=True, check=True
    )
    assert ran.stdout == (
        f"a file in {tmp_path / 'a'} cannot be written or read: it is longer than files may be here; "
        "raise the limit (ulimit -f), then give the same command again\n"
    )
    assert tree(str(tmp_path)) == {}


def test_other_errors_are_not_called_refusals() -> None:
    assert describe_refusal(OSError(errno.EIO, "broken")) is describe_refusal(ValueError("x")) is None
