"""Which language a document is in, how sure the model is, and what it cannot know."""

from filters.language_id.hub import HubError
from filters.language_id.identify import LANGUAGE, IdentifyOptions, identify
from filters.language_id.labels import SUPPORTED, canonical_tag
from filters.language_id.model import (
    VENDORED,
    Model,
    check_model,
    labels_digest,
    load_model,
    model_digest,
)

CONTENT_VERSION = 2
"""Bumped by hand when the same text, declaration, model and options are identified differently."""

__all__ = [
    "CONTENT_VERSION",
    "LANGUAGE",
    "SUPPORTED",
    "VENDORED",
    "HubError",
    "IdentifyOptions",
    "Model",
    "canonical_tag",
    "check_model",
    "identify",
    "labels_digest",
    "load_model",
    "model_digest",
]
