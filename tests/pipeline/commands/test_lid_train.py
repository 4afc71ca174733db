"""`rhizotron lid train` and `lid card`: the same bytes each time, and a killed run goes on."""

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

from filters.language_id import identify, load_model
from filters.language_id.recipe import BUNDLED
from pipeline.cli import main

WORDS = {
    "en": ["the root", "of the tree", "grows", "in the garden", "when rain falls", "on the old house"],
    "fr": ["la racine", "de l'arbre", "pousse", "dans le jardin", "quand la pluie tombe", "sur la maison"],
    "ru": ["корень", "этого дерева", "растёт", "в саду", "когда идёт дождь", "над старым домом"],
}
SOURCES = ("tatoeba", "tico19")
FOLDS = [["tatoeba"], ["tico19"]]


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["lid", *[str(argument) for argument in arguments]])


def write_lines(path: Path, **columns: object) -> Path:
    """Every order of five phrases, in turn from either source."""
    rows = [
        {"lang": lang, "source": SOURCES[place % 2], "text": " ".join(order)}
        for lang, phrases in WORDS.items()
        for place, order in enumerate(itertools.permutations(phrases, 5))
    ]
    pq.write_table(pa.Table.from_pylist([{**row, **columns} for row in rows]), path)
    return path


def write_recipe(path: Path, **changes: object) -> Path:
    """The bundled recipe, small."""
    recipe: dict[str, Any] = yaml.safe_load(BUNDLED.read_text("utf-8"))
    recipe["selection"] |= {"min_lines_per_target": 0, "min_lines_per_other": 0, "noise_lines": 200}
    recipe["fasttext"] |= {"dim": 8, "bucket": 2000, "minCount": 1, "epoch": 20}
    recipe["quantise"] = {"qnorm": True, "dsub": 4}
    recipe["families"] |= {"members": [["en", "fr"]], "slots": 1024}
    path.write_text(yaml.safe_dump({**recipe, "folds": FOLDS, **changes}, allow_unicode=True), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lines, a recipe and what a training made of them."""
    folder = tmp_path_factory.mktemp("a training")
    lines, recipe = write_lines(folder / "lines.parquet"), write_recipe(folder / "recipe.yaml")
    result = rhizotron("train", lines, "--out", folder / "out", "--name", "small", "--recipe", recipe)
    assert result.exit_code == 0, result.output
    return folder


def digests(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_a_training_leaves_a_model_that_names_what_it_learnt(folder: Path) -> None:
    model = load_model(str(folder / "out" / "small.ftz"))
    texts = [" ".join(phrases) for phrases in WORDS.values()]
    identified = identify(pa.array(texts, pa.large_string()), declared=pa.nulls(3, pa.string()), model=model)
    assert identified["lang"].to_pylist() == list(WORDS)


def test_its_report_is_of_the_model_and_of_lines_from_sources_it_had_not_seen(folder: Path) -> None:
    report = json.loads((folder / "out" / "small.json").read_text("utf-8"))
    content = b"".join((folder / "out" / name).read_bytes() for name in ("small.ftz", "small.families.npz"))
    assert report["model"] == {
        "name": "small",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    assert report["lines"] == {lang: {"tatoeba": 360, "tico19": 360} for lang in WORDS}
    assert report["folds"] == FOLDS
    assert [(row["lang"], row["support"]) for row in report["languages"] if row["target"]] == [
        ("en", 720),
        ("fr", 720),
    ]


def test_a_killed_training_goes_on_with_the_parts_it_has(folder: Path) -> None:
    whole = digests(folder / "out")
    parts = sorted((folder / "out" / "parts").iterdir())
    assert len(parts) == 2 * (
        2 + len(FOLDS)
    )  # model and families: of all lines, without a tenth of them, and without each fold
    parts[0].unlink()
    (folder / "out" / "small.ftz").unlink()
    kept = {path: path.stat().st_mtime_ns for path in parts[1:]}
    arguments = ["--out", folder / "out", "--name", "small", "--recipe", folder / "recipe.yaml", "--jobs", 2]
    assert rhizotron("train", folder / "lines.parquet", *arguments).exit_code == 0
    assert digests(folder / "out") == whole
    assert {path: path.stat().st_mtime_ns for path in parts[1:]} == kept


def test_the_card_has_the_numbers_of_the_report(folder: Path) -> None:
    result = rhizotron("card", folder / "out" / "small.json", "--recipe", folder / "recipe.yaml")
    assert result.exit_code == 0, result.output
    report = json.loads((folder / "out" / "small.json").read_text("utf-8"))
    assert f"sha256: {report['model']['sha256']}" in result.output
    assert "| [`tico19`](https://tico-19.github.io) | CC0-1.0 | 3 | 1,080 |  |" in result.output
    english = next(row for row in report["languages"] if row["lang"] == "en")
    assert f"| `en` English | 720 | {english['precision']:.3f} |" in result.output


@pytest.mark.parametrize(
    ("columns", "changes", "problem"),
    [
        ({"source": "a blog"}, {}, "a blog"),
        (
            {"source": "manpages"},
            {},
            "small.parquet: no lines of a source that the recipe uses, only manpages",
        ),
        ({}, {"epochs": 3}, "epochs"),
        ({}, {"folds": [["tatoeba", "a blog"]]}, "a blog"),
    ],
    ids=["source without a licence", "only sources left out", "unknown setting", "fold of no source"],
)
def test_what_cannot_be_trained_is_one_clear_error(
    columns: dict[str, object], changes: dict[str, object], problem: str, tmp_path: Path
) -> None:
    lines = write_lines(tmp_path / "small.parquet", **columns)
    recipe = write_recipe(tmp_path / "recipe.yaml", **changes)
    result = rhizotron("train", lines, "--out", tmp_path / "out", "--recipe", recipe)
    assert result.exit_code == 2
    assert problem in result.output
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_table_of_lines_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "lines.parquet").write_text("en\tHello")
    pq.write_table(pa.table({"lang": ["en"], "text": ["Hello"]}), tmp_path / "no source.parquet")
    for name in ("lines.parquet", "no source.parquet", "missing.parquet"):
        result = rhizotron("train", tmp_path / name, "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert name in result.output
