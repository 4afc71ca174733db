"""Fixed and marginal cost: a line through the medians, refused when the runs cannot carry one."""

from dataclasses import asdict
from typing import Any

import pytest

from benchmarks.agreement import Agreement, Table
from benchmarks.report import Line, fit, render


def test_line_through_the_medians_with_the_spread_of_all_pairs() -> None:
    assert fit([12.0, 14.0, 13.0], [33.0, 31.0, 33.0], small_mb=10, large_mb=50) == Line(
        fixed_seconds=8.0,
        seconds_per_mb=0.5,
        lowest_mb_per_second=40 / 21,
        highest_mb_per_second=40 / 17,
    )
    assert fit([1.0], [3.0], small_mb=0, large_mb=4).mb_per_second == 2


@pytest.mark.parametrize(
    ("small", "large", "large_mb"), [([5.0], [5.0], 20), ([5.0, 9.0], [8.0], 20), ([1.0], [2.0], 10)]
)
def test_sizes_that_noise_cannot_tell_apart_are_refused(
    small: list[float], large: list[float], large_mb: float
) -> None:
    with pytest.raises(ValueError, match="too close"):
        fit(small, large, small_mb=10, large_mb=large_mb)


def make_results() -> dict[str, Any]:
    def run(side: str, name: str, megabytes: int, seconds: float) -> dict[str, Any]:
        return {
            "side": side,
            "set": name,
            "text_bytes": megabytes * 10**6,
            "cpu_seconds": seconds,
            "wall_seconds": seconds / 2,
            "peak_pss_bytes": 500 * 10**6,
        }

    agreement = Agreement(
        documents=10,
        same_language=9,
        targeted=8,
        kept=Table(5, 1, 0, 2),
        passes_quality=Table(6, 0, 0, 2),
        removed_as_duplicate=Table(1, 0, 0, 5),
        duplicate_pairs=Table(1, 0, 1, 0),
        first_reasons={"kept": 6, "near_duplicate": 4},
        second_reasons={"kept": 10},
    )
    sizes = {"small": 10, "large": 40, "sample-small": 5, "sample-large": 20}
    return {
        "sets": {
            name: {"documents": size, "text_bytes": size * 10**6, "copies": 1, "files": 4, "seed": 0}
            for name, size in sizes.items()
        },
        "workers": 2,
        "runs": [
            run("rhizotron", "small", 10, 12.0),
            run("rhizotron", "large", 40, 13.5),
            run("rhizotron", "sample-large", 20, 12.5),
            run("datatrove-one", "sample-small", 5, 40.0),
            run("datatrove-one", "sample-large", 20, 100.0),
        ],
        "compared": "sample-large",
        "agreement": {"datatrove-one": asdict(agreement)},
        "rhizotron": {"sets": ["roots"], "signals": ["words"], "max_sample_bytes": 2048},
        "machine": {"date": "2026-11-23", "processor": "A processor", "cores": "2", "memory": "25 GB"},
        "datatrove_versions": {"datatrove": "0.10.1"},
    }


def test_the_report_compares_slopes_across_sizes_and_totals_on_the_same_documents() -> None:
    report = render(make_results())
    first, second = [line for line in report.splitlines() if line.startswith(("| Rhizo", "| datatrove,"))]
    assert first == "| Rhizotron | 1 | 11.5 | 20 (20–20) | 2.96 | 40 | 500 | 1.0 |"
    assert second.endswith(" | 1 | 20.0 | 0.25 (0.25–0.25) | 0.2 | 0.5 | 500 | 80.0 |")
    assert "Whole runs over the same 20.0 MB, start-up included: 12.5 CPU-s against 100.0 " in report
    assert "| kept | 87.5% of 8 | 5 | 1 | 0 | 2 |" in report
    assert (
        "Pairs put in one cluster: 1 here, 2 there, 1 in both (precision 100.0% of 1, recall 50.0% of 2)"
        in report
    )


def test_the_report_says_when_the_rules_of_both_sides_are_not_the_same() -> None:
    results = make_results()
    assert "has no Gopher signals" in render(results)
    results["rhizotron"]["sets"].append("gopher")
    assert "has no Gopher signals" not in render(results)
