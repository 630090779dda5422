"""Where the real CLIs are looked for, and that installing them once is enough."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from support import agent_clis
from support.agent_clis import PACKAGES, cli_path, install, missing

if TYPE_CHECKING:
    from pathlib import Path

_NPM = """\
#!/bin/sh
echo run >> "$NPM_LOG"
[ -n "$NPM_FAILS" ] && echo "E404 no such package" >&2 && exit 1
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin"
echo > "$2/node_modules/.bin/codex"
"""


@pytest.fixture
def npm_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"npm": _NPM, "node": "#!/bin/sh\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("PLAIT_TEST_AGENTS", str(tmp_path / "agents"))
    monkeypatch.setenv("NPM_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def test_a_cli_that_is_not_installed_has_a_reason_and_no_path(npm_log: Path) -> None:
    assert cli_path("codex") is None
    assert "codex" in str(missing("codex"))


def test_without_node_that_is_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing("codex") == "node is not installed"


def test_many_at_once_install_it_once(npm_log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(4)

    def work(_: int) -> dict[str, str]:
        together.wait(timeout=30)
        return install(["codex"])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [{}] * 4
    assert npm_log.read_text() == "run\n"
    found = cli_path("codex")
    assert found is not None
    assert found.parents[2].name == f"codex-{PACKAGES['codex'].version}"
    assert missing("codex") is None


def test_a_failed_install_leaves_nothing_and_says_why(npm_log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_FAILS", "1")
    assert "E404" in install(["codex"])["codex"]
    assert [path.name for path in agent_clis.cache_folder().iterdir()] == [".codex.lock"]
