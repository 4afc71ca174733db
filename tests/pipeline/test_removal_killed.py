"""A removal that is killed at each of its steps: the old release stands or the new one, and it goes on."""

import os
import subprocess
import sys
from pathlib import Path

import small_corpus
from removal_corpus import request, succeed, write_corpus, write_request

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
DRIVER = """
import os, sys
from layers import storage, trees
from pipeline.commands import removal, removal_request

asked, corpus, moment, count = sys.argv[1:]
left = [int(count)]

def die(*_):
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)

def before(function):
    def replaced(*args, **kwargs):
        die()
        return function(*args, **kwargs)
    return replaced

if moment == "rename":
    trees.os.rename = before(os.rename)
elif moment == "publish":
    storage.publish = before(storage.publish)
step = lambda name: die() if name == moment else None
opened = removal_request.open_request(asked, corpus=corpus, output=None, allow_everything=False)
removal.execute(opened, progress="none", step=step)
"""
MOMENTS = [
    ("tombstones", 0),
    ("version", 0),
    ("publish", 4),
    ("publish", 30),
    ("rename", 0),
    ("rename", 1),
    ("record", 0),
]
"""Where it ends, and how many of the kind it lets pass: in the order in which a removal comes by, one attempt
after the other of one removal. Of files that are put in place, some of ingest, measure and decide."""


def test_killed_at_each_step_a_removal_leaves_a_whole_release_and_goes_on(tmp_path: Path) -> None:
    config = write_corpus(tmp_path)
    succeed("run", config)
    release = tmp_path / "out" / "release"
    old = small_corpus.tree_digests(release)
    asked = write_request(tmp_path, request([{"type": "url", "value": "https://example.org/en/2"}]))
    stood = []
    for moment, count in MOMENTS:
        command = [sys.executable, "-c", DRIVER, str(asked), str(config), moment, str(count)]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert done.returncode == 9, (moment, count, done.stderr[-2000:])
        previous = tmp_path / "out" / "release.previous"
        standing = release if release.exists() else previous
        stood.append(small_corpus.tree_digests(standing))
    is_new = [digests != old for digests in stood]
    assert is_new == sorted(is_new) and not is_new[0] and is_new[-1]
    new = stood[-1]
    assert all(digests in (old, new) for digests in stood)
    succeed("remove", asked, config, "--execute")
    assert small_corpus.tree_digests(release) == new
    succeed("run", config, "--out", tmp_path / "fresh")
    assert small_corpus.tree_digests(tmp_path / "fresh" / "release") == new
