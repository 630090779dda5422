"""A real Chromium, driven through WebDriver, that opens a page by its file."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BROWSER, DRIVER = "chromium", "chromedriver"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def missing_browser() -> str:
    """Return what a machine lacks to open pages; empty if it lacks nothing."""
    lacking = [name for name in (BROWSER, DRIVER) if shutil.which(name) is None]
    return f"there is no {' and no '.join(lacking)} here" if lacking else ""


class Browser:
    """One such browser; `driver` is Selenium's."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, file: Path, step_id: str = "", *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a page anew in a window of that size, and wait for its script to be ready."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.driver.get(file.resolve().as_uri() + (f"#{step_id}" if step_id else ""))
        self.until("document.documentElement.dataset.ready === 'yes'")

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        return self.driver.execute_script(f"return ({script})")

    def until(self, condition: str) -> None:
        """Wait until an expression holds in the page."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 60, poll_frequency=0.02).until(lambda _: self.run(condition), condition)

    def complaints(self) -> list[str]:
        """Return what the browser has said of the page since it was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the page was opened: its own, and what is not in it."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
        return [address for address in asked if not address.startswith("data:")]


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a browser whose profile is in an empty folder, and end it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which(BROWSER))
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(shutil.which(DRIVER))))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
