"""The simulated device's hands towards the Hub: questions, reports, what is stored of both."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from surefoot.device import effects as dev
from surefoot.device.turn import Device
from surefoot.lab.crash.disk import Disk
from surefoot.lab.crash.hub import Hub
from surefoot.lab.crash.story import Story
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.advance import LINE
from surefoot.link.record import Phase, What, Why
from surefoot.revision import is_local
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status

ANSWER_S = 0.2
AGAIN_S = 1.0


@dataclass(frozen=True)
class Asked:
    """A question on its way to the Hub. `id`: of the device that asks, `running` its revision."""

    ask: link_do.Ask
    id: str
    running: str


@dataclass(frozen=True)
class Report:
    progress: Progress
    running: str


class Sending:
    """Reports on their way to the Hub."""


class HubSide(ABC):
    """`Machine` is the whole; here is what of it speaks to the Hub. `reports` wait in memory."""

    story: Story
    disk: Disk
    device: Device
    hub: Hub
    now: float
    reports: dict[str, list[Report]]

    @abstractmethod
    def _post(self, delay_s: float, event: Any) -> int:
        """The event happens so many seconds from now; its number."""

    def _expects(self, timer: str) -> bool:
        """Whether asking the Hub again can bring anything; else the story is to come to rest."""
        if timer != LINE:
            return False
        if not self.hub.is_there(self.now):
            return self.hub.comes_back(self.now)
        link = self.device.link
        return link.phase is not Phase.IDLE or link.working or self.hub.is_open(link.id)

    def ask(self, effect: link_do.Ask) -> None:
        link, running = self.device.link, self.device.update.running
        self._post(ANSWER_S, Asked(effect, link.id, running))

    def _answered(self, asked: Asked) -> list[Any]:
        """Nothing for a device of another name: its questions have ended with it."""
        if asked.id != self.device.link.id:
            return []
        what = asked.ask.what
        if not self.hub.is_there(self.now):
            return [dev.HubSilence(asked.running), link_on.Failed(what, Why.SILENT)]
        found = self._found(asked) if what is What.STEPS else []
        contact = dev.HubContact(what is not What.REGISTER, asked.running)
        return [contact, *found, self.hub.answer(asked.ask, asked.id)]

    def _found(self, asked: Asked) -> list[Any]:
        """A step is stored before anybody is told of it."""
        step, disk = self.hub.step(asked.id, asked.ask.new_only), self.disk
        if step is None:
            return []
        disk.states.setdefault(step, self.story.states[step])
        disk.progress.setdefault(step, Progress(Status.NEW, "", 0))
        return [dev.StepFound(step, disk.progress[step])]

    def keep(self, effect: link_do.Keep) -> None:
        self.disk.id = effect.id

    def forget(self, effect: link_do.Forget) -> None:
        self.disk.id = ""

    def settle(self, effect: link_do.Settle) -> None:
        self.disk.settled = True

    def forget_hub(self, effect: dev.ForgetHub) -> None:
        disk = self.disk
        disk.id, disk.settled = "", False
        self.reports.clear()
        dropped = [name for name in disk.states if not is_local(name) and name != "0"]
        for name in dropped:
            del disk.states[name]
            disk.progress.pop(name, None)
            disk.told.pop(name, None)
            disk.installed.discard(name)
        disk.history = [entry for entry in disk.history if entry[0] not in dropped]

    def report(self, effect: up_do.Report) -> None:
        found = self.disk.progress.get(effect.revision)
        if found is None:
            self._post(0, up_on.Reported(effect.revision, Status.CANCELLED))
            return
        report = Report(found, self.device.update.running)
        self.reports.setdefault(effect.revision, []).append(report)
        self.send_reports(effect)

    def send_reports(self, effect: dev.Effect) -> None:
        self._post(ANSWER_S, Sending())

    def _sent(self) -> list[Any]:
        """They wait for a link that stands, and for a Hub that answers (R18)."""
        if self.device.link.phase is not Phase.IDLE or not self.reports:
            return []
        if not self.hub.is_there(self.now):
            if self.hub.comes_back(self.now):
                self._post(AGAIN_S, Sending())
            return [dev.HubSilence(self.device.update.running)]
        return self._delivered()

    def _delivered(self) -> list[Any]:
        """Of each report: that there was an answer, and what the Hub holds then."""
        answers: list[Any] = []
        for revision, reports in self.reports.items():
            for report in reports:
                held = self.hub.report(self.device.link.id, revision, report.progress)
                if report.progress.status in tables.FINAL:
                    self.disk.told[revision] = report.progress
                answers.append(dev.HubContact(True, report.running))
                answers.append(up_on.Reported(revision, held))
        self.reports.clear()
        return answers
