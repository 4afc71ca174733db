"""Where a command looks: CORPUS is a corpus file, OUT a folder of layers, RELEASE the folder of a release."""

import json
import os

from layers import storage
from pipeline.config.read import load_config
from pipeline.errors import InputError
from pipeline.inspect.listing import list_classes, list_names
from pipeline.plan.trial import limits_tried, place_output

MANIFEST = "manifest.json"
_MADE_FROM = "corpus.json"


def find_release(place: str, *, output: str | None, limit: int | None) -> str:
    """The release that a RELEASE, OUT or CORPUS means; raises InputError saying what is there instead."""
    place = find_output(place, output=output, limit=limit)
    for release in (place, storage.join(place, "release")):
        if storage.exists(storage.join(release, MANIFEST)):
            return release
    for folder in (storage.join(place, "release"), place):
        if classes := list_classes(folder):
            raise InputError(
                f"{place} has a release for each class: {', '.join(classes)}; give the folder of one, such "
                f"as {storage.join(folder, classes[0])}"
            )
    raise InputError(
        f"{place} is no release: it has no {MANIFEST}{_say_trials(place)}; give a release, the output that "
        f"it lies in, or a corpus file{list_names(place)}"
    )


def find_corpus(
    corpus: str | None, *, output: str | None, limit: int | None, makes: bool = False
) -> tuple[str, str | None, int | None]:
    """(corpus file, output, limit) that CORPUS, --out and --limit mean.

    CORPUS may be an output or a release, too, which says of which corpus file it is; an output alone does as
    well. makes: the output need not be there. Raises InputError where neither is given, or nothing says it.
    """
    if corpus is not None and not _is_folder(corpus):
        if not makes:
            check_output(output, limit=limit)
        return corpus, output, limit
    if corpus is not None and output is not None:
        raise InputError(f"--out belongs to a corpus file, and {corpus} is a folder; give one of them")
    output = output if corpus is None else _output_of(corpus)
    if output is None:
        raise InputError("name the corpus file, or its output with --out")
    place = place_output(output, base=os.getcwd(), limit=limit)
    url = storage.join(place, _MADE_FROM)
    try:
        made_from = json.loads(storage.read_bytes(url))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(_say_what_is_missing(corpus, output=output, place=place)) from error
    file = made_from["corpus"] if storage.is_remote(place) else storage.join(place, made_from["corpus"])
    if not storage.is_remote(file) and not storage.local_path(file).is_file():
        raise InputError(
            f"the corpus file of {place} was {os.path.normpath(file)}, and is not there; name it, too"
        )
    trial = made_from["limit"]
    if trial is not None and limit is None:
        place = place.removesuffix(f"-trial-{trial}")
    elif limit is not None:
        place = place_output(output, base=os.getcwd())
    return file if storage.is_remote(file) else os.path.normpath(file), place, trial


def _is_there(place: str) -> bool:
    """Whether there is a file or folder of this name; an object store is asked for what an output has."""
    return _is_folder(place) or storage.exists(place)


def tell_apart(doc_id: str, place: str) -> tuple[str, str]:
    """(DOC_ID, place) of two words that may stand in either order: a place is what is there."""
    return (place, doc_id) if _is_there(doc_id) and not _is_there(place) else (doc_id, place)


def _is_folder(place: str) -> bool:
    if storage.is_remote(place):
        return any(storage.exists(storage.join(place, name)) for name in (_MADE_FROM, MANIFEST))
    return storage.local_path(place).is_dir()


def _output_of(folder: str) -> str:
    """The output that a folder is, or that a release, whole or of a class, lies in."""
    if not storage.exists(storage.join(folder, MANIFEST)):
        return folder
    above = [storage.join(folder, ".."), storage.join(folder, "../..")]
    return next((place for place in above if storage.exists(storage.join(place, _MADE_FROM))), folder)


def _say_what_is_missing(corpus: str | None, *, output: str, place: str) -> str:
    if corpus is not None and os.path.isfile(beside := os.path.join(corpus, "corpus.yaml")):
        return f"{corpus} is the folder of a corpus file: give {beside}"
    made = "" if corpus is None else "; rhizotron init makes a corpus file for a folder of texts"
    return (
        f"{place} does not say of which corpus file it is (no {_MADE_FROM}); name the corpus file, too"
        f"{_say_trials(output)}{list_names(place)}{made}"
    )


def find_output(place: str, *, output: str | None, limit: int | None) -> str:
    """The output that a corpus file means, or any other place as it is; raises InputError."""
    if not storage.is_remote(place) and storage.local_path(place).is_file():
        base = os.path.dirname(os.path.abspath(storage.local_path(place)))
        asked = (load_config(place).output, base) if output is None else (output, os.getcwd())
        return place_output(asked[0], base=asked[1], limit=limit)
    if output is not None or limit is not None:
        raise InputError(f"--out and --limit belong to a corpus file, and {place} is none")
    return place


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
