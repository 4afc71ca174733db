"""What is pulled is the release that was pushed, checked, or nothing that looks like it."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from hub import small_release
from hub.client import Client, Done, start_client
from hub.repositories import Blob, Repository
from hub.server import Fault, Hub

from governance.manifest import sha256


@pytest.fixture(scope="module")
def pushed(hub: Hub, client: Client, release: Path) -> str:
    """A repository with a release, which tests that change it copy."""
    assert client.run("push", release, "--to", "lab/pushed").exit_code == 0
    return "lab/pushed"


def change(hub: Hub, pushed: str, name: str, **files: Blob | None) -> None:
    """A repository like the pushed one with other files under the same tag; None: without it."""
    made = hub.repositories[name] = Repository(name, private=True)
    first = hub.repositories[pushed].find("1.0.0")
    assert first is not None
    changed = {path: blob for path, blob in {**first.files, **files}.items() if blob is not None}
    commit = made.add(changed, parent=None, title="made up", author="eve")
    made.point("main", commit)
    made.tags["1.0.0"] = commit.oid


def pull(client: Client, version: str, folder: Path, *, code: int = 0) -> Done:
    done = client.run("pull", version, "--out", folder)
    assert done.exit_code == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("xet", [True, False])
def test_what_comes_is_what_was_pushed_and_verifies(
    hub: Hub, release: Path, pushed: str, name: str, tmp_path: Path, xet: bool
) -> None:
    with start_client(url=hub.url, home=tmp_path / "home", xet=xet) as client:
        done = pull(client, f"{pushed}@1.0.0", tmp_path / "pulled")
        assert client.run("verify", tmp_path / "pulled").exit_code == 0
    assert digests(tmp_path / "pulled") == digests(release)
    assert f"commit {hub.repositories[pushed].tags['1.0.0']}" in done.stdout
    assert sorted(os.listdir(tmp_path)) == ["home", "pulled"]


def test_a_pull_that_was_killed_leaves_no_release_and_is_taken_up_again(
    hub: Hub, client: Client, release: Path, pushed: str, name: str, tmp_path: Path
) -> None:
    asked = threading.Event()
    hub.faults.append(Fault("GET .*/resolve/.*/ledger/summary.json", hangs=asked))
    with start_client(url=hub.url, home=tmp_path / "home") as killed:
        killed.start("pull", f"{pushed}@1.0.0", "--out", tmp_path / "pulled")
        assert asked.wait(60)
        killed.kill()
    assert not (tmp_path / "pulled").exists()
    assert not (tmp_path / "pulled.partial" / "manifest.json").exists()
    (tmp_path / "pulled.partial" / "left.txt").write_text("of another version")
    half = tmp_path / "pulled.partial" / small_release.SHARD
    half.write_bytes(half.read_bytes()[:-1])
    done = pull(client, f"{pushed}@1.0.0", tmp_path / "pulled")
    assert digests(tmp_path / "pulled") == digests(release)
    fetched = int(done.stdout.split(" fetched")[0].rsplit(" ", 1)[-1])
    assert 0 < fetched < len(digests(release)) - 1
    assert not (tmp_path / "pulled.partial").exists()


@pytest.mark.parametrize("status", [0, 503])
def test_a_broken_download_is_tried_again(
    hub: Hub, client: Client, release: Path, pushed: str, name: str, tmp_path: Path, status: int
) -> None:
    hub.faults.append(Fault("GET .*/resolve/.*/LICENSES.md", status=status, headers={"Retry-After": "0"}))
    pull(client, f"{pushed}@1.0.0", tmp_path / "pulled")
    assert digests(tmp_path / "pulled") == digests(release)


@pytest.mark.parametrize(
    "path", ["../evil.md", "data/../../evil.md", "/evil.md", "C:" + "\\evil.md", "data//evil.md", "c:evil.md"]
)
def test_a_name_that_leads_out_of_the_folder_ends_a_pull_before_it_begins(
    hub: Hub, client: Client, pushed: str, name: str, tmp_path: Path, path: str
) -> None:
    change(hub, pushed, name, **{path: Blob.of(b"evil")})
    done = pull(client, f"{name}@1.0.0", tmp_path / "in" / "pulled", code=2)
    assert f"{name}@1.0.0 holds a file {path!r}: " in done.stderr
    assert [*tmp_path.rglob("*")] == []


def test_a_manifest_that_lists_a_name_outside_is_refused(
    hub: Hub, client: Client, pushed: str, name: str, tmp_path: Path
) -> None:
    forged = small_release.manifest_of(small_release.STORED)
    forged["outputs"][0]["path"] = "../evil.md"
    content = small_release.dump(forged)
    change(hub, pushed, name, **{"manifest.json": Blob.of(content)})
    done = pull(client, f"{name}@1.0.0", tmp_path / "in" / "pulled", code=2)
    assert "manifest.json lists '../evil.md': leads out of the folder" in done.stderr
    assert [*tmp_path.rglob("*")] == []


def test_other_bytes_are_not_taken(
    hub: Hub, client: Client, release: Path, pushed: str, name: str, tmp_path: Path
) -> None:
    data = bytearray((release / small_release.SHARD).read_bytes())
    data[len(data) // 2] ^= 1
    digest = sha256(bytes(data))
    hub.objects.by_lfs[digest] = bytes(data)
    change(hub, pushed, name, **{small_release.SHARD: Blob(len(data), sha256=digest)})
    done = pull(client, f"{name}@1.0.0", tmp_path / "pulled", code=9)
    assert f"{small_release.SHARD} of commit" in done.stderr and "has not the digest" in done.stderr
    assert not (tmp_path / "pulled").exists()
    assert not (tmp_path / "pulled.partial" / small_release.SHARD).exists()


def test_what_is_missing_or_of_another_size_is_listed_before_anything_is_fetched(
    hub: Hub, client: Client, pushed: str, name: str, tmp_path: Path
) -> None:
    change(hub, pushed, name, **{small_release.SHARD: None, "LICENSES.md": Blob.of(b"")})
    done = pull(client, f"{name}@1.0.0", tmp_path / "pulled", code=9)
    assert "LICENSES.md: 0 bytes, listed with " in done.stderr
    assert f"{small_release.SHARD}: missing" in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_what_is_no_part_of_the_release_stays_there(
    hub: Hub, client: Client, release: Path, pushed: str, name: str, tmp_path: Path
) -> None:
    change(hub, pushed, name, **{"notes.txt": Blob.of(b"mine")})
    done = pull(client, f"{name}@1.0.0", tmp_path / "pulled")
    assert "left there, since the manifest does not list them: notes.txt" in done.stdout
    assert digests(tmp_path / "pulled") == digests(release)


def test_a_folder_in_use_and_a_version_that_is_none_are_refused(
    hub: Hub, client: Client, release: Path, pushed: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    assert "is there and not empty" in pull(client, f"{pushed}@1.0.0", tmp_path / "full", code=2).stderr
    shutil.copytree(release, tmp_path / "same")
    assert "has this release already" in pull(client, f"{pushed}@1.0.0", tmp_path / "same", code=2).stderr
    (tmp_path / "empty").mkdir()
    pull(client, f"{pushed}@1.0.0", tmp_path / "empty")
    done = pull(client, f"{pushed}@2.0.0", tmp_path / "new", code=1)
    assert "no such commit, branch or tag" in done.stderr
    assert "names no version: write OWNER/NAME@TAG" in pull(client, pushed, tmp_path / "new", code=2).stderr
    change(hub, pushed, name, **{"manifest.json": None})
    assert (
        "is no release: it has no manifest.json"
        in pull(client, f"{name}@1.0.0", tmp_path / "new", code=2).stderr
    )
    assert "is not at" in pull(client, "lab/nothing@1.0.0", tmp_path / "new", code=1).stderr
    assert not (tmp_path / "new").exists()
