"""Text in no language, made up for training: code, encoded data, tables, damaged encodings, random letters.

A model without such a class gives each of them some language. Everything is drawn from a seeded generator,
so the same seed gives the same lines.
"""

import base64
import random
import string
from collections.abc import Callable, Sequence

_WORDS = """
value name index count result node list item user data key file path buffer size error message request
response config option table row column field type state event handler parser token stream reader writer
model view controller context session cache queue stack tree graph map set array string number length
offset width height color style margin border padding font query insert update select delete from where
join group order limit client server socket port host address thread process lock mutex signal callback
promise async await return yield import export module package class struct enum interface public private
static final void int float double bool char begin end init start stop load save read write open close
get put post send receive parse format render build
""".split()  # noqa: SIM905
_TYPES = (
    "int",
    "float",
    "str",
    "bool",
    "char*",
    "const char *",
    "auto",
    "String",
    "List<T>",
    "size_t",
    "u32",
)
_SYMBOLS = ("==", "!=", "<=", "&&", "||", "+=", "->", "<<", "%", "|", "^", "=>", "::")
_TAGS = ("div", "span", "p", "a", "ul", "li", "td", "tr", "table", "script", "link", "meta", "img", "input")
_ENCODINGS = ("latin-1", "cp1252", "cp1251", "cp437", "mac_roman")


