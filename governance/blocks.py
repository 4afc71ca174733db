"""Blocks of a manifest that one part of governance fills, each in a module of its own.

A new block is a `Closed` model in its module, one optional field here, and one line of
`pipeline/stages/publish/blocks.py`, which fills it; no signature between them changes.
"""

from pydantic import Field

from governance.amounts import Closed
from governance.domains import Domains
from governance.language_quality import LanguageQuality
from governance.personal_data import PersonalData
from governance.release_class import ReleaseClass
from governance.removals.block import Removals
from governance.reservations.counts import ReservationBlock


class Blocks(Closed):
    """The optional blocks of a manifest; null: nothing of this kind was done, and pages say so."""

    release_class: ReleaseClass | None = Field(
        default=None,
        description="where each class of licences and access tiers has a release of its own: which this is",
    )
    removals: Removals | None = None
    reservations: ReservationBlock | None = Field(
        default=None,
        description="what was said for machines about training on documents",
    )
    personal_data: PersonalData | None = None
    domains: Domains | None = Field(default=None, description="sites that the release has text of")
    language_quality: dict[str, LanguageQuality] | None = Field(
        default=None,
        description="target language → how well the model tells it; without those that were not measured",
    )
