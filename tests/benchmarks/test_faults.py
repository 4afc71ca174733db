"""The bench of faults in short: the first three of its local ones; all of them are in docs/runners.md."""

from pathlib import Path

from benchmarks import faults
from benchmarks.fault_plan import KINDS, WHERE, draw_faults
from benchmarks.fault_rig import STAGES


def test_a_seed_fixes_the_faults_of_every_kind_in_every_stage_of_every_runner() -> None:
    drawn = draw_faults(30, seed=46, runners=["local", "flink"])
    assert drawn == draw_faults(30, seed=46, runners=["local", "flink"])
    assert drawn != draw_faults(30, seed=47, runners=["local", "flink"])
    for runner in ("local", "flink"):
        its = [each for each in drawn if each.runner == runner]
        # a small disk must be mounted, a clock faked
        assert {*KINDS[runner]} - {each.kind for each in its} <= {"disk full", "clock"}
        assert {each.stage for each in its if each.kind not in WHERE} == {*STAGES}
        assert all(each.stage == WHERE.get(each.kind, each.stage) for each in its)


def test_a_killed_worker_driver_or_both_leave_the_release_as_it_is(tmp_path: Path) -> None:
    sources = ["--sources", "african_storybook_sw"]
    assert faults.main(["--work", str(tmp_path), "--faults", "3", "--seed", "46", *sources]) == 0
