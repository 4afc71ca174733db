"""Trial runs: where `--limit N` writes, so that a trial never replaces the real thing."""

import os
import re

from layers import storage
from layers.listing import list_folders

_TRIAL = re.compile(r"-trial-(\d+)/?$")


def place_output(output: str, *, base: str, limit: int | None = None) -> str:
    """An output as absolute folder or URL, relative to base; with a limit `<output>-trial-<limit>`."""
    url = storage.join(base, output)
    url = url if storage.is_remote(url) else os.path.abspath(storage.local_path(url))
    return url if limit is None else f"{url.rstrip('/')}-trial-{limit}"


def untried(output: str) -> str:
    """The output beside which a trial lies."""
    return _TRIAL.sub("", output)


def limits_tried(output: str) -> list[int]:
    """The limits of the trials that lie beside an output."""
    matches = (_TRIAL.search(url) for url in list_folders(f"{output.rstrip('/')}-trial-*"))
    return sorted(int(match[1]) for match in matches if match)
