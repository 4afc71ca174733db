"""Values as a page writes them, within limits."""

MAX_VALUE_CHARS = 1000
"""Of a title, author, date, licence or notice; what is longer is none."""
MAX_NOTICES = 50
"""Of a page; a list of thousands of licence links says no more."""


def clean(value: str | None) -> str | None:
    """White space made single; None for what is empty or too long to be a value."""
    if value is None or len(value) > 2 * MAX_VALUE_CHARS:
        return None
    value = " ".join(value.split())
    return value if 0 < len(value) <= MAX_VALUE_CHARS else None


def clean_one(value: str | None) -> list[str]:
    """The cleaned value, if it is one."""
    cleaned = clean(value)
    return [] if cleaned is None else [cleaned]
