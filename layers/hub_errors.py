"""What the errors of the Hub's library mean: one wording for datasets, models and uploads."""


class HubError(OSError):
    """What the Hub does not give: names the place, what was wrong and the fix."""


def explain_refusal(error: BaseException, *, what: str) -> str | None:
    """The rest of a sentence that starts with the place: why it is not given; None: for no such reason.

    what: dataset, repository.
    """
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    match error:
        case errors.GatedRepoError():
            return f"is gated: accept its terms on its page at {hub} and set HF_TOKEN"
        case errors.RepositoryNotFoundError():
            return f"is not at {hub}: no such {what}, or a private one that needs HF_TOKEN"
        case errors.RevisionNotFoundError():
            return f"is not at {hub}: no such commit, branch or tag"
        case errors.OfflineModeIsEnabled():
            return f"cannot be asked for at {hub}: HF_HUB_OFFLINE forbids it, unset it for one run"
    return None


def explain_offline(what: str) -> str:
    """The rest of the same, where the cache of this machine lacks what was asked for."""
    from huggingface_hub import constants

    return (
        f"not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids to download: "
        f"unset it for one run, or copy the cache of a machine that has {what}"
    )


def is_entry_missing(error: BaseException) -> bool:
    """Whether the Hub itself says that there is no such file at the commit."""
    from huggingface_hub import errors

    return isinstance(error, errors.EntryNotFoundError) and not isinstance(
        error, errors.LocalEntryNotFoundError
    )


def describe_cause(error: BaseException) -> str:
    """`ConnectError: first line` of what made a request fail."""
    cause = error.__cause__ or error
    first, *_ = str(cause).strip().split("\n")
    return f"{type(cause).__name__}: {first}"
