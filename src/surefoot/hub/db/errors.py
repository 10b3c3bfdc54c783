"""What a database says no to, for the rooms to translate."""

from surefoot.errors import Conflict


class Taken(Conflict):
    """A row with this unique value is there already."""


class Orphan(Conflict):
    """The row that this one belongs to is not there, or not any more."""
