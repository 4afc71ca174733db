"""What is looked for, and what stands in its place where it is masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Kind:
    """A kind of personal data."""

    name: str
    placeholder: str
    """What a masked value is replaced by."""
    meaning: str


_ALL = (
    Kind("private_key", "<PRIVATE_KEY>", "A private key in PEM, from its first dash to its last."),
    Kind("url_credentials", "<CREDENTIALS>", "User and password of a URL, without the URL."),
    Kind("api_key", "<API_KEY>", "A key, token or password that opens a service."),
    Kind("email", "<EMAIL>", "An e-mail address that may be a person's."),
    Kind("iban", "<IBAN>", "An international bank account number with right check digits."),
    Kind("card", "<CARD>", "A number of a payment card: of an issuer, with a right check digit."),
    Kind("ip", "<IP>", "A public address of the internet protocol, version 4 or 6."),
    Kind("national_id", "<ID>", "A number that a state gave a person, by the rules of its territory."),
    Kind("telephone", "<TELEPHONE>", "A telephone number that its territory's plan allows."),
    Kind("coordinates", "<COORDINATES>", "A place on earth to about ten metres or closer."),
    Kind("user_name", "<USER>", "A person's name on a service: a handle, or the name in a profile's URL."),
)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
"""By name; of two spans that overlap, that of the kind named first stays."""

DEFAULT_MASKED: tuple[str, ...] = tuple(KINDS)
"""Kinds that are masked where nobody decided otherwise."""
