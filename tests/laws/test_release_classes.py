"""Each class of licences and access tiers is a whole release, and together they are the corpus."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result

from governance.licences import release_class
from governance.manifest import Manifest
from layers.shards import read_table
from pipeline.cli import main
from pipeline.inspect.verify.release import verify

LICENSES = ("CC0-1.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0")
CLASSES = ["gated-open", "non-commercial", "open", "share-alike-cc-by-sa"]
TIERS = {"health_json": "open", "health_gzip": "open", "health_text": "gated"}


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def write(folder: Path, *, split: str = "class", licenses: tuple[str, ...] = LICENSES) -> Path:
    """A source with a licence per document, one with that of its card, and one behind a gate."""
    rows = [
        {"license": licenses[n % len(licenses)], "author": f"Author {n}"} | row
        for n, row in enumerate(small_corpus.records())
    ]
    publish = {"target_bytes": 9_000, "allow_unreviewed": True, "split": split}
    corpus = small_corpus.write_corpus(folder, rows=rows, changes={"publish": publish})
    change(
        corpus,
        lambda config: config["sources"][0]["fields"].update(license="license", author="author"),
    )
    edit(folder, "health_json", ("scope: whole_source", "scope: per_document"))
    edit(
        folder,
        "health_text",
        ("access_tier: open", "access_tier: gated"),
        ("access_reason: CC0 lets anybody pass it on", "access_reason: its readers must agree first"),
    )
    return corpus


def change(corpus: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    config = yaml.safe_load(corpus.read_text(encoding="utf-8"))
    edit(config)
    corpus.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def edit(folder: Path, uid: str, *pairs: tuple[str, str]) -> None:
    path = folder / "cards" / f"{uid}.md"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def run(corpus: Path, *arguments: object) -> Result:
    done = rhizotron("run", corpus, "--progress", "none", *arguments)
    assert done.exit_code == 0, done.output
    return done


def read_rows(release: Path, kind: str = "data") -> list[dict[str, Any]]:
    return [
        row for path in sorted(release.glob(f"{kind}/*/*/*")) for row in read_table(str(path)).to_pylist()
    ]


def read_manifest(release: Path) -> Manifest:
    return Manifest.from_json((release / "manifest.json").read_bytes())


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("split")
    run(write(folder))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The rows of the same corpus in one release, which says that it should be several."""
    folder = tmp_path_factory.mktemp("whole")
    corpus = write(folder, split="none")
    done = run(corpus)
    assert "classes in one release whose terms conflict (gated-open: CC0-1.0; non-commercial: " in done.output
    readme = (folder / "out" / "release" / "README.md").read_text(encoding="utf-8")
    assert "stand here together: `gated-open`, `non-commercial`, `open`, `share-alike-cc-by-sa`" in readme
    return read_rows(folder / "out" / "release")


def test_a_document_is_in_the_release_of_its_class_and_in_no_other(
    split: Path, whole: list[dict[str, Any]]
) -> None:
    releases = split / "out" / "release"
    assert sorted(path.name for path in releases.iterdir()) == CLASSES
    expected: dict[str, list[dict[str, Any]]] = {name: [] for name in CLASSES}
    for row in whole:
        expected[release_class(row["license"], TIERS[row["source"]])].append(row)
    assert {name: read_rows(releases / name) for name in CLASSES} == expected
    assert all(expected.values())


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_a_whole_release(split: Path, name: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(split / "out" / "release" / name, alone)
    assert verify(str(alone), texts=True, personal_data=True).mismatches == []
    manifest, rows = read_manifest(alone), read_rows(alone)
    assert (manifest.name, manifest.total.documents) == (f"small-{name}", len(rows))
    told = manifest.release_class
    assert told is not None and (told.name, told.corpus, told.classes) == (name, "small", CLASSES)
    assert {row["source"] for row in rows} == {*manifest.sources}
    for lang, language in manifest.published.items():
        loaded = datasets.load_dataset(str(alone), lang, split="train", cache_dir=str(tmp_path / "cache"))
        assert loaded.num_rows == language.documents
    for path in ("README.md", "LICENSES.md", "DATA_DICTIONARY.md", "ATTRIBUTION.tsv", "ledger/summary.json"):
        assert (alone / path).is_file(), path
    assert [path.name for path in sorted((alone / "cards" / "sources").iterdir())] == [
        f"{uid}.md" for uid in manifest.sources
    ]


def test_over_all_classes_the_sums_are_those_of_the_decisions(split: Path) -> None:
    published: dict[tuple[str, str], tuple[int, int]] = {}
    decided: dict[tuple[str, str], tuple[int, int]] = {}
    elsewhere = 0
    for name in CLASSES:
        ledger = read_manifest(split / "out" / "release" / name).to_ledger()
        for line in ledger.select("release", "kept", "redacted"):
            place = (line["source"], line["lang"])
            documents = line["documents"] if line["flow"] == "kept" else 0
            before = published.get(place, (0, 0))
            published[place] = (before[0] + (documents or 0), before[1] + line["bytes"])
        for line in ledger.select("decisions", "kept"):
            decided[line["source"], line["lang"]] = (line["documents"] or 0, line["bytes"])
        elsewhere += ledger.total("documents", "release", "other_class")
    assert published == {place: amount for place, amount in decided.items() if amount[0]}
    assert elsewhere > 0


def test_a_surplus_of_one_class_cannot_hide_a_loss_of_another(split: Path) -> None:
    manifest = read_manifest(split / "out" / "release" / "open")
    for line in manifest.ledger:
        if line["flow"] == "other_class":
            line["documents"] = int(line["documents"] or 0) + 1
            break
    with pytest.raises(ValueError, match="other_class"):
        Manifest(**{name: getattr(manifest, name) for name in Manifest.model_fields})
