"""Parsing and formatting: amounts, lists in words, pairs, placeholders, columns, page ranges and quoted lines."""

from __future__ import annotations

from typing import Any

from lift_sys.testing.inputs import Inputs, dicts, integers, lists, mixed, one_of, tuples, words
from lift_sys.testing.template import Misreading, Template, Values


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
        "side": ("before", "after"),
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
        "places": (2, 3, 1),
        "layout": {
            "comma": {"group": ",", "point": "."},
            "stop": {"group": ".", "point": ","},
            "space": {"group": " ", "point": ","},
            "quote": {"group": "'", "point": "."},
            "none": {"group": "", "point": "."},
        },
        "below": {
            "minus": {"negative": 'f"-{text}"', "below_words": "a minus sign is put in front of everything"},
            "behind": {"negative": 'f"{text}-"', "below_words": "a minus sign is put behind everything"},
            "brackets": {"negative": 'f"({text})"', "below_words": "all of it is put in parentheses"},
            "word": {"negative": 'f"{text} DR"', "below_words": "a space and `DR` are put behind everything"},
        },
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
        "`$xs` counts $parts of a $coin. Return it as text in ${coin}s with $decimals; `$unit` stands $side the number, "
        "and a space between the two.",
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
        Misreading(kind="order", says="`$unit`", choose="side"),
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
        "serial": {
            "with": {"commas": "Where there are just two entries, no comma stands between them"},
            "without": {"commas": "No comma stands before `$word`"},
        },
        "room": ("names", "items"),
        "over": ("more", "others", "rest"),
        "empty": {
            "none": {"nobody": "", "none_words": "an empty string"},
            "nobody": {"nobody": 'if not $xs:\n    return "nobody"', "none_words": "`nobody`"},
        },
        "word": ("and", "or", "&", "plus"),
        "most": range(2, 8),
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
        "A page tells its readers which $things $act. Turn the list `$xs` of their names into such a text; three names "
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
    properties=("$xs == [] or result.startswith($xs[0])", "result.count(',') <= $most"),
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
        "between": {
            "semicolon": {"cut": ";", "cut_name": "semicolons"},
            "comma": {"cut": ",", "cut_name": "commas"},
            "bar": {"cut": "|", "cut_name": "vertical bars"},
            "ampersand": {"cut": "&", "cut_name": "ampersands"},
        },
        "mark": ("=", ":", "->", "~"),
        "repeats": {
            "first": {"again": "the first of its values counts"},
            "last": {"again": "the last of its values counts"},
            "all": {"again": "its values are joined with `+` in their order"},
            "never": {"again": "a `ValueError` is raised"},
        },
        "alone": {
            "empty": {"without": "is a key whose value is an empty string"},
            "yes": {"without": "is a key whose value is `yes`"},
            "skipped": {"without": "is passed over"},
            "never": {"without": "raises a `ValueError`"},
        },
        "letters": {
            "lower": {"lower": ".lower()", "case": "Keys are turned into lower case, values are not"},
            "kept": {"lower": "", "case": "Upper and lower case are kept, and `a` and `A` are two keys"},
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
            "values are dropped, and pieces that are empty or blank are ignored.",
            "Only the first `$mark` of a piece counts. Ignore pieces without anything but spaces, and remove the spaces "
            "around each key and each value.",
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
                if not piece.strip():
                    continue
                key, mark, value = (part.strip() for part in piece.partition("$mark"))
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
        Misreading(kind="spaces", says="split", swap=("part.strip()", "part")),
        Misreading(kind="order", says="split", swap=(".partition(", ".rpartition(")),
    ),
    inputs=lambda values: (_paired(values["cut"], values["mark"]),),
    properties=(
        "all([key == key.strip() and key != '' for key in result])",
        "len(result) <= $xs.count('$cut') + 1",
    ),
)


def _paired(cut: str, mark: str) -> Inputs:
    """Lines of pairs, some of them without a mark, a key or a value, with repeats and blanks."""
    key, value = one_of("a", "b", "A", "key", "Key", "x1", ""), one_of("1", "on", "B", "two words", "", f"a{mark}b")
    pair = tuples(mixed(key, one_of("a", "A", "b")), one_of(mark, mark, f" {mark} ", f"{mark} "), value).map("".join)
    piece = mixed(pair, pair, pair, pair, pair, one_of("a", "b", "A", " flag", "", "  "))
    return tuples(lists(piece, 0, 4), one_of(cut, cut, f"{cut} ")).map(lambda found: found[1].join(found[0]))


