"""Numbers as people read them."""

from rich.filesize import decimal

format_bytes = decimal
"""1234567 → '1.2 MB'."""


def format_seconds(seconds: float) -> str:
    """5400 → '1 h 30 min'; what is below a minute in seconds."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value)
