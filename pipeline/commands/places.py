"""Where a command looks: CORPUS is a corpus file, OUT a folder of layers, RELEASE the folder of a release."""

import os

from layers import storage
from pipeline.config.corpus import load_config
from pipeline.errors import InputError
from pipeline.inspect.listing import list_names
from pipeline.plan.trial import limits_tried, place_output

MANIFEST = "manifest.json"


def find_release(place: str, *, output: str | None, limit: int | None) -> str:
    """The release that a RELEASE, OUT or CORPUS means; raises InputError saying what is there instead."""
    if not storage.is_remote(place) and storage.local_path(place).is_file():
        base = os.path.dirname(os.path.abspath(storage.local_path(place)))
        asked = (load_config(place).output, base) if output is None else (output, os.getcwd())
        place = place_output(asked[0], base=asked[1], limit=limit)
    elif output is not None or limit is not None:
        raise InputError(f"--out and --limit belong to a corpus file, and {place} is none")
    for release in (place, storage.join(place, "release")):
        if storage.exists(storage.join(release, MANIFEST)):
            return release
    raise InputError(
        f"{place} is no release: it has no {MANIFEST}{_say_trials(place)}; give a release, the output that "
        f"it lies in, or a corpus file{list_names(place)}"
    )


def check_output(output: str | None, *, limit: int | None) -> None:
    """Raise InputError where the command line names an output that does not exist."""
    if output is None:
        return
    place = place_output(output, base=os.getcwd(), limit=limit)
    if not storage.exists(place):
        raise InputError(f"there is no output {place}{_say_trials(output)}{list_names(place)}")


def _say_trials(output: str) -> str:
    limits = limits_tried(place_output(output, base=os.getcwd()))
    return "".join(f"; a trial lies in {output.rstrip('/')}-trial-{limit}" for limit in limits)
