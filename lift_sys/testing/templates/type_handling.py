"""Type handling: values of several kinds are told apart, converted, ordered, checked and packed."""

from random import Random
from typing import Any

from lift_sys.testing.inputs import Inputs, dicts, integers, lists, mixed, one_of, text, tuples, words
from lift_sys.testing.template import Equivalent, Misreading, Template, Values


def _split_at(sign: str, signs: str) -> dict[str, str]:
    """The option of `as_list` that takes texts apart at a sign."""
    return {
        "sep": sign,
        "cut": f'[part.strip(" ") for part in $xs.split("{sign}") if part.strip(" ")]',
        "cut_loosely": f'[part.strip() for part in $xs.split("{sign}") if part.strip()]',
        "text_1": f"A text is split at its {signs}: spaces (not tabs) round a part are removed, and parts with nothing "
        "else in them are left out.",
        "text_2": f"From a text, take the parts between {signs}, without the spaces round them (tabs stay); a part "
        "that is empty then is dropped.",
    }


def _listing(values: Values) -> Values:
    """The reference of `as_list`."""
    opened, steps = values["opened"], []
    if values["none"] != "one":
        steps.append(f"if $xs is None:\n    return {'[]' if values['none'] == 'empty' else 'None'}")
    if values["text"] != "whole":
        steps.append("if isinstance($xs, str):\n    return $cut")
    if values["dict"] != "one":
        steps.append("if isinstance($xs, dict):\n    return list($xs.$method())")
    if opened == "bytes":
        steps.append("if isinstance($xs, bytes):\n    return list($xs)")
    if opened in ("tuple", "both"):
        kinds = "(list, tuple)" if opened == "tuple" else "(list, tuple, bytes)"
        steps.append(f"return list($xs) if isinstance($xs, {kinds}) else [$xs]")
    else:
        steps.append("return $xs if isinstance($xs, list) else [$xs]")
    return {"body": "\n".join(steps)}


def _list_like(values: Values) -> Inputs:
    sign = values["sep"].replace("\\n", "\n")
    member = mixed(integers(-3, 9), one_of(True, None, 2.5, "", f"a{sign}b"), words())
    members = lists(member, 0, 4)
    texts = text(f"abbc{sign}{sign}{sign}  \t", 0, 8).plus(
        f"a{sign}b", f" a {sign} b ", f"a{sign} {sign}b", f"a{sign}\t b", "a b", "a,b;c/d|e+f"
    )
    return mixed(
        one_of(None, True, False, 0, 2.5),
        texts,
        texts,
        integers(-2, 9),
        members,
        members.map(tuple),
        dicts(one_of("a", "b", "c", 1, 2), member, 0, 3),
        one_of(b"", b"ab", b"A", b"\x00\x07\x07"),
    )


_AS_LIST = Template(
    name="as_list",
    idea="one value or many, in whatever form, as a list",
    space={
        "text": {
            "whole": {
                "sep": ",",
                "cut": "def $name",
                "cut_loosely": "def $name",
                "text_1": "A text is one $thing, whatever is in it; so is the empty text.",
                "text_2": "Texts are never taken apart: each is one $thing, even if it is empty.",
            },
            "words": {
                "sep": " ",
                "cut": '[word for word in $xs.split(" ") if word]',
                "cut_loosely": "$xs.split()",
                "text_1": "A text is split into its words, which have one or more spaces (not tabs) between them; one "
                "without any words gives an empty list.",
                "text_2": "From a text, take the words between its spaces; a tab may be part of a word. There is none "
                "in an empty text, or in one of spaces only.",
            },
            "commas": _split_at(",", "commas"),
            "semicolons": _split_at(";", "semicolons"),
            "slashes": _split_at("/", "slashes"),
            "bars": _split_at("|", "vertical bars"),
            "pluses": _split_at("+", "plus signs"),
            "lines": _split_at("\\n", "line breaks"),
        },
        "dict": {
            "one": {
                "dict_1": "A dictionary is one $thing.",
                "dict_2": "Dictionaries are left whole, each as one $thing.",
            },
            "keys": {
                "method": "keys",
                "dict_1": "Of a dictionary, the keys are listed.",
                "dict_2": "For a dictionary, return a list of its keys.",
            },
            "values": {
                "method": "values",
                "dict_1": "Of a dictionary, the values are listed.",
                "dict_2": "For a dictionary, return a list of its values.",
            },
            "pairs": {
                "method": "items",
                "dict_1": "Of a dictionary, the pairs of key and value are listed, as tuples.",
                "dict_2": "For a dictionary, return a list of tuples `(key, value)`.",
            },
        },
        "opened": {
            "neither": {
                "opened_1": "A tuple is one $thing, and so is a `bytes` value.",
                "opened_2": "Neither a tuple nor a `bytes` value is opened; each is one $thing.",
            },
            "tuple": {
                "opened_1": "A tuple becomes a list of its members, but a `bytes` value is one $thing.",
                "opened_2": "The members of a tuple become those of the list. A `bytes` value is one $thing.",
            },
            "bytes": {
                "opened_1": "A `bytes` value becomes the list of its numbers, but a tuple is one $thing.",
                "opened_2": "The numbers in a `bytes` value become members of the list. A tuple is one $thing.",
            },
            "both": {
                "opened_1": "A tuple becomes a list of its members, and a `bytes` value a list of its numbers.",
                "opened_2": "Both a tuple and a `bytes` value are opened: the list holds the members of the one, or "
                "the numbers of the other.",
            },
        },
        "none": {
            "empty": {
                "returns": "list",
                "none_1": "`None` gives an empty list.",
                "none_2": "If `$xs` is `None`, the list is empty.",
            },
            "one": {
                "returns": "list",
                "none_1": "`None` is one $thing and gives `[None]`.",
                "none_2": "If `$xs` is `None`, return `[None]`.",
            },
            "same": {
                "returns": "list | None",
                "none_1": "`None` stays `None`, without a list.",
                "none_2": "If `$xs` is `None`, return `None` instead of a list.",
            },
        },
    },
    surface={
        "what": {
            "tags": {"xs": "tags", "thing": "tag", "things": "tags"},
            "columns": {"xs": "columns", "thing": "column", "things": "columns"},
            "labels": {"xs": "labels", "thing": "label", "things": "labels"},
            "codes": {"xs": "codes", "thing": "code", "things": "codes"},
            "targets": {"xs": "targets", "thing": "target", "things": "targets"},
        },
        "name": ("as_list", "listed", "to_list", "ensure_list", "list_of"),
    },
    derive=_listing,
    signature="($xs: object) -> $returns",
    wordings=(
        "The argument `$xs` can stand for several $things or for just one. Return them as a list: a list comes back "
        "as it is, and a value for which there is no rule below, such as a number or `True`, becomes a list with "
        "that one member.",
        "Turn `$xs`, whatever its type, into a list of $things. Nothing is done to a list or to what is in it, and "
        "any value that the following does not speak of (a number, say, or a `bool`) is put into a list of its own.",
        "Callers should be free to pass one $thing or many, so bring `$xs` into the form of a list. If it is a list "
        "already, return it unchanged; a number, a `bool` and all else that has no rule of its own is wrapped in a "
        "list of one.",
        "What ought to be a list of $things may arrive as something else. Return `$xs` itself where it is a list, "
        "and `[$xs]` where its type is not mentioned in these rules, as with numbers and `bool`s.",
    ),
    details={
        "single": ("$none_1 $text_1", "$text_2 $none_2", "$text_1 $none_1", "$none_2 $text_2"),
        "several": ("$opened_1 $dict_1", "$dict_2 $opened_2", "$dict_1 $opened_1", "$opened_2 $dict_2"),
    },
    reference="""
        def $name($xs):
            $body
    """,
    second="""
        def $name($xs):
            kind = type($xs).__name__
            found = []
            if kind == "str" and "$text" != "whole":
                part = ""
                for sign in $xs + "$sep":
                    if sign != "$sep":
                        part += sign
                        continue
                    part = part.lstrip(" ").rstrip(" ")
                    found += [part] if part else []
                    part = ""
            elif kind == "dict" and "$dict" != "one":
                for key in $xs:
                    found.append({"keys": key, "values": $xs[key], "pairs": (key, $xs[key])}["$dict"])
            elif kind == "list" or (kind in ("tuple", "bytes") and "$opened" in (kind, "both")):
                found.extend($xs)
            elif kind != "NoneType" or "$none" == "one":
                found.append($xs)
            elif "$none" == "same":
                return None
            return found
    """,
    misreadings=(
        Misreading(kind="empty", says="single", choose="none"),
        Misreading(kind="types", says="single", choose="text"),
        Misreading(kind="spaces", says="single", swap=("$cut", "$cut_loosely")),
        Misreading(kind="types", says="several", choose="opened"),
        Misreading(kind="types", says="several", choose="dict"),
    ),
    inputs=lambda values: (_list_like(values),),
    examples=("None", "''", "()", "{}", "b''", "[]", "0", "[(1, 2), 'a']", "{'a': 1}"),
    properties=(
        "isinstance(result, list) or $xs is None",
        "not isinstance($xs, list) or result == $xs",
        "not isinstance($xs, (int, float)) or result == [$xs]",
    ),
    equivalents=(Equivalent('" " -> " "', "what is stripped is a set of characters"),),
)


