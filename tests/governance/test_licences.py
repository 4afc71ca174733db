"""Licences beyond their spelling: exceptions, terms, allow-lists, what may stand together in a release."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licences import allows, classes, parse_license, possible_answers, release_class

IDS = st.sampled_from(
    ["MIT", "CC-BY-4.0", "CC-BY-SA-4.0", "GPL-2.0-or-later", "CC-BY-NC-4.0", "LicenseRef-x"]
)
EXPRESSIONS = st.recursive(
    IDS,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({' '.join(t)})"),
)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("MIT WITH Classpath-exception-2.0", "no exception to MIT, but to GPL-…, LGPL-…, AGPL-…"),
        ("Apache-2.0 WITH GCC-exception-3.1", "no exception to Apache-2.0, but to GPL-3.0-…"),
        ("GPL-2.0-only WITH LLVM-exception", "no exception to GPL-2.0-only, but to Apache-2.0"),
        ("MIT OR (MIT WITH Bison-exception-2.2)", "no exception to MIT"),
        ("MIT WITH Apache-2.0", "Apache-2.0 is a licence, and no exception"),
        ("Classpath-exception-2.0", "is an exception, not a licence"),
        ("CC-BY-4.0 OR", "is not an SPDX licence expression"),
        ("NOASSERTION AND MIT", "NOASSERTION, alone"),
        ("cc-by", "names a family"),
        ("MIT OR bsd", "'bsd' names a family"),
        ("Creative  Commons", "'Creative Commons' names a family"),
        ("Public Domain", "'Public Domain' names a family"),
        ("llama3", "write LicenseRef-llama3 and its text"),
        ("(" * 2000 + "MIT" + ")" * 2000, "4003 characters"),
        ("(" * 400 + "MIT" + ")" * 401, "is not an SPDX licence expression"),
    ],
)
def test_what_no_re_user_could_comply_with_is_refused(written: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_license(written)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        *("GPL-2.0-or-later WITH Classpath-exception-2.0", "Apache-2.0 WITH LLVM-exception"),
        *("GPL-2.0-only WITH LicenseRef-ours", "LGPL-3.0-only WITH LGPL-3.0-linking-exception"),
    ],
)
def test_an_exception_stands_behind_a_licence_that_it_fits(expression: str) -> None:
    assert parse_license(expression) == expression


@pytest.mark.parametrize(
    ("expression", "answers"),  # commercial, attribution, share_alike, derivatives
    [
        ("CC0-1.0", ("yes", "no", "no", "yes")),
        ("CC-BY-NC-ND-3.0-IGO", ("no", "yes", "no", "no")),
        ("CC-BY-SA-4.0", ("yes", "yes", "yes", "yes")),
        ("MIT AND CC-BY-NC-4.0", ("no", "yes", "no", "yes")),
        ("CC0-1.0 OR CC-BY-NC-SA-4.0", ("no yes", "no yes", "no yes", "yes")),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("yes", "yes", "no yes", "yes")),
        ("LicenseRef-x AND CC-BY-4.0", ("no yes", "yes", "no yes", "no yes")),
        ("NOASSERTION", ("no yes",) * 4),
    ],
)
def test_what_a_licence_answers(expression: str, answers: tuple[str, ...]) -> None:
    assert tuple(" ".join(sorted(each)) for each in possible_answers(expression).values()) == answers


ALLOWED = [
    "CC-BY-4.0",
    "GPL-3.0-only",
    "Apache-2.0 WITH LLVM-exception",
    "MIT AND ISC",
    "EPL-2.0 OR BSD-2-Clause",
]


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        *(("CC-BY-4.0", True), ("CC-BY-3.0", False), ("CC-BY-4.0 AND GPL-3.0-only", True)),
        *(
            ("CC-BY-4.0 AND CC-BY-3.0", False),
            ("CC-BY-4.0 OR CC-BY-3.0", True),
            ("CC-BY-3.0 OR CC-BY-SA-3.0", False),
        ),
        *(
            ("GPL-2.0-or-later", True),
            ("GPL-3.0-or-later", True),
            ("GPL-2.0-only", False),
            ("LGPL-2.1-or-later", False),
        ),
        *(("Apache-2.0", False), ("Apache-2.0 WITH LLVM-exception", True)),
        *(("ISC", True), ("BSD-2-Clause", False), ("BSD-2-Clause OR EPL-2.0", True), ("LicenseRef-x", False)),
        *(("NOASSERTION", False), ("NONE", False), ("no licence at all", False), ("CC-BY-4.0 OR", False)),
    ],
)
def test_an_allow_list_is_satisfied_or_not(expression: str, passes: bool) -> None:
    assert allows(expression, allowed=ALLOWED) is passes


def test_what_is_unknown_is_allowed_by_name_only() -> None:
    assert allows("NOASSERTION", allowed=["NOASSERTION"]) and not allows(
        "NONE", allowed=["NOASSERTION", "MIT"]
    )


@given(EXPRESSIONS, st.sets(IDS))
def test_a_longer_list_allows_no_less(expression: str, names: set[str]) -> None:
    canonical = parse_license(expression)
    if allows(canonical, allowed=sorted(names)):
        assert allows(canonical, allowed=sorted({*names, "ISC"}))
    assert allows(canonical, allowed=[canonical])


@pytest.mark.parametrize(
    ("expression", "tier", "name"),
    [
        *(
            ("CC0-1.0", "open", "open"),
            ("MIT AND CC-BY-3.0", "open", "open"),
            ("ODC-By-1.0", "gated", "gated-open"),
        ),
        *(("CC-BY-SA-3.0", "open", "share-alike-cc-by-sa"), ("CC-BY-SA-4.0", "open", "share-alike-cc-by-sa")),
        *(
            ("CC-BY-SA-1.0", "open", "share-alike-cc-by-sa-1.0"),
            ("GPL-2.0-only", "open", "share-alike-gpl-2.0"),
        ),
        *(
            ("GPL-2.0-or-later", "open", "share-alike-gpl-3.0"),
            ("AGPL-3.0-only", "open", "share-alike-gpl-3.0"),
        ),
        ("CC-BY-SA-4.0 AND GPL-3.0-only", "open", "share-alike-cc-by-sa-and-gpl-3.0"),
        ("CC-BY-SA-4.0 OR GPL-3.0-only", "open", "share-alike-cc-by-sa"),
        ("MIT OR GPL-3.0-only", "open", "open"),
        ("CC-BY-NC-4.0", "open", "non-commercial"),
        ("CC-BY-NC-SA-4.0", "open", "non-commercial-share-alike-cc-by-nc-sa"),
        *(
            ("CC-BY-ND-4.0", "open", "no-derivatives"),
            ("CC-BY-NC-ND-4.0", "open", "non-commercial-no-derivatives"),
        ),
        *(
            ("NOASSERTION", "open", "unclear"),
            ("NONE", "gated", "gated-unclear"),
            ("LicenseRef-x", "open", "unclear"),
        ),
        *(("LicenseRef-x OR MIT", "open", "open"), ("MIT", "internal", "internal")),
    ],
)
def test_the_class_of_a_release(expression: str, tier: str, name: str) -> None:
    assert release_class(expression, tier) == name


def test_documents_are_grouped_by_what_may_stand_together() -> None:
    licenses = ["CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", "NOASSERTION"]
    pairs = [*itertools.product(licenses, ["open", "internal"]), ("CC0-1.0", "open")]
    assert classes(pairs) == {
        "internal": [(each, "internal") for each in sorted(licenses)],
        "open": [("CC-BY-4.0", "open"), ("CC0-1.0", "open")],
        "share-alike-cc-by-sa": [("CC-BY-SA-4.0", "open")],
        "unclear": [("NOASSERTION", "open")],
    }
    with pytest.raises(ValueError, match="'public' is no access tier"):
        release_class("MIT", "public")


@given(EXPRESSIONS, EXPRESSIONS)
def test_a_choice_is_never_more_restricted_than_what_it_is_of(one: str, other: str) -> None:
    names = [release_class(parse_license(each), "open") for each in (one, other)]
    assert release_class(parse_license(f"{one} OR {other}"), "open") in names
