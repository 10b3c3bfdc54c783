"""The device agent: an asyncio process that carries out what the machines decide.

It never decides: `compose.py` joins the machines (pure), `perform.py` maps each effect to a
handler, `agent.py` runs the loop between them, `main.py` reads configuration and starts it.
Everything that must survive a power cut goes through `files/durable`.

Words: a *hand* carries out one kind of effect; the *slot* holds the one command that was accepted
and not ended; the *journal* is that slot on disk. Read `compose.py` first.
"""
