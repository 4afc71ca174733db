"""A language file of one's own goes through the whole pipeline like the 46, here Afrikaans."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import afrikaans
import pytest
import small_corpus
import yaml
from click.testing import CliRunner

from filters import languages
from filters.languages import LanguageFile
from filters.languages.stop_words import words_of
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.plan.make import Plan, make_plan

SPAM = "Koop hier goedkoop horlosies aanlyn. Gratis aflewering vandag! " * 12
"""Words that are no stop words: fewer than any clean document has."""
PARAGRAPHS = afrikaans.addresses()[3][:80]
TEXTS = {f"af-{n}": " ".join(PARAGRAPHS[n : n + 2]) for n in range(0, 80, 2)} | {"spam": SPAM}


@dataclass(frozen=True)
class Run:
    folder: Path
    plan: Plan

    def rows(self, layer: str, name: str) -> list[dict[str, Any]]:
        paths = sorted((self.folder / "out" / layer).rglob(f"*.{name}.arrow"))
        return [row for path in paths for row in read_table(str(path)).to_pylist()]

    def by_id(self, layer: str, name: str) -> Mapping[str, Mapping[str, Any]]:
        ids = [row["record_id"] for row in self.rows("measured", "text")]
        return dict(zip(ids, self.rows(layer, name), strict=True))


def rhizotron(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("afrikaans")
    clean = afrikaans.write_clean(folder / "clean.jsonl")
    printed = rhizotron("new", "language", "af", "--from", clean, "--to", folder / "languages")
    assert f"language_files: [{folder / 'languages' / 'af.yaml'}]" in printed
    rows: Sequence[Mapping[str, str]] = [
        *({"id": key, "text": text, "lang": "af"} for key, text in TEXTS.items()),
        *(
            {"id": f"en-{n}", "text": text, "lang": "en"}
            for n, text in enumerate(small_corpus.PARAGRAPHS["en"])
        ),
    ]
    changes = {
        "language_files": ["languages/af.yaml"],
        "sources": [
            {
                "card": "health_json",
                "type": "jsonl",
                "paths": ["data/rows.jsonl"],
                "fields": {"text": "text", "id": "id", "lang": "lang"},
            }
        ],
        "local": {"workers": 2, "max_in_process_bytes": 0},  # workers know it from the job alone
    }
    plan = make_plan(small_corpus.write_corpus(folder, changes=changes, rows=rows))
    runners.run(plan)
    return Run(folder, plan)


def own_language(run: Run) -> languages.Language:
    return languages.parse((run.folder / "languages" / "af.yaml").read_text("utf-8"), tag="af")


def test_it_is_a_target_beside_the_46(run: Run) -> None:
    assert run.plan.job.config.decide.languages == sorted([*languages.TAGS, "af"])
    assert "af" not in languages.TAGS
    printed = rhizotron("plan", run.folder / "corpus.yaml")
    assert "language_not_targeted" not in printed


def test_it_is_measured_with_its_stop_words(run: Run) -> None:
    stop_words = {*own_language(run).stop_words}
    signals = run.by_id("measured", "signals")
    for key, text in TEXTS.items():
        row = signals[key]
        assert (row["lang"], row["signals_lang"]) == ("af", "af")
        words = words_of(text)
        share = sum(word in stop_words for word in words) / len(words)
        assert row["stop_words_ratio"] == pytest.approx(share, abs=0.02), key


def test_it_is_decided_with_its_limits(run: Run) -> None:
    decisions = run.by_id("decisions", "decisions")
    (limit,) = (rule.min for rule in own_language(run).rules if rule.signal == "stop_words_ratio")
    assert limit is not None
    signals = run.by_id("measured", "signals")
    below = {key for key in TEXTS if signals[key]["stop_words_ratio"] < limit}
    assert "spam" in below
    assert len(below) <= 4
    assert {key for key in TEXTS if "stop_words_ratio_below_min" in decisions[key]["reasons"]} == below
    assert not decisions["spam"]["keep"]
    assert sum(decisions[key]["keep"] for key in TEXTS) >= 34


def test_it_is_released_with_a_card_and_verified(run: Run) -> None:
    release = run.folder / "out" / "release"
    kept = [row["keep"] for key, row in run.by_id("decisions", "decisions").items() if key in TEXTS]
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["languages"]["af"]["documents"] == sum(kept)
    assert not manifest["languages"]["af"]["has_quality_thresholds"], "no person set them"
    file = LanguageFile("af", (run.folder / "languages" / "af.yaml").read_text("utf-8"))
    assert manifest["config"]["language_files"] == [{"tag": "af", "sha256": file.sha256}]
    card = (release / "cards" / "af.md").read_text("utf-8")
    assert card.startswith("# Afrikaans (`af`)")
    assert "| `stop_words_ratio` |" in card
    assert [*(release / "data" / "af").rglob("*.arrow")]
    rhizotron("verify", release)


def test_other_limits_measure_nothing_anew_and_other_words_do(run: Run) -> None:
    path = run.folder / "languages" / "af.yaml"
    text = path.read_text("utf-8")
    own = yaml.safe_load(text)
    digests = []
    for change in ({}, {"rules": own["rules"][:3]}, {"stop_words": {"origin": "mine", "words": ["die"]}}):
        languages.activate([LanguageFile("af", yaml.safe_dump({**own, **change}, allow_unicode=True))])
        digests.append((languages.measuring_digest(), languages.digest()))
    languages.activate(())
    (measured, whole), (other_rules, whole_rules), (other_words, _) = digests
    assert measured == other_rules != other_words
    assert whole != whole_rules
