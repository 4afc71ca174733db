"""Each rule of secrets finds what it is about, and nothing of a value that is a character short."""

import random
from itertools import islice

import pyarrow as pa
import pytest

from filters.personal_data.find import find_spans
from filters.personal_data.secret_rules import SecretRule, secret_rules
from tests.filters.personal_data.secret_examples import Example, make_example

EXAMPLES = 12
RULES = [rule for rule in secret_rules() if rule.name != "assigned-secret"]


def find_keys(text: str) -> list[tuple[str, str]]:
    """(detector, value) of each secret of a text."""
    spans = find_spans(
        pa.array([text], pa.large_string()), languages=["en"], kinds=["api_key", "private_key"]
    )
    raw = text.encode()
    return [(span["detector"], raw[span["start"] : span["end"]].decode()) for span in spans[0].as_py()]


def make_examples(rule: SecretRule) -> list[Example]:
    """As services make keys: with digits among their letters, and as random as the rule wants them."""
    rng = random.Random(rule.name)
    examples = (make_example(rule.pattern.pattern, rng=rng) for _ in range(40 * EXAMPLES))
    usual = (
        each for each in examples if sum(map(str.isdigit, each.secret)) >= 2 and rule.accepts(each.secret)
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
