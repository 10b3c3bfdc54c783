"""States and objects for doubles of the C device."""

import hashlib

from tests.support.c_device import Revision

BSP, BASE, APP, OTHER = (name.encode() * 100 for name in ("bsp", "base", "app", "another"))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def state(
    app: bytes = APP, base: bytes = BASE, *, blank: str = "", bsp: bytes = BSP, **more: str
) -> str:
    """The text of a state in the order of the real device: bsp, base, app, then `more` (raw JSON
    by name, `__` for `/`, in the app). `blank` stands behind each colon and comma."""
    run = f'{{"#spec":{blank}"service-manifest-run@1",{blank}"name":{blank}"app"}}'
    rows = {
        "#spec": '"pantavisor-service-system@1"',
        "bsp/pantavisor": f'"{sha(bsp)}"',
        "base/root.squashfs": f'"{sha(base)}"',
        "app/root.squashfs": f'"{sha(app)}"',
        "app/run.json": run,
        **{name.replace("__", "/"): value for name, value in more.items()},
    }
    return "{" + f",{blank}".join(f'"{key}":{blank}{rows[key]}' for key in rows) + "}"


def factory() -> Revision:
    return Revision(state(), {sha(data): data for data in (BSP, BASE, APP)})
