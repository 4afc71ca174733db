"""What the manifest says about personal data, from the entries of shards and the corpus file."""

from collections.abc import Sequence

from filters.personal_data.coverage import coverage
from filters.personal_data.find import DETECTORS_VERSION
from filters.personal_data.mask import placeholder
from governance.personal_data import MaskedShare, PersonalData, make_share, sum_shares
from layers.entries import Entry
from pipeline.job import Job


def make_personal_data(published: Sequence[Entry], *, job: Job) -> PersonalData:
    """The block of the manifest; published are the entries of the release's shards."""
    kinds, config = job.config.measure.kinds, job.config.personal_data
    shares: dict[str, dict[str, list[MaskedShare]]] = {}
    for entry in published:
        share = make_share(entry.facts["personal_data"])
        if share.kinds or share.fields:
            shares.setdefault(entry.unit.uri, {}).setdefault(entry.unit.source, []).append(share)
    return PersonalData(
        looked_for=list(kinds),
        detectors_version=DETECTORS_VERSION if kinds else None,
        placeholders={kind: placeholder(kind) for kind in kinds},
        coverage={
            kind: {lang: coverage(kind, lang) for lang in sorted(job.config.decide.languages)}
            for kind in kinds
        },
        masked={
            lang: {source: sum_shares(listed) for source, listed in sorted(sources.items())}
            for lang, sources in sorted(shares.items())
        },
        retention_days=config.retention_days,
        retention=config.retention,
    )
