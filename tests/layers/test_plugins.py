"""The code of a plugin: digested by its files, imported below a name that changes with it."""

from pathlib import Path

import pytest
from plugin_folder import write_plugins

from layers import plugins
from layers.plugins import PluginError, digest_files, find_folder


def test_the_digest_is_of_names_and_bytes_of_what_is_code(tmp_path: Path) -> None:
    digest = digest_files(write_plugins(tmp_path / "a"))
    assert digest_files(write_plugins(tmp_path / "other name")) == digest
    for ignored in (".git/x", "__pycache__/y.py", "signals/__pycache__/laughs.cpython-311.pyc", ".hidden"):
        path = tmp_path / "a" / ignored
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"ignored")
        assert digest_files(tmp_path / "a") == digest
    seen = {digest}
    (tmp_path / "a" / "list.txt").write_bytes(b"x")
    seen.add(digest_files(tmp_path / "a"))
    (tmp_path / "a" / "list.txt").rename(tmp_path / "a" / "lists.txt")
    seen.add(digest_files(tmp_path / "a"))
    (tmp_path / "a" / "lists.txt").write_bytes(b"y")
    seen.add(digest_files(tmp_path / "a"))
    assert len(seen) == 4


def test_helpers_are_no_modules(tmp_path: Path) -> None:
    folder = write_plugins(tmp_path / "own")
    (folder / "edits" / "__init__.py").write_text("", "utf-8")
    (folder / "edits" / "_shared.py").write_text("", "utf-8")
    found = find_folder("own", path=folder)
    assert found.modules == (("sources", "tabs"), ("edits", "shout"), ("signals", "laughs"))


def test_changed_code_is_another_module_and_code_that_is_not_the_plans_is_refused(tmp_path: Path) -> None:
    folder = write_plugins(tmp_path / "own")
    first = find_folder("own", path=folder)
    plugins.activate([first])
    before = plugins.load("signals", name="laughs")
    write_plugins(folder, words='LAUGH = "hoho"\n')
    second = find_folder("own", path=folder)
    plugins.activate([second])
    after = plugins.load("signals", name="laughs")
    assert (before.LAUGH, after.LAUGH) == ("haha", "hoho")
    assert plugins.digest("signals", name="laughs") == second.digest != first.digest
    with pytest.raises(PluginError, match="is not that of the plan"):
        plugins.activate([first])
    assert plugins.active() == (second,)
    plugins.activate([])
    assert (plugins.names("edits"), plugins.digest("signals", name="laughs")) == ((), None)
