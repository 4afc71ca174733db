"""Values to plant, made by seed: of public test suites, or random and right by their own rules. Nobody's."""

import ipaddress
import random
import re
import string
from collections.abc import Callable, Mapping
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import iban, luhn, numdb, verhoeff
from stdnum.br import cpf
from stdnum.cn import ric
from stdnum.es import dni
from stdnum.pt import nif

from filters.personal_data.tables import territories_of


class Value(NamedTuple):
    """A value of a kind, and the label without which nobody could tell it."""

    kind: str
    text: str
    label: str = ""


Make = Callable[[random.Random, str], Value | None]
"""Of a language; None where it has none."""

_WORDS = (
    "amina", "kofi", "thandi", "nguyen", "wei", "priya", "juan", "fatou", "joao", "grace", "musa", "lindiwe",
    "ravi", "chipo", "aline", "sipho",
)  # fmt: skip
_DOMAINS = (
    "gmail.com", "yahoo.fr", "mtn.co.za", "posta.go.ke", "uct.ac.za", "tigo.co.tz", "orange.sn", "qq.com",
    "univ-lome.tg", "correo.com.mx",
)  # fmt: skip
_IDN = (
    "info@पोस्ट.भारत",
    "अजय@डाटा.भारत",
    "राम@कंपनी.भारत",
    "用户@例子.中国",
    "ahmed@شركة.السعودية",
    "josé.garcía@correo.es",
    "எழில்@அஞ்சல்.சிங்கப்பூர்",
    "মিনা@ডাক.বাংলা",
    "dũng@bưuđiện.vn",
    "li.wei@公司.香港",
)
_CARDS = (
    "4111111111111111",
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
    "4242424242424242",
)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _alphanumeric(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(count))


def email(rng: random.Random, lang: str) -> Value:
    """Half of them plain, with dots, plus signs, digits; one of ten international."""
    if rng.random() < 0.1:
        return Value("email", rng.choice(_IDN))
    first, last = rng.choice(_WORDS), rng.choice(_WORDS)
    local = rng.choice(
        [
            f"{first}.{last}",
            f"{first}{rng.randrange(99)}",
            f"{first}_{last}",
            f"{first}+news",
            f"{first[0]}-{last}",
        ]
    )
    domain = rng.choice(_DOMAINS)
    return Value("email", f"{local}@{domain}".upper() if rng.random() < 0.05 else f"{local}@{domain}")


