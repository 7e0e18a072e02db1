"""English for prompts: what mood a summary is in, what a name says, and predicates put in words."""

from __future__ import annotations

import ast
import re
from typing import Literal

Mood = Literal["imperative", "indicative", "truth", "noun"]


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS = word_set(
    """
    accept accumulate acquire add adjust advance aggregate align allocate allow analyze analyse append
    apply assert assign attach authenticate average bind block bound break broadcast build bump cache
    calculate call canonicalize capitalize cast center change check choose chop clamp classify clean
    cleanup clear clip clone close coerce collapse collect combine compact compare compile complete
    compose compress compute concatenate configure connect consume construct contain convert copy count
    create crop cut decode decompose decompress decorate deduplicate deduce deepcopy define delete
    demangle denormalize derive describe deserialize detect determine difference disable discard
    discover display distribute divide do download drop dump duplicate emit enable encode encrypt ensure
    enumerate escape estimate evaluate exclude execute exit expand explode export expose extend extract
    factor factorize fetch fill filter find finish fire fit fix flatten flip fold force format forward
    fuse gather generate get give go grab group guess handle hash highlight identify ignore implement
    import include increment indent index infer inflate initialize inject insert inspect install
    interleave interpolate interpret intersect intersperse invert invoke issue iterate join keep label
    launch leave limit linearize list load locate lock log look lookup lower make mangle map mark mask
    match mean measure merge minimize modify move multiply mutate negate nest normalize notify obtain
    offset omit open order output override overwrite pack pad parse partition pass patch perform permute
    pick pluck pop populate post prefix prepare prepend preprocess pretty-print prevent print process
    produce project prune pull push put query quote raise randomize rank read rearrange rebuild receive
    recompute reconstruct record recover reduce refresh register release reload remap remove rename
    render reorder repeat replace report represent request require reset reshape resize resolve restore
    restrict retain retrieve retry return reverse rewrite roll rotate round run safely sample sanitize
    save scale scan schedule search seek select send separate serialize set shift shorten show shrink
    shuffle simplify simulate skip slice slugify smooth snap sort specify split squash squeeze stack
    start step stop store stream strip submit substitute subtract sum summarize swap switch synchronize
    take tell test throw tokenize transform translate transpose traverse trim truncate try turn unescape
    unflatten unify union uniquify unpack unquote unwrap unzip update upgrade upload uppercase use
    validate verify visit wait walk warn widen work wrap write yield zip
    """
)
_DETERMINERS = word_set("the a an all each every any this that these its one two given some")
_SMALL = word_set("to from by with in of for as and or on at into is not if than then per via")


def third_to_base(word: str) -> str | None:
    """`splits` -> `split`; None when the word is no known verb in the third person."""
    for base in (word[:-1], word[:-2], word[:-3] + "y"):
        if word.endswith("s") and base in _VERBS and word not in _VERBS:
            return base
    return None


def mood(sentence: str) -> Mood:
    """How a summary speaks: `Return x`, `Returns x`, `True if x`, or anything else."""
    words = re.findall(r"[A-Za-z-]+", sentence[:200].lower())
    if not words or not sentence[0].isalpha():
        return "noun"
    first, second = words[0], words[1] if len(words) > 1 else ""
    if re.match(r"(?:true|false|whether)\b", first) and second != "value":
        return "truth"
    if first in _VERBS and not re.match(r"\w+\s*(?:[:,]|\bof\b|-)", sentence):
        return "imperative"
    if third_to_base(first):
        return "indicative"
    if second in _DETERMINERS and first not in _SMALL | _DETERMINERS and len(first) > 3:
        if first.endswith(("ing", "ed", "ly", "when", "where", "while", "like", "only", "with", "ion")):
            return "noun"
        return "indicative" if first.endswith("s") and not first.endswith("ss") else "imperative"
    return "noun"


def lower_first(text: str) -> str:
    """The text with a small first letter, unless its first word is an acronym or a name."""
    first = re.match(r"[^\W\d_]+", text)
    if not first or first[0] in ("I", "True", "False", "None") or (not first[0][1:].islower() and len(first[0]) > 1):
        return text
    return text[0].lower() + text[1:]


