"""`rhizotron calibrate`: numbers of the measured layer, and a page whose sliders recompute them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result

from filters import languages
from filters.personal_data.mask import hide_one
from filters.rules import Rule, evaluate
from layers import strict_yaml
from pipeline.cli import main
from pipeline.inspect.calibrate import calibrate, read_sample
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.decide.rules import rules_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus, measured."""
    corpus = small_corpus.write_corpus(tmp_path_factory.mktemp("a corpus"))
    for stage in ("ingest", "measure"):
        result = rhizotron(stage, corpus, "--workers", 1)
        assert result.exit_code == 0, result.output
    return corpus


@pytest.fixture(scope="module")
def plan(corpus: Path) -> Plan:
    return make_plan(str(corpus))


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_report_counts_what_the_rules_of_the_corpus_remove(plan: Plan) -> None:
    report = calibrate(plan, lang="fr")
    sample = read_sample(plan, lang="fr", max_documents=10**6)
    failed = [
        each for each in evaluate(sample.signals, rules=rules_for("fr", job=plan.job)).to_pylist() if each
    ]
    assert report["documents"] == report["sampled"] == sample.signals.num_rows > 0
    assert report["removed"] == len(failed)
    assert {limit["reason"]: limit["alone"] for limit in report["limits"]} == {
        limit["reason"]: sum(limit["reason"] in each for each in failed) for limit in report["limits"]
    }


def test_a_sample_is_evenly_spaced_and_says_where_each_row_stands(plan: Plan) -> None:
    whole = read_sample(plan, lang="fr", max_documents=10**6)
    third = read_sample(plan, lang="fr", max_documents=-(-whole.documents // 3))
    ids = whole.signals["doc_id"].to_pylist()
    assert third.signals["doc_id"].to_pylist() == ids[::3]
    assert third.documents == whole.documents
    places = list(zip(whole.entry.tolist(), whole.row.tolist(), strict=True))
    assert list(zip(third.entry.tolist(), third.row.tolist(), strict=True)) == places[::3]


def test_documents_at_a_cut_are_masked_text_of_the_layer(plan: Plan) -> None:
    report = calibrate(plan, lang="fr")
    words = next(limit for limit in report["limits"] if limit["reason"] == "words_below_min")
    assert [each["value"] >= words["limit"] for each in words["passing"]] == [True] * 3
    assert all(each["value"] < words["limit"] for each in words["failing"])
    assert all(each["text"] for each in words["passing"])


def test_private_data_is_hidden() -> None:
    text = "Write to ana.b@mail.co.za from 197.80.5.9, in 2024."
    assert hide_one(text, lang="en") == "Write to <EMAIL> from <IP>, in 2024."


def test_the_patch_has_a_limit_for_each_that_its_guard_refuses(corpus: Path, tmp_path: Path) -> None:
    result = rhizotron("calibrate", corpus, "--lang", "fr", "--reference", "health_gzip", "--to", tmp_path)
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    refused = {
        signal["signal"]
        for signal in report["signals"]
        for side, verdict in signal["verdicts"].items()
        if not verdict["ok"] and any(each["ok"] and each["side"] == side for each in signal["suggestions"])
    }
    patch = (tmp_path / "fr.patch").read_text("utf-8") if (tmp_path / "fr.patch").exists() else ""
    assert set(re.findall(r"^\+  - \{signal: (\w+)", patch, re.M)) == refused
    assert ("origin: calibrated" in patch) == bool(refused)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--lang", "de"], "'de' is not one of the languages"),
        (["--lang", "tum"], "has no documents in tum"),
        (["--lang", "fr", "--reference", "health_text"], "health_text: no measured documents in fr"),
        (["--lang", "fr", "--reference", "nowhere"], "nowhere: no such source; there are health_gzip"),
    ],
)
def test_what_cannot_be_calibrated_is_one_clear_error(
    arguments: list[str], problem: str, corpus: Path, tmp_path: Path
) -> None:
    result = rhizotron("calibrate", corpus, *arguments, "--to", tmp_path / "out")
    assert result.exit_code == 2
    assert problem in result.output
    assert not (tmp_path / "out").exists()


