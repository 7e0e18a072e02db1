"""Parsing and formatting: amounts, lists in words, pairs, placeholders, columns, page ranges and quoted lines."""

from __future__ import annotations

from typing import Any

from lift_sys.testing.inputs import Inputs, dicts, integers, lists, mixed, one_of, tuples, words
from lift_sys.testing.template import Equivalent, Misreading, Template, Values, fill


def _amount(values: Values) -> dict[str, Any]:
    """The steps of `format_amount` after the zero."""
    places, unit, group, point = values["places"], values["unit"], values["group"], values["point"]
    rest = "{rest}" if places == 1 else f"{{rest:0{places}}}"
    if group in (",", ""):
        number = f'f"{{whole{":," * bool(group)}}}{point}{rest}"'
    else:
        number = f'f"{{whole:,}}".replace(",", "{group}") + f"{point}{rest}"'
    shown = f'f"{unit} {{number}}"' if values["side"] == "before" else f'f"{{number}} {unit}"'
    return {
        "scale": 10**places,
        "number": number,
        "shown": shown,
        "grouped": f"grouped in threes from the right, with {_GROUPS[group]} between groups"
        if group
        else "not grouped",
        "pointed": "a full stop" if point == "." else "a comma",
        "parts": {1: "tenths", 2: "hundredths", 3: "thousandths"}[places],
        "decimals": "1 decimal place" if places == 1 else f"{places} decimal places",
    }


_GROUPS = {",": "a comma", ".": "a full stop", " ": "a space", "'": "an apostrophe"}

_AMOUNT = Template(
    name="format_amount",
    idea="a whole number of cents as an amount of money",
    space={
        "zero": {
            "plain": {"positive": "", "other": "text", "nil": "An amount of 0 is written like any other"},
            "dash": {
                "positive": "if $xs > 0:\n    return text",
                "other": '"-"',
                "nil": "For an amount of 0, only `-` is written",
            },
            "word": {
                "positive": "if $xs > 0:\n    return text",
                "other": '"nil"',
                "nil": "For an amount of 0, only `nil` is written",
            },
        },
        "layout": {
            "comma": {"group": ",", "point": "."},
            "stop": {"group": ".", "point": ","},
            "space": {"group": " ", "point": ","},
            "quote": {"group": "'", "point": "."},
            "none": {"group": "", "point": "."},
        },
        "side": ("before", "after"),
        "below": {
            "minus": {"negative": 'f"-{text}"', "below_words": "a minus sign is put in front of everything"},
            "behind": {"negative": 'f"{text}-"', "below_words": "a minus sign is put behind everything"},
            "brackets": {"negative": 'f"({text})"', "below_words": "all of it is put in parentheses"},
            "word": {"negative": 'f"{text} DR"', "below_words": "a space and `DR` are put behind everything"},
        },
        "places": (2, 3, 1),
    },
    surface={
        "what": {
            "balance": {"xs": "balance", "thing": "balance", "unit": "EUR", "coin": "euro"},
            "total": {"xs": "total", "thing": "total", "unit": "GBP", "coin": "pound"},
            "fee": {"xs": "fee", "thing": "fee", "unit": "CHF", "coin": "franc"},
            "change": {"xs": "change", "thing": "change of an account", "unit": "MXN", "coin": "peso"},
            "amount": {"xs": "amount", "thing": "amount", "unit": "TND", "coin": "dinar"},
        },
        "name": ("format_amount", "money_text", "show_amount", "as_money", "write_amount"),
    },
    derive=_amount,
    signature="($xs: int) -> str",
    wordings=(
        "Format `$xs`, a number of $parts of a $coin, as an amount in ${coin}s: a number with $decimals, and `$unit` "
        "$side it, with a space between the two.",
        "`$xs` counts $parts of a $coin. Return it as text in ${coin}s with $decimals, and `$unit` $side the number, "
        "with a space between the two.",
        "A $thing is stored as an integer, in $parts of a $coin. Turn it into text: the number of ${coin}s with "
        "$decimals, and `$unit` $side it, set off by a space.",
        "Write an amount of money the way a statement shows it. The integer `$xs` gives it in $parts of a $coin; the "
        "text gives it in ${coin}s with $decimals and, separated by a space, `$unit` $side the number.",
    ),
    details={
        "layout": (
            "The digits before the decimal mark are $grouped. The decimal mark is $pointed.",
            "Use $pointed as decimal mark; the digits in front of it are $grouped.",
        ),
        "below": (
            "If the amount is negative, format it without its sign; then $below_words.",
            "A negative amount looks like the positive one, except that $below_words.",
        ),
        "zero": ("$nil.",),
    },
    reference="""
        def $name($xs):
            whole, rest = divmod(abs($xs), $scale)
            number = $number
            text = $shown
            $positive
            return $negative if $xs < 0 else $other
    """,
    second="""
        def $name($xs):
            digits = str($xs).lstrip("-").zfill($places + 1)
            if not digits.strip("0") and "$zero" != "plain":
                return {"dash": "-", "word": "nil"}["$zero"]
            whole, decimals = digits[:-$places], digits[-$places:]
            groups = []
            while whole:
                groups.insert(0, whole[-3:])
                whole = whole[:-3]
            number = "$group".join(groups) + "$point" + decimals
            text = " ".join(["$unit", number] if "$side" == "before" else [number, "$unit"])
            if str($xs)[0] != "-":
                return text
            front, back = {"minus": "-|", "behind": "|-", "brackets": "(|)", "word": "| DR"}["$below"].split("|")
            return front + text + back
    """,
    misreadings=(
        Misreading(kind="sign", says="below", choose="below"),
        Misreading(kind="sign", says="below", swap=("abs($xs)", "$xs")),
        Misreading(kind="empty", says="zero", choose="zero"),
        Misreading(kind="rounding", says="$decimals", choose="places"),
        Misreading(kind="order", says="`$unit` $side", choose="side"),
    ),
    inputs=(
        mixed(
            integers(-1200, 1200, 0, 10, -10, 100, -100, 1000, -1000),
            integers(-2_000_000, 2_000_000, 10_000, 100_000, -100_000, 1_000_000, -1_000_000),
            integers(-5_000_000_000, 5_000_000_000, 1_000_000_000, 123_456_789),
        ),
    ),
    properties=("$xs == 0 or int(''.join([char for char in result if char.isdigit()])) == abs($xs)",),
)