def make_noise(lines: Sequence[str], *, count: int, seed: int) -> list[str]:
    """count lines in no language; lines are real text, of which damaged encodings are made."""
    rng = random.Random(seed)
    heavy = [line for line in lines if sum(c > "\x7f" for c in line) > len(line) // 2]
    makers: list[Callable[[random.Random], str]] = [
        *[_code] * 3, *[_markup] * 2, *[_encoded] * 2, _query, _json, _shell, _table, _letters, _address,
    ]  # fmt: skip
    if heavy:
        makers += [lambda rng: _mojibake(rng, rng.choice(heavy))] * 4
    return [" ".join(makers[i % len(makers)](rng).split()) for i in range(count)]


def _name(rng: random.Random) -> str:
    parts = [rng.choice(_WORDS) for _ in range(rng.randint(1, 3))]
    style = rng.randrange(4)
    if style == 0:
        return "_".join(parts)
    if style == 1:
        return parts[0] + "".join(part.title() for part in parts[1:])
    if style == 2:
        return "".join(part.title() for part in parts)
    return "_".join(parts).upper() if rng.random() < 0.3 else rng.choice(string.ascii_lowercase)


def _expression(rng: random.Random, depth: int = 0) -> str:
    kind = rng.randrange(6 if depth < 2 else 3)
    if kind == 0:
        return str(rng.randint(0, 4096))
    if kind == 1:
        return _name(rng)
    if kind == 2:
        return f"{_name(rng)}.{_name(rng)}"
    if kind == 3:
        arguments = ", ".join(_expression(rng, depth + 1) for _ in range(rng.randint(0, 3)))
        return f"{_name(rng)}({arguments})"
    if kind == 4:
        return f"{_expression(rng, depth + 1)} {rng.choice(_SYMBOLS)} {_expression(rng, depth + 1)}"
    return f"{_name(rng)}[{_expression(rng, depth + 1)}]"


def _statement(rng: random.Random) -> str:
    name, value = _name(rng), _expression(rng)
    return rng.choice(
        [
            f"{name} = {value};",
            f"if ({value}) {{ return {name}; }}",
            f"for i in range({value}): {name}.append(i)",
            f"def {name}(self, {_name(rng)}): return {value}",
            f"function {name}({_name(rng)}, {_name(rng)}) {{ return {value}; }}",
            f"{rng.choice(_TYPES)} {name}({rng.choice(_TYPES)} {_name(rng)});",
            f"import {name}.{_name(rng)}",
            f"from {name} import {_name(rng)}, {_name(rng)}",
            f"public static {rng.choice(_TYPES)} {name} = new {_name(rng)}<>();",
            f"#include <{name}.h>",
            f"#define {name.upper()} 0x{rng.randrange(1 << 24):x}",
            f"const {{ {name}, {_name(rng)} }} = await {value};",
            f"while (!{name}) {{ {_name(rng)}++; }}",
            f"self.{name} = {value}",
            f"return {value}",
            f"}} else if ({value}) {{",
            f"assert {name} == {value}",
            f"try: {name} = {value} except {_name(rng)}Error: pass",
        ]
    )


def _code(rng: random.Random) -> str:
    return " ".join(_statement(rng) for _ in range(rng.randint(1, 5)))


def _markup(rng: random.Random) -> str:
    tag = rng.choice(_TAGS)
    pairs = (f'{_name(rng)}="{_name(rng)}-{rng.randint(0, 99)}"' for _ in range(rng.randint(1, 4)))
    attributes = " ".join(pairs)
    color = f"#{rng.randrange(1 << 24):06x}"
    style = (
        f".{_name(rng)} {{ {rng.choice(_WORDS)}: {rng.randint(0, 64)}px; {rng.choice(_WORDS)}: {color}; }}"
    )
    return rng.choice([f"<{tag} {attributes}></{tag}>", f"<{tag} {attributes}/>", style, f"{style} {style}"])


def _query(rng: random.Random) -> str:
    columns = ", ".join(_name(rng) for _ in range(rng.randint(1, 5)))
    condition = f"WHERE {_name(rng)} = {rng.randint(0, 999)} ORDER BY {_name(rng)}"
    return f"SELECT {columns} FROM {_name(rng)} {condition};"


def _json(rng: random.Random) -> str:
    values = ([_name(rng), str(rng.random()), "null", "true", "[]"] for _ in range(rng.randint(2, 8)))
    return "{" + ", ".join(f'"{_name(rng)}": {rng.choice(value)}' for value in values) + "}"


def _shell(rng: random.Random) -> str:
    flags = " ".join(f"--{_name(rng)}={_name(rng)}" for _ in range(rng.randint(1, 4)))
    path = f"/usr/{_name(rng)}/{_name(rng)}.{rng.choice(('sh', 'py', 'so', 'conf'))}"
    command = rng.choice(("sudo", "git", "npm", "cargo", "docker", "curl", "grep"))
    return f"$ {command} {_name(rng)} {flags} {path}"


def _encoded(rng: random.Random) -> str:
    data = rng.randbytes(rng.randint(24, 180))
    return rng.choice([base64.b64encode(data).decode(), data.hex(), base64.b32encode(data).decode()])


def _table(rng: random.Random) -> str:
    letters = string.ascii_uppercase
    cells = (
        f"{rng.choice(letters)}{rng.randint(0, 99)} {rng.random():.4f}" for _ in range(rng.randint(4, 16))
    )
    return " | ".join(cells)


def _random_word(rng: random.Random, *, least: int, most: int) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(least, most)))


def _letters(rng: random.Random) -> str:
    return " ".join(_random_word(rng, least=1, most=14) for _ in range(rng.randint(3, 16)))


def _address(rng: random.Random) -> str:
    addresses = []
    for _ in range(rng.randint(1, 4)):
        host = f"{_random_word(rng, least=4, most=12)}.{rng.choice(('com', 'org', 'net', 'io'))}"
        page = f"{_name(rng)}/{_name(rng)}.{rng.choice(('html', 'php', 'jpg', 'css', 'js'))}"
        addresses.append(f"https://{host}/{page}?{_name(rng)}={rng.randrange(1 << 30)}")
    return " ".join(addresses)


def _mojibake(rng: random.Random, line: str) -> str:
    damaged = line.encode().decode(rng.choice(_ENCODINGS), "ignore")
    return damaged if rng.random() < 0.7 else damaged.encode().decode("latin-1")
