"""The demonstration: a real device taking good and bad updates, and a script of what must be seen.

`story.py` is the script as data, `play.py` plays one scene on a real device and compares what is
seen with the script, `show.py` puts the device up, plays all scenes, and looks at what is left
behind. Nothing is printed here: an *audience* is told (`audience.py`).

Words: a *scene* is one update (or power cut) with what must be seen; a *difference* is what was
seen and is not in the script.

Read `story.py` first.
"""