def _listing(values: Values) -> dict[str, Any] | None:
    """What `list_in_words` shows of a long list, and how it joins the rest."""
    most, items = values["most"], values["room"] == "items"
    shown = most - 1 if items else most
    if items and most == 2:
        return None  # two entries at most: no comma anywhere
    word = values["word"]
    if values["serial"] == "with":
        end = f'if len($xs) > 2:\n    return ", ".join($xs[:-1]) + ", {word} " + $xs[-1]\nreturn " {word} ".join($xs)'
    else:
        end = f'return ", ".join([*$xs[:-2], " {word} ".join($xs[-2:])])'
    left = "{left} others" if items else "{left} other{'s' if left > 1 else ''}"
    others, told = {
        "more": ('f"{left} more"', "`K more`, where K is the number of names left out"),
        "others": (f'f"{left}"', "`K others`, where K is the number of names left out$single"),
        "rest": ('"the rest"', "`the rest`"),
    }[values["over"]]
    return {
        "shown": shown,
        "end": end,
        "left": "" if values["over"] == "rest" else "left = len($xs) - $shown",
        "others": others,
        "kept": "only the first is shown" if shown == 1 else "only the first $shown are shown",
        "told": told,
        "single": "" if items else " (for a single one, `1 other`)",
        "sample": f"`Ann, Bo{',' if values['serial'] == 'with' else ''} {word} Cy`",
    }


_LIST = Template(
    name="list_in_words",
    idea="names as an enumeration, cut short where there are many",
    space={
        "empty": {
            "none": {"nobody": "", "none_words": "an empty string"},
            "nobody": {"nobody": 'if not $xs:\n    return "nobody"', "none_words": "`nobody`"},
        },
        "serial": {
            "with": {"commas": "Where there are just two entries, no comma stands between them"},
            "without": {"commas": "No comma stands before `$word`"},
        },
        "room": ("names", "items"),
        "word": ("and", "or", "&", "plus"),
        "most": range(2, 8),
        "over": ("more", "others", "rest"),
    },
    surface={
        "what": {
            "guests": {"xs": "guests", "things": "guests", "act": "are coming"},
            "authors": {"xs": "authors", "things": "authors", "act": "wrote a paper"},
            "players": {"xs": "players", "things": "players", "act": "won"},
            "members": {"xs": "members", "things": "members", "act": "were present"},
        },
        "name": ("list_names", "in_words", "enumerate_names", "name_list", "names_text"),
    },
    derive=_listing,
    signature="($xs: list[str]) -> str",
    wordings=(
        "Return the names in `$xs` as one text, with commas between them and `$word` before the last, as in $sample.",
        "Say in words who the $things are: enumerate the names in `$xs` in the manner of $sample.",
        "`$xs` is a list of names. Build the enumeration of them that a sentence would hold, such as $sample, with "
        "`$word` in front of the last entry.",
        "A page tells its readers which $things $act. Turn the list `$xs` of their names into the text for it; three entries "
        "would look like $sample.",
    ),
    details={
        "commas": ("$commas.",),
        "most": (
            "If there are more than $most names, $kept, and one last entry follows: $told.",
            "A list of more than $most names is cut short: $kept, and the entry after them, the last, is $told.",
        ),
        "empty": ("For an empty list, return $none_words.", "If there are no $things, the text is $none_words."),
    },
    reference="""
        def $name($xs):
            $nobody
            if len($xs) > $most:
                $left
                $xs = $xs[:$shown] + [$others]
            $end
    """,
    second="""
        def $name($xs):
            names = list($xs)
            if len(names) > $most:
                left = 0
                while len(names) > $shown:
                    names.pop()
                    left += 1
                last = {"more": "%d more" % left, "rest": "the rest", "others": "%d others" % left}["$over"]
                names.append("1 other" if last == "1 others" else last)
            result = ""
            for place, name in enumerate(names):
                if place and place == len(names) - 1:
                    result += "," * ("$serial" == "with" and place > 1) + " $word "
                elif place:
                    result += ", "
                result += name
            return result if names or "$empty" == "none" else "nobody"
    """,
    misreadings=(
        Misreading(kind="bounds", says="most", choose="room"),
        Misreading(kind="bounds", says="most", swap=("> $most", ">= $most")),
        Misreading(kind="ties", says="commas", choose="serial"),
        Misreading(kind="empty", says="empty", choose="empty"),
    ),
    inputs=(lists(words(), 0, 10),),
    properties=(
        "$xs == [] or result.startswith($xs[0])",
        "result.count(',') <= $most + sum(name.count(',') for name in $xs)",
    ),
)


def _pairs(values: Values) -> dict[str, Any]:
    """How `parse_pairs` stores a value, and what it does to a piece without its mark."""
    raised = 'raise ValueError(f"not allowed: {piece}")'
    return {
        "raised": raised,
        "store": {
            "last": "found[key] = value",
            "first": "found.setdefault(key, value)",
            "all": 'found[key] = f"{found[key]}+{value}" if key in found else value',
            "never": f"if key in found:\n    {raised}\nfound[key] = value",
        }[values["repeats"]],
        "bare": {
            "empty": "",
            "yes": 'if not mark:\n    value = "yes"',
            "skipped": "if not mark:\n    continue",
            "never": f"if not mark:\n    {raised}",
        }[values["alone"]],
        "key": "key = key.lower()" if values["letters"] == "lower" else "",
    }


