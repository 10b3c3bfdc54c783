"""Whether an account may have more bytes.

Asked when they are announced, linked, and begin to come: then they are taken whole. What begins at
the same time in another process is not seen; it is in the sum as soon as it is there, and nothing
more is taken then.
"""

from surefoot.hub.accounts import store as accounts
from surefoot.hub.db.protocol import Tx
from surefoot.hub.frame.problems import TooLarge


async def require_room(db: Tx, owner_id: str, coming: int, most: int) -> None:
    """For `coming` bytes beyond those that the account has. `most`: 0 for no bound. Raises
    TooLarge, and not NoRoom: with that, clients try the same again (`client/hub/refusals.py`)."""
    wanted = await accounts.held_bytes(db, owner_id) + coming
    if most and wanted > most:
        raise TooLarge(
            f"The account would have {wanted} bytes of objects, and may have {most}; delete objects"
            " and devices that are not needed, or ask who runs this Hub for more"
            " (surefoot hub run --max-account-bytes)"
        )
