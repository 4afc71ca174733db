"""What a source declares and what the identifier finds compare by one tag, however a source spells it."""

import pyarrow as pa
import pytest

from filters import languages
from filters.language_id import IdentifyOptions, identify, load_model
from filters.language_id.labels import LID_176
from filters.language_id.labels import canonical_tag as identified_tag
from sources.reading.language_tags import canonical_tag as declared_tag

SPELLINGS = [
    ("pt-BR", "pt"),
    ("pt_PT", "pt"),
    ("hi-IN", "hi"),
    ("hin_Deva", "hi"),
    ("en_US.", None),
    ("swh_Latn", "sw"),
    ("zh-TW", "zh-Hant"),
    ("cmn-Hans", "zh-Hans"),
    ("arb", "ar"),
    ("tw-GH", "tw"),
    ("pnb", "pnb"),
    ("und", None),
]


@pytest.mark.parametrize("tag", sorted({*languages.TAGS, *LID_176.values()}))
def test_a_tag_that_a_model_gives_means_itself_when_a_source_declares_it(tag: str) -> None:
    assert identified_tag(declared_tag(tag)) == tag


@pytest.mark.parametrize(("spelled", "tag"), SPELLINGS)
def test_a_spelling_of_a_source_becomes_the_tag_of_a_model(spelled: str, tag: str | None) -> None:
    assert identified_tag(declared_tag(spelled)) == tag


def test_declarations_with_a_region_agree_with_the_language_found() -> None:
    texts = {
        "pt-BR": "O governo anunciou ontem que as escolas da cidade vão reabrir na próxima semana.",
        "hi-IN": "सरकार ने कल घोषणा की कि शहर के सभी विद्यालय अगले सप्ताह फिर से खुलेंगे।",
        "en-GB": "Nous avons appris hier que les écoles de la ville rouvriront la semaine prochaine.",
    }
    identified = identify(
        pa.array(texts.values(), pa.large_string()),
        declared=pa.array([declared_tag(tag) for tag in texts], pa.string()),
        model=load_model("lid.176"),
        options=IdentifyOptions(),
    )
    assert identified.column("lang").to_pylist() == ["pt", "hi", "fr"]
    assert identified.column("lang_agrees").to_pylist() == [True, True, False]
