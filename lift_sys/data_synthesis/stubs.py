"""Signatures as a caller reads them, and HumanEval-style stubs that run."""

from __future__ import annotations

import ast
import builtins
import copy
import re
import textwrap
from collections.abc import Iterator, Sequence

from lift_sys.data_synthesis.class_outline import ClassOutline
from lift_sys.data_synthesis.leaks import definition_of
from lift_sys.data_synthesis.phrasing import word_set
from lift_sys.data_synthesis.prompt_names import bindings, definitions, names_in, simplified, simplify_all
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function

_TYPING = word_set(
    """
    Any AnyStr Callable ClassVar Final Generic Literal NamedTuple NoReturn Optional ParamSpec Protocol
    Self SupportsFloat SupportsIndex SupportsInt Text TypeVar Union Annotated Type List Dict Set
    FrozenSet Tuple
    """
)
_ABC = word_set(
    """
    Awaitable AsyncIterable AsyncIterator Collection Container Coroutine Generator Hashable Iterable
    Iterator KeysView Mapping MutableMapping MutableSequence MutableSet Sequence Sized ValuesView
    ItemsView Reversible
    """
)
_BUILTINS = frozenset(dir(builtins))
MAX_LINE = 88


class Header:
    """The `def` line of a function without what only its own module knows."""

    def __init__(self, function: Function, ir: IntermediateRepresentation) -> None:
        self.name = function.slice.entry_point.rpartition(".")[2] if function.slice else function.name
        self.is_async = function.is_async
        definition = definition_of(function)
        self.arguments = copy.deepcopy(definition.args) if definition else _arguments_of(ir)
        self.returns = definition.returns if definition else _expression(ir.signature.returns)
        self._module = _statements(function.slice.code if function.slice else "")
        self.owner = (function.slice.entry_point if function.slice else function.qualname).rpartition(".")[0]
        self._imports = dict(_imported(_statements("\n".join(_import_lines(function)))))
        self._imports.update(_imported(self._module))
        self._bound = {name: node for name, node in bindings(self._module).items() if name != self.name}
        self._inline_constants()
        self._simplify()

    @property
    def parameters(self) -> list[ast.arg]:
        """Every parameter, in the order of the signature."""
        arguments = self.arguments
        star = [arguments.vararg] if arguments.vararg else []
        double = [arguments.kwarg] if arguments.kwarg else []
        return [*arguments.posonlyargs, *arguments.args, *star, *arguments.kwonlyargs, *double]

    def call_signature(self) -> str:
        """`name(a: int, b=1) -> int`"""
        returns = f" -> {ast.unparse(self.returns)}" if self.returns is not None else ""
        return f"{self.name}({ast.unparse(self.arguments)}){returns}"

    def definition(self, *, quote_unknown: bool = False) -> str:
        """`def name(...):`, over several lines when it is long; `quote_unknown` what is not yet bound there."""
        arguments, returns = self.arguments, self.returns
        if quote_unknown:
            arguments = self._quoted(arguments)
            returns = self._quoted_annotation(returns)
        start = f"{'async ' if self.is_async else ''}def {self.name}("
        end = f"){' -> ' + ast.unparse(returns) if returns is not None else ''}:"
        inside = ast.unparse(arguments)
        if len(start + inside + end) <= MAX_LINE:
            return start + inside + end
        lines = "".join(f"    {part},\n" for part in split_arguments(inside))
        if arguments.kwarg or (arguments.vararg and not arguments.kwonlyargs):
            lines = lines.rstrip(",\n") + "\n"  # kept tidy: nothing may follow **kwargs in older grammars
        return f"{start}\n{lines}{end}"

    def preamble(self, around: str = "") -> str:
        """The imports and definitions that the signature needs, and the code `around` it."""
        defined = self.definitions(around)
        typing, abc, lines = set(), set(), set()
        shown = {
            name for text in [around, *defined.values()] for node in _statements(text) for name in names_in(node)
        }
        for name in sorted({*self._names(), *(shown & (self._imports.keys() | _TYPING | _ABC))} - defined.keys()):
            if name in self._imports:
                lines.add(self._imports[name])
            elif name in _BUILTINS:
                continue
            elif name in _TYPING:
                typing.add(name)
            elif name in _ABC:
                abc.add(name)
        if abc:
            lines.add(f"from collections.abc import {', '.join(sorted(abc))}")
        if typing:
            lines.add(f"from typing import {', '.join(sorted(typing))}")
        ordered = sorted(lines, key=lambda line: (line.startswith("from"), line))
        texts = _spaced(list(defined.values()))
        return "\n".join([*ordered, *([""] if ordered and texts else []), *texts])

    def definitions(self, around: str = "") -> dict[str, str]:
        """The module's own definitions of names that the signature, or the code `around` it, uses."""
        shown = [name for node in _statements(around) for name in names_in(node)]
        return definitions(self._bound, [*self._names(), *shown], but={self.owner, self.name})

    def plain_hint(self, text: str | None) -> str | None:
        """A type hint without names that nothing defines; None when nothing is left."""
        node = simplified(_expression(text), self._known_names)
        return None if node is None else ast.unparse(node)

    def simplify(self, tree: ast.AST) -> None:
        """The same for every annotation of a text, in place."""
        simplify_all(tree, self._known_names)

    def needs_code(self, around: str = "") -> bool:
        """Whether the names in the signature have to be explained even where code is rarely shown."""
        return bool(self.definitions(around)) or any(
            " as " in self._imports[name] for name in self._names() if name in self._imports
        )

    @property
    def _known_names(self) -> frozenset[str]:
        return frozenset(self._imports) | _BUILTINS | _TYPING | _ABC | frozenset(self._bound) | {self.owner}

    def _simplify(self) -> None:
        """Annotations name only what the prompt defines."""
        self._bound = copy.deepcopy(self._bound)
        for node in self._bound.values():
            self.simplify(node)
        for _ in range(2):  # what the budget had no room for goes in the second round
            for argument in self.parameters:
                argument.annotation = simplified(argument.annotation, self._known_names)
            self.returns = simplified(self.returns, self._known_names)
            used = [name for name in dict.fromkeys(self._names()) if name in self._bound]
            fitting = definitions(self._bound, used, but={self.owner, self.name})
            self._bound = {name: node for name, node in self._bound.items() if name not in used or name in fitting}

    def _inline_constants(self) -> None:
        """A default that names a literal constant of the module becomes that literal."""
        arguments = self.arguments
        arguments.defaults = [self._inlined(node) for node in arguments.defaults]
        arguments.kw_defaults = [None if node is None else self._inlined(node) for node in arguments.kw_defaults]

    def _inlined(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name) and node.id in self._bound:
            value = getattr(self._bound[node.id], "value", None)
            if isinstance(value, ast.Constant) and len(ast.unparse(value)) <= 60:
                return value
        return node

    def _known(self, node: ast.expr) -> bool:
        """Whether an annotation can be evaluated where the function is defined."""
        return self.owner not in names_in(node)

    def _quoted_annotation(self, node: ast.expr | None) -> ast.expr | None:
        return node if node is None or self._known(node) else ast.Constant(ast.unparse(node))

    def _quoted(self, arguments: ast.arguments) -> ast.arguments:
        def quoted(argument: ast.arg) -> ast.arg:
            return ast.arg(argument.arg, self._quoted_annotation(argument.annotation))

        return ast.arguments(
            posonlyargs=[quoted(a) for a in arguments.posonlyargs],
            args=[quoted(a) for a in arguments.args],
            vararg=quoted(arguments.vararg) if arguments.vararg else None,
            kwonlyargs=[quoted(a) for a in arguments.kwonlyargs],
            kw_defaults=arguments.kw_defaults,
            kwarg=quoted(arguments.kwarg) if arguments.kwarg else None,
            defaults=arguments.defaults,
        )

    def _names(self) -> Iterator[str]:
        annotations = [argument.annotation for argument in self.parameters]
        for node in [*annotations, self.returns]:
            if node is not None:
                yield from names_in(node)
        yield from self._default_names()

    def _default_names(self) -> Iterator[str]:
        for node in [*self.arguments.defaults, *self.arguments.kw_defaults]:
            if node is not None:
                yield from names_in(node)


