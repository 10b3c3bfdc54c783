"""People and organisations: passwords, logins, tokens."""
