"""A run with a language model of the Hub or of one's own: checked by the plan, downloaded once, on record."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fasttext
import pytest
import small_corpus
from hub_server import Hub, serve

from filters.language_id import labels_digest, model_digest
from pipeline.errors import ConfigError
from pipeline.plan.estimate import estimate
from pipeline.plan.make import make_plan
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.publish.manifest import released_config
from pipeline.transforms import Measure

COMMIT = "74cb50b709c9eefe0f790030c6c95c461b4e3b77"
GLOTLID = f"hf://cis-lmu/glotlid@{COMMIT}/model.bin"
CORPUS = {
    "name": "small",
    "version": "1.0.0",
    "cards": "cards",
    "sources": [{"card": "wiki", "type": "jsonl", "paths": ["a.jsonl"], "fields": {"text": "text"}}],
}
EMILIAN = "al radìs al crès int la tèra"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small classifier of the corpus' languages, with one label that only the table of GlotLID knows."""
    folder = tmp_path_factory.mktemp("model")
    lines = [(lang, text) for lang, texts in small_corpus.PARAGRAPHS.items() for text in texts]
    rows = [f"__label__{label} {' '.join(text.split())}\n" for label, text in [*lines, ("eml_Latn", EMILIAN)]]
    (folder / "train.txt").write_text("".join(rows), "utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), dim=10, epoch=20, lr=0.5, bucket=5000, minn=2, maxn=4, thread=1, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    return (folder / "model.bin").read_bytes()


@pytest.fixture
def server(content: bytes) -> Iterator[Hub]:
    with serve(Hub({"cis-lmu/glotlid": {COMMIT: {"model.bin": content}}})) as started:
        yield started


def corpus(folder: Path, *, workers: int = 1, **language_id: Any) -> Path:
    local = {"workers": workers} | ({"max_in_process_bytes": 0} if workers > 1 else {})
    changes: dict[str, Any] = {"measure": {"language_id": language_id}, "local": local}
    return small_corpus.write_corpus(folder, changes=changes)


def run(
    config: Path, *, cache: Path, endpoint: str, offline: bool = False
) -> "subprocess.CompletedProcess[str]":
    """`rhizotron run` with a cache and a Hub of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HF_") and not name.lower().endswith("_proxy")
    }
    settings = {"HF_HOME": str(cache), "HF_ENDPOINT": endpoint} | ({"HF_HUB_OFFLINE": "1"} if offline else {})
    environment = {**kept, **settings, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_run_downloads_its_model_once_and_records_it(server: Hub, content: bytes, tmp_path: Path) -> None:
    first = corpus(tmp_path / "first", workers=2, model=GLOTLID.removesuffix("/model.bin"))
    result = run(first, cache=tmp_path / "cache", endpoint=server.url)
    assert result.returncode == 0, result.stderr
    assert server.downloads == 1
    manifest = json.loads((first.parent / "out" / "release" / "manifest.json").read_text("utf-8"))
    assert manifest["models"] == [
        {
            "name": GLOTLID,
            "sha256": hashlib.sha256(content).hexdigest(),
            "license": "Apache-2.0",
            "used_for": "language identification",
        }
    ]
    recorded = manifest["config"]["measure"]["language_id"]
    assert (recorded["model"], recorded["labels"]) == (GLOTLID, None)

    server.down = True
    again = corpus(tmp_path / "again", model=GLOTLID)
    result = run(again, cache=tmp_path / "cache", endpoint=server.url, offline=True)
    assert result.returncode == 0, result.stderr
    releases = [small_corpus.tree_digests(path.parent / "out" / "release") for path in (first, again)]
    assert releases[0] == releases[1]
    assert server.downloads == 1


def test_a_model_that_the_hub_does_not_give_stops_the_run_before_it_starts(
    server: Hub, tmp_path: Path
) -> None:
    config = corpus(tmp_path, model=GLOTLID.replace("model.bin", "model_v9.bin"))
    result = run(config, cache=tmp_path / "cache", endpoint=server.url)
    assert result.returncode == 2
    assert "$.measure.language_id: hf://cis-lmu/glotlid@" in result.stderr
    assert "no such file at this commit" in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_id_without_a_commit_is_an_error_of_the_corpus_file() -> None:
    with pytest.raises(ConfigError) as raised:
        small_corpus.parse_config(CORPUS | {"measure": {"language_id": {"model": "hf://cis-lmu/glotlid"}}})
    (problem,) = raised.value.problems
    assert problem.startswith("$.measure.language_id.model: ")
    assert "hf://cis-lmu/glotlid names no commit, so its bytes could change between two runs" in problem
    assert f"write for example {GLOTLID}" in problem
    with pytest.raises(
        ValueError, match=r"\$\.language_id\.model: .*names main, which is not a whole commit"
    ):
        Measure(model="hf://cis-lmu/glotlid@main")


def test_an_id_is_recorded_whole() -> None:
    short = GLOTLID.removesuffix("/model.bin")
    config = small_corpus.parse_config(CORPUS | {"measure": {"language_id": {"model": short}}})
    assert config.measure.language_id.model == GLOTLID


@pytest.mark.parametrize(
    ("language_id", "problem"),
    [
        ({"model": "none.bin"}, "no language model {folder}/none.bin: give a file, or one of lid.176"),
        ({"model": "cut.bin"}, "{folder}/cut.bin is damaged: it has 2000 bytes and needs"),
        ({"model": "data"}, "{folder}/data is a folder, not a language model"),
        ({"model": "model.bin"}, "1 labels of the model have no language in BCP-47: eml_Latn"),
        (
            {"model": "model.bin", "labels": "labels.tsv"},
            "{folder}/labels.tsv is no label table: line 1 maps",
        ),
        ({"model": "model.bin", "labels": "none"}, "no label table {folder}/none: give a file of label"),
        ({"labels": "nowhere.tsv"}, "no label table {folder}/nowhere.tsv"),
    ],
)
def test_the_plan_says_what_is_wrong_with_a_model_or_its_labels(
    tmp_path: Path, content: bytes, language_id: dict[str, Any], problem: str
) -> None:
    config = corpus(tmp_path, **language_id)
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "cut.bin").write_bytes(content[:2000])
    (tmp_path / "labels.tsv").write_text("eml_Latn\temilian\n", "utf-8")
    with pytest.raises(ConfigError) as raised:
        make_plan(config)
    (found,) = raised.value.problems
    assert found.startswith("$.measure.language_id: " + problem.format(folder=tmp_path))
    assert not (tmp_path / "out").exists()


def test_a_model_and_a_table_of_ones_own_are_found_beside_the_corpus_file(
    tmp_path: Path, content: bytes
) -> None:
    config = corpus(tmp_path, model="model.bin", labels="labels.tsv")
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "labels.tsv").write_text("eml_Latn\tegl\n", "utf-8")
    job = make_plan(config).job
    chosen = job.config.measure.language_id
    assert (chosen.model, chosen.labels) == (str(tmp_path / "model.bin"), str(tmp_path / "labels.tsv"))
    plan = make_plan(config)
    assert plan.model_bytes > len(content)
    assert (
        estimate(plan).worker_bytes == estimate(replace(plan, model_bytes=0)).worker_bytes + plan.model_bytes
    )
    released: Any = released_config(job)
    assert released["measure"]["language_id"]["model"] == "model.bin"
    assert released["measure"]["language_id"]["labels"] == "labels.tsv"


def test_measured_rows_depend_on_the_model_and_on_its_labels(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "labels.tsv").write_text("eml_Latn\trgn\n", "utf-8")
    model, own = str(tmp_path / "model.bin"), str(tmp_path / "labels.tsv")
    found = []
    for labels in (own, "glotlid"):
        config = corpus(tmp_path, model=model, labels=labels)
        versions = Measurer.from_job(make_plan(config).job, source="health_json").versions
        assert versions["language_id"][0] == model_digest(model) == hashlib.sha256(content).hexdigest()  # type: ignore[index]
        assert versions["labels"] == labels_digest(model, labels=labels)
        found.append(versions)
    assert found[0]["labels"] != found[1]["labels"]
    assert found[0] | {"labels": None} == found[1] | {"labels": None}
    assert labels_digest("lid.176", labels=None) is None
    assert labels_digest(GLOTLID, labels=None) == labels_digest(model, labels="glotlid")
