"""Harnesses: small programs that call a function and make its result plain. See `docs/adr/0006-projections.md`.

A harness runs after the code, in the same module, and defines `lift_call`. It is text for people to read, standard
library only, and is kept with every example that needs it. All its names begin with `lift_`; the builtins that it
uses must not be hidden by the code.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from typing import Literal

from lift_sys.records import DRIVER, Projection, Slice
from lift_sys.reverse_mode.facts import mangled

ITEMS = 100
"""Items taken of an iterator. One that goes on for ever is as good a test as any other, up to here."""

FIRST = f'''\
def lift_first(items):
    """The first {ITEMS} items of an iterator, as a list; anything else as it is."""
    from itertools import islice

    return [item for item in islice(items, {ITEMS})] if hasattr(items, "__next__") else items
'''

PLAIN = f'''\
def lift_plain(value, above=()):
    """`value` in plain types: an object becomes the pair of its type's name and its content."""
    from itertools import islice

    kind = type(value)
    if kind in (bool, bytes, float, int, str, type(None)) or len(above) > 12 or id(value) in above:
        return value
    above = (*above, id(value))
    if hasattr(kind, "__next__"):
        return [lift_plain(item, above) for item in islice(value, {ITEMS})]
    if kind is dict:
        return {{lift_plain(key, above): lift_plain(item, above) for key, item in value.items()}}
    if kind in (frozenset, list, set, tuple):
        return kind([lift_plain(item, above) for item in value])
    content = lift_content(value, kind)
    return value if content is value else (kind.__name__, lift_plain(content, above))


def lift_content(value, kind):
    """What an object holds, `value` itself where that is not known."""
    modules = {{base.__module__ for base in kind.__mro__}}
    if isinstance(value, type):
        return value.__name__
    if modules & {{"datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid"}}:
        return str(value)
    if isinstance(value, (BaseException, complex)):
        return str(value)
    if hasattr(kind, "__members__"):
        return value.name
    if hasattr(kind, "_fields") and isinstance(value, tuple):
        return {{name: item for name, item in zip(kind._fields, value)}}
    if kind.__module__ == "re":
        pattern = hasattr(value, "pattern")
        return (value.pattern, value.flags) if pattern else (value.span(), value.group(), value.groups())
    if kind.__name__ in ("bytearray", "memoryview"):
        return bytes(value)
    for base in (str, bytes, int, float, dict, frozenset, list, set, tuple):
        if isinstance(value, base):
            return base(value)
    if kind.__name__ == "range":
        return (value.start, value.stop, value.step)
    if kind.__name__ in ("ChainMap", "UserDict", "mappingproxy"):
        return {{key: item for key, item in value.items()}}
    if kind.__name__.endswith(("deque", "dict_items", "dict_keys", "dict_values", "UserList")):
        return [item for item in value]
    if kind.__module__ == __name__ or kind.__name__ == "SimpleNamespace":
        return lift_state(value)
    return value


def lift_state(value):
    """The attributes of an object that are set, in `__dict__` and in slots, by name."""
    slots = [base.__dict__.get("__slots__", ()) for base in type(value).__mro__]
    names = {{name for found in slots for name in ((found,) if isinstance(found, str) else found)}}
    names = (names | {{*getattr(value, "__dict__", ())}}) - {{"__dict__", "__weakref__"}}
    return {{name: getattr(value, name) for name in sorted(names) if hasattr(value, name)}}
'''

RECEIVER = '''\
def lift_receiver(kind, made):
    """An object of a class: made of arguments (a tuple), or with attributes as they were seen (a dict)."""
    if type(made) is tuple:
        try:
            return kind(*made)
        except Exception as error:
            raise TypeError(f"no {kind.__name__}: {error}") from error
    found = object.__new__(kind)
    for name, value in made.items():
        object.__setattr__(found, name, value)
    return found
'''
BOUND = ("method", "property")
"""Kinds of functions that are called of an object."""
Form = Literal["result", "plain", "state"]
FORMS: tuple[Form, ...] = ("result", "plain", "state")
"""What a call of a method is known by: its result, that in plain types, or that and the object's state after it."""

_CALLS: dict[str, tuple[str, str]] = {
    "iterator": (FIRST, "What `{entry}` yields, as a list of at most {items} items."),
    "object": (PLAIN, "The result of `{entry}` in plain types."),
}
_MAKES = {"iterator": "lift_first", "object": "lift_plain"}


def projected(found: Slice, projection: Projection) -> Slice | None:
    """The slice with a harness that makes its results plain; None where the code's own names stand in the way."""
    support, says = _CALLS[projection]
    entry = found.entry_point
    text = f'''\
{support}

def {DRIVER}(*args, **kwargs):
    """{says.format(entry=entry, items=ITEMS)}"""
    return {_MAKES[projection]}({entry}(*args, **kwargs))


{DRIVER}.__wrapped__ = {entry}
'''
    if hidden(found.code, text):
        return None
    return found.model_copy(update={"harness": text, "projection": projection})


def received(found: Slice, kind: str, form: Form) -> Slice | None:
    """The slice of a method with a harness that takes its object as the first argument; None as for `projected`."""
    entry = found.entry_point
    owner, _, name = entry.rpartition(".")
    called = f"{mangled(name, owner)}(*args, **kwargs)" if kind == "method" else mangled(name, owner)
    call = f"lift_receiver({owner}, receiver).{called}"
    lines = [f"return {call}"]
    says = f"`{entry}` of an object that `lift_receiver` makes"
    if form == "plain":
        lines, says = [f"return lift_plain({call})"], f"{says}, in plain types"
    elif form == "state":
        says = f"{says}, and the object after it, in plain types"
        lines = [f"found = lift_receiver({owner}, receiver)", f"result = found.{called}"]
        lines.append("return lift_plain((result, found))")
    body = "\n".join(f"    {line}" for line in lines)
    support = RECEIVER if form == "result" else f"{RECEIVER}\n\n{PLAIN}"
    text = f'''\
{support}

def {DRIVER}(receiver, *args, **kwargs):
    """{says}."""
{body}
'''
    if kind == "method":
        text += f"\n\n{DRIVER}.__wrapped__ = {owner}.{mangled(name, owner)}\n"
    if hidden(found.code, text):
        return None
    projection: Projection = "method" if form == "result" else "mixed"
    return found.model_copy(update={"harness": text, "projection": projection})


def hidden(code: str, harness: str) -> set[str]:
    """The names that a harness needs and the code gives another meaning."""
    taken = _bound(ast.parse(code))
    tree = ast.parse(harness)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(dir(builtins))
    made = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return taken & (used | made) - set(keyword.kwlist)


def _bound(tree: ast.Module) -> set[str]:
    """The global names that a module binds, in blocks at module level, too, or through `global`."""
    found: set[str] = set()
    todo: list[ast.AST] = [*tree.body]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            found.update(n for part in ast.walk(node) if isinstance(part, ast.Global) for n in part.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        else:
            todo += ast.iter_child_nodes(node)
    return found
