"""Models of the Hugging Face Hub: `hf://owner/name@commit[/file]`, pinned to a commit, downloaded once.

The download, its cache and its settings (HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN) are those of
huggingface_hub, which is imported only when such a model is used.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from layers.hub_errors import HubError, describe_cause, explain_offline, explain_refusal, is_entry_missing

PREFIX = "hf://"
_ID = re.compile(
    r"hf://(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[^/]*))?(/(?P<file>.*))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OTHER_KINDS = ("datasets", "spaces", "kernels", "buckets", "models")
_FORM = "hf://owner/name@commit or hf://owner/name@commit/file, with a commit of 40 hexadecimal digits"


@dataclass(frozen=True)
class Repository:
    """What is known of a published model; the sources are in docs/how-to/language_models.md."""

    file: str
    """Its file, if none is given."""
    pinned: str | None
    """An id with the newest commit that we know in full; None where we know none."""
    labels: str
    """Name of its label table."""
    license: str


KNOWN: dict[str, Repository] = {
    "cis-lmu/glotlid": Repository(
        file="model.bin",
        pinned="hf://cis-lmu/glotlid@74cb50b709c9eefe0f790030c6c95c461b4e3b77/model.bin",
        labels="glotlid",
        license="Apache-2.0",
    ),
    "laurievb/openlid": Repository(
        file="model.bin",
        pinned="hf://laurievb/OpenLID@c863ba498d4889a209e6684489987e9cd69e28fe/model.bin",
        labels="openlid",
        license="GPL-3.0-only",
    ),
    "laurievb/openlid-v2": Repository(
        file="model.bin",
        pinned="hf://laurievb/OpenLID-v2@e807787c47caef66ed59f9627cadd4d407b530f1/openlid_v2.bin",
        labels="openlid",
        license="GPL-3.0-only",
    ),
    "hplt/openlid-v3": Repository(
        file="openlid-v3.bin", pinned=None, labels="openlid", license="GPL-3.0-only"
    ),
    "facebook/fasttext-language-identification": Repository(
        file="model.bin",
        pinned="hf://facebook/fasttext-language-identification@"
        "3af127d4124fc58b75666f3594bb5143b9757e78/model.bin",
        labels="nllb",
        license="CC-BY-NC-4.0",
    ),
}
"""Repository, in lower case → what is known of it."""


@dataclass(frozen=True)
class HubFile:
    """One file of a model repository at one commit."""

    repository: str
    commit: str
    file: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}@{self.commit}/{self.file}"

    @property
    def description(self) -> Repository | None:
        return KNOWN.get(self.repository.lower())


def is_hub_id(model: str) -> bool:
    return model.startswith(PREFIX)


def parse(model: str) -> HubFile:
    """`hf://owner/name@commit[/file]` → its parts; raises ValueError that says how to write or pin it."""
    match = _ID.fullmatch(model)
    if match is None:
        raise ValueError(f"{model} is no model of the Hub: write {_FORM}")
    repository, revision, file = match["repository"], match["revision"], match["file"]
    if repository.split("/")[0] in _OTHER_KINDS:
        raise ValueError(f"{model} is no model of the Hub, whose models have no kind in front: write {_FORM}")
    description = KNOWN.get(repository.lower())
    if revision is None or _COMMIT.fullmatch(revision) is None:
        what = "names no commit" if not revision else f"names {revision}, which is not a whole commit"
        advice = f"for example {description.pinned}" if description and description.pinned else _FORM
        raise ValueError(f"{model} {what}, so its bytes could change between two runs: write {advice}")
    if file is None and description is None:
        raise ValueError(
            f"{model} names no file, and the repository is not one we know: add /model.bin or so"
        )
    file = file or (description.file if description else "")
    if "\\" in file or any(part in ("", ".", "..") for part in file.split("/")):
        raise ValueError(f"{model} names no file of a repository: {file!r}")
    return HubFile(repository, revision, file)


@cache
def fetch(model: HubFile) -> Path:
    """The file in the local cache, downloaded if it is not there; one download for all processes.

    A cached file needs no network. Raises HubError.
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache  # 0.3 s, and few runs need it

    cached = try_to_load_from_cache(model.repository, model.file, revision=model.commit)
    if isinstance(cached, str):
        return Path(cached)  # hf_hub_download 2.4 sends a request even then
    try:
        return Path(hf_hub_download(model.repository, model.file, revision=model.commit))
    except Exception as error:  # of the library, its HTTP library or the file system: all end as one sentence
        raise HubError(f"{model} {_explain(error, model=model)}") from error


def _explain(error: Exception, *, model: HubFile) -> str:
    """The rest of a sentence that starts with the model: what was wrong, and what to do."""
    from huggingface_hub import constants, errors

    hub, store = constants.ENDPOINT, constants.HF_HUB_CACHE
    if is_entry_missing(error):
        return f"is not at {hub}: no such file at this commit; the id may end in /file"
    if isinstance(error, errors.LocalEntryNotFoundError) and constants.HF_HUB_OFFLINE:
        return f"is {explain_offline('the model')}"
    refusal = explain_refusal(error, what="repository")
    if refusal is not None:
        pinned = model.description.pinned if model.description else None
        is_other = isinstance(error, errors.RevisionNotFoundError) and pinned
        return f"{refusal}; one that we know is {pinned}" if is_other else refusal
    return (
        f"could not be downloaded from {hub} to {store} ({describe_cause(error)}): "
        "check the network and run again, or give the path of a file"
    )


def stated_sha256(path: Path) -> str | None:
    """The SHA-256 that the Hub states for a cached file; None where it states none.

    The cache names the content of large files by it. huggingface_hub compares only their sizes.
    """
    if not path.is_symlink():
        return None
    name = Path(os.readlink(path)).name  # one step: a blob may itself link to a store of other names
    return name if _SHA256.fullmatch(name) else None
