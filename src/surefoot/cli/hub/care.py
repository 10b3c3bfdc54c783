"""`surefoot hub ca` and `check`: what an operator needs beside the running Hub."""

import os

from surefoot.cli import output
from surefoot.cli.hub.place import Data, data_dir, libraries
from surefoot.cli.lazy import new_app

app = new_app()


@app.command(epilog="Example:\n\n\b\n  surefoot hub ca > hub-ca.pem\n")
def ca(data: Data = None) -> None:
    """Print the certificate of the Hub's own authority.

    Devices and people who trust it trust this Hub. It is made when there is none yet, and stays.
    """
    with libraries():
        from surefoot.hub.certificates import authority_pem
        from surefoot.hub.settings import Layout
    place = Layout(data_dir(data, os.environ))
    output.show([authority_pem(place.tls).rstrip("\n")])
