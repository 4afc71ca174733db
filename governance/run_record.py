"""run.json, beside a release and no part of it: who made it, when, where and from which commit.

Nothing in a release depends on it, and no comparison of releases reads it.
"""

from typing import Literal

from pydantic import Field, ValidationError

from governance.amounts import Closed
from governance.canonical import to_canonical


def record_name(release_class: str) -> str:
    """run.json; of a class of releases run.CLASS.json, beside the folder that all classes lie in."""
    return f"run.{release_class}.json" if release_class else "run.json"


class CodeState(Closed):
    """The code that ran; commit and dirty null where it is no checkout and was not installed from one."""

    version: str
    commit: str | None
    dirty: bool | None = Field(
        description="whether files under version control were changed, or new ones lay"
    )


class RunRecord(Closed):
    """The run that put a release in place; one that found it up to date leaves the record as it is."""

    run_record_version: Literal[1] = 1
    name: str
    version: str
    manifest_sha256: str = Field(description="SHA-256 of manifest.json of the release that it tells of")
    code: CodeState
    host: str
    platform: str
    python: str
    runner: str
    workers: int | None = Field(description="processes of the local runner; null: the cluster decided")
    stages: list[str] = Field(description="that were asked for; what was up to date was not done again")
    started: str = Field(description="UTC, ISO 8601; of the last attempt where a run was resumed")
    ended: str

    def to_json(self) -> bytes:
        return to_canonical(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, data: bytes) -> "RunRecord | None":
        """None for anything else, as what a later version writes."""
        try:
            return cls.model_validate_json(data)
        except ValidationError:
            return None
