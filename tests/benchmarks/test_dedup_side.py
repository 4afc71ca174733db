"""Deduplication alone over files: the longest of a cluster stays, byte for byte."""

import json
import random
from pathlib import Path

import numpy as np

from benchmarks.compare_dedup import count_rows, our_links, read_clusters
from benchmarks.dedup_side import run


def test_one_document_of_each_cluster_stays_as_it_was(tmp_path: Path) -> None:
    draw = random.Random(1)
    texts = [" ".join(draw.choices("abcdefghij", k=80)) for _ in range(5)]
    longer = texts[0] + " end"
    lines = [
        json.dumps({"id": n, "text": text}).encode() for n, text in enumerate([*texts, longer, texts[2]])
    ]
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    (inputs / "part-0.jsonl").write_bytes(b"\n".join(lines[:4]) + b"\n")
    (inputs / "part-1.jsonl").write_bytes(b"\n".join(lines[4:]))  # no newline at the end
    run(inputs, tmp_path / "out", workers=2)
    kept = b"".join((tmp_path / "out" / "kept" / f"part-{n}.jsonl").read_bytes() for n in (0, 1))
    assert kept == b"".join(line + b"\n" for line in (lines[1], lines[2], lines[3], lines[4], lines[5]))
    rows = count_rows(inputs)
    assert rows.tolist() == [0, 4, 7]
    names = read_clusters(tmp_path / "out", rows=rows)
    assert np.unique(names[[0, 5]]).size == np.unique(names[[2, 6]]).size == 1
    assert np.unique(names).size == 5
    assert set(our_links(tmp_path / "out")) == {(0, 5), (2, 6)}


def test_a_file_of_which_nothing_stays_is_empty(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    line = json.dumps({"text": "one two three four five six seven"}) + "\n"
    for n in range(2):
        (inputs / f"part-{n}.jsonl").write_text(line)
    run(inputs, tmp_path / "out", workers=1)
    assert (tmp_path / "out" / "kept" / "part-0.jsonl").read_text() == line
    assert (tmp_path / "out" / "kept" / "part-1.jsonl").read_text() == ""
