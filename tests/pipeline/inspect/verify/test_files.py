"""verify names every file that is not as the manifest says, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
from damaged_release import (
    CARD,
    DATA,
    LEDGER,
    OTHER,
    SIDECAR,
    SIGNALS,
    Damage,
    edit,
    flip,
    mismatches,
    reverse,
    rewrite,
    swap,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.manifest import sha256
from layers.shards import read_table
from pipeline.inspect.verify.release import verify


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
