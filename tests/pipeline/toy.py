"""A small project whose functions are each meant to end in one known way."""

from __future__ import annotations

import os
from pathlib import Path

MIT = """MIT License

Copyright (c) 2026 The Toy Authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

CORE = '''
"""Small functions."""
import random
import time

from .helpers import at_least

_seen = []


def clamp(value: int, low: int, high: int) -> int:
    """Limit value to the range from low to high.

    >>> clamp(5, 0, 3)
    3
    """
    if low > high:
        raise ValueError("low is above high")
    return min(at_least(value, low), high)


def vowels(text: str) -> int:
    """Count the vowels of text."""
    count = 0
    for letter in text.lower():
        if letter in "aeiou":
            count += 1
    return count


def pairs(items: list) -> list:
    """Neighbouring items as pairs."""
    return [(a, b) for a, b in zip(items, items[1:])]


def calls_so_far(number: int) -> int:
    """Number plus how often this was called."""
    _seen.append(number)
    return number + len(_seen)


def shuffled(words: str) -> list:
    """The different letters in no order."""
    return list({letter + "!" for letter in words})


def now_plus(seconds: int) -> float:
    """A moment from now."""
    return time.time() + seconds


def roll(sides: int) -> int:
    """Roll a die."""
    return random.randint(1, sides)


def always(value: int) -> int:
    """Always seven."""
    if value > 3:
        return 7
    return 7


def not_yet(value):
    """Do nothing."""
    pass


def fetch(url: str):
    """Get a page."""
    import somewhere_else

    return somewhere_else.get(url)


class Box:
    """A box."""

    def __init__(self, size: int) -> None:
        self.size = size

    def area(self) -> int:
        return self.size * self.size
'''

HELPERS = '''
def at_least(value, low):
    """The larger one."""
    if value < low:
        return low
    return value
'''

TESTS = """
from toy.core import clamp, vowels


def test_clamp():
    assert clamp(50, 1, 7) == 7
    assert clamp(-50, 1, 7) == 1


def test_vowels():
    assert vowels("Onomatopoeia") == 8
"""

FATES = {
    "clamp": "example",
    "vowels": "example",
    "pairs": "example",
    "at_least": "example",
    "calls_so_far": ("state_leaks", "nondeterministic", "flaky"),
    "shuffled": ("nondeterministic", "flaky"),
    "now_plus": ("effect",),
    "roll": ("effect",),
    "always": ("constant_result",),
    "not_yet": ("trivial",),
    "fetch": ("third_party_import",),
    "Box.__init__": ("method", "trivial"),
    "Box.area": "example",
    "test_clamp": ("test_code",),
    "test_vowels": ("test_code",),
}


def write_toy(folder: Path) -> Path:
    """Write the project below `folder` and return its root."""
    root = folder / "toy-project"
    for name, text in {
        "LICENSE": MIT,
        "pyproject.toml": '[project]\nname = "toy"\nversion = "1.0"\nlicense = "MIT"\n',
        "src/toy/__init__.py": "",
        "src/toy/core.py": CORE,
        "src/toy/helpers.py": HELPERS,
        "src/toy/broken.py": "def broken(:\n",
        "tests/test_core.py": TESTS,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_767_225_600, 1_767_225_600))  # a row tells the time of its source
    return root
