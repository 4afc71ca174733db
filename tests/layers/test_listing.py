"""Inputs: every file once, by a path without links where there is one; what is skipped is said."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import storage
from layers.listing import OUTPUT_MARKER, Listing, Skipped, list_inputs, mark_output


def write(url: str, *paths: str) -> None:
    for path in paths:
        storage.write_bytes(storage.join(url, path), path.encode())


def uris(listing: Listing) -> list[str]:
    return [file.uri for file in listing.files]


def test_files_are_matched_relative_to_the_root_without_repeats(base: str) -> None:
    write(base, "folder/b.txt", "folder/a.txt", "folder/c.md", "folder/deep/er/d.txt")
    found = list_inputs(["folder/*.txt", "folder/a*"], root=base)
    assert [(file.uri, file.size_bytes) for file in found.files] == [
        ("folder/a.txt", len("folder/a.txt")),
        ("folder/b.txt", len("folder/b.txt")),
    ]
    assert found.skipped == ()
    everything = ["folder/a.txt", "folder/b.txt", "folder/c.md", "folder/deep/er/d.txt"]
    assert uris(list_inputs(["**/*"], root=base)) == everything
    assert uris(list_inputs(["**"], root=base)) == everything
    assert uris(list_inputs(["folder/**/*.txt"], root=base)) == [*everything[:2], everything[3]]
    assert uris(list_inputs(["folder/[ac].*"], root=base)) == ["folder/a.txt", "folder/c.md"]
    with pytest.raises(FileNotFoundError, match=r"'\*\.zip' matches no file"):
        list_inputs(["folder/*.txt", "*.zip"], root=base)


def test_outputs_their_trials_and_marked_folders_are_no_inputs(base: str) -> None:
    write(base, "in/a.md", "out/release/b.md", "out-trial-5/c.md", "out-trial-x/d.md", "outer/e.md")
    write(base, "elsewhere/release/f.md")
    mark_output(storage.join(base, "elsewhere"))
    found = list_inputs(["**/*.md"], root=base, outputs=[storage.join(base, "out")])
    assert uris(found) == ["in/a.md", "out-trial-x/d.md", "outer/e.md"]
    assert found.count_skipped() == {"output": 3}
    with pytest.raises(FileNotFoundError, match=r"only 1 path\(s\) not read, written by rhizotron"):
        list_inputs(["elsewhere/release/*"], root=base)


def test_a_root_inside_an_output_has_no_inputs(tmp_path: Path) -> None:
    write(str(tmp_path), "a/b/c.md")
    mark_output(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="written by rhizotron"):
        list_inputs(["*.md"], root=str(tmp_path / "a" / "b"))


def test_a_folder_is_marked_once(base: str) -> None:
    mark_output(base)
    content = storage.read_bytes(storage.join(base, OUTPUT_MARKER))
    mark_output(base)
    assert storage.list_tree(base) == [OUTPUT_MARKER]
    assert storage.read_bytes(storage.join(base, OUTPUT_MARKER)) == content


def test_links_to_nothing_are_said(tmp_path: Path) -> None:
    write(str(tmp_path), "in/a.txt")
    (tmp_path / "in" / "b.txt").symlink_to("nowhere")
    (tmp_path / "in" / "c.txt").symlink_to("c.txt")
    for pattern in ("in/*.txt", "in/**/*", "*/*.txt"):
        found = list_inputs([pattern], root=str(tmp_path))
        assert uris(found) == ["in/a.txt"]
        assert found.skipped == (Skipped("in/b.txt", "dangling_link"), Skipped("in/c.txt", "dangling_link"))
    with pytest.raises(FileNotFoundError, match=r"only 1 path\(s\) not read, links to nothing"):
        list_inputs(["in/b.txt"], root=str(tmp_path))


def test_a_loop_of_links_gives_every_file_once(tmp_path: Path) -> None:
    write(str(tmp_path), "in/a.txt", "in/deep/b.txt")
    (tmp_path / "in" / "loop").symlink_to(".")
    (tmp_path / "in" / "deep" / "up").symlink_to("..")
    for pattern in ("in/**/*.txt", "**/*.txt", "**"):
        found = list_inputs([pattern], root=str(tmp_path))
        assert uris(found) == ["in/a.txt", "in/deep/b.txt"]
        assert found.skipped == (Skipped("in/deep/up", "same_file"), Skipped("in/loop", "same_file"))
    found = list_inputs(["in/*/*.txt"], root=str(tmp_path))
    assert uris(found) == ["in/deep/b.txt", "in/loop/a.txt"]


def test_links_that_branch_at_every_level_are_listed_in_no_time(tmp_path: Path) -> None:
    """Followed one by one, 30 levels of two links each are a billion paths."""
    for level in range(30):
        (tmp_path / f"d{level}").mkdir()
        for name in ("x", "y"):
            (tmp_path / f"d{level}" / name).symlink_to(f"../d{level + 1}")
    (tmp_path / "d30").mkdir()
    write(str(tmp_path), "d30/a.txt")
    assert uris(list_inputs(["d0/**/*.txt"], root=str(tmp_path))) == ["d0" + "/x" * 30 + "/a.txt"]


def test_of_several_paths_the_one_without_links_is_listed(tmp_path: Path) -> None:
    write(str(tmp_path), "store/data/2024/a.txt")
    (tmp_path / "a-link").symlink_to("store/data")
    (tmp_path / "b.txt").symlink_to("store/data/2024/a.txt")
    found = list_inputs(["**/*.txt"], root=str(tmp_path))
    assert uris(found) == ["store/data/2024/a.txt"]
    assert found.skipped == (Skipped("a-link", "same_file"), Skipped("b.txt", "same_file"))
    # links alone are as good as files: a cache of the Hub consists of them
    assert uris(list_inputs(["a-link/*/*.txt"], root=str(tmp_path))) == ["a-link/2024/a.txt"]
    assert uris(list_inputs(["b.txt"], root=str(tmp_path))) == ["b.txt"]


def test_names_that_are_not_utf8_are_said_and_do_no_harm(tmp_path: Path) -> None:
    write(str(tmp_path), "in/ok.txt")
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/caf\xe9.txt")).write_text("x")
    for pattern in ("in/*.txt", "**/*.txt"):
        found = list_inputs([pattern], root=str(tmp_path))
        assert uris(found) == ["in/ok.txt"]
        assert found.skipped == (Skipped("in/caf\\xe9.txt", "name_not_utf8"),)


def test_what_is_no_regular_file_is_said(tmp_path: Path) -> None:
    write(str(tmp_path), "a.txt")
    os.mkfifo(tmp_path / "b.txt")
    assert list_inputs(["*.txt"], root=str(tmp_path)).skipped == (Skipped("b.txt", "not_a_file"),)


def test_hidden_files_have_to_be_named(base: str, tmp_path: Path) -> None:
    root = str(tmp_path)
    write(root, ".hidden/a.txt", ".b.txt", "c.txt")
    assert uris(list_inputs(["**/*.txt"], root=root)) == ["c.txt"]
    assert uris(list_inputs([".*.txt", ".hidden/*"], root=root)) == [".b.txt", ".hidden/a.txt"]


def test_a_pattern_that_matches_nothing_says_what_is_there(tmp_path: Path) -> None:
    write(str(tmp_path), "data/a.json", "data/b.json")
    for pattern, hint in (
        ("data/*.jsonl", f"; {tmp_path}/data has a.json, b.json"),
        ("dta/*.jsonl", f"; there is no folder {tmp_path}/dta"),
        ("*", r", only 1 folder(s): add /* or /**/*"),
    ):
        with pytest.raises(FileNotFoundError) as caught:
            list_inputs([pattern], root=str(tmp_path))
        assert str(caught.value) == f"{pattern!r} matches no file below {str(tmp_path)!r}{hint}"


def test_absolute_patterns_and_folders_with_magic_in_their_names(tmp_path: Path) -> None:
    root = tmp_path / "root [1]"
    write(str(root), "a*b/c.txt", "a1b/d.txt")
    assert uris(list_inputs(["a[*]b/*.txt"], root=str(root))) == ["a*b/c.txt"]
    outside = tmp_path / "other"
    write(str(outside), "e.txt")
    assert uris(list_inputs([f"{outside}/*.txt"], root=str(root))) == [f"{outside}/e.txt"]
    assert uris(list_inputs(["../other/*.txt"], root=str(root))) == ["../other/e.txt"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.sampled_from("xy")), min_size=1))
def test_without_links_it_is_the_glob_of_the_standard_library(paths: list[tuple[str, str, str]]) -> None:
    import glob
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        write(folder, *{f"{one}{one}/{two}{two}/{name}.txt" for one, two, name in paths})
        for pattern in ("**", "*/*/*", "**/x.txt", "a*/**/y.txt", "**/bb/**", "*/**/*.txt"):
            expected = {
                path
                for path in glob.glob(pattern, root_dir=folder, recursive=True)
                if os.path.isfile(os.path.join(folder, path))
            }
            try:
                found = {*uris(list_inputs([pattern], root=folder))}
            except FileNotFoundError:
                found = set()
            assert found == expected, pattern