def sentence(text: str) -> str:
    """The text with a capital first letter and an end mark."""
    text = text.strip().rstrip(",;")
    if not text:
        return ""
    text = text if text[0] in "`'\"" else text[0].upper() + text[1:]
    return text if text[-1] in ".!?:" or text[-2:] in ('."', ".)", ".'") else text + "."


def name_words(name: str) -> list[str]:
    """`parseISODate_2` -> parse, iso, date, 2."""
    parts = re.findall(r"[^\W\d_]+|\d+", name)
    words: list[str] = []
    for part in parts:
        words += re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z\W\d_]+|[A-Z]+|\d+|\w", part)
    return [word.lower() for word in words]


def is_informative(name: str) -> bool:
    """Whether a name says something: a verb, or two words of which one is longer than three letters."""
    words = [word for word in name_words(name) if word.isalpha()]
    if not words or words in (["run"], ["main"], ["do"], ["call"], ["get"], ["set"], ["test"], ["process"]):
        return False
    if (len(words) == 3 and words[1] == "to") or re.search(r"[a-z]2[a-z]", name):
        return True  # rgb_to_hls
    long_words = [word for word in words if len(word) > 3]
    return (words[0] in _VERBS and len(words[0]) > 2) or (len(words) >= 2 and bool(long_words)) or (len(words[0]) > 5)


def name_intent(name: str, parameters: tuple[str, ...]) -> str:
    """What the name of a function asks for, as words after "It should"."""
    words = name_words(name)
    subject = f"`{parameters[0]}`" if parameters else "the value"
    if words[0] in ("is", "has", "can", "should", "contains", "are", "was", "needs", "supports"):
        verb, rest = words[0], " ".join(words[1:])
        if rest:
            return f"tell whether {subject} {verb} {rest}"
    if (words[0] == "to" and len(words) > 1) or (len(words) == 2 and words[0] == "as"):
        return f"convert {subject} to {_article(words[1:])}"
    if "to" in words[1:-1] and words[0] not in _VERBS:
        at = words.index("to", 1)
        return f"convert {' '.join(words[:at])} to {' '.join(words[at + 1 :])}"
    if "2" in words[1:-1] and words[0] not in _VERBS:
        at = words.index("2", 1)
        return f"convert {' '.join(words[:at])} to {' '.join(words[at + 1 :])}"
    if words[0] in _VERBS:
        rest_words = words[1:]
        if not rest_words:
            return f"{words[0]} {subject}" if parameters else words[0]
        if rest_words[0] in _SMALL or (rest_words[0] in _VERBS and len(rest_words) > 2):
            return " ".join(words)
        if rest_words[-1] in _SMALL:
            return " ".join(words)
        return f"{words[0]} the {' '.join(rest_words)}"
    return f"give the {' '.join(words)}" + (f" of {subject}" if len(parameters) == 1 else "")


def _article(words: list[str]) -> str:
    text = " ".join(words)
    plural = words[-1].endswith("s") or words[-1] in ("json", "html", "xml", "snake", "case", "text", "ascii")
    return text if plural else f"{an(text)} {text}"


def an(word: str) -> str:
    return "an" if re.match(r"[`'\"]?[aeiou](?!ni|se|ne\b)", word.lower()) else "a"