def telephone(rng: random.Random, lang: str) -> Value | None:
    """Example numbers of the plans: international, or national in the language's first territories."""
    territories = [t for t in territories_of(lang)[:4] if phonenumbers.example_number(t)]
    if not territories:
        return None
    kind = rng.choice([PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
    number = phonenumbers.example_number_for_type(rng.choice(territories), kind)
    if number is None:
        return None
    form = rng.choice(["e164", "international", "00", "national", "labelled"])
    if form == "00":
        return Value("telephone", "00" + phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:])
    if form in ("national", "labelled"):
        text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        if form == "labelled":
            return Value("telephone", text, rng.choice(["Tel: ", "tel. ", "WhatsApp "]))
        return Value("telephone", text.replace(" ", "") if rng.random() < 0.2 and text[0] == "0" else text)
    code = PhoneNumberFormat.E164 if form == "e164" else PhoneNumberFormat.INTERNATIONAL
    return Value("telephone", phonenumbers.format_number(number, code))


def ip(rng: random.Random, lang: str) -> Value:
    """Public ones; of version 6 also short, in brackets with a port, and with one of version 4 inside."""
    while True:
        four = ipaddress.IPv4Address(rng.randrange(1 << 24, 0xDF000000))
        if four.is_global:
            break
    six = ipaddress.IPv6Address((0x2A00 + rng.randrange(0x100) << 112) | rng.randrange(1 << 64))
    forms = [str(four), str(four), str(six), six.exploded, f"::ffff:{four}"]
    return Value("ip", rng.choice(forms))


def iban_number(rng: random.Random, lang: str) -> Value:
    """Random accounts of a country in the registry, with right check digits, in fours or whole."""
    country = rng.choice(
        ["GB", "DE", "FR", "ES", "PT", "BE", "CH", "SA", "EG", "TN", "MR", "PK", "BR", "LU", "MU"]
    )
    bban = ""
    for count, kind in re.findall(r"(\d+)!([nac])", numdb.get("iban").info(f"{country}00")[0][1]["bban"]):
        letters = {
            "n": string.digits,
            "a": string.ascii_uppercase,
            "c": string.ascii_uppercase + string.digits,
        }[kind]
        bban += "".join(rng.choice(letters) for _ in range(int(count)))
    code = f"{country}{iban.calc_check_digits(f'{country}00{bban}')}{bban}"
    return Value(
        "iban", " ".join(code[i : i + 4] for i in range(0, len(code), 4)) if rng.random() < 0.5 else code
    )


def card(rng: random.Random, lang: str) -> Value:
    """Those of the networks' test pages, and random ones of their prefixes."""
    if rng.random() < 0.4:
        code = rng.choice(_CARDS)
    else:
        prefix, length = rng.choice(
            [("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("5061", 16)]
        )
        body = prefix + _digits(rng, length - len(prefix) - 1)
        code = body + luhn.calc_check_digit(body)
    if len(code) == 16 and rng.random() < 0.6:
        code = rng.choice(" -").join(code[i : i + 4] for i in range(0, 16, 4))
    return Value("card", code)


def _date(rng: random.Random) -> str:
    return f"{rng.randrange(50, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"


def _aadhaar(rng: random.Random) -> str:
    body = rng.choice("23456789") + _digits(rng, 10)
    code = body + verhoeff.calc_check_digit(body)
    return " ".join(code[i : i + 4] for i in (0, 4, 8)) if rng.random() < 0.5 else code


def _za(rng: random.Random) -> str:
    body = f"{_date(rng)}{_digits(rng, 4)}08"
    return body + luhn.calc_check_digit(body)


def _cpf(rng: random.Random) -> str:
    body = _digits(rng, 9)
    code = body + cpf._calc_check_digits(body)
    return cpf.format(code) if rng.random() < 0.7 else code


def _ric(rng: random.Random) -> str:
    body = f"110105{19}{_date(rng)}{_digits(rng, 3)}"
    return body + ric.calc_check_digit(body + "0")


def _dni(rng: random.Random) -> str:
    body = _digits(rng, 8)
    return body + rng.choice(["", "-"]) + dni.calc_check_digit(body)


def _nir(rng: random.Random) -> str:
    body = f"{rng.choice('12')}{rng.randrange(50, 99)}{rng.randrange(1, 13):02}75{_digits(rng, 6)}"
    return f"{body}{97 - int(body) % 97:02}"


def _cnic(rng: random.Random) -> str:
    return f"{rng.randrange(11, 16)}{_digits(rng, 3)}-{_digits(rng, 7)}-{rng.choice('123456789')}".replace(
        "0-", "1-", 1
    )


def _nik(rng: random.Random) -> str:
    year_month_day = _date(rng)
    return f"317101{year_month_day[4:]}{year_month_day[2:4]}{year_month_day[:2]}0{rng.randrange(100, 999)}"


def _nif(rng: random.Random) -> str:
    body = "2" + _digits(rng, 7)
    return body + nif.calc_check_digit(body)


_IDS: Mapping[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "IN": (_aadhaar, ("", "Aadhaar: ")),
    "ZA": (_za, ("", "ID: ")),
    "BR": (_cpf, ("", "CPF ")),
    "CN": (_ric, ("", "身份证号")),
    "ES": (_dni, ("", "DNI ")),
    "FR": (_nir, ("", "NIR ")),
    "PK": (_cnic, ("",)),
    "ID": (_nik, ("", "NIK: ")),
    "PT": (_nif, ("NIF: ", "contribuinte n.º ")),
    "US": (
        lambda rng: f"{rng.randrange(100, 665)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
        ("", "SSN "),
    ),
    "KE": (lambda rng: f"A{_digits(rng, 9)}Z", ("", "KRA PIN ")),
    "TW": (lambda rng: rng.choice(["A123456789", "F131104093", "B120863158"]), ("",)),
}


def national_id(rng: random.Random, lang: str) -> Value | None:
    """Of a territory of the language that has rules."""
    territories = [territory for territory in territories_of(lang) if territory in _IDS]
    if not territories:
        return None
    make, labels = _IDS[rng.choice(territories[:2])]
    return Value("national_id", make(rng), rng.choice(labels))


def url_credentials(rng: random.Random, lang: str) -> Value:
    """User and password; the URL around them is the label and the rest."""
    return Value(
        "url_credentials",
        f"{rng.choice(_WORDS)}:{_alphanumeric(rng, 12)}",
        rng.choice(["https://", "postgres://", "ftp://"]),
    )


def api_key(rng: random.Random, lang: str) -> Value:
    """Forms of several services, filled at random."""
    hexadecimal = "".join(rng.choice("0123456789abcdef") for _ in range(64))
    text = rng.choice(
        [
            "AKIA" + "".join(rng.choice(string.ascii_uppercase + "234567") for _ in range(16)),
            "ghp_" + _alphanumeric(rng, 36),
            "sk_live_" + _alphanumeric(rng, 24),
            "AIza" + _alphanumeric(rng, 35),
            f"xoxb-{_digits(rng, 12)}-{_digits(rng, 12)}-{_alphanumeric(rng, 24)}",
            "SG." + _alphanumeric(rng, 22) + "." + _alphanumeric(rng, 43),
            "glpat-" + _alphanumeric(rng, 20),
            "npm_" + _alphanumeric(rng, 36),
            "hf_" + "".join(rng.choice(string.ascii_letters) for _ in range(34)),
            "dop_v1_" + hexadecimal,
            f"{_digits(rng, 10)}:AA{_alphanumeric(rng, 33)}",
            "eyJ" + _alphanumeric(rng, 30) + ".eyJ" + _alphanumeric(rng, 60) + "." + _alphanumeric(rng, 43),
        ]
    )
    return (
        Value("api_key", text)
        if rng.random() < 0.8
        else Value("api_key", _alphanumeric(rng, 32), "api_key = ")
    )


def private_key(rng: random.Random, lang: str) -> Value:
    """A block with random lines."""
    name = rng.choice(["RSA ", "", "EC ", "OPENSSH "])
    body = "\n".join(_alphanumeric(rng, 64) for _ in range(rng.randrange(3, 14)))
    return Value("private_key", f"-----BEGIN {name}PRIVATE KEY-----\n{body}\n-----END {name}PRIVATE KEY-----")


def user_name(rng: random.Random, lang: str) -> Value:
    """A handle, or the name in the address of a profile."""
    name = f"{rng.choice(_WORDS)}_{rng.choice(_WORDS)}{rng.randrange(9)}"
    site = rng.choice(["", "https://twitter.com/", "instagram.com/", "https://t.me/"])
    return Value("user_name", name, site) if site else Value("user_name", f"@{name}")


def coordinates(rng: random.Random, lang: str) -> Value:
    """Decimal degrees, or degrees, minutes and seconds."""
    latitude, longitude = rng.uniform(-35, 35), rng.uniform(3, 120)
    if rng.random() < 0.6:
        return Value("coordinates", f"{latitude:.5f}, {longitude:.5f}")

    def sexagesimal(value: float, letters: str) -> str:
        size = abs(value)
        return f"{int(size)}°{int(size * 60) % 60:02}'{int(size * 3600) % 60:02}\"{letters[value < 0]}"

    return Value("coordinates", f"{sexagesimal(latitude, 'NS')} {sexagesimal(longitude, 'EW')}")


MAKERS: Mapping[str, Make] = {
    "email": email,
    "telephone": telephone,
    "ip": ip,
    "iban": iban_number,
    "card": card,
    "national_id": national_id,
    "url_credentials": url_credentials,
    "api_key": api_key,
    "private_key": private_key,
    "user_name": user_name,
    "coordinates": coordinates,
}
