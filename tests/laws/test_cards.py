"""Law 6: no card, no ingest; unknown is an answer and is counted, absent is not."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner

from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import ConfigError
from pipeline.plan.make import make_plan


def problems(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        make_plan(config)
    assert caught.value.exit_code == 2
    return caught.value.problems


def edit_card(folder: Path, uid: str, *, change: Callable[[str], str]) -> None:
    path = folder / "cards" / f"{uid}.md"
    changed = change(path.read_text(encoding="utf-8"))
    assert changed != path.read_text(encoding="utf-8")
    path.write_text(changed, encoding="utf-8")


def test_a_source_without_a_card_is_not_read(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "cards" / "health_gzip.md").unlink()
    (problem,) = problems(config)
    assert problem.startswith("$.sources[1].card: ")
    assert "no card, no ingest" in problem
    assert f"{tmp_path}/cards/health_gzip.md" in problem
    for command in ("plan", "run", "ingest"):
        result = CliRunner().invoke(main, [command, str(config)])
        assert (result.exit_code, "no card, no ingest" in result.output) == (2, True)
    assert not (tmp_path / "out").exists(), "nothing is written before the cards are read"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  declared: CC0-1.0\n", "", "$.rights.declared: required, but missing"),
        ("  location: unknown\n", "", "$.custodian.location: required, but missing; `unknown` is an answer"),
        (
            "pii: {has_pii: no, justification: public health information, treatment: [none]}\n",
            "",
            "$.pii: required, but missing",
        ),
        ("access_tier: open\n", "", "$.access_tier: required, but missing"),
        ("  location: unknown\n", "  location:\n", "$.custodian.location"),
    ],
)
def test_a_card_without_a_required_field_is_refused(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path)
    edit_card(tmp_path, "health_text", change=lambda text: text.replace(old, new))
    (problem,) = problems(config)
    assert problem.startswith("$.sources[2].card: ")
    assert expected in problem


def test_what_is_wrong_with_all_cards_and_files_is_told_at_once(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "cards" / "health_json.md").unlink()
    edit_card(tmp_path, "health_gzip", change=lambda text: text.replace("synthetic: {contains: no}\n", ""))
    for page in (tmp_path / "data").glob("*.txt"):
        page.unlink()
    lines = problems(config)
    assert [line.split(":")[0] for line in lines] == [
        "$.sources[0].card",
        "$.sources[1].card",
        "$.sources[2].paths",
    ]


def test_unknown_answers_are_allowed_and_counted(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    edit_card(
        tmp_path,
        "health_gzip",
        change=lambda text: text.replace("{contains: no}", "{contains: unknown}").replace(
            "revision: d97615f9cf", "revision: unknown"
        ),
    )
    runners.run(make_plan(config))
    release = tmp_path / "out" / "release"
    sources = json.loads((release / "manifest.json").read_bytes())["sources"]
    assert {uid: source["unknown_fields"] for uid, source in sources.items()} == {
        "health_gzip": ["custodian.location", "synthetic.contains", "procurement.revision"],
        "health_json": ["custodian.location"],
        "health_text": ["custodian.location"],
    }
    readme = (release / "README.md").read_text(encoding="utf-8")
    answers = sum(source["card_answers"] for source in sources.values())
    assert f"5 of {answers} answers on the source cards are unknown" in readme
    for uid, source in sources.items():
        card = (tmp_path / "cards" / f"{uid}.md").read_bytes()
        assert source["card_sha256"] == hashlib.sha256(card).hexdigest()
        assert (release / "cards" / "sources" / f"{uid}.md").read_bytes() == card


def test_the_licence_of_the_card_is_that_of_its_documents(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path, changes={"publish": {"allow_unreviewed": True}})
    edit_card(
        tmp_path,
        "health_text",
        change=lambda text: (
            text.replace("concluded: CC0-1.0", "concluded: MIT")
            .replace("attribution: no", "attribution: yes")
            .replace("  confidence: high\n", "  confidence: high\n  attribution_statement: the authors\n")
        ),
    )
    runners.run(make_plan(config))
    manifest = json.loads((tmp_path / "out" / "release" / "manifest.json").read_bytes())
    assert {uid: sorted(source["licenses"]) for uid, source in manifest["sources"].items()} == {
        "health_gzip": ["CC0-1.0"],
        "health_json": ["CC0-1.0"],
        "health_text": ["MIT"],
    }
