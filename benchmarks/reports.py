"""Rows about `plait report`: how long it takes, how large the page is, and how soon a browser has it ready."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from benchmarks.table import Row, quantity
from benchmarks.timing import plait_command, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium import webdriver

_ITEMS = """
workflow: {{id: many, name: Many}}
steps:
  - {{id: numbers, type: shell, run: "seq 1 {count}", output_format: lines}}
  - id: fan
    type: fan-out
    items: "{{{{ steps.numbers.output.data }}}}"
    max_concurrency: 4
    step: {{id: work, type: shell, run: "seq 1 200; test {{{{ item }}}} != 7", continue_on_error: true}}
"""
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_PATIENCE = 60.0


def pages(folder: Path, count: int) -> Iterator[Row]:
    """Measure the page of a run with `count` items, each of which has a log of about 700 bytes."""
    file = folder / "many.yml"
    file.write_text(_ITEMS.format(count=count))
    run([*plait_command(), "run", str(file), "--quiet", "--run-id", "many"], folder)
    page = folder / "many.html"
    seconds = min(run([*plait_command(), "report", "many", "--html", str(page)], folder) for _ in range(3))
    parts = {"an item": quantity(1e6 * seconds / count, "us")}
    yield Row("report", f"a report of {count:,} items, whole process", seconds, "s", 5, parts)
    yield Row("report", f"the page of {count:,} items", page.stat().st_size / 1e6, "MB", 15, {})
    ready = _seconds_to_open(page, folder / "profile")
    parts = {} if ready is not None else {"needed": "chromium, chromedriver, selenium"}
    yield Row("report", f"the page of {count:,} items, ready in Chromium", ready, "s", 3, parts)


def _seconds_to_open(page: Path, profile: Path) -> float | None:
    """Return the least time of three from asking for the page until it can be used; None without a browser."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    try:
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService  # noqa: PLC0415 - only where it is installed
    except ImportError:
        return None
    if chromium is None or chromedriver is None:
        return None
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=ChromeService(chromedriver))
    try:
        return min(_opened(driver, page) for _ in range(3))
    finally:
        driver.quit()


def _opened(driver: webdriver.Chrome, page: Path) -> float:
    driver.get("about:blank")
    begun = time.perf_counter()
    driver.get(page.resolve().as_uri())
    while driver.execute_script("return document.documentElement.dataset.ready") != "yes":
        if time.perf_counter() - begun > _PATIENCE:
            raise OSError(f"{page.name} is not ready after {_PATIENCE:g} s")
        time.sleep(0.005)
    return time.perf_counter() - begun
