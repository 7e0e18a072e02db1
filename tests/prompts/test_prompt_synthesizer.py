"""What prompts say, what they never say, and that they say it the same way twice."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest
from prompt_builders import case, lifted, one

from lift_sys.data_synthesis.leaks import leaks_body
from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS, PromptSynthesizer
from lift_sys.data_synthesis.visible import choose_visible
from lift_sys.ir.models import Assertion, Provenance
from lift_sys.records import MutantEvidence, MutationEvidence

CLAMP = '''
    def clamp(value: float, low: float, high: float = 1.0) -> float:
        """Limit a value to a range.

        Args:
            value: The value to limit.
            low: The smallest result.
            high: The largest result.

        Raises:
            ValueError: If low is greater than high.
        """
        if low > high:
            raise ValueError("the range is upside down")
        return max(low, min(value, high))
'''

# Twenty functions at the edges of what a signature can be; `signature` must stand in request and specification.
EDGES = {
    "no parameters": ("def answer():\n    return 42\n", "answer()"),
    "star args": ("def total(*values):\n    return sum(values)\n", "total(*values)"),
    "kwargs": ("def merge(**options):\n    return dict(options)\n", "merge(**options)"),
    "both": ("def call_all(*args, **kwargs):\n    return args, kwargs\n", "call_all(*args, **kwargs)"),
    "keyword only": ("def cut(text, *, width):\n    return text[:width]\n", "cut(text, *, width)"),
    "keyword only default": ("def cut(text, *, width=3):\n    return text[:width]\n", "cut(text, *, width=3)"),
    "positional only": ("def add_one(n, /):\n    return n + 1\n", "add_one(n, /)"),
    "all kinds": ("def mix(a, /, b, *c, d, e=1, **f):\n    return a\n", "mix(a, /, b, *c, d, e=1, **f)"),
    "string default": ("def join_with(parts, sep=', '):\n    return sep.join(parts)\n", "join_with(parts, sep=', ')"),
    "constant default": ("SEP = ';'\ndef join_all(parts, sep=SEP):\n    return sep\n", "join_all(parts, sep=';')"),
    "sentinel default": (
        "MISSING = object()\ndef fetch(d, k, default=MISSING):\n    return d[k]\n",
        "fetch(d, k, default=MISSING)",
    ),
    "lambda default": ("def apply_key(x, key=lambda v: v):\n    return key(x)\n", "apply_key(x, key=lambda v: v)"),
    "annotated": ("def double(n: int) -> int:\n    return n * 2\n", "double(n: int) -> int"),
    "typing": (
        "from typing import Optional\ndef first(xs: Optional[list]) -> Optional[int]:\n    return xs[0]\n",
        "first(xs: Optional[list]) -> Optional[int]",
    ),
    "ellipsis": (
        'def pair(x: int) -> tuple[int, ...]:\n    """Pair up x..."""\n    return (x, x)\n',
        "pair(x: int) -> tuple[int, ...]",
    ),
    "unknown annotation": ("def show(node: Node) -> Tree:\n    return node\n", "show(node)"),
    "string annotation": ("def show(node: 'Node') -> str:\n    return str(node)\n", "show(node) -> str"),
    "async": ("async def pull(url):\n    return url\n", "pull(url)"),
    "generator": ("def count_up(n):\n    while True:\n        yield n\n        n += 1\n", "count_up(n)"),
    "method": ("class Box:\n    def put(self, thing):\n        self.t = thing\n", "put(self, thing)"),
    "unicode names": ("def länge(größe):\n    return len(größe)\n", "länge(größe)"),
    "one letter": ("def f(x):\n    return x\n", "f(x)"),
    "long signature": (
        "def configure_everything_at_once(first_option=1, second_option=2, third_option=3, fourth_option=4):\n"
        "    return first_option\n",
        "configure_everything_at_once(first_option=1, second_option=2, third_option=3, fourth_option=4)",
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_edge_functions_get_their_signature_in_every_register(name: str) -> None:
    code, signature = EDGES[name]
    function, ir = one(code)
    prompts = PromptSynthesizer().synthesize(function, ir).prompts
    assert set(prompts) == set(REGISTERS)
    assert f"`{signature}`" in prompts["request"]
    definition = ast.parse(prompts["stub"]).body[-1]
    assert isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef))
    assert definition.name == function.name
    for text in prompts.values():
        for parameter in ir.signature.parameters:
            assert parameter.name in text
        assert leaks_body(text, function) == []


@pytest.mark.parametrize("name", sorted(set(EDGES) - {"method"}))
def test_stubs_run_as_they_are(name: str) -> None:
    function, ir = one(EDGES[name][0])
    namespace: dict[str, object] = {}
    exec(PromptSynthesizer().synthesize(function, ir).prompts["stub"], namespace)
    assert callable(namespace[function.name])


def test_a_full_specification_reads_like_this() -> None:
    function, ir = one(CLAMP)
    tests = [case(2.0, 0.0, gives=1.0), case(0.5, 2.0, 1.0, raises="ValueError")]
    text = PromptSynthesizer(seed=3).synthesize(function, ir, tests).prompts["specification"]
    assert "    def clamp(value: float, low: float, high: float=1.0) -> float" in text
    assert "Limit a value to a range." in text
    assert "- `high` (float, default `1.0`): The largest result." in text
    assert "- `ValueError`: if low is greater than high." in text
    assert ">>> clamp(2.0, 0.0)\n1.0" in text
    assert ">>> clamp(0.5, 2.0, 1.0)\nTraceback (most recent call last):\n    ...\nValueError" in text


def test_hidden_tests_are_never_shown() -> None:
    function, ir = one(CLAMP)
    tests = [case(2.0, 0.0, gives=1.0), case(123.25, 77.5, 99.75, gives=99.75, visible=False)]
    for text in PromptSynthesizer().synthesize(function, ir, tests).prompts.values():
        assert "clamp(2.0, 0.0)" in text
        assert "123.25" not in text
        assert "99.75" not in text


def test_documented_examples_are_not_shown_once_tests_are_split() -> None:
    function, ir = one('def inc(n):\n    """Add one.\n\n    >>> inc(41)\n    42\n    """\n    return n + 1\n')
    synthesizer = PromptSynthesizer()
    assert "inc(41)" in synthesizer.synthesize(function, ir).prompts["stub"]
    hidden = [case(41, gives=42, visible=False, oracle="doctest"), case(1, gives=2)]
    for text in synthesizer.synthesize(function, ir, hidden).prompts.values():
        assert "inc(41)" not in text


def test_no_value_is_cut_short() -> None:
    function, ir = one('def rep(s):\n    """Repeat a string."""\n    return s * 2\n')
    tests = [case("x" * 5000, gives="x" * 10000), case("ab", gives="abab")]
    for text in PromptSynthesizer().synthesize(function, ir, tests).prompts.values():
        assert "abab" in text
        assert "xxx" not in text


@pytest.mark.parametrize(
    ("code", "tests", "level"),
    [
        ('def a(x):\n    """Add one to x."""\n    return x\n', [], "docstring"),
        ("def a(x):\n    # Numbers below zero count as zero.\n    return max(x, 0)\n", [], "comments"),
        ('def a(x):\n    """:param x: What to add to."""\n    return x\n', [], "comments"),
        ("def a(x):\n    return x\n", [case(1, gives=1, oracle="recorded")], "calls"),
        ("def split_lines(x):\n    return x\n", [case(1, gives=1)], "names"),
        ("def a(x):\n    return x\n", [case(1, gives=1)], "observed"),
    ],
)
def test_the_level_says_what_the_prompt_rests_on(code: str, tests: list, level: str) -> None:
    function, ir = one(code)
    assert PromptSynthesizer().synthesize(function, ir, tests).level == level


def test_the_same_seed_gives_the_same_prompts_and_seeds_differ() -> None:
    pairs = lifted("\n".join(f'def f{i}(x):\n    """Add {i} to x."""\n    return x + {i}\n' for i in range(12)))
    first = [PromptSynthesizer(1).synthesize(*pair).prompts for pair in pairs]
    assert first == [PromptSynthesizer(1).synthesize(*pair).prompts for pair in pairs]
    assert first != [PromptSynthesizer(2).synthesize(*pair).prompts for pair in pairs]
    assert len({prompts["request"].split("`")[0] for prompts in first}) > 1, "wordings vary between functions"


LEAKY = '''
    def tax(income, rate):
        """Compute the tax."""
        base = max(income - 11_000, 0) * rate
        if rate > 1:
            raise ValueError("a rate above one makes no sense")
        return round(base / 100 + 17, 2)
'''


@pytest.mark.parametrize(
    "added",
    [
        "It is round(base / 100 + 17, 2).",
        "It is `round( base/100+17, 2 )`.",
        "base = max(income - 11000, 0) * rate",
        "Say 'a rate above one makes no sense' then.",
        "First take max(income - 11000, 0) of it",
    ],
)
def test_the_leak_check_finds_fragments_of_the_body(added: str) -> None:
    function, _ = one(LEAKY)
    assert leaks_body("Write `tax(income, rate)`. Compute the tax.", function) == []
    assert leaks_body(f"Write `tax(income, rate)`. {added}", function)


def test_an_assertion_that_restates_the_body_is_left_out() -> None:
    function, ir = one(LEAKY)
    restated = Assertion(
        kind="postcondition",
        predicate="result == round(base / 100 + 17, 2)",
        provenance=Provenance(source="observed", observed_calls=9),
    )
    ir = ir.model_copy(update={"assertions": (*ir.assertions, restated)})
    for text in PromptSynthesizer().synthesize(function, ir).prompts.values():
        assert leaks_body(text, function) == []
        assert "17" not in text


def test_guards_become_words() -> None:
    function, ir = one(
        'def root(n):\n    """Take the root."""\n    if n < 0:\n        raise ValueError("no")\n    return n\n'
    )
    text = PromptSynthesizer().synthesize(function, ir).prompts["specification"]
    assert "- `ValueError`: if `n` is negative." in text
    assert "n < 0" not in text


def test_quotes_and_backslashes_survive_the_stub() -> None:
    function, ir = one('def q(s):\n    """Quote a string."""\n    return s\n')
    for value in ('"""', "'''", "\\", '"', "a\\'b", '\\"""', "\n\\", "\"\"\"'''"):
        stub = PromptSynthesizer().synthesize(function, ir, [case(value, gives=value)]).prompts["stub"]
        docstring = ast.get_docstring(ast.parse(stub).body[0])  # type: ignore[arg-type]
        assert docstring is not None
        assert f">>> q({value!r})\n{value!r}" in docstring


