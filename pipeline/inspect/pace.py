"""Time left of a run: what each stage takes on an idle machine, times how much slower this run has been.

A stage that has not begun is as much slower than the table of stages says as the run was until then, start-up
included; a stage that runs is believed more and more as it goes. Stages follow one another, so their
times add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layers.stages import STEPS

START_SECONDS = 6.0
"""Before the first stage begins: imports, in the driver and in each worker."""

PRIOR_SHARE = 0.05
"""Of a stage's work: what is done of it weighs as much as all that was before when it is so much."""

_PRIOR_SECONDS = 2.0
"""How long the run is taken to be as fast as an idle machine."""

_START_WEIGHS = 5.0
"""Times START_SECONDS of work after which start-up says nothing any more."""

_REPORT_SECONDS = 4.0
"""Between two reports of a worker, at most, until a longer pause was seen."""


@dataclass(frozen=True)
class Advance:
    """How far a stage is: shares of the bytes that it reads."""

    share: float
    text_bytes: int
    """That it reads, or is estimated to."""
    largest_left: float = 0.0
    """What is left of its largest unfinished task: one worker's, however many there are."""
    tasks_left: int = 1


@dataclass
class _Clock:
    """Time of a stage from its first advance on; before that it was being loaded."""

    begin: float
    loading: float = 0.0
    seconds: float = 0.0
    """Up to the last report that said more than the one before."""
    waiting: float = 0.0
    """Since then: work that is done and not reported yet."""
    longest_wait: float = _REPORT_SECONDS
    share: float = 0.0
    is_moving: bool = False

    @property
    def done(self) -> float:
        return self.share - self.begin

    @property
    def late(self) -> float:
        """Seconds for which a report is overdue."""
        return max(self.waiting - self.longest_wait, 0.0)

    def advance(self, share: float) -> None:
        """Take a report that says how far the stage is."""
        if share > self.share and not self.is_moving:
            # what was done when it was first seen took an unknown part of the time before
            self.is_moving, self.begin = True, share
        elif share > self.share:
            self.longest_wait = max(self.longest_wait, self.waiting)
            self.seconds += self.waiting
            self.waiting = 0.0
        self.share = share


@dataclass
class Pace:
    """The speed of the stages of one run, told in the order of the run."""

    stages: Sequence[str]
    workers: int = 1
    counts_start: bool = True
    """False where machines are started first, whose time says nothing of their speed."""
    _clocks: dict[str, _Clock] = field(default_factory=dict)
    _start: float = 0.0
    _told_at: float | None = None

    def tell(self, seconds: float, *, running: str | None, advances: Mapping[str, Advance]) -> None:
        """Note how far each stage is at so many seconds, and which one runs: time goes to that one.

        None: nothing runs yet, workers are being started.
        """
        passed = 0.0 if self._told_at is None else seconds - self._told_at
        self._told_at = seconds
        if running is None:
            self._start += passed
        for stage in self.stages:
            share = advances[stage].share if stage in advances else 0.0
            clock = self._clocks.setdefault(stage, _Clock(begin=share, share=share))
            if stage == running and clock.is_moving:
                clock.waiting += passed
            elif stage == running:
                clock.loading += passed
            clock.advance(share)

    def seconds_of(self, stage: str) -> float:
        """Time that the stage has taken in this run."""
        clock = self._clocks.get(stage)
        return 0.0 if clock is None else clock.loading + clock.seconds + clock.waiting

    def left(
        self, advances: Mapping[str, Advance], *, expected: Mapping[str, Advance] | None = None
    ) -> dict[str, float]:
        """Stage → seconds left, for the stages that are not complete; expected: those that have not begun."""
        sizes = [advance.text_bytes for advance in advances.values()]
        nothing = dict.fromkeys(self.stages, Advance(0.0, max(sizes, default=0)))
        told = {**nothing, **(expected or {}), **advances}
        works = {stage: self._work(stage, text_bytes=told[stage].text_bytes) for stage in self.stages}
        slowness = self._slowness(works)
        left = {}
        for stage in self.stages:
            advance, clock = told[stage], self._clocks.get(stage, _Clock(0.0))
            if advance.share < 1:
                prior = PRIOR_SHARE * works[stage] + 0.1
                own = (clock.seconds + clock.late + prior * slowness) / (clock.done * works[stage] + prior)
                busy = min(self._workers(stage), advance.tasks_left)
                share = max(1 - advance.share, advance.largest_left * busy)
                left[stage] = max(own * works[stage] * share - min(clock.waiting, clock.longest_wait), 0.0)
                if not clock.is_moving:
                    # what takes longer than it should, such as compiling, takes as long again
                    left[stage] += abs(STEPS[stage].start_seconds * slowness - clock.loading)
        return left

    def _slowness(self, works: Mapping[str, float]) -> float:
        """Seconds of this run for each second of an idle machine."""
        seconds = nominal = 0.0
        for stage, clock in self._clocks.items():
            seconds += clock.seconds
            nominal += clock.done * works[stage]
        weight = max(1 - nominal / (_START_WEIGHS * START_SECONDS), 0.0) if self.counts_start else 0.0
        seconds += weight * self._start
        nominal += weight * min(self._start, START_SECONDS)
        return (seconds + _PRIOR_SECONDS) / (nominal + _PRIOR_SECONDS)

    def _work(self, stage: str, *, text_bytes: int) -> float:
        """Seconds of the stage on an idle machine."""
        return STEPS[stage].seconds_per_gb * text_bytes / 1e9 / self._workers(stage)

    def _workers(self, stage: str) -> int:
        """A step of one task is not made faster by more workers."""
        return 1 if STEPS[stage].tasks == "one" else self.workers