def _filling(values: Values) -> dict[str, Any]:
    """The pattern of `fill_placeholders`, and what stands in for a name without a value."""
    bar, lower = values["bar"], ".lower()" if values["letters"] == "ignored" else ""
    spaces = " *" if values["spaces"] == "allowed" else ""
    text = rf"(?:{'[|]' if bar == '|' else bar}([^$shut]*))?" if bar else ""
    spread = f" or `{values['opened']} name {values['closed']}` with any number of spaces" if spaces else ""
    return {
        "pattern": f"$open{spaces}([a-zA-Z]+){spaces}{text}$shut",
        "filled": "\n".join(
            [
                "def filled(match):",
                f"    name = match[1]{lower}",
                "    if name in values:",
                "        return values[name]",
                "    return $missing_code if match[2] is None else match[2]",
            ]
        )
        if bar
        else "",
        "fill": "filled" if bar else f"lambda match: values.get(match[1]{lower}, $missing_code)",
        "spread": spread,
        "with_text": f", or with a text to fall back on, `{values['opened']}name{bar}text{values['closed']}`"
        if bar
        else "",
        "fall_back": "Without a value, the text to fall back on is used: all that stands between "
        f"`{bar}` and the next `{values['closed']}`, which may be nothing. If there is none such, the placeholder"
        if bar
        else "Without a value, a placeholder",
        "extra": f"`{bar}`" if bar else "",
    }


