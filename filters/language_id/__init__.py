"""Which language a document is in, how sure the model is, and what it cannot know."""

from filters.language_id.identify import LANGUAGE, identify
from filters.language_id.labels import SUPPORTED, canonical_tag
from filters.language_id.model import (
    DEFAULT_MODEL,
    VENDORED,
    Model,
    check_model,
    describe,
    labels_digest,
    load_model,
    model_digest,
)
from filters.language_id.options import IdentifyOptions
from filters.language_id.segments import SegmentOptions
from layers.hub_errors import HubError

CONTENT_VERSION = 12
"""Bumped by hand when the same text, declaration, model and options are identified differently."""

__all__ = [
    "CONTENT_VERSION",
    "DEFAULT_MODEL",
    "LANGUAGE",
    "SUPPORTED",
    "VENDORED",
    "HubError",
    "IdentifyOptions",
    "Model",
    "SegmentOptions",
    "canonical_tag",
    "check_model",
    "describe",
    "identify",
    "labels_digest",
    "load_model",
    "model_digest",
]
