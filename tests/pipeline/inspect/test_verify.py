"""verify names everything that is not as the manifest says, from the release alone, and nothing else."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import rfc8785
import small_corpus
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.manifest import MANIFEST_VERSION, Manifest, Output, config_digest, merkle_root, sha256
from layers.shard_writer import write_shard
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.inspect.verify.release import verify
from pipeline.plan.make import make_plan

DATA = "data/fr/health_json/train-00000-of-00001.arrow"
SIDECAR = "provenance/fr/health_json/train-00000-of-00001.arrow"
OTHER = "data/sw/health_text/train-00000-of-00001.arrow"
LEDGER = "ledger/health_json.arrow"
LINES = "ledger/lines/health_json.arrow"
SIGNALS = "ledger/signals/health_json.arrow"
SIGNAL = "word_repetition_ratio"
RULE = f"{SIGNAL}_above_max"
CARD = "cards/sources/health_json.md"
MANIFEST = "manifest.json"
BELOW = "near duplicates below the threshold"

OLD = Path(__file__).parents[2] / "data" / "release-0.1" / "release"
"""Made with manifest_version 1."""

Damage = Callable[[Path], object]
Changes = Callable[[pa.Table], pa.Table]


FIELDS = "    url: url\n    license: license\n    author: author\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with every kind of file: several licences, dropped records, repeated lines, duplicates."""
    folder = tmp_path_factory.mktemp("verify")
    rows = [
        row
        | {
            "license": "MIT" if n % 3 else "CC-BY-4.0",
            "text": f"{row['text']}\nShare this page",
            "author": "A",
        }
        for n, row in enumerate(small_corpus.records())
    ]
    changes = {"lines": {"min_count": 2, "min_chars": 5}, "decide": {"url_duplicates": True}}
    config = small_corpus.write_corpus(folder, rows=rows, changes=changes)
    config.write_text(config.read_text().replace("    url: url\n", FIELDS))
    runners.run(make_plan(config))
    return folder / "out" / "release"


