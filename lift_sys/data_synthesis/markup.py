"""Documentation markup to plain English: what a reader without the project's docs can use, and nothing else.

`clean` takes reST, epytext and HTML markup off a text, and drops what points outside of it: issue trackers, other
documentation, authors, versions, other functions of the project, and sentences that refer to text that isn't there.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator

_ROLE = re.compile(r":(?:[a-z]+:)?[a-z]+:`([^`<]*?)(?:\s*<[^`>]*>)?`")
_LINK = re.compile(r"`([^`<]+?)\s*<[^`>\s]+>`_{1,2}")
_REFERENCE = re.compile(r"`([^`]+)`_{1,2}(?!\w)")
_FOOTNOTE = re.compile(r"\s*\[(?:#?\w{0,12}|\d+)\]_")
_TRIPLE_TICKS = re.compile(r"(?<!`)```(?!`)(?:(?:python|py|pycon|console|json|text)\s)?\s*([^`\n]+?)\s*```(?!`)")
_DOUBLE_TICKS = re.compile(r"``(.+?)``", re.S)
_SINGLE_QUOTED = re.compile(r"(?<![`\w])`([\w.]+)'(?!\w)")
_EMPHASIS = re.compile(r"(?<![\w*`'\"(=])\*{1,2}([A-Za-z_][\w.\[\]]*(?: [A-Za-z_][\w.]*){0,4})\*{1,2}(?![\w*])")
_PARENTHESISED = re.compile(r"(?<=\()\*{1,2}([A-Za-z_]\w*)\*{1,2}(?=\))")
_EPYTEXT = re.compile(r"\b([CLIBMUXG])\{((?:[^{}]|\{[^{}]*\})*)\}")
_TAG = re.compile(r"</?(?:p|br|b|i|em|strong|ul|ol|li|tt|h[1-6]|div|span|blockquote|hr|u|sub|sup)\s*/?>", re.I)
_SUPERSCRIPT = re.compile(r"\s*<sup>\s*([^<]+?)\s*</sup>", re.I)
_CODE_TAG = re.compile(r"<(code|pre|tt|kbd)>(.*?)</\1>", re.I | re.S)
_ANCHOR = re.compile(r"<a\s[^>]*>(.*?)</a>", re.I | re.S)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|nbsp|#\d+|apos);")
_ISSUE = re.compile(
    r"\s*[(\[](?:see |cf\.? |issue |bug |gh-?|bpo-?|#|pr |ticket )[^()\[\]]{0,12}\d+[^()\[\]]{0,20}[)\]]", re.I
)

_DROPPED_DIRECTIVES = {
    "versionadded", "versionchanged", "versionremoved", "deprecated", "deprecated-removed", "seealso", "todo", "math",
    "code", "code-block", "sourcecode", "figure", "image", "plot", "index", "rubric", "testcode", "testoutput",
    "testsetup", "doctest", "ipython", "include", "literalinclude", "toctree", "autofunction", "autoclass",
    "automethod", "automodule", "currentmodule", "module", "function", "method", "bibliography", "footbibliography",
    "only", "raw", "availability", "audit-event", "jupyter-execute", "minigallery", "csv-table", "list-table",
    "parsed-literal", "exec", "program-output",
}  # fmt: skip
_DIRECTIVE = re.compile(r"^(\s*)\.\.\s+(?:([A-Za-z][\w:.-]*)::(.*)|(\[[^\]]+\].*|_.*|\|.*))$")
_CREDIT = re.compile(
    r"^\W{0,3}(?:authors?|copyright|\(c\)|©|licen[cs]ed?|version|revision|maintainers?|contact|created(?: on| by)?"
    r"|modified(?: on| by)?|last (?:modified|updated|change)|contributed by|written by|adapted from|based on code"
    r"|taken from|stolen from|borrowed from|ported from|source|spdx[\w-]*|date|since"
    r"|changelog)\b\s*(?:[:©(]|by\b|\d|from\b|on\b)"
    r"|^\W{0,3}(?:todo|fixme|xxx|hack|nb\b.{0,3}$|note to self|noqa|pylint|type:\s*ignore|pragma)\b",
    re.I,
)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")
_URL = re.compile(r"<?\b(?:https?|ftp)://[^\s>)\]`'\"]+>?", re.I)
_TRACKER = re.compile(
    r"(?:/issues?/|/pull/|bugs\.|/bugs?/|/ticket|bugzilla|stackoverflow|/questions/|/wiki/|gist\.)", re.I
)
_CITES = re.compile(
    r"\b(?:see|cf|based on|from|taken|reference|references|source|documentation|docs|more (?:info\w*|details?)"
    r"|details|described|defined|explained|per|according|specified|specification|read|visit|link|algorithm|adapted"
    r"|credit|thanks|courtesy|inspired|ported|found|available|at)\b|^\W*$",
    re.I,
)
DANGLING = re.compile(
    r"^(?:see|cf\.?|refer to|please (?:see|refer)|also see|see also|for (?:more|further|full|additional|usage|other"
    r"|an?|the|details?|examples?)[^,]{0,40},? (?:see|refer)|compare(?: with)?:?|more (?:info\w*|details?)"
    r"|consult|check|look at|read)\b(?!\s+(?:if|whether|that|for|the (?:value|file|argument|input|string|list)\b))"
    r"|\bsee (?:above|below|also|the (?:docs?\b|documentation|manual|module|class|source|notes?|examples?|section))"
    r"|\b(?:see|refer to) `?[\w.]+`?(?:\(\))? (?:for|documentation|docs|docstring)"
    r"|\b(?:module|class|parent|base|superclass)(?:'s)? (?:docs?|documentation|docstring)\b"
    r"|\b(?:as|like|the|listed|described|mentioned|given|shown|defined) (?:above|below)\b(?! (?:the|a|an|zero|\d))"
    r"|\b(?:above|below|following|previous|next) (?:example|examples|section|table|figure|code|snippet|note)s?\b"
    r"|\bexamples?\s*(?:are |is )?below\b|\b(?:pep|rfc) ?\d+ for\b"
    r"|\b(?:new in|added in|changed in|deprecated (?:since|in)|available since|since)"
    r" (?:version|python|release) ?v?\d"
    r"|\b(?:issue|bug|ticket|bpo|gh|pr)[ -]?#?\d{2,}\b|(?<!\w)#\d{3,}\b"
    r"|\b(?:i|we) (?:don't know|should|need to|wonder|hope|think|believe|hate|could probably)\b"
    r"|\b(?:todo|fixme|xxx)\b",
    re.I,
)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bcf\.)(?<!\betc\.)(?<!\bvs\.)(?<!\bresp\.)[)\"']?\s+"
    r"(?=[A-Z`*\"'(\[\d])"
)
_LEAD_IN = re.compile(
    r"(?:^|(?<=[.!?]\s))[^.!?]*\b(?:for example|for instance|examples?|e\.g\.?|usage|like so|like this|as follows"
    r"|for ex|such as|sample|demo|doctest\w*|consider|try|yields|gives|produces)\b[^.!?]{0,60}:{1,2}\s*$",
    re.I,
)


def clean(text: str) -> str:
    """Several paragraphs, plain; lists keep their lines, other paragraphs are one line each."""
    lines = _without_directives(_tags(text).expandtabs().split("\n"))
    paragraphs = []
    for paragraph in _paragraphs(lines):
        done = _clean_paragraph(paragraph)
        if done:
            paragraphs.append(done)
    return "\n\n".join(paragraphs)


def clean_line(text: str) -> str:
    """The same for a description: one line."""
    return re.sub(r"\s+", " ", clean(text)).strip()


def sentences(text: str) -> list[str]:
    """The sentences of a one-line text."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def _tags(text: str) -> str:
    text = _CODE_TAG.sub(lambda found: f"`{found[2].strip()}`", text)
    text = _SUPERSCRIPT.sub(r"**\1", text)
    text = _TAG.sub(" ", _ANCHOR.sub(r"\1", text))
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def _without_directives(lines: list[str]) -> list[str]:
    """Directives gone with their content; admonitions (note, warning) keep their text."""
    kept: list[str] = []
    position = 0
    while position < len(lines):
        found = _DIRECTIVE.match(lines[position])
        if not found:
            kept.append(lines[position])
            position += 1
            continue
        indent, name, first = len(found[1]), (found[2] or "").lower(), (found[3] or "").strip()
        end = position + 1
        while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
            end += 1
        if name and name not in _DROPPED_DIRECTIVES and ":" not in name:
            body = textwrap.dedent("\n".join(lines[position + 1 : end])).split("\n")
            kept.extend(["", first, *(line for line in body if not re.match(r"\s*:\w+:", line)), ""])
        else:
            kept.append("")
        position = end
    return kept


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """Groups of lines that belong together; a literal block (after `::`, or indented code) is left out."""
    group: list[str] = []
    literal_below: int | None = None
    for line in [*lines, ""]:
        if literal_below is not None:
            if not line.strip() or _indent(line) > literal_below:
                continue
            literal_below = None
        if line.strip():
            group.append(line.rstrip())
            continue
        if group:
            if group[-1].endswith("::"):
                literal_below = _indent(group[-1])
            yield group
        group = []


