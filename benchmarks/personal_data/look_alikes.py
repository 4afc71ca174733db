"""What looks like personal data and is none, made by seed."""

import random
import string
from collections.abc import Callable, Mapping

from stdnum import ean, isbn

Make = Callable[[random.Random], str]


def _digits(rng: random.Random, count: int) -> str:
    return rng.choice("123456789") + "".join(rng.choice(string.digits) for _ in range(count - 1))


def _isbn13(rng: random.Random) -> str:
    body = "978" + "".join(rng.choice(string.digits) for _ in range(9))
    return isbn.format(body + ean.calc_check_digit(body))


def _isbn10(rng: random.Random) -> str:
    body = rng.choice("0123") + "".join(rng.choice(string.digits) for _ in range(8))
    code = body + isbn._calc_isbn10_check_digit(body)
    return isbn.format(code)


def _date(rng: random.Random) -> str:
    day, month, year = rng.randrange(1, 29), rng.randrange(1, 13), rng.randrange(1900, 2026)
    return rng.choice(
        [
            f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year}",
            f"{day:02}/{month:02}/{year}",
            f"{day}-{month}-{year}",
            f"{year}-{month:02}-{day:02} {day:02}:{month:02}:00",
            f"{year}{month:02}{day:02}",
            f"{day:02}.{month:02}.{year} {day:02}:30",
        ]
    )


def _price(rng: random.Random) -> str:
    amount = rng.randrange(1_000_000, 99_000_000)
    spaced = f"{amount:,}"
    return rng.choice(
        [
            f"${spaced}.00",
            f"{spaced.replace(',', ' ')} FCFA",
            f"R{spaced.replace(',', ' ')}",
            f"KSh {spaced}",
            f"{spaced.replace(',', '.')} €",
            f"Rp{spaced.replace(',', '.')}",
            f"₦{spaced}",
            f"US$ {amount}",
            f"{spaced.replace(',', ' ')}",
        ]
    )


LOOK_ALIKES: Mapping[str, Make] = {
    "isbn-13": _isbn13,
    "isbn-13 labelled": lambda rng: "ISBN " + _isbn13(rng).replace("-", ""),
    "isbn-10": _isbn10,
    "isbn-10 labelled": lambda rng: "ISBN: " + _isbn10(rng).replace("-", ""),
    "date": _date,
    "years": lambda rng: rng.choice(
        ["1999-2004", "1914–1918", "2010, 2011, 2012", "2019/2020", "1990 1991 1992", "2001-2002-2003"]
    ),
    "version": lambda rng: (
        rng.choice(["v", "version ", "", "Linux "]) + ".".join(str(rng.randrange(20)) for _ in range(4))
    ),
    "section": lambda rng: (
        rng.choice(["§ ", "section ", ""])
        + ".".join(str(rng.randrange(1, 13)) for _ in range(rng.choice([3, 4, 5])))
    ),
    "price": _price,
    "verse": lambda rng: (
        f"{rng.choice(['Mat', 'Gen', 'Zab'])} {rng.randrange(1, 150)}:{rng.randrange(1, 60)}-70"
    ),
    "path": lambda rng: (
        f"/usr/share/doc/lib{_digits(rng, 3)}/{_digits(rng, 8)}/file-{rng.randrange(9)}.1.txt"
    ),
    "page range": lambda rng: f"pp. {(page := rng.randrange(1000, 4000))}-{page + rng.randrange(1, 40)}",
    "hash": lambda rng: "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice([7, 32, 40, 64]))),
    "hexadecimal": lambda rng: (
        "0x" + "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice([8, 16])))
    ),
    "uuid": lambda rng: "-".join(
        "".join(rng.choice("0123456789abcdef") for _ in range(n)) for n in (8, 4, 4, 4, 12)
    ),
    "doi": lambda rng: (
        f"doi:10.{rng.randrange(1000, 9999)}/{rng.choice(['nature', 's', 'journal.pone.'])}{_digits(rng, 8)}"
    ),
    "order number": lambda rng: (
        rng.choice(["order ", "Order #", "invoice no. ", "ref "])
        + _digits(rng, rng.choice([7, 8, 9, 10, 12]))
    ),
    "bare number": lambda rng: _digits(rng, rng.choice([7, 8, 9])),
    "product code": lambda rng: (
        f"{rng.choice(['AB', 'XR', 'MK'])}-{_digits(rng, 4)}-{rng.choice('ABX')}{_digits(rng, 2)}"
    ),
    "score": lambda rng: ", ".join(f"{rng.randrange(8)}-{rng.randrange(8)}" for _ in range(4)),
    "time": lambda rng: f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}",
    "mac address": lambda rng: ":".join(f"{rng.randrange(256):02x}" for _ in range(6)),
    "private network": lambda rng: rng.choice(
        ["192.168.1.17", "10.0.0.5", "172.16.4.2", "127.0.0.1", "fe80::1", "192.0.2.44", "2001:db8::7", "::1"]
    ),
    "reserved address": lambda rng: rng.choice(
        ["ann@example.com", "user@example.org", "me@host.test", "root@localhost", "x@foo.invalid"]
    ),
    "code": lambda rng: rng.choice(
        ["std::vector<int>", "a::b::default", "@Override", "@media (x)", "x[i]@y", "git@github.com:a/b.git"]
    ),
    "timestamp": lambda rng: (
        str(rng.randrange(1_400_000_000, 1_700_000_000)) if rng.random() < 0.5 else "20190102030405"
    ),
    "decimals": lambda rng: (
        f"{rng.random():.5f}, {rng.random():.5f}" if rng.random() < 0.5 else f"{rng.uniform(1, 9):.6f}"
    ),
    "thousands": lambda rng: f"{rng.randrange(1, 99)} {rng.randrange(100, 999)} {rng.randrange(100, 999)}",
    "placeholder": lambda rng: rng.choice(
        [
            "AKIAIOSFODNN7EXAMPLE",
            "api_key=YOUR_API_KEY_HERE_123",
            "password: xxxxxxxxxxxx1",
            "ghp_" + "x" * 36,
        ]
    ),
    "area": lambda rng: f"{rng.randrange(1, 9)},{rng.randrange(100, 999)},{rng.randrange(100, 999)} km²",
}
