"""Containers: what `<name>/run.json` says, completed by the container's group.

Containers as the real `pvr` makes them are accepted as they are (device.md 10, pvr.md 3.4): `roles`
as a string that holds a JSON list, `runlevel` for `group`, no `config` and `type` when nothing is
started, `dm:` before a volume. Members that Surefoot does not read may hold anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

from surefoot.revision.errors import StateError, alternatives, shown
from surefoot.revision.fields import Field
from surefoot.revision.groups import Goal, Group, Groups, RestartPolicy
from surefoot.revision.json_text import read_json
from surefoot.revision.names import container_of_manifest, owner
from surefoot.revision.recovery import AutoRecovery, read_recovery
from surefoot.revision.values import Json

SPEC = "service-manifest-run@1"
VERITY = "dm:"


class Persistence(StrEnum):
    PERMANENT = "permanent"
    REVISION = "revision"
    BOOT = "boot"


@dataclass(frozen=True)
class Storage:
    """A writable place of a container, at `/volumes/<container>/<name>`."""

    name: str
    persistence: Persistence
    disk: str | None = None


@dataclass(frozen=True)
class Container:
    """`config`, `root_volume` and `volumes` are paths inside the container's own directory.

    `fingerprint`: 64 hex digits over all files of the container and over what its group lends it;
    equal fingerprints = the same container, which a transition leaves alone.
    """

    name: str
    group: str
    goal: Goal
    restart_policy: RestartPolicy
    roles: frozenset[str] = frozenset()
    auto_recovery: AutoRecovery | None = None
    config: str | None = None
    root_volume: str | None = None
    volumes: tuple[str, ...] = ()
    storage: tuple[Storage, ...] = ()
    fingerprint: str = field(default="", repr=False)


def read_containers(
    document: Mapping[str, Json], contents: Mapping[str, str], groups: Groups
) -> tuple[Container, ...]:
    """All containers in start order. Raises StateError.

    `contents`: of each path a text that is equal for equal files, without line breaks.
    """
    manifests = _manifests(document)
    placed = _place(manifests, groups)
    files = _files(contents)
    order = {group.name: place for place, group in enumerate(groups.in_order)}
    names = sorted(manifests, key=lambda name: (order[placed[name].name], name))
    return tuple(_container(name, manifests[name], placed[name], files[name]) for name in names)


def _manifests(document: Mapping[str, Json]) -> dict[str, Field]:
    """By container, in alphabetical order."""
    return {
        name: Field(path, document[path])
        for path in sorted(document)
        if (name := container_of_manifest(path)) is not None
    }


def _files(contents: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Of each part of the state its files and their contents (impact.py asks the same `owner`)."""
    files: dict[str, dict[str, str]] = {}
    for path, content in contents.items():
        part = owner(path)
        if part is not None:
            files.setdefault(part, {})[path] = content
    return files


def _place(manifests: Mapping[str, Field], groups: Groups) -> dict[str, Group]:
    """The group of each container; device.md 5 has the rules for those that name none."""
    known = {group.name: group for group in groups.in_order}
    chosen = {name: _choose(manifest, groups) for name, manifest in manifests.items()}
    free = [name for name, choice in chosen.items() if choice is None]
    if free and groups.explicit:
        raise manifests[free[0]].member("group").error(alternatives(groups.names()))
    if "root" not in chosen.values() and free:
        chosen[free[0]] = "root"
    return {name: known[choice or "platform"] for name, choice in chosen.items()}


def _choose(manifest: Field, groups: Groups) -> str | None:
    group = manifest.member("group")
    field = group if group.present else manifest.member("runlevel")
    return field.one_of(groups.names()) if field.present else None


def _container(name: str, run: Field, group: Group, files: Mapping[str, str]) -> Container:
    _check_identity(name, run)
    goal, policy = run.member("status_goal"), run.member("restart_policy")
    container = Container(
        name=name,
        group=group.name,
        goal=goal.choice(Goal) if goal.present else group.goal,
        restart_policy=policy.choice(RestartPolicy) if policy.present else group.restart_policy,
        roles=_roles(run.member("roles")),
        # All or nothing: a container's own recovery is never completed from its group's.
        auto_recovery=read_recovery(run.member("auto_recovery")) or group.auto_recovery,
        config=_file(run.member("config"), name, files),
        root_volume=_file(run.member("root-volume"), name, files),
        volumes=_volumes(run.member("volumes"), name, files),
        storage=tuple(sorted(_storage(run.member("storage")), key=lambda entry: entry.name)),
    )
    _check_startable(container, run)
    return replace(container, fingerprint=_fingerprint(container, files))


def _check_identity(name: str, run: Field) -> None:
    run.member("#spec").one_of([SPEC])
    run.member("name").one_of([name])
    kind = run.member("type")
    if kind.present:
        kind.one_of(["lxc"])


def _check_startable(container: Container, run: Field) -> None:
    """`pvr` leaves these out of containers that are only mounted; all others need them."""
    if container.goal is Goal.MOUNTED:
        return
    for name in ("type", "config", "root-volume"):
        needed = run.member(name)
        if not needed.present:
            raise needed.error(f"a value, because the container's goal is {container.goal}")


def _roles(field: Field) -> frozenset[str]:
    if isinstance(field.value, str):
        try:
            field = Field(field.path, read_json(field.value), field.place)
        except StateError as error:
            raise field.error("a list of roles, or a text that holds one as JSON") from error
    return frozenset(item.word() for item in field.items())


def _volumes(field: Field, name: str, files: Mapping[str, str]) -> tuple[str, ...]:
    found = (_file(item, name, files) for item in field.items())
    return tuple(volume for volume in found if volume is not None)


def _file(field: Field, name: str, files: Mapping[str, str]) -> str | None:
    """A file of the container itself, which must be there; without the mark of dm-verity."""
    if not field.present:
        return None
    file = field.file().removeprefix(VERITY)
    path = f"{name}/{file}"
    if path not in files:
        raise StateError(field.key, "a file of the container", f"no {shown(path)} in the state")
    return file


def _storage(field: Field) -> Iterator[Storage]:
    for name, entry in field.members():
        disk = entry.member("disk")
        yield Storage(
            name=_directory(entry, name),
            persistence=entry.member("persistence").choice(Persistence),
            disk=disk.word() if disk.present else None,
        )


def _directory(entry: Field, name: str) -> str:
    if "/" in Field(entry.path, name, entry.place).file():
        raise StateError(entry.key, "a name without slashes", f'"{shown(name)}"')
    return name


def _fingerprint(container: Container, files: Mapping[str, str]) -> str:
    """Paths hold no control characters and contents no line breaks, so lines are unambiguous."""
    lent = f"{container.goal} {container.restart_policy} {container.auto_recovery}"
    lines = [lent, *(f"{path}\t{content}" for path, content in sorted(files.items()))]
    return sha256("\n".join(lines).encode()).hexdigest()