_PAIRS = Template(
    name="parse_pairs",
    idea="settings written as pairs in a line, as a dictionary",
    space={
        "repeats": {
            "first": {"again": "the first of its values counts"},
            "last": {"again": "the last of its values counts"},
            "all": {"again": "its values are joined with `+` in their order"},
            "never": {"again": "a `ValueError` is raised"},
        },
        "letters": {
            "lower": {"lower": ".lower()", "case": "Keys are turned into lower case, values are not"},
            "kept": {"lower": "", "case": "Upper and lower case are kept, and `a` and `A` are two keys"},
        },
        "mark": ("=", ":", "->", "~"),
        "between": {
            "semicolon": {"cut": ";", "cut_name": "semicolons"},
            "comma": {"cut": ",", "cut_name": "commas"},
            "bar": {"cut": "|", "cut_name": "vertical bars"},
            "ampersand": {"cut": "&", "cut_name": "ampersands"},
        },
        "alone": {
            "empty": {"without": "is a key whose value is an empty string"},
            "yes": {"without": "is a key whose value is `yes`"},
            "skipped": {"without": "is passed over"},
            "never": {"without": "raises a `ValueError`"},
        },
    },
    surface={
        "what": {
            "settings": {"xs": "settings", "things": "settings"},
            "options": {"xs": "options", "things": "options"},
            "attributes": {"xs": "attributes", "things": "attributes"},
            "query": {"xs": "query", "things": "parameters"},
            "header": {"xs": "header", "things": "fields"},
        },
        "name": ("parse_pairs", "read_pairs", "pairs_of", "to_dict", "parse_line"),
    },
    derive=_pairs,
    signature="($xs: str) -> dict[str, str]",
    wordings=(
        "Parse the text `$xs`, which holds $things as pairs like `key${mark}value` with $cut_name between them. Return a "
        "dictionary from keys to values, all of them strings.",
        "`$xs` is one line of $things, in pieces separated by $cut_name. Each piece is a key, the mark `$mark` and a "
        "value. Return the values by their keys as a dictionary of strings.",
        "Read $things from `$xs` into a dictionary whose keys and values are strings. The text is divided by $cut_name, "
        "and in each piece the first `$mark` stands between a key and its value.",
        "Turn a line such as `a${mark}1${cut}b${mark}2` into a dictionary such as `{'a': '1', 'b': '2'}`. In general, "
        "$cut_name separate the pieces of `$xs`, and `$mark` separates the key of a piece from its value.",
    ),
    details={
        "split": (
            "The value starts after the first `$mark` of its piece and may contain more of them. Spaces around keys and "
            "values (not tabs) are dropped, and pieces that are empty or have spaces only are ignored.",
            "Only the first `$mark` of a piece counts. Ignore pieces without anything but spaces, and remove the spaces "
            "around each key and each value; a tab is a character like any other.",
        ),
        "key": (
            "A piece whose key is empty raises a `ValueError`.",
            "If the key of a piece is empty, raise a `ValueError`.",
        ),
        "bare": ("A piece without `$mark` $without.", "A piece in which there is no `$mark` $without."),
        "repeats": (
            "If a key occurs again, $again. The dictionary has its keys in the order of their first occurrence.",
            "For a key that occurs more than once, $again. Keys are ordered by where they occur first.",
        ),
        "case": ("$case.",),
    },
    raises={"ValueError": "key"},
    reference="""
        def $name($xs):
            found = {}
            for piece in $xs.split("$cut"):
                if not piece.strip(" "):
                    continue
                key, mark, value = (part.strip(" ") for part in piece.partition("$mark"))
                if not key:
                    raise ValueError(f"no key in {piece!r}")
                $bare
                $key
                $store
            return found
    """,
    second="""
        import re

        def $name($xs):
            gathered = []
            for start in re.finditer(r"[^$cut]+", $xs):
                text = start[0].strip(" ")
                at = text.find("$mark")
                if at == 0:
                    raise ValueError(text)
                if at > 0:
                    gathered.append((text[:at].rstrip(" "), text[at + len("$mark") :].lstrip(" ")))
                elif text and "$alone" == "never":
                    raise ValueError(text)
                elif text and "$alone" != "skipped":
                    gathered.append((text, {"empty": "", "yes": "yes"}["$alone"]))
            result = {}
            for key, _ in gathered:
                name = key$lower
                values = [value for other, value in gathered if other$lower == name]
                if "$repeats" == "never" and len(values) > 1:
                    raise ValueError(name)
                result[name] = {"first": values[0], "last": values[-1], "all": "+".join(values)}.get("$repeats", values[0])
            return result
    """,
    misreadings=(
        Misreading(kind="repeats", says="repeats", choose="repeats"),
        Misreading(kind="empty", says="bare", choose="alone"),
        Misreading(kind="case", says="case", choose="letters"),
        Misreading(kind="spaces", says="split", swap=('part.strip(" ")', "part")),
        Misreading(kind="spaces", says="split", swap=('.strip(" ")', ".strip()")),
        Misreading(kind="order", says="split", swap=(".partition(", ".rpartition(")),
    ),
    inputs=lambda values: (_paired(values["cut"], values["mark"]),),
    properties=(
        "all([key == key.strip(' ') and key != '' for key in result])",
        "len(result) <= $xs.count('$cut') + 1",
    ),
    equivalents=(Equivalent('" " -> " "', "what is stripped is a set of characters"),),
)


def _paired(cut: str, mark: str) -> Inputs:
    """Lines of pairs, some of them without a mark, a key or a value, with repeats and blanks."""
    key, value = one_of("a", "b", "A", "key", "Key", "x1", ""), one_of("1", "on", "B", "two words", "", f"a{mark}b")
    pair = tuples(
        mixed(key, one_of("a", "A", "b")), one_of(mark, mark, f" {mark} ", f"{mark} ", f"{mark}\t"), value
    ).map("".join)
    piece = mixed(pair, pair, pair, pair, pair, one_of("a", "b", "A", " flag", "", "  ", "\t", "\tb "))
    return tuples(lists(piece, 0, 4), one_of(cut, cut, f"{cut} ")).map(lambda found: found[1].join(found[0]))


