"""The robots of artificial intelligence, as data with a date."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from layers import strict_yaml


class Agent(BaseModel):
    """A robot by its product token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    operator: str
    trains: bool = True
    """What it fetches may train models; False: it fetches what somebody asks for."""


class AgentList(BaseModel):
    """All that are listed, at a date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listed: str
    agents: tuple[Agent, ...]

    @property
    def training(self) -> tuple[str, ...]:
        """Names of those whose catch may train models."""
        return tuple(agent.name for agent in self.agents if agent.trains)


@cache
def load_agents() -> AgentList:
    """The bundled list."""
    read = strict_yaml.load(Path(__file__).with_name("agents.yaml").read_text("utf-8"))
    return AgentList.model_validate({**read, "listed": str(read["listed"])})
