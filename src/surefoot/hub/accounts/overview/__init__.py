"""Looking at a whole: is the Hub well, what has an account, who is here. Reads only.

Read `routes.py` first. Source: hub-wire 10.1.
"""
