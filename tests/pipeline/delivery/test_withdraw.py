"""After a withdrawal no branch or tag leads to the rows, their objects are gone, and what remains is told."""

import threading
from pathlib import Path

import pytest
from hub import small_release
from hub.client import Client, Done, start_client
from hub.repositories import Repository
from hub.server import Fault, Hub

from governance.manifest import sha256

AT_ONCE = {"Retry-After": "0"}


def run(client: Client, *arguments: object, code: int = 0) -> Done:
    done = client.run(*arguments)
    assert done.exit_code == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def rows_at(hub: Hub, repository: Repository) -> set[str]:
    """The ids in all French shards that any name leads to and whose bytes are still there."""
    heads = [*repository.branches, *repository.tags, *(f"refs/pr/{n}" for n in repository.pull_heads)]
    found: set[str] = set()
    for head in heads:
        for commit in repository.history(head):
            blob = commit.files.get(small_release.SHARD)
            if blob is not None and hub.objects.has(str(blob.sha256)):
                found |= {*small_release.doc_ids(hub.objects.read(str(blob.sha256)))}
    return found


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """A release and what a removal made of it, with bytes that no other test deletes from the Hub."""
    mark = {"cards/mark.md": str(tmp_path).encode(), "more.parquet": str(tmp_path).encode() * 99}
    return (
        small_release.make(tmp_path / "a", more=mark, salt=str(tmp_path)),
        small_release.make(
            tmp_path / "b", version="1.0.1", more=mark, salt=str(tmp_path), without_first=True
        ),
    )


def test_no_name_leads_to_the_rows_and_their_objects_are_gone(
    hub: Hub, client: Client, versions: tuple[Path, Path], name: str
) -> None:
    release, rewritten = versions
    run(client, "push", release, "--to", name)
    repository = hub.repositories[name]
    old = str(repository.commits[repository.tags["1.0.0"]].files[small_release.SHARD].sha256)
    withdrawn = small_release.doc_ids((release / small_release.SHARD).read_bytes())[0]
    assert withdrawn in rows_at(hub, repository)
    repository.pull_heads[7] = repository.tags["1.0.0"]
    repository.converts["refs/convert/parquet"] = repository.tags["1.0.0"]
    planned = run(client, "withdraw", rewritten, "--from", name, "--dry-run")
    assert "tags would be deleted: 1.0.0\nlarge files would be deleted for good: 1, " in planned.stdout
    assert repository.tags == {"1.0.0": repository.branches["main"]}

    done = run(client, "withdraw", rewritten, "--from", name, "--json").json
    assert done["deleted_tags"] == ["1.0.0"] and done["deleted_objects"] == [old]
    assert repository.tags == {"1.0.1": done["commit"]} == {"1.0.1": repository.branches["main"]}
    assert rows_at(hub, repository) == {
        *small_release.doc_ids((rewritten / small_release.SHARD).read_bytes())
    }
    assert withdrawn not in rows_at(hub, repository) and not hub.objects.has(old)
    assert len(repository.history("main")) == 1
    remains = "\n".join(done["remains"])
    assert "refs/pr/7: delete it in the web page" in remains and "refs/convert/parquet: " in remains
    assert "mirrors, forks and duplicates" in remains and "DOI" in remains
    again = run(client, "withdraw", rewritten, "--from", name, "--json").json
    assert (again["deleted_tags"], again["deleted_objects"], again["changed"]) == ([], [], 0)


@pytest.mark.parametrize(
    "at", ["DELETE .*/tag/1.0.0", "POST .*/lfs-files/batch", "POST .*/super-squash/main"]
)
def test_a_withdrawal_that_was_killed_is_finished_by_the_next(
    hub: Hub, client: Client, versions: tuple[Path, Path], name: str, tmp_path: Path, at: str
) -> None:
    release, rewritten = versions
    run(client, "push", release, "--to", name)
    repository, asked = hub.repositories[name], threading.Event()
    hub.faults.append(Fault(at, hangs=asked, carried_out=True))
    with start_client(url=hub.url, home=tmp_path / "home") as killed:
        killed.start("withdraw", rewritten, "--from", name)
        assert asked.wait(60)
        killed.kill()
    assert "1.0.1" not in repository.tags
    run(client, "withdraw", rewritten, "--from", name)
    withdrawn = small_release.doc_ids((release / small_release.SHARD).read_bytes())[0]
    assert withdrawn not in rows_at(hub, repository)
    assert repository.tags == {"1.0.1": repository.branches["main"]}


