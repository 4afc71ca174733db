"""Fixed and marginal cost: a line through the medians, refused when the runs cannot carry one."""

import pytest

from benchmarks.report import Line, fit


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
