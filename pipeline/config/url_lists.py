"""Lists of URLs and domains whose documents are refused while a source is read."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, field_validator

from filters.hashes import url_lists
from governance.licences import parse_license
from layers.strict_yaml import matching
from pipeline.config.measure import Strict

ListFormat = Literal["domains", "urls", "hosts"]


class UrlListConfig(Strict):
    """A list as data: its files, where it is from and under which licence."""

    name: Annotated[
        str, matching(r"^[a-z][a-z0-9_-]{1,62}$", words="2 to 63 of a-z, 0-9, _ and -, a letter first")
    ] = Field(description="stands in the ledger beside each document that the list refuses")
    paths: list[str] = Field(min_length=1, description="its files, relative to the corpus file")
    format: ListFormat = Field(
        description="`domains`: a domain a line, as UT1's; `urls`: host and path a line, as UT1's; `hosts`: "
        "an address and its names a line"
    )
    version: str = Field(min_length=1, description="its date, commit or version")
    license: str = Field(description="SPDX expression of the list itself, or NOASSERTION")
    homepage: str | None = Field(default=None, description="where it is from")

    @field_validator("license")
    @classmethod
    def _check_license(cls, value: str) -> str:
        return parse_license(value)


@dataclass(frozen=True)
class PlannedList:
    """A list as the plan saw it: small and picklable, so that workers read the same."""

    name: str
    version: str
    format: str
    urls: tuple[str, ...]
    """Of its files, absolute."""
    sha256: str
    """Of its files, in their order."""
    max_entries: int

    @property
    def memory_bytes(self) -> int:
        return url_lists.ENTRY_BYTES * self.max_entries

    @property
    def identity(self) -> list[object]:
        """What the documents depend on."""
        return [self.name, self.version, self.format, self.sha256, url_lists.CONTENT_VERSION]
