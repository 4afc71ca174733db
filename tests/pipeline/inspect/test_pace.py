"""Time left: right for a run of even speed, however slow the machine; never negative, nothing at the end."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.stages import STEPS
from pipeline.inspect.pace import START_SECONDS, Advance, Pace

STAGES = ("ingest", "measure", "decide", "publish", "release")
GB = 10**9


def simulate(
    *, text_bytes: int, slowness: float, start: float = START_SECONDS
) -> Iterator[tuple[float, str | None, dict[str, Advance]]]:
    """A run that takes slowness times as long as on an idle machine: (seconds, what runs, how far all is)."""
    advances: dict[str, Advance] = {"ingest": Advance(0.0, text_bytes)}
    seconds = 0.0
    while seconds < start * slowness:
        yield seconds, None, {**advances}
        seconds += 0.5
    for stage in STAGES:
        begun = seconds + STEPS[stage].start_seconds * slowness
        length = STEPS[stage].seconds_per_gb * text_bytes / GB * slowness
        advances[stage] = Advance(0.0, text_bytes)
        while seconds < begun + length:
            advances[stage] = Advance(max(seconds - begun, 0.0) / length, text_bytes)
            yield seconds, stage, {**advances}
            seconds += 0.5
        advances[stage] = Advance(1.0, text_bytes)
    yield seconds, "release", advances


def watch(run: list[tuple[float, str | None, dict[str, Advance]]], *, until: float) -> tuple[float, Pace]:
    """(time left as told at a moment, the pace that told it)."""
    pace, left = Pace(STAGES), 0.0
    for seconds, running, advances in run:
        if seconds <= until:
            pace.tell(seconds, running=running, advances=advances)
            left = sum(pace.left(advances).values())
    return left, pace


@pytest.mark.parametrize("slowness", [0.3, 1.0, 3.0, 20.0])
@pytest.mark.parametrize("gigabytes", [2, 20])
@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
def test_an_even_run_is_told_right(slowness: float, gigabytes: int, part: float) -> None:
    run = [*simulate(text_bytes=gigabytes * GB, slowness=slowness)]
    end = run[-1][0]
    left, _ = watch(run, until=part * end)
    assert left == pytest.approx((1 - part) * end, rel=0.3)


def test_a_stage_that_is_slower_than_the_others_is_believed_once_it_runs() -> None:
    pace, advances = Pace(("ingest", "measure")), {"ingest": Advance(0.0, GB)}
    for second in range(10):
        advances["ingest"] = Advance(second / 9, GB)
        pace.tell(second, running="ingest", advances=advances)
    for second in range(10, 500):
        advances["measure"] = Advance((second - 9) / 1000, GB)  # a thousand seconds, thirty times as long
        pace.tell(second, running="measure", advances=advances)
    assert pace.left(advances)["measure"] == pytest.approx(1000 - 490, rel=0.1)


def test_loading_models_is_no_speed() -> None:
    pace, advances = Pace(("measure",)), {"measure": Advance(0.0, GB)}
    for second in range(60):
        pace.tell(second, running="measure", advances=advances)
    as_long_again = 59 - STEPS["measure"].start_seconds
    assert pace.left(advances)["measure"] == pytest.approx(STEPS["measure"].seconds_per_gb + as_long_again)
    for second in range(60, 64):
        pace.tell(second, running="measure", advances={"measure": Advance((second - 59) / 32, GB)})
    assert pace.left({"measure": Advance(4 / 32, GB)})["measure"] == pytest.approx(28, rel=0.2)


@pytest.mark.parametrize("seconds_between", [1, 3, 7])
def test_between_two_reports_a_stage_is_not_taken_to_stand_still(seconds_between: int) -> None:
    length, size = 64, GB
    pace = Pace(("measure",))
    pace.tell(0, running="measure", advances={"measure": Advance(0.0, size)})
    for second in range(1, length):
        share = second // seconds_between * seconds_between / length
        advances = {"measure": Advance(share, size)}
        pace.tell(second, running="measure", advances=advances)
        if second > 3 * seconds_between:
            assert pace.left(advances)["measure"] == pytest.approx(
                length - second, rel=0.25, abs=seconds_between
            )


def test_a_stage_that_stands_still_is_told_to_take_longer() -> None:
    pace, advances = Pace(("measure",)), {"measure": Advance(0.0, GB)}
    for second in range(30):
        advances["measure"] = Advance(second / 60, GB)
        pace.tell(second, running="measure", advances=advances)
    before = pace.left(advances)["measure"]
    for second in range(30, 120):
        pace.tell(second, running="measure", advances=advances)
    assert pace.left(advances)["measure"] > 2 * before


def test_what_an_earlier_run_has_done_is_not_this_ones_speed() -> None:
    pace = Pace(("measure",))
    for second in range(11):
        advances = {"measure": Advance(0.9 + second / 100, GB)}
        pace.tell(second, running="measure", advances=advances)
    assert pace.left({"measure": Advance(0.95, GB)})["measure"] == pytest.approx(5, rel=0.5)


def test_one_large_file_is_one_workers_however_many_there_are() -> None:
    even = Advance(0.5, 10 * GB, largest_left=0.05, tasks_left=10)
    skew = Advance(0.5, 10 * GB, largest_left=0.5, tasks_left=2)
    last = Advance(0.5, 10 * GB, largest_left=0.5, tasks_left=1)
    left = {}
    for name, advance in (("even", even), ("skew", skew), ("last", last)):
        pace = Pace(("measure",), workers=4)
        for second in range(40):
            pace.tell(second, running="measure", advances={"measure": Advance(second / 78, 10 * GB)})
        left[name] = pace.left({"measure": advance})["measure"]
    assert left["skew"] == pytest.approx(2 * left["even"])
    assert left["last"] == pytest.approx(left["even"])


def test_start_up_of_machines_says_nothing_of_their_speed() -> None:
    patient, local = Pace(STAGES, counts_start=False), Pace(STAGES)
    for pace in (patient, local):
        for second in range(300):
            pace.tell(second, running=None, advances={"ingest": Advance(0.0, GB)})
    told = [sum(pace.left({"ingest": Advance(0.0, GB)}).values()) for pace in (patient, local)]
    assert told[0] == pytest.approx(sum(STEPS[s].seconds_per_gb + STEPS[s].start_seconds for s in STAGES))
    assert told[1] > 10 * told[0]


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.integers(0, 4), st.floats(0, 1), st.integers(0, 10**13)), max_size=30
    )
)
def test_time_left_is_never_negative_and_nothing_when_all_is_done(
    steps: list[tuple[float, int, float, int]],
) -> None:
    advances: dict[str, Advance] = {}
    pace, seconds = Pace(STAGES, workers=3), 0.0
    for passed, index, share, size in steps:
        seconds += passed
        stage = STAGES[index]
        before = advances[stage].share if stage in advances else 0.0
        advances[stage] = Advance(max(share, before), size, largest_left=1 - share, tasks_left=index)
        pace.tell(seconds, running=stage, advances=advances)
        assert all(0 <= left < float("inf") for left in pace.left(advances).values())
    assert pace.left({stage: Advance(1.0, 1) for stage in STAGES}) == {}
