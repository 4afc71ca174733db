"""Faults at random points of runs, and damage to what they have written: does the release keep its bytes?

    python -m benchmarks.faults --work /tmp/faults --faults 32 --damages 100
    python -m benchmarks.faults --work /tmp/faults --faults 30 --runners ~/.cache/rhizotron/runners

The seed fixes kinds, stages, files and points. A run is disturbed (kills, signals, a full disk, a source
that fails or ends early, a bug, clocks, proxies, few open files, another folder, locale or time zone), or a
file of a finished output is damaged and what was made from it removed, so that it must be read. Then the
same command is given, once more if it fails. A fault passes when the release has the bytes of an undisturbed
run (its ledger is among them, and a run that does not balance has none) and nothing is left over after
`rhizotron clean`; or, for a damaged file, when the error names it. Exit code 0 with other bytes is silent
damage. Exit code 1 when a fault fails.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from benchmarks.fault_bench import Bench, Outcome
from benchmarks.fault_plan import draw_damages, draw_faults
from benchmarks.fault_rig import SOURCES
from benchmarks.flink_cluster import is_installed, start_cluster


def render(outcomes: Sequence[Outcome], *, seed: int) -> str:
    """The outcomes as a Markdown table, and as one by kind."""
    passed = sum(each.is_passed for each in outcomes)
    silent = sum(each.is_silent for each in outcomes)
    lines = [
        f"{date.today()}, seed {seed}: {passed} of {len(outcomes)} passed; silent damage: {silent}.",
        "",
        "| runner | fault | times | passed | silent |",
        "|---|---|---|---|---|",
        *_count_kinds(outcomes),
        "",
        "| | runner | fault | in | at | exit codes | seconds | release |",
        "|---|---|---|---|---|---|---|---|",
        *(render_row(each) for each in outcomes),
    ]
    return "\n".join(lines) + "\n"


def render_row(outcome: Outcome) -> str:
    fault = outcome.fault
    cells = (fault.number, fault.runner, fault.kind, fault.stage, f"{fault.point:.2f}")
    codes = " ".join(map(str, outcome.exit_codes))
    verdict = outcome.verdict.replace("|", "\\|")
    return f"| {' | '.join(map(str, cells))} | {codes} | {outcome.seconds:.0f} | {verdict} |"


def _count_kinds(outcomes: Sequence[Outcome]) -> list[str]:
    kinds = dict.fromkeys((each.fault.runner, each.fault.kind) for each in outcomes)
    lines = []
    for runner, kind in kinds:
        own = [each for each in outcomes if (each.fault.runner, each.fault.kind) == (runner, kind)]
        passed, silent = sum(each.is_passed for each in own), sum(each.is_silent for each in own)
        lines.append(f"| {runner} | {kind} | {len(own)} | {passed} | {silent} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="a folder; outputs that pass are removed")
    parser.add_argument("--faults", type=int, default=26, help="of runs")
    parser.add_argument("--damages", type=int, default=0, help="to files of a finished output")
    parser.add_argument("--seed", type=int, default=46)
    parser.add_argument("--runners", type=Path, help="deploy/runners.sh's folder; without it, local only")
    parser.add_argument("--sources", nargs="+", default=SOURCES, help="of the demo")
    asked = parser.parse_args(arguments)
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        bench = Bench(asked.work.resolve(), sources=asked.sources)
        bench.run_undisturbed()
        names = ["local"]
        if asked.runners is not None:
            if not is_installed(asked.runners):
                parser.error(f"no Flink in {asked.runners}: sh deploy/runners.sh {asked.runners}")
            cluster = start_cluster(
                asked.runners.resolve(),
                run_folder=asked.work.resolve() / "flink",
                environment={**bench.environment, "PYTHON": str(bench.worker_python())},
            )
            bench.flink = stack.enter_context(cluster)
            names.append("flink")
        faults = draw_faults(asked.faults, seed=asked.seed, runners=names)
        places = sorted(bench.places)
        faults += draw_damages(asked.damages, seed=asked.seed, places=places, first=len(faults) + 1)
        for fault in faults:
            outcomes.append(bench.suffer(fault))
            print(render_row(outcomes[-1]), flush=True)
    print("\n" + render(outcomes, seed=asked.seed))
    return int(not all(each.is_passed for each in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
