"""English for prompts: what mood a summary is in, and what a name says."""

from __future__ import annotations

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


def truth(purpose: str) -> str:
    """`True if x` -> `returns True if x`; `Whether x` -> `tells whether x`."""
    first, _, rest = purpose.partition(" ")
    if first.lower() == "whether":
        return f"tells whether {rest}"
    return f"returns `{first.strip('`,').capitalize()}` {rest}"
