"""What must hold for every page however it is looked at: axe finds nothing, and nothing scrolls sideways."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_WIDTHS = (320, 360, 1280, 2560)
_AXE_WIDTHS = (360, 1280)
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with the page that is open: at every width, light and dark."""
    page.wait_for_load_state()
    sideways = [fault for width in _WIDTHS for fault in _sideways(page, width)]
    return sideways + [
        fault for width in _AXE_WIDTHS for theme in ("light", "dark") for fault in _axe(page, width, theme)
    ]


def _sideways(page: Page, width: int) -> Iterator[str]:
    page.set_viewport_size({"width": width, "height": 800})
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield f"{page.url} at {width} px scrolls sideways"


def _axe(page: Page, width: int, theme: Any) -> Iterator[str]:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}, "resultTypes": ["violations"]})
    for violation in found.response["violations"]:
        targets = [node["target"] for node in violation["nodes"]]
        yield f"{page.url} at {width} px, {theme}: {violation['id']}: {violation['help']} {targets}"
