"""Whether an account may have one more device."""

from surefoot.errors import Conflict
from surefoot.hub.db.protocol import Tx
from surefoot.hub.devices import store


async def require_place(tx: Tx, owner_id: str, most: int) -> None:
    """`tx`: the transaction in which the device becomes the owner's. `most`: 0 for no bound. Raises
    Conflict."""
    if most and await store.count_of(tx, owner_id) >= most:
        raise Conflict(
            f"The account has {most} devices, which is all that it may; remove one that is not"
            " needed, or ask who runs this Hub for more (surefoot hub run --max-account-devices)"
        )
