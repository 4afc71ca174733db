"""What an estimate of a large run assumes: corpora, prices, losses. assumptions.yaml has the usual ones."""

from pathlib import Path

from pydantic import Field, PositiveFloat

from pipeline.config.measure import Fraction, PositiveInt, Strict
from pipeline.config.read import load_strict

DEFAULT = Path(__file__).with_name("assumptions.yaml")


class Target(Strict):
    """A corpus to be run."""

    name: str
    text_bytes: PositiveInt
    documents: PositiveInt
    source: str = Field(description="of the two numbers")


class Platform(Strict):
    """Workers of one vCPU and 4 GB each, at prices in US dollars."""

    name: str
    dollars_per_worker_hour: float = Field(ge=0)
    dollars_per_shuffled_gb: float = Field(ge=0)
    overhead: PositiveFloat = Field(description="CPU-seconds of a worker per CPU-second of the sample")
    source: str = Field(description="of the prices")


class Assumptions(Strict):
    """Everything in an estimate that was not measured."""

    targets: list[Target]
    platforms: list[Platform]
    euros_per_dollar: PositiveFloat
    idle_fraction: Fraction = Field(lt=1, description="of a worker's time: barriers, stragglers, start-up")


def load_assumptions(path: str | Path = DEFAULT) -> Assumptions:
    """Read and validate a file; raises ConfigError that lists every problem."""
    return load_strict(path, model=Assumptions)
