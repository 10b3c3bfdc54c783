"""Small squashfs images of containers, made of Debian's static busybox.

    images = Images(tmp_path_factory.mktemp("images"))
    images["healthy"]        # the path of a squashfs image, built when first asked for
    images.exits(7)          # one whose init ends with 7
    lay(trail, "app", images["healthy"])     # <trail>/app/{root.squashfs,lxc.container.conf}

`KINDS` says which there are. An init that is a script can be any of your own: `images.script("…")`.
"""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
NETCAT = Path("/bin/nc.openbsd")

# What containers made by `pvr` say, without what only some of them have (pvr.md 3.3).
CONF = """\
lxc.tty.max = 8
lxc.pty.max = 1024
lxc.cgroup.devices.allow = a
lxc.rootfs.path = overlayfs:/volumes/{name}/root.squashfs:/volumes/{name}/lxc-overlay/upper
lxc.init.cmd = {init}
lxc.namespace.keep = user  net  ipc
lxc.mount.auto = proc  sys:rw  cgroup
lxc.mount.entry = /etc/resolv.conf etc/resolv.conf none bind,rw,create=file 0 0
lxc.mount.entry = tmpfs run tmpfs rw,nodev,relatime,create=dir,mode=755 0 0
"""

_APPLETS = (
    *("sh", "cat", "echo", "env", "false", "head", "hostname", "id", "kill", "ls", "mkdir"),
    *(
        "mount",
        "nohup",
        "poweroff",
        "printf",
        "ps",
        "pwd",
        "readlink",
        "reboot",
        "rm",
        "seq",
        "setsid",
        "sleep",
        "stat",
    ),
    *("sync", "test", "touch", "true", "uname", "wc"),
)
_DIRECTORIES = ("bin", "dev", "etc", "pantavisor", "proc", "run", "sbin", "srv", "sys", "tmp")

_STAYS = 'while :; do sleep 3600 & wait "$!"; done\n'
_HEALTHY = "trap 'echo stopping; exit 0' PWR TERM\necho started\n" + _STAYS
_READY = '{"type":"ready","payload":""}'
_SIGNAL = (
    rf"printf 'POST /signal HTTP/1.0\r\nContent-Length: {len(_READY)}\r\n\r\n{_READY}'"
    " | /bin/nc -U -N /pantavisor/pv-ctrl\n"
)

# Of each kind the script that is its init.
KINDS = {
    # Stays, and ends at once when it is asked to. It never signals that it is ready.
    "healthy": _HEALTHY,
    # (By its path, because busybox's shell takes its own nc else.)
    # Stays, and says over the control socket that it is ready. Its console shows the answer.
    "ready": _SIGNAL + _HEALTHY,
    # Ignores what asks it to end.
    "ignores": "trap '' PWR TERM\necho started\n" + _STAYS,
    # Handles what asks it to end, and stays.
    "stubborn": "trap 'echo no' PWR TERM\necho started\n" + _STAYS,
    # Leaves a process behind, in a session of its own, and ends.
    "daemon": (
        "echo started\nsetsid nohup sleep 3600 </dev/null >/dev/null 2>&1 &\nsleep 0.1\nexit 0\n"
    ),
    # Tells how it was started, and ends with 7.
    "tells": (
        'for word in "$@"; do echo "word=[$word]"; done\n'
        'echo "directory=[$(pwd)]"\nenv\nhostname\nexit 7\n'
    ),
    # Has no init at all.
    "missing": "",
}


class Images:
    """A cache of images below one directory. Init is at `/sbin/init` and at `/entry.sh`."""

    def __init__(self, directory):
        self.directory = Path(directory)

    def __getitem__(self, kind):
        return self.script(KINDS[kind], with_netcat=kind == "ready")

    def exits(self, code):
        return self.script(f"echo started\nexit {code}\n")

    def script(self, script, *, with_netcat=False, files=None):
        """An image whose init is this shell script; none when it is empty.

        `files`: further text files, by their path in the image.
        """
        files = files or {}
        key = hashlib.sha256(repr((script, with_netcat, sorted(files.items()))).encode())
        image = self.directory / f"{key.hexdigest()[:16]}.squashfs"
        if not image.exists():
            self._build(image, script, with_netcat, files)
        return image

    def _build(self, image, script, with_netcat, files):
        root = image.with_suffix(".root")
        shutil.rmtree(root, ignore_errors=True)
        _lay_busybox(root)
        if script:
            for init in (root / "sbin/init", root / "entry.sh"):
                _write_program(init, f"#!/bin/sh\n{script}")
        if with_netcat:
            _lay_netcat(root)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        squash(root, image)
        shutil.rmtree(root)


def squash(root, image):
    """Uncompressed: that is fast, and every kernel reads it."""
    unpacked = ("-noI", "-noD", "-noF", "-noX")
    command = ["mksquashfs", root, image, "-noappend", "-quiet", "-no-progress", "-all-root"]
    subprocess.run([*command, *unpacked, "-processors", "1"], check=True, capture_output=True)


def conf(name, init="/sbin/init", extra=""):
    return CONF.format(name=name, init=init) + extra


def lay(trail, name, image, text=None):
    """A container's files in the trail of a revision; `text`: of its lxc.container.conf."""
    directory = Path(trail) / name
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / "root.squashfs"
    target.unlink(missing_ok=True)
    target.hardlink_to(image)
    (directory / "lxc.container.conf").write_text(conf(name) if text is None else text)
    return directory


def _lay_busybox(root):
    for directory in _DIRECTORIES:
        (root / directory).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    for applet in _APPLETS:
        (root / "bin" / applet).symlink_to("busybox")


def _lay_netcat(root):
    """Debian's busybox cannot talk to UNIX sockets; its netcat can, with the libraries it needs."""
    listing = subprocess.run(["ldd", NETCAT], check=True, capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(0x", listing):
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    shutil.copy(NETCAT, root / "bin/nc")


def _write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)
