"""People and organisations: sign-up, logins, tokens, passwords.

Also logs devices in: a login is one door for all. Never keeps a password or a secret, only what can
check one, and never says whether it was the name or the password that was wrong.

Words: *generation* (a number of an account or a device; a token that carries another one is void),
*failure* (a refused login, remembered by name and by address), *wait* (how long a name or an
address that failed too often must not try again).

Read `login.py` first, then `throttle.py`.
"""
