"""What configuration says about the Hub; read once, by the agent's main."""

from dataclasses import dataclass
from pathlib import Path

from surefoot import __version__
from surefoot.client.hub.http import Proxy
from surefoot.device.config import Config


@dataclass(frozen=True)
class Settings:
    """Times in seconds. Empty `host`: there is no Hub."""

    host: str
    port: int
    certs: Path
    auto_token: str = ""
    proxy: Proxy | None = None
    timeout_s: float = 60.0
    retries: int = 1
    patience_s: float = 120.0  # PH_UPDATER_NETWORK_TIMEOUT: a download without headway (R15)
    transfers: int = 5
    push_logs: bool = True
    arch: str = ""

    @property
    def base_url(self) -> str:
        """Always TLS, as the reference's devices (hub-wire 12)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def user_agent(self) -> str:
        return f"Surefoot/{__version__} (Linux; {self.arch})"


def read(config: Config, arch: str) -> Settings:
    proxy = None
    if config.text("PH_CREDS_PROXY_HOST"):
        proxy = Proxy(
            config.text("PH_CREDS_PROXY_HOST"),
            config.integer("PH_CREDS_PROXY_PORT"),
            config.flag("PH_CREDS_PROXY_NOPROXYCONNECT"),
        )
    return Settings(
        host=config.text("PH_CREDS_HOST"),
        port=config.integer("PH_CREDS_PORT"),
        certs=config.path("PV_LIBTHTTP_CERTSDIR"),
        auto_token=config.text("PH_FACTORY_AUTOTOK"),
        proxy=proxy,
        timeout_s=config.integer("PH_LIBEVENT_HTTP_TIMEOUT"),
        retries=config.integer("PH_LIBEVENT_HTTP_RETRIES"),
        patience_s=config.integer("PH_UPDATER_NETWORK_TIMEOUT"),
        transfers=config.integer("PH_UPDATER_TRANSFER_MAX_COUNT"),
        push_logs=config.flag("PV_LOG_PUSH"),
        arch=arch,
    )
