"""Step packages as Python modules: imported from their folder, under names that no other package can have."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

from plait.packages.spec_kit_names import builtins_of_package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from pathlib import Path
    from types import CodeType, ModuleType

_PREFIX = "_plait_step_"
_DIGITS = 24
_lock = threading.RLock()


@contextmanager
def imported_package(folder: Path, type_key: str) -> Iterator[ModuleType]:
    """Import the package in a folder, for good if the block ends well; else nothing of it stays behind.

    The same code in the same folder is imported once in a process; changed code, or another folder, is another
    module. Whatever the code raises comes through.
    """
    name = f"{_PREFIX}{re.sub(r'[^0-9A-Za-z]', '_', type_key)}_{_digest(folder)}"
    with _lock:
        try:
            yield sys.modules.get(name) or _load(name, folder)
        except BaseException:
            _forget(name, str(folder))
            raise


def _load(name: str, folder: Path) -> ModuleType:
    module = _new_module(name, folder)
    sys.modules[name] = module
    sys.path_importer_cache[str(folder)] = _Finder.of(str(folder))
    module.__loader__.exec_module(module)  # type: ignore[union-attr]
    return module


def _new_module(name: str, folder: Path) -> ModuleType:
    init = str(folder / "__init__.py")
    spec = spec_from_file_location(name, init, loader=_Loader(name, init), submodule_search_locations=[str(folder)])
    assert spec is not None  # noqa: S101 - a loader was given
    module = module_from_spec(spec)
    # Python looks `import` up in a module's own built-in names, at the moment the statement is executed: so those in
    # functions find the same modules later, and no other code of the process is touched.
    module.__dict__["__builtins__"] = builtins_of_package()
    return module


def _forget(name: str, folder: str) -> None:
    for each in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[each]
    for path in [path for path in sys.path_importer_cache if path == folder or path.startswith(f"{folder}/")]:
        del sys.path_importer_cache[path]


def _digest(folder: Path) -> str:
    digest = hashlib.sha256(str(folder).encode(errors="surrogateescape"))
    for path in _sources(folder):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(folder)}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.hexdigest()[:_DIGITS]


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        if path.is_file():
            yield path


class _Loader(SourceFileLoader):
    """Loads a module of a step package from its source alone; nothing is written beside it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def exec_module(self, module: ModuleType) -> None:
        package = sys.modules[module.__name__.partition(".")[0]]
        module.__dict__["__builtins__"] = package.__dict__["__builtins__"]
        super().exec_module(module)


class _Finder(FileFinder):
    """Finds the modules in a folder of a step package, and those in the folders inside it."""

    @classmethod
    def of(cls, folder: str) -> _Finder:
        """Return a finder for one folder."""
        return cls(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_Loader, SOURCE_SUFFIXES))

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = super().find_spec(fullname, target)
        for folder in (spec.submodule_search_locations if spec is not None else None) or ():
            sys.path_importer_cache[folder] = self.of(folder)
        return spec