def _narrowing(values: Values) -> Values:
    """The pieces of the reference of `narrow_text`, and what the prompt says of spaces."""
    yes, no = values["words"].split("/")
    folded = "$xs.lower()" if values["case"] == "any" else "$xs"
    sign = "[-+]?" if values["plus"] == "number" else "-?"
    digits = "[0-9]+" if values["zeros"] == "number" else "(0|[1-9][0-9]*)"
    steps = []
    if values["spaces"] == "strip":
        steps.append('$xs = $xs.strip(" ")')
    if values["blank"] == "none":
        steps.append("if not $xs:\n    return None")
    steps.append(f'if {folded} in ("{yes}", "{no}"):\n    return {folded} == "{yes}"')
    steps.append(f'if re.fullmatch(r"{sign}{digits}", $xs):\n    return int($xs)')
    if values["decimals"] == "point":
        steps.append(rf'if re.fullmatch(r"{sign}{digits}\.[0-9]+", $xs):' + "\n    return float($xs)")
    elif values["decimals"] == "comma":
        steps.append(
            f'if re.fullmatch(r"{sign}{digits},[0-9]+", $xs):\n    return float($xs.replace(",", "."))',
        )
    left = "`None`" if values["blank"] == "none" else "the empty text"
    empty = "becomes `None`" if values["blank"] == "none" else "stays an empty text"
    stripped = values["spaces"] == "strip"
    return {
        "yes": yes,
        "no": no,
        "body": "\n".join([*steps, "return $xs"]),
        "number_1": "$digits_1, $zeros_1" if values["zeros"] == "text" else "$digits_1; $zeros_1",
        "kept": "$xs.strip(' ')" if stripped else "$xs",
        "strip": '.strip(" ")' if stripped else "def $name",
        "strip_loosely": ".strip()" if stripped else "def $name",
        "spaces_1": f"Before anything else, spaces (but not tabs or line breaks) at both ends are dropped, and they "
        f"are not part of a text that is returned either. If nothing is left, return {left}."
        if stripped
        else f"Spaces are never dropped: whatever has one in it, even at an end, stays a text as it is. An empty text "
        f"{empty}.",
        "spaces_2": f"An empty text {empty}. Spaces round the rest do not count, and are removed even where a text is "
        "returned; a text of spaces only is treated as empty. Tabs and line breaks are no spaces."
        if stripped
        else f"An empty text {empty}. A text with a space anywhere, also in front or at the end, is returned just "
        "as it is.",
    }


def _narrow_texts(values: Values) -> Inputs:
    yes, no = values["words"].split("/")
    others = [word for pair in ("true/false", "yes/no", "on/off", "y/n") for word in pair.split("/")]
    cores = mixed(
        one_of(yes, no, yes.upper(), no.upper(), yes.title(), no.title(), yes + no, f"{yes}."),
        one_of("", "-", "+", "0", "00", "007", "-07", "+03", "5", "12", "-3", "-30", "+4", "+40", "--5", "-+2"),
        one_of("1.5", "-2.5", "+3.5", "0.25", "00.5", "01.5", "10.25", "1.0", "1.", ".5", "1.5.2", "1.5x", "a1.5"),
        one_of("1,5", "-2,5", "+3,5", "0,25", "00,5", "01,5", "10,25", "1,0", "1,", ",5", "1,5,2", "1,5x", "a1,5"),
        one_of("12x", "x1", "1 2", "ten", "1_0", "1e3", "None", *others),
        one_of("\t", "12\n", "\t7", f"{yes}\n", "\u0663", "1\u0663", "1\t2"),
        integers(-30, 120).map(str),
    )
    around = one_of("", "", "", "", " ", "  ")
    return (
        tuples(around, cores, around)
        .map("".join)
        .plus("", " ", "-", "+", yes, no, "007", f" {yes}", f"{no} ", " 12", "1.5")
    )


_NARROW_TEXT = Template(
    name="narrow_text",
    idea="a text as a bool, an int, a float or None, if it looks like one",
    space={
        "blank": ("none", "text"),
        "case": {
            "exact": {
                "case_1": "in lower case only; written otherwise, they are texts",
                "case_2": "but not if there is a capital letter in them",
            },
            "any": {
                "case_1": "in capital letters, small letters or both",
                "case_2": "and upper or lower case makes no difference",
            },
        },
        "plus": {
            "text": {
                "digits_1": "Digits from 0 to 9 alone, or with a minus sign before them, are an `int` (with a plus "
                "sign, a text)",
                "digits_2": "A row of digits from 0 to 9 becomes an `int`, and so does one with a minus sign, but not "
                "a plus sign, in front.",
            },
            "number": {
                "digits_1": "Digits from 0 to 9 alone, or with a plus or minus sign before them, are an `int`",
                "digits_2": "A row of digits from 0 to 9 becomes an `int`, and so does one with a single plus or minus "
                "sign in front.",
            },
        },
        "words": ("true/false", "yes/no", "on/off", "y/n"),
        "decimals": {
            "text": {
                "decimals_1": "Nothing becomes a `float`: with a decimal point or comma it stays a text.",
                "decimals_2": 'There are no `float`s: both "2.5" and "2,5" stay texts.',
            },
            "point": {
                "decimals_1": 'Such a number with a point and more digits after it, as in "2.5", is a `float`; '
                'anything else with a point, such as ".5" or "2.", is a text, and so is all with a comma.',
                "decimals_2": 'If a point and one or more digits follow such a number, it becomes a `float`: "2.5" '
                'does, but not "2,5", ".5" or "2.".',
            },
            "comma": {
                "decimals_1": 'Such a number with a comma and more digits after it, as in "2,5", is a `float` (2.5); '
                'anything else with a comma, such as ",5" or "2,", is a text, and so is all with a point.',
                "decimals_2": 'If a comma and one or more digits follow such a number, it becomes a `float`: "2,5" '
                'does, but not "2.5", ",5" or "2,".',
            },
        },
        "spaces": ("strip", "keep"),
        "zeros": {
            "text": {
                "zeros_1": 'unless the first of several digits is 0, as in "007", which stays a text',
                "zeros_2": 'But with a needless 0 in front, as in "007", it is a text.',
            },
            "number": {
                "zeros_1": 'zeros in front do no harm, so that "007" is 7',
                "zeros_2": 'There may be zeros in front: "007" means 7.',
            },
        },
    },
    surface={
        "what": {
            "cell": {"xs": "cell", "source": "a cell of a table"},
            "field": {"xs": "field", "source": "a field of a form"},
            "entry": {"xs": "entry", "source": "an entry in a settings file"},
            "answer": {"xs": "answer", "source": "an answer in a survey"},
            "option": {"xs": "option", "source": "an option on a command line"},
        },
        "name": ("narrowed", "typed_value", "read_$xs", "convert_$xs", "${xs}_value"),
    },
    derive=_narrowing,
    signature="($xs: str) -> object",
    wordings=(
        "`$xs` is what somebody wrote as $source. Return it as the narrowest type that it fits by the following "
        "rules; what fits none of them stays a text.",
        "Convert the text `$xs`, $source, to a value of the type that it looks like. If it looks like nothing but a "
        "text, return it as a text.",
        "The text of $source has lost its type; find out from the way `$xs` is written which value it stands for, "
        "and return that. Whatever the rules do not turn into another type is a text.",
        "Given `$xs`, the text of $source, decide by its form between a text and the other types named here, and "
        "return the value that it means.",
    ),
    details={
        "spaces": ("$spaces_1", "$spaces_2"),
        "words": (
            '"$yes" is `True` and "$no" is `False`, $case_1.',
            'For "$yes" return `True` and for "$no" return `False`, $case_2.',
        ),
        "numbers": ("$number_1.", "$digits_2 $zeros_2"),
        "decimals": ("$decimals_1", "$decimals_2"),
    },
    reference="""
        import re

        def $name($xs):
            $body
    """,
    second="""
        def $name($xs):
            text = $xs.strip(" ") if "$spaces" == "strip" else $xs
            if text == "" and "$blank" == "none":
                return None
            for word, value in {"$yes": True, "$no": False}.items():
                if text == word or ("$case" == "any" and text.upper() == word.upper()):
                    return value
            bare = text[1:] if text.startswith(("-", "+") if "$plus" == "number" else "-") else text
            point = {"text": "?", "point": ".", "comma": ","}["$decimals"]
            whole, *rest = bare.split(point)
            tidy = "$zeros" == "number" or whole == "0" or whole[:1] != "0"
            if len(rest) > 1 or not tidy or not all(part.isascii() and part.isdigit() for part in [whole, *rest]):
                return text
            size = float(".".join([whole, *rest])) if rest else int(whole)
            return -size if text[0] == "-" else size
    """,
    misreadings=(
        Misreading(kind="case", says="words", choose="case"),
        Misreading(kind="types", says="words", choose="words"),
        Misreading(kind="empty", says="spaces", choose="blank"),
        Misreading(kind="spaces", says="spaces", choose="spaces"),
        Misreading(kind="spaces", says="spaces", swap=("$strip", "$strip_loosely")),
        Misreading(kind="types", says="numbers", swap=("[0-9]", r"\d")),
        Misreading(kind="types", says="numbers", choose="zeros"),
        Misreading(kind="sign", says="numbers", choose="plus"),
        Misreading(kind="types", says="decimals", choose="decimals"),
    ),
    inputs=lambda values: (_narrow_texts(values),),
    properties=(
        "not isinstance(result, str) or result == $kept",
        'not isinstance(result, bool) or $xs.strip().lower() in ("$yes", "$no")',
        "type(result) != int or int($xs) == result",
    ),
    equivalents=(Equivalent('" " -> " "', "what is stripped is a set of characters"),),
)