_FILL = Template(
    name="fill_placeholders",
    idea="put values into the placeholders of a text",
    space={
        "letters": {
            "exact": {"lookup": "A name must be a key of `values` exactly, letter case included"},
            "ignored": {"lookup": "Letter case of a name does not matter; the keys of `values` are in lower case"},
        },
        "spaces": ("allowed", "refused"),
        "missing": {
            "kept": {"missing_code": "match[0]", "missing_words": "stays in the text as it is"},
            "removed": {"missing_code": '""', "missing_words": "is removed"},
            "named": {"missing_code": "match[1]", "missing_words": "is replaced by its name, as the text spells it"},
            "marked": {"missing_code": '"?"', "missing_words": "is replaced by `?`"},
        },
        "bar": ("", "|", ":", "="),
        "frame": {
            "braces": {"opened": "{", "closed": "}", "open": r"\{", "shut": r"\}"},
            "angles": {"opened": "<", "closed": ">", "open": "<", "shut": ">"},
            "brackets": {"opened": "[", "closed": "]", "open": r"\[", "shut": r"\]"},
            "round": {"opened": "(", "closed": ")", "open": r"\(", "shut": r"\)"},
            "percent": {"opened": "%", "closed": "%", "open": "%", "shut": "%"},
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
        "is written `${opened}name${closed}`$spread$with_text.",
        "A $thing has placeholders of the form `${opened}name${closed}`$spread$with_text. Put the values from the "
        "dictionary `values`, whose keys are names, in the place of those in `$xs`.",
        "Fill in the blanks of `$xs`: wherever `${opened}name${closed}`$spread stands in it$with_text, that is a "
        "placeholder, and the value of `values` under that name goes there.",
        "`values` maps names to texts. Replace each placeholder in `$xs`, that is, each name in the form "
        "`${opened}name${closed}`$spread$with_text, by the text for the name.",
    ),
    details={
        "names": ("A name consists of letters, at least one.", "Names are made of letters only, and never empty."),
        "missing": ("$fall_back $missing_words.",),
        "letters": ("$lookup.",),
        "rest": (
            "Everything else stays as it is; values that were put in are not searched for placeholders.",
            "Do not look for placeholders in values, and change nothing else in the text.",
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
                name, fallback, after = found
                key = name.lower() if "$letters" == "ignored" else name
                instead = {"kept": $xs[place:after], "removed": "", "named": name, "marked": "?"}["$missing"]
                result += values[key] if key in values else instead if fallback is None else fallback
                place = after
            return result

        def placeholder(text, place):
            end = text.find("$closed", place + 1)
            if end < 0:
                return None
            inside, fallback = text[place + 1 : end], None
            if "$bar" and "$bar" in inside:
                cut = inside.index("$bar")
                inside, fallback = inside[:cut], inside[cut + 1 :]
            name = inside.strip(" ") if "$spaces" == "allowed" else inside
            return (name, fallback, end + 1) if name.isalpha() else None
    """,
    misreadings=(
        Misreading(kind="empty", says="missing", choose="missing"),
        Misreading(kind="case", says="letters", choose="letters"),
        Misreading(kind="spaces", says="`${opened}name${closed}`$spread", choose="spaces"),
        Misreading(kind="scope", says="${opened}name", choose="bar"),
    ),
    inputs=lambda values: (
        _templated(values),
        dicts(one_of("a", "b", "name"), one_of("Ann", "", "7", "$opened" + "b", "x y"), 0, 3).map(
            lambda found: {key: value.replace("$opened", values["opened"]) for key, value in found.items()}
        ),
    ),
    properties=("'$opened' in $xs or result == $xs",),
)


def _templated(values: Values) -> Inputs:
    """Texts with placeholders that are whole, broken, spaced and with a text to fall back on."""
    opened, closed, bar = values["opened"], values["closed"], values["bar"]
    name = one_of("a", "b", "name", "a", "A", "Name", "c", " a", "b ", " c ", "", "a b", "a1")
    inner = mixed(name, tuples(name, one_of(bar), one_of("", "you", "b", " x ")).map("".join)) if bar else name
    whole = inner.map(lambda text: opened + text + closed)
    broken = one_of(opened, closed, opened + "a", "b" + closed, opened + "a" + (bar or "|") + "b" + closed)
    return lists(mixed(whole, whole, whole, broken, one_of("Dear", ", ", " a ", "!")), 0, 5).map("".join)


_ALIGN = Template(
    name="align_columns",
    idea="rows of cells as lines with columns of equal width",
    space={
        "first": {"left": {"first_just": "ljust"}, "right": {"first_just": "rjust"}},
        "rest": {"left": {"rest_just": "ljust"}, "right": {"rest_just": "rjust"}},
        "ends": {
            "kept": {
                "strip": "",
                "end_words": "Spaces at the end of a line stay",
                "lengths": "len(set([len(line) for line in result])) <= 1",
            },
            "stripped": {
                "strip": ".rstrip()",
                "end_words": "No line ends with spaces: remove those that would stand there",
                "lengths": "all([not line.endswith(' ') for line in result])",
            },
        },
        "fill": {
            "empty": {"mark": "", "fill_words": "gets empty cells at its end"},
            "hyphen": {"mark": "-", "fill_words": "gets cells with `-` at its end"},
            "question": {"mark": "?", "fill_words": "gets cells with `?` at its end"},
        },
        "gap": {
            "spaces": {"between": "  ", "gap_words": "two spaces"},
            "bar": {"between": " | ", "gap_words": "a vertical bar with a space on either side"},
            "colon": {"between": ": ", "gap_words": "a colon and a space"},
            "slash": {"between": "/", "gap_words": "a slash"},
        },
        "limit": range(3, 9),
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
        "aligned": "cells = [cell.$first_just(width) for cell, width in zip(row, widths)]"
        if values["first"] == values["rest"]
        else "cells = [cell.$rest_just(width) for cell, width in zip(row, widths)]\n"
        "cells[:1] = [cell.$first_just(widths[0]) for cell in row[:1]]",
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
        "column has the same width everywhere, and $gap_words comes between neighbouring columns.",
        "Format a table for the screen. Every member of `$xs` is the list of cells of one $thing and becomes one string; "
        "in it, cells padded with spaces to the width of their column are joined by $gap_words.",
    ),
    details={
        "limit": (
            "Of a cell with more than $limit characters, only the first $limit are shown.",
            "Cells are cut to their first $limit characters.",
        ),
        "width": (
            "A column is as wide as its longest cell, after such cuts.",
            "The width of a column is that of its longest cell as shown.",
        ),
        "sides": ("$sides.",),
        "short": (
            "A $thing with fewer cells than the longest $thing $fill_words.",
            "Where a $thing has fewer cells than another, it $fill_words until it has as many as the longest.",
        ),
        "ends": ("$end_words.",),
    },
    reference="""
        def $name($xs):
            count = max(map(len, $xs), default=0)
            full = [[cell[:$limit] for cell in row] + ["$mark"] * (count - len(row)) for row in $xs]
            widths = [max(map(len, column)) for column in zip(*full)]
            lines = []
            for row in full:
                $aligned
                lines.append("$between".join(cells)$strip)
            return lines
    """,
    second="""
        from itertools import zip_longest

        def $name($xs):
            lines = [""] * len($xs)
            for number, column in enumerate(zip_longest(*$xs, fillvalue=None)):
                cells = ["$mark" if cell is None else cell[:$limit] for cell in column]
                width = sorted(len(cell) for cell in cells)[-1]
                side = "$rest" if number else "$first"
                for place, cell in enumerate(cells):
                    blanks = " " * (width - len(cell))
                    gap = "$between" if number else ""
                    lines[place] += gap + (cell + blanks if side == "left" else blanks + cell)
            while "$ends" == "stripped" and any(line[-1:] == " " for line in lines):
                lines = [line[:-1] if line[-1:] == " " else line for line in lines]
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
            lists(one_of("", "a", "bb", "ccc", "dddd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghij"), 0, 4),
            0,
            4,
        ),
    ),
    properties=("len(result) == len($xs)", "$lengths"),
)


TEMPLATES: tuple[Template, ...] = (_AMOUNT, _LIST, _PAIRS, _FILL, _ALIGN)