@pytest.mark.parametrize(
    "request_line",
    ["DELETE .*/tag/.*", "POST .*/lfs-files/batch", "POST .*/super-squash/.*", "POST .*/tag/.*"],
)
def test_requests_that_fail_though_done_are_no_failure(
    hub: Hub, client: Client, versions: tuple[Path, Path], name: str, request_line: str
) -> None:
    release, rewritten = versions
    run(client, "push", release, "--to", name)
    hub.faults.append(Fault(request_line, status=504, headers=AT_ONCE, carried_out=True))
    run(client, "withdraw", rewritten, "--from", name)
    repository = hub.repositories[name]
    assert repository.tags == {"1.0.1": repository.branches["main"]}


def test_versions_without_the_rows_may_be_kept_and_one_that_says_the_same_is(
    hub: Hub, client: Client, versions: tuple[Path, Path], name: str
) -> None:
    release, rewritten = versions
    run(client, "push", rewritten, "--to", name, "--tag", "0.8")  # as if the row came later
    run(client, "push", release, "--to", name)
    repository = hub.repositories[name]
    first = repository.commits[repository.tags["1.0.0"]]
    spared = repository.add(
        {"data/other.parquet": first.files["more.parquet"]}, parent=None, title="early", author="ann"
    )
    repository.tags["0.1"] = spared.oid
    done = run(
        client, "withdraw", rewritten, "--from", name, "--keep-tag", "0.1", "--no-squash", "--json"
    ).json
    assert done["deleted_tags"] == ["1.0.0"]
    assert {*repository.tags} == {"0.1", "0.8", "1.0.1"}
    assert len(repository.history("main")) == 4
    assert any("--squash makes one commit" in line for line in done["remains"])
    wrong = run(client, "withdraw", rewritten, "--from", name, "--keep-tag", "9", code=2)
    assert "there is no tag 9 to keep" in wrong.stderr


def test_a_version_that_has_its_tag_already_gets_another_so_that_citations_keep_their_meaning(
    hub: Hub, client: Client, versions: tuple[Path, Path], name: str
) -> None:
    release, rewritten = versions
    run(client, "push", release, "--to", name, "--tag", "1.0.1")
    done = run(client, "withdraw", rewritten, "--from", name, "--json").json
    repository = hub.repositories[name]
    assert done["tag"] == "1.0.1-r1" and repository.tags == {"1.0.1-r1": done["commit"]}


def test_what_is_no_release_of_ours_is_left_alone(
    hub: Hub, client: Client, rewritten: Path, name: str, tmp_path: Path
) -> None:
    assert "no such dataset" in run(client, "withdraw", rewritten, "--from", name, code=2).stderr
    run(client, "push", small_release.make(tmp_path / "other", name="other"), "--to", name)
    before = [*hub.repositories[name].events]
    done = run(client, "withdraw", rewritten, "--from", name, code=2)
    assert "holds the corpus 'other'" in done.stderr
    assert hub.repositories[name].events == before


def test_a_token_that_may_only_read_withdraws_nothing(
    hub: Hub, client: Client, versions: tuple[Path, Path], name: str
) -> None:
    release, rewritten = versions
    run(client, "push", release, "--to", name)
    before = [*hub.repositories[name].events]
    done = client.run("withdraw", rewritten, "--from", name, token="hf_reader")
    assert done.exit_code == 1 and "the token has no right to do that (403" in done.stderr
    assert hub.repositories[name].events == before


def test_digests_of_kept_files_stay(hub: Hub, client: Client, versions: tuple[Path, Path], name: str) -> None:
    release, rewritten = versions
    run(client, "push", release, "--to", name)
    run(client, "withdraw", rewritten, "--from", name)
    kept = sha256((rewritten / small_release.OTHER_SHARD).read_bytes())
    assert hub.objects.has(kept)