def _kinds_found(values: Values) -> Values:
    """The pieces of the reference of `kinds_in_list`."""
    together, sequence = values["floats"] == "together", values["lists"] == "together"
    names = {
        **({"bool": "number" if together else "int"} if values["bools"] == "int" else {}),
        **({"int": "number", "float": "number"} if together else {}),
        **({"list": "sequence", "tuple": "sequence"} if sequence else {}),
    }
    table = ", ".join(f'"{name}": "{kind}"' for name, kind in names.items())
    skipped = ["value is not None"] * (values["nones"] == "skip")
    skipped += ["not isinstance(value, bool)"] * (values["bools"] == "skip")
    places = values["report"] in ("place", "last_place")
    update = values["update"]
    if skipped:
        update = f"if {' and '.join(skipped)}:\n    {update}"
    if values["floats"] == "whole":
        update = f'if kind == "float" and value.is_integer():\n    kind = "int"\n{update}'
    if names:
        update = f"kind = names.get(kind, kind)\n{update}"
    return {
        "table": f"names = {{{table}}}" if names else "",
        "loop": "place, value in enumerate($xs)" if places else "value in $xs",
        "update": update,
    }


_KINDS_IN_LIST = Template(
    name="kinds_in_list",
    idea="what a list holds of each kind of value, where some kinds may count as one",
    space={
        "lists": {
            "own": {
                "lists_1": "Lists and tuples are two kinds.",
                "lists_2": 'A list is of the kind "list", and a tuple of the kind "tuple".',
            },
            "together": {
                "lists_1": 'Lists and tuples are one kind, "sequence".',
                "lists_2": 'Both a list and a tuple are of the kind "sequence".',
            },
        },
        "nones": {
            "own": {
                "nones_1": '`None` is of the kind "NoneType".',
                "nones_2": '`None` has a kind, too, "NoneType".',
            },
            "skip": {
                "nones_1": "`None` is ignored.",
                "nones_2": "`None` does not appear in the result.",
            },
        },
        "report": {
            "count": {
                "returns": "int",
                "told": "how many $things are of that kind",
                "update": "found[kind] = found.get(kind, 0) + 1",
                "bound": "sum(result.values()) <= len($xs)",
            },
            "place": {
                "returns": "int",
                "told": "the index in `$xs` of the first $thing of that kind",
                "update": "found.setdefault(kind, place)",
                "bound": "all(0 <= place < len($xs) for place in result.values())",
            },
            "last_place": {
                "returns": "int",
                "told": "the index in `$xs` of the last $thing of that kind",
                "update": "found[kind] = place",
                "bound": "all(0 <= place < len($xs) for place in result.values())",
            },
            "members": {
                "returns": "list",
                "told": "a list of the $things of that kind, unchanged and in their order",
                "update": "found.setdefault(kind, []).append(value)",
                "bound": "sum(len(members) for members in result.values()) <= len($xs)",
            },
            "first": {
                "returns": "object",
                "told": "the first $thing of that kind, unchanged",
                "update": "found.setdefault(kind, value)",
                "bound": "all(value in $xs for value in result.values())",
            },
            "last": {
                "returns": "object",
                "told": "the last $thing of that kind, unchanged",
                "update": "found[kind] = value",
                "bound": "all(value in $xs for value in result.values())",
            },
        },
        "bools": {
            "own": {
                "bools_1": '`True` and `False` are of the kind "bool" and of no other.',
                "bools_2": 'A `bool` is no `int` here, but of the kind "bool".',
            },
            "int": {
                "bools_1": "`True` and `False` count as an `int`.",
                "bools_2": "A `bool` is treated as an `int`.",
            },
            "skip": {
                "bools_1": "`True` and `False` are passed over.",
                "bools_2": "A `bool` is left out of account.",
            },
        },
        "order": {
            "seen": {
                "ordered": "found",
                "order_1": "The keys stand in the order in which their kinds first appear in `$xs`.",
                "order_2": "In the result, a kind whose first $thing is earlier in `$xs` comes earlier.",
                "sorted": "len(result) <= len($xs)",
            },
            "names": {
                "ordered": "dict(sorted(found.items()))",
                "order_1": "The keys are sorted as Python sorts texts, capitals first.",
                "order_2": "In the result, the kinds are sorted by their names, with capital letters before small ones.",
                "sorted": "list(result) == sorted(result)",
            },
        },
        "floats": {
            "own": {
                "floats_1": 'Every `float` is of the kind "float", even 2.0.',
                "floats_2": 'A `float`, whole or not, is of the kind "float".',
            },
            "together": {
                "floats_1": 'An `int` and a `float` are of the same kind, "number".',
                "floats_2": '`int` and `float` make one kind with the name "number".',
            },
            "whole": {
                "floats_1": "A `float` without a fraction, such as 2.0, counts as an `int`, and any other as a "
                "`float`.",
                "floats_2": "2.0 and any other `float` without a fraction count as an `int`.",
            },
        },
    },
    surface={
        "what": {
            "values": {"xs": "values", "thing": "value", "things": "values"},
            "cells": {"xs": "row", "thing": "cell", "things": "cells"},
            "fields": {"xs": "record", "thing": "field", "things": "fields"},
            "entries": {"xs": "entries", "thing": "entry", "things": "entries"},
            "answers": {"xs": "answers", "thing": "answer", "things": "answers"},
        },
        "name": ("kinds_in", "by_kind", "types_of", "kind_table", "type_summary"),
    },
    derive=_kinds_found,
    signature="($xs: list) -> dict[str, $returns]",
    wordings=(
        "Find out which kinds of $things are in the list `$xs`. Return a dictionary that maps the name of each kind "
        'that occurs, which is the name of its Python type (such as "str") if nothing else is said, to $told.',
        "`$xs` is a list of $things of mixed types. Give back a dictionary with a key for each kind among them and "
        'under it $told; unless told otherwise, the key is what Python calls the type, for example "str".',
        "For every kind of $thing in the list `$xs`, tell $told. The result is a dictionary whose keys are the "
        'names that Python has for these types, such as "str", apart from what follows.',
        "Group the $things of `$xs` by type, and return for each type $told. That is to be a dictionary, whose keys "
        'are the names of the types, "str" for instance, with some exceptions.',
    ),
    details={
        "numbers": ("$bools_1 $floats_1", "$floats_2 $bools_2", "$floats_1 $bools_1", "$bools_2 $floats_2"),
        "others": (
            "$nones_1 $lists_1 $order_1",
            "$lists_2 $nones_2 $order_2",
            "$order_2 $nones_1 $lists_2",
            "$lists_1 $order_1 $nones_2",
        ),
    },
    reference="""
        def $name($xs):
            $table
            found = {}
            for $loop:
                kind = type(value).__name__
                $update
            return $ordered
    """,
    second="""
        def $name($xs):
            def kind_of(value):
                if value is None:
                    return "NoneType" if "$nones" == "own" else ""
                if value is True or value is False:
                    if "$bools" != "int":
                        return "bool" if "$bools" == "own" else ""
                    value = int(value)
                if isinstance(value, (int, float)):
                    if "$floats" == "together":
                        return "number"
                    whole = isinstance(value, int) or ("$floats" == "whole" and value % 1 == 0)
                    return "int" if whole else "float"
                if isinstance(value, str):
                    return "str"
                if "$lists" == "together":
                    return "sequence"
                return "list" if isinstance(value, list) else "tuple"

            kinds = list(map(kind_of, $xs))
            names = [kind for at, kind in enumerate(kinds) if kind and kind not in kinds[:at]]
            if "$order" == "names":
                names.sort()
            result = {}
            for name in names:
                places = [at for at, kind in enumerate(kinds) if kind == name]
                members = [$xs[at] for at in places]
                result[name] = {
                    "count": len(places),
                    "place": places[0],
                    "last_place": places[-1],
                    "members": members,
                    "first": members[0],
                    "last": members[-1],
                }["$report"]
            return result
    """,
    misreadings=(
        Misreading(kind="types", says="numbers", choose="bools"),
        Misreading(kind="types", says="numbers", choose="floats"),
        Misreading(kind="empty", says="others", choose="nones"),
        Misreading(kind="types", says="others", choose="lists"),
        Misreading(kind="order", says="others", choose="order"),
        Misreading(kind="order", says="$told", choose="report"),
    ),
    inputs=(
        lists(
            mixed(
                one_of(True, False, None),
                integers(-2, 3),
                one_of(2.0, 0.5, -1.0, 2.5, 3.0),
                one_of("", "a", "b", "7", "True"),
                one_of([], [1], (), (1, 2)),
            ),
            0,
            9,
        ),
    ),
    examples=("[]", "[True, 1]", "[1, True]", "[2.0, 2]", "[2.5, None]", "[(), []]", "['b', 1, 'a', 2, None, True]"),
    properties=("$bound", "$sorted"),
)


