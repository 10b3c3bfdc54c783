"""How much a state JSON may ask of a device before anybody has trusted it."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds on hostile input; every one is far above what real devices use.

    The reference stops at bodies of 2 MiB (device.md 11), which large devices do reach. Together
    these bounds also bound the memory that reading a text may take: about 200 MiB at worst.
    """

    max_bytes: int = 16 * MIB
    """Of the text in UTF-8; also of all digits that numbers like `1e999` are written out to."""
    max_keys: int = 100_000
    """Paths in one state."""
    max_values: int = 500_000
    """Commas and opening brackets in the text, counted before it is read."""
    max_depth: int = 32
    """Objects and lists inside each other, the state itself included."""
    max_name: int = 1024
    """UTF-8 bytes of a path."""
    max_segment: int = 255
    """UTF-8 bytes between two slashes: what a Linux file system takes."""
    max_digits: int = 1000
    """Digits of one number, written without exponent."""


LIMITS = Limits()