@pytest.fixture
def release(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage, where there are no layers: as a stranger has it."""
    return Path(shutil.copytree(whole, tmp_path / "downloaded"))


def mismatches(release: Path, *, texts: bool = False) -> set[tuple[str, str]]:
    """(path, what is wrong there); numbers of rows and lines are left out, a size is part of a digest."""
    answer = verify(str(release), texts=texts)
    checks = {(item.path, re.sub(r"( \d+)$", "", item.check)) for item in answer.mismatches}
    return {(path, "sha256" if check == "bytes" else check) for path, check in checks}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(release: Path, first: str, second: str) -> None:
    data = (release / first).read_bytes()
    (release / first).write_bytes((release / second).read_bytes())
    (release / second).write_bytes(data)


def rewrite(path: Path, change: Changes) -> None:
    """The same Arrow file with other rows or columns."""
    table = change(read_table(str(path)))
    write_shard(path, iter(table.to_batches()), schema=table.schema, path=path.name)


def reverse(table: pa.Table) -> pa.Table:
    return table.take(list(range(len(table)))[::-1])


def replace_column(name: str, value: Callable[[Any], Any]) -> Changes:
    """A change of the first value of a column."""

    def change(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index(name)
        values = table[name].to_pylist()
        values[0] = value(values[0])
        return table.set_column(
            index, table.schema.field(name), pa.array(values, table.schema.field(name).type)
        )

    return change


def change_failed(**changes: Any) -> Changes:
    """Another rule or value of the first document that failed RULE."""

    def change(table: pa.Table) -> pa.Table:
        rows = table["failed"].to_pylist()
        failure = next(each for row in rows for each in row or () if each["rule"] == RULE)
        failure.update(changes)
        index = table.schema.get_field_index("failed")
        return table.set_column(
            index, table.schema.field(index), pa.array(rows, table.schema.field(index).type)
        )

    return change


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit_manifest(release: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as somebody does who knows how its own digest is made."""
    raw = json.loads((release / "manifest.json").read_bytes())
    change(raw)
    del raw["manifest_sha256"]
    raw["manifest_sha256"] = sha256(rfc8785.dumps(raw))
    (release / "manifest.json").write_bytes(rfc8785.dumps(raw))


def vouch(release: Path) -> None:
    """Make every digest right again, as a publisher does whose pipeline has a fault."""
    manifest = Manifest.from_json((release / "manifest.json").read_bytes())
    outputs = [listed(release, output) for output in manifest.outputs]
    root = merkle_root(outputs)
    edit_all(release / "README.md", manifest.merkle_root, root)
    outputs = [listed(release, output) for output in outputs]
    made = manifest.model_copy(update={"outputs": outputs, "merkle_root": root})
    (release / "manifest.json").write_bytes(made.to_json())


def listed(release: Path, output: Output) -> Output:
    data = (release / output.path).read_bytes()
    return output.model_copy(update={"sha256": sha256(data), "bytes": len(data)})


def edit_all(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("texts", [False, True])
def test_a_whole_release_is_as_it_says(whole: Path, texts: bool) -> None:
    answer = verify(str(whole), texts=texts)
    assert (answer.mismatches, answer.not_compared) == ([], [])
    files = [path for path in whole.rglob("*") if path.is_file()]
    assert answer.files == len(files) - 1
    assert answer.bytes == sum(path.stat().st_size for path in files if path.name != "manifest.json")
    assert answer.documents == sum(len(read_table(str(path))) for path in whole.glob("data/*/*/*.arrow"))
    assert answer.manifest_sha256 == sha256((whole / "manifest.json").read_bytes())


def test_workers_change_nothing(release: Path) -> None:
    for path in (DATA, SIDECAR, OTHER, LEDGER, "README.md"):
        flip(release / path)
    one = verify(str(release)).to_json()
    assert len(one["mismatches"]) > 4
    assert verify(str(release), workers=4).to_json() == one


def test_a_release_on_another_file_system_is_checked(release: Path) -> None:
    from layers import storage

    flip(release / DATA)
    url = "memory://verify-release"
    for path in storage.list_tree(str(release)):
        storage.write_bytes(storage.join(url, path), (release / path).read_bytes())
    remote, local = verify(url).to_json(), verify(str(release)).to_json()
    storage.remove(url)
    assert remote | {"release": ""} == local | {"release": ""}


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda release: (release / DATA).unlink(), {(DATA, "file")}),
        (lambda release: (release / SIDECAR).unlink(), {(SIDECAR, "file")}),
        (lambda release: (release / LEDGER).unlink(), {(LEDGER, "file")}),
        (lambda release: (release / SIGNALS).unlink(), {(SIGNALS, "file")}),
        (lambda release: (release / "README.md").unlink(), {("README.md", "file")}),
        (lambda release: (release / CARD).unlink(), {(CARD, "file")}),
        (lambda release: (release / "cards/fr.md").unlink(), {("cards/fr.md", "file")}),
        (lambda release: (release / DATA).write_bytes(b""), {(DATA, "sha256"), (DATA, "rows")}),
        (
            lambda release: (release / DATA).write_bytes((release / DATA).read_bytes()[:-9]),
            {(DATA, "sha256"), (DATA, "rows")},
        ),
        (lambda release: flip(release / "LICENSES.md"), {("LICENSES.md", "sha256"), ("LICENSES.md", "line")}),
        (lambda release: flip(release / CARD), {(CARD, "sha256"), (CARD, "card_sha256")}),
        (
            lambda release: edit(release / "README.md", "documents,", "pages,"),
            {("README.md", "sha256"), ("README.md", "line")},
        ),
        (
            lambda release: edit(release / "ledger/summary.json", '"documents": 1', '"documents": 2'),
            {("ledger/summary.json", "sha256"), ("ledger/summary.json", "line")},
        ),
        (
            lambda release: (release / "data/fr/more.arrow").write_bytes(b"x"),
            {("data/fr/more.arrow", "file")},
        ),
        (lambda release: rewrite(release / DATA, reverse), {(DATA, "sha256"), (SIDECAR, "doc_id of row")}),
        (
            lambda release: rewrite(release / SIDECAR, reverse),
            {(SIDECAR, "sha256"), (SIDECAR, "doc_id of row")},
        ),
    ],
)
def test_damage_is_named_and_nothing_else(
    damage: Damage, expected: set[tuple[str, str]], release: Path
) -> None:
    damage(release)
    assert mismatches(release) == expected


def test_swapped_files_name_each_other(release: Path) -> None:
    swap(release, "cards/fr.md", "cards/en.md")
    notes = {item.path: item.note for item in verify(str(release)).mismatches if "content" in item.note}
    assert notes == {
        "cards/fr.md": "that is the content of cards/en.md",
        "cards/en.md": "that is the content of cards/fr.md",
    }


