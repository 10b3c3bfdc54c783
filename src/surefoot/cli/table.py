"""Tables of text, and sizes, moments and durations as people read them. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from surefoot.cli.paint import Paint, status_style

_GAP = "  "
_UNITS = ("B", "kB", "MB", "GB", "TB")


def table(
    titles: Sequence[str], rows: Iterable[Sequence[object]], paint: Paint, numbers: str = ""
) -> list[str]:
    """Lines with aligned columns. Those whose titles stand in `numbers` are flush right; a column
    that is empty in every row is left out."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    columns = [
        _column(title, [row[place] for row in texts], title in numbers.split(), paint)
        for place, title in enumerate(titles)
        if any(row[place] for row in texts)
    ]
    return [_GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _column(title: str, texts: list[str], is_right: bool, paint: Paint) -> list[str]:
    width = max(map(len, [title, *texts]))
    head = _cell(title, width, is_right, "bold", paint)
    return [head, *(_cell(text, width, is_right, status_style(text), paint) for text in texts)]


def _cell(text: str, width: int, is_right: bool, style: str, paint: Paint) -> str:
    """What fills it up is not painted, so that ends of lines can be stripped."""
    fill = " " * (width - len(text))
    painted = paint(text, style)
    return fill + painted if is_right else painted + fill


def number_of(count: int, thing: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Bytes, in units of 1000: `1.2 MB`."""
    number = float(count)
    for unit in _UNITS:
        if number < 1000 or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError


def duration(seconds: float) -> str:
    """`0.02 s`, `4.2 s`, `35 s`, `2 min 5 s`, `3 h 2 min`, `4 d 1 h`."""
    if seconds < 1:
        return f"{max(0.0, seconds):.2f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size_s, unit, below_s, below in _STEPS:
        if whole >= size_s:
            return f"{whole // size_s} {unit} {whole % size_s // below_s} {below}"
    return f"{whole} s"


_STEPS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def moment(text: str) -> datetime:
    """A label of the device, `2026-11-24T06:51:34.120Z`, with or without a fraction."""
    return datetime.fromisoformat(text)


def clock(text: str, now: datetime) -> str:
    """A label as a person reads it: the day only where it is another one. In UTC, as it is."""
    then = moment(text).astimezone(UTC)
    return f"{then:%H:%M:%S}Z" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M:%S}Z"


def seconds_between(begin: str, end: str) -> float:
    return (moment(end) - moment(begin)).total_seconds()