def dump(page: Path, *, limits: str = "") -> str:
    """The page's document after its script has run."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: the page is not tried in a browser")
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        "--virtual-time-budget=3000",
        "--dump-dom",
    ]
    done = subprocess.run([*command, f"{page.as_uri()}#{limits}"], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("width", [400, 1280])
def test_no_table_is_wider_than_the_screen(width: int, corpus: Path, tmp_path: Path) -> None:
    """A window has at least 500 pixels, a frame what it is told."""
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="fr.html" width="{width}" height="900"></iframe><script>onload = () => {{'
        "const page = document.querySelector('iframe').contentDocument;"
        "page.querySelectorAll('details').forEach((each) => { each.open = true; });"
        "const tables = [...page.querySelectorAll('.scroll')].filter((each) => each.querySelector('table'));"
        "document.body.innerText = JSON.stringify({wide: page.documentElement.scrollWidth, "
        "tables: tables.map((each) => each.scrollWidth - each.clientWidth)});}</script>",
        encoding="utf-8",
    )
    seen = json.loads(re.findall(r"\{.*\}", dump(frame))[0])
    assert seen["wide"] <= width and len(seen["tables"]) > 1 and set(seen["tables"]) == {0}


def shown(dom: str, *, control: str) -> tuple[str, str]:
    """The limit and the share that a slider shows."""
    part = dom[dom.index(f'id="{control}"') :]
    outputs = re.findall(r'<output class="(?:limit|share)[^>]*>([^<]*)</output>', part)
    return outputs[0], outputs[1]


def test_the_sliders_show_the_shares_that_limits_remove(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    report: dict[str, Any] = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    dom = dump(tmp_path / "fr.html")
    for limit in report["limits"]:
        share = f"{100 * limit['alone'] / report['sampled']:.2f} %"
        assert shown(dom, control=f"{limit['signal']}.{limit['side']}") == (
            f"{limit['limit']:g}".replace("1e+05", "100000"),
            share,
        )
    together = re.search(r'<output id="together">([^<]*)</output>', dom)
    assert together is not None
    assert together.group(1) == f"{100 * report['removed'] / report['sampled']:.2f} %"


def test_moving_a_slider_changes_the_share_and_the_settings(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    report = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    words = next(signal for signal in report["signals"] if signal["signal"] == "words")["distribution"]
    middle = len(words["grid"]) // 2
    dom = dump(tmp_path / "fr.html", limits=f"words.min={words['grid'][middle]}&words.max=none")
    share = f"{100 * words['below'][middle] / report['sampled']:.2f} %"
    assert shown(dom, control="words.min") == (f"{words['grid'][middle]:g}", share)
    assert shown(dom, control="words.max") == ("no limit", "0.00 %")
    assert f"words: {{min: {words['grid'][middle]:g}}}" in dom


def test_the_settings_of_the_page_remove_the_shares_that_it_shows(
    corpus: Path, plan: Plan, tmp_path: Path
) -> None:
    """A slider stands on a stored float32; as a limit in the corpus file it must pass that very value."""
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    report = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    sample = read_sample(plan, lang="fr", max_documents=10**6)
    chosen = {}
    for signal in report["signals"]:
        grid = signal["distribution"]["grid"]
        if signal["signal"].endswith("_ratio") and len(grid) > 2:
            chosen[f"{signal['signal']}.max"] = grid[-2]
    assert len(chosen) > 10
    dom = dump(tmp_path / "fr.html", limits="&".join(f"{key}={limit!r}" for key, limit in chosen.items()))
    settings = dom[dom.index('<pre id="yaml">') + 15 : dom.index("</pre>", dom.index('<pre id="yaml">'))]
    thresholds = strict_yaml.load(settings)["decide"]["thresholds"]["fr"]
    for key, limit in chosen.items():
        name = key.removesuffix(".max")
        assert thresholds[name]["max"] == limit
        rule = Rule(name, None, thresholds[name]["max"], "config")
        removed = sum(map(bool, evaluate(sample.signals, rules=[rule]).to_pylist()))
        assert shown(dom, control=key)[1] == f"{100 * removed / report['sampled']:.2f} %"


def test_the_page_counts_as_the_rules_do(corpus: Path, tmp_path: Path) -> None:
    """A rule that needs some words judges no shorter text: neither does its slider."""
    thresholds = {"fr": {"special_characters_ratio": {"max": 0.02, "min_words": 70}}}
    own = yaml.safe_load(corpus.read_text()) | {"decide": {"thresholds": thresholds}}
    changed = corpus.with_name("changed.yaml")
    changed.write_text(yaml.safe_dump(own))
    report = calibrate(make_plan(str(changed)), lang="fr")
    (signal,) = [each for each in report["signals"] if each["signal"] == "special_characters_ratio"]
    (limit,) = [each for each in report["limits"] if each["signal"] == "special_characters_ratio"]
    grid = signal["distribution"]["grid"]
    judged = signal["distribution"]["at_or_below"][-1]
    at_limit = signal["distribution"]["at_or_below"][grid.index(0.02)]
    assert judged - at_limit == limit["alone"] > 0
    assert judged + signal["distribution"]["missing"] == report["sampled"] and signal["min_words"] == 70


def test_examples_are_there_for_any_limit(plan: Plan) -> None:
    report = calibrate(plan, lang="fr")
    for signal in report["signals"]:
        values = [each["value"] for each in signal["examples"]]
        assert bool(values) == signal["ruled"] and values == sorted(values)
        if values:
            grid, up_to = signal["distribution"]["grid"], signal["distribution"]["at_or_below"]
            smallest = next(value for value, count in zip(grid, up_to, strict=True) if count)
            assert (values[0], values[-1]) == (smallest, grid[up_to.index(up_to[-1])])
            assert signal["meaning"].endswith(".")


def test_examples_follow_the_slider(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    report = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    (words,) = [signal for signal in report["signals"] if signal["signal"] == "words"]
    middle = words["examples"][len(words["examples"]) // 2]["value"]
    dom = dump(tmp_path / "fr.html", limits=f"words.min={middle}")
    box = dom[dom.index('id="words.examples"') :]
    failing = re.findall(r"<small>(\S+) ·", box[box.index('class="failing"') : box.index('class="passing"')])
    passing = re.findall(r"<small>(\S+) ·", box[box.index('class="passing"') : box.index("</details>")])
    values = [each["value"] for each in words["examples"]]
    below, rest = [v for v in values if v < middle], [v for v in values if v >= middle]
    assert [float(each) for each in failing] == sorted(below, reverse=True)[:3]
    assert [float(each) for each in passing] == rest[:3]


def test_a_constant_signal_is_told_as_such(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    report = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    (signal,) = [each for each in report["signals"] if each["signal"] == "lorem_ipsum_lines"]
    judged = sum(signal["histogram"]["counts"])
    page = (tmp_path / "fr.html").read_text("utf-8")
    section = page[page.index('<h3 id="lorem_ipsum_lines">') :]
    section = section[: section.index("</section>")]
    assert f"Each of {judged} documents has the value 0." in section and "<svg" not in section


def test_bars_are_as_high_as_what_they_count(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    report = json.loads((tmp_path / "fr.json").read_text("utf-8"))
    (words,) = [signal for signal in report["signals"] if signal["signal"] == "words"]
    page = (tmp_path / "fr.html").read_text("utf-8")
    section = page[page.index('<h3 id="words">') :]
    heights = [
        float(each)
        for each in re.findall(r'height="([0-9.]+)" data-share', section[: section.index("</svg>")])
    ]
    counts = words["histogram"]["counts"]
    assert heights == [round(120 * count / max(counts), 2) for count in counts]


def test_the_page_needs_no_other_file(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path).exit_code == 0
    page = (tmp_path / "fr.html").read_text("utf-8")
    assert not re.search(r'(?:src|href)="|@import|url\(', page)
    assert languages.load("fr").name in page
