"""An outline: `key: value` lines, nested by four spaces. Parsing a rendered outline gives it back exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

INDENT = "    "


@dataclass
class Node:
    """A line and what is nested below it. The key `-` makes a list item; a value of None makes a heading."""

    key: str
    value: str | None = None
    children: list[Node] = field(default_factory=list)


def quote(text: str) -> str:
    """The text itself when it is printable, on one line and unambiguous; else a JSON string of it."""
    plain = text.isprintable() and text.strip() == text and text != "" and not text.startswith('"')
    return text if plain else json.dumps(text)


def unquote(text: str | None) -> str:
    """What `quote` was given.

    Raises:
        ValueError: it is neither.
    """
    if text is None:
        raise ValueError("a value is missing")
    if not text.startswith('"'):
        return text
    value = json.loads(text)
    if not isinstance(value, str):
        raise ValueError(f"{text} is no string")
    return value


def render_outline(nodes: list[Node], depth: int) -> list[str]:
    lines = []
    for node in nodes:
        if node.key == "-":
            lines.append(f"{INDENT * depth}- {node.value}")
        else:
            lines.append(f"{INDENT * depth}{node.key}:" + ("" if node.value is None else f" {node.value}"))
        lines += render_outline(node.children, depth + 1)
    return lines


def parse_outline(text: str, depth: int) -> list[Node]:
    """The nodes of a text whose outermost lines are indented `depth` times.

    Raises:
        ValueError: a line is no `key: value`, or is nested too deep.
    """
    root = Node("")
    stack = [root]
    for line in text.split("\n"):
        if not line.strip():
            continue
        level = (len(line) - len(line.lstrip(" "))) // len(INDENT) - depth
        if not 0 <= level < len(stack):
            raise ValueError(f"the line {line.strip()!r} is indented wrongly")
        node = _parse_line(line.strip(" "))
        del stack[level + 1 :]
        stack[level].children.append(node)
        stack.append(node)
    return root.children


def _parse_line(line: str) -> Node:
    if line.startswith("- "):
        return Node("-", line[2:])
    key, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"the line {line!r} has no key")
    return Node(key, value[1:] if value else None)