_BULLET = re.compile(r"^\s*(?:[-*+•]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+\S")
_COLUMNS = re.compile(r"[^\s.!?:] {2,}\S")
_RULE = re.compile(r"^\s*[-=~^*#_+|. ]{3,}$")


def _clean_paragraph(lines: list[str]) -> str:
    lines = [line for line in lines if not _RULE.match(line) and not _CREDIT.search(line)]
    if not lines or _looks_like_code(lines):
        return ""
    if any(_BULLET.match(line) for line in lines):
        return _clean_list(lines)
    if sum(bool(_COLUMNS.search(line)) for line in lines) * 2 > len(lines) > 1:
        return textwrap.dedent("\n".join(lines))  # a table keeps its lines
    text = re.sub(r"\s+", " ", " ".join(line.strip() for line in lines))
    text = _inline(text)
    return _tidy(" ".join(part for part in _kept_sentences(text)))


def _clean_list(lines: list[str]) -> str:
    items: list[list[str]] = []
    for line in lines:
        if _BULLET.match(line) or not items:
            items.append([line.strip()])
        else:
            items[-1].append(line.strip())
    done = [_inline(re.sub(r"\s+", " ", " ".join(item))) for item in items]
    done = [" ".join(_kept_sentences(item)) for item in done]
    done = [re.sub(r"^[*+•]\s", "- ", item) for item in done if re.search(r"\w", item)]
    return "\n".join(item if item.startswith("- ") else _tidy(item) for item in done)


