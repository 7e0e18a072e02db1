"""What one visit of a module's syntax tree tells: names, calls, raises and branches, per function and statement.

The lifter and the slicer both live on these facts, so no tree is walked twice; `module_visit.gather` finds them.
"""

from __future__ import annotations

import ast
from typing import Any, Literal, NamedTuple

from lift_sys.reverse_mode.module_blocks import Alternative

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Chain(NamedTuple):
    """A dotted name that is read, as in `os.path.exists`: the root name, the rest, and the line."""

    root: str
    rest: str
    line: int


class Raised(NamedTuple):
    """An exception that may leave the function: its class as written ("" for a bare re-raise), and the line."""

    name: str
    line: int


class Scope:
    """The names of one module, class or function body.

    loads: read while the body itself runs; later: read by functions defined in it, when those are called;
    annotations: read in annotations only; stores: bound in it.
    """

    __slots__ = ("annotations", "augmented", "imported", "later", "loads", "nonlocals", "stores")

    def __init__(self) -> None:
        self.loads: set[str] = set()
        self.later: set[str] = set()
        self.annotations: set[str] = set()
        self.stores: set[str] = set()
        self.nonlocals: set[str] = set()
        self.augmented: set[str] = set()
        """Bound by `+=` and the like: read before they are bound."""
        self.imported: set[str] = set()
        """Bound by imports, where the scope is a function's."""


class Actions:
    """What a piece of code does, in source order."""

    __slots__ = ("attributes", "calls", "chains", "mutations")

    def __init__(self) -> None:
        self.chains: list[Chain] = []
        self.calls: list[Any] = []
        """Calls of a plain name: `open(...)`, `setattr(...)`."""
        self.mutations: list[tuple[str, str, int]] = []
        """Root name, how it is changed, line."""
        self.attributes: set[str] = set()


class FunctionFacts(Actions):
    __slots__ = (
        "branches",
        "children",
        "class_name",
        "free",
        "global_stores",
        "imports",
        "in_class",
        "node",
        "nonlocal_stores",
        "parameters",
        "parent",
        "qualname",
        "raises",
        "scope",
        "statements",
        "tangled",
        "yields",
    )

    def __init__(self, node: FunctionNode, qualname: str, in_class: bool, parent: FunctionFacts | None) -> None:
        super().__init__()
        self.node = node
        self.class_name = ""
        """The class whose body it stands in, however deep: it mangles the names that start with two underscores."""
        self.qualname = qualname
        self.in_class = in_class
        self.parent = parent
        self.children: list[FunctionFacts] = []
        self.scope = Scope()
        self.parameters: set[str] = set()
        self.free: frozenset[str] = frozenset()
        """Names that are neither parameters nor bound here: globals, builtins, or an outer function's."""
        self.tangled: frozenset[str] = frozenset()
        """Names that it imports and also binds in other ways."""
        self.raises: list[Raised] = []
        self.yields = False
        self.branches = 0
        self.statements = 0
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.global_stores: list[tuple[str, int]] = []
        self.nonlocal_stores: set[str] = set()


UnitKind = Literal["function", "class", "import", "future", "assign", "delete", "other", "docstring"]


class Unit(Actions):
    """One statement at module level, with everything in it: what a slice is made of."""

    __slots__ = (
        "alternative",
        "binds",
        "changes",
        "first",
        "imports",
        "kind",
        "later",
        "local_imports",
        "node",
        "now",
        "tangled",
        "typing",
        "typing_only",
    )

    def __init__(self, node: ast.stmt, kind: UnitKind, first: int) -> None:
        super().__init__()
        self.node = node
        self.kind = kind
        self.alternative: Alternative | None = None
        self.typing_only = False
        """Whether it stands under `if TYPE_CHECKING:`."""
        self.first = first
        """Its first line, decorators included."""
        self.binds: frozenset[str] = frozenset()
        self.changes: frozenset[str] = frozenset()
        """Names bound elsewhere whose values it changes: `TABLE["a"] = 1`, `TABLE.update(...)`."""
        self.now: frozenset[str] = frozenset()
        """Names it needs when the module is imported."""
        self.later: frozenset[str] = frozenset()
        """Names that its functions need when they are called."""
        self.typing: frozenset[str] = frozenset()
        """Names it needs in annotations only."""
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.local_imports: list[ast.Import | ast.ImportFrom] = []
        """Imports inside its functions."""
        self.tangled: set[str] = set()
        """Names that its functions import and also bind in other ways."""


class ModuleFacts:
    __slots__ = ("docstring", "functions", "future_annotations", "sole_imports", "units")

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.functions: list[FunctionFacts] = []
        """Every function and method, nested ones too, in source order."""
        self.future_annotations = False
        self.docstring: str | None = None
        self.sole_imports: set[int] = set()
        """Lines of imports inside functions that are the only statement of their block."""


def mangled(name: str, class_name: str) -> str:
    """The name as the running program knows it: private names of a class carry the class's name."""
    if not class_name or name[:2] != "__" or name[-2:] == "__":
        return name
    owner = class_name.lstrip("_")
    return f"_{owner}{name}" if owner else name