def test_telling_tests_are_made_visible_and_never_more_than_half() -> None:
    tests = [case("", gives="", visible=False), case("x", gives="x"), case("ab cd", gives="Ab Cd", visible=False)]
    tests += [case("ef gh", gives="Ef Gh", visible=False), case(1, raises="TypeError"), case("q", gives="Q")]
    shown = [test for test in choose_visible(tests, 3) if test.visible]
    assert len(shown) == 3
    assert {test.args[0] for test in shown} >= {"ab cd", "ef gh"}
    assert sum(test.visible for test in choose_visible(tests[:3], 3)) == 1


STDLIB = ("textwrap", "shlex", "statistics", "calendar", "fnmatch", "heapq", "string", "posixpath",
          "html/__init__", "json/decoder", "urllib/parse", "difflib", "ast", "csv", "colorsys", "copy", "gettext",
          "inspect")  # fmt: skip


@pytest.mark.parametrize("module", STDLIB)
def test_no_standard_library_function_leaks(module: str) -> None:
    text = Path(sysconfig.get_paths()["stdlib"], f"{module}.py").read_text(encoding="utf-8")
    for function, ir in lifted(text, sliced=False):
        for register, prompt in PromptSynthesizer().synthesize(function, ir).prompts.items():
            assert leaks_body(prompt, function) == [], (function.qualname, register)
            if register == "stub":
                ast.parse(prompt)


def test_tests_that_kill_other_mutants_are_made_visible_first() -> None:
    tests = [case(f"word {n}", gives=f"Word {n}") for n in range(6)]

    def mutant(*failing: int) -> MutantEvidence:
        return MutantEvidence(operator="o", line=1, before="a", after="b", failing=failing)

    mutants = (mutant(4), mutant(4), mutant(5), *[mutant(0, 4)] * 3)
    chosen = choose_visible(tests, 2, MutationEvidence(mutants=mutants))
    assert [index for index, test in enumerate(chosen) if test.visible] == [4, 5]


@pytest.mark.parametrize(
    "summary", ["cut('a b') -> b'a'.", "_cut(u'a b') --> 'a'", "cut('a b') --> ['a', 'b']", "cut('a') -> {'a': 1}"]
)
def test_an_example_call_is_no_summary(summary: str) -> None:
    function, ir = one(f'def _cut(s):\n    """{summary}"""\n    return s[:1]\n')
    for prompt in PromptSynthesizer().synthesize(function, ir, [case("xyz", gives="x")]).prompts.values():
        assert "->" not in prompt
        assert "a b" not in prompt