_GROUPS = {"none": "every `None`", "numbers": "the numbers", "texts": "the texts", "truths": "`False` and `True`"}


def _mixed_sorting(values: Values) -> Values:
    """The pieces of the reference of `mixed_order`, and what the prompt says of the order of kinds."""
    places = values["ranks"].split(", ")
    groups = {"first": ["truths", *places], "last": [*places, "truths"], "number": places}[values["bools"]]
    said = [_GROUPS[group] for group in groups]
    own, digits = values["bools"] != "number", values["digits"] == "number"
    is_number = "type(value) in (int, float)" if own else "isinstance(value, (int, float))"
    is_text = "isinstance(value, str)"
    key = {"up": "", "down": ", reverse=True", "near": ", key=abs"}[values["numbers"]]
    if digits:
        is_number += f" or ({is_text} and value.isascii() and value.isdigit())"
        is_text += " and not (value.isascii() and value.isdigit())"
        number = "int(value) if isinstance(value, str) else value"
        whole = f", key=lambda value: {number}"
        near = f", key=lambda value: abs({number})"
        key = {"up": whole, "down": f"{whole}, reverse=True", "near": near}[values["numbers"]]
    text_key = {"exact": "", "case": ", key=str.lower", "length": ", key=len"}.get(values["texts"])

    def chosen(test: str, key: str | None) -> str:
        picked = f"value for value in $xs if {test}"
        return f"[{picked}]" if key is None else f"sorted(({picked}){key})" if key else f"sorted({picked})"

    before = places.index("numbers") < places.index("none")
    end = "in front of all others" if values["bools"] == "first" else "behind all others"
    return {
        "picked_truths": f"truths = {chosen('isinstance(value, bool)', '')}" if own else "",
        "picked_numbers": f"numbers = {chosen(is_number, key)}",
        "picked_texts": f"texts = {chosen(is_text, text_key)}",
        "joined": ", ".join(f"*{'nothing' if group == 'none' else group}" for group in groups),
        "line": ", ".join(said),
        "order_1": f"First {'come' if groups[0] != 'none' else 'comes'} {said[0]}, then {', then '.join(said[1:])}.",
        "truth_1": f"`True` and `False` stand {end}, `False` in front of `True`, and neither is a number."
        if own
        else "`True` counts as the number 1, and `False` as 0.",
        "truth_2": f"A `bool` is no number: those in the list stand {end}, with `False` before `True`."
        if own
        else "A `bool` is treated as a number, `True` as 1 and `False` as 0.",
        "left": "a is None and type(b) == int" if before else "type(a) == int and b is None",
    }


_MIXED_ORDER = Template(
    name="mixed_order",
    idea="a list of values of mixed kinds in a total order",
    held_out=True,
    space={
        "bools": ("number", "first", "last"),
        "texts": {
            "exact": {
                "texts_1": "Texts are compared as Python compares them, with all capitals before the small letters.",
                "texts_2": "Among themselves, texts have the order that Python gives them, in which every capital "
                "letter is before all small ones.",
            },
            "case": {
                "texts_1": "Texts are compared as Python compares them, but as if all their letters were small.",
                "texts_2": "Among themselves, texts have the order that Python would give them if they were in lower "
                "case.",
            },
            "length": {
                "texts_1": "Shorter texts are in front of longer ones, and nothing else counts with them.",
                "texts_2": "Among themselves, texts are ordered by their lengths alone, the shortest in front.",
            },
            "kept": {
                "texts_1": "Texts are not sorted among themselves: they keep the order of `$xs`.",
                "texts_2": "Among themselves, texts stay in the order in which `$xs` has them.",
            },
        },
        "digits": {
            "number": {
                "digits_1": 'A text of nothing but digits from 0 to 9, such as "12", takes the place of the number that it '
                "spells, but is returned as a text.",
                "digits_2": 'Texts that have digits from 0 to 9 only, such as "12", are placed among the numbers by what they '
                "spell; they stay texts nevertheless.",
            },
            "text": {
                "digits_1": 'A text of digits, such as "12", is a text like any other.',
                "digits_2": 'Texts such as "12" are not numbers.',
            },
        },
        "ranks": (
            "none, numbers, texts",
            "none, texts, numbers",
            "numbers, none, texts",
            "numbers, texts, none",
            "texts, none, numbers",
            "texts, numbers, none",
        ),
        "numbers": {
            "up": {
                "numbers_1": "Numbers ascend, whether they are `int` or `float`.",
                "numbers_2": "The lower of two numbers is in front, be they `int` or `float`.",
            },
            "down": {
                "numbers_1": "Numbers descend, whether they are `int` or `float`.",
                "numbers_2": "The higher of two numbers is in front, be they `int` or `float`.",
            },
            "near": {
                "numbers_1": "Numbers are ordered by their distance from 0, the nearest in front.",
                "numbers_2": "Of two numbers, the one nearer to 0 is in front; their signs do not matter.",
            },
        },
    },
    surface={
        "what": {
            "values": {"xs": "values", "thing": "value", "things": "values"},
            "cells": {"xs": "cells", "thing": "cell", "things": "cells"},
            "entries": {"xs": "entries", "thing": "entry", "things": "entries"},
            "keys": {"xs": "keys", "thing": "key", "things": "keys"},
            "answers": {"xs": "answers", "thing": "answer", "things": "answers"},
        },
        "name": ("mixed_sort", "in_order", "sort_mixed", "arranged", "sorted_by_kind"),
    },
    derive=_mixed_sorting,
    signature="($xs: list) -> list",
    wordings=(
        "Return a sorted copy of the list `$xs`. Its $things are `None`, `bool`s, `int`s, `float`s and texts in any "
        "mix, and none of them is changed.",
        "Python refuses to sort the list `$xs`, since its $things have different types: texts, numbers, `bool`s and "
        "`None`. Return them all in a list that is sorted by these rules.",
        "Numbers, texts, `bool`s and `None` occur together in `$xs`. Put these $things in order and give back the "
        "new list, with each of them as it was.",
        "Arrange a list of $things, `$xs`, in which any of them may be a number, a text, a `bool` or `None`. The "
        "result is a list of the same $things in the following order.",
    ),
    details={
        "kinds": ("$order_1", "The result has these parts, from front to end: $line."),
        "bools": ("$truth_1", "$truth_2"),
        "numbers": ("$numbers_1 $digits_1", "$numbers_2 $digits_2", "$digits_1 $numbers_2", "$digits_2 $numbers_1"),
        "texts": ("$texts_1", "$texts_2"),
        "ties": (
            "Where this leaves two $things level, as with 2 and 2.0, they keep their order in `$xs`.",
            "Members of `$xs` that are level by these rules, such as 2 and 2.0, stay in the order in which they were.",
        ),
    },
    reference="""
        def $name($xs):
            nothing = [value for value in $xs if value is None]
            $picked_truths
            $picked_numbers
            $picked_texts
            return [$joined]
    """,
    second="""
        def $name($xs):
            kinds = "$ranks".split(", ")

            def rank(value):
                if value is None:
                    return kinds.index("none"), 0
                if type(value) is bool and "$bools" != "number":
                    return (-1 if "$bools" == "first" else 9), int(value)
                if type(value) is str:
                    if "$digits" == "text" or not value or set(value) - set("0123456789"):
                        said = {"exact": value, "case": value.lower(), "length": len(value), "kept": 0}["$texts"]
                        return kinds.index("texts"), said
                    value = int(value)
                number = {"up": value, "down": -value, "near": max(value, -value)}["$numbers"]
                return kinds.index("numbers"), number

            ordered = []
            for value in $xs:
                place = len(ordered)
                while place and rank(ordered[place - 1]) > rank(value):
                    place -= 1
                ordered.insert(place, value)
            return ordered
    """,
    misreadings=(
        Misreading(kind="order", says="kinds", choose="ranks"),
        Misreading(kind="types", says="bools", choose="bools"),
        Misreading(kind="sign", says="numbers", choose="numbers"),
        Misreading(kind="types", says="numbers", choose="digits"),
        Misreading(kind="case", says="texts", choose="texts"),
    ),
    inputs=(
        lists(
            mixed(
                one_of(None, True, False),
                integers(-3, 4),
                one_of(2.0, -2.0, 0.5, 1.0, 2.5, -0.5),
                one_of("b", "B", "a", "A", "ab", "Ab", "aB", "", "b2", "abc"),
                one_of("2", "10", "0", "02", "3", "2", "10", "\u0663"),
            ),
            0,
            9,
        ),
    ),
    examples=("[]", "[2, 2.0, '2']", "[2.0, 2]", "[True, 1, False, 0]", "['b', 'A', 'a', 'B']", "['', None, 0, '0']"),
    properties=(
        "len(result) == len($xs) and all(result.count(value) == $xs.count(value) for value in $xs)",
        "not any($left for a, b in zip(result, result[1:]))",
    ),
)


