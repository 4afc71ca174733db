"""verify reads no more out of a manifest than it can prove: edited ones, and those of other versions."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damaged_release import (
    BELOW,
    CARD,
    DATA,
    LEDGER,
    MANIFEST,
    edit,
    edit_manifest,
    flip,
    mismatches,
)

from governance.manifest import MANIFEST_VERSION, Manifest, Output, config_digest, merkle_root, sha256
from pipeline.errors import InputError
from pipeline.inspect.verify.release import verify

OLD = Path(__file__).parents[3] / "data" / "release-0.1" / "release"
"""Made with manifest_version 1."""


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
