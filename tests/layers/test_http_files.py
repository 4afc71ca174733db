"""Files behind HTTP: the same bytes as on disk, whatever is read in which order, whatever the server."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from http_folder import HttpFolder, serve
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import storage
from layers.http_files import HttpFiles
from layers.http_ranges import LOOK, PLAN, RangeReader, at_most
from layers.listing import list_inputs

CONTENT = bytes(range(256)) * 4000  # more than two steps of a reader


@pytest.fixture(scope="module", params=[True, False], ids=["ranges", "whole files"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpFolder]:
    root = tmp_path_factory.mktemp("served")
    (root / "a file.bin").write_bytes(CONTENT)
    (root / "empty").write_bytes(b"")
    with serve(HttpFolder(root, has_ranges=request.param)) as folder:
        yield folder


@given(
    st.lists(st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(-1, 600_000)), min_size=1, max_size=6)
)
@settings(max_examples=15, deadline=None)
def test_bytes_are_those_on_disk(server: HttpFolder, reads: list[tuple[int, int]]) -> None:
    with storage.open_input(f"{server.url}/a file.bin") as stream:
        for start, size in reads:
            stream.seek(start)
            stop = len(CONTENT) if size < 0 else start + size
            assert stream.read(size) == CONTENT[start:stop]
            assert stream.tell() == min(max(start, stream.tell()), max(start, len(CONTENT)))


def test_size_mark_and_ranges(server: HttpFolder) -> None:
    url = f"{server.url}/a file.bin"
    mark = str((server.root / "a file.bin").stat().st_mtime_ns)
    assert storage.stat_file(url) == (len(CONTENT), f'"{mark}"')
    assert storage.read_range(url, start=1_023_990, stop=2_000_000) == CONTENT[1_023_990:]
    assert storage.read_bytes(f"{server.url}/empty") == b""
    assert storage.exists(url)
    assert not storage.exists(f"{server.url}/other")


def test_files_are_named_and_no_server_is_searched(server: HttpFolder) -> None:
    (file,) = list_inputs([f"{server.url}/empty"], root="").files
    assert (file.uri, file.size_bytes) == (f"{server.url}/empty", 0)
    with pytest.raises(FileNotFoundError, match="matches no file"):
        list_inputs([f"{server.url}/other"], root="")
    with pytest.raises(OSError, match="a server of HTTP lists no files"):
        list_inputs([f"{server.url}/*.gz"], root="")


@pytest.mark.parametrize("fault", ["503", "429", "stall", "reset"])
@pytest.mark.parametrize("has_ranges", [True, False])
def test_what_may_pass_is_asked_again(tmp_path: Path, fault: str, has_ranges: bool) -> None:
    (tmp_path / "x").write_bytes(CONTENT)
    waits: list[float] = []
    reader = RangeReader(timeout_seconds=0.5, host_interval_seconds=0, sleep=waits.append)
    with (
        serve(HttpFolder(tmp_path, has_ranges=has_ranges)) as folder,
        HttpFiles(reader, skip_instance_cache=True).open(f"{folder.url}/x") as stream,
    ):
        folder.faults[:] = [fault] if has_ranges else ["", fault]
        assert stream.read() == CONTENT
    assert waits == [1]


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("404", FileNotFoundError, "status 404"),
        ("403", FileNotFoundError, "status 403"),
        ("400", OSError, "status 400"),
        ("no length", OSError, "does not say how long"),
    ],
)
def test_what_is_said_for_good_is_an_error(
    tmp_path: Path, fault: str, kind: type[OSError], message: str
) -> None:
    (tmp_path / "x").write_bytes(b"some")
    with (
        serve(HttpFolder(tmp_path, has_ranges=False, faults=[fault])) as folder,
        pytest.raises(kind, match=message),
    ):
        storage.stat_file(f"{folder.url}/x")


def test_the_patience_of_somebody_who_stops_first_ends_alone(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"some")
    first, second = ExitStack(), ExitStack()
    first.enter_context(at_most(LOOK))
    with serve(HttpFolder(tmp_path, faults=["503"] * 3)) as folder, second:
        second.enter_context(at_most(PLAN))
        first.close()
        with pytest.raises(OSError, match="2 tries failed"):
            RangeReader(sleep=lambda _: None).stat(f"{folder.url}/x")
