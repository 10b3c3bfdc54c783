"""The demonstration: a real device that takes good and bad updates through a real Hub, and a script
of what must be seen.

`story.py` is the script as data, `stage.py` what stands on the stage, `play.py` plays one scene and
compares what is seen with the script, `show.py` puts all up, plays all scenes, and looks at what is
left behind. Nothing is printed here: an *audience* is told (`audience.py`).

Words: a *scene* is one thing that happens around updates, with what must be seen; a *step* is one
revision of it; a *side* is the device, or the Hub with the owner's *desk*, where real commands are
called; a *difference* is what was seen and is not in the script.

Read `story.py` first.
"""