def _filling(values: Values) -> dict[str, Any]:
    """The pattern of `fill_placeholders`, what it puts in a place, and how that is told."""
    kind, _, bar = values["extra"].partition(" ")
    lower = ".lower()" if values["letters"] == "ignored" else ""
    spaces = " *" if values["spaces"] == "allowed" else ""
    barred = r"\|" if bar == "|" else bar
    after = {"none": "", "text": f"(?:{barred}([^$shut]*))?", "change": f"(?:{barred}(upper|lower))?"}[kind]
    form = f"`{values['opened']}name@{values['closed']}`"
    more = {
        "none": "",
        "text": f" or {form.replace('@', bar + 'text')}",
        "change": f", {form.replace('@', bar + 'upper')} or {form.replace('@', bar + 'lower')}",
    }
    told = {
        "none": "A placeholder for whose name there is no value $missing_words",
        "text": f"If there is no value, `text` is used, that is, all between `{bar}` and the next `$closed`, even if "
        f"that is nothing. Without a value and without `{bar}`, a placeholder $missing_words",
        "change": "`upper` and `lower` turn the value into upper or lower case; with any other word there, it is no "
        "placeholder. A placeholder for whose name there is no value $missing_words",
    }
    return {
        "bar": bar,
        "pattern": f"$open{spaces}([a-zA-Z]+){spaces}{after}$shut",
        "forms": form.replace("@", "") + more[kind],
        "filled": _filled(kind, values["missing"], lower),
        "fill": "filled" if kind != "none" else f"lambda match: values.get(match[1]{lower}, $missing_code)",
        "told": told[kind],
        "lowered": lower,
        "spaced": "may have spaces around the name" if spaces else "with spaces around the name is none",
    }


def _filled(kind: str, missing: str, lower: str) -> str:
    """The inner function of `fill_placeholders`, where it needs one."""
    if kind == "none":
        return ""
    if kind == "text" and missing == "removed":
        lines = ['name, text = match.groups("")', f"return values.get(name{lower}, text)"]
    elif kind == "text":
        lines = [
            f"name = match[1]{lower}",
            "if name in values:",
            "    return values[name]",
            "return $missing_code if match[2] is None else match[2]",
        ]
    else:
        lines = [
            f"name = match[1]{lower}",
            "if name not in values:",
            "    return $missing_code",
            'if match[2] == "upper":',
            "    return values[name].upper()",
            'if match[2] == "lower":',
            "    return values[name].lower()",
            "return values[name]",
        ]
    return "\n    ".join(["def filled(match):", *lines])


_FILL = Template(
    name="fill_placeholders",
    idea="put values into the placeholders of a text",
    space={
        "spaces": ("allowed", "refused"),
        "missing": {
            "kept": {"missing_code": "match[0]", "missing_words": "stays in the text as it is"},
            "removed": {"missing_code": '""', "missing_words": "is removed"},
            "named": {"missing_code": "match[1]", "missing_words": "is replaced by its name, as the text spells it"},
            "marked": {"missing_code": '"?"', "missing_words": "is replaced by `?`"},
        },
        "frame": {
            "braces": {"opened": "{", "closed": "}", "open": r"\{", "shut": r"\}"},
            "angles": {"opened": "<", "closed": ">", "open": "<", "shut": ">"},
            "brackets": {"opened": "[", "closed": "]", "open": r"\[", "shut": r"\]"},
            "round": {"opened": "(", "closed": ")", "open": r"\(", "shut": r"\)"},
            "percent": {"opened": "%", "closed": "%", "open": "%", "shut": "%"},
        },
        "extra": ("none", "text |", "text =", "change |", "change :"),
        "letters": {
            "exact": {"lookup": "A name must be a key of `values` exactly, letter case included"},
            "ignored": {"lookup": "Letter case of a name does not matter; the keys of `values` are in lower case"},
        },
    },
    surface={
        "what": {
            "letter": {"xs": "letter", "thing": "letter"},
            "template": {"xs": "template", "thing": "template"},
            "message": {"xs": "message", "thing": "message"},
            "greeting": {"xs": "greeting", "thing": "greeting"},
        },
        "name": ("fill_in", "fill_placeholders", "render", "insert_values", "complete"),
    },
    derive=_filling,
    signature="($xs: str, values: dict[str, str]) -> str",
    wordings=(
        "Return `$xs` with its placeholders replaced by the values that `values` has under their names. A placeholder "
        "is written $forms.",
        "A $thing has placeholders of the form $forms. Put the values that the dictionary `values` holds for those names "
        "in the place of the placeholders in `$xs`.",
        "Fill in the blanks of `$xs`: every $forms in it is a placeholder, and the text that `values` has for the name "
        "goes there.",
        "`values` maps names to texts. In `$xs`, a name stands in the form $forms; replace each such placeholder by the "
        "text for its name.",
    ),
    details={
        "names": (
            "A name consists of letters from a to z in either case, at least one, and a placeholder $spaced.",
            "Names are made of the letters a to z and A to Z only, and never empty. A placeholder $spaced.",
        ),
        "missing": ("$told.",),
        "letters": ("$lookup.",),
        "rest": (
            "Placeholders are found from left to right and share no character. Everything else stays as it is; values that "
            "were put in are not searched for placeholders.",
            "Go from left to right, with no character in two placeholders. Do not look for placeholders in values, and "
            "change nothing else in the text.",
        ),
    },
    reference="""
        import re

        def $name($xs, values):
            $filled
            return re.sub(r"$pattern", $fill, $xs)
    """,
    second="""
        def $name($xs, values):
            result, place = "", 0
            while place < len($xs):
                found = placeholder($xs, place) if $xs[place] == "$opened" else None
                if found is None:
                    result += $xs[place]
                    place += 1
                    continue
                name, more, after = found
                key = name.lower() if "$letters" == "ignored" else name
                if key in values:
                    changes = {"upper": str.upper, "lower": str.lower} if "$extra".startswith("change") else {}
                    result += changes.get(more, str)(values[key])
                elif more is not None and "$extra".startswith("text"):
                    result += more
                else:
                    result += {"kept": $xs[place:after], "removed": "", "named": name, "marked": "?"}["$missing"]
                place = after
            return result

        def placeholder(text, place):
            end = text.find("$closed", place + 1)
            if end < 0:
                return None
            name, more = text[place + 1 : end], None
            if "$bar" and "$bar" in name:
                name, more = name[: name.index("$bar")], name[name.index("$bar") + 1 :]
                if "$extra".startswith("change") and more not in ("upper", "lower"):
                    return None
            name = name.strip(" ") if "$spaces" == "allowed" else name
            return (name, more, end + 1) if name.isalpha() else None
    """,
    misreadings=(
        Misreading(kind="empty", says="missing", choose="missing"),
        Misreading(kind="case", says="letters", choose="letters"),
        Misreading(kind="spaces", says="names", choose="spaces"),
        Misreading(kind="scope", says="$forms", choose="extra"),
    ),
    inputs=lambda values: (
        _templated(values),
        dicts(one_of("a", "b", "name", ""), one_of("Ann", "", "7", "${opened}b$closed", "x Y"), 0, 3).map(
            lambda found: {key: fill(value, values) for key, value in found.items()}
        ),
    ),
    equivalents=(
        Equivalent(
            'values.get(match[1]$lowered, "") -> values.get(match[1]$lowered)', "re.sub takes None for an empty text"
        ),
        Equivalent('"" -> None', "re.sub takes None for an empty text"),
    ),
    properties=("'$opened' in $xs or result == $xs",),
)


