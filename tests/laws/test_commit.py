"""Law 7: a shard exists if and only if its entry does, and the old release stays till then."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus

from layers import storage
from layers.commit import ConflictingAttempt, UnitCommit
from layers.entries import Count, Entry, Unit, read_entry
from pipeline.beam import runners
from pipeline.beam.lock import lock_output
from pipeline.errors import OutputLocked, RunError, UnitsFailed
from pipeline.plan.make import make_plan
from pipeline.stages.publish import release

SCHEMA = pa.schema([("text", pa.large_string())])
UNIT = Unit("wiki", "a.jsonl")


def rows(*texts: str) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], schema=SCHEMA)


def commit_unit(layer: Path, *texts: str, fingerprint: str = "f") -> Entry:
    with UnitCommit(str(layer), unit=UNIT, fingerprint=fingerprint) as commit:
        commit.write("one", rows(*texts), schema=SCHEMA)
        commit.write("two", rows(*texts), schema=SCHEMA)
        return commit.commit([Count("read", documents=len(texts))])


class Interrupted(Exception):
    pass


def test_an_exception_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Interrupted), UnitCommit(str(tmp_path), unit=UNIT, fingerprint="f") as commit:
        commit.write("one", rows("a"), schema=SCHEMA)
        raise Interrupted
    assert small_corpus.tree_digests(tmp_path) == {}


def test_an_exception_in_the_rows_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from rows("a")
        raise Interrupted

    with pytest.raises(Interrupted), UnitCommit(str(tmp_path), unit=UNIT, fingerprint="f") as commit:
        commit.write("one", broken(), schema=SCHEMA)
    assert small_corpus.tree_digests(tmp_path) == {}


def test_leaving_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with UnitCommit(str(tmp_path), unit=UNIT, fingerprint="f") as commit:
        commit.write("one", rows("a"), schema=SCHEMA)
    assert small_corpus.tree_digests(tmp_path) == {}


def test_the_entry_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    publish = storage.publish

    def record(local: Path, target: str) -> None:
        order.append(Path(target).suffix)
        publish(local, target)

    monkeypatch.setattr(storage, "publish", record)
    commit_unit(tmp_path, "a")
    assert order == [".arrow", ".arrow", ".json"]


def test_a_crash_between_the_shards_leaves_no_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = storage.publish

    def crash_at_the_second(local: Path, target: str) -> None:
        if target.endswith(".two.arrow"):
            raise Interrupted
        publish(local, target)

    with monkeypatch.context() as patched:
        patched.setattr(storage, "publish", crash_at_the_second)
        with pytest.raises(Interrupted):
            commit_unit(tmp_path, "a")
    assert read_entry(str(tmp_path), unit=UNIT) is None
    assert [path.name for path in tmp_path.rglob(storage.TEMPORARY_PREFIX + "*")] == []
    assert read_entry(str(tmp_path), unit=UNIT) != commit_unit(tmp_path, "a"), "the unit can be done again"


@pytest.mark.parametrize("which", [0, 1, 2], ids=["first shard", "second shard", "entry"])
def test_an_interrupt_while_a_file_is_created_leaves_nothing_behind(
    which: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[Path] = []
    touch = Path.touch

    def touch_and_interrupt(path: Path, **options: Any) -> None:
        touch(path, **options)
        created.append(path)
        if len(created) > which:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "touch", touch_and_interrupt)
        commit_unit(tmp_path, "a")
    assert len(created) == which + 1
    assert [path for path in tmp_path.rglob(storage.TEMPORARY_PREFIX + "*")] == []


def test_the_entry_has_the_digests_of_the_shards(tmp_path: Path) -> None:
    entry = commit_unit(tmp_path, "a", "b")
    digests = small_corpus.tree_digests(tmp_path)
    assert {record.path: record.sha256 for record in entry.files.values()} == {
        path: digest for path, digest in digests.items() if path.endswith(".arrow")
    }
    assert read_entry(str(tmp_path), unit=UNIT) == entry


def test_a_second_attempt_with_the_same_bytes_is_fine(tmp_path: Path) -> None:
    first = commit_unit(tmp_path, "a")
    before = small_corpus.tree_digests(tmp_path)
    assert commit_unit(tmp_path, "a") == first
    assert small_corpus.tree_digests(tmp_path) == before


def test_a_second_attempt_with_other_bytes_replaces_nothing(tmp_path: Path) -> None:
    commit_unit(tmp_path, "a")
    before = small_corpus.tree_digests(tmp_path)
    with pytest.raises(ConflictingAttempt, match=r"wiki: a\.jsonl .* not deterministic"):
        commit_unit(tmp_path, "b")
    assert small_corpus.tree_digests(tmp_path) == before


def test_another_fingerprint_may_bring_other_bytes(tmp_path: Path) -> None:
    commit_unit(tmp_path, "a")
    assert commit_unit(tmp_path, "b", fingerprint="g") == read_entry(str(tmp_path), unit=UNIT)


HOLD_LOCK = """
import sys
from pipeline.plan.make import make_plan
from pipeline.beam.lock import lock_output
with lock_output(make_plan(sys.argv[1]).job):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_two_drivers_cannot_use_one_output(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(OutputLocked, match=f"in use by process {other.pid}"):
            runners.run(make_plan(config))
        assert small_corpus.tree_digests(tmp_path / "out").keys() == {".lock"}
        other.kill()
    with lock_output(make_plan(config).job):
        pass  # the lock of a killed driver is free again


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("file/out", "file is a file; name a folder, or give one by --out"),
        ("file", "file is a file; name a folder, or give one by --out"),
        ("loop", r"cannot be written to .*--out"),
        ("loop/out", r"cannot be written to .*--out"),
    ],
)
def test_an_output_that_cannot_be_written_is_named(output: str, told: str, tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(RunError, match=told):
        runners.run(make_plan(config, output=str(tmp_path / output)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_output_is_named(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(RunError, match=r"cannot be written to \(Permission denied"):
        runners.run(make_plan(config, output=str(tmp_path / "locked" / "out")))


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A folder with a corpus and its release."""
    runners.run(make_plan(small_corpus.write_corpus(tmp_path)))
    return tmp_path


STRICTER = {"version": "2.0.0", "decide": {"thresholds": {"all": {"words": {"min": 100}}}}}


def version_of(folder: Path) -> str:
    return str(json.loads((folder / "manifest.json").read_bytes())["version"])


@pytest.mark.parametrize("step", ["write_all_dropped", "build_manifest", "_remove_strays"])
def test_the_old_release_stays_while_a_new_one_is_made(
    step: str, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = small_corpus.tree_digests(released / "out" / "release")
    plan = make_plan(small_corpus.write_corpus(released, changes=STRICTER))

    def crash(*args: Any, **kwargs: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(release, step, crash)
        patched.setattr(runners, "MAX_ATTEMPTS", 1)
        with pytest.raises(UnitsFailed, match="publish: release: Interrupted"):
            runners.run(plan)
    assert small_corpus.tree_digests(released / "out" / "release") == old
    runners.run(plan)
    assert version_of(released / "out" / "release") == "2.0.0"
    assert not (released / "out" / "release.staging").exists()


@pytest.mark.parametrize("renames", [0, 1])
def test_a_crash_between_the_two_renames_is_mended(
    renames: int, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first rename there is no release: the next run first puts the old one back."""
    old = small_corpus.tree_digests(released / "out" / "release")
    plan = make_plan(small_corpus.write_corpus(released, changes=STRICTER))
    rename = os.rename
    done: list[object] = []

    def crash_after(source: Any, target: Any) -> None:
        if len(done) == renames:
            raise Interrupted
        done.append(target)
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", crash_after)
        patched.setattr(runners, "MAX_ATTEMPTS", 1)
        with pytest.raises(UnitsFailed):
            runners.run(plan)
    assert (released / "out" / "release").exists() is (renames == 0)
    with monkeypatch.context() as patched:
        patched.setattr(runners, "write_units", _stop)
        with pytest.raises(Interrupted):
            runners.run(plan)
    assert small_corpus.tree_digests(released / "out" / "release") == old
    runners.run(plan)
    assert version_of(released / "out" / "release") == "2.0.0"
    assert not (released / "out" / "release.previous").exists()


def _stop(plan: object) -> None:
    raise Interrupted
