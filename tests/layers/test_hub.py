"""Datasets of the Hub: pinned, listed with their digests, read from the cache; errors are one sentence."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hub_server import Hub, go_offline, point_at, serve
from huggingface_hub import constants

from layers import hub, storage
from layers.hub import Revision
from layers.hub_errors import HubError
from layers.inputs import ChangedInput, DigestingReader, check_unchanged
from layers.listing import list_inputs

NAME, COMMIT, OTHER = "me/tales", "a1" * 20, "b2" * 20
ROOT = f"hf://datasets/{NAME}@{COMMIT}"
LARGE = random.Random(0).randbytes(hub.RANGED_BYTES + 100_000)
FILES = {
    "README.md": b"# Tales\n",
    "texts/a.txt": b"first\n",
    "texts/b.txt": b"second " * 1000,
    "texts/deep/c[1].txt": b"third",
    "big.bin": LARGE,
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    repositories = {f"datasets/{NAME}": {COMMIT: dict(FILES), OTHER: {"other.txt": b"x"}}}
    with serve(Hub(repositories, branches={f"datasets/{NAME}": {"main": OTHER, "v1": COMMIT}})) as started:
        point_at(started, cache=tmp_path / "cache", monkeypatch=monkeypatch)
        yield started


def message(act: Callable[[], object]) -> str:
    with pytest.raises(HubError) as caught:
        act()
    return str(caught.value)


def test_a_dataset_is_listed_and_read_as_a_folder_is(server: Hub, tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / "local" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / name).write_bytes(content)
    for patterns in (["**/*"], ["texts/*.txt"], ["texts/**/*.txt", "big.bin"], ["README.md"]):
        local = list_inputs(patterns, root=str(tmp_path / "local"))
        listed = list_inputs(patterns, root=ROOT)
        assert [(file.uri, file.size_bytes) for file in listed.files] == [
            (file.uri, file.size_bytes) for file in local.files
        ]
    assert {file.uri: file.size_bytes for file in storage.list_files(ROOT)} == {
        name: len(content) for name, content in FILES.items()
    }
    assert server.downloads == 0  # a list needs no content
    assert {name: storage.read_bytes(f"{ROOT}/{name}") for name in FILES} == FILES
    assert server.downloads - len(FILES) < 6  # of the large one ranges came before
    before = list(server.requests)
    assert {name: storage.read_bytes(f"{ROOT}/{name}") for name in FILES} == FILES
    assert DigestingReader(f"{ROOT}/big.bin", start=5).finish()[1] == len(LARGE) - 5
    assert server.requests == before
    with pytest.raises(FileNotFoundError, match=r"'\*.json' matches no file"):
        list_inputs(["*.json"], root=ROOT)
    with pytest.raises(FileNotFoundError):
        storage.open_input(f"{ROOT}/none.txt")


def test_an_end_is_read_without_the_file(server: Hub) -> None:
    with storage.open_input(f"{ROOT}/big.bin") as stream:
        stream.seek(-1000, 2)
        assert stream.read() == LARGE[-1000:]
        stream.seek(10)
        assert stream.read(10) == LARGE[10:20]
    assert storage.read_range(f"{ROOT}/big.bin", start=7, stop=9) == LARGE[7:9]
    assert hub.list_uncached(ROOT, uris=["big.bin"]) == ["big.bin"]


def test_an_input_is_what_was_planned(server: Hub) -> None:
    file = list_inputs(["texts/b.txt"], root=ROOT).files[0]
    check_unchanged(f"{ROOT}/texts/b.txt", size_bytes=file.size_bytes, mark=file.mark)
    with pytest.raises(ChangedInput, match="was written to"):
        check_unchanged(f"{ROOT}/texts/b.txt", size_bytes=file.size_bytes, mark="0" * 64)
    with pytest.raises(ChangedInput, match="is gone"):
        check_unchanged(f"{ROOT}/texts/x.txt", size_bytes=1, mark=file.mark)


@pytest.mark.parametrize(
    "name", ["texts/a.txt", "texts/b.txt", "big.bin"]
)  # named by Git, by SHA-256, in ranges
def test_other_bytes_than_those_of_the_commit_are_refused(server: Hub, name: str) -> None:
    server.wrong = True
    wrong = message(lambda: storage.read_bytes(f"{ROOT}/{name}"))
    assert "is not what the commit's list of files says" in wrong
    server.wrong = False
    Path(wrong.split("delete ")[1].removesuffix(" and run again")).unlink()
    assert storage.read_bytes(f"{ROOT}/{name}") == FILES[name]


def test_what_was_read_needs_no_network(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.read_bytes(f"{ROOT}/texts/a.txt")
    before = list(server.requests)
    go_offline(monkeypatch)
    assert storage.read_bytes(f"{ROOT}/texts/a.txt") == FILES["texts/a.txt"]
    hub.check_cached(ROOT, uris=["texts/a.txt"])
    fix = (
        f"not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids to download: unset it for "
        "one run, or copy the cache of a machine that has all of them"
    )
    assert message(lambda: hub.check_cached(ROOT, uris=["README.md", "texts/a.txt", "big.bin"])) == (
        f"{ROOT}: 2 file(s) {fix}: README.md, big.bin"
    )
    assert message(lambda: storage.open_input(f"{ROOT}/README.md")) == f"{ROOT}/README.md {fix}"
    other = f"hf://datasets/{NAME}@{OTHER}"
    assert message(lambda: list_inputs(["*"], root=other)) == f"{other}: the list of its files {fix}"
    assert server.requests == before


def test_only_a_whole_commit_is_read_and_the_commit_to_write_is_told(server: Hub) -> None:
    so = "so its files could change between two runs: write"
    asked = f"hf://datasets/{NAME}"
    cases = {
        f"{asked}@v1": f"{asked}@v1 names v1, which is not a whole commit, {so} {ROOT}, which it is now",
        f"{asked}@v1/texts/*.txt": (
            f"{asked}@v1 names v1, which is not a whole commit, {so} {ROOT}, which it is now"
        ),
        asked: f"{asked} names no commit, {so} {asked}@{OTHER}, which it is now",
        f"{asked}/data": f"{asked} names no commit, {so} {asked}@{OTHER}, which it is now",
        f"{asked}@{COMMIT[:7]}": (
            f"{asked}@{COMMIT[:7]} names {COMMIT[:7]}, which is not a whole commit, {so} "
            "hf://datasets/owner/name@commit, with a commit of 40 hexadecimal digits"
        ),
        "hf://datasets/tales": (
            "hf://datasets/tales is no dataset of the Hub: write hf://datasets/owner/name@commit, with a "
            "commit of 40 hexadecimal digits"
        ),
    }
    assert {url: message(partial(storage.open_filesystem, url)) for url in cases} == cases
    assert hub.find_revision(f"{NAME}@v1") == Revision(NAME, COMMIT, "2025-03-04")
    assert hub.find_revision(NAME) == Revision(NAME, OTHER, "2025-03-04")


def test_what_the_hub_does_not_give_is_one_sentence(server: Hub) -> None:
    nobody, later = f"hf://datasets/nobody/none@{COMMIT}", f"hf://datasets/{NAME}@{'c3' * 20}"
    assert message(lambda: storage.list_files(nobody)) == (
        f"{nobody} is not at {server.url}: no such dataset, or a private one that needs HF_TOKEN, on "
        "every worker"
    )
    assert message(lambda: storage.list_files(later)) == (
        f"{later} is not at {server.url}: no such commit, branch or tag"
    )
    storage.list_files(ROOT)
    server.withdrawn.add("texts/a.txt")
    assert message(lambda: storage.read_bytes(f"{ROOT}/texts/a.txt")) == (
        f"{ROOT}/texts/a.txt is not at {server.url}, though the commit's list of files has it"
    )
    server.gated = frozenset({f"datasets/{NAME}"})
    gated = f"is gated: accept its terms on its page at {server.url} and set HF_TOKEN, on every worker"
    for name in ("README.md", "big.bin"):
        assert message(partial(storage.read_bytes, f"{ROOT}/{name}")) == f"{ROOT}/{name} {gated}"
    server.down = True
    assert message(lambda: hub.find_revision(NAME)).startswith(
        f"hf://datasets/{NAME} could not be read from {server.url} ("
    )


def test_nothing_is_written_to_a_dataset(server: Hub) -> None:
    assert message(lambda: storage.open_filesystem(ROOT)[0].open(f"{ROOT}/new.txt", "wb")).endswith(
        "can only be read"
    )


@pytest.mark.parametrize("path", ["../up.txt", "/top.txt", "a//b.txt", "a/./b.txt", "a\\b.txt"])
def test_a_list_with_a_path_that_leaves_the_repository_is_refused(server: Hub, path: str) -> None:
    server.repositories[f"datasets/{NAME}"][COMMIT][path] = b"x"
    assert message(lambda: storage.list_files(ROOT)) == (
        f"{ROOT} lists {path!r}, which is no path in a repository"
    )