def test_a_shard_in_anothers_place_says_whose_it_is(release: Path) -> None:
    swap(release, DATA, OTHER)
    answer = verify(str(release))
    texts = {(item.path, item.note) for item in answer.mismatches if item.check in ("bytes", "sha256")}
    assert (DATA, f"that is the content of {OTHER}") in texts
    assert (OTHER, f"that is the content of {DATA}") in texts
    assert (DATA, "lang of row 0") in {(item.path, item.check) for item in answer.mismatches}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("ATTRIBUTION.tsv", "\tA\t", "\tB\t"),
        ("top_domains.csv", "example.org,", "example.com,"),
    ],
)
def test_a_table_that_is_not_of_the_rows_is_named_though_its_digest_is_right(
    path: str, old: str, new: str, release: Path
) -> None:
    edit(release / path, old, new)
    vouch(release)
    # croissant.json has the digest of every file, too
    assert mismatches(release) - {("croissant.json", "line")} == {
        (path, "SHA-256, of the rows of the shards")
    }


def test_hidden_files_of_a_download_are_named_and_no_mismatch(release: Path) -> None:
    for name in (".gitattributes", ".cache/huggingface/download/README.md.metadata"):
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_bytes(b"")
    answer = verify(str(release))
    assert answer.mismatches == []
    assert [item.what for item in answer.not_compared] == [
        ".cache/huggingface/download/README.md.metadata",
        ".gitattributes",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: edit(path, '"version":"1.0.0"', '"version":"1.0.1"'),
        lambda path: edit(path, ",", ", "),
        lambda path: path.write_bytes(path.read_bytes() + b"\n"),
        lambda path: edit(path, '"near_threshold":0.8', '"near_threshold":0.80'),
        lambda path: edit(path, '{"code":', '{"code":{},"code":'),
        lambda path: edit(path, '"data/rows.jsonl"', '"data/row5.jsonl"'),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b"[]"),
        lambda path: path.write_bytes(b"[" * 100_000),
        lambda path: path.write_bytes(b"\xff"),
    ],
)
def test_an_edited_manifest_is_named_whatever_was_edited(
    change: Callable[[Path], object], release: Path
) -> None:
    change(release / "manifest.json")
    # what lists no files says of none that it is missing or too much
    assert mismatches(release) == {(MANIFEST, "content")}


def test_files_are_checked_by_a_manifest_that_was_edited_elsewhere(release: Path) -> None:
    edit(release / "manifest.json", '"version":"1.0.0"', '"version":"1.0.1"')
    flip(release / DATA)
    assert {("manifest.json", "content"), (DATA, "sha256")} <= mismatches(release)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda raw: raw["outputs"].pop(0), ("manifest.json", "content")),  # its merkle_root is another
        (lambda raw: raw["code"].update(name="other"), None),
        (lambda raw: raw["sources"]["health_json"].update(card_sha256="0" * 64), (CARD, "card_sha256")),
        (lambda raw: raw["languages"]["fr"].update(bytes=1), ("manifest.json", "content")),
        (lambda raw: raw["duplicates"].update(near_below=99), (MANIFEST, BELOW)),
        (lambda raw: raw["thresholds"]["fr"].clear(), ("cards/fr.md", "line")),
        (lambda raw: raw["models"].clear(), ("STATISTICS.md", "line")),
        (lambda raw: raw["environment"].pop("unicode"), ("manifest.json", "content")),
        (lambda raw: raw["operations"][0]["flows"][0].update(documents_in=0), ("manifest.json", "content")),
        (lambda raw: raw["operations"].pop(1), ("manifest.json", "content")),
    ],
)
def test_a_manifest_edited_by_one_who_knows_its_digest(
    change: Callable[[dict[str, Any]], object], expected: tuple[str, str] | None, release: Path
) -> None:
    edit_manifest(release, change)
    assert mismatches(release) == set() if expected is None else expected in mismatches(release)