def join(parts: list[str], last: str = "and") -> str:
    """a; a and b; a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


# --- predicates -----------------------------------------------------------------------------------------------

_TYPES = {
    "int": "an integer", "str": "a string", "float": "a float", "bool": "a boolean", "list": "a list",
    "dict": "a dict", "tuple": "a tuple", "set": "a set", "bytes": "bytes", "frozenset": "a frozenset",
    "complex": "a complex number", "NoneType": "`None`", "type(None)": "`None`",
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "equals",
    ast.NotEq: "differs from",
    ast.Lt: "is less than",
    ast.LtE: "is at most",
    ast.Gt: "is greater than",
    ast.GtE: "is at least",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "occurs in",
    ast.NotIn: "does not occur in",
}
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_TESTS = {
    "isdigit": "consists of digits", "isalpha": "consists of letters", "isalnum": "consists of letters and digits",
    "isupper": "is in upper case", "islower": "is in lower case", "isspace": "is whitespace",
    "isidentifier": "is a valid identifier", "isascii": "is ASCII", "is_integer": "is a whole number",
}  # fmt: skip


class _NoWordsError(Exception):
    """The predicate has no short wording."""


def predicate_words(predicate: str, *, never: frozenset[str] = frozenset()) -> str | None:
    """A predicate as an English clause, or None when it has no short one.

    `never` holds expressions (as `ast.dump` texts) that may not be put in words: those that the body returns.
    """
    try:
        tree = ast.parse(predicate.strip(), mode="eval").body
        return _clause(tree, never)
    except (SyntaxError, ValueError, RecursionError, MemoryError, _NoWordsError):
        return None


def _clause(node: ast.expr, never: frozenset[str], depth: int = 0) -> str:
    if ast.dump(node) in never or depth > 3:
        raise _NoWordsError
    if isinstance(node, ast.BoolOp):
        if isinstance(node.op, ast.Or) and len(node.values) == 2 and _is_not(node.values[0]):
            condition = _clause(node.values[0].operand, never, depth + 1)  # type: ignore[attr-defined]
            return f"if {condition}, {_clause(node.values[1], never, depth + 1)}"
        if isinstance(node.op, ast.Or) and len(node.values) == 2 and ast.unparse(node.values[0]) == "result is None":
            return f"unless the result is `None`, {_clause(node.values[1], never, depth + 1)}"
        parts = [_clause(value, never, depth + 1) for value in node.values]
        if len(parts) > 3 or any(" and " in part or " or " in part for part in parts):
            raise _NoWordsError
        return join(parts, "and" if isinstance(node.op, ast.And) else "or")
    if isinstance(node, ast.Compare):
        return _comparison(node, never)
    if isinstance(node, ast.Call):
        return _call_clause(node, never, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _negated(node.operand, never)
    if isinstance(node, ast.Name) and node.id != "result":
        return f"`{node.id}` is truthy"
    raise _NoWordsError


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _negated(node: ast.expr, never: frozenset[str]) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        return _call_clause(node, never, 0).replace(" is ", " is not ", 1)
    if isinstance(node, ast.Name):
        return f"`{node.id}` is falsy"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        return _comparison(ast.Compare(node.left, [_OPPOSITE[type(node.ops[0])]()], node.comparators), never)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _clause(node.operand, never, 1)
    if isinstance(node, ast.BoolOp):  # De Morgan
        opposite = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        values: list[ast.expr] = [ast.UnaryOp(ast.Not(), value) for value in node.values]
        return _clause(ast.BoolOp(opposite, values), never, 1)
    raise _NoWordsError


def _comparison(node: ast.Compare, never: frozenset[str]) -> str:
    operands, kinds = [node.left, *node.comparators], [type(op) for op in node.ops]
    if any(ast.dump(operand) in never for operand in operands):
        raise _NoWordsError
    if len(kinds) == 2:
        if not all(kind in (ast.Lt, ast.LtE) for kind in kinds):
            raise _NoWordsError
        low, middle, high = map(_phrase, operands)
        ends = {(True, True): " inclusive", (False, False): " exclusive"}.get(
            (kinds[0] is ast.LtE, kinds[1] is ast.LtE)
        )
        if ends is None:
            low_words = "at least" if kinds[0] is ast.LtE else "greater than"
            return f"{middle} is {low_words} {low} and {_COMPARISONS[kinds[1]][3:]} {high}"
        return f"{middle} is between {low} and {high}{ends}"
    if len(kinds) != 1:
        raise _NoWordsError
    left, right, kind = operands[0], operands[1], kinds[0]
    if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant) and kind in _FLIPPED:
        left, right, kind = right, left, _FLIPPED[kind]
    return _special(left, right, kind) or f"{_phrase(left)} {_COMPARISONS[kind]} {_phrase(right)}"


def _special(left: ast.expr, right: ast.expr, kind: type[ast.cmpop]) -> str | None:
    value = right.value if isinstance(right, ast.Constant) else ...
    if isinstance(left, ast.Call) and called(left) == "type" and isinstance(right, ast.Name):
        if kind in (ast.Is, ast.Eq):
            return f"{_phrase(left.args[0])} is {_type_words(right)}"
        return None
    if isinstance(left, ast.Call) and called(left) == "len" and len(left.args) == 1:
        thing = _phrase(left.args[0])
        if (kind, value) in ((ast.Eq, 0), (ast.LtE, 0), (ast.Lt, 1)):
            return f"{thing} is empty"
        if (kind, value) in ((ast.Gt, 0), (ast.NotEq, 0), (ast.GtE, 1)):
            return f"{thing} is not empty"
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value == 0:
        words = {ast.GtE: "is not negative", ast.Gt: "is positive", ast.Lt: "is negative", ast.NotEq: "is not zero"}
        return f"{_phrase(left)} {words[kind]}" if kind in words else None
    if kind in (ast.In, ast.NotIn) and isinstance(right, (ast.Set, ast.Tuple, ast.List)):
        if not all(isinstance(item, ast.Constant) for item in right.elts) or not 1 <= len(right.elts) <= 8:
            raise _NoWordsError
        values = sorted({_phrase(item) for item in right.elts})
        verb = "is" if kind is ast.In else "is not"
        return f"{_phrase(left)} {verb} {'one of ' if len(values) > 1 else ''}{join(values, 'or')}"
    return None


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _type_words(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple):
        return join([_type_words(item) for item in node.elts], "or")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{_type_words(node.left)} or {_type_words(node.right)}"
    name = ast.unparse(node)
    if not re.fullmatch(r"[\w.]+|type\(None\)", name):
        raise _NoWordsError
    short = name.rsplit(".", 1)[-1]
    return _TYPES.get(name) or f"{an(short)} `{short}`"


def _call_clause(node: ast.Call, never: frozenset[str], depth: int) -> str:
    name = called(node)
    if name == "isinstance" and len(node.args) == 2:
        return f"{_phrase(node.args[0])} is {_type_words(node.args[1])}"
    if name == "callable" and len(node.args) == 1:
        return f"{_phrase(node.args[0])} is callable"
    if name == "all" and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return _every(node.args[0], never, depth)
    if isinstance(node.func, ast.Attribute) and not node.keywords:
        owner = _phrase(node.func.value)
        if node.func.attr in _TESTS and not node.args:
            return f"{owner} {_TESTS[node.func.attr]}"
        if node.func.attr in ("startswith", "endswith") and len(node.args) == 1:
            verb = "starts with" if node.func.attr == "startswith" else "ends with"
            return f"{owner} {verb} {_phrase(node.args[0])}"
    raise _NoWordsError


def _every(node: ast.GeneratorExp, never: frozenset[str], depth: int) -> str:
    loop = node.generators[0]
    if len(node.generators) > 1 or loop.ifs or loop.is_async or not isinstance(loop.target, ast.Name):
        raise _NoWordsError
    clause = _clause(node.elt, never, depth + 1)
    item = f"`{loop.target.id}`"
    if clause.count(item) != 1 or not clause.startswith(item):
        raise _NoWordsError
    return f"every element of {_phrase(loop.iter)}{clause.removeprefix(item)}"


def _phrase(node: ast.expr) -> str:
    """A noun phrase for an expression that is simple enough to have one."""
    if isinstance(node, ast.Name):
        return "the result" if node.id == "result" else f"`{node.id}`"
    if isinstance(node, ast.Constant):
        text = repr(node.value)
        if len(text) > 40:
            raise _NoWordsError
        return text if isinstance(node.value, (int, float)) and not isinstance(node.value, bool) else f"`{text}`"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return f"-{_phrase(node.operand)}"
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        words = {
            "len": "the length of {}", "old": "the original {}", "abs": "the absolute value of {}",
            "min": "the smallest element of {}", "max": "the largest element of {}", "sum": "the sum of {}",
            "set": "the set of elements of {}", "sorted": "the sorted {}",
        }.get(called(node))  # fmt: skip
        if words:
            return words.format(_phrase(node.args[0]))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0:
        return f"the first element of {_phrase(node.value)}"
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "-1":
        return f"the last element of {_phrase(node.value)}"
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
        signs = {ast.Add: "plus", ast.Sub: "minus"}
        if type(node.op) in signs:
            return f"{_phrase(node.left)} {signs[type(node.op)]} {node.right.value}"
    raise _NoWordsError