def _plain_conversion(values: Values) -> Values:
    """The reference of `plain_form`."""
    in_dicts = " if item is not None" if values["nones"] != "keep" else ""
    in_lists = " if item is not None" if values["nones"] == "drop" else ""
    members = f"[$name(item) for item in $xs{in_lists}]"
    entry = "str(key): $name(item)" if values["keys"] == "str" else "key: $name(item)"
    named = " and isinstance(key, str)" if in_dicts else " if isinstance(key, str)"
    entries = f"{{{entry} for key, item in $xs.items(){in_dicts}{named if values['keys'] == 'skip' else ''}}}"
    if values["keys"] == "pairs":
        dictionary = (
            f"entries = {entries}\n"
            "if all(isinstance(key, str) for key in $xs):\n    return entries\n"
            "return [[key, item] for key, item in entries.items()]"
        )
    else:
        dictionary = f"return {entries}"
    sequences = {
        "list": f"if isinstance($xs, (list, tuple)):\n    return {members}",
        "keep": "if isinstance($xs, (list, tuple)):\n"
        f"    members = {members}\n    return tuple(members) if isinstance($xs, tuple) else members",
        "tagged": "if isinstance($xs, (list, tuple)):\n"
        f'    members = {members}\n    return {{"tuple": members}} if isinstance($xs, tuple) else members',
    }[values["tuples"]]
    bools = {
        "keep": "",
        "int": "if isinstance($xs, bool):\n    return int($xs)",
        "word": 'if isinstance($xs, bool):\n    return "yes" if $xs else "no"',
    }[values["bools"]]
    return {
        "dictionary": dictionary,
        "sequences": sequences,
        "truths": bools,
        "rest_1": "A set, which holds numbers only, becomes a list in $set_order order; numbers and texts stay as they "
        "are.",
        "rest_2": "From a set make a list in $set_order order (there are only numbers in sets). Numbers and texts do "
        "not change.",
    }


def _nested() -> Inputs:
    """Values of all kinds, nested up to three deep."""

    def leaf(rng: Random) -> Any:
        leaves = (None, None, True, False, 0, 1, 7, -2, "", "a", "x1", b"", b"ab", b"Z0", b"\n", {3, 1}, {10, 9, -1})
        return leaves[rng.randrange(len(leaves))]

    def grow(rng: Random, left: int) -> Any:
        kind = rng.randrange(9) if left else 8
        if kind > 6:
            return leaf(rng)
        members = [grow(rng, left - 1) for _ in range(rng.randint(0, 3))]
        if kind < 2:
            return members
        if kind < 4:
            return tuple(members)
        keys = ("a", "b", "c", "d") if kind < 6 else ("a", 1, "b", None, 2)
        return {keys[rng.randrange(len(keys))]: member for member in members}

    edges: tuple[Any, ...] = (
        *(None, True, False, 5, "a", b"ab", b"", {3, 1, 2}, [], (), {}),
        *({1: "a"}, {"a": 1, 2: None}, {"a": None, "b": [None]}, {None: 3, "a": (4,)}, (None, [None, (5,)])),
        *([True, [False]], {"a": True}, [b"ab", {"a": b"c"}], {"a": {"b": {1: None, "c": None}}}, [{2, 1}]),
    )
    return Inputs(lambda rng: grow(rng, 3), edges)


