"""Which faults happen to which runs of faults.py: chosen by a seed."""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fault_damage import DAMAGES
from benchmarks.fault_rig import STAGES

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
KINDS: Mapping[str, Sequence[str]] = {
    "local": (
        "worker",
        "driver and workers",
        "driver alone",
        "SIGTERM",
        "SIGTERM to all",
        "SIGHUP",
        "disk full",
        "source",
        "short read",
        "poison",
        "clock",
        "few files",
        "proxy",
        "folder",
        "locale",
        "time zone",
    ),
    "flink": ("worker", "taskmanager", "jobserver", "driver alone", "disk full", "source", "poison", "clock"),
}
"""Runner → what happens there."""
WHERE: Mapping[str, str] = {
    "disk full": "any",
    "source": "ingest",
    "short read": "ingest",
    "poison": "measure",
    "few files": "any",
    "proxy": "any",
    "folder": "any",
    "locale": "any",
    "time zone": "any",
}
"""Kind → the stage in which it must happen; the others happen anywhere."""


@dataclass(frozen=True)
class Fault:
    """A fault before it happens: what, on which runner, and where in a run or an output."""

    number: int
    runner: str
    kind: str
    stage: str
    """The stage of a run that is disturbed, the place in an output that is damaged."""
    point: float
    """0 to 1 of the stage's time (of the size of an output, where the disk fills up; of a place's files)."""

    @property
    def is_damage(self) -> bool:
        return self.kind in DAMAGES


def draw_faults(count: int, *, seed: int, runners: Sequence[str]) -> list[Fault]:
    """The same faults for the same seed: all kinds in turn, each runner's on all stages in turn, shuffled."""
    rng = random.Random(seed)
    kinds = [(runner, kind) for runner in runners for kind in _kinds(runner)]
    decks = {runner: _deal([*STAGES], rng=rng) for runner in runners}
    drawn = []
    for number in range(count):
        runner, kind = kinds[number % len(kinds)]
        stage = WHERE.get(kind) or next(decks[runner])
        drawn.append(Fault(number + 1, runner, kind, stage, round(rng.random(), 3)))
    return drawn


def draw_damages(count: int, *, seed: int, places: Sequence[str], first: int = 1) -> list[Fault]:
    """Damages to files of an output, numbered from first: every kind in turn, each on all places in turn."""
    rng = random.Random(seed)
    decks = {kind: _deal([*places], rng=rng) for kind in DAMAGES}
    kinds = [DAMAGES[n % len(DAMAGES)] for n in range(count)]
    return [
        Fault(first + n, "local", kind, next(decks[kind]), round(rng.random(), 6))
        for n, kind in enumerate(kinds)
    ]


def _deal(stages: list[str], *, rng: random.Random) -> Iterator[str]:
    """Every stage before one comes again."""
    while True:
        yield from rng.sample(stages, len(stages))


def _kinds(runner: str) -> Sequence[str]:
    left_out = set() if os.geteuid() == 0 else {"disk full"}  # a small disk must be mounted
    left_out |= set() if FAKETIME.exists() else {"clock"}
    return [kind for kind in KINDS[runner] if kind not in left_out]
