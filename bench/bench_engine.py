"""Advances a second in one core: the whole device's thinking, over the crash laboratory's stories.

The floor is the same number of `dataclasses.replace` of one small record in the same run: what any
engine of frozen values pays for one change of one field.
"""

import dataclasses
import json
import time

from surefoot.device import compose
from surefoot.lab.crash import machine as module
from surefoot.lab.crash.machine import Machine
from surefoot.lab.crash.stories import ALL
from surefoot.update.record import Record

ROUNDS = 20


def recorded():
    """Every (device, event) pair that the stories make."""
    pairs = []
    real = compose.advance

    def note(device, event):
        pairs.append((device, event))
        return real(device, event)

    module.compose.advance = note
    for story in ALL:
        Machine(story).run()
    module.compose.advance = real
    return pairs


def seconds(work):
    before = time.process_time()
    work()
    return time.process_time() - before


def main():
    pairs = recorded() * ROUNDS
    advance = compose.advance

    def think():
        for device, event in pairs:
            advance(device, event)

    record = Record("0", "0")

    def change():
        for _ in pairs:
            dataclasses.replace(record, trying="1")

    engine, floor = seconds(think), seconds(change)
    print(
        json.dumps(
            {
                "bench": "engine",
                "advances": len(pairs),
                "advances_per_s": round(len(pairs) / engine),
                "ratio_to_one_replace": round(engine / floor, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