_PLAIN_FORM = Template(
    name="plain_form",
    idea="nested data in fewer kinds of values, converted at every level",
    space={
        "bools": {
            "keep": {
                "bools_1": "`True` and `False` stay as they are.",
                "bools_2": "A `bool` is not converted.",
            },
            "int": {
                "bools_1": "`True` becomes 1, and `False` 0.",
                "bools_2": "A `bool` is turned into an `int`, 1 or 0.",
            },
            "word": {
                "bools_1": '`True` becomes "yes", and `False` "no".',
                "bools_2": 'A `bool` is replaced by the text "yes" or "no".',
            },
        },
        "bytes": {
            "hex": {
                "unpacked": "$xs.hex()",
                "bytes_1": "`bytes` become a text of hexadecimal digits (small letters, two digits a byte).",
                "bytes_2": "For `bytes`, write two hexadecimal digits for each byte, in lower case, in one text.",
            },
            "numbers": {
                "unpacked": "list($xs)",
                "bytes_1": "`bytes` become a list of the numbers in them.",
                "bytes_2": "For `bytes`, make a list with the number of each byte.",
            },
            "text": {
                "unpacked": "$xs.decode()",
                "bytes_1": "`bytes`, which hold nothing but ASCII, become the text that they encode.",
                "bytes_2": "For `bytes`, take the text that they stand for in ASCII, which all of them are.",
            },
        },
        "keys": {
            "str": {
                "keys_1": "A key that is not a text is turned into one by `str`.",
                "keys_2": "Keys that are not texts are replaced by what `str` makes of them.",
            },
            "skip": {
                "keys_1": "An entry of a dictionary is left out if its key is not a text.",
                "keys_2": "Entries are dropped from a dictionary where the key is something else than a text.",
            },
            "pairs": {
                "keys_1": "If any key of a dictionary is not a text, whatever its value, the dictionary becomes a "
                "list of its entries, each a list `[key, value]` with the key as it is.",
                "keys_2": "A dictionary in which all keys are texts stays one. From any other, make a list with a "
                "list `[key, value]` for each entry; the keys themselves are not converted. A key counts for this "
                "whatever its value is.",
            },
        },
        "nones": {
            "keep": {
                "nones_1": "`None` is kept as a value and as a member.",
                "nones_2": "Every `None` that is a value or a member stays.",
            },
            "entries": {
                "nones_1": "An entry of a dictionary is left out if its value is `None`; in a list, a tuple or alone, `None` is kept.",
                "nones_2": "A `None` that is the value of an entry in a dictionary is dropped together with its key, "
                "and a `None` in a list, in a tuple or alone stays.",
            },
            "drop": {
                "nones_1": "`None` is left out of lists and tuples, and an entry of a dictionary whose value is "
                "`None` is left out, too; if `$xs` itself is `None`, return `None`.",
                "nones_2": "No list, tuple or dictionary keeps a `None` as a member or a value (with the value, its "
                "key goes, too); keys are not meant. Only where `$xs` is `None` as a whole, the result is `None`.",
            },
        },
        "sets": {
            "rising": {"listed": "sorted($xs)", "set_order": "ascending"},
            "falling": {"listed": "sorted($xs, reverse=True)", "set_order": "descending"},
        },
        "tuples": {
            "list": {
                "tuples_1": "A tuple becomes a list.",
                "tuples_2": "Tuples are turned into lists.",
            },
            "keep": {
                "tuples_1": "A tuple stays a tuple, but of converted members.",
                "tuples_2": "Tuples remain tuples, and lists remain lists, with their members converted.",
            },
            "tagged": {
                "tuples_1": 'A tuple becomes a dictionary whose only key is "tuple", with the list of its converted '
                "members as the value.",
                "tuples_2": 'For each tuple there is a dictionary `{"tuple": members}`, where the converted members '
                "are in a list.",
            },
        },
    },
    surface={
        "what": {
            "data": {"xs": "data", "purpose": "so that it can be written to a file"},
            "state": {"xs": "state", "purpose": "so that it can be stored"},
            "payload": {"xs": "payload", "purpose": "so that another program can read it"},
            "report": {"xs": "report", "purpose": "so that it can be compared with another one"},
            "result": {"xs": "answer", "purpose": "so that it can be shown on a page"},
        },
        "name": ("plain_form", "to_plain", "simplify", "converted", "prepare"),
    },
    derive=_plain_conversion,
    signature="($xs: object) -> object",
    wordings=(
        "Convert `$xs` $purpose. It is a single value, or lists, tuples and dictionaries with values in them to any "
        "depth, and the following holds at every level.",
        "Return a copy of `$xs` that is made of fewer types, $purpose. Lists, tuples and dictionaries may be nested "
        "in it, and all rules apply at every level, also to a single value that is in nothing.",
        "`$xs` may be anything from a number or text to nested dictionaries, lists and tuples. Bring it into a "
        "simpler form, $purpose, by rules that are applied at every level.",
        "Make a simpler value from `$xs`, $purpose. Whatever is in a list, a tuple or a dictionary is converted like "
        "a value of its own, at every level.",
    ),
    details={
        "values": (
            "$tuples_1 $bools_1 $bytes_1",
            "$bytes_2 $bools_2 $tuples_2",
            "$tuples_2 $bytes_1 $bools_1",
            "$bools_2 $tuples_1 $bytes_2",
        ),
        "others": ("$keys_1 $nones_1 $rest_1", "$rest_2 $nones_2 $keys_2", "$nones_1 $keys_1 $rest_2"),
    },
    reference="""
        def $name($xs):
            if isinstance($xs, dict):
                $dictionary
            $sequences
            if isinstance($xs, set):
                return $listed
            if isinstance($xs, bytes):
                return $unpacked
            $truths
            return $xs
    """,
    second="""
        def $name($xs):
            def walk(part):
                kind = type(part).__name__
                if kind in ("list", "tuple"):
                    found = []
                    for member in part:
                        if member is not None or "$nones" != "drop":
                            found.append(walk(member))
                    if kind == "list" or "$tuples" == "list":
                        return found
                    return tuple(found) if "$tuples" == "keep" else dict(tuple=found)
                if kind == "dict":
                    pairs = [(key, walk(part[key])) for key in part if part[key] is not None or "$nones" == "keep"]
                    if "$keys" == "str":
                        pairs = [("%s" % key, value) for key, value in pairs]
                    elif "$keys" == "skip":
                        pairs = [pair for pair in pairs if type(pair[0]) is str]
                    elif {type(key) for key in part} - {str}:
                        return list(map(list, pairs))
                    return dict(pairs)
                if kind == "bytes":
                    numbers = [number for number in part]
                    if "$bytes" == "numbers":
                        return numbers
                    return "".join(format(number, "02x") if "$bytes" == "hex" else chr(number) for number in numbers)
                if kind == "bool":
                    return {"keep": part, "int": 1 if part else 0, "word": ("no", "yes")[part]}["$bools"]
                return sorted(part)[:: 1 if "$sets" == "rising" else -1] if kind == "set" else part

            return walk($xs)
    """,
    misreadings=(
        Misreading(kind="types", says="values", choose="tuples"),
        Misreading(kind="types", says="values", choose="bytes"),
        Misreading(kind="types", says="values", choose="bools"),
        Misreading(kind="types", says="others", choose="keys"),
        Misreading(kind="order", says="others", choose="sets"),
        Misreading(kind="empty", says="others", choose="nones"),
        Misreading(kind="scope", says="at every level", swap=("$name(item)", "item")),
    ),
    inputs=lambda values: (_nested(),),
    properties=(
        "not isinstance(result, (set, bytes))",
        "not isinstance(result, dict) or all(isinstance(key, str) for key in result)",
        "not isinstance(result, list) or len(result) <= len($xs)",
    ),
)


_DIGITS = " and value.isascii() and value.isdigit()"


def _record_check(values: Values) -> Values:
    """The pieces of the reference of `check_record`, and what the prompt says of conversions."""
    reads, writes = values["coerce"] in ("read", "both"), values["coerce"] in ("write", "both")
    numbers = values["bools"] == "convert"
    flags = values["flags"] == "words"
    missing = 'errors.append(f"{field}: missing")'
    if values["optional"] == "null":
        absent = f'if kind.endswith("?"):\n    clean[field] = None\nelse:\n    {missing}\ncontinue'
    else:
        absent = f'if not kind.endswith("?"):\n    {missing}\ncontinue'
    steps = [
        *[f'if wanted == "int" and isinstance(value, str){_DIGITS}:\n    value = int(value)'] * reads,
        *['if wanted == "int" and isinstance(value, bool):\n    value = int(value)'] * numbers,
        *['if wanted == "str" and type(value) is int:\n    value = str(value)'] * writes,
        *['if wanted == "bool" and value in ("yes", "no"):\n    value = value == "yes"'] * flags,
    ]
    strict = not (reads or writes or numbers or flags)
    said_1 = [
        *['for an "int", a text of one or more digits from 0 to 9 and nothing else is accepted and converted']
        * reads,
        *['for a "str", an `int` (but no `bool`) is accepted and converted'] * writes,
        *['for an "int", `True` and `False` are accepted and become 1 and 0'] * numbers,
        *['for a "bool", the texts "yes" and "no" are accepted and become `True` and `False`'] * flags,
    ]
    said_2 = [
        *['a text of one or more digits from 0 to 9 and nothing else is converted where an "int" is expected']
        * reads,
        *['an `int`, though not a `bool`, is converted where a "str" is expected'] * writes,
        *['`True` and `False` are converted to 1 and 0 where an "int" is expected'] * numbers,
        *['"yes" and "no" are converted to `True` and `False` where a "bool" is expected'] * flags,
    ]
    exact_1 = "The type of a value must be exactly the one that is asked for; a `bool` is no "
    return {
        "digits": _DIGITS if reads else "def $name",
        "digits_loosely": " and value.isdigit()" if reads else "def $name",
        "absent": absent,
        "convert": "\n".join(steps),
        "valid_1": f'{exact_1}"int".'
        if strict
        else f"{exact_1}`int`, for example. {'Exceptions' if len(said_1) > 1 else 'An exception'}: {'; '.join(said_1)}.",
        "valid_2": 'Nothing is converted: a value needs to have just the type that is expected, and `True` is no "int".'
        if strict
        else f"A value needs to have just the type that is expected (2.0 is no `int`), except that {'; '.join(said_2)}.",
    }


def _records(values: Values) -> tuple[Inputs, Inputs]:
    names = one_of("name", "age", "city", "active", "size")
    kinds = one_of("int", "int", "int?", "str", "str", "str?", "bool", "bool?")
    value = mixed(
        one_of(None, True, False, True),
        one_of(0, 1, 7, -3),
        one_of("7", "007", "-3", "", "Ann", "yes", "no", "Yes", "1.5", "\u0663", "1\u0663"),
        one_of(2.0, [1], "no", "12"),
    )
    return dicts(names, value, 0, 5), dicts(names, kinds, 0, 5)


