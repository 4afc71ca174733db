"""Law 7: a release of which a file is missing or changed is noticed by size and time, and mended by `run`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner, Result

from layers import storage
from pipeline.cli import main
from pipeline.inspect.verify.release import verify

SHARD = "data/fr/health_json/train-00000-of-00001.arrow"
SIDECAR = "provenance/fr/health_json/train-00000-of-00001.arrow"
LATER = 5_000_000_000
"""Nanoseconds: file systems keep times with a coarser clock than the program's."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus that was run."""
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder, small_corpus.write_corpus(folder)).exit_code == 0
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy with the times of its files."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def run(folder: Path, config: Path | None = None) -> Result:
    return CliRunner().invoke(main, ["run", str(config or folder / "corpus.yaml"), "--progress", "none"])


def change(path: Path, *, same_size: bool, same_time: bool = False) -> None:
    data, stat = path.read_bytes(), path.stat()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if same_size else data[:-1])
    time = stat.st_mtime_ns + (0 if same_time else LATER)
    os.utime(path, ns=(time, time))


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    change(path, same_size=False, same_time=True)


def flip(path: Path) -> None:
    change(path, same_size=True)


@pytest.mark.parametrize("path", [SHARD, SIDECAR, "ledger/health_gzip.arrow", "README.md", "manifest.json"])
@pytest.mark.parametrize(("damage", "what"), [(remove, "missing"), (cut, " bytes, were "), (flip, "changed")])
def test_a_damaged_release_is_named_and_mended(
    path: str, damage: Callable[[Path], None], what: str, whole: Path, folder: Path
) -> None:
    release = folder / "out" / "release"
    shard = path.replace("provenance/", "data/")  # and its sidecar are made together
    intact = {file: file.stat().st_ino for file in release.glob("data/*/*/*") if file != release / shard}
    damage(release / path)
    result = run(folder)
    assert result.exit_code == 0, result.output
    message = [
        line for line in result.stderr.splitlines() if "rhizotron: 1 file" in line or line.startswith("  ")
    ]
    assert "1 file(s) of" in message[0]
    assert "are missing or changed, and are published again" in message[0]
    assert message[1].startswith(f"  {path}: ")
    assert what in message[1]
    assert len(message) == 2
    assert small_corpus.tree_digests(release) == small_corpus.tree_digests(whole / "out" / "release")
    assert {file: file.stat().st_ino for file in intact} == intact, "a whole shard was made again"
    assert "missing or changed" not in run(folder).stderr


def test_a_release_that_is_gone_is_published_again(whole: Path, folder: Path) -> None:
    release = folder / "out" / "release"
    files = small_corpus.tree_digests(release)
    shutil.rmtree(release)
    result = run(folder)
    assert f"{len(files)} file(s) of" in result.stderr
    assert f"  and {len(files) - 20} more" in result.stderr
    assert small_corpus.tree_digests(release) == files


def test_files_that_are_as_they_were_at_another_time_are_left_alone(folder: Path) -> None:
    """As after a copy: they are read once, and then known by their new times."""
    release = folder / "out" / "release"
    key = folder / "out" / "release.key"
    for path in release.rglob("*"):
        time = path.stat().st_mtime_ns + LATER
        os.utime(path, ns=(time, time))
    places = {path: path.stat().st_ino for path in release.rglob("*")}
    before = key.read_bytes()
    assert "missing or changed" not in run(folder).stderr
    assert {path: path.stat().st_ino for path in release.rglob("*")} == places
    after = key.read_bytes()
    assert after != before
    assert run(folder).exit_code == 0
    assert key.read_bytes() == after


def test_what_neither_size_nor_time_shows_is_found_by_verify(folder: Path) -> None:
    release = folder / "out" / "release"
    change(release / SHARD, same_size=True, same_time=True)
    assert "missing or changed" not in run(folder).stderr
    assert SHARD in {mismatch.path for mismatch in verify(str(release)).mismatches}


def test_a_damaged_release_is_not_taken_for_shards_when_all_is_published_anew(
    whole: Path, folder: Path
) -> None:
    """Without its key, as an earlier version leaves it, nothing says what is damaged: digests do."""
    release = folder / "out" / "release"
    change(release / SHARD, same_size=True, same_time=True)
    (folder / "out" / "release.key").write_text("0" * 64)
    assert run(folder).exit_code == 0
    assert small_corpus.tree_digests(release) == small_corpus.tree_digests(whole / "out" / "release")


def test_no_time_is_in_a_release(whole: Path, folder: Path) -> None:
    """Times are beside it: made again later, it has the same bytes."""
    (folder / "out" / "release.key").unlink()
    shutil.rmtree(folder / "out" / "release")
    assert run(folder).exit_code == 0
    assert small_corpus.tree_digests(folder / "out" / "release") == small_corpus.tree_digests(
        whole / "out" / "release"
    )


def test_a_release_on_an_object_store_is_mended_too(whole: Path) -> None:
    config, out = whole / "corpus.yaml", "memory://mended-release"
    assert CliRunner().invoke(main, ["run", str(config), "--out", out]).exit_code == 0
    release = storage.join(out, "release")
    before = digests(release)
    storage.remove(storage.join(release, SHARD))
    storage.write_bytes(storage.join(release, "README.md"), b"")
    result = CliRunner().invoke(main, ["run", str(config), "--out", out])
    assert f"  {SHARD}: missing" in result.stderr.splitlines()
    assert digests(release) == before == small_corpus.tree_digests(whole / "out" / "release")
    storage.remove(out)


def digests(url: str) -> dict[str, str]:
    return {path: storage.digest_file(storage.join(url, path))[0] for path in storage.list_tree(url)}


def test_a_manifest_with_its_old_time_is_mended(whole: Path, folder: Path) -> None:
    """The summary of a run is read from it, so it is never trusted by its time."""
    release = folder / "out" / "release"
    change(release / "manifest.json", same_size=True, same_time=True)
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert small_corpus.tree_digests(release) == small_corpus.tree_digests(whole / "out" / "release")
