"""What a corpus makes of reservations: which signals decide, for which robots, and where copies are."""

import datetime
import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from governance.reservations.agents import load_agents
from governance.reservations.signals import PROTOCOLS, Protocol, Purpose
from governance.reservations.terms import Policy, Terms
from layers.strict_yaml import matching
from pipeline.config.measure import Strict

_Agent = Annotated[str, matching(r"^[A-Za-z0-9_.-]{1,64}$", words="a product token: a-z, 0-9, _, - and .")]


def check_date(value: str) -> str:
    """A day or time in the form of ISO 8601, as it is; raises ValueError for anything else."""
    if not re.match(r"\d{4}-\d\d-\d\d(?!\d)", value):
        raise ValueError(f"{value!r} is no date: write it as 2026-11-29 or 2026-11-29T10:00:00Z")
    datetime.datetime.fromisoformat(value)
    return value


class ReservationConfig(Strict):
    """The policy of a source, or of all that have none of their own."""

    policy: Policy | None = Field(
        default=None,
        description="`honour_all`: a text that any protocol reserves is refused; `honour_listed`: that one "
        "of `protocols` reserves; `not_applicable`: nothing is looked for, as where a licence permits it. "
        "Default: what the source card says, else `honour_all`",
    )
    protocols: list[Protocol] = Field(
        default=[], description=f"that decide with `honour_listed`: {', '.join(PROTOCOLS)}"
    )
    agents: list[_Agent] | None = Field(
        default=None,
        description="robots in whose place robots.txt is read; default: those of the bundled list that train "
        "models",
    )
    purpose: Purpose = Field(default="train-ai", description="what the texts are taken for")
    robots: str | None = Field(
        default=None,
        description="folder of the sites' robots.txt, tdmrep.json and RSL licences, named by host, or of web "
        "archives that hold them, relative to the corpus file",
    )
    robots_date: str | None = Field(
        default=None, description="when the files of the folder were taken, as 2026-11-29"
    )

    @field_validator("robots_date", mode="before")
    @classmethod
    def _check_date(cls, value: object) -> object:
        if isinstance(value, datetime.date):
            return value.isoformat()
        return check_date(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_protocols(self) -> "ReservationConfig":
        if (self.policy == "honour_listed") != bool(self.protocols):
            raise ValueError("protocols are listed with policy: honour_listed, and only with it")
        return self

    def override(self, own: "ReservationConfig | None") -> "ReservationConfig":
        """These, with what a source says itself in their place; its policy comes with its protocols."""
        said = {} if own is None else {name: getattr(own, name) for name in own.model_fields_set}
        if said.get("policy") is not None:
            said.setdefault("protocols", [])
        return self.model_copy(update=said)

    def make_terms(self, *, policy: Policy, protocols: Sequence[Protocol]) -> Terms:
        """As stages need it, without the folder, which the plan looks into; no protocols: all."""
        return Terms(
            policy=policy,
            agents=load_agents().training if self.agents is None else tuple(self.agents),
            protocols=tuple(protocols or PROTOCOLS),
            purpose=self.purpose,
        )
