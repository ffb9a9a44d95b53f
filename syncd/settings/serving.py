"""Settings of what is served: pages, links in mails, feeds, and what monitors ask."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from syncd.core.sync.calendars import Privacy
from syncd.settings.values import BaseUrl, ColorName, Listen, Seconds, Section, ZoneName

if TYPE_CHECKING:
    from syncd.core.sync.feeds import FeedLook


class LinksSection(Section):
    """The links in mails."""

    base_url: BaseUrl = Field(
        default="", description="where its pages are reached from mails; empty: at web.base_url, or not at all"
    )
    served: bool = Field(default=True, description="whether mails may have links to pages")
    days: int = Field(default=90, ge=1, le=730, description="days for which a link is good")


class WebSection(Section):
    """The console, the API and what monitors a service: where they are served."""

    listen: Listen = Field(default="127.0.0.1:8470", description="address and port; empty: nothing is served")
    base_url: BaseUrl = Field(
        default="", description="where people reach it, such as https://syncd.example.com; empty: the listen address"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="addresses of proxies whose X-Forwarded headers are believed"
    )
    timezone: ZoneName = Field(default="UTC", description="the IANA zone in which pages show syncd's own moments")

    @property
    def address(self) -> str:
        """Where people reach it, without a slash at the end."""
        return (self.base_url or f"http://{self.listen}").rstrip("/")


class FeedsSection(Section):
    """Providers' calendars at secret addresses, for whoever can only subscribe."""

    privacy: Privacy | None = Field(
        default=None, description="how much a title tells of the client; left out: as in calendars, but never a name"
    )
    back_days: int = Field(default=30, ge=0, le=366, description="days before now from which sessions are shown")
    refresh_minutes: int = Field(
        default=60, ge=5, le=10_080, description="after how long subscribers are asked to come again"
    )
    color: ColorName = Field(default="", description="CSS name of the colour; empty: none")
    gzip: bool = Field(default=False, description="whether programs that ask for it get it compressed")

    def look(self) -> "FeedLook":
        """Return it as the use cases of feeds take it."""
        from syncd.core.sync.feeds import FeedLook

        return FeedLook(
            privacy=self.privacy,
            refresh=timedelta(minutes=self.refresh_minutes),
            back=timedelta(days=self.back_days),
            color=self.color,
        )


class WorkerSection(Section):
    """What a `syncd worker` serves beside its work."""

    listen: Listen = Field(
        default="", description="address and port for /healthz, /readyz and /metrics; empty: nothing is served"
    )


class TelemetrySection(Section):
    """Traces and metrics by OpenTelemetry, for who collects these; needs the extra ``otel``."""

    endpoint: BaseUrl = Field(
        default="",
        description="collector that takes OTLP over HTTP, such as http://localhost:4318; empty: nothing leaves",
    )
    interval: Seconds = Field(default=60, description="seconds between two reports of metrics")
