"""The demo, end to end: every language is published and loads, dirt ends where it should."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus

from filters.languages import TAGS
from layers.shards import read_table
from pipeline.beam.work import make_clustering
from pipeline.inspect.verify.release import verify
from pipeline.plan.make import make_plan, write_units
from pipeline.stages.decide.distributed.steps import run_steps

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo"
DIRT: dict[str, dict[str, list[str]]] = json.loads((DEMO / "dirt.json").read_text("utf-8"))["kinds"]
MAX_RESIDENT_BYTES = 1.5e9

Row = dict[str, Any]

# VmHWM, not ru_maxrss: a process started by vfork inherits its parent's maximum, here that of other tests
RUN = """
import re, resource, sys
from pipeline.cli import main
from pipeline.inspect.verify.release import verify
try:
    main(["demo", "--out", sys.argv[1]], standalone_mode=False)
finally:
    print("resident", int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024)
    print("resident", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


@dataclass
class Demo:
    release: Path
    manifest: dict[str, Any]
    output: str
    resident_bytes: list[int]

    def documents(self, lang: str) -> int:
        return int(self.manifest["languages"][lang]["documents"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run of the demo, as a process of its own so that its memory can be told."""
    out = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", RUN, str(out)], env=environment, capture_output=True, text=True, timeout=570
    )
    assert result.returncode == 0, result.stderr
    resident = [int(line.split()[1]) for line in result.stdout.splitlines() if line.startswith("resident ")]
    manifest = json.loads((out / "release" / "manifest.json").read_bytes())
    return Demo(out / "release", manifest, result.stdout, resident)


def test_every_language_has_documents(demo: Demo) -> None:
    assert len(TAGS) == 46
    assert {tag: demo.documents(tag) for tag in TAGS if demo.documents(tag) < 10} == {}


def test_the_table_at_the_end_lists_every_language(demo: Demo) -> None:
    for tag in TAGS:
        assert re.search(rf"^ *{tag} ", demo.output, re.MULTILINE), tag
    assert f"release: {demo.release}" in demo.output.replace("\n", "")


def test_no_process_is_larger_than_a_laptop_can_bear(demo: Demo) -> None:
    assert max(demo.resident_bytes) < MAX_RESIDENT_BYTES


def features_of(demo: Demo, lang: str) -> Any:
    """What the shards of a language say of themselves; the README repeats nothing of it."""
    from datasets import Features

    return Features.from_arrow_schema(read_table(str(shards(demo, "data", lang)[0])).schema)


@pytest.mark.parametrize("lang", TAGS)
def test_every_language_loads_and_streams_with_the_features_of_its_shards(
    lang: str, demo: Demo, tmp_path: Path
) -> None:
    """By load_dataset's two steps: each reading of a README with so many languages takes a second."""
    from datasets import load_dataset_builder

    builder = load_dataset_builder(str(demo.release), lang, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    loaded = builder.as_dataset(split="train")
    assert len(loaded) == demo.documents(lang)
    assert loaded.features == features_of(demo, lang)
    assert set(loaded["lang"]) == {lang}
    assert len(set(loaded["doc_id"])) == len(loaded), "an id stands once"
    assert sum(len(text.encode()) for text in loaded["text"]) == demo.manifest["languages"][lang]["bytes"]

    stream = builder.as_streaming_dataset(split="train")
    ids = [row["doc_id"] for row in stream.select_columns(["doc_id"])]
    assert len(ids) == demo.documents(lang)
    assert stream.features == features_of(demo, lang)
    assert ids == [row["doc_id"] for path in shards(demo, "data", lang) for row in read_ids(path)]


def test_one_call_loads_or_streams_a_language(demo: Demo, tmp_path: Path) -> None:
    from datasets import load_dataset

    loaded = load_dataset(str(demo.release), "sw", split="train", cache_dir=str(tmp_path))
    stream = load_dataset(str(demo.release), "sw", split="train", streaming=True)
    assert loaded.features == stream.features == features_of(demo, "sw")
    assert loaded["doc_id"][:] == [row["doc_id"] for row in stream]


def shards(demo: Demo, folder: str, lang: str = "*") -> list[Path]:
    return sorted((demo.release / folder).glob(f"{lang}/*/*.arrow"))


def read_ids(path: Path) -> list[Row]:
    rows: list[Row] = read_table(str(path), columns=["doc_id"]).to_pylist()
    return rows


def test_the_sidecars_have_the_same_documents_in_the_same_order(demo: Demo) -> None:
    data, sidecars = shards(demo, "data"), shards(demo, "provenance")
    names = [[path.relative_to(demo.release).parts[1:] for path in paths] for paths in (data, sidecars)]
    assert names[0] == names[1]
    for path, sidecar in zip(data, sidecars, strict=True):
        assert read_ids(path) == read_ids(sidecar)


def test_the_manifest_lists_every_data_file_with_its_rows(demo: Demo) -> None:
    listed = {
        output["path"]: output["rows"]
        for output in demo.manifest["outputs"]
        if output["path"].endswith(".arrow")
    }
    found = {
        str(path.relative_to(demo.release)): pa.ipc.open_file(pa.memory_map(str(path))).read_all().num_rows
        for path in demo.release.rglob("*.arrow")
    }
    assert listed == found


def test_the_release_verifies_alone(demo: Demo) -> None:
    answer = verify(str(demo.release), texts=True)
    assert (answer.mismatches, answer.not_compared) == ([], [])
    assert answer.documents == sum(language["documents"] for language in demo.manifest["languages"].values())


@pytest.fixture(scope="module")
def fates(demo: Demo) -> dict[str, list[Row]]:
    """Kind of dirt → what became of each record: its row in the ledger, or in provenance."""
    found: dict[tuple[str, str], list[Row]] = {}
    for path in (demo.release / "ledger").glob("*.arrow"):
        for row in read_table(str(path)).to_pylist():
            found.setdefault((row["container"], str(row["record_id"])), []).append(row)
    for path in shards(demo, "provenance"):
        for row in read_table(str(path), columns=["container", "record_id", "lang_declared"]).to_pylist():
            kept = row | {"reason": None, "reasons": [], "lang": path.parts[-3]}
            found.setdefault((row["container"], row["record_id"]), []).append(kept)
    lives: dict[str, list[Row]] = {}
    for kind, files in DIRT.items():
        for file, keys in files.items():
            for key in keys:
                rows = found.get((f"data/{file}", key), [])
                repeated = [row for row in rows if row["reason"] == "duplicate_key"]
                lives.setdefault(kind, []).extend((repeated or rows)[:1])
    return lives


def dropped_share(rows: list[Row], *reasons: str) -> float:
    """Share of rows that fail one of the rules, whatever else they fail; without reasons: any."""
    hits = [row for row in rows if (set(row["reasons"]) & set(reasons) if reasons else row["reasons"])]
    return len(hits) / len(rows)


def test_no_exact_duplicate_is_published(demo: Demo, fates: dict[str, list[Row]]) -> None:
    """Certain: of equal texts of one language one stays; which of the two it is, the rules of choice say."""
    for lang in TAGS:
        texts = [
            row["text"] for path in shards(demo, "data", lang) for row in read_table(str(path)).to_pylist()
        ]
        assert [text for text, times in Counter(texts).items() if times > 1] == [], lang


def test_no_text_is_dropped_for_its_key(fates: dict[str, list[Row]]) -> None:
    assert dropped_share(fates["duplicate_key"], "duplicate_key") == 0


def test_what_has_no_text_is_dropped(fates: dict[str, list[Row]]) -> None:
    assert dropped_share(fates["empty_text"]) == 1
    assert dropped_share(fates["digits_only"]) == 1


def test_broken_records_are_rows_of_the_ledger(demo: Demo) -> None:
    rows = [
        row for path in (demo.release / "ledger").glob("*.arrow") for row in read_table(str(path)).to_pylist()
    ]
    ingest = [row for row in rows if row["stage"] == "ingest"]
    kinds = ("broken_json", "not_json", "not_an_object", "missing_text", "wrong_type", "invalid_utf8")
    promised = sum(len(keys) for kind in (*kinds, "lone_surrogate") for keys in DIRT[kind].values())
    assert len([row for row in ingest if row["reason"] != "truncated"]) == promised
    assert [row["records"] for row in ingest if row["reason"] == "truncated"] == [None]


def test_languages_outside_the_46_are_not_published(fates: dict[str, list[Row]]) -> None:
    assert dropped_share(fates["other_language"], "language_not_targeted") == 1


def test_text_declared_as_another_language_is_not_published_as_that(fates: dict[str, list[Row]]) -> None:
    """All but a few: the declaration is weighed where the model knows neither language."""
    kept = [row for row in fates["wrong_language"] if row["reason"] is None]
    wrong = [row for row in kept if row["lang"] == row["lang_declared"]]
    assert len(kept) > 20
    assert len(wrong) <= 0.2 * len(kept)


def test_the_head_and_foot_of_a_site_are_gone_and_listed(demo: Demo) -> None:
    listed = read_table(str(demo.release / "ledger" / "lines" / "ntrex.arrow")).to_pylist()
    lines = {row["example"]: row["documents"] for row in listed}
    assert set(lines) == {
        "Skip to main content",
        "Subscribe to our newsletter",
        "Share on Facebook | Share on Twitter",
        "All articles | Archive | Terms of use",
        "© All rights reserved",
    }
    assert min(lines.values()) >= 60
    published = [path for path in shards(demo, "data") if path.parts[-2] == "ntrex"]
    texts = [row["text"] for path in published for row in read_table(str(path)).to_pylist()]
    assert len(texts) > 1_000
    assert [text for text in texts if set(text.split("\n")) & set(lines)] == []


@pytest.mark.parametrize(
    ("kind", "min_share", "max_share"),
    [
        ("menu_page", 0.95, 1.0),
        ("keyword_spam", 0.8, 1.0),
        ("cookie_page", 0.6, 1.0),
        # one of a pair stays, and it may be the copy
        ("exact_duplicate", 0.3, 0.8),
        # one word in twenty replaced leaves about 0.6 of the 5-grams, and from 0.8 on a document goes
        ("near_duplicate", 0.0, 0.2),
        # no rule drops these: the lines go, the articles stay
        ("site_lines", 0.0, 0.2),
        ("contact_details", 0.0, 0.2),
    ],
)
def test_the_share_of_dirt_that_is_dropped(
    kind: str, min_share: float, max_share: float, fates: dict[str, list[Row]]
) -> None:
    assert min_share <= dropped_share(fates[kind]) <= max_share


def test_invented_telephone_numbers_are_masked_and_reserved_addresses_are_not(demo: Demo) -> None:
    published = [path for path in shards(demo, "data") if path.parts[-2] == "ntrex"]
    texts = [row["text"] for path in published for row in read_table(str(path)).to_pylist()]
    contacts = [text.rsplit("\n", 1)[-1] for text in texts if "a.person" in text]
    assert len(contacts) >= 10
    form = re.compile(r"a\.person\d\d@example\.org, <TELEPHONE>, 192\.0\.2\.\d\d")
    assert [line for line in contacts if not form.fullmatch(line)] == []


def test_both_paths_of_clustering_decide_alike(demo: Demo, tmp_path: Path) -> None:
    """On real text with planted duplicates: the demo is decided directly, here again in steps."""
    plan = make_plan(DEMO / "corpus.yaml", output=str(tmp_path))
    decide = plan.job.config.decide
    clustering = decide.clustering.model_copy(update={"documents_per_partition": 2000})
    changed = decide.model_copy(update={"clustering": clustering})
    job = replace(plan.job, config=plan.job.config.model_copy(update={"decide": changed}))
    for layer in ("raw", "lines", "measured"):
        (tmp_path / layer).symlink_to(demo.release.parent / layer)
    shutil.copytree(demo.release.parent / "index", tmp_path / "index")
    write_units(plan)
    run_steps(make_clustering(job))
    assert make_clustering(job).partitions > 5
    assert small_corpus.tree_digests(tmp_path / "decisions") == small_corpus.tree_digests(
        demo.release.parent / "decisions"
    )
