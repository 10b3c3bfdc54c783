"""The laboratory: the real composition under faults that a desk cannot make on demand.

`crash/` runs it on in-memory hands and cuts the power at every effect boundary; `powercut/` kills a
real device of real containers at random times. The laboratory owns no update logic: it calls the
same `device.compose.advance` as the agent.
"""
