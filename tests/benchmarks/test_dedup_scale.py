"""The cost of clustering over documents: fits, table and drawing of known numbers."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.dedup_scale import draw_rows, fit, make_table


def row(path: str, millions: int, *, cpu_seconds: float) -> dict[str, Any]:
    costs = {"seconds": 2 * millions, "cpu_seconds": cpu_seconds, "peak_gb": 0.5 + millions / 10}
    return {"path": path, "documents": millions * 10**6, **costs}


ROWS = [
    *(row("direct", millions, cpu_seconds=5 + 4 * millions) for millions in (1, 10, 100)),
    *(row("distributed", millions, cpu_seconds=5 + 16 * millions) for millions in (1, 10)),
]


def test_a_line_is_found_again() -> None:
    points = [(each["documents"], each["cpu_seconds"]) for each in ROWS if each["path"] == "direct"]
    assert fit(points) == pytest.approx((5, 4e-6))


def test_the_table_has_both_paths_side_by_side() -> None:
    assert make_table(ROWS).splitlines()[2:] == [
        "| 1 million | 2 | 9 | 0.60 GB | 2 | 21 | 0.60 GB |",
        "| 10 million | 20 | 45 | 1.50 GB | 20 | 165 | 1.50 GB |",
        "| 100 million | 200 | 405 | 10.50 GB | – | – | – |",
    ]


def test_the_drawing_tells_its_numbers_to_those_who_cannot_see_it(tmp_path: Path) -> None:
    draw_rows(ROWS, path=tmp_path / "plot.svg")
    root = ElementTree.parse(tmp_path / "plot.svg").getroot()
    (said,) = [node.text or "" for node in root if node.tag.endswith("desc")]
    assert "distributed, 10 million: 165 CPU-seconds, 1.5 GB" in said
