"""Sources, edits and signals of a user's own: a whole run, its resume, and everything that asks about it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result
from plugin_folder import FILES, write_plugins

from layers import plugins
from layers.shards import read_table
from pipeline.beam import remote, runners
from pipeline.beam.work import use_own
from pipeline.cli import main
from pipeline.errors import ConfigError
from pipeline.plan.make import make_plan

LINES = [
    ("a1", f"{small_corpus.PARAGRAPHS['en'][9]} She laughed quietly: haha."),
    ("a2", f"{small_corpus.PARAGRAPHS['en'][10]} They laughed: haha, haha, haha."),
    ("b", small_corpus.PARAGRAPHS["en"][11]),
]


def write_corpus(folder: Path, **changes: Any) -> Path:
    """The small corpus with a plugin folder beside it, and a source that only the plugin can read."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    tabs = "".join(f"{key}\t{' '.join(text.split())}\n" for key, text in LINES) + "no tab here\n"
    small_corpus.put(folder / "data" / "lines.tsv", tabs.encode())
    write_plugins(folder / "my plugins")
    sources = [
        {"card": "health_text", "type": "tabs", "paths": ["data/*.tsv"], "edits": ["shout"], "lang": "en"},
        {
            "card": "health_json",
            "type": "jsonl",
            "paths": ["data/rows.jsonl"],
            "fields": {"text": "text", "id": "id", "lang": "lang"},
        },
    ]
    config: dict[str, Any] = {
        "plugins": [{"folder": "my plugins"}],
        "sources": sources,
        "max_bad_fraction": 0.3,
        "decide": {"thresholds": {"all": {"laughs": {"max": 2}}}},
        "local": {"workers": 1},
    }
    return small_corpus.write_corpus(folder, changes=config | changes)


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def rows_of(out: Path, pattern: str) -> list[dict[str, Any]]:
    paths = sorted((out / "release").glob(pattern))
    return [row for path in paths for row in read_table(str(path)).to_pylist()]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with plugins, run by two worker processes."""
    folder = tmp_path_factory.mktemp("corpus")
    corpus = write_corpus(folder, local={"workers": 2, "max_in_process_bytes": 0})
    runners.run(make_plan(corpus))
    return corpus


def test_a_run_reads_edits_measures_and_decides_with_the_code_of_a_plugin(corpus: Path) -> None:
    out = corpus.parent / "out"
    data = {row["doc_id"]: row for row in rows_of(out, "data/*/*/*.arrow")}
    origin = {row["record_id"]: row for row in rows_of(out, "provenance/*/*/*.arrow")}
    kept = data[origin["a1"]["doc_id"]]
    assert (kept["source"], kept["laughs"], kept["keyed"]) == ("health_text", 1, True)
    assert kept["text"].endswith("She laughed LOUDLY: haha.")
    assert origin["a1"]["edits"] == ["shout"]
    assert (data[origin["b"]["doc_id"]]["laughs"], data[origin["b"]["doc_id"]]["keyed"]) == (0, False)
    assert all(row["laughs"] == row["text"].count("haha") for row in data.values())
    ledger = rows_of(out, "ledger/health_text.arrow")
    assert [(row["stage"], row["reason"]) for row in ledger] == [
        ("ingest", "missing_tab"),
        ("decide", "laughs_above_max"),
    ]


def test_a_release_says_whose_code_made_it_and_what_its_columns_mean(corpus: Path) -> None:
    release = corpus.parent / "out" / "release"
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    digest = plugins.digest_files(corpus.parent / "my plugins")
    assert manifest["config"]["plugins"] == [{"name": "my plugins", "sha256": digest}]
    assert manifest["config"]["measure"]["laughs"] is None
    assert "How often the text laughs." in (release / "DATA_DICTIONARY.md").read_text("utf-8")


def test_one_process_stage_by_stage_gives_the_same_release(corpus: Path, tmp_path: Path) -> None:
    again = write_corpus(tmp_path)
    for stage in ("ingest", "count", "measure", "decide", "publish"):
        result = rhizotron(stage, again)
        assert result.exit_code == 0, result.output
    expected = small_corpus.tree_digests(corpus.parent / "out" / "release")
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == expected


def test_what_asks_about_a_run_knows_the_plugin(corpus: Path, tmp_path: Path) -> None:
    plan = rhizotron("plan", corpus)
    assert plan.exit_code == 0, plan.output
    words = " ".join(plan.output.split())
    assert "runs in this process and in every worker" in words
    assert plugins.digest_files(corpus.parent / "my plugins")[:20] in words
    for module in ("sources/tabs", "edits/shout", "signals/laughs"):
        assert module in words
    (dropped,) = [
        json.loads(line)
        for line in rhizotron("dropped", corpus, "--reason", "laughs_above_max", "--json").output.splitlines()
    ]
    life = json.loads(rhizotron("explain", dropped["doc_id"], corpus, "--json").output)[0]
    assert [(rule["value"], rule["verdict"]) for rule in life["rules"] if rule["signal"] == "laughs"] == [
        (3, "fails")
    ]
    page = rhizotron("calibrate", corpus, "--lang", "en", "--to", tmp_path / "calibration")
    assert page.exit_code == 0, page.output
    report = json.loads((tmp_path / "calibration" / "en.json").read_text("utf-8"))
    assert [limit["alone"] for limit in report["limits"] if limit["reason"] == "laughs_above_max"] == [1]
    assert "complete" not in rhizotron("status", corpus).output


def times(folder: Path, layer: str) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted((folder / "out" / layer).rglob("*.json"))}


def test_changed_code_makes_again_what_it_makes_and_nothing_else(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path)
    runners.run(make_plan(corpus))
    before = {layer: times(tmp_path, layer) for layer in ("raw", "measured")}
    runners.run(make_plan(corpus))
    assert {layer: times(tmp_path, layer) for layer in ("raw", "measured")} == before
    # of equal size and within a second, which Python's cache of byte code does not notice
    write_plugins(tmp_path / "my plugins", words='\nLAUGH = "hihi"\n')
    runners.run(make_plan(corpus))
    after = {layer: times(tmp_path, layer) for layer in ("raw", "measured")}
    changed = {
        layer: {path for path, time in paths.items() if time != before[layer][path]}
        for layer, paths in after.items()
    }
    assert {Path(path).parent.name for path in changed["raw"]} == {"health_text"}
    assert changed["measured"] == set(before["measured"])
    assert {row["laughs"] for row in rows_of(tmp_path / "out", "data/*/*/*.arrow")} == {0}


def test_options_of_a_plugins_signals_stand_under_their_name(tmp_path: Path) -> None:
    measurer = {"laughs": {"word": "virus"}, "signals": ["roots", "laughs"]}
    corpus = write_corpus(tmp_path, measure=measurer, decide={"quality": False, "languages": ["en"]})
    runners.run(make_plan(corpus))
    rows = rows_of(tmp_path / "out", "data/*/*/*.arrow")
    assert [row["laughs"] for row in rows] == [row["text"].count("virus") for row in rows]
    assert sum(row["laughs"] for row in rows) > 0
    wrong = write_corpus(tmp_path, measure={"laughs": {"wort": "virus"}})
    with pytest.raises(ConfigError, match=r"\$\.measure\.laughs\.wort: unknown field"):
        make_plan(wrong)


def test_a_run_whose_plugin_changes_after_the_plan_ends_with_a_sentence(tmp_path: Path) -> None:
    job = make_plan(write_corpus(tmp_path)).job
    plugins.activate(())
    (tmp_path / "my plugins" / "words.py").write_text('LAUGH = "other"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"is not that of the plan, .*: run again") as caught:
        use_own(job)
    assert caught.value.exit_code == 2


def test_workers_elsewhere_get_no_folder_and_are_told_how_to_get_the_code(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path)
    plan = make_plan(corpus)
    for runner in ("flink", "portable", "spark", "dataflow", "prism"):
        with pytest.raises(
            ConfigError, match=r"folder my plugins: .* cannot import it: make a package"
        ) as caught:
            runners.run(plan, runner=runner)
        assert "package: NAME" in str(caught.value)
        assert rhizotron("plan", corpus, "--runner", runner).exit_code == 2
    assert not (tmp_path / "out").exists()
    remote.check_plugins(plan, runner="local")
    remote.check_plugins(plan, runner="prism", beam_args=["--environment_type=LOOPBACK"])
    with pytest.raises(ConfigError):
        remote.check_plugins(plan, runner="dataflow", beam_args=["--environment_type=LOOPBACK"])


def test_an_installed_package_is_a_plugin_for_any_runner(tmp_path: Path) -> None:
    """In a process of its own, where the package is on the path."""
    write_plugins(tmp_path / "site" / "acme_curation")
    corpus = write_corpus(tmp_path, plugins=[{"package": "acme_curation"}], decide={"quality": False})
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(tmp_path / "site")])}
    for arguments in (["run", "--workers", "1"], ["plan", "--runner", "dataflow"]):
        command = [sys.executable, "-m", "pipeline.cli", arguments[0], str(corpus), *arguments[1:]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "package acme_curation" in done.stdout
    assert sum(row["laughs"] for row in rows_of(tmp_path / "out", "data/*/*/*.arrow")) == 4


def test_a_corpus_without_plugins_has_none_of_another(tmp_path: Path) -> None:
    make_plan(write_corpus(tmp_path / "with"))
    assert plugins.names("signals") == ("laughs",)
    make_plan(small_corpus.write_corpus(tmp_path / "without"))
    assert plugins.names("signals") == ()


def test_a_set_that_gives_other_rows_than_it_promises_is_an_error_of_its_documents(tmp_path: Path) -> None:
    whole = "from_arrays([laughs, keyed]"
    assert whole in FILES["signals/laughs.py"]
    short = FILES["signals/laughs.py"].replace(whole, "from_arrays([laughs[1:], keyed[1:]]")
    corpus = write_corpus(tmp_path)
    write_plugins(tmp_path / "my plugins", signals_laughs=short)
    with pytest.raises(Exception, match="error:laughs"):
        runners.run(make_plan(corpus))
