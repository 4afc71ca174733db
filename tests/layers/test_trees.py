"""Files and trees that are put in place as a whole, on disk and behind URLs."""

from layers import storage, trees
from tests.layers.trees_of_files import tree, write


def test_a_tree_replaces_another_as_a_whole(base: str) -> None:
    staged, target = storage.join(base, "new"), storage.join(base, "release")
    write(target, stays="old", goes="old")
    write(staged, stays="new", comes="new")
    trees.replace_tree(staged, target, paths=storage.list_tree(staged), last=("folder/comes",))
    assert tree(target) == {"folder/comes": b"new", "folder/stays": b"new"}
    assert storage.list_tree(base) == ["release/folder/comes", "release/folder/stays"]


def test_recovery_puts_the_previous_tree_back_only_where_there_is_none(base: str) -> None:
    target = storage.join(base, "release")
    if storage.is_remote(base):
        trees.recover_tree(target)  # an object store renames no folders: nothing to mend
        return
    write(target + ".previous", a="old")
    trees.recover_tree(target)
    assert tree(target) == {"folder/a": b"old"}
    write(target + ".previous", a="older")
    trees.recover_tree(target)
    assert tree(target) == {"folder/a": b"old"}


def test_a_linked_file_has_the_same_bytes_and_outlives_the_first(base: str) -> None:
    write(base, **{"a.txt": "text"})
    source = storage.join(base, "folder", "a.txt")
    target = storage.join(base, "other", "b.txt")
    trees.link(source, target)
    storage.remove(source)
    assert tree(base) == {"other/b.txt": b"text"}
