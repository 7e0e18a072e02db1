"""String operations: what is cut, joined, squeezed, masked and typed."""

from __future__ import annotations

from typing import Any

from lift_sys.testing.inputs import Inputs, integers, lists, mixed, one_of, sentences, text, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values


def _shortened(values: Values) -> dict[str, Any] | None:
    """Where `shorten_text` cuts, and how it says so."""
    room, place = values["limit"] - len(values["mark"]), values["place"]
    uneven = place.startswith("middle") and room % 2 == 1
    if place == "middle_late" and not uneven:
        return None
    more, less = ("after", "before") if place == "middle_late" else ("before", "after")
    share = {
        True: f", with one character more kept {more} it than {less} it",
        False: {
            "end": ", with nothing kept after it",
            "start": ", with nothing kept before it",
        }.get(place, ", with equally many characters kept before and after it"),
    }
    return {"kept": _kept(values, room), "too_long": _kept(values, values["limit"]), "share": share[uneven]}


def _kept(values: Values, room: int) -> str:
    head = {"end": room, "start": 0, "middle": room - room // 2, "middle_late": room // 2}[values["place"]]
    trim = values["spare"] == "dropped"
    before = f"$xs[:{head}]" + '.rstrip(" ")' * trim
    after = f"$xs[-{room - head}:]" + '.lstrip(" ")' * trim
    return " + ".join([before] * (head > 0) + [f'"{values["mark"]}"'] + [after] * (head < room))


_SHORTEN = Template(
    name="shorten_text",
    idea="make a text fit by leaving out its beginning, middle or end",
    space={
        "spare": {
            "kept": {
                "fits": "$xs",
                "then": "comes back unchanged",
                "size": "A shortened $thing has exactly $limit characters, `$mark` included$share.",
                "size_again": "`$mark` counts towards the $limit characters, all of which are used$share.",
            },
            "dropped": {
                "fits": "$xs",
                "then": "comes back unchanged, spaces and all",
                "size": "`$mark` and what is kept make $limit characters$share; after that, any spaces of the $thing "
                "that touch `$mark` are removed.",
                "size_again": "Cut so that exactly $limit characters remain, `$mark` included$share, and then remove "
                "whatever spaces stand right next to `$mark`.",
            },
            "right": {
                "fits": "$xs.ljust($limit)",
                "then": "gets spaces behind it, up to $limit characters",
                "size": "A shortened $thing has exactly $limit characters, `$mark` included$share.",
                "size_again": "`$mark` counts towards the $limit characters, all of which are used$share.",
            },
            "left": {
                "fits": "$xs.rjust($limit)",
                "then": "gets spaces in front of it, up to $limit characters",
                "size": "A shortened $thing has exactly $limit characters, `$mark` included$share.",
                "size_again": "`$mark` counts towards the $limit characters, all of which are used$share.",
            },
        },
        "mark": ("...", "~", "[..]", "--"),
        "place": {
            "end": {"part": "end", "where": "at the end"},
            "start": {"part": "beginning", "where": "at the beginning"},
            "middle": {"part": "middle", "where": "in the middle"},
            "middle_late": {"part": "middle", "where": "in the middle"},
        },
        "limit": range(8, 24),
    },
    surface={
        "what": {
            "label": {"xs": "label", "thing": "label"},
            "title": {"xs": "title", "thing": "title"},
            "caption": {"xs": "caption", "thing": "caption"},
            "headline": {"xs": "headline", "thing": "headline"},
            "note": {"xs": "note", "thing": "note"},
        },
        "name": ("shorten", "fit_text", "abbreviate", "clip_text", "squeeze_in"),
    },
    derive=_shortened,
    signature="($xs: str) -> str",
    wordings=(
        "Shorten `$xs` if it is longer than $limit characters: replace as much of its $part as necessary by `$mark`.",
        "A $thing may take up $limit characters. If `$xs` is longer, leave out characters $where and write `$mark` "
        "in their place.",
        "Make `$xs` fit into a field of $limit characters. Where it is too long for that, part of it gives way to "
        "`$mark` $where.",
        "Given `$xs`, return a text of at most $limit characters; if that is not enough for it, what must go is "
        "taken out $where, and `$mark` stands there instead.",
        "There is room for $limit characters. When `$xs` needs more, drop some of its characters $where and show "
        "`$mark` there.",
    ),
    details={
        "size": ("$size", "$size_again"),
        "short": (
            "A $thing of $limit characters or fewer $then.",
            "A $thing that has at most $limit characters $then.",
        ),
    },
    reference="""
        def $name($xs):
            if len($xs) <= $limit:
                return $fits
            return $kept
    """,
    second="""
        def $name($xs):
            surplus = len($xs) - $limit
            if surplus <= 0:
                blanks = " " * -surplus
                return {"right": $xs + blanks, "left": blanks + $xs}.get("$spare", $xs)
            room = $limit - len("$mark")
            shares = {"end": (room, 0), "start": (0, room)}
            larger, smaller = -(-room // 2), room // 2
            shares |= {"middle": (larger, smaller), "middle_late": (smaller, larger)}
            head, tail = shares["$place"]
            characters = list($xs)
            characters[head : len(characters) - tail] = ["$mark"]
            if "$spare" == "dropped":
                mark = head
                while mark and characters[mark - 1] == " ":
                    del characters[mark - 1]
                    mark -= 1
                while mark + 1 < len(characters) and characters[mark + 1] == " ":
                    del characters[mark + 1]
            return "".join(characters)
    """,
    misreadings=(
        Misreading(kind="order", says="size", choose="place"),
        Misreading(kind="bounds", says="short", swap=("<= $limit", "< $limit")),
        Misreading(kind="bounds", says="size", swap=("$kept", "$too_long")),
        Misreading(kind="spaces", says="short", choose="spare"),
    ),
    inputs=lambda values: (
        mixed(text("abcde   \t", values["limit"] - 3, values["limit"] + 9), sentences(2, 7)).plus(
            "", "a", "a" * values["limit"]
        ),
    ),
    properties=("len(result) <= $limit", "len($xs) <= $limit or '$mark' in result"),
    equivalents=(Equivalent('" " -> " "', "what is stripped is a set of characters"),),
)

_IDENTIFIER = Template(
    name="phrase_identifier",
    idea="a name in some style made of the words of a phrase",
    space={
        "side": {"first": {"cut": "[:$most]"}, "last": {"cut": "[-$most:]"}},
        "digits": {
            "in": {
                "characters": "[a-z0-9]",
                "runs": "letters and digits",
                "others": "all other characters only separate words",
            },
            "out": {
                "characters": "[a-z]",
                "runs": "letters",
                "others": "all other characters, digits too, only separate words",
            },
        },
        "short": {
            "all": {"least": 1, "length": "+", "counted": "However short, every word counts"},
            "one": {"least": 2, "length": "{2,}", "counted": "Words of a single character do not count"},
            "two": {"least": 3, "length": "{3,}", "counted": "Words of one or two characters do not count"},
            "three": {"least": 4, "length": "{4,}", "counted": "Words of up to three characters do not count"},
        },
        "style": {
            "kebab": {
                "joined": '"-".join(words)',
                "style_words": "in lower case with hyphens between them, as in `two-words`",
            },
            "snake": {
                "joined": '"_".join(words)',
                "style_words": "in lower case with underscores between them, as in `two_words`",
            },
            "dotted": {
                "joined": '".".join(words)',
                "style_words": "in lower case with full stops between them, as in `two.words`",
            },
            "screaming": {
                "joined": '"_".join(words).upper()',
                "style_words": "in upper case with underscores between them, as in `TWO_WORDS`",
            },
            "train": {
                "joined": '"-".join(word.capitalize() for word in words)',
                "style_words": "with hyphens between them and in lower case but for the first character of each "
                "word, as in `Two-Words`",
            },
            "pascal": {
                "joined": '"".join(word.capitalize() for word in words)',
                "style_words": "run together and in lower case but for the first character of each word, as in "
                "`TwoWords`",
            },
            "camel": {
                "joined": '"".join(words[:1] + [word.capitalize() for word in words[1:]])',
                "style_words": "run together and in lower case but for the first character of every word after the "
                "first, as in `twoWords`",
            },
        },
        "most": range(2, 7),
    },
    surface={
        "what": {
            "phrase": {"xs": "phrase", "thing": "variable"},
            "title": {"xs": "title", "thing": "page"},
            "heading": {"xs": "heading", "thing": "column"},
            "caption": {"xs": "caption", "thing": "file"},
            "label": {"xs": "label", "thing": "field"},
        },
        "name": ("identifier_from", "make_name", "name_of", "to_identifier", "short_name"),
    },
    signature="($xs: str) -> str",
    wordings=(
        "Make a name for a $thing out of `$xs`: take its words and write them $style_words.",
        "Return the words of `$xs`, written $style_words.",
        "Each $thing is named after its $xs. Its name consists of the words of `$xs`, $style_words.",
        "Somebody types `$xs` freely, and you turn it into the name of a $thing: its words, $style_words.",
    ),
    details={
        "word": (
            "A word is an unbroken run of $runs, and $others; `$xs` is plain ASCII.",
            "`$xs` is ASCII text; unbroken runs of $runs in it are words, and $others.",
        ),
        "short": ("$counted.",),
        "most": (
            "If more than $most words count, use only the $side $most.",
            "Of the words that count, at most $most are used, namely the $side ones.",
        ),
        "empty": ("If there is no word, the result is an empty string.", "Without any word, return an empty string."),
    },
    reference="""
        import re

        def $name($xs):
            words = re.findall(r"$characters$length", $xs.lower())$cut
            return $joined
    """,
    second="""
        def $name($xs):
            words, word = [], ""
            for char in $xs + " ":
                if ("a" <= char <= "z" or "A" <= char <= "Z") or ("$digits" == "in" and "0" <= char <= "9"):
                    word += char
                    continue
                if len(word) >= $least:
                    words.append(word)
                word = ""
            while len(words) > $most:
                words.pop(-1 if "$side" == "first" else 0)
            glue = {"kebab": "-", "train": "-", "dotted": ".", "snake": "_", "screaming": "_"}.get("$style", "")
            result = ""
            for place, word in enumerate(words):
                if place:
                    result += glue
                raised = "$style" in ("train", "pascal") or ("$style" == "camel" and place)
                if "$style" == "screaming":
                    result += word.upper()
                else:
                    result += (word[0].upper() if raised else word[0].lower()) + word[1:].lower()
            return result
    """,
    misreadings=(
        Misreading(kind="order", says="most", choose="side"),
        Misreading(kind="types", says="word", choose="digits"),
        Misreading(kind="bounds", says="short", choose="short"),
        Misreading(kind="case", says="$style_words", choose="style"),
    ),
    inputs=(
        mixed(
            sentences(0, 10, " ", "on", "a", "to", "of", "I", "B2", "4th", "Sea-Level", "Iron", "don't", "x", "TEA"),
            text("abAB1 -_  ", 0, 18),
        ).plus("3d view", "level road sea house Noon 24 table milk on the River"),
    ),
    properties=("len(result) <= len($xs)", "result == '' or result[-1].isalnum()"),
)


def _masking(values: Values) -> dict[str, Any] | None:
    """The replacement of a match, for `mask_numbers`; what stands between digits makes it longer."""
    last, keep, least = values["end"] == "last", values["keep"], values["least"]
    if keep == least - 1:
        return None  # a letter before the digits could be taken for one of them, and nothing would show it
    if values["inside"] == "nothing":
        stars = '"$mark" * (len(number) - $keep)'
        lines = [
            "number = match[0]",
            f"return {stars} + number[-$keep:]" if last else f"return number[:$keep] + {stars}",
        ]
    else:
        lines = [
            "number = match[0]",
            "places = [place for place, char in enumerate(number) if char in '0123456789']",
            f"hidden = places[{':-$keep' if last else '$keep:'}]",
            'return "".join("$mark" if place in hidden else char for place, char in enumerate(number))',
        ]
    return {
        "shown": f"{values['end']} digit" if keep == 1 else f"{values['end']} {keep} digits",
        "pattern": r"[0-9]{$least,}" if values["inside"] == "nothing" else rf"[0-9](?:$joint[0-9]){{{least - 1},}}",
        "more": rf"[0-9]{{{least + 1},}}" if values["inside"] == "nothing" else r"[0-9](?:$joint[0-9]){$least,}",
        "every": r"[0-9]+" if values["inside"] == "nothing" else r"[0-9](?:$joint[0-9])*",
        "joints_too": "" if values["inside"] == "nothing" else ", inside a number too,",
        "masked": "\n    ".join(["def masked(match):", *lines]),
    }


def _numbered(values: Values) -> Inputs:
    """Texts with numbers that have about as many digits as `mask_numbers` asks for."""
    least = values["least"]
    number = mixed(
        text("0123456789", least - 1, least + 2),
        text("0123456789", least - 1, least).map(lambda digits: "b" + digits),
    )
    part = mixed(
        number, text("0123456789", 1, 3), text("0123456789012- ", 3, least + 6), one_of("call", "b7", "no.", "\u0663")
    )
    joined = tuples(lists(part, 0, 4), one_of(" ", "-", ", ", "--", ""))
    return joined.map(lambda found: found[1].join(found[0])).plus(
        "", "1" * least, "1" * (least - 1) + "\u0663", "2" * (least - 1), "b" + "3" * (least - 1), "-1-"
    )


_MASK = Template(
    name="mask_numbers",
    idea="hide digits of the long numbers in a text",
    space={
        "inside": {
            "nothing": {"joint": "", "between": "", "is_number": "an unbroken run of the digits 0 to 9"},
            "hyphens": {
                "joint": "-?",
                "between": "-",
                "is_number": "a run of the digits 0 to 9 as long as possible, in which single hyphens may stand "
                "between digits",
            },
            "spaces": {
                "joint": " ?",
                "between": " ",
                "is_number": "a run of the digits 0 to 9 as long as possible, in which single spaces may stand "
                "between digits",
            },
            "both": {
                "joint": "[- ]?",
                "between": "- ",
                "is_number": "a run of the digits 0 to 9 as long as possible, in which a single space or a single "
                "hyphen may stand between two digits",
            },
        },
        "keep": range(1, 5),
        "least": range(5, 10),
        "mark": ("*", "#", "x"),
        "end": {"last": {"hide": "[:-$keep]"}, "first": {"hide": "[$keep:]"}},
    },
    surface={
        "what": {
            "message": {"xs": "message", "thing": "message"},
            "line": {"xs": "line", "thing": "line of a log"},
            "comment": {"xs": "comment", "thing": "comment"},
            "note": {"xs": "note", "thing": "note"},
        },
        "name": ("mask_numbers", "hide_digits", "redact", "conceal_numbers", "censor"),
    },
    derive=_masking,
    signature="($xs: str) -> str",
    wordings=(
        "Mask the long numbers in `$xs`: in every number of $least digits or more, replace all digits by `$mark` "
        "except the $shown.",
        "Return `$xs` with `$mark` in place of digits, wherever a number in it has at least $least of them; nothing "
        "but the $shown of such a number may be read.",
        "No $thing may show account numbers. Numbers with $least or more digits in `$xs` keep just their $shown, "
        "and each of their other digits becomes `$mark`.",
        "Before a $thing is stored, its numbers are made unreadable. If a number in `$xs` has $least digits or more, "
        "write `$mark` for each of its digits except the $shown.",
    ),
    details={
        "number": ("A number is $is_number.", "Here a number means $is_number."),
        "short": (
            "Numbers of fewer than $least digits are not touched.",
            "A number of fewer than $least digits stays readable.",
        ),
        "beside": (
            "It makes no difference what stands right before or after a number.",
            "Letters or other characters right next to a number change nothing.",
        ),
        "stays": ("Everything that is no digit$joints_too stays as it is.",),
    },
    reference="""
        import re

        def $name($xs):
            return re.sub(r"$pattern", masked, $xs)

        $masked
    """,
    second="""
        def $name($xs):
            digits = set("0123456789")
            result, place = list($xs), 0
            while place < len($xs):
                if $xs[place] not in digits:
                    place += 1
                    continue
                spots = [place]
                while True:
                    follows = $xs[spots[-1] + 1 : spots[-1] + 3]
                    if follows[:1] in digits:
                        spots.append(spots[-1] + 1)
                    elif follows[:1] in list("$between") and follows[1:] in digits:
                        spots.append(spots[-1] + 2)
                    else:
                        break
                place = spots[-1] + 1
                if len(spots) >= $least:
                    shown = set(spots[-$keep:] if "$end" == "last" else spots[:$keep])
                    for spot in spots:
                        if spot not in shown:
                            result[spot] = "$mark"
            return "".join(result)
    """,
    misreadings=(
        Misreading(kind="order", says="$end", choose="end"),
        Misreading(kind="scope", says="number", choose="inside"),
        Misreading(kind="types", says="number", swap=("[0-9]", r"\d")),
        Misreading(kind="bounds", says="short", swap=("$pattern", "$more")),
        Misreading(kind="scope", says="short", swap=("$pattern", "$every")),
    ),
    inputs=lambda values: (_numbered(values),),
    properties=("len(result) == len($xs)",),
    held_out=True,
)


_MEMBERS = {"any": "aA7 !", "letters": "aAbBx", "vowels": "aAuUb", "digits": "0079a", "symbols": "!?.-a"}


def _repetitive(values: Values) -> Inputs:
    """Texts made of runs, many of them about as long as the limit of `squeeze_runs`."""
    most = values["most"]
    kind = one_of(*_MEMBERS[values["members"]], *_MEMBERS[values["members"]], *"aA7! ")
    same = tuples(kind, integers(1, most + 4, most)).map(lambda pair: pair[0] * pair[1])
    either = mixed(text("aA", 1, most + 3), text("uU", 1, most + 3), text("Bb", 1, most + 2))
    return lists(mixed(same, same, either), 0, 4).map("".join)


def _squeezing(values: Values) -> dict[str, Any] | None:
    """Which runs `squeeze_runs` looks for; letter case only matters where letters do."""
    ignored, members = values["case"] == "ignored", values["members"]
    if ignored and members in ("digits", "symbols"):
        return None
    case = "`a` and `A` count as equal" if ignored else "`a` and `A` are different"
    others = {
        "any": f"Spaces are characters like any other, and {case}",
        "letters": f"Whatever is no letter stays, however often it is repeated; {case}",
        "vowels": f"Vowels are a, e, i, o and u, large or small; all else stays, however often repeated; {case}",
        "digits": "Whatever is no digit stays, however often it is repeated",
        "symbols": "The symbols are `!`, `?`, `.` and `-`; all else stays, however often it is repeated",
    }
    return {
        "others": others[members],
        "key": ", key=str.lower" if ignored else "",
        "first": "run[0]" if ignored else "char",
        "vowels": "aeiou" if ignored else "aeiouAEIOU",
    }


_SQUEEZE = Template(
    name="squeeze_runs",
    idea="shorten what is repeated too often in a row",
    space={
        "left": {
            "one": {"short": "$first", "only": "only the first is kept", "holds": "result[:1] == $xs[:1]"},
            "two": {"short": "run[:2]", "only": "only the first two are kept", "holds": "result[:1] == $xs[:1]"},
            "none": {"short": '""', "only": "nothing is kept", "holds": "set(result) <= set($xs)"},
            "count": {
                "short": 'f"{$first}({len(run)})"',
                "only": "only the first is kept, followed by the length of the run in parentheses",
                "holds": "result.count('(') <= len($xs) // ($most + 1) + $xs.count('(')",
            },
        },
        "most": range(3, 13),
        "case": ("ignored", "exact"),
        "members": {
            "any": {"thing": "character", "concerned": "len(run) > $most"},
            "letters": {"thing": "letter", "concerned": "len(run) > $most and char.isalpha()"},
            "vowels": {"thing": "vowel", "concerned": 'len(run) > $most and char in "$vowels"'},
            "digits": {"thing": "digit", "concerned": "len(run) > $most and char.isdigit()"},
            "symbols": {"thing": "symbol", "concerned": 'len(run) > $most and char in "!?.-"'},
        },
    },
    surface={
        "what": {
            "message": {"xs": "message"},
            "comment": {"xs": "comment"},
            "answer": {"xs": "answer"},
            "line": {"xs": "line"},
            "post": {"xs": "post"},
        },
        "name": ("squeeze", "calm_down", "cut_repeats", "tidy_runs", "shorten_runs"),
    },
    derive=_squeezing,
    signature="($xs: str) -> str",
    wordings=(
        "Tidy up `$xs`: of every run of more than $most equal ${thing}s, $only.",
        "People like to hold keys down. Return `$xs` with its overlong runs shortened: of more than $most equal "
        "${thing}s that follow one another, $only.",
        "A run is a series of equal ${thing}s with nothing between them. Of each run in `$xs` that is longer than "
        "$most, $only; return the text that results.",
        "Cut long repetitions in `$xs`. When more than $most equal ${thing}s stand side by side, that run is "
        "too long, and of it $only.",
    ),
    details={
        "bound": (
            "Runs of $most or fewer stay whole.",
            "Nothing happens to a run of exactly $most or of fewer.",
        ),
        "others": ("$others.",),
        "again": (
            "Each run is dealt with by itself, and what is kept is not looked at again.",
            "A run is as long as possible; do not look for runs in the result once more.",
        ),
    },
    reference="""
        from itertools import groupby

        def $name($xs):
            result = ""
            for char, members in groupby($xs$key):
                run = "".join(members)
                if $concerned:
                    run = $short
                result += run
            return result
    """,
    second="""
        import re

        def $name($xs):
            flags = re.IGNORECASE if "$case" == "ignored" else re.DOTALL
            one = {"any": ".", "letters": "[a-zA-Z]", "vowels": "[aeiouAEIOU]", "digits": "[0-9]"}
            longer = "(" + one.get("$members", "[!?.-]") + r")(\\1{%d})\\1*" % $most
            by = {
                "two": lambda match: match[0][:2],
                "one": lambda match: match[1],
                "none": lambda match: "",
                "count": lambda match: match[1] + "(" + str(len(match[0])) + ")",
            }
            return re.sub(longer, by["$left"], $xs, flags=flags)
    """,
    misreadings=(
        Misreading(kind="bounds", says="bound", swap=("> $most", ">= $most")),
        Misreading(kind="case", says="others", choose="case"),
        Misreading(kind="scope", says="others", choose="members"),
        Misreading(kind="repeats", says="$only", choose="left"),
    ),
    inputs=lambda values: (_repetitive(values),),
    properties=("$holds",),
)


_BEFORE, _BEHIND = r"(?<![^\W_])", r"(?![^\W_])"
"""Where no letter and no digit is; `\\b` takes an underscore for a letter."""
_PATTERNS = {
    "anywhere": "term",
    "whole": f'rf"{_BEFORE}{{term}}{_BEHIND}"',
    "start": f'rf"{_BEFORE}{{term}}"',
    "end": f'rf"{{term}}{_BEHIND}"',
}


def _marked(values: Values) -> dict[str, Any] | None:
    """The pattern of `highlight_term`, the matches that it takes, and where it looks for them."""
    flags = ", re.IGNORECASE" if values["case"] == "ignored" else ""
    lines, many = values["scope"] == "line", bool(values["some"])
    if lines and not many:
        return None
    pattern = _PATTERNS[values["match"]]
    found = f"re.finditer({pattern}, text{flags})"
    define = ["def marked(text, term):" if lines else "def $name(text, term):"]
    body = [
        'result, done = "", 0',
        f"for match in {f'list({found})$some' if many else found}:",
        '    result += text[done : match.start()] + f"$before{match[0]}$after"',
        "    done = match.end()",
        "return result + text[done:]",
    ]
    guard = ["if not term:", "    return text"]
    each = ["def $name(text, term):", *_indented(guard)]
    each += ['    return "\\n".join(marked(line, term) for line in text.split("\\n"))', "", "", *define]
    code = [*each, *_indented(body)] if lines else [*define, *_indented([*guard, *body])]
    runs = "; a word is an unbroken run of letters and digits (an underscore is neither)"
    loose = pattern.replace(_BEFORE, r"\b").replace(_BEHIND, r"\b")
    return {
        "runs": runs,
        "pattern": pattern,
        "loose": loose,
        "code": "\n".join(code).replace("text", values["xs"]),
    }


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


_HIGHLIGHT = Template(
    name="highlight_term",
    idea="put marks round occurrences of a term in a text",
    space={
        "scope": {"text": {"inside": "in `$xs`"}, "line": {"inside": "in each line of `$xs`"}},
        "which": {
            "all": {"some": "", "of": "every occurrence of `term`", "few": "If there is none, mark nothing"},
            "later": {
                "some": "[1:]",
                "of": "every occurrence of `term` but the first",
                "few": "A single occurrence is not marked",
            },
            **{
                f"{side} {count}": {
                    "some": f"[:{count}]" if side == "first" else f"[-{count}:]",
                    "of": f"the {side} {count} occurrences of `term`",
                    "few": "Where there are fewer occurrences, mark those there are",
                }
                for side in ("first", "last")
                for count in (2, 3, 4)
            },
        },
        "case": {
            "exact": {"letters": "Upper and lower case must agree"},
            "ignored": {"letters": "Upper and lower case make no difference, but what is marked keeps its spelling"},
        },
        "match": {
            "anywhere": {
                "where": "Occurrences inside longer words count too, taken from left to right so that none overlap"
            },
            "whole": {"where": "Only occurrences that are whole words count$runs"},
            "start": {"where": "Only occurrences at the beginning of a word count, whole words included$runs"},
            "end": {"where": "Only occurrences at the end of a word count, whole words included$runs"},
        },
        "marks": {
            "stars": {"before": "**", "after": "**"},
            "brackets": {"before": "[", "after": "]"},
            "tags": {"before": "<b>", "after": "</b>"},
            "arrows": {"before": ">>", "after": "<<"},
        },
    },
    surface={
        "what": {
            "text": {"xs": "text"},
            "page": {"xs": "page"},
            "entry": {"xs": "entry"},
            "article": {"xs": "article"},
            "snippet": {"xs": "snippet"},
        },
        "name": ("highlight", "mark_term", "emphasise", "mark_matches", "point_out"),
    },
    derive=_marked,
    signature="($xs: str, term: str) -> str",
    wordings=(
        "Return `$xs` with `$before` in front of and `$after` behind $of $inside.",
        "A search shows its hits: $inside, put `$before` before and `$after` after $of.",
        "Mark $of $inside by writing `$before` right before it and `$after` right after it.",
        "Given `$xs` and a `term`, enclose $of $inside in `$before` and `$after`, and return what comes out.",
    ),
    details={
        "where": ("$where.",),
        "case": ("$letters.",),
        "few": ("$few.",),
        "term": (
            "`term` has letters only, but may be empty; then `$xs` is returned unchanged.",
            "An empty `term` marks nothing; otherwise it consists of letters only.",
        ),
    },
    reference="""
        import re


        $code
    """,
    second="""
        def $name($xs, term):
            if "$scope" == "text":
                return marked($xs, term)
            return "".join(marked(line, term) for line in $xs.splitlines(keepends=True))


        def marked(text, term):
            same = str.lower if "$case" == "ignored" else str
            starts, place = [], 0
            while term and place + len(term) <= len(text):
                end = place + len(term)
                begins = place == 0 or not text[place - 1].isalnum()
                ends = end == len(text) or not text[end].isalnum()
                fits = {"anywhere": True, "whole": begins and ends, "start": begins, "end": ends}["$match"]
                if fits and same(text[place:end]) == same(term):
                    starts.append(place)
                    place = end
                else:
                    place += 1
            kind, _, count = "$which".partition(" ")
            number = int(count or 1)
            chosen = {"all": starts, "later": starts[1:], "first": starts[:number], "last": starts[-number:]}[kind]
            for start in reversed(chosen):
                end = start + len(term)
                text = text[:start] + "$before" + text[start:end] + "$after" + text[end:]
            return text
    """,
    misreadings=(
        Misreading(kind="scope", says="where", choose="match"),
        Misreading(kind="bounds", says="where", swap=("$pattern", "$loose")),
        Misreading(kind="case", says="case", choose="case"),
        Misreading(kind="order", says="$of", choose="which"),
        Misreading(kind="scope", says="$inside", choose="scope"),
    ),
    inputs=(
        mixed(
            text("aaabAB  -1_\n", 0, 18),
            lists(one_of("ab", "a", "Ab", "aba", "ab-a", "b1", "aab", "_ab", "a_", "ab_a", "\n", "a\nab"), 0, 9).map(
                " ".join
            ),
        ),
        mixed(one_of("a", "ab", "aa", "A", "b", "B"), one_of("a", "ab", "a", "ab", "Ab", "")),
    ),
    properties=("len(result) >= len($xs)", "set($xs) <= set(result)"),
)


def _joining(values: Values) -> dict[str, Any]:
    """The pieces of `join_overlapping`'s reference."""
    least, glue = values["least"], values["glue"]
    starts = f"range(len(joined) - {least - 1})"
    lower = ".lower()" if values["case"] == "ignored" else ""
    thing, within = values["thing"], values["within"]
    sole = f"joined += {thing}[len(shared) :]"
    overlap = "if shared:" if within == "swallowed" else "if shared or not joined:"
    apart = [overlap, f"    {sole}", "else:", f'    joined += "{glue}" + {thing}']
    special = {
        "skipped": f"if {thing}{lower} in joined{lower}:\n    continue",
        "swallowed": f"if joined{lower} in {thing}{lower}:\n    joined = {thing}\n    continue",
        "joined": "",
    }
    return {
        "starts": f"reversed({starts})" if values["pick"] == "shortest" else starts,
        "begins": f"{thing}{lower}.startswith(end{lower})",
        "special": special[within],
        "append": "\n".join(apart) if glue else sole,
        "apart": _GLUES[glue],
        "no_glue": "; nothing else then stands between them" if glue else "",
    }


_GLUES = {
    "": "without anything between them",
    " ": "with a space between them",
    "-": "with a hyphen between them",
    "/": "with a slash between them",
    "...": "with three full stops between them",
}

_JOIN = Template(
    name="join_overlapping",
    idea="join pieces of text, writing what two of them share only once",
    space={
        "pick": ("longest", "shortest"),
        "case": {
            "exact": {"letters": "`a` and `A` are different letters"},
            "ignored": {
                "letters": "`a` and `A` count as equal, and in an overlap, what is joined first keeps its spelling"
            },
        },
        "within": {
            "skipped": {"held": "A $thing that the text joined so far contains anywhere is left out"},
            "swallowed": {
                "held": "A $thing in which the whole text joined so far occurs anywhere replaces that text as it is"
            },
            "joined": {"held": "A $thing is dealt with like this even if the text joined so far contains it already"},
        },
        "glue": tuple(_GLUES),
        "least": range(2, 9),
    },
    surface={
        "what": {
            "parts": {"xs": "parts", "thing": "part"},
            "pieces": {"xs": "pieces", "thing": "piece"},
            "fragments": {"xs": "fragments", "thing": "fragment"},
            "chunks": {"xs": "chunks", "thing": "chunk"},
            "reads": {"xs": "reads", "thing": "read"},
        },
        "name": ("join_overlapping", "assemble", "merge_ends", "stitch", "overlap_join"),
    },
    derive=_joining,
    signature="($xs: list[str]) -> str",
    wordings=(
        "Join the strings in `$xs` to one text, $apart. But where the text joined so far ends with what the next "
        "$thing begins with, they overlap, and what they share is written once only$no_glue.",
        "`$xs` holds one $thing of a text after the other. Put them together $apart, except where the next $thing "
        "begins as the text joined so far ends: that overlap appears a single time in the result$no_glue.",
        "Start with the first $thing of `$xs` and append the others in order. Where the text joined so far ends with "
        "the beginning of the $thing to be appended, the two overlap; then append only the rest of it$no_glue. "
        "Otherwise append all of it, so that the two stand one after the other $apart.",
        "Return the text that the strings in `$xs` make when they are laid one behind the other. If the end of the "
        "text joined so far equals the beginning of the next $thing, lay the $thing over that end, so that the "
        "overlap is there once; otherwise the two are joined $apart.",
    ),
    details={
        "least": (
            "An overlap has at least $least letters, and may be a whole $thing.",
            "Fewer than $least common letters are no overlap; a whole $thing may be one.",
        ),
        "pick": (
            "If there are several possible overlaps, the $pick counts.",
            "Of several possible overlaps take the $pick.",
        ),
        "within": ("$held.",),
        "case": ("$letters.",),
        "empty": (
            "Each $thing consists of letters, at least one; an empty list gives an empty string.",
            "No $thing is empty, and all hold letters only. For an empty list, return an empty string.",
        ),
    },
    reference="""
        def $name($xs):
            joined = ""
            for $thing in $xs:
                $special
                ends = (joined[start:] for start in $starts)
                shared = next((end for end in ends if $begins), "")
                $append
            return joined
    """,
    second="""
        import re

        def $name($xs):
            flags = re.IGNORECASE if "$case" == "ignored" else 0
            result = ""
            for item in $xs:
                if "$within" == "skipped" and re.search(item, result, flags):
                    continue
                if "$within" == "swallowed" and re.search(re.escape(result), item, flags):
                    result = item
                    continue
                both = result + "\\n" + item
                if "$pick" == "longest":
                    patterns = [r"(.{$least,})\\n\\1"]
                else:
                    patterns = [r"(.{%d})\\n\\1" % size for size in range($least, len(item) + 1)]
                found = [match for match in (re.search(pattern, both, flags) for pattern in patterns) if match]
                if found:
                    result += item[len(found[0][1]) :]
                elif result:
                    result = "$glue".join([result, item])
                else:
                    result = item
            return result
    """,
    misreadings=(
        Misreading(kind="repeats", says="within", choose="within"),
        Misreading(kind="order", says="pick", choose="pick"),
        Misreading(kind="case", says="case", choose="case"),
        Misreading(kind="bounds", says="least", choose="least"),
        Misreading(kind="spaces", says="$apart", choose="glue"),
    ),
    inputs=(
        lists(
            mixed(
                tuples(integers(0, 8), integers(1, 12)).map(lambda cut: ("abc" * 8)[cut[0] : sum(cut)]),
                tuples(integers(0, 8), integers(1, 12)).map(lambda cut: ("aab" * 8)[cut[0] : sum(cut)]),
                tuples(integers(0, 8), integers(1, 12)).map(lambda cut: ("abcABC" * 4)[cut[0] : sum(cut)]),
            ),
            0,
            5,
        ),
    ),
    properties=(
        "len(result) <= sum([len(part) + len('$glue') for part in $xs])",
        "all([len(part) <= len(result) for part in $xs])",
    ),
    held_out=True,
)

_TYPED = "is inserted at the cursor, which then stands right after it"
_OVER = (
    "replaces the character to the right of the cursor (at the end of the line it is added), and the cursor "
    "moves past it"
)
_FIRST_LOST = "If a key makes the line longer than $limit characters, the line loses its first character"

_TYPE = Template(
    name="type_line",
    idea="what a line of input shows after some keys",
    space={
        "shown": {
            "line": {"result": '"".join(line)', "what_shown": "the line", "most": "$limit"},
            "cursor": {
                "result": '"".join(line[:cursor]) + "|" + "".join(line[cursor:])',
                "what_shown": "the line with `|` where the cursor is",
                "most": "$limit + 1",
            },
        },
        "keys": {
            "arrows": {"left": "<", "right": ">", "erase": "#"},
            "brackets": {"left": "[", "right": "]", "erase": "*"},
            "signs": {"left": "-", "right": "+", "erase": "!"},
            "letters": {"left": "L", "right": "R", "erase": "X"},
        },
        "edges": {
            "stop": {
                "go_left": "max(cursor - 1, 0)",
                "go_right": "min(cursor + 1, len(line))",
                "beyond": "A move beyond either end of the line does nothing",
            },
            "round": {
                "go_left": "(cursor - 1) % (len(line) + 1)",
                "go_right": "(cursor + 1) % (len(line) + 1)",
                "beyond": "A move to the left from the beginning of the line takes the cursor to its end, and a move "
                "to the right from its end takes it to the beginning",
            },
        },
        "full": {
            "insert_ignored": {
                "enter": "elif len(line) < $limit:\n    line.insert(cursor, key)\n    cursor += 1",
                "typed": _TYPED,
                "then": "While the line has $limit characters, keys that would insert another do nothing",
            },
            "insert_first": {
                "enter": "else:\n    line.insert(cursor, key)\n    if len(line) > $limit:\n        del line[0]\n"
                "    else:\n        cursor += 1",
                "typed": _TYPED,
                "then": f"{_FIRST_LOST}, which is the new one if the cursor was at the beginning",
            },
            "insert_last": {
                "enter": "else:\n    line.insert(cursor, key)\n    del line[$limit:]\n"
                "    cursor = min(cursor + 1, $limit)",
                "typed": _TYPED,
                "then": "If a key makes the line longer than $limit characters, the line loses its last character, "
                "which is the new one if the cursor was at the end",
            },
            "over_ignored": {
                "enter": "elif cursor < $limit:\n    line[cursor : cursor + 1] = [key]\n    cursor += 1",
                "typed": _OVER,
                "then": "A key that would make the line longer than $limit characters does nothing",
            },
            "over_first": {
                "enter": "else:\n    line[cursor : cursor + 1] = [key]\n    if len(line) > $limit:\n"
                "        del line[0]\n    else:\n        cursor += 1",
                "typed": _OVER,
                "then": _FIRST_LOST,
            },
        },
        "limit": range(3, 9),
    },
    surface={
        "what": {
            "keys": {"xs": "keys", "field": "an input field"},
            "strokes": {"xs": "strokes", "field": "the line of an editor"},
            "pressed": {"xs": "pressed", "field": "a search box"},
            "typed": {"xs": "typed", "field": "the display of a terminal"},
        },
        "name": ("type_keys", "typed_line", "play_keys", "line_after", "press_keys"),
    },
    signature="($xs: str) -> str",
    wordings=(
        "`$xs` are the keys pressed, one after another, in $field that is empty at first. `$left` and `$right` move "
        "the cursor one place to the left or right, `$erase` erases the character to the left of the cursor, and any "
        "other character $typed. In the end, return $what_shown.",
        "Return $what_shown after somebody has pressed the keys `$xs` in $field, where nothing stands at first. "
        "`$erase` takes away the character just before the cursor, `$left` takes the cursor one place to the left "
        "and `$right` one to the right; each other character $typed.",
        "Work out what $field, empty to begin with, holds after the keys in `$xs`. There are three special keys: "
        "`$left` (cursor one place left), `$right` (cursor one place right) and `$erase` (erase the character left "
        "of the cursor). A character that is none of them $typed. The result is $what_shown.",
        "Simulate $field that starts out empty. Each character of `$xs` is a key: `$left` sends the cursor a place "
        "to the left, `$right` a place to the right, `$erase` removes the character just before the cursor, and "
        "everything else is text, that is, the character $typed. After the last key, give back $what_shown.",
    ),
    details={
        "full": ("$then.",),
        "edges": ("$beyond.",),
        "erase": (
            "Erasing at the beginning of the line does nothing.",
            "With the cursor at the beginning, `$erase` has no effect.",
        ),
    },
    reference="""
        def $name($xs):
            line, cursor = [], 0
            for key in $xs:
                if key == "$left":
                    cursor = $go_left
                elif key == "$right":
                    cursor = $go_right
                elif key == "$erase":
                    if cursor > 0:
                        cursor -= 1
                        del line[cursor]
                $enter
            return $result
    """,
    second="""
        def $name($xs):
            before = after = ""
            mode, _, rule = "$full".partition("_")
            for key in $xs:
                if key == "$left":
                    if before:
                        before, after = before[:-1], before[-1] + after
                    elif "$edges" == "round":
                        before, after = after, ""
                elif key == "$right":
                    if after:
                        before, after = before + after[0], after[1:]
                    elif "$edges" == "round":
                        before, after = "", before
                elif key == "$erase":
                    before = before[:-1]
                else:
                    rest = after if mode == "insert" else after[1:]
                    if len(before + rest) < $limit:
                        before, after = before + key, rest
                    elif rule == "first":
                        before, after = (before + key)[1:], rest
                    elif rule == "last":
                        before, after = (before + key)[:$limit], rest[:-1]
            return before + ("|" if "$shown" == "cursor" else "") + after
    """,
    misreadings=(
        Misreading(kind="bounds", says="edges", choose="edges"),
        Misreading(kind="bounds", says="full", choose="limit"),
        Misreading(kind="order", says="full", choose="full"),
        Misreading(kind="empty", says="erase", swap=("if cursor > 0:", "if line:")),
    ),
    inputs=lambda values: (
        text("abcde" + 2 * "".join(values[key] for key in ("left", "right", "erase")), 0, 16).plus(
            "abcdefghij", "abcdefghi" + 3 * values["left"] + "xyz", 3 * values["left"] + "ab" + values["erase"]
        ),
    ),
    properties=("len(result) <= $most",),
)

TEMPLATES: tuple[Template, ...] = (_SHORTEN, _IDENTIFIER, _MASK, _SQUEEZE, _HIGHLIGHT, _JOIN, _TYPE)
