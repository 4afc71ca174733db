"""Each class of licences and access tiers is a whole release, and together they are the corpus."""

import hashlib
import json
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
from layers import trees
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


@pytest.mark.parametrize("name", CLASSES)
def test_an_audit_of_a_class_finds_the_record_of_its_run(split: Path, name: str) -> None:
    release = split / "out" / "release" / name
    done = rhizotron("audit", release, "--manifest-only", "--json", "--fail-on", "never")
    assert done.exit_code == 0, done.output
    hours = next(answer for answer in json.loads(done.stdout)["answers"] if answer["id"] == "H2")
    digest = hashlib.sha256((release / "manifest.json").read_bytes()).hexdigest()
    assert (hours["verdict"], hours["evidence"]) == (
        "information",
        [{"path": f"../../run.{name}.json", "detail": f"of the manifest {digest}"}],
    )


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


def copy(split: Path, target: Path) -> Path:
    """The corpus with its layers and releases, at the same times."""
    shutil.copytree(split, target, dirs_exist_ok=True)
    return target / "corpus.yaml"


def layer_times(folder: Path) -> dict[str, int]:
    layers = ("raw", "measured", "decisions")
    files = (path for name in layers for path in sorted((folder / "out" / name).rglob("*.*")))
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in files}


def test_another_split_publishes_again_and_nothing_else(
    split: Path, whole: list[dict[str, Any]], tmp_path: Path
) -> None:
    corpus, releases = copy(split, tmp_path), tmp_path / "out" / "release"
    before, times = small_corpus.tree_digests(releases), layer_times(tmp_path)
    change(corpus, lambda config: config["publish"].update(split="none"))
    run(corpus)
    assert verify(str(releases)).mismatches == []
    assert read_rows(releases) == whole
    assert not (tmp_path / "out" / "release.keys").exists() or not list(
        (tmp_path / "out" / "release.keys").rglob("*.*")
    )
    change(corpus, lambda config: config["publish"].update(split="class"))
    run(corpus)
    assert small_corpus.tree_digests(releases) == before
    assert not (tmp_path / "out" / "release.key").exists()
    assert layer_times(tmp_path) == times
    assert "missing or changed" not in run(corpus).output


def test_killed_between_two_classes_each_is_the_old_or_the_new_release(
    split: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, releases = copy(split, tmp_path / "killed"), tmp_path / "killed" / "out" / "release"
    change(corpus, lambda config: config.update(version="1.1.0"))
    put = trees.replace_tree

    def stop_at_open(staged: str, target: str, **rest: Any) -> None:
        if target.endswith("/open"):
            raise OSError("the disk is full")
        put(staged, target, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(trees, "replace_tree", stop_at_open)
        assert rhizotron("run", corpus, "--progress", "none").exit_code != 0
    versions = {name: read_manifest(releases / name).version for name in CLASSES}
    assert versions == {
        "gated-open": "1.1.0",
        "non-commercial": "1.1.0",
        "open": "1.0.0",
        "share-alike-cc-by-sa": "1.0.0",
    }
    assert [verify(str(releases / name)).mismatches for name in CLASSES] == [[], [], [], []]
    run(corpus)
    in_one_go = copy(split, tmp_path / "again")
    change(in_one_go, lambda config: config.update(version="1.1.0"))
    run(in_one_go)
    assert small_corpus.tree_digests(releases) == small_corpus.tree_digests(tmp_path / "again/out/release")


def test_a_damaged_file_of_one_class_is_told_and_published_again(split: Path, tmp_path: Path) -> None:
    corpus, releases = copy(split, tmp_path), tmp_path / "out" / "release"
    before = small_corpus.tree_digests(releases)
    victim = sorted(releases.glob("open/data/*/*/*"))[0]
    victim.write_bytes(victim.read_bytes()[:-1])
    told = run(corpus)
    assert str(victim.relative_to(releases / "open")) in told.output
    assert small_corpus.tree_digests(releases) == before


def test_whoever_asks_about_a_document_is_shown_the_release_of_its_class(split: Path) -> None:
    output = split / "out"
    for name in CLASSES:
        row = read_rows(output / "release" / name)[0]
        told = json.loads(rhizotron("explain", row["doc_id"], "--out", output, "--json").stdout)
        life = told[0] if isinstance(told, list) else told
        assert life["release"]["shard"].startswith(str(output / "release" / name))
    for place in (output, output / "release"):
        refused = rhizotron("verify", place)
        assert refused.exit_code == 2
        told = f"{place} has a release for each class: {', '.join(CLASSES)}; give the folder of one, such as "
        assert f"{told}{output / 'release' / CLASSES[0]}\n" in refused.output


def test_a_source_of_which_nothing_stays_is_told_of_in_the_class_of_its_card(tmp_path: Path) -> None:
    corpus = write(tmp_path, licenses=("CC-BY-NC-4.0",))
    change(corpus, lambda config: config["publish"].update(licenses=["CC-BY-NC-4.0"]))
    run(corpus)
    releases = tmp_path / "out" / "release"
    manifests = {path.name: read_manifest(path) for path in sorted(releases.iterdir())}
    assert {name: [*each.sources] for name, each in manifests.items()} == {
        "gated-open": ["health_text"],
        "non-commercial": ["health_json"],
        "open": ["health_gzip"],
    }
    assert [manifests[name].total.documents for name in ("gated-open", "open")] == [0, 0]
    assert [verify(str(releases / name)).mismatches for name in manifests] == [[], [], []]
