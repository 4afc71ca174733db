"""A release comes to the Hub whole, gated before its data and tagged, or not at all; one line says why."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hub import small_release
from hub.client import Client, Done, start_client
from hub.repositories import Blob
from hub.server import Fault, Hub

from governance.manifest import sha256

AT_ONCE = {"Retry-After": "0"}
COMMIT = "POST .*/commit/.*"


def push(client: Client, release: Path, name: str, *options: object, code: int = 0) -> Done:
    done = client.run("push", release, "--to", name, *options)
    assert done.exit_code == code, done.stderr + done.stdout
    return done


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()) for path in files}


def there(hub: Hub, name: str, revision: str) -> dict[str, str]:
    """Path → SHA-256 of what a revision holds, without what the Hub itself put there."""
    commit = hub.repositories[name].find(revision)
    assert commit is not None
    return {
        path: sha256(blob.content) if blob.content is not None else sha256(hub.objects.read(str(blob.sha256)))
        for path, blob in commit.files.items()
        if path != ".gitattributes"
    }


def commits(hub: Hub, name: str) -> int:
    return len(hub.repositories[name].history("main")) - 1  # the first one is the Hub's


def last_line(done: Done) -> str:
    """The error of a command, which is its only line of that kind."""
    assert "Traceback" not in done.stderr
    return done.stderr.strip().split("\n")[-1]


@pytest.mark.parametrize("xet", [True, False])
def test_a_new_repository_is_private_and_gated_before_data_and_the_returned_commit_is_tagged(
    hub: Hub, name: str, tmp_path: Path, xet: bool
) -> None:
    release = small_release.make(tmp_path / "release", more={"more.parquet": f"{xet}".encode() * 5000})
    with start_client(url=hub.url, home=tmp_path / "home", xet=xet) as client:
        done = push(client, release, name, "--gated", "manual", "--json").json
    repository = hub.repositories[name]
    data = [event for event in repository.events if event == "data"]
    others = [event for event in repository.events if event != "data"]
    assert others == ["create", "gated manual", "commit main", f"tag 1.0.0 on {done['commit']}"]
    assert data and repository.events[:3] == ["create", "gated manual", "data"]
    assert repository.private and bool(repository.uploads) is not xet
    assert repository.tags == {"1.0.0": done["commit"]} == {"1.0.0": repository.branches["main"]}
    assert there(hub, name, "1.0.0") == digests(release)
    assert (done["new"], done["changed"], done["deleted"]) == (16, 0, 0)


def test_a_push_again_sends_nothing_and_the_next_version_what_changed(
    hub: Hub, client: Client, release: Path, rewritten: Path, name: str, tmp_path: Path
) -> None:
    push(client, release, name)
    before = len(hub.requests)
    assert "there already, nothing was sent" in push(client, release, name).stdout
    asked = [request for request in hub.requests[before:] if not request.startswith(("GET", "HEAD"))]
    assert asked == ["POST /api/validate-yaml"]
    less = tmp_path / "less"
    shutil.copytree(rewritten, less)
    (less / "cards" / "fr.md").unlink()
    small_release.seal(less, changes={"version": "1.0.1"})
    done = push(client, less, name, "--json").json
    assert (done["new"], done["changed"], done["deleted"]) == (0, 3, 1)
    assert there(hub, name, "1.0.1") == digests(less)
    assert there(hub, name, "1.0.0") == digests(release)
    assert commits(hub, name) == 2


def test_a_dry_run_says_everything_and_does_nothing(
    hub: Hub, client: Client, release: Path, rewritten: Path, name: str
) -> None:
    done = push(client, release, name, "--dry-run")
    assert name not in hub.repositories
    size = sum(path.stat().st_size for path in release.rglob("*") if path.is_file())
    for line in (
        "not there yet, will be private",
        f"  new     {small_release.SHARD} {(release / small_release.SHARD).stat().st_size:,}",
        "files: 15 new, 0 changed, 0 same, 0 deleted",
        f"bytes of new and changed files: {size:,}",
        f"bytes new after deduplication: {size:,} (in Xet's chunks",
        f"README.md: {(release / 'README.md').stat().st_size:,} bytes, valid by the Hub's rules",
        "tag: 1.0.0",
    ):
        assert line in done.stdout
    push(client, release, name)
    before = len(hub.requests)
    planned = push(client, rewritten, name, "--dry-run", "--against", release, "--json").json
    assert planned["changed"] == ["README.md", small_release.SHARD, "manifest.json"]
    assert (planned["new"], planned["deleted"], planned["problems"]) == ([], [], [])
    assert 0 < planned["new_bytes"] <= planned["bytes"]
    assert {request.split(" ")[0] for request in hub.requests[before:]} <= {"GET", "HEAD"}


def test_a_release_that_does_not_verify_is_never_sent(
    hub: Hub, client: Client, release: Path, name: str, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(release, damaged)
    with (damaged / small_release.SHARD).open("r+b") as stream:
        stream.write(b"\0")
    before = len(hub.requests)
    for options in ([], ["--dry-run"], ["--force"]):
        done = push(client, damaged, name, *options, code=9)
        assert f"{damaged} is not sent: " in done.stderr and small_release.SHARD in done.stderr
    assert hub.requests[before:] == []


def _quoted(text: str) -> str:
    return text.replace('config_name: "fr"', "config_name: no")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_quoted, "README.md: $.configs[1].config_name: quote 'no', YAML reads it as False"),
        (
            lambda text: text.replace("data/fr/*/", "data/de/*/"),
            "'fr': the release has no file data/de/*/*.arrow",
        ),
        (lambda text: "# No YAML\n", "README.md: the file must start with a line `---`"),
    ],
)
def test_a_readme_that_the_hub_would_refuse_or_misread_is_refused_before(
    hub: Hub, client: Client, name: str, tmp_path: Path, change: Any, says: str
) -> None:
    release = small_release.make(tmp_path / "release", readme=change)
    done = push(client, release, name, code=2)
    assert says in done.stderr
    assert name not in hub.repositories


def test_a_readme_has_a_limit(hub: Hub, client: Client, name: str, tmp_path: Path) -> None:
    def pad(text: str, *, size: int) -> str:
        return text + "x" * (size - len(text.encode()))

    largest = small_release.make(tmp_path / "largest", readme=lambda text: pad(text, size=60_000))
    larger = small_release.make(tmp_path / "larger", readme=lambda text: pad(text, size=60_001))
    assert "README.md: 60,001 bytes, at most 60,000" in push(client, larger, name, code=2).stderr
    assert name not in hub.repositories
    push(client, largest, name)


def test_what_the_hub_says_of_a_readme_ends_a_push_before_it_begins(
    hub: Hub, client: Client, release: Path, name: str
) -> None:
    hub.refuses_yaml.append('"size_categories" must be one of a list')
    try:
        done = push(client, release, name, code=2)
    finally:
        hub.refuses_yaml.clear()
    assert '"size_categories" must be one of a list' in last_line(done)
    hub.max_readme_bytes = 1000
    try:
        done = push(client, release, name, code=1)
    finally:
        hub.max_readme_bytes = 1 << 20
    assert last_line(done).startswith(
        f"rhizotron: {name}: validate README.md: the Hub refuses the request as too"
    )
    assert name not in hub.repositories


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "headers": AT_ONCE},
        {"status": 504, "headers": AT_ONCE, "carried_out": True},
        {"status": 429, "headers": AT_ONCE, "times": 3},
        {"status": 0},
        {"status": 0, "carried_out": True},
    ],
    ids=["503", "504 though done", "429", "broken", "broken though done"],
)
def test_a_commit_that_fails_is_tried_again_and_made_once(
    hub: Hub, client: Client, release: Path, name: str, fault: Mapping[str, Any]
) -> None:
    hub.faults.append(Fault(COMMIT, **fault))
    done = push(client, release, name, "--json")
    assert "trying again in" in done.stderr
    assert commits(hub, name) == 1
    assert hub.repositories[name].tags == {"1.0.0": hub.repositories[name].branches["main"]}
    assert there(hub, name, "1.0.0") == digests(release)


@pytest.mark.parametrize(
    "request_line",
    [
        "POST /api/repos/create",
        "PUT .*/settings",
        "POST .*/tag/.*",
        "GET .*/tree/.*",
        "POST .*/preupload/.*",
        "GET .*/xet-write-token/.*",
    ],
)
def test_any_other_request_is_tried_again_and_nothing_done_twice(
    hub: Hub, client: Client, release: Path, name: str, request_line: str
) -> None:
    hub.faults.append(Fault(request_line, status=503, headers=AT_ONCE, carried_out=True))
    push(client, release, name, "--gated", "auto")
    assert commits(hub, name) == 1 and there(hub, name, "1.0.0") == digests(release)


def test_a_hub_that_stays_away_is_named_after_all_tries(
    hub: Hub, client: Client, release: Path, name: str
) -> None:
    hub.faults.append(Fault("POST /api/repos/create", status=503, times=6, headers=AT_ONCE))
    done = push(client, release, name, code=1)
    assert last_line(done) == (
        f"rhizotron: {name}: create it, tried 6 times: the Hub answers 503: as ordered: "
        "run the same command later, what is uploaded stays"
    )


@pytest.mark.parametrize("status", [None, 503], ids=["412", "503, then it has moved"])
def test_who_committed_meanwhile_is_named_and_nothing_is_mixed(
    hub: Hub, client: Client, release: Path, rewritten: Path, name: str, status: int | None
) -> None:
    push(client, release, name)
    repository = hub.repositories[name]

    def commit_notes() -> None:
        head = repository.commits[repository.branches["main"]]
        files = {**head.files, "notes.txt": Blob.of(b"mine")}
        repository.point("main", repository.add(files, parent=head.oid, title="Add notes", author="bo\x1bb"))

    hub.faults.append(Fault(COMMIT, status=status, headers=AT_ONCE, before=commit_notes))
    done = push(client, rewritten, name, code=1)
    head = repository.branches["main"]
    assert last_line(done) == (
        f"rhizotron: {name}: main has moved since this was planned, to {head[:7]} 'Add notes' by bo␛b: "
        "nothing was committed; run the same command to plan anew"
    )
    assert "1.0.1" not in repository.tags and repository.commits[head].title == "Add notes"
    assert push(client, rewritten, name, "--json").json["deleted"] == 1
    assert there(hub, name, "1.0.1") == digests(rewritten)


def test_other_content_is_refused_and_replaced_by_force(
    hub: Hub, client: Client, release: Path, name: str, tmp_path: Path
) -> None:
    push(client, small_release.make(tmp_path / "other", name="other", version="0.1.0"), name)
    done = push(client, release, name, code=2)
    assert "holds the corpus 'other', which a push of 'small' would replace" in last_line(done)
    repository = hub.repositories[name]
    head = repository.commits[repository.branches["main"]]
    files = {"README.md": Blob.of(b"# Something else\n"), "rows.csv": Blob.of(b"a\n1\n")}
    repository.point("main", repository.add(files, parent=head.oid, title="Mine", author="bob"))
    done = push(client, release, name, "--dry-run", code=2)
    assert "holds 2 files without a manifest of ours" in last_line(done)
    push(client, release, name, "--force")
    assert there(hub, name, "1.0.0") == digests(release)


def test_a_tag_keeps_its_content(hub: Hub, client: Client, release: Path, rewritten: Path, name: str) -> None:
    push(client, release, name)
    done = push(client, rewritten, name, "--tag", "1.0.0", code=2)
    assert "tag 1.0.0 is another content" in last_line(done)
    assert commits(hub, name) == 1
    push(client, rewritten, name, "--tag", "v1.1")
    assert there(hub, name, "v1.1") == digests(rewritten) and there(hub, name, "1.0.0") == digests(release)


def test_a_token_without_rights_is_told_in_one_line(
    hub: Hub, client: Client, release: Path, rewritten: Path, name: str
) -> None:
    arguments = ("push", release, "--to", name)
    done = client.run(*arguments, token="hf_reader")
    assert done.exit_code == 1
    assert last_line(done) == (
        f"rhizotron: {name}: create it: the token has no right to do that (403: You don't have the rights to "
        f"create under lab): set HF_TOKEN to a token of {hub.url} that may write there"
    )
    done = client.run(*arguments, token=None)
    assert done.exit_code == 2
    assert last_line(done).startswith(
        f"rhizotron: {name}: there is no token: set HF_TOKEN to one of {hub.url}"
    )
    push(client, release, name)
    done = client.run("push", rewritten, "--to", name, token="hf_reader")
    assert done.exit_code == 1
    assert "the token has no right to do that (403" in last_line(done)
    assert commits(hub, name) == 1


def test_a_token_that_xet_refuses_is_told_at_once(hub: Hub, client: Client, release: Path, name: str) -> None:
    hub.faults.append(Fault("GET .*/xet-write-token/.*", status=403))
    done = push(client, release, name, code=1)
    assert f"the token has no right to do that (403): set HF_TOKEN to a token of {hub.url}" in last_line(done)
    assert commits(hub, name) == 0


def test_what_cards_say_against_publication_keeps_a_repository_private(
    hub: Hub, client: Client, name: str, tmp_path: Path
) -> None:
    sources = small_release.manifest_of(small_release.STORED)["sources"]
    sources["health_json"]["obstacles"] = ["health_json: access_tier is internal"]
    path = "cards/sources/health_json.md"
    card = (small_release.STORED / path).read_text("utf-8").replace("tier: open", "tier: internal")
    release = small_release.make(
        tmp_path / "release", changes={"sources": sources}, more={path: card.encode()}
    )
    done = push(client, release, name, "--public", code=2)
    assert "health_json: access_tier is internal" in last_line(done)
    push(client, release, name)
    repository = hub.repositories[name]
    assert repository.private and repository.gated == "manual"
    push(client, release, name, "--public", "--force")
    assert not repository.private


@pytest.mark.parametrize(("tier", "gate"), [("open", False), ("gated", "manual")])
def test_the_access_tier_of_a_source_card_gates(
    hub: Hub, client: Client, name: str, tmp_path: Path, tier: str, gate: str | bool
) -> None:
    path = "cards/sources/health_json.md"
    card = (
        (small_release.STORED / path).read_text("utf-8").replace("access_tier: open", f"access_tier: {tier}")
    )
    push(client, small_release.make(tmp_path / "release", more={path: card.encode()}), name)
    assert hub.repositories[name].gated == gate


def test_a_form_in_the_readme_gates_and_an_open_release_may_be_public(
    hub: Hub, client: Client, release: Path, name: str, tmp_path: Path
) -> None:
    form = small_release.make(
        tmp_path / "form", readme=lambda text: text.replace("---\n", '---\nextra_gated_prompt: "Agree."\n', 1)
    )
    push(client, form, name, "--public")
    repository = hub.repositories[name]
    assert repository.gated == "manual" and not repository.private
    assert repository.events.index("gated manual") < repository.events.index("data")
    push(client, form, name, "--private")
    assert repository.private
    push(client, release, f"{name}-open", "--public")
    assert not hub.repositories[f"{name}-open"].gated and not hub.repositories[f"{name}-open"].private


def test_many_files_go_through_one_pull_request_that_a_killed_push_leaves_to_the_next(
    hub: Hub, client: Client, name: str, tmp_path: Path
) -> None:
    files = {f"cards/more/{number:03}.md": b"%d\n" % number for number in range(300)}
    release = small_release.make(tmp_path / "many", more=files)
    asked = threading.Event()
    hub.faults.append(Fault(COMMIT, skip=1, hangs=asked))
    with start_client(url=hub.url, home=tmp_path / "home") as killed:
        killed.start("push", release, "--to", name)
        assert asked.wait(60)
        killed.kill()
    repository = hub.repositories[name]
    assert commits(hub, name) == 0 and repository.tags == {}
    assert len(there(hub, name, "refs/pr/1")) == 250
    done = push(client, release, name, "--json").json
    assert (done["pull_request"], [*repository.pulls], repository.pulls[1].status) == (1, [1], "merged")
    assert repository.tags == {"1.0.0": done["commit"]} and repository.pulls[1].merged_as == done["commit"]
    assert there(hub, name, "1.0.0") == digests(release)


def test_a_pull_request_may_be_asked_for(hub: Hub, client: Client, release: Path, name: str) -> None:
    hub.faults.append(Fault("POST .*/merge", status=504, headers=AT_ONCE, carried_out=True))
    done = push(client, release, name, "--pull-request", "--json").json
    assert hub.repositories[name].pulls[done["pull_request"]].status == "merged"
    assert there(hub, name, "1.0.0") == digests(release)


def test_a_push_that_was_killed_after_its_upload_sends_no_byte_twice(
    hub: Hub, name: str, tmp_path: Path
) -> None:
    release = small_release.make(tmp_path / "release", more={"more.parquet": b"of this test" * 5000})
    asked = threading.Event()
    hub.faults.append(Fault(COMMIT, hangs=asked))
    with start_client(url=hub.url, home=tmp_path / "home", xet=False) as killed:
        killed.start("push", release, "--to", name)
        assert asked.wait(60)
        killed.kill()
    sent = [*hub.repositories[name].uploads]
    with start_client(url=hub.url, home=tmp_path / "home", xet=False) as client:
        push(client, release, name)
    assert len(sent) >= 1 and hub.repositories[name].uploads == sent
    assert commits(hub, name) == 1
    assert there(hub, name, "1.0.0") == digests(release)


def test_a_name_that_is_none_is_refused(hub: Hub, client: Client, release: Path) -> None:
    before = len(hub.requests)
    done = push(client, release, "corpus", "--dry-run", code=2)
    assert last_line(done) == "rhizotron: corpus is no dataset of the Hub: write OWNER/NAME"
    assert hub.requests[before:] == []