def _templated(values: Values) -> Inputs:
    """Texts with placeholders that are whole, broken, spaced and with a text to fall back on."""
    opened, closed = values["opened"], values["closed"]
    kind, _, bar = values["extra"].partition(" ")
    name = one_of("a", "b", "name", "a", "A", "Name", "c", " a", "b ", " c ", "", "a b", "a1")
    more = (
        one_of("upper", "lower", "upper", "lower", "Upper", "") if kind == "change" else one_of("", "you", "b", " x ")
    )
    inner = mixed(name, tuples(name, one_of(bar), more).map("".join)) if bar else name
    whole = inner.map(lambda inside: opened + inside + closed)
    broken = one_of(opened, closed, opened + "a", "b" + closed, opened + "a" + (bar or "|") + "b" + closed)
    return lists(mixed(whole, whole, whole, broken, one_of("Dear", ", ", " a ", "!")), 0, 5).map("".join)


_ALIGN = Template(
    name="align_columns",
    idea="rows of cells as lines with columns of equal width",
    space={
        "first": {"left": {"first_just": "ljust"}, "right": {"first_just": "rjust"}},
        "gap": {
            "spaces": {"between": "  ", "gap_words": "two spaces"},
            "bar": {"between": " | ", "gap_words": "a vertical bar with a space on either side"},
            "colon": {"between": ": ", "gap_words": "a colon and a space"},
            "slash": {"between": "/", "gap_words": "a slash"},
        },
        "rest": {"left": {"rest_just": "ljust"}, "right": {"rest_just": "rjust"}},
        "ends": {
            "kept": {
                "strip": "",
                "end_words": "Spaces at the end of a line stay",
                "lengths": "len(set([len(line) for line in result])) <= 1",
            },
            "stripped": {
                "strip": '.rstrip(" ")',
                "end_words": "No line ends with spaces: remove those that would stand there",
                "lengths": "all([not line.endswith(' ') for line in result])",
            },
        },
        "limit": range(3, 9),
        "fill": {
            "empty": {"mark": "", "fill_words": "gets empty cells at its end"},
            "hyphen": {"mark": "-", "fill_words": "gets cells with `-` at its end"},
            "question": {"mark": "?", "fill_words": "gets cells with `?` at its end"},
        },
    },
    surface={
        "what": {
            "rows": {"xs": "rows", "thing": "row"},
            "entries": {"xs": "entries", "thing": "entry"},
            "records": {"xs": "records", "thing": "record"},
            "results": {"xs": "results", "thing": "result"},
        },
        "name": ("align_columns", "table_lines", "lay_out", "as_table", "column_lines"),
    },
    derive=lambda values: {
        "columns": 'for column in zip_longest(*$xs, fillvalue="$mark"):'
        if values["first"] == values["rest"]
        else 'for number, column in enumerate(zip_longest(*$xs, fillvalue="$mark")):',
        "justified": "cell.$first_just(width)"
        if values["first"] == values["rest"]
        else "cell.$rest_just(width) if number else cell.$first_just(width)",
        "sides": f"All columns are aligned to the {values['first']}"
        if values["first"] == values["rest"]
        else f"The first column is aligned to the {values['first']}, all others to the {values['rest']}",
    },
    signature="($xs: list[list[str]]) -> list[str]",
    wordings=(
        "Lay out `$xs` as a table: return a line for each $thing, in which the cells of a column stand below one another "
        "and are separated from those of the next column by $gap_words.",
        "`$xs` is a list of lists of cells. Return it as a list of lines, one for each $thing, padded with spaces so that "
        "the columns line up; put $gap_words between two columns.",
        "Turn each $thing of `$xs`, a list of cells, into a line of text. Cells are filled up with spaces so that each "
        "column has the same width everywhere, with $gap_words between neighbouring columns.",
        "Format a table for the screen. Every member of `$xs` is the list of cells of one $thing and becomes one string; "
        "in it, cells padded with spaces to the width of their column are joined by $gap_words.",
    ),
    details={
        "limit": (
            "Of a cell with more than $limit characters, only the first $limit are shown.",
            "Cells longer than $limit characters are cut to their first $limit.",
        ),
        "width": (
            "A column is as wide as its longest cell, after such cuts.",
            "The width of a column is that of its longest cell as shown.",
        ),
        "sides": ("$sides.",),
        "short": (
            "Each $thing has at least one cell, and one with fewer cells than the longest $fill_words.",
            "A $thing always has a cell. Where it has fewer cells than another, it $fill_words until it has as many as "
            "the longest.",
        ),
        "ends": ("$end_words.",),
    },
    reference="""
        from itertools import zip_longest

        def $name($xs):
            aligned = []
            $columns
                cells = [cell[:$limit] for cell in column]
                width = max(map(len, cells))
                aligned.append([$justified for cell in cells])
            return ["$between".join(line)$strip for line in zip(*aligned)]
    """,
    second="""
        def $name($xs):
            if not $xs:
                return []
            count = len(sorted($xs, key=len)[-1])
            table, widths = [], [0] * count
            for row in $xs:
                table.append([row[place][:$limit] if place < len(row) else "$mark" for place in range(count)])
                widths = [width if width > len(cell) else len(cell) for width, cell in zip(widths, table[-1])]
            lines = []
            for cells in table:
                line = ""
                for place in range(count):
                    blanks = " " * (widths[place] - len(cells[place]))
                    left = "$rest" == "left" if place else "$first" == "left"
                    line += "$between" * (place > 0) + (cells[place] + blanks if left else blanks + cells[place])
                while "$ends" == "stripped" and line.endswith(" "):
                    line = line[:-1]
                lines.append(line)
            return lines
    """,
    misreadings=(
        Misreading(kind="order", says="sides", choose="first"),
        Misreading(kind="order", says="sides", choose="rest"),
        Misreading(kind="bounds", says="limit", choose="limit"),
        Misreading(kind="empty", says="short", choose="fill"),
        Misreading(kind="spaces", says="ends", choose="ends"),
    ),
    inputs=(
        lists(
            lists(
                one_of("", "a", "b\t", "bb", "ccc", "dddd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghij"),
                1,
                4,
            ),
            0,
            4,
        ),
    ),
    properties=("len(result) == len($xs)", "$lengths"),
    equivalents=(Equivalent('" " -> " "', "what is stripped is a set of characters"),),
    held_out=True,
)


