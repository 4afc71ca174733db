"""Models of the Hub: pinned to a commit, downloaded once, checked, and usable without a network then."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fasttext
import pytest
from hub_server import Hub, serve

from filters.language_id import hub, label_tables
from filters.language_id.hub import HubFile, parse

COMMIT, OTHER = "74cb50b709c9eefe0f790030c6c95c461b4e3b77", "0" * 39 + "1"
GLOTLID = f"hf://cis-lmu/glotlid@{COMMIT}"
ROOT = Path(__file__).parents[3]
LINES = {
    "eng_Latn": "the root grows in the soil",
    "eml_Latn": "al radìs al crès int la tèra",  # a code that BCP-47 has retired: only the table knows it
    "cmn_Hani": "根 在 土 中 生长",
    "zxx_Latn": "ïðàâèëà ðàçâèòü õîðîøèé",
}
TAGS = ["egl", "en", "und", "zh"]

# Loads models one after the other and says what came of each, as a process of its own would.
CHILD = """
import json, sys, time
from filters.language_id import load_model, model_digest
time.sleep = lambda seconds: None  # huggingface_hub waits up to 23 s between its attempts
for name in sys.argv[1:]:
    try:
        found = {"tags": sorted(load_model(name).tags), "digest": model_digest(name)}
        assert load_model(name).digest == found["digest"]
    except (OSError, ValueError) as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))
