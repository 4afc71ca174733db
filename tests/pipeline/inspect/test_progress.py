"""A run that is watched: true shares, the forms in which they are told, the heartbeat, the log."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import removal_corpus
import small_corpus
from click.testing import CliRunner

from governance.removals.ledger import request_url
from layers.stages import NAMES
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import RunError
from pipeline.inspect.displays import Both, Json, Lines
from pipeline.inspect.progress import RunWatch, show_progress
from pipeline.inspect.snapshot import Snapshot, StageSnapshot, WorkerSnapshot
from pipeline.plan.make import Plan, make_plan, write_units
from pipeline.stages.ingest import ingest_unit
from pipeline.stages.measure.part import measure_unit
from pipeline.stages.raw_parts import list_parts
from pipeline.stages.removals import recorded_hits
from pipeline.stages.task_progress import track

DOCS = (Path(__file__).parents[3] / "docs" / "watching.md").read_text("utf-8")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    made = make_plan(small_corpus.write_corpus(tmp_path))
    write_units(made)
    return made


def shares(snapshot: Snapshot) -> dict[str, float]:
    return {stage.stage: round(stage.share, 3) for stage in snapshot.stages}


def test_a_stage_is_as_far_as_the_bytes_that_are_committed(plan: Plan) -> None:
    watch = RunWatch(plan, stages=NAMES)
    assert shares(watch.look()) == {"ingest": 0.0}
    done = 0
    for item in plan.units[:-1]:
        ingest_unit(item, job=plan.job)
        done += item.size_bytes
        assert shares(watch.look()) == {"ingest": round(done / plan.input_bytes, 3)}
    ingest_unit(plan.units[-1], job=plan.job)
    assert shares(watch.look()) == {"ingest": 1.0, "measure": 0.0}


def test_a_unit_that_was_looked_at_for_a_removal_is_done(tmp_path: Path) -> None:
    config = removal_corpus.write_corpus(tmp_path)
    plan = make_plan(config)
    write_units(plan)
    for item in plan.units:
        ingest_unit(item, job=plan.job)
    asked = removal_corpus.request([{"type": "url", "value": "https://example.org/en/spoken"}])
    place = Path(request_url(str(tmp_path / "removals"), request_id=asked["request_id"]))
    place.parent.mkdir(parents=True)
    removal_corpus.write_request(place.parent, asked).rename(place)
    plan = make_plan(config)
    watch, done = RunWatch(plan, stages=NAMES), 0
    assert shares(watch.look()) == {"ingest": 0.0}
    hits = 0
    for item in plan.units:
        hits += bool(recorded_hits(ingest_unit(item, job=plan.job)))
        done += item.size_bytes
        left = {} if done < plan.input_bytes else {"measure": 0.0}
        assert shares(watch.look()) == {"ingest": round(done / plan.input_bytes, 3), **left}
    assert 0 < hits < len(plan.units)


def test_a_task_that_runs_counts_with_the_bytes_that_it_has_read(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.stages import task_progress

    monkeypatch.setattr(task_progress, "INTERVAL_SECONDS", 0.01)
    for item in plan.units:
        ingest_unit(item, job=plan.job)
    sizes = {part.unit: part.text_bytes for part in list_parts(plan.job.raw.entries())}
    unit = max(sizes, key=lambda unit: sizes[unit])
    watch = RunWatch(plan, stages=NAMES)
    with track("measure", task=str(unit), unit=unit, job=plan.job):
        measure_unit(unit, job=plan.job)
        (Path(plan.job.measured.url) / unit.source / f"{unit.name}.json").unlink()  # as before its commit
        while not (snapshot := watch.look()).workers or not snapshot.workers[0].documents:
            pass
    (worker,) = snapshot.workers
    assert (worker.stage, worker.task, worker.bytes) == ("measure", str(unit), sizes[unit])
    assert worker.share == 0.99  # it is done when its entry is there
    assert shares(snapshot)["measure"] == round(0.99 * sizes[unit] / sum(sizes.values()), 3)
    measured = next(stage for stage in snapshot.stages if stage.stage == "measure")
    assert (measured.tasks_done, measured.bytes) == (0, sizes[unit])
    assert watch.look().workers == ()


def test_a_process_that_tells_nothing_new_is_left_out(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"stage": "ingest", "task": "t", "unit": None, "seconds": 1.0, "documents": 1, "bytes": 1}
    told |= {"position": None, "steps_done": 0, "steps": 0}
    folder = Path(plan.job.progress)
    folder.mkdir(parents=True)
    (folder / "dead-1.json").write_text(json.dumps({"worker": "dead-1", "tasks": [told]}), "utf-8")
    watch = RunWatch(plan, stages=NAMES)
    assert [worker.worker for worker in watch.look().workers] == ["dead-1"]
    monkeypatch.setattr("pipeline.inspect.progress.STALE_SECONDS", 0.0)
    assert watch.look().workers == ()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_whole_run_ends_complete_and_leaves_nothing_behind(workers: int, tmp_path: Path) -> None:
    corpus = small_corpus.write_corpus(tmp_path, changes={"local": {"max_in_process_bytes": 1}})
    plan = make_plan(corpus, workers=workers)
    seen: list[Snapshot] = []

    class Record(Lines):
        def show(self, snapshot: Snapshot) -> None:
            seen.append(snapshot)

        def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
            seen.append(snapshot)

    with show_progress(plan, display=Record(), stages=NAMES):
        runners.run(plan)
    assert shares(seen[-1]) == dict.fromkeys(("ingest", "measure", "decide", "publish"), 1.0)
    assert seen[-1].workers == ()
    assert {stage.stage: stage.documents for stage in seen[-1].stages}["measure"] == 134
    for before, after in pairwise(map(shares, seen)):
        assert all(after[stage] >= share for stage, share in before.items())
    names = {path.name for path in Path(plan.job.output).iterdir()}
    assert "progress" not in names
    assert not [path for path in small_corpus.tree_digests(Path(plan.job.release)) if "progress" in path]


def test_one_stage_is_watched_alone(plan: Plan) -> None:
    for item in plan.units:
        ingest_unit(item, job=plan.job)
    assert shares(RunWatch(plan, stages=("ingest",)).look()) == {"ingest": 1.0}
    assert shares(RunWatch(plan, stages=("measure",)).look()) == {"measure": 0.0}


def snapshot(seconds: float, *, done: int = 1, tasks: int = 3) -> Snapshot:
    stage = StageSnapshot("measure", done, tasks, done / tasks, 1234, 5_000_000, 2.5, 90.0)
    worker = WorkerSnapshot("host-1", "measure", "news: a.jsonl part 0", 12.0, 3, 4, 0.456)
    return Snapshot(seconds, 95.0, (stage,), (worker,) * 10)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_lines_come_every_thirty_seconds_and_when_a_stage_is_complete(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    said = {}
    for seconds in (0.0, 29.9, 30.0, 30.5, 59.9, 60.0):
        lines.show(snapshot(seconds))
        said[seconds] = bool(told(capsys))
    assert [seconds for seconds, spoke in said.items() if spoke] == [30.0, 60.0]
    lines.show(snapshot(61, done=3))
    assert told(capsys)[0] == "measure  3/3 · 1,234 documents · 2.5 MB/s"
    lines.show(snapshot(62, done=3))
    assert told(capsys) == []


def test_a_line_says_documents_speed_time_left_and_who_is_at_what(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Lines().end(snapshot(61), error=None)
    stage, run, *workers = told(capsys)
    assert stage == "measure  1/3 · 33% · 1,234 documents · 2.5 MB/s · 2 min left"
    assert run == "1 min gone, about 2 min left"
    assert workers[0] == "  host-1 measure news: a.jsonl part 0 · 46% · 12 s"
    assert workers[8:] == ["  and 2 more workers"]


def objects(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        yield json.loads(line)


def test_json_is_an_object_a_line_with_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    display = Json()
    display.start()
    for seconds in (1.0, 31.0, 32.0):
        display.show(snapshot(seconds))
    display.end(snapshot(33), error=RunError("too many\nbad records"))
    start, progress, end = objects(told(capsys))
    assert start == {"event": "start"}
    assert (progress["event"], progress["seconds"], end["event"]) == ("progress", 31.0, "end")
    assert end["error"] == "too many\nbad records"
    tables = re.findall(r"\| (key[^|]*) \|.*?\n((?:\|.*\n)+)", DOCS)
    documented = {name.strip(): set(re.findall(r"`(\w+)`", _first_cells(rows))) for name, rows in tables}
    assert documented["key"] == set(progress) - {"event"} == set(end) - {"event", "error"}
    assert [set(stage) for stage in progress["stages"]] == [documented["key of a stage"]]
    assert [set(worker) for worker in progress["workers"]] == [documented["key of a worker"]] * 10


def _first_cells(rows: str) -> str:
    return "\n".join(row.split("|")[1] for row in rows.splitlines())


def test_several_displays_are_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    Both(Json(), Json()).end(snapshot(1), error=None)
    one, other = told(capsys)
    assert one == other


def test_watching_fails_no_run(plan: Plan) -> None:
    watch = RunWatch(plan, stages=NAMES)
    before = watch.look()
    (Path(plan.job.progress)).mkdir(parents=True)
    (Path(plan.job.progress) / "x.json").write_bytes(b"{")
    assert watch.look() == before


def test_a_log_has_the_heartbeat_and_the_reason_of_a_failure(tmp_path: Path) -> None:
    corpus = small_corpus.write_corpus(tmp_path, changes={"max_bad_fraction": 0})
    log = tmp_path / "logs" / "run.log"
    result = CliRunner().invoke(main, ["run", str(corpus), "--log", str(log), "--progress", "none"])
    assert result.exit_code == 3
    assert "\nrhizotron: health_json: 4 of 91 records are unreadable" in f"\n{result.output}"
    written = log.read_text("utf-8")
    assert re.search(r"INFO rhizotron.progress: ingest +5/5 · 138 documents", written)
    assert "TooManyBadRecords" in written
    assert "Traceback" in written


def test_a_log_that_cannot_be_written_is_an_error_of_the_command_line(tmp_path: Path) -> None:
    corpus = small_corpus.write_corpus(tmp_path)
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["run", str(corpus), "--log", str(tmp_path / "file" / "log")])
    assert result.exit_code == 2
    assert f"cannot write the log {tmp_path / 'file' / 'log'}" in result.output