def _numbered(values: Values) -> Inputs:
    """Choices of pages that `parse_pages` can read; few are out of range."""
    last, dash, cut = values["last"], values["dash"], values["cut"]
    page = mixed(integers(1, last, 1, last), integers(1, last), integers(1, 6), integers(0, last + 1, last))
    number = page.map(str)
    either = mixed(number, number, number, one_of(""))
    span = tuples(either, one_of(dash, dash, f" {dash} "), either).map("".join)
    item = mixed(number, span, span, number.map(lambda digits: f" {digits} "))
    joined = tuples(lists(item, 0, 4), one_of(cut, cut, f"{cut} ")).map(lambda found: found[1].join(found[0]))
    return joined.plus(
        "", " ", dash, f"{last}{dash}", f"{dash}1", f"{last + 1}", "0", f"0{dash}2", f"4{dash}2{cut}3", f"2{dash}2"
    )


_PAGES = Template(
    name="parse_pages",
    idea="a choice of pages such as 2,5-7 as a list of numbers",
    space={
        "cut": {
            "comma": {"cut": ",", "cut_name": "commas"},
            "semicolon": {"cut": ";", "cut_name": "semicolons"},
            "plus": {"cut": "+", "cut_name": "plus signs"},
        },
        "repeats": {
            "kept": {"result": "pages", "order": "in the order of the text, and as often as they are asked for"},
            "once": {
                "result": "list(dict.fromkeys(pages))",
                "order": "in the order of the text, but each only where it is asked for first",
            },
            "sorted": {"result": "sorted(set(pages))", "order": "in ascending order, and each only once"},
        },
        "backward": {
            "down": {
                "spread": "step = 1 if start <= stop else -1\npages.extend(range(start, stop + step, step))",
                "then": "counts down",
            },
            "swapped": {
                "spread": "pages.extend(range(min(start, stop), max(start, stop) + 1))",
                "then": "means the same as with the two swapped",
            },
            "nothing": {"spread": "pages.extend(range(start, stop + 1))", "then": "adds nothing"},
            "refused": {
                "spread": 'if start > stop:\n    raise ValueError(f"backwards: {item}")\n'
                "pages.extend(range(start, stop + 1))",
                "then": "causes a `ValueError`",
            },
        },
        "dash": ("-", "..", ":", "~"),
        "last": range(9, 21),
    },
    surface={
        "what": {
            "pages": {"xs": "pages_wanted", "thing": "page", "of": "a document"},
            "slides": {"xs": "slides_wanted", "thing": "slide", "of": "a talk"},
            "rows": {"xs": "selection", "thing": "row", "of": "a table"},
            "tracks": {"xs": "choice", "thing": "track", "of": "a record"},
        },
        "name": ("parse_pages", "expand_ranges", "chosen_numbers", "read_selection", "numbers_of"),
    },
    derive=lambda values: None if (values["backward"], values["repeats"]) == ("down", "sorted") else {},
    signature="($xs: str) -> list[int]",
    wordings=(
        "`$xs` says which ${thing}s of $of with $last ${thing}s are wanted: numbers and ranges with $cut_name between "
        "them, as in `2${cut}5${dash}7`, which means 2, 5, 6 and 7. Return the numbers of the ${thing}s as a list.",
        "Parse a choice of ${thing}s. In `$xs`, $cut_name separate single numbers like `2` and ranges like `5${dash}7`, "
        "which include both of their ends. There are $last ${thing}s. Return a list of the numbers chosen.",
        "Of ${thing}s numbered from 1 to $last, somebody picks a few by typing `$xs`, for example `2${cut}5${dash}7` for "
        "the ${thing}s 2, 5, 6 and 7. Turn the text, whose items are separated by $cut_name, into the list of numbers.",
        "Expand the ranges in `$xs`. The text holds items with $cut_name between them, each of them a number or a range "
        "such as `5${dash}7` (5, 6 and 7), and the result is the list of all numbers that it names. They are ${thing}s "
        "of $of that has $last of them.",
    ),
    details={
        "open": (
            "Either end of a range may be missing: `4${dash}` goes on to $last, `${dash}4` starts at 1, and `${dash}` "
            "alone is everything.",
            "A range without its first number starts at 1 and one without its second ends at $last, so that "
            "`${dash}` is all of them.",
        ),
        "outside": (
            "A number below 1 or above $last, alone or in a range, raises a `ValueError`.",
            "Raise a `ValueError` if a number in the text is not between 1 and $last.",
        ),
        "backward": (
            "A range whose first number is the larger one $then.",
            "If the first number of a range is larger than its second, the range $then.",
        ),
        "repeats": ("The numbers are listed $order.", "List the numbers $order."),
        "spaces": (
            "There may be spaces around numbers. No item is empty or blank, unless the whole text is: that gives an "
            "empty list.",
            "Ignore spaces around numbers; if there is nothing else, the list is empty, and otherwise every item has a "
            "number or `${dash}` in it.",
        ),
    },
    raises={"ValueError": "outside"},
    reference="""
        def $name($xs):
            if not $xs.strip():
                return []
            pages = []
            for item in $xs.split("$cut"):
                first, dash, second = (part.strip() for part in item.partition("$dash"))
                start = int(first or 1)
                stop = int(second or $last) if dash else start
                if min(start, stop) < 1 or max(start, stop) > $last:
                    raise ValueError(f"no such number: {item}")
                $spread
            return $result
    """,
    second="""
        import re

        def $name($xs):
            text = $xs.replace(" ", "")
            every = [str(number) for number in range(1, $last + 1)]
            chosen = []
            for item in filter(None, text.split("$cut")):
                single = re.fullmatch("[0-9]+", item)
                ends = [item, item] if single else item.split("$dash")
                places = [every.index(end) if end else default for end, default in zip(ends, (0, $last - 1))]
                left, right = places
                if left <= right:
                    chosen += every[left : right + 1]
                elif "$backward" == "refused":
                    raise ValueError(item)
                elif "$backward" != "nothing":
                    part = every[right : left + 1]
                    chosen += part[::-1] if "$backward" == "down" else part
            numbers = [int(number) for number in chosen]
            if "$repeats" == "sorted":
                return [number for number in range($last + 1) if number in numbers]
            if "$repeats" == "once":
                return [number for place, number in enumerate(numbers) if number not in numbers[:place]]
            return numbers
    """,
    misreadings=(
        Misreading(kind="order", says="backward", choose="backward"),
        Misreading(kind="repeats", says="repeats", choose="repeats"),
        Misreading(kind="bounds", says="$last", choose="last"),
        Misreading(kind="bounds", says="outside", swap=("< 1", "< 0")),
    ),
    inputs=lambda values: (_numbered(values),),
    equivalents=(
        Equivalent("start <= stop -> start < stop", "a range of one number is the same in either direction"),
    ),
    properties=("all([1 <= number <= $last for number in result])", "$xs.strip() != '' or result == []"),
    held_out=True,
)


