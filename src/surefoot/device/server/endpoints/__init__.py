"""One small function a route: takes a `Request`, asks its desk, gives an `Answer`.

They translate and stream; what is true and what is allowed the desk knows. Read `steps.py` first.
"""