_CHECK_RECORD = Template(
    name="check_record",
    idea="a dictionary checked against the kinds that its fields should have, with conversions and messages",
    space={
        "bad": {
            "leave": {
                "spoilt": "",
                "bad_1": "Any $field with a wrong value is left out of the dictionary.",
                "bad_2": "The dictionary does not have the ${field}s with wrong values.",
            },
            "null": {
                "spoilt": "clean[field] = None",
                "bad_1": "In the dictionary, a wrong value is replaced by `None`.",
                "bad_2": "The dictionary has `None` for each $field with a wrong value.",
            },
        },
        "bools": ("refuse", "convert"),
        "coerce": ("none", "read", "write", "both"),
        "flags": ("strict", "words"),
        "nones": {
            "missing": {
                "gone": "value is None",
                "nones_1": "Any $field of `$ys` whose value is `None` is treated as missing.",
                "nones_2": "For a known $field, `None` as its value means the same as if it were not there at all.",
            },
            "wrong": {
                "gone": "field not in $xs",
                "nones_1": "A value of `None` is not the same as a missing $field; it has the wrong type, whatever "
                "is expected.",
                "nones_2": "`None` as the value of a known $field does not mean that it is missing, but is of the wrong "
                "type, even if the $field is optional.",
            },
        },
        "optional": {
            "leave": {
                "optional_1": "an optional $field that is missing is left out, without a message",
                "optional_2": "An optional one may be missing; then it is not in the dictionary, and there is no "
                "message.",
            },
            "null": {
                "optional_1": "an optional $field that is missing is put into the dictionary as `None`, without a "
                "message",
                "optional_2": "An optional one may be missing; then it is in the dictionary with `None` as its "
                "value, and there is no message.",
            },
        },
        "unknown": {
            "drop": {
                "others": "",
                "unknown_1": "Any $field that is not in `$ys` is ignored.",
                "unknown_2": "What `$ys` does not mention is left out, and there is no message about it.",
            },
            "keep": {
                "others": "clean |= {field: value for field, value in $xs.items() if field not in $ys}",
                "unknown_1": "Any $field that is not in `$ys` is added to the end of the dictionary with its value, "
                "whatever that is, in the order of `$xs`.",
                "unknown_2": "What `$ys` does not mention comes at the end of the dictionary, unchanged and in the "
                "order of `$xs`; there is no message about it.",
            },
            "report": {
                "others": 'errors += [f"{field}: unknown" for field in $xs if field not in $ys]',
                "unknown_1": 'Any $field that is not in `$ys` is left out, with a message like "size: unknown" after '
                "all other messages, in the order of `$xs`.",
                "unknown_2": "What `$ys` does not mention is left out. For each such $field, in the order of `$xs`, "
                'there is a message at the end of the list, for example "size: unknown".',
            },
        },
    },
    surface={
        "what": {
            "record": {"xs": "record", "ys": "schema", "field": "field"},
            "form": {"xs": "form", "ys": "expected", "field": "field"},
            "row": {"xs": "row", "ys": "columns", "field": "column"},
            "settings": {"xs": "settings", "ys": "types", "field": "setting"},
            "entry": {"xs": "entry", "ys": "shape", "field": "property"},
        },
        "name": ("check_$xs", "clean_$xs", "validate", "checked", "conform"),
    },
    derive=_record_check,
    signature="($xs: dict[str, object], $ys: dict[str, str]) -> tuple[dict[str, object], list[str]]",
    wordings=(
        'Check the dictionary `$xs` against `$ys`, which says for each $field what type it has: "int", "str" or '
        '"bool", with a question mark at the end, as in "int?", if the $field is optional. Return a tuple of a '
        "dictionary with the values that pass and a list of messages.",
        "`$ys` maps the name of each $field to the type that its value in `$xs` is expected to have, which is "
        '"int", "str" or "bool"; one that is written like "int?" is optional. Return two things in a tuple: a '
        "dictionary of the valid values, and a list of messages about the others.",
        "Does the dictionary `$xs` have what `$ys` asks for? There, each $field has a type, one of "
        '"int", "str" and "bool", and the $field need not be present if a question mark follows, as in "str?". '
        "Give back a tuple `(valid, messages)`: a dictionary of the values that are right and a list of messages.",
        "A dictionary, `$xs`, came from outside. Its types are to be checked: `$ys` has a text for every known "
        '$field, "int", "str" or "bool", or the same with "?" at the end if the $field is optional. The result is a '
        "tuple of a dictionary with what is valid and a list of messages about what is not.",
    ),
    details={
        "valid": ("$valid_1", "$valid_2"),
        "messages": (
            'A wrong value gives a message like "age: not int" (without the question mark) and a required $field '
            'that is missing one like "age: missing"; $optional_1. Dictionary and messages are in the order of '
            "`$ys`.",
            'The message about a required $field that is missing reads "age: missing", for example, and the one '
            'about a wrong value "age: not int", where a question mark is left out. $optional_2 Both results follow '
            "the order of `$ys`.",
        ),
        "nones": ("$nones_1", "$nones_2"),
        "bad": ("$bad_1", "$bad_2"),
        "unknown": ("$unknown_1", "$unknown_2"),
    },
    reference="""
        def $name($xs, $ys):
            clean, errors = {}, []
            for field, kind in $ys.items():
                value = $xs.get(field)
                if $gone:
                    $absent
                wanted = kind.rstrip("?")
                $convert
                if type(value).__name__ == wanted:
                    clean[field] = value
                else:
                    $spoilt
                    errors.append(f"{field}: not {wanted}")
            $others
            return clean, errors
    """,
    second="""
        def $name($xs, $ys):
            kinds = {"int": int, "str": str, "bool": bool}

            def judged(value, wanted):
                given = type(value)
                if given is kinds[wanted]:
                    return [value]
                if (given, wanted) == (str, "int") and "$coerce" in ("read", "both"):
                    return [int(value)] if value and not value.strip("0123456789") else []
                if (given, wanted) == (int, "str") and "$coerce" in ("write", "both"):
                    return [f"{value}"]
                if (given, wanted) == (bool, "int") and "$bools" == "convert":
                    return [1 if value else 0]
                if (given, wanted) == (str, "bool") and "$flags" == "words":
                    return [flag for word, flag in (("yes", True), ("no", False)) if word == value]
                return []

            present = {field for field in $xs if $xs[field] is not None or "$nones" == "wrong"}
            rows = []
            for field in $ys:
                wanted, mark, _ = $ys[field].partition("?")
                if field in present:
                    found = judged($xs[field], wanted)
                    rows.append((field, found or [None] * ("$bad" == "null"), "" if found else f"not {wanted}"))
                elif mark:
                    rows.append((field, [None] * ("$optional" == "null"), ""))
                else:
                    rows.append((field, [], "missing"))
            for field in $xs:
                if field not in $ys and "$unknown" != "drop":
                    rows.append((field, [$xs[field]], "") if "$unknown" == "keep" else (field, [], "unknown"))
            clean = {field: found[0] for field, found, _ in rows if found}
            return clean, [": ".join([field, wrong]) for field, _, wrong in rows if wrong]
    """,
    misreadings=(
        Misreading(kind="types", says="valid", choose="coerce"),
        Misreading(kind="types", says="valid", swap=("$digits", "$digits_loosely")),
        Misreading(kind="types", says="valid", choose="bools"),
        Misreading(kind="types", says="valid", choose="flags"),
        Misreading(kind="empty", says="messages", choose="optional"),
        Misreading(kind="empty", says="nones", choose="nones"),
        Misreading(kind="scope", says="bad", choose="bad"),
        Misreading(kind="scope", says="unknown", choose="unknown"),
    ),
    inputs=_records,
    examples=(
        "{}, {}",
        "{'age': '\u0663'}, {'age': 'int'}",
        "{'age': True}, {'age': 'int'}",
        "{'age': '7', 'city': 7}, {'city': 'str', 'age': 'int?'}",
        "{'active': 'yes', 'size': None}, {'size': 'int?', 'active': 'bool'}",
        "{'size': 1, 'age': 2}, {'age': 'bool'}",
    ),
    properties=(
        "set(result[0]) <= set($xs) | set($ys)",
        "all(text.partition(': ')[0] in [*$xs, *$ys] for text in result[1])",
        "all(field in result[0] or field in [text.partition(': ')[0] for text in result[1]] or $ys[field][-1] == '?' "
        "for field in $ys)",
    ),
)


def _packing(values: Values) -> Values | None:
    """The pieces of the reference of `pack_fields`."""
    sign, beyond = values["sign"], values["beyond"]
    if beyond == "wrap" and sign != "twos":
        return None  # the lowest bits of plain numbers are the same, and a sign of its own has none to drop
    half = "half = 2 ** (width - 1)"
    limits = {
        ("plain", "refuse"): 'if not 0 <= value < 2 ** width:\n    raise ValueError("it does not fit")',
        ("plain", "clamp"): "value = min(max(value, 0), 2 ** width - 1)",
        ("twos", "refuse"): f'{half}\nif not -half <= value < half:\n    raise ValueError("it does not fit")',
        ("twos", "clamp"): f"{half}\nvalue = min(max(value, -half), half - 1)",
        ("twos", "wrap"): "",
        ("size", "refuse"): f'{half}\nif abs(value) >= half:\n    raise ValueError("it does not fit")',
        ("size", "clamp"): f"{half}\nvalue = min(max(value, 1 - half), half - 1)",
    }[sign, beyond]
    bits = "value" if sign == "plain" else "bits"
    return {
        "limits": limits,
        "encode": {
            "plain": "",
            "twos": "bits = value % 2 ** width",
            "size": "bits = value if value >= 0 else half - value",
        }[sign],
        "join": f"word = word << width | {bits}" if values["first"] == "high" else f"word |= {bits} << size",
    }


