"""Lists of paths, as Common Crawl has them: each path is a file of the source, from wherever it comes."""

import gzip
import hashlib
import os
import re
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_corpus
import source_files_warc as files
from click.testing import CliRunner
from http_folder import HttpFolder, serve

import sources.warc as warc
from layers import http_ranges
from layers.entries import Unit
from layers.listing import Skipped
from pipeline.cli import main
from pipeline.errors import InputChanged
from pipeline.inspect.status import Watch
from pipeline.plan.make import make_plan, write_units
from pipeline.stages.ingest import ingest_unit
from pipeline.stages.publish.manifest import released_config
from pipeline.stages.reading import Reading
from pipeline.stages.units import cut_units
from sources.base import RecordLog, SourceSpec
from sources.reading import listing
from sources.reading.contract import read_all
from sources.reading.listing import list_files
from sources.reading.warc_index import find_index

FOLDER = "crawl-data/CC-MAIN-2024-10/segments/1708/wet"
NAMES = [f"{FOLDER}/CC-MAIN-{number}.warc.wet.gz" for number in range(5)]
LIST = "".join(f"{name}\n" for name in NAMES).encode()


def records(number: int) -> list[bytes]:
    """Of one file: four texts."""
    return [files.plain(4 * number + each) for each in range(4)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    (root / FOLDER).mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (root / name).write_bytes(files.compress_each(records(number)))
    index = files.index_lines(records(3), name=NAMES[3].rpartition("/")[2])
    (root / f"{NAMES[3]}.cdxj").write_bytes(index)
    return root


@pytest.fixture(scope="module")
def server(archive: Path) -> Iterator[HttpFolder]:
    with serve(HttpFolder(archive)) as folder:
        yield folder


def spec_for(folder: Path, content: bytes = LIST, *, name: str = "wet.paths", archive: str) -> SourceSpec:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return SourceSpec("test", "warc", str(folder), "CC0-1.0", options={"archive": archive})


def without_containers(read: dict[str, Any]) -> list[dict[str, Any]]:
    return [row | {"container": row["container"].rpartition("/")[2]} for row in read["documents"]]


def test_each_path_is_a_file_of_the_source_wherever_it_lies(
    tmp_path: Path, archive: Path, server: HttpFolder
) -> None:
    direct = read_all(SourceSpec("test", "warc", str(archive), "CC0-1.0"), NAMES)
    assert len(direct["documents"]) == 20
    places = {
        "server": (server.url, f"{server.url}/{NAMES[0]}"),
        "server/": (f"{server.url}/", f"{server.url}/{NAMES[0]}"),
        "folder": (str(archive), f"{archive}/{NAMES[0]}"),
        "store": (f"file://{archive}", f"file://{archive}/{NAMES[0]}"),
        "relative": (os.path.relpath(archive, tmp_path / "relative"), None),
    }
    for case, (place, container) in places.items():
        spec = spec_for(tmp_path / case.rstrip("/"), name="wet.paths.gz", archive=place)
        read = read_all(spec, ["wet.paths.gz"])
        assert without_containers(read) == without_containers(direct), case
        assert container in (None, read["documents"][0]["container"])
    (archive / "wet.paths").write_bytes(LIST)
    own = spec_for(archive, archive=".")
    assert read_all(own, ["wet.paths"]) == direct
    assert read_all(replace(own, options={"archive": str(archive)}), ["wet.paths"]) == direct


def test_a_listed_file_is_split_by_its_index(tmp_path: Path, server: HttpFolder) -> None:
    spec = replace(spec_for(tmp_path, archive=server.url), unit_bytes=300)
    listed = list_files(["wet.paths"], spec=spec).files
    spans = {file.uri.rpartition("-")[2]: list(warc.split(file, spec=spec)) for file in listed}
    assert [name for name, each in spans.items() if len(each) > 1] == ["3.warc.wet.gz"]
    whole = replace(spec, unit_bytes=1 << 20)
    assert read_all(spec, ["wet.paths"]) == read_all(whole, ["wet.paths"])


def test_a_list_may_be_behind_http_too(tmp_path: Path, archive: Path, server: HttpFolder) -> None:
    (archive / "wet.paths.gz").write_bytes(gzip.compress(LIST))
    spec = SourceSpec("test", "warc", str(tmp_path), "CC0-1.0", options={"archive": server.url})
    listing = list_files([f"{server.url}/wet.paths.gz"], spec=spec)
    assert [file.uri for file in listing.files] == [f"{server.url}/{name}" for name in NAMES]
    assert [file.size_bytes for file in listing.files] == [(archive / name).stat().st_size for name in NAMES]
    sha256 = hashlib.sha256((archive / "wet.paths.gz").read_bytes()).hexdigest()
    assert [each.sha256 for each in listing.lists] == [sha256]


def test_a_file_is_read_once_however_often_it_is_named(archive: Path) -> None:
    (archive / "twice.paths").write_bytes(b"\r\n" + LIST.replace(b"\n", b"\r\n") + NAMES[0].encode())
    spec = SourceSpec("test", "warc", str(archive), "CC0-1.0", options={"archive": "."})
    listing = list_files(["twice.paths", NAMES[1]], spec=spec)
    assert [file.uri for file in listing.files] == NAMES
    assert listing.skipped == (Skipped(NAMES[0], "same_file"), Skipped(NAMES[1], "same_file"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a/x.warc.gz\n/etc/x.warc\n", "bad.paths, line 2: /etc/x.warc lies outside of data"),
        (b"../x.warc.gz\n", "line 1: ../x.warc.gz lies outside of data"),
        (b"https://elsewhere.example/x.warc.gz\n", "lies outside of data"),
        (b"other.paths.gz\n", "is a list itself"),
        (b"\x89PNG\r\n\x1a\n\0", "line 1: 'utf-8' codec"),
        (b"a\0b\n", "line 1: 'a\\\\x00b' is no path"),
        (b"x" * 5000, "is no path"),
        (b"\n \n", "bad.paths names no file"),
        (b"", "bad.paths names no file"),
        (b"a/x.warc.gz\nb.warc.gz\n", "names 2 file.s. that are not there: data/a/x.warc.gz, data/b.warc.gz"),
    ],
)
def test_a_list_that_cannot_be_followed_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    spec = spec_for(tmp_path, content, name="bad.paths", archive="data")
    with pytest.raises(OSError, match=message):
        list_files(["bad.paths"], spec=spec)


def test_a_part_of_a_list_is_not_read(tmp_path: Path) -> None:
    spec = spec_for(tmp_path, archive="data")
    (tmp_path / "wet.paths.gz").write_bytes(gzip.compress(LIST)[:-12])
    with pytest.raises(OSError, match=r"ends inside the gzip member.*a part of a list is not read"):
        list_files(["wet.paths.gz"], spec=spec)


def test_a_listed_file_that_is_gone_when_it_is_read_is_named(tmp_path: Path, archive: Path) -> None:
    with serve(HttpFolder(archive)) as folder:
        spec = spec_for(tmp_path, archive=folder.url)
        planned, *_ = cut_units(list_files(["wet.paths"], spec=spec).files, spec=spec, limit=None)
        folder.root = tmp_path
        reading = Reading(planned, spec=spec, write_rejected=lambda _: None)
        with pytest.raises(InputChanged, match=f"{folder.url}/{NAMES[0]} was planned and is gone"):
            list(reading.batches())


def write_corpus(folder: Path, *, archive: str) -> Path:
    source = {
        "card": "health_text",
        "type": "warc",
        "paths": ["data/wet.paths"],
        "options": {"archive": archive},
    }
    path = small_corpus.write_corpus(folder, changes={"sources": [source]})
    (folder / "data" / "wet.paths").write_bytes(LIST)
    return path


def test_a_list_is_an_input_of_the_plan(tmp_path: Path, server: HttpFolder) -> None:
    corpus = write_corpus(tmp_path, archive=server.url)
    plan = make_plan(corpus)
    assert [file.uri for unit in plan.units for file in unit.files] == [f"{server.url}/{n}" for n in NAMES]
    facts = {"uri": "data/wet.paths", "bytes": len(LIST), "sha256": hashlib.sha256(LIST).hexdigest()}
    released: dict[str, Any] = released_config(plan.job)
    assert [source["path_lists"] for source in released["sources"]] == [[facts | {"files": 5}]]


def test_a_missing_file_is_an_error_of_the_plan(tmp_path: Path, server: HttpFolder) -> None:
    corpus = write_corpus(tmp_path, archive=server.url)
    (tmp_path / "data" / "wet.paths").write_bytes(LIST + b"crawl-data/other.warc.wet.gz\n")
    result = CliRunner().invoke(main, ["plan", str(corpus)])
    assert result.exit_code == 2
    missing = f"data/wet.paths names 1 file(s) that are not there: {server.url}/crawl-data/other.warc.wet.gz"
    assert f"$.sources[0].paths: {missing}" in result.output


def test_peek_asks_for_no_more_than_it_shows(tmp_path: Path, server: HttpFolder) -> None:
    corpus = write_corpus(tmp_path, archive=server.url)
    server.asked.clear()
    result = CliRunner().invoke(main, ["peek", str(corpus), "health_text", "-n", "2"], catch_exceptions=False)
    assert "seen: 12 documents in 3 of 5 file(s)" in result.output
    assert {path.lstrip("/") for path, _ in server.asked} == {NAMES[0], NAMES[2], NAMES[4]}


def test_plan_asks_for_some_files_of_a_list_and_a_run_for_each_once(
    tmp_path: Path, server: HttpFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_ASKED_FILES", 3)
    corpus = write_corpus(tmp_path, archive=server.url)
    server.asked.clear()
    result = CliRunner().invoke(main, ["plan", str(corpus)], catch_exceptions=False)
    assert f"data/wet.paths: asking for the sizes of 3 files, as {server.url}/{NAMES[0]}" in result.output
    assert "health_text: 2 files are taken for as large as the mean of 3 others" in result.output
    assert {path.lstrip("/") for path, _ in server.asked} == {NAMES[0], NAMES[2], NAMES[4]}
    server.asked.clear()
    planned = make_plan(corpus)
    assert sorted(path.lstrip("/") for path, _ in server.asked) == NAMES
    sizes = {file.uri: file.size_bytes for unit in planned.units for file in unit.files}
    guess = make_plan(corpus, asking=listing.Asking(max_files=3))
    guessed = {file.uri: (file.size_bytes, file.mark) for unit in guess.units for file in unit.files}
    assert guessed.keys() == sizes.keys()
    mean = sum(sizes[f"{server.url}/{NAMES[place]}"] for place in (0, 2, 4)) // 3
    assert [guessed[f"{server.url}/{NAMES[place]}"] for place in (1, 3)] == [(mean, "")] * 2


def test_files_that_are_asked_are_spread_over_the_list() -> None:
    names = [str(number) for number in range(101)]
    assert listing.choose_evenly(names, count=5) == ["0", "25", "50", "75", "100"]
    assert listing.choose_evenly(names, count=1) == ["0"]
    assert listing.choose_evenly(names[:3], count=3) == names[:3]


@pytest.mark.parametrize("count", [50, 100])
def test_a_file_of_a_list_costs_one_question(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number % 10}/{number}.warc" for number in range(count)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    spec = spec_for(tmp_path, "\n".join(names).encode(), archive=".")
    asked: Counter[str] = Counter()
    ask = os.stat

    def count_stat(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        asked[str(path)] += 1
        return ask(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", count_stat)
    cut_units(list_files(["wet.paths"], spec=spec).files, spec=spec, limit=None)
    assert {asked[str(tmp_path / name)] for name in names} == {1}
    assert asked.total() <= count + 50


def test_a_server_without_indexes_is_asked_for_those_of_its_first_files(tmp_path: Path) -> None:
    with serve(HttpFolder(tmp_path)) as server:
        urls = [f"{server.url}/folder-{number}/a.warc.gz" for number in range(40)]
        assert [find_index(url, source="a") for url in urls] == [None] * 40
    assert {path.split("/")[1] for path, _ in server.asked} == {f"folder-{number}" for number in range(16)}
    assert len(server.asked) == 16 * 12


def test_questions_about_a_run_ask_no_server_for_what_the_run_asked(tmp_path: Path, archive: Path) -> None:
    copy = shutil.copytree(archive, tmp_path / "archive")
    with serve(HttpFolder(copy)) as folder:
        corpus = write_corpus(tmp_path, archive=folder.url)
        text = corpus.read_text("utf-8")
        corpus.write_text(re.sub(r"unit_bytes: \d+", "unit_bytes: 600", text), "utf-8")
        plan = make_plan(corpus)
        write_units(plan)
        assert len(plan.units) > len(NAMES)
        for unit in plan.units:
            ingest_unit(unit, job=plan.job)
        folder.asked.clear()
        for question in (["status"], ["dropped", "--stage", "ingest"], ["explain", "0"]):
            CliRunner().invoke(main, [question[0], str(corpus), *question[1:]], catch_exceptions=False)
        recalled = make_plan(corpus, asking=listing.AS_LAST_RUN)
        assert folder.asked == []
        assert recalled.units == plan.units
        assert Watch(recalled).update()["ingest"].complete
        (tmp_path / "data" / "wet.paths").write_bytes(LIST + b"new.warc.gz\n")
        (copy / "new.warc.gz").write_bytes((copy / NAMES[0]).read_bytes())
        more = make_plan(corpus, asking=listing.AS_LAST_RUN)
        assert {path[:5] for path, _ in folder.asked} == {"/new."}
        assert {unit.unit.uri for unit in more.units} - {unit.unit.uri for unit in plan.units} == {
            f"{folder.url}/new.warc.gz"
        }


def test_a_source_is_asked_for_indexes_whatever_others_on_the_server_have(server: HttpFolder) -> None:
    for number in range(20):
        assert find_index(f"{server.url}/without-{number}/a.warc.gz", source="first") is None
    indexed = f"{server.url}/{NAMES[3]}"
    assert find_index(indexed, source="first") is None
    assert find_index(indexed, source="second") == f"{indexed}.cdxj"


def test_what_is_said_of_an_index_does_not_change_with_what_else_was_asked(server: HttpFolder) -> None:
    indexed, server_url = f"{server.url}/{NAMES[3]}", f"http://localhost:{server.url.rpartition(':')[2]}"
    assert find_index(indexed, source="a") == f"{indexed}.cdxj"
    assert find_index(f"{server_url}/0/a.warc.gz", source="a") is None
    for number in range(20):
        find_index(f"{server_url}/{number}/a.warc.gz", source="a")
        find_index(f"{server.url}/other-{number}/a.warc.gz", source="a")
    assert find_index(indexed, source="a") == f"{indexed}.cdxj"


def test_a_unit_of_a_list_reads_as_a_file_does(tmp_path: Path, server: HttpFolder) -> None:
    spec = spec_for(tmp_path, archive=server.url)
    log = RecordLog(Unit("test", f"{server.url}/{NAMES[2]}"))
    rows = [row for batch in warc.read(log.unit, spec=spec, log=log) for row in batch.to_pylist()]
    assert {row["container"] for row in rows} == {f"{server.url}/{NAMES[2]}"}
    assert log.input is not None
    assert log.input.finish()[0] == hashlib.sha256(files.compress_each(records(2))).hexdigest()


def test_plan_asks_a_server_that_says_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = http_ranges.Patience(tries=2, silence_seconds=0.2, answer_seconds=0.2)
    monkeypatch.setattr(http_ranges, "PLAN", patience)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        corpus = write_corpus(tmp_path, archive=url)
        result = CliRunner().invoke(main, ["plan", str(corpus)])
    assert result.exit_code == 2
    assert f"asking for the sizes of 5 files, as {url}/{NAMES[0]}" in result.output
    assert "2 tries failed, the last by TimeoutError" in result.output
    assert "data/wet.paths leads there: is its archive the right one?" in result.output


def test_peek_asks_a_server_that_says_nothing_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        corpus = write_corpus(tmp_path, archive=url)
        result = CliRunner().invoke(main, ["peek", str(corpus), "health_text"])
        assert result.exit_code == 2
        assert f"{url}/{NAMES[0]}: 1 tries failed, the last by TimeoutError" in result.output
        silent.settimeout(0.1)
        silent.accept()[0].close()
        with pytest.raises(TimeoutError):
            silent.accept()
