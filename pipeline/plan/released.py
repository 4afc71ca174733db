"""The date that a release bears: said by somebody, never asked of a clock."""

import os
import re
from datetime import UTC, datetime

from pipeline.config.corpus import CorpusConfig

EPOCH = "SOURCE_DATE_EPOCH"


def find_date(config: CorpusConfig) -> str | None:
    """`released` of the corpus file, else the day of SOURCE_DATE_EPOCH in UTC, else None; ISO 8601.

    Raises ValueError where the variable is no number of seconds.
    """
    if config.released is not None:
        return config.released.isoformat()
    seconds = os.environ.get(EPOCH, "")
    if not seconds:
        return None
    if not re.fullmatch(r"[0-9]{1,11}", seconds):
        raise ValueError(
            f"{EPOCH} is {seconds!r}; it is a number of seconds since 1970, as git log --format=%ct prints"
        )
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
