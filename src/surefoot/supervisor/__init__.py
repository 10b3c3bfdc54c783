"""How containers reach their goals and keep them, at any time, not only in updates.

Pure: `advance(record, event) -> (record, effects)`. Effects for the hands prepare, start, stop and
release instances; `Tell` carries a *fact* (goals reached, container failed, ...) to whoever
composes the machines. The supervisor knows nothing of updates: `trial` only says that failures are
judged by somebody else and are not to be healed here.

Words: an *instance* is one container brought up from one revision; its id is unique within a boot.
A *retiring* instance is on its way out and has, perhaps, a successor of the same name. A group is
*released* when all earlier groups have reached their goals or are overdue.

Read `tables.py` first, then `record.py`, `events.py`, `effects.py`, `advance.py`, `recovery.py`.
"""