@pytest.mark.parametrize("config", [{}, {"measure": 1}, {"measure": {"minhash": {"bands": 0}}}])
def test_a_config_that_is_none_is_said_to_be(config: dict[str, Any], release: Path) -> None:
    edit_manifest(release, lambda raw: raw.update(config=config, config_sha256=config_digest(config)))
    what = [item.what for item in verify(str(release), texts=True).not_compared]
    assert what == ["ids, order and sums"]


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/hostname", "s3://bucket/key", "a/../../b", ""])
def test_a_path_that_leads_out_of_the_release_is_not_read(path: str, release: Path) -> None:
    (release.parent / "outside.txt").write_bytes(b"secret")
    raw = json.loads((release / "manifest.json").read_bytes())
    manifest = Manifest.from_json((release / "manifest.json").read_bytes())
    outputs = [*manifest.outputs, Output(path=path, sha256=sha256(b"secret"), bytes=6)]
    outputs = sorted(outputs, key=lambda output: output.path)
    made = manifest.model_copy(update={"outputs": outputs, "merkle_root": merkle_root(outputs)})
    (release / "manifest.json").write_bytes(made.to_json())
    assert raw["manifest_version"] == MANIFEST_VERSION
    answer = verify(str(release))
    assert [item.actual for item in answer.mismatches if item.check == "path"] == [path]


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        (DATA, reverse, {(SIDECAR, "doc_id of row")}),
        (SIDECAR, reverse, {(SIDECAR, "doc_id of row")}),
        (SIDECAR, replace_column("record_id", lambda key: key + "x"), {(DATA, "doc_id of row")}),
        (DATA, replace_column("lang", lambda _: "en"), {(DATA, "lang of row")}),
        (DATA, replace_column("source", lambda _: "other"), {(DATA, "source of row")}),
        (
            DATA,
            replace_column("text", lambda text: text[:-2]),
            {(DATA, "text_bytes of row"), ("data/fr/health_json", "bytes of text")},
        ),
        (
            DATA,
            replace_column("lang_status", lambda _: "guessed"),
            {("data/fr", "documents confident"), ("data/fr", "documents guessed")},
        ),
        (
            DATA,
            replace_column("license", lambda _: "CC0-1.0"),
            {("data/fr/health_json", "documents under CC0-1.0")},
        ),
        (
            DATA,
            replace_column("cluster_size", lambda _: 77),
            {("manifest.json", "rows of clusters of 77 documents")},
        ),
        (DATA, lambda table: table.slice(1), {(DATA, "rows"), ("data/fr/health_json", "documents")}),
        (SIDECAR, lambda table: table.slice(0, 2), {(SIDECAR, "rows")}),
        (
            SIDECAR,
            lambda table: pa.concat_tables([table, table.slice(0, 1)]),
            {(SIDECAR, "rows")},
        ),
        (DATA, lambda table: table.drop_columns(["url"]), {(DATA, "columns")}),
        (DATA, lambda table: table.drop_columns(["lang"]), {(DATA, "rows")}),
        (LEDGER, lambda table: table.slice(1), {(LEDGER, "rows")}),
        (LEDGER, replace_column("reason", lambda _: "too_good"), {(LEDGER, "ingest, too_good: documents")}),
        (LEDGER, replace_column("source", lambda _: "other"), {(LEDGER, "source of row")}),
        (
            LEDGER,
            replace_column("length", lambda length: length + 1),
            {(LEDGER, "ingest, broken_json: bytes")},
        ),
        (LEDGER, change_failed(rule="spam"), {(LEDGER, "failed of row")}),
        (LEDGER, change_failed(value=0.0), {(LEDGER, f"{RULE} of row"), (SIGNALS, f"{SIGNAL} of row")}),
        (SIGNALS, reverse, {(SIGNALS, "doc_id of row")}),
        (SIGNALS, lambda table: table.slice(0, 1), {(SIGNALS, "rows")}),
        (SIGNALS, lambda table: pa.concat_tables([table, table.slice(0, 1)]), {(SIGNALS, "rows")}),
        (SIGNALS, lambda table: table.drop_columns(["words"]), {(SIGNALS, "columns")}),
        (LINES, replace_column("bytes", lambda size: size + 1), {(LINES, "bytes of removed lines")}),
        (
            LINES,
            lambda table: pa.concat_tables([table, table.slice(0, 1)]),
            {(LINES, "key of row"), (LINES, "rows")},
        ),
    ],
)
def test_rows_are_counted_again_under_right_digests(
    path: str, change: Changes, expected: set[tuple[str, str]], release: Path
) -> None:
    rewrite(release / path, change)
    vouch(release)
    actual = mismatches(release)
    assert expected <= actual
    assert not {check for _, check in actual} & {"sha256", "file"}


def test_another_text_of_the_same_length_has_another_hash(release: Path) -> None:
    rewrite(release / DATA, replace_column("text", lambda text: text.replace("e", "a")))
    vouch(release)
    before = mismatches(release)
    assert before <= {("README.md", "line"), ("croissant.json", "line")}  # which print digests of shards
    assert mismatches(release, texts=True) - before == {(SIDECAR, "exact_hash of row")}


