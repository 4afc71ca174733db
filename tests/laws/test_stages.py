"""One table of stages: a row and files of its name are all that a new stage is."""

import json
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_corpus

import pipeline.beam.stages
import pipeline.inspect.stages
import pipeline.stages
from layers.stages import LAYERS, NAMES, STAGES, STEPS, layer_of, stages_from, stages_with, writer_of
from pipeline.job import Job

ROOT = Path(__file__).parents[2]

ROW = """    Stage(
        "echo",
        "Say again what was read.",
        reads=("raw",),
        writes=(StageLayer("echoes", step="echo", tasks="part", disk_per_text_byte=0.5),),
    ),
"""
FILES = {
    "pipeline/stages/echo.py": '''
"""An entry for each part of raw/."""

from layers.entries import Unit, fingerprint
from pipeline.job import Job


def keys(parts) -> dict[Unit, str]:
    return {part.unit: fingerprint(echo=part.unit.name) for part in parts}


def echo(unit: Unit, *, job: Job) -> None:
    with job.layer("echoes").commit(unit, key=fingerprint(echo=unit.name)) as commit:
        commit.commit([])
''',
    "pipeline/beam/stages/echo.py": '''
"""A task for each part."""

from collections.abc import Iterator

from pipeline.beam.work import JobFn, Spread, largest_first, read_parts
from pipeline.stages.echo import echo
from pipeline.stages.raw_parts import PartTask


def add(done, *, job, distributed):
    return done | "Echo" >> Spread(Parts(job), Echo(job))


class Parts(JobFn):
    stage = "echo"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from largest_first(read_parts(self.job))


class Echo(JobFn):
    stage = "echo"

    def process(self, task: PartTask) -> Iterator[int]:
        self.attempt(str(task.unit), lambda: echo(task.unit, job=self.job), unit=task.unit)
        yield 1
''',
    "pipeline/inspect/stages/echo.py": '''
"""Every part."""

from pipeline.stages.echo import keys


def look(watch) -> bool:
    return watch.look("echo", keys=lambda: keys(watch.parts), sizes=watch.text_bytes)
''',
}
PROGRAM = """
import json, sys
from pathlib import Path
from click.testing import CliRunner
from layers.stages import writer_of
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.inspect.progress import RunWatch
from pipeline.inspect.rubbish import find_rubbish
from pipeline.inspect.status import Watch
from pipeline.plan.make import make_plan

corpus = sys.argv[1]
plan = make_plan(corpus)
shown = {name: CliRunner().invoke(main, [name, corpus]).stdout for name in ("plan", "status")}
runners.run(plan, stages=("ingest", "echo"))
status = Watch(plan).update()["echo"]
(Path(plan.job.place("echoes")) / "health_json" / "stray.arrow").write_bytes(b"")
json.dump(
    {
        "help": CliRunner().invoke(main, ["echo", "--help"]).stdout,
        **shown,
        "done": len(status.done),
        "complete": status.complete,
        "progress": [each.stage for each in RunWatch(plan, stages=("echo",)).look().stages],
        "rubbish": find_rubbish(plan),
        "writer": writer_of("echoes"),
    },
    sys.stdout,
)
"""


def modules(package: object) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(package.__path__)}  # type: ignore[attr-defined]


def test_every_stage_has_its_files_and_no_other_has() -> None:
    assert modules(pipeline.beam.stages) == modules(pipeline.inspect.stages) == {*NAMES}
    assert modules(pipeline.stages) >= {*NAMES}


def test_layers_are_read_after_they_were_written() -> None:
    written: set[str] = set()
    for stage in STAGES:
        assert {*stage.reads} <= written, stage.name
        written |= {layer.name for layer in stage.writes}
    assert list(LAYERS) == [layer.name for stage in STAGES for layer in stage.writes]


def test_what_a_job_must_have_for_a_stage_is_a_property_of_it() -> None:
    assert [stage.wanted for stage in STAGES if stage.wanted] == ["counts_lines"]
    assert all(isinstance(getattr(Job, stage.wanted), property) for stage in STAGES if stage.wanted)


def test_who_writes_a_layer_and_where_documents_are_dropped() -> None:
    assert {name: writer_of(name) for name in LAYERS} == {
        "raw": "ingest",
        "line_counts": "count",
        "lines": "count",
        "measured": "measure",
        "clusters": "decide",
        "decisions": "decide",
        "classes": "publish",
        "published": "publish",
        "release": "publish",
    }
    assert stages_with("dropped") == ("ingest", "measure", "decide")
    assert layer_of("decide", flow="dropped") == "decisions"
    assert stages_from("count", to=("measure", "count")) == ("count", "measure")
    for wrong in (lambda: writer_of("cake"), lambda: layer_of("count", flow="dropped")):
        with pytest.raises(KeyError):
            wrong()
    assert [*STEPS] == ["ingest", "count", "lines", "measure", "decide", "publish", "release"]


def test_a_new_stage_is_a_row_and_files_of_its_name(tmp_path: Path) -> None:
    """The command line, graph, plan, status, progress and cleaning of a copy with one stage more know it."""
    house = tmp_path / "house"
    for room in ("layers", "pipeline"):
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    table = house / "layers" / "stages.py"
    before = table.read_text(encoding="utf-8")
    place = before.index('    Stage(\n        "count"')
    table.write_text(before[:place] + ROW + before[place:], encoding="utf-8")
    for path, text in FILES.items():
        (house / path).write_text(text.lstrip(), encoding="utf-8")
    corpus = small_corpus.write_corpus(tmp_path / "corpus", changes={"local": {"workers": 1}})
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(house), *sys.path])}
    command = [sys.executable, "-c", PROGRAM, str(corpus)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert "Say again what was read." in shown["help"]
    assert [line.split()[1] for line in shown["plan"].splitlines() if " echo " in line] == ["echo"]
    assert [line.split()[1] for line in shown["status"].splitlines() if " echo " in line] == ["echo"]
    assert shown["complete"] and shown["done"] > 3
    assert shown["progress"] == ["echo"]
    assert shown["rubbish"] == [str(corpus.parent / "out" / "echoes" / "health_json" / "stray.arrow")]
    assert shown["writer"] == "echo"