def _splitting(values: Values) -> dict[str, Any]:
    """The branches of `split_quoted`, and what becomes of its fields."""
    cut, quote = repr(values["cut"]), repr(values["quote"])
    if values["escape"] == "doubled":
        branches = [
            f"if char == {quote}:",
            f"    if not quoted and $xs[:place].endswith({quote}):",
            "        field += char",
            "    quoted = not quoted",
        ]
    else:
        branches = [
            'if char == "\\\\":',
            "    field += next(chars)",
            f"elif char == {quote}:",
            "    quoted = not quoted",
        ]
    add = 'elif quoted or char != " ":' if values["spaces"] == "dropped" else "else:"
    branches += [
        f"elif char == {cut} and not quoted and len(fields) < $splits:",
        "    fields.append(field)",
        '    field = ""',
        add,
        "    field += char",
    ]
    return {
        "branches": "\n".join(branches),
        "chars": "" if values["escape"] == "doubled" else "chars = iter($xs)",
        "each": "for place, char in enumerate($xs):" if values["escape"] == "doubled" else "for char in chars:",
        "separate": f"Only the first{'' if values['splits'] == 1 else ' ' + str(values['splits'])} of the $cuts that are $free "
        f"{'separates' if values['splits'] == 1 else 'separate'} fields; any later one belongs to the last field",
        "quote_code": quote,
        "free": "not inside quotes" if values["escape"] == "doubled" else "neither inside quotes nor escaped",
    }