def test_an_id_that_is_published_twice_is_named_with_both_places(release: Path) -> None:
    for folder in ("data", "provenance"):
        path = release / folder / DATA.removeprefix("data/")
        rewrite(path, lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    vouch(release)
    (repeat,) = [item for item in verify(str(release)).mismatches if item.check == "doc_id"]
    assert (repeat.path, repeat.note) == (DATA, f"also in {DATA}")
    assert repeat.actual == read_table(str(release / DATA))["doc_id"][0].as_py()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("README.md", "Every number here", "No number here"),
        ("LICENSES.md", "MIT", "GPL"),
        ("DATA_DICTIONARY.md", "stable across releases", "stable until tomorrow"),
        ("cards/fr.md", "UTF-8", "UTF-16"),
        ("ledger/summary.json", '"flow": "kept"', '"flow": "lost"'),
    ],
)
def test_pages_are_made_again_under_right_digests(path: str, old: str, new: str, release: Path) -> None:
    edit(release / path, old, new)
    vouch(release)
    (mismatch,) = verify(str(release)).mismatches
    assert (mismatch.path, mismatch.check.split()[0]) == (path, "line")
    assert new in str(mismatch.actual)
    assert old in str(mismatch.expected)


def test_pages_of_another_version_are_not_compared(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(release / "README.md", "Every number here", "No number here")
    vouch(release)
    monkeypatch.setattr("pipeline.stages.publish.manifest.installed_version", lambda _: "9.9.9")
    answer = verify(str(release))
    assert answer.mismatches == []
    (left_out,) = answer.not_compared
    assert "made by rhizotron 0.1.0" in left_out.reason
    assert "this is rhizotron 9.9.9" in left_out.reason


def test_files_that_a_manifest_of_version_1_lists_are_checked_and_the_others_named(tmp_path: Path) -> None:
    release = Path(shutil.copytree(OLD, tmp_path / "old"))
    answer = verify(str(release))
    assert answer.mismatches == []
    what = [item.what for item in answer.not_compared]
    assert {"README.md", "LICENSES.md", CARD, "ids, order and sums"} <= {*what}
    assert what[-1].startswith("the text of README.md")
    assert answer.documents == 14
    shard = next(path for path in release.glob("data/fr/*/*"))
    flip(shard)
    (release / LEDGER).unlink()
    assert {(str(shard.relative_to(release)), "sha256"), (LEDGER, "file")} <= mismatches(release)


def test_a_manifest_of_a_later_version_is_refused(release: Path) -> None:
    edit_manifest(release, lambda raw: raw.update(manifest_version=4))
    with pytest.raises(
        InputError, match="has a manifest of version 4, this version of rhizotron reads up to 3"
    ):
        verify(str(release))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), choice=st.randoms(use_true_random=False)
)
def test_any_flipped_bit_of_any_file_is_noticed_in_that_file(
    place: float, bit: int, choice: Any, release: Path
) -> None:
    path = choice.choice(sorted(path for path in release.rglob("*") if path.is_file()))
    data = path.read_bytes()
    flipped = bytearray(data)
    flipped[int(place * len(data))] ^= 1 << bit
    path.write_bytes(flipped)
    try:
        named = {name for name, _ in mismatches(release)}
    finally:
        path.write_bytes(data)
    assert path.relative_to(release).as_posix() in named


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def test_the_command_says_that_all_is_well(whole: Path) -> None:
    result = rhizotron(whole)
    assert result.exit_code == 0
    assert "everything that was compared is as the manifest says" in result.stdout
    assert sha256((whole / "manifest.json").read_bytes()) in result.stdout
    answer = json.loads(rhizotron(whole, "--json").stdout)
    assert (answer["ok"], answer["mismatches"], answer["not_compared"]) == (True, [], [])


def test_the_command_has_an_exit_code_for_mismatches(release: Path) -> None:
    digest = sha256((release / "cards/fr.md").read_bytes())
    flip(release / "cards/fr.md")
    (release / "data/\x1b[2J\u202e.arrow").write_bytes(b"")
    result = rhizotron(release)
    assert result.exit_code == 9
    assert re.search(
        rf"^cards/fr\.md: sha256: [0-9a-f]{{64}}, expected {digest}$", result.stdout, re.MULTILINE
    )
    assert "data/␛[2J<U+202E>.arrow: file: there, expected not listed in manifest.json" in result.stdout
    assert "\x1b" not in result.stdout
    assert f"rhizotron: 3 mismatch(es) in {release}" in result.stderr
    result = rhizotron(release, "--json")
    assert result.exit_code == 9
    first = next(item for item in json.loads(result.stdout)["mismatches"] if item["path"] == "cards/fr.md")
    assert (first["check"], first["expected"]) == ("sha256", digest)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "is no release: it has no manifest.json"),
        ("empty", "is no release: it has no manifest.json"),
        ("file", "expected a mapping of name, version, output"),  # a file is a corpus file
    ],
)
def test_what_is_no_release_is_an_error_of_the_command_line(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    result = rhizotron(tmp_path / name)
    assert result.exit_code == 2
    assert message in result.stderr
