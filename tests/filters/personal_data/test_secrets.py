"""Each rule of secrets finds what it is about, and nothing of a value that is a character short."""

import random
from itertools import islice

import pyarrow as pa
import pytest

from benchmarks.personal_data.patterns import make_example
from filters.personal_data.find import find_spans
from filters.personal_data.secret_rules import SecretRule, secret_rules

EXAMPLES = 12
BY_SURROUNDINGS = {
    "assigned-secret", "curl-user", "curl-header", "nuget-password", "slack-legacy-token", "slack-token",
    "sourcegraph-old-token",
}  # fmt: skip
"""Rules whose shortest values are none without the line that they stand in."""
RULES = [rule for rule in secret_rules() if rule.name not in BY_SURROUNDINGS]


def find_keys(text: str) -> list[tuple[str, str]]:
    """(detector, value) of each secret of a text."""
    spans = find_spans(
        pa.array([text], pa.large_string()), languages=["en"], kinds=["api_key", "private_key"]
    )
    raw = text.encode()
    return [(span["detector"], raw[span["start"] : span["end"]].decode()) for span in spans[0].as_py()]


def make_examples(rule: SecretRule) -> list[tuple[str, int, int]]:
    """(text, start, end) of secrets as services make them: with digits, as random as the rule wants."""
    rng = random.Random(rule.name)
    made = (make_example(rule.pattern.pattern, rng=rng, shortest=True) for _ in range(40 * EXAMPLES))
    examples = ((each.text, *each.secret_span(rule.group)) for each in made)
    usual = (
        (text, start, end)
        for text, start, end in examples
        if sum(map(str.isdigit, text[start:end])) >= 2
        and rule.accepts(text[start:end], before=text[:start])
        and rule.pattern.search(text)
    )
    return list(islice(usual, EXAMPLES))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_value_of_a_rule_is_found_whole_and_one_that_is_a_character_short_is_not(rule: SecretRule) -> None:
    examples = make_examples(rule)
    assert len(examples) == EXAMPLES
    for text, start, end in examples:
        assert text[start:end] in [value for _, value in find_keys(f"Set it to {text} and go.")]
        short = f"Set it to {text[: end - 1]}{text[end:]} and go."
        assert f"api_key.{rule.name}" not in [detector for detector, _ in find_keys(short)], short


@pytest.mark.parametrize(
    "text",
    [
        "api_key = {}",
        'api_key="{}"',
        "'client_secret': '{}',",
        '{{"token": "{}"}}',
        "PASSWORD: {}",
        "export DB_PASSWD={};",
        "secret := `{}`",
        "password:{}",
        'api_key = {{"token": "{}"}}',
    ],
)
def test_a_value_that_a_name_of_a_secret_has_is_one(text: str) -> None:
    value = "b9n1KYom40xQ"
    assert find_keys(text.format(value)) == [("api_key.assigned-secret", value)]
    assert find_keys(text.format("b9n1KYom4")) == []
    assert find_keys(text.format("internationalisation")) == []
    assert find_keys(text.format("your_api_key_1234")) == []


def test_rules_cover_the_services_that_rule_files_of_others_cover() -> None:
    assert len(secret_rules()) > 200
    assert len({rule.name for rule in secret_rules()}) == len(secret_rules())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("curl -s -u api:d2LkV78zLx!t https://a.co", "api:d2LkV78zLx!t"),
        ("curl --user 'j.smith:dB2yF6qL9vR4w' x", "j.smith:dB2yF6qL9vR4w"),
        ('curl -X GET \\\n  -u ":d2LkV78zLxat" x', ":d2LkV78zLxat"),
        ('curl -H "Authorization: Bearer q7Tz0pLm4xWdB3nH9"', "q7Tz0pLm4xWdB3nH9"),
        ("curl --header 'X-Api-Key: q7Tz0pLm4xWd'", "q7Tz0pLm4xWd"),
        ("curl -H='token:q7Tz0pLm4xWd'", "q7Tz0pLm4xWd"),
        ('<add key="Password" value="q7Tz0pLm4xWd"/>', "q7Tz0pLm4xWd"),
        ("xoxp-572370529330-573807301142-a1B2c3", "xoxp-572370529330-573807301142-a1B2c3"),
        ("xoxs-12345678-9012345678-123-0a1B2c3D4e", "xoxs-12345678-9012345678-123-0a1B2c3D4e"),
        (
            "Sourcegraph said 3f1c9b2a7d84e6051c9b2a7d84e6053f1c9b2a7d",
            "3f1c9b2a7d84e6051c9b2a7d84e6053f1c9b2a7d",
        ),
    ],
)
def test_what_stands_before_a_value_says_that_it_is_a_secret(text: str, value: str) -> None:
    assert [found for _, found in find_keys(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "curl -u user:password1 curl -u ${user}:${pass1234567} curl -u <user:password12>",
        'public_key = "9Cnzj4p4WGeKLs1Pt8QuKU", csrf-token=9Cnzj4p4WGeKLs1Pt8QuKU',
        "images/2018-250-xoxo-indieweb-1.jpg, xoxe.xoxp-1-ConfigurationTokenHere",
        "box.ico-7a388b69018576d24b59331fd60aab0c.png",
        "rookTable = 0023452Lllk2KqjLBvaxANWEgTd7bqjsxjo8aZj0wd",
    ],
)
def test_what_only_looks_like_a_secret_is_none(text: str) -> None:
    assert find_keys(text) == []


SECRET = """apiVersion: v1
{0}data:
  password: {1}
  user.name: "{2}"
{3}type: Opaque
"""


@pytest.mark.parametrize("places", [("kind: Secret\n", ""), ("", "kind: Secret\nmetadata:\n  name: a\n")])
def test_data_of_a_secret_of_kubernetes_is_found_and_that_of_other_documents_is_not(
    places: tuple[str, str],
) -> None:
    values = ["cGFzc3dvcmQxMjM0NTY=", "YWRtaW5pc3RyYXRvcjEx"]
    text = SECRET.format(places[0], *values, places[1])
    assert [value for _, value in find_keys(text)] == values
    other = text.replace("kind: Secret", "kind: ConfigMap").replace("password", "picture")
    assert find_keys(f"kind: Secret\n---\n{other}---\nkind: Secret\n") == []
    assert find_keys(text.replace("password", "picture").replace("\ndata:", "\nmetadata:")) == []


def test_private_lines_of_a_key_of_putty_are_found_to_their_end() -> None:
    lines = "\n".join(["AAAAgQCl4Bl0dkDHx7sC3mV1Xx5q9dW1f2E5a6uWm7bH1tQe4zPq8sYk3nJr0cLd"] * 3)
    text = f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 3\n{lines}\nPrivate-MAC: none of it\n"
    assert find_keys(text) == [("private_key.putty", lines)]
    assert find_keys(text.replace("Private-Lines", "Public-Lines")) == []
