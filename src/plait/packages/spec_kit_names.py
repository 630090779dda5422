"""The names that step packages written for Spec Kit import, answered by this program's own types (API-01..06).

Every package gets modules of its own, which its `import` statements find and nobody else's: they are never put into
`sys.modules`, so a Spec Kit that is installed, too, is neither used nor disturbed.
"""

from __future__ import annotations

import builtins
import copy
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from plait.errors import InvalidWorkflowError
from plait.expressions import evaluate_condition, evaluate_expression
from plait.load import load_block
from plait.model import outcome, step_type
from plait.model.status import RunStatus, StepStatus
from plait.steps import StepTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plait.model.workflow import Step

SPEC_KIT = "specify_cli"


@dataclass
class StepResult(outcome.StepResult):
    """What a step came to; its `next_steps` are a list that may be added to."""

    next_steps: Sequence[Mapping[str, object] | Step] = field(default_factory=list)


class StepBase(step_type.StepBase):
    """What step types written for Spec Kit derive from (CUS-08)."""

    def validate(self, config: Mapping[str, object]) -> list[str]:
        """Return what is wrong with the mapping of a step."""
        return [] if config.get("id") else ["Step is missing required 'id' field."]

    def can_resume(self, state: Mapping[str, object]) -> bool:
        """Whether a run that waits in such a step can be resumed; nothing asks."""
        del state
        return True


class StepWrittenForSpecKit(step_type.StepBase):
    """A step type of a package, called the way it expects.

    Its mapping is its own copy, the project's folder a text, and `sys.exit` the failure of the step alone.
    """

    def __init__(self, inner: StepBase) -> None:
        self.inner = inner
        self.type_key: str = inner.type_key  # type: ignore[misc]  # one class serves many types here
        self.acts: bool = inner.acts  # type: ignore[misc]

    def execute(self, config: Mapping[str, object], context: step_type.StepContext) -> outcome.StepResult:
        """Execute the package's step."""
        expected: Any = context
        expected.project_root = str(context.project_root)
        expected.fan_in = context.fan_in or {}
        try:
            result = self.inner.execute(copy.deepcopy(config), context)
        except SystemExit as error:
            return outcome.StepResult.failed(f"it called sys.exit({error.code!r})")
        if not isinstance(result, outcome.StepResult):
            raise TypeError(f"{type(self.inner).__name__}.execute returned {result!r}, not a StepResult")
        result.status = StepStatus(result.status)
        result.output = {} if result.output is None else result.output
        return result

    def validate(self, config: Mapping[str, object]) -> list[str]:
        """Return what the package's step says is wrong with a mapping."""
        return [str(message) for message in self.inner.validate(copy.deepcopy(dict(config))) or ()]


class _BuiltIn(StepBase):
    """A built-in step type, called with the mapping as it was written."""

    def __init__(self, key: str) -> None:
        self.type_key: str = key  # type: ignore[misc]  # one class serves many types here

    def execute(self, config: Mapping[str, object], context: step_type.StepContext) -> outcome.StepResult:
        (step,) = load_block([{**config, "type": self.type_key}], StepTypes())
        return step.type.execute(step.config, context)

    def validate(self, config: Mapping[str, object]) -> list[str]:
        try:
            load_block([{**config, "type": self.type_key}], StepTypes())
        except InvalidWorkflowError as error:
            return [problem.message for problem in error.problems if problem.is_error]
        return []


class PackageImport:
    """The `__import__` of one step package: Spec Kit's names are answered here, all others are Python's business."""

    _ENGINE: ClassVar = {"RunState", "WorkflowDefinition", "WorkflowEngine", "validate_workflow"}

    def __init__(self) -> None:
        registry = {key: _BuiltIn(key) for key in StepTypes()}
        self._modules = {name: ModuleType(name) for name in _MODULES}
        for name, module in self._modules.items():
            module.__dict__["__path__"] = []
            above, _, last = name.rpartition(".")
            if above:
                setattr(self._modules[above], last, module)
        vars(self._modules[f"{SPEC_KIT}.workflows"]).update(
            STEP_REGISTRY=registry, BUILTIN_STEP_TYPES=frozenset(registry), get_step_type=registry.get
        )
        vars(self._modules[f"{SPEC_KIT}.workflows.base"]).update(
            StepBase=StepBase,
            StepContext=step_type.StepContext,
            StepResult=StepResult,
            StepStatus=StepStatus,
            RunStatus=RunStatus,
        )
        vars(self._modules[f"{SPEC_KIT}.workflows.expressions"]).update(
            evaluate_expression=evaluate_expression, evaluate_condition=evaluate_condition
        )
        vars(self._modules[f"{SPEC_KIT}.workflows.engine"]).update(
            RunStatus=RunStatus, StepContext=step_type.StepContext, __getattr__=self._of_engine
        )

    def __call__(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the names are Python's
        locals: Mapping[str, object] | None = None,  # noqa: A002 - the names are Python's
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import a module as an `import` statement asks for it."""
        if level or name.partition(".")[0] != SPEC_KIT:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = self._modules.get(name)
        if module is None:
            raise ModuleNotFoundError(
                f"Plait offers step packages no {name!r}; it has {', '.join(_MODULES)}", name=name
            )
        for wanted in fromlist or ():
            if wanted != "*" and not hasattr(module, wanted):
                raise ImportError(f"Plait's {name!r} has no {wanted!r}", name=name)
        return module if fromlist else self._modules[SPEC_KIT]

    def _of_engine(self, name: str) -> object:
        if name not in self._ENGINE:
            raise AttributeError(name)
        return getattr(import_module("plait"), name)


_MODULES = (
    SPEC_KIT,
    f"{SPEC_KIT}.workflows",
    f"{SPEC_KIT}.workflows.base",
    f"{SPEC_KIT}.workflows.engine",
    f"{SPEC_KIT}.workflows.expressions",
)


def builtins_of_package() -> dict[str, Callable[..., object]]:
    """Return what the modules of one package see as Python's built-in names."""
    return {**vars(builtins), "__import__": PackageImport()}