def _fields(values: Values) -> Inputs:
    """Pairs of a number and a width; most of the numbers fit, many of them just so."""

    def draw(rng: Random) -> tuple[int, int]:
        width = rng.randint(2, 9)
        half = 2 ** (width - 1)
        low, high = {"plain": (0, 2 * half - 1), "twos": (-half, half - 1), "size": (1 - half, half - 1)}[
            values["sign"]
        ]
        kind = rng.random()
        if kind < 0.03:
            return rng.randint(0, 3), rng.randint(-1, 1)
        if kind < 0.15:
            beyond = (low - 1, low - 2, high + 1, high + 2, high + half, 4 * half)
            return beyond[rng.randrange(len(beyond))], width
        if kind < 0.4:
            return (low, high, low + 1, high - 1, 0)[rng.randrange(5)], width
        return rng.randint(low, high), width

    edges = (
        (0, 2),
        (1, 2),
        (-1, 2),
        (-2, 2),
        (2, 3),
        (-3, 3),
        (-4, 3),
        (-5, 3),
        (3, 3),
        (4, 3),
        (7, 3),
        (8, 3),
        (1, 1),
    )
    return Inputs(draw, edges)


_PACK_FIELDS = Template(
    name="pack_fields",
    idea="numbers of given widths packed into bits, as bytes or hexadecimal digits",
    held_out=True,
    space={
        "out": {
            "hex": {
                "returns": "str",
                "shown": "data.hex()",
                "gives": "a text of small hexadecimal digits, two for each byte",
                "even": "len(result) % ($unit // 4) == 0",
            },
            "spaced": {
                "returns": "str",
                "shown": 'data.hex(" ").upper()',
                "gives": "a text in which each byte is two hexadecimal digits (with capital letters) and a space "
                "stands between two bytes",
                "even": "len(result.split()) % ($unit // 8) == 0",
            },
            "bytes": {
                "returns": "bytes",
                "shown": "data",
                "gives": "a `bytes` value",
                "even": "len(result) % ($unit // 8) == 0",
            },
            "numbers": {
                "returns": "list[int]",
                "shown": "list(data)",
                "gives": "a list of numbers from 0 to 255, one for each byte",
                "even": "len(result) % ($unit // 8) == 0",
            },
        },
        "unit": (8, 16, 24, 32),
        "first": {
            "high": {
                "first_1": "The first $thing has the highest bits, and the last one the lowest.",
                "first_2": "Each $thing lies directly below the one before it, from the highest bit down.",
            },
            "low": {
                "first_1": "The first $thing has the lowest bits, and the last one the highest.",
                "first_2": "Each $thing lies directly above the one before it, from the lowest bit up.",
            },
        },
        "pad": {
            "above": {
                "shift": "",
                "pad_1": "above the highest bit",
                "pad_2": "on top of all ${thing}s",
            },
            "below": {
                "shift": "word <<= spare",
                "pad_1": "below the lowest bit",
                "pad_2": "underneath all ${thing}s",
            },
        },
        "sign": {
            "plain": {
                "sign_1": "Values are plain binary numbers without a sign, so that 3 bits hold 0 to 7.",
                "sign_2": "No bit is spent on a sign: in 3 bits, the values from 0 to 7 fit.",
            },
            "twos": {
                "sign_1": "Values are written in two's complement, so that 3 bits hold -4 to 3.",
                "sign_2": "Negative values are stored as their two's complement: in 3 bits, values from -4 to 3 fit.",
            },
            "size": {
                "sign_1": "The highest of the bits of a value is 1 if it is negative and 0 if not, and the others hold "
                "the value without its sign, so that 3 bits hold -3 to 3.",
                "sign_2": "A value is stored as a sign bit, which is 1 for negative ones, with the absolute value "
                "in the bits below it: in 3 bits, values from -3 to 3 fit.",
            },
        },
        "beyond": {
            "refuse": {
                "beyond_1": "A value that does not fit into its width raises a `ValueError`, and so does a width "
                "below 2.",
                "beyond_2": "Raise a `ValueError` for any width below 2, and for any value that its bits cannot hold.",
            },
            "clamp": {
                "beyond_1": "A value that does not fit into its width is replaced by the nearest one that does. A "
                "width below 2 raises a `ValueError`.",
                "beyond_2": "Raise a `ValueError` for any width below 2. Instead of a value that its bits cannot "
                "hold, take the highest or the lowest that they can, whichever is nearer.",
            },
            "wrap": {
                "beyond_1": "Of a value that does not fit into its width, the bits above that width are dropped. A "
                "width below 2 raises a `ValueError`.",
                "beyond_2": "Raise a `ValueError` for any width below 2. If a value has too many bits, only the "
                "lowest `width` bits of it are kept.",
            },
        },
    },
    surface={
        "what": {
            "fields": {"xs": "fields", "thing": "field"},
            "parts": {"xs": "parts", "thing": "part"},
            "readings": {"xs": "readings", "thing": "reading"},
            "settings": {"xs": "settings", "thing": "setting"},
            "counters": {"xs": "counters", "thing": "counter"},
        },
        "name": ("pack_bits", "pack_$xs", "packed", "encode_$xs", "to_bits"),
    },
    derive=_packing,
    signature="($xs: list[tuple[int, int]]) -> $returns",
    wordings=(
        "Pack the ${thing}s in `$xs` into bits. Each is a pair `(value, width)`, and its value takes up `width` bits. "
        "Return $gives.",
        "Every $thing in the list `$xs` has a value and a width in bits, `(value, width)`. Write the values side by "
        "side into one long row of bits, and return the row as $gives.",
        "`$xs` holds pairs `(value, width)` of whole numbers; each such $thing is to be stored in `width` bits, with "
        "no gaps between them. The result is $gives.",
        "Encode a list of ${thing}s, `$xs`, as compactly as their widths allow: a pair `(value, width)` stands for a "
        "value that gets `width` bits. Give back $gives.",
    ),
    details={
        "first": ("$first_1", "$first_2"),
        "sign": ("$sign_1", "$sign_2"),
        "beyond": ("$beyond_1", "$beyond_2"),
        "pad": (
            "As few zero bits as possible are added $pad_1 to make the number of all bits a multiple of $unit.",
            "If the number of all bits is no multiple of $unit, it is filled up to the next one by zeros $pad_2.",
        ),
        "bytes": (
            "The byte with the highest bits comes first; for an empty list there is none.",
            "Bytes go from the highest bits to the lowest, and an empty list takes no byte.",
        ),
    },
    raises={"ValueError": "beyond"},
    reference="""
        def $name($xs):
            word = size = 0
            for value, width in $xs:
                if width < 2:
                    raise ValueError("the width is too small")
                $limits
                $encode
                $join
                size += width
            spare = -size % $unit
            $shift
            data = word.to_bytes((size + spare) // 8, "big")
            return $shown
    """,
    second="""
        def $name($xs):
            def digits(number, width):
                return "".join("01"[number >> place & 1] for place in reversed(range(width)))

            rows = []
            for value, width in $xs:
                if width not in range(2, 1000):
                    raise ValueError(width)
                top = 1 << (width if "$sign" == "plain" else width - 1)
                low = {"plain": 0, "twos": -top, "size": 1 - top}["$sign"]
                if value not in range(low, top) and "$beyond" != "wrap":
                    if "$beyond" == "refuse":
                        raise ValueError(value)
                    value = low if value < low else top - 1
                if "$sign" == "size":
                    rows.append(("1" if value < 0 else "0") + digits(abs(value), width - 1))
                else:
                    rows.append(digits(value, width))
            line = "".join(rows if "$first" == "high" else rows[::-1])
            while len(line) % $unit:
                line = "0" + line if "$pad" == "above" else line + "0"
            data = [int(line[at : at + 8], 2) for at in range(0, len(line), 8)]
            if "$out" == "hex":
                return "".join(f"{number:02x}" for number in data)
            if "$out" == "spaced":
                return " ".join(f"{number:02X}" for number in data)
            return bytes(data) if "$out" == "bytes" else data
    """,
    misreadings=(
        Misreading(kind="sign", says="sign", choose="sign"),
        Misreading(kind="bounds", says="beyond", choose="beyond"),
        Misreading(kind="order", says="first", choose="first"),
        Misreading(kind="order", says="pad", choose="pad"),
        Misreading(kind="bounds", says="pad", choose="unit"),
        Misreading(kind="order", says="bytes", swap=('"big"', '"little"')),
        Misreading(kind="types", says="$gives", choose="out"),
    ),
    inputs=lambda values: (lists(_fields(values), 0, 5),),
    examples=("[]", "[(1, 2)]", "[(1, 1)]", "[(1, 8), (0, 8)]", "[(1, 4), (2, 4), (3, 8)]"),
    properties=("$even",),
    equivalents=(
        Equivalent(
            'word.to_bytes((size + spare) // 8, "big") -> word.to_bytes((size + spare) // 8)',
            "the highest byte first is what `to_bytes` does by default",
        ),
    ),
)


TEMPLATES: tuple[Template, ...] = (
    _AS_LIST,
    _NARROW_TEXT,
    _KINDS_IN_LIST,
    _MIXED_ORDER,
    _PLAIN_FORM,
    _CHECK_RECORD,
    _PACK_FIELDS,
)
