"""The bench of faults in short: the first three of its local ones; all of them are in docs/runners.md."""

from pathlib import Path

from benchmarks import faults
from benchmarks.fault_rig import STAGES


def test_a_seed_fixes_the_faults_and_every_kind_is_among_them() -> None:
    drawn = faults.draw_faults(26, seed=46, runners=["local", "flink"])
    assert drawn == faults.draw_faults(26, seed=46, runners=["local", "flink"])
    assert drawn != faults.draw_faults(26, seed=47, runners=["local", "flink"])
    assert {each.kind for each in drawn if each.runner == "flink"} == {*faults.FLINK_KINDS}
    assert {each.kind for each in drawn if each.runner == "local"} <= {*faults.LOCAL_KINDS}
    assert {each.stage for each in drawn} <= {*STAGES}


def test_a_killed_worker_driver_or_both_leave_the_release_as_it_is(tmp_path: Path) -> None:
    sources = ["--sources", "african_storybook_sw"]
    assert faults.main(["--work", str(tmp_path), "--faults", "3", "--seed", "46", *sources]) == 0
