"""One turn of the supervisor: the record as it changes within an event, and the effects so far."""

from dataclasses import replace

from surefoot.revision import Group
from surefoot.supervisor import effects as do
from surefoot.supervisor.record import Instance, Record
from surefoot.supervisor.tables import STOP_GRACE_S, ContainerStatus

LIFE_TIMERS = ("recover", "stable", "reset")


def timer_name(kind: str, instance: Instance) -> str:
    return f"{kind}:{instance.id}"


def goal_timer(group: str) -> str:
    return f"goal:{group}"


class Turn:
    """Lives for one event only; what it leaves is a new record and a list of effects."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._effects: list[do.Effect] = []
        self._releases: list[do.Effect] = []

    @property
    def effects(self) -> tuple[do.Effect, ...]:
        """Releases come last: a successor must not wait for its predecessor's unmounting."""
        return (*self._effects, *self._releases)

    def want(self, *effects: do.Effect) -> None:
        self._effects.extend(effects)

    def tell(self, fact: do.Fact, container: str = "", detail: str = "") -> None:
        self.want(do.Tell(fact, container, detail))

    def put(self, instance: Instance) -> None:
        """`instance` takes the place of the one with its id."""
        instances = (instance if one.id == instance.id else one for one in self.record.instances)
        self.record = replace(self.record, instances=tuple(instances))

    def remove(self, instance: Instance) -> None:
        """It is gone for good: forget it and release what it held."""
        rest = tuple(one for one in self.record.instances if one.id != instance.id)
        self.record = replace(self.record, instances=rest)
        self._releases.append(do.Release(instance.id, instance.name))

    def start(self, instance: Instance) -> None:
        self.put(replace(instance, status=ContainerStatus.STARTING, succeeded=False))
        self.want(do.Start(instance.id, instance.name))

    def stop(self, instance: Instance) -> None:
        self.drop_timers(instance)
        self.put(replace(instance, status=ContainerStatus.STOPPING))
        self.want(do.Stop(instance.id, instance.name, STOP_GRACE_S))

    def stable_timeout(self, instance: Instance) -> float:
        rule = instance.container.auto_recovery
        return float(rule.stable_timeout_s) if rule else 0.0

    def set_life_timers(self, instance: Instance) -> None:
        """Init runs; the clock of being stable starts only with the goal."""
        rule = instance.container.auto_recovery
        if rule is not None and rule.reset_window_s > 0:
            self.want(do.SetTimer(timer_name("reset", instance), float(rule.reset_window_s)))
        if instance.reached:
            self.reach(instance)

    def reach(self, instance: Instance) -> None:
        """Its goal is reached: it is stable, or will be after its `stable_timeout`."""
        timeout = self.stable_timeout(instance)
        self.put(replace(instance, stable=not timeout))
        if timeout:
            self.want(do.SetTimer(timer_name("stable", instance), timeout))

    def drop_timers(self, instance: Instance) -> None:
        if instance.container.auto_recovery is None:
            return
        self.want(*(do.DropTimer(timer_name(kind, instance)) for kind in LIFE_TIMERS))

    def start_clock(self, group: Group) -> None:
        self.record = replace(self.record, clocks=self.record.clocks | {group.name})
        self.want(do.SetTimer(goal_timer(group.name), float(group.timeout_s)))

    def stop_clock(self, group: str) -> None:
        if group in self.record.clocks:
            self.record = replace(self.record, clocks=self.record.clocks - {group})
            self.want(do.DropTimer(goal_timer(group)))
