"""What the device waits for, since when and until when: nothing waits without a reason (rule 7)."""

from typing import Any

from surefoot.device.turn import Device
from surefoot.link.record import Link, Phase
from surefoot.update.record import Update
from surefoot.update.tables import Stage
from surefoot.update.trial import stable_limit_s

FOR: dict[Stage, str] = {
    Stage.REPORT: "the Hub's answer to QUEUED",
    Stage.CHECK: "the state JSON to be checked",
    Stage.FETCH: "objects to be downloaded",
    Stage.INSTALL: "objects to be checked and linked",
    Stage.SWITCH: "new containers to be prepared",
    Stage.GOALS: "status goals of all containers",
    Stage.STABLE: "the commit delay",
    Stage.FACTORY: "status goals of the factory revision",
    Stage.RETURN: "the rollback point's containers to be back",
    Stage.REBOOT: "the reboot",
}


REFUSED = "the Hub to know this device again"
LINK_FOR: dict[Phase, str] = {
    Phase.REGISTER: "this device to be registered",
    Phase.CLAIM: "somebody to claim this device",
    Phase.SYNC: "the running revision to be sent",
}


def limit_s(device: Device, work: Update) -> float | None:
    """How long the stage may last, in seconds; None where only its own hands bound it."""
    policy = device.update.policy
    if work.delay_over:
        return stable_limit_s(device.update)
    limits = dict.fromkeys((Stage.SWITCH, Stage.GOALS, Stage.RETURN), policy.goals_timeout_s)
    limits[Stage.STABLE] = policy.commit_delay_s
    return limits.get(work.stage)


def waits(device: Device) -> list[dict[str, Any]]:
    """`what`, `for` and `limit_s` of each wait; the door adds since and until."""
    found: list[dict[str, Any]] = []
    work = device.update.update
    if work is not None:
        limit = limit_s(device, work)
        what = f"update {work.revision}"
        reason = "containers to become stable" if work.delay_over else FOR[work.stage]
        found.append({"what": what, "for": reason, "limit_s": limit})
    if device.update.staged is not None:
        what = f"revision {device.update.staged}"
        found.append({"what": what, "for": "the next reboot", "limit_s": None})
    for revision, _ in device.queue:
        reason = "its turn in the queue" if device.remote else "remote mode"
        found.append({"what": f"step {revision}", "for": reason, "limit_s": None})
    if device.command is not None and not device.begun:
        what = f"command {device.command.op} {device.command.payload}".rstrip()
        found.append({"what": what, "for": "the update in work to end", "limit_s": None})
    reason = _link_reason(device.link)
    if reason:
        found.append({"what": "the Hub link", "for": reason, "limit_s": None})
    return found


def _link_reason(link: Link) -> str:
    """A device that the Hub does not answer waits for that first of all; empty for no wait."""
    if link.phase is Phase.OFF:
        return ""
    if not link.online:
        return "the Hub to answer"
    return REFUSED if link.refused else LINK_FOR.get(link.phase, "")
