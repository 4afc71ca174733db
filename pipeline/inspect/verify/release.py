"""A release checked by nothing but itself: as somebody does who has downloaded it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath

from pydantic import TypeAdapter

from filters.personal_data.find import DETECTORS_VERSION
from governance.manifest import MANIFEST_VERSION, NAME, SIGNATURE, Manifest, Output, sha256
from layers import storage
from layers.document import SCHEMA_VERSION
from pipeline.config.personal_data import PersonalDataConfig
from pipeline.errors import InputError
from pipeline.inspect.signature import check_signature
from pipeline.inspect.verify.files import RowRules, check_files
from pipeline.inspect.verify.pages import check_pages, describe
from pipeline.inspect.verify.personal_data import MaskRules
from pipeline.inspect.verify.result import Mismatch, Verification
from pipeline.inspect.verify.sums import compare_sums, find_repeats
from pipeline.stages.publish.manifest import code_version

_EARLIER = {
    1: "the manifest is of version 1, which has neither, and does not list pages and cards",
    2: "the manifest is of version 2, which has neither",
}


def verify(
    release: str,
    *,
    texts: bool = False,
    personal_data: bool = False,
    workers: int = 1,
    allowed_signers: str | None = None,
    advance: Callable[[int, int], None] = lambda done, of: None,
) -> Verification:
    """Compute again what can be: digests, rows, ids, order, sums, pages; release is a folder or URL.

    texts: the exact hash of every text, too. personal_data: search every document for values that should be
    masked, and not a sample. allowed_signers: file of those one of whom must have signed it. advance is told
    the bytes that are done, and all there are. Raises InputError where there is no release, or one of a later
    version.
    """
    try:
        data = storage.read_bytes(storage.join(release, NAME))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{release} is no release: it has no {NAME}") from error
    answer = Verification(release, manifest_sha256=sha256(data))
    manifest, outputs, lists_all = _read_manifest(data, answer=answer)
    outputs = _check_listing(outputs, lists_all=lists_all, answer=answer)
    _check_signature(allowed_signers, answer=answer)
    rules = None if manifest is None else _row_rules(manifest, texts=texts, answer=answer)
    if manifest is not None and rules is not None:
        masks = _mask_rules(manifest, everything=personal_data, answer=answer)
        rules = replace(rules, masks=masks)
    size = sum(output.bytes for output in outputs)
    done = 0

    def tell(checked: int) -> None:
        nonlocal done
        done += checked
        advance(done, size)

    tell(0)
    total = check_files(release, outputs=outputs, rules=rules, workers=workers, advance=tell)
    answer.mismatches += total.mismatches
    answer.files, answer.bytes = len(outputs), total.bytes
    if manifest is not None:
        answer.name, answer.made_by = f"{manifest.name} {manifest.version}", describe(manifest.code)
        answer.documents = manifest.total.documents
        if rules is not None:
            compare_sums(total, manifest=manifest, answer=answer)
            answer.mismatches += find_repeats(total)
        schemas = {kind: schema for kind, (_, schema) in total.schemas.items()}
        check_pages(release, manifest=manifest, schemas=schemas, answer=answer)
    answer.mismatches.sort(key=lambda mismatch: mismatch.path)
    return answer


def _read_manifest(data: bytes, *, answer: Verification) -> tuple[Manifest | None, list[Output], bool]:
    """(the manifest, None where it was edited; the files that it lists; whether it lists all)."""
    outputs: list[Output] = []
    version = None
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        raw = json.loads(data)
        version = raw["manifest_version"]
        outputs = TypeAdapter(list[Output]).validate_python(raw["outputs"])
    if isinstance(version, int) and version > MANIFEST_VERSION:
        raise InputError(
            f"{answer.release} has a manifest of version {version}, this version of rhizotron reads up to "
            f"{MANIFEST_VERSION}; install the one that made the release"
        )
    lists_all = version in range(2, MANIFEST_VERSION + 1) and bool(outputs)
    if isinstance(version, int) and 1 <= version < MANIFEST_VERSION:
        answer.leave_out("environment and operations", reason=_EARLIER[version])
    try:
        manifest = Manifest.from_json(data)
        return manifest, manifest.outputs, lists_all
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        answer.mismatches.append(Mismatch(NAME, "content", str(error), "a manifest as it was written"))
    return None, outputs, lists_all


def _check_listing(outputs: list[Output], *, lists_all: bool, answer: Verification) -> list[Output]:
    """The listed files, of which those that are not there and those too many are told.

    What is not in a list that never had all, as that of version 1, or that cannot be read, may be right.
    """
    inside = [output for output in outputs if _is_inside(output.path)]
    for output in outputs:
        if not _is_inside(output.path):
            answer.mismatches.append(Mismatch(NAME, "path", output.path, "a path in the release"))
    there = {*storage.list_tree(answer.release)}
    listed = {output.path for output in inside}
    for path in sorted(listed - there):
        answer.mismatches.append(Mismatch(path, "file", "missing", f"listed in {NAME}"))
    for path in sorted(there - listed - {NAME, SIGNATURE}):
        if not lists_all:
            answer.leave_out(path, reason=f"{NAME} does not list it")
        elif any(part.startswith(".") for part in PurePosixPath(path).parts):
            answer.leave_out(path, reason="hidden, as what a download leaves; no part of the release")
        else:
            answer.mismatches.append(Mismatch(path, "file", "there", f"not listed in {NAME}"))
    return inside


def _check_signature(allowed_signers: str | None, *, answer: Verification) -> None:
    """A good signature of somebody on the list, where one is asked for; else one that is there is named."""
    if allowed_signers is None:
        if storage.exists(storage.join(answer.release, SIGNATURE)):
            answer.leave_out(SIGNATURE, reason="no --allowed-signers says whose signature it must be")
        return
    signature = check_signature(answer.release, allowed_signers=allowed_signers)
    answer.signed_by = signature.principal
    if signature.problem:
        expected = f"a good one of somebody in {allowed_signers}"
        answer.mismatches.append(Mismatch(SIGNATURE, "signature", signature.problem, expected))


def _is_inside(path: str) -> bool:
    """False for a path that would lead out of the release: a manifest comes from strangers."""
    pure = PurePosixPath(path)
    return bool(path) and "://" not in path and not pure.is_absolute() and ".." not in pure.parts


def _row_rules(manifest: Manifest, *, texts: bool, answer: Verification) -> RowRules | None:
    """What rows are checked against; None where they have other columns than this version's."""
    if manifest.schema_version != SCHEMA_VERSION:
        answer.leave_out(
            "ids, order and sums",
            reason=f"the columns are of version {manifest.schema_version}, here they are {SCHEMA_VERSION}",
        )
        return None
    try:
        normalisation = manifest.config["measure"]["exact_hash"]
        threshold = float(manifest.config["decide"]["min_similarity"])
    except (KeyError, TypeError, ValueError) as error:
        answer.leave_out(
            "ids, order and sums", reason=f"what the config says of hashes cannot be read: {error}"
        )
        return None
    if texts and manifest.code != code_version():
        reason = f"made by {describe(manifest.code)}, this is {describe(code_version())}"
        answer.leave_out("exact hashes of texts", reason=reason)
        texts = False
    return RowRules(normalisation if texts else None, near_threshold=threshold)


def _mask_rules(manifest: Manifest, *, everything: bool, answer: Verification) -> MaskRules | None:
    """What texts are searched for; None where other detectors looked, or nothing did."""
    block = manifest.personal_data
    if block is None or not block.looked_for:
        return None
    what = "personal data left in texts"
    if block.detectors_version != DETECTORS_VERSION:
        reason = f"found by detectors of version {block.detectors_version}, here they are {DETECTORS_VERSION}"
        answer.leave_out(what, reason=reason)
        return None
    try:
        config = PersonalDataConfig.model_validate(manifest.config["personal_data"])
    except (KeyError, ValueError) as error:
        answer.leave_out(what, reason=f"what the config says of it cannot be read: {error}")
        return None
    kinds = block.looked_for
    return MaskRules(
        lambda source, lang: config.masked_kinds(source, lang=lang, looked_for=kinds), everything=everything
    )