def _looks_like_code(lines: list[str]) -> bool:
    """Whether an indented paragraph is a program text or a drawing rather than prose."""
    if not all(line.startswith(("    ", "\t")) for line in lines):
        return False
    text = " ".join(lines)
    return len(re.findall(r"[=(){}\[\]<>|;_]|\bdef\b|\bimport\b|->", text)) * 12 > len(text)


def _inline(text: str) -> str:
    text = _ROLE.sub(lambda found: f"`{_target(found[1])}`", text)
    text = _LINK.sub(r"\1", text)
    text = _REFERENCE.sub(r"\1", text)
    text = _FOOTNOTE.sub("", text)
    text = _TRIPLE_TICKS.sub(r"`\1`", text)
    text = _DOUBLE_TICKS.sub(lambda found: f"`{found[1].strip()}`", text)
    text = _SINGLE_QUOTED.sub(r"`\1`", text)
    text = _EMPHASIS.sub(_emphasised, text)
    text = _PARENTHESISED.sub(r"\1", text)
    text = _EPYTEXT.sub(_epytext, text)
    text = _ISSUE.sub("", text)
    return text.replace("\\*", "*").replace("\\_", "_").replace("\\`", "`")


def _emphasised(found: re.Match[str]) -> str:
    # One emphasised word is a parameter by the standard library's habit; several are only stressed.
    return found[1] if " " in found[1] else f"`{found[1]}`"


def _target(text: str) -> str:
    text = text.strip()
    return text.lstrip("!").split(".")[-1].lstrip("~") if text.startswith(("~", "!", ".")) else text


def _epytext(found: re.Match[str]) -> str:
    text = re.sub(r"\s*<[^>]*>$", "", found[2])
    return f"`{text}`" if found[1] in "CL" else text


def _kept_sentences(text: str) -> Iterator[str]:
    for sentence in sentences(text):
        sentence = re.sub(r"\s*\((?:see|cf\.?)\b[^()]*(?:\([^()]*\)[^()]*)*\)", "", sentence, flags=re.I)
        url = _URL.search(sentence)
        if url and (_TRACKER.search(url[0]) or _CITES.search(sentence[: url.start()])):
            sentence = re.sub(rf"\s*\([^()]*{re.escape(url[0])}[^()]*\)", "", sentence)
            if _URL.search(sentence):
                continue
        if _MAIL.search(sentence) and not re.search(r"['\"`][^'\"`]*@", sentence):
            continue
        if DANGLING.search(sentence) or _CREDIT.search(sentence):
            continue
        yield sentence


def _tidy(text: str) -> str:
    text = _LEAD_IN.sub("", text).strip()
    text = re.sub(r"\s+([,.;:!?])(?=\s|$)", r"\1", re.sub(r"\(\s*\)", "", text))
    text = re.sub(r"::$", ":", text)
    text = re.sub(r":$", ".", text) if not re.search(r"\n", text) else text
    return re.sub(r"[ \t]+", " ", text).strip()