print(json.dumps("huggingface_hub" in sys.modules))
"""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small classifier with labels of GlotLID."""
    folder = tmp_path_factory.mktemp("model")
    lines = "".join(f"__label__{label} {text}\n" for label, text in LINES.items()) * 20
    (folder / "train.txt").write_text(lines, "utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), dim=8, epoch=30, lr=0.5, bucket=200, minn=2, maxn=3, thread=1, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    return (folder / "model.bin").read_bytes()


@pytest.fixture
def server(content: bytes) -> Iterator[Hub]:
    files = {"model.bin": content, "old/model_v1.bin": content}
    with serve(Hub({"cis-lmu/glotlid": {COMMIT: files}}, gated=frozenset({"shy/model"}))) as started:
        yield started


def environment(cache: Path, *, endpoint: str, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HF_") and not name.lower().endswith("_proxy")
    }
    settings = {"HF_HOME": str(cache), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return {**kept, **settings, "PYTHONPATH": str(ROOT), **more}


def start(*models: str, environment: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, *models]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()[:-1]]


def load(*models: str, environment: dict[str, str]) -> list[dict[str, Any]]:
    return finish(start(*models, environment=environment))


def cached(cache: Path) -> list[Path]:
    """Files of the cache that hold bytes of a model, whole or not."""
    return [path for path in cache.rglob("*") if path.is_file() and path.stat().st_size > 1000]


def test_a_model_is_downloaded_once_for_all_processes(server: Hub, content: bytes, tmp_path: Path) -> None:
    env = environment(tmp_path, endpoint=server.url)
    processes = [start(GLOTLID, environment=env) for _ in range(3)]
    expected = {"tags": TAGS, "digest": hashlib.sha256(content).hexdigest()}
    assert [finish(process) for process in processes] == [[expected]] * 3
    assert server.downloads == 1
    assert len({path.resolve() for path in cached(tmp_path)}) == 1


def test_a_cached_model_needs_no_network(server: Hub, content: bytes, tmp_path: Path) -> None:
    env = environment(tmp_path, endpoint=server.url)
    first = load(f"{GLOTLID}/old/model_v1.bin", environment=env)
    before = list(server.requests)
    server.down = True
    assert load(f"{GLOTLID}/old/model_v1.bin", environment=env) == first
    assert load(f"{GLOTLID}/old/model_v1.bin", environment={**env, "HF_HUB_OFFLINE": "1"}) == first
    assert first == [{"tags": TAGS, "digest": hashlib.sha256(content).hexdigest()}]
    assert server.requests == before  # a commit cannot change: nothing is asked again


def test_what_the_hub_does_not_have_is_one_sentence(server: Hub, tmp_path: Path) -> None:
    asked = [
        f"hf://nobody/nothing@{COMMIT}/model.bin",
        f"hf://shy/model@{COMMIT}/model.bin",
        f"hf://cis-lmu/glotlid@{OTHER}",
        f"{GLOTLID}/model_v9.bin",
    ]
    answers = load(*asked, environment=environment(tmp_path, endpoint=server.url))
    repository, gated, commit, file = (each["error"] for each in answers)
    assert repository == (
        f"HubError: {asked[0]} is not at {server.url}: no such repository, or a private one that needs "
        "HF_TOKEN"
    )
    assert gated == (
        f"HubError: {asked[1]} is gated: accept its terms on its page at {server.url} and set HF_TOKEN"
    )
    assert commit == (
        f"HubError: {asked[2]}/model.bin is not at {server.url}: no such commit, branch or tag; "
        f"one that we know is {GLOTLID}/model.bin"
    )
    assert file == (
        f"HubError: {asked[3]} is not at {server.url}: no such file at this commit; the id may end in /file"
    )
    assert cached(tmp_path) == []


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    endpoint = "http://127.0.0.1:9"  # discard: nothing listens
    (answer,) = load(GLOTLID, environment=environment(tmp_path, endpoint=endpoint))
    assert answer["error"].startswith(
        f"HubError: {GLOTLID}/model.bin could not be downloaded from {endpoint} to {tmp_path / 'hub'} "
        "(ConnectError: "
    )
    assert answer["error"].endswith("): check the network and run again, or give the path of a file")
    assert "\n" not in answer["error"]


def test_a_hub_that_is_down_is_one_sentence(server: Hub, tmp_path: Path) -> None:
    server.down = True
    (answer,) = load(GLOTLID, environment=environment(tmp_path, endpoint=server.url))
    assert f"{GLOTLID}/model.bin could not be downloaded from {server.url} to" in answer["error"]
    assert "503" in answer["error"]
    assert "\n" not in answer["error"]


def test_offline_without_the_model_is_one_sentence(server: Hub, tmp_path: Path) -> None:
    env = environment(tmp_path, endpoint=server.url, HF_HUB_OFFLINE="1")
    (answer,) = load(GLOTLID, environment=env)
    assert answer["error"] == (
        f"HubError: {GLOTLID}/model.bin is not in the cache {tmp_path / 'hub'}, and HF_HUB_OFFLINE forbids "
        "to download: unset it for one run, or copy the cache of a machine that has the model"
    )
    assert server.requests == []


def test_an_interrupted_download_is_resumed(server: Hub, content: bytes, tmp_path: Path) -> None:
    server.cut_after, server.cuts = len(content) // 3, 2
    (answer,) = load(GLOTLID, environment=environment(tmp_path, endpoint=server.url))
    assert answer == {"tags": TAGS, "digest": hashlib.sha256(content).hexdigest()}
    assert server.downloads == 3


def test_a_download_that_fails_leaves_nothing_behind(server: Hub, content: bytes, tmp_path: Path) -> None:
    env = environment(tmp_path, endpoint=server.url)
    server.cut_after, server.cuts = 0, 1000
    (answer,) = load(GLOTLID, environment=env)
    assert f"HubError: {GLOTLID}/model.bin could not be downloaded from {server.url}" in answer["error"]
    assert "RemoteProtocolError" in answer["error"]
    assert cached(tmp_path) == []
    server.cuts = 0
    assert load(GLOTLID, environment=env) == [{"tags": TAGS, "digest": hashlib.sha256(content).hexdigest()}]


def test_other_bytes_than_the_hub_states_are_damage(server: Hub, content: bytes, tmp_path: Path) -> None:
    env = environment(tmp_path, endpoint=server.url)
    server.wrong = True
    (answer,) = load(GLOTLID, environment=env)
    (blob,) = {path.resolve() for path in cached(tmp_path)}
    found_digest, stated = hashlib.sha256(blob.read_bytes()).hexdigest(), hashlib.sha256(content).hexdigest()
    assert found_digest != stated == blob.name
    assert answer["error"].startswith(f"ValueError: {GLOTLID}/model.bin ({tmp_path}")
    assert answer["error"].endswith(
        f"is damaged: its SHA-256 is {found_digest}, the Hub states {stated}; delete {blob} and run again"
    )
    server.wrong = False
    blob.unlink()
    assert load(GLOTLID, environment=env) == [{"tags": TAGS, "digest": stated}]
    blob.write_bytes(content[:5000])  # and once more, now by a full disk or a hand
    (answer,) = load(GLOTLID, environment=env)
    assert f"the Hub states {stated}; delete {blob} and run again" in answer["error"]


def test_other_models_do_without_the_library(tmp_path: Path) -> None:
    process = start("lid.176", environment=environment(tmp_path, endpoint="http://127.0.0.1:9"))
    out, _ = process.communicate()
    assert json.loads(out.splitlines()[-1]) is False


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (GLOTLID, HubFile("cis-lmu/glotlid", COMMIT, "model.bin")),
        (f"{GLOTLID}/model_v2.bin", HubFile("cis-lmu/glotlid", COMMIT, "model_v2.bin")),
        (f"hf://CIS-LMU/GlotLID@{COMMIT}", HubFile("CIS-LMU/GlotLID", COMMIT, "model.bin")),
        (f"hf://me/my.lid-2@{OTHER}/a/b/c.ftz", HubFile("me/my.lid-2", OTHER, "a/b/c.ftz")),
        (f"hf://HPLT/OpenLID-v3@{OTHER}", HubFile("HPLT/OpenLID-v3", OTHER, "openlid-v3.bin")),
    ],
)
def test_ids_have_a_repository_a_commit_and_a_file(model: str, expected: HubFile) -> None:
    assert parse(model) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("hf://cis-lmu/glotlid", rf"names no commit, so .*: write for example {GLOTLID}/model.bin"),
        ("hf://cis-lmu/glotlid@", "names no commit"),
        ("hf://cis-lmu/glotlid/model.bin", "names no commit"),
        ("hf://cis-lmu/glotlid@main", "names main, which is not a whole commit"),
        ("hf://cis-lmu/glotlid@74cb50b", "names 74cb50b, which is not a whole commit"),
        (f"hf://cis-lmu/glotlid@{COMMIT.upper()}", "which is not a whole commit"),
        (f"hf://cis-lmu/glotlid@{COMMIT}0", "which is not a whole commit"),
        ("hf://me/mine@main/lid.bin", "write hf://owner/name@commit or hf://owner/name@commit/file"),
        (f"hf://me/mine@{COMMIT}", "names no file, and the repository is not one we know: add /model.bin"),
        (f"hf://me/mine@{COMMIT}/", "names no file"),
        (f"hf://me/mine@{COMMIT}/../secret", "names no file of a repository"),
        (f"hf://me/mine@{COMMIT}/a//b", "names no file of a repository"),
        (f"hf://datasets/me/mine@{COMMIT}", "is no model of the Hub"),
        (f"hf://mine@{COMMIT}/model.bin", "is no model of the Hub"),
        ("hf://", "is no model of the Hub"),
    ],
)
def test_ids_that_are_not_pinned_or_no_ids_say_how_to_write_them(model: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        parse(model)
    assert str(raised.value).startswith(f"{model} ")


@pytest.mark.parametrize("repository", hub.KNOWN)
def test_known_repositories_are_pinned_to_themselves_and_have_a_table(repository: str) -> None:
    description = hub.KNOWN[repository]
    assert description.labels in label_tables.TABLES
    if description.pinned is not None:
        assert parse(description.pinned).description is description
        assert str(parse(description.pinned)) == description.pinned
