"""The whole comparison with the model that is bundled as both sides: real runs, report and plots."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.language_id_peers import pair_models
from benchmarks.lid import plots
from benchmarks.lid.adapters import ADAPTERS, find_installed

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
LINES = [
    ("fr", "udhr", "Tous les êtres humains naissent libres et égaux en dignité et en droits."),
    ("en", "udhr", "All human beings are born free and equal in dignity and rights."),
    ("es", "udhr", "Todos los seres humanos nacen libres e iguales en dignidad y derechos."),
    (
        "zh-Hans",
        "udhr",
        "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    ),
    ("yo", "udhr", "Gbogbo ènìyàn ni a bí ní òmìnira; iyì àti ẹ̀tọ́ kọ̀ọ̀kan sì dọ́gba."),
    ("de", "other", "Alle Menschen sind frei und gleich an Würde und Rechten geboren."),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("peers")
    columns = [list(column) for column in zip(*LINES, strict=True)]
    lines = folder / "lines.parquet"
    pq.write_table(pa.table(dict(zip(("lang", "source", "text"), columns, strict=True))), lines)
    out = folder / "out"
    command = [sys.executable, "-m", "benchmarks.language_id_peers", str(lines)]
    command += ["--model", "lid.176", "--held-out", "udhr", "--model", "lid.176", "--held-out", "other"]
    done = subprocess.run([*command, "--out", str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_each_line_is_answered_by_the_model_that_has_not_seen_its_source(out: Path) -> None:
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    ours = results["identifiers"]["rhizotron"]
    assert [model["held_out"] for model in results["models"]] == [["udhr"], ["other"]]
    assert results["lines"]["count"] == len(LINES)
    f1 = {lang: each["f1"] for lang, each in ours["strict"]["classes"].items()}
    assert {lang: f1[lang] for lang in ("fr", "en", "es", "zh-Hans")} == dict.fromkeys(
        ("fr", "en", "es", "zh-Hans"), 1.0
    )
    assert (
        ours["strict"]["false_acceptance"]["share"] == 0
    )  # the German line was read, and is not the others'
    assert ours["strict"]["false_acceptance"]["texts"] == 1
    assert ours["model_bytes"] == (ROOT / "filters" / "models" / "lid.176.ftz").stat().st_size
    assert min(ours["mb_per_second"], ours["peak_bytes"]) > 0


def test_the_report_has_every_table(out: Path) -> None:
    report = (out / "report.md").read_text(encoding="utf-8")
    for row in (
        "| Rhizotron | 0",
        "| French `fr` | 1 | 1.000 |",
        "Our largest confusions",
        "lid.176 (SHA-256 ",
    ):
        assert row in report
    assert "Did not run" not in report


@pytest.mark.parametrize("name", ["languages", "speed"])
def test_plots_say_in_words_what_they_show(out: Path, name: str) -> None:
    root = ElementTree.parse(out / f"{name}.svg").getroot()
    title, alt = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == "title alt"
    assert title is not None and title.text
    assert alt is not None and alt.text is not None and "Rhizotron" in alt.text
    assert any("Rhizotron" in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_a_plot_of_what_was_not_run_is_refused(out: Path, tmp_path: Path) -> None:
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="--plot nobody: no results; there are rhizotron"):
        plots.write_plots(results, folder=tmp_path, chosen=["nobody"])


def test_models_are_paired_with_the_sources_that_they_have_not_seen() -> None:
    assert pair_models(["a.ftz", "b.ftz"], ["x,y", "z"]) == [("a.ftz", ("x", "y")), ("b.ftz", ("z",))]


@pytest.mark.parametrize(
    ("models", "held_out", "message"),
    [
        ([], [], "0 --model and 0 --held-out"),
        (["a"], ["x", "y"], "1 --model and 2 --held-out: give one --held-out after each --model"),
        (["a", "b"], ["x,y", "y"], "y is held out more than once"),
    ],
)
def test_pairs_that_leave_open_which_model_answers(
    models: list[str], held_out: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        pair_models(models, held_out)


def test_only_installed_packages_are_found() -> None:
    assert "rhizotron" in find_installed()
    assert find_installed([]) == {}
    assert set(find_installed()) <= set(ADAPTERS)
