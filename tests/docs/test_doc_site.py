"""The site: its pages are all in the navigation, what is made from the program is up to date, the pictures are real."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from xml.etree import ElementTree as ET

import pytest
from doc_blocks import ROOT

DOCS = ROOT / "docs"
SITE = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def pages_of(entries):
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values():
                yield from [value] if isinstance(value, str) else pages_of(value)


def test_every_page_is_in_the_navigation_once():
    assert sorted(pages_of(SITE["nav"])) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def test_the_site_builds_without_a_warning(tmp_path):
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    shutil.copytree(DOCS, tmp_path / "docs")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "tutorial" / "index.html").is_file()


def test_the_pages_that_are_made_from_the_program_are_up_to_date():
    command = [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_shown_somewhere_and_needs_no_network(picture):
    ET.parse(picture)
    text = picture.read_text(encoding="utf-8")

    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert any(f"pictures/{picture.name}" in page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))


def test_each_picture_of_the_script_is_there():
    assert {scene.name for scene in script("pictures").SCENES} == {path.stem for path in PICTURES}


def test_a_picture_is_made_from_a_real_run(tmp_path):
    pictures = script("pictures")
    pictures.PICTURES = tmp_path

    assert pictures.main(["mistake"]) == 0
    assert "mean" in "".join(ET.parse(tmp_path / "mistake.svg").getroot().itertext())