_QUOTED = Template(
    name="split_quoted",
    idea="the fields of a line with quotes and escapes",
    space={
        "cut": {
            "comma": {"cut": ",", "a_cut": "a comma", "cuts": "commas"},
            "semicolon": {"cut": ";", "a_cut": "a semicolon", "cuts": "semicolons"},
            "bar": {"cut": "|", "a_cut": "a vertical bar", "cuts": "vertical bars"},
            "colon": {"cut": ":", "a_cut": "a colon", "cuts": "colons"},
        },
        "splits": range(1, 6),
        "spaces": {
            "kept": {"blanks": "Spaces are characters like any other"},
            "dropped": {"blanks": "Spaces outside quotes are dropped wherever they stand"},
        },
        "escape": {
            "doubled": {
                "escapes": "Inside quotes, two of them in a row stand for one that belongs to the field; any other quote "
                "ends the quoted part"
            },
            "backslash": {
                "escapes": "A backslash, inside quotes or not, is dropped, and the character after it, which is always "
                "there, is taken as it is, even if it is $a_quote, $a_cut, a space or a backslash"
            },
        },
        "quote": {
            "double": {"quote": '"', "a_quote": "a double quote", "quotes": "double quotes"},
            "single": {"quote": "'", "a_quote": "a single quote", "quotes": "single quotes"},
            "back": {"quote": "`", "a_quote": "a backtick", "quotes": "backticks"},
        },
        "empty": {
            "kept": {
                "result": "[*fields, field]",
                "type": "str",
                "empties": "Empty fields are kept, so that an empty $thing gives `['']`",
            },
            "dropped": {
                "result": "[found for found in [*fields, field] if found]",
                "type": "str",
                "empties": "Fields that turn out empty, quoted or not, are left out in the end, so that an empty $thing "
                "gives `[]`",
            },
            "none": {
                "result": "[found or None for found in [*fields, field]]",
                "type": "str | None",
                "empties": "For a field that turns out empty, quoted or not, the list has None, so that an empty "
                "$thing gives `[None]`",
            },
        },
    },
    surface={
        "what": {
            "line": {"xs": "line", "thing": "line"},
            "record": {"xs": "record", "thing": "record"},
            "row": {"xs": "row", "thing": "row"},
            "entry": {"xs": "entry", "thing": "entry"},
        },
        "name": ("split_quoted", "fields_of", "split_fields", "read_fields", "parse_row"),
    },
    derive=_splitting,
    signature="($xs: str) -> list[$type]",
    wordings=(
        "Split `$xs` into its fields, which are separated by $cuts. Parts of it may be in $quotes: there, $a_cut is a "
        "character like any other. Return the fields in a list, without the quotes.",
        "The fields of `$xs` have $cuts between them. Whatever stands in $quotes belongs to one field, even $a_cut, and "
        "the quotes themselves are dropped. Return the list of fields.",
        "Read one $thing of a file. `$xs` holds fields with $cuts between them; within $quotes, $a_cut does not end a "
        "field. Give back the fields in order, without the quotes around such parts.",
        "Take `$xs` apart at its $cuts, but not at those inside $quotes, and return the list of the pieces. The quotes are "
        "not part of the pieces.",
    ),
    details={
        "quotes": (
            "Quotes may begin and end anywhere in a field. $escapes.",
            "A quoted part need not be a whole field, and a field may have several. $escapes.",
        ),
        "splits": ("$separate.",),
        "spaces": ("$blanks.",),
        "empty": ("$empties.",),
        "open": (
            "If a quoted part is not closed by the end of the $thing, raise a `ValueError`.",
            "A quoted part that is never closed raises a `ValueError`.",
        ),
    },
    raises={"ValueError": "open"},
    reference="""
        def $name($xs):
            fields, field, quoted = [], "", False
            $chars
            $each
                $branches
            if quoted:
                raise ValueError("a quote is not closed")
            return $result
    """,
    second="""
        def $name($xs):
            fields, place = [""], 0
            while place < len($xs):
                char, place = $xs[place], place + 1
                if char == "\\\\" and "$escape" == "backslash":
                    fields[-1] += $xs[place]
                    place += 1
                elif char == $quote_code:
                    part, place = inside($xs, place)
                    fields[-1] += part
                elif char == "$cut" and len(fields) <= $splits:
                    fields.append("")
                elif char != " " or "$spaces" == "kept":
                    fields[-1] += char
            if "$empty" == "dropped":
                return list(filter(None, fields))
            return fields if "$empty" == "kept" else [field if field else None for field in fields]

        def inside(text, place):
            part = ""
            while text[place:]:
                char, follows = text[place], text[place + 1 : place + 2]
                if char == "\\\\" and "$escape" == "backslash":
                    part, place = part + follows, place + 2
                elif char != $quote_code:
                    part, place = part + char, place + 1
                elif follows == $quote_code and "$escape" == "doubled":
                    part, place = part + char, place + 2
                else:
                    return part, place + 1
            raise ValueError(text)
    """,
    misreadings=(
        Misreading(kind="bounds", says="splits", choose="splits"),
        Misreading(kind="spaces", says="spaces", choose="spaces"),
        Misreading(kind="empty", says="empty", choose="empty"),
        Misreading(kind="scope", says="quotes", choose="escape"),
        Misreading(kind="scope", says="quotes", swap=(" and not quoted and len", " and len")),
    ),
    inputs=lambda values: (_quoted(values),),
    properties=("len(result) <= $splits + 1", "len(result) <= $xs.count('$cut') + 1"),
)


def _quoted(values: Values) -> Inputs:
    """Lines with fields in quotes, some of them escaped, and a few that never end."""
    cut, quote = values["cut"], values["quote"]
    escaped = quote * 2 if values["escape"] == "doubled" else f"\\{quote}"
    inner = one_of("a", "b c", cut, f"a{cut}b", escaped, f"a{escaped}", "", " ", "\\\\", f"{cut} {escaped}")
    whole = inner.map(lambda inside: quote + inside + quote)
    piece = mixed(whole, whole, one_of("a", "b", " ", " x y ", cut, "7", "\\\\", f"\\{cut}", f"b{quote * 2}"))
    part = lists(piece, 0, 2).map("".join)
    tail = one_of("", "", "", "", "", quote, f"{quote}a{cut}", quote * 3)
    line = tuples(lists(part, 0, 5).map(cut.join), tail).map("".join)
    return line.where(lambda found: (len(found) - len(found.rstrip("\\"))) % 2 == 0)


TEMPLATES: tuple[Template, ...] = (_AMOUNT, _LIST, _PAIRS, _FILL, _ALIGN, _PAGES, _QUOTED)