def _spaced(texts: list[str]) -> list[str]:
    """Definitions with a blank line around those of several lines."""
    spaced: list[str] = []
    for before, text in zip(["", *texts], texts, strict=False):
        spaced += [""] if before and "\n" in before + text else []
        spaced.append(text)
    return spaced


def split_arguments(text: str) -> list[str]:
    """The parts of an argument list, cut at its top-level commas."""
    parts, depth, start, quote = [], 0, 0, ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote and text[at - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    return [part for part in [*parts, text[start:].strip()] if part]


def stub(
    header: Header,
    paragraphs: Sequence[str],
    examples: Sequence[str],
    outline: ClassOutline | None = None,
    preamble: str | None = None,
) -> str:
    """Imports and definitions, the `def` line (of a method inside its class), a docstring of the paragraphs and the
    `>>>` examples. The `preamble` is the header's own if none is given.

    The text parses, and what the docstring says is exactly these texts: a quote or backslash can't end it early.
    """
    content = "\n\n".join([*map(_wrapped, paragraphs), *(["\n".join(examples)] if examples else [])])
    if preamble is None:
        preamble = header.preamble(outline.before if outline else "")
    definition = header.definition(quote_unknown=True)
    text = f"{definition}\n{textwrap.indent(_docstring(content), '    ')}\n"
    if outline is not None:
        method = textwrap.indent(f"{outline.decorators}{text}", "    ", lambda line: bool(line.strip()))
        text = f"{outline.before}\n\n{method}"
    return f"{preamble}\n\n\n{text}" if preamble else text


def _wrapped(paragraph: str) -> str:
    lines = []
    for line in paragraph.split("\n"):
        hanging = re.match(r"\s*(?:- )?", line)
        indent = " " * len(hanging[0]) if hanging else ""
        lines += textwrap.wrap(
            line, MAX_LINE - 4, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)


def _docstring(content: str) -> str:
    quotes = "'''" if '"""' in content and "'''" not in content else '"""'
    prefix = ""
    if "\\" in content:
        # A raw string keeps examples readable, but can't hold its own quotes or end in a backslash.
        if quotes not in content and not content.endswith("\\"):
            prefix = "r"
        else:
            content = content.replace("\\", "\\\\")
    if quotes in content:
        content = content.replace(quotes, "\\" + quotes[0] + "\\" + quotes[0] + "\\" + quotes[0])
    if "\n" not in content and len(content) < MAX_LINE - 10 and not content.endswith((quotes[0], "\\")):
        return f"{prefix}{quotes}{content}{quotes}"
    return f"{prefix}{quotes}{content}\n{quotes}"


def _statements(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _import_lines(function: Function) -> list[str]:
    return [line for line in function.imports if line.startswith(("import ", "from ")) and " *" not in line]


def _imported(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Each name that the absolute imports bind, with the import statement that binds it alone."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield alias.asname or alias.name.split(".")[0], ast.unparse(ast.Import([alias]))
        elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module != "__future__":
            for alias in statement.names:
                if alias.name != "*":
                    yield alias.asname or alias.name, ast.unparse(ast.ImportFrom(statement.module, [alias], 0))


def _expression(text: str | None) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body if text else None
    except (SyntaxError, ValueError):
        return None


def _arguments_of(ir: IntermediateRepresentation) -> ast.arguments:
    """The arguments that an IR states, for a function whose source doesn't parse alone."""
    made = ast.arguments([], [], None, [], [], None, [])
    for parameter in ir.signature.parameters:
        argument = ast.arg(parameter.name, _expression(parameter.type_hint))
        default = _expression(parameter.default)
        if parameter.kind == "var_positional":
            made.vararg = argument
        elif parameter.kind == "var_keyword":
            made.kwarg = argument
        elif parameter.kind == "keyword_only":
            made.kwonlyargs.append(argument)
            made.kw_defaults.append(default)
        else:
            (made.posonlyargs if parameter.kind == "positional_only" else made.args).append(argument)
            if default is not None:
                made.defaults.append(default)
    return made
