"""Error handling: what is refused and how, what is used instead, and what is tried again."""

from lift_sys.testing.inputs import Inputs, decimals, dicts, integers, lists, mixed, one_of, text, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values

_LITTLE = {
    "refuse": {
        "little": "refuse",
        "tiny": 'raise ValueError("nothing to pay")',
        "small": "If `$ys` is below 1, raise a `ValueError` in any case.",
        "small_too": "In any case, a `$ys` of 0 or less raises a `ValueError`.",
    },
    "same": {
        "little": "same",
        "tiny": "return $xs",
        "small": "If `$ys` is below 1, nothing is deducted, not even a fee.",
        "small_too": "A `$ys` of 0 or less changes nothing, and then there is no fee either.",
    },
}
_BEYOND = {
    "refuse": {
        "beyond": "refuse",
        "rest": 'if left < -$limit:\n    raise ValueError("not enough left")\nreturn left',
        "edge": ("left <", "left <="),
        "deep": "Raise a `ValueError` if the new balance, after any fee, would be below -$limit.",
        "deep_too": "If payment and fee would leave a balance of less than -$limit, raise a `ValueError`.",
    },
    "same": {
        "beyond": "same",
        "rest": "if left < -$limit:\n    return $xs\nreturn left",
        "edge": ("left <", "left <="),
        "deep": "If the new balance, after any fee, would be below -$limit, nothing is deducted at all, and `$xs` is "
        "returned as it is.",
        "deep_too": "Where payment and fee would leave a balance of less than -$limit, neither is deducted: "
        "return `$xs` unchanged.",
    },
    "cut": {
        "beyond": "cut",
        "rest": "return max(left, -$limit)",
        "edge": ("-$limit)", "1 - $limit)"),
        "deep": "If the new balance, after any fee, would be below -$limit, only as much is deducted as leaves a "
        "balance of -$limit.",
        "deep_too": "Where payment and fee would leave a balance of less than -$limit, less is deducted, so that the "
        "balance is -$limit afterwards.",
    },
}
_UNWRITTEN = 'if not re.fullmatch(r" *-?[0-9]+ *", $xs["$key"]):'
_VALUE = 'value = int($xs["$key"])'
_ON_BAD = {
    "refuse": {
        "read": f'{_UNWRITTEN}\n    raise ValueError("it is no number")\n{_VALUE}',
        "read_loosely": _VALUE,
        "words": "A text that is no number raises a `ValueError`.",
        "words_too": "Raise a `ValueError` if the text is not a number.",
    },
    "default": {
        "read": f"{_UNWRITTEN}\n    return $default\n{_VALUE}",
        "read_loosely": f"try:\n    {_VALUE}\nexcept ValueError:\n    return $default",
        "words": "A text that is no number is treated as if the key were missing.",
        "words_too": "Return $default, too, if the text is not a number.",
    },
}
_OUTSIDE = {
    "refuse": {
        "give": 'if not 1 <= value <= $top:\n    raise ValueError("out of range")\nreturn value',
        "outside": "A number below 1 or above $top raises a `ValueError`.",
        "outside_too": "Numbers outside of 1 to $top are refused with a `ValueError`.",
    },
    "nearest": {
        "give": "return min(max(value, 1), $top)",
        "outside": "Instead of a number below 1 return 1, instead of one above $top return $top.",
        "outside_too": "A number outside of 1 to $top is replaced by the nearest number inside.",
    },
    "default": {
        "give": "return value if 1 <= value <= $top else $default",
        "outside": "Instead of a number below 1 or above $top, return $default.",
        "outside_too": "A number outside of 1 to $top is replaced by $default.",
    },
}
_WRONG = {
    "refuse, refuse": {"on_bad": "refuse", "beyond": "refuse"},
    "refuse, nearest": {"on_bad": "refuse", "beyond": "nearest"},
    "refuse, default": {"on_bad": "refuse", "beyond": "default"},
    "default, refuse": {"on_bad": "default", "beyond": "refuse"},
}


def _setting(values: Values) -> Values | None:
    if values["on_bad"] == "default" and values["blank"] == "missing":
        return None  # a blank text gets the default either way
    return {}


def _settings(values: Values) -> Inputs:
    number = integers(-2, values["top"] + 3, 1, values["top"]).map(str)
    text = mixed(
        number,
        number,
        number,
        number.map(" {} ".format),
        one_of("", " ", "many", "4.5", "12x", "-", "007", "- 7"),
        one_of("+5", "1_0", "7\n", "\t7", "\t", "\u0663", "1\u0663"),
    )
    key, other = values["key"], integers(0, 9).map(str)
    found = tuples(one_of(key, key, key, key, "mode"), text, other, one_of("", "debug", "level"))
    return found.map(lambda drawn: {drawn[0]: drawn[1], **({drawn[3]: drawn[2]} if drawn[3] else {})}).plus({})


_PARTLY = 'if isinstance($xs, float) and not $xs.is_integer():\n    raise ValueError("it is not whole")'
_WRITTEN = ' and not re.fullmatch(r"-?[0-9]+", $xs)'
_UNREADABLE = f'if isinstance($xs, str){_WRITTEN}:\n    raise ValueError("it is not written in digits")'


def _kinds(values: Values) -> Values:
    texts, floats = values["texts"] == "read", values["floats"] == "whole"
    allowed = ["int", *["str"] * texts, *["float"] * floats]
    kinds = allowed[0] if len(allowed) == 1 else f"({', '.join(allowed)})"
    barred = values["bools"] == "refuse"
    convert = texts or floats or not barred
    return {
        "wrong_kind": f"not isinstance($xs, {kinds})" + (" or isinstance($xs, bool)" if barred else ""),
        "number": "number" if convert else "$xs",
        "convert": "number = int($xs)" if convert else "",
        "imports": "import re\n\n\n" if texts else "",
        "partly": "\n".join([*[_PARTLY] * floats, *[_UNREADABLE] * texts]),
        "written": _WRITTEN if texts else "def $name",
        "written_loosely": "" if texts else "def $name",
    }


def _changes(values: Values) -> Values | None:
    goes_on = values["policy"] in ("skip", "clip")
    if goes_on and values["check"] == "first":
        return None  # every change is reached
    unless = "" if goes_on else ", unless a change before it has put an end to the work"
    first = values["check"] == "first"
    return {
        "span": values["high"] - values["low"],
        "strange": "If any of the changes names a $key that `$xs` does not have, raise a `KeyError`, no matter what "
        "happens with the changes before it."
        if first
        else f"A change that names a $key which `$xs` does not have raises a `KeyError`{unless}.",
        "strange_too": "A `KeyError` is raised if there is any $key among the changes, be it in the last one, that is "
        "missing from `$xs`; this is checked before anything else."
        if first
        else f"Raise a `KeyError` for a change whose $key is missing from `$xs`{unless}.",
        "before": "for $key, _ in $ys:\n    if $key not in $xs:\n        raise KeyError($key)" if first else "",
    }


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="charge_account",
        idea="a payment with a fee, which is refused, cut or ignored where it can't be made",
        space={
            "rules": {
                f"{little}, {beyond}": {**_LITTLE[little], **_BEYOND[beyond]}
                for little in _LITTLE
                for beyond in _BEYOND
                if "refuse" in (little, beyond)
            },
            "when": {
                "always": {
                    "deduct": "left = $xs - $ys - $fee",
                    "fee_rule": "Each payment also costs a fee of $fee_words.",
                    "fee_rule_too": "A fee of $fee_words is deducted as well.",
                    "total": "$ys + $fee",
                },
                "overdrawn": {
                    "deduct": "left = $xs - $ys\nif left < 0:\n    left -= $fee",
                    "fee_rule": "A payment that makes or leaves the balance negative also costs a fee of $fee_words.",
                    "fee_rule_too": "If the balance is below 0 after the payment, a fee of $fee_words is deducted as "
                    "well.",
                    "total": "$ys + (0 if $ys <= $xs else $fee)",
                },
            },
            "fee": range(1, 5),
            "limit": range(10, 40),
        },
        surface={
            "what": {
                "balance": {"xs": "balance", "ys": "amount", "unit": "coin"},
                "credit": {"xs": "credit", "ys": "cost", "unit": "dollar"},
                "points": {"xs": "points", "ys": "price", "unit": "point"},
                "funds": {"xs": "funds", "ys": "sum_due", "unit": "crown"},
                "tokens": {"xs": "tokens", "ys": "wanted", "unit": "token"},
            },
            "name": ("charge", "pay", "withdraw", "balance_after", "deduct"),
        },
        derive=lambda values: {
            "fee_words": "1 $unit" if values["fee"] == 1 else "$fee ${unit}s",
            "before": values["edge"][0],
            "after": values["edge"][1],
        },
        signature="($xs: int, $ys: int) -> int",
        wordings=(
            "An account with a balance of `$xs` ${unit}s is charged `$ys` ${unit}s. Return the balance afterwards, "
            "which may be negative.",
            "`$xs` is the balance of an account, `$ys` what its owner has to pay, both in ${unit}s. Deduct the "
            "payment and return the new balance; an account may be overdrawn.",
            "Return what is left in an account of `$xs` ${unit}s when `$ys` ${unit}s are taken out. The result is "
            "negative if the account is in debt then.",
            "Someone pays `$ys` ${unit}s from an account that holds `$xs` (a negative number if it is in debt). What "
            "is its balance after that?",
        ),
        details={
            "fee": ("$fee_rule", "$fee_rule_too"),
            "limits": ("$small $deep", "$deep_too $small_too", "$small_too $deep", "$small $deep_too"),
        },
        raises={"ValueError": "limits"},
        reference="""
            def $name($xs, $ys):
                if $ys < 1:
                    $tiny
                $deduct
                $rest
        """,
        second="""
            def $name($xs, $ys):
                wrong = []
                total = $total
                if $ys <= 0:
                    wrong.append("$little")
                elif total > $xs + $limit:
                    wrong.append("$beyond")
                if "refuse" in wrong:
                    raise ValueError("refused")
                if "same" in wrong:
                    total = 0
                return max($xs - total, -$limit) if "cut" in wrong else $xs - total
        """,
        misreadings=(
            Misreading(kind="bounds", says="limits", choose="rules"),
            Misreading(kind="scope", says="fee", choose="when"),
            Misreading(kind="bounds", says="limits", swap=("$before", "$after")),
            Misreading(kind="sign", says="limits", swap=("-$limit", "$limit")),
        ),
        inputs=lambda values: (
            integers(-values["limit"], 2 * values["limit"], 0, 10 - values["limit"]),
            integers(-3, 2 * values["limit"], 0, values["limit"]),
        ),
        examples=("-$limit, 0", "-$limit, 1", "0, $limit", "5, 5"),
        properties=("result >= -$limit", "result <= $xs"),
    ),
    Template(
        name="read_setting",
        idea="a number from a dictionary of texts, with a default and limits",
        space={
            "blank": {
                "missing": {
                    "absent": 'not $xs.get("$key", "").strip(" ")',
                    "absent_loosely": 'not $xs.get("$key", "").strip()',
                    "gone": "If the key is missing, or its text is empty or all spaces, return $default.",
                    "gone_too": "$default is returned where there is no such key, and also where its text is empty "
                    "or consists of spaces.",
                },
                "bad": {
                    "absent": '"$key" not in $xs',
                    "absent_loosely": '"$key" not in $xs',
                    "gone": "If the key is missing, return $default; an empty text, or one of spaces only, is not a "
                    "number.",
                    "gone_too": "$default is returned where there is no such key. A text that is empty or all spaces "
                    "is not missing, but no number either.",
                },
            },
            "wrong": {
                name: {**_ON_BAD[which["on_bad"]], **_OUTSIDE[which["beyond"]], **which}
                for name, which in _WRONG.items()
            },
            "top": (50, 64, 80, 99),
            "default": range(5, 30),
        },
        surface={
            "what": {
                "settings": {"xs": "settings", "key": "retries"},
                "config": {"xs": "config", "key": "workers"},
                "options": {"xs": "options", "key": "width"},
                "prefs": {"xs": "prefs", "key": "volume"},
                "params": {"xs": "params", "key": "limit"},
            },
            "name": ("read_setting", "number_setting", "${key}_from", "get_$key", "load_$key"),
        },
        derive=_setting,
        signature="($xs: dict[str, str]) -> int",
        wordings=(
            'Return the number that the dictionary `$xs` holds, as a text, under the key `"$key"`.',
            '`$xs` maps names to texts. Look up `"$key"` and return its text as an `int`.',
            'All values of `$xs` are texts. The one for `"$key"` should be a whole number: read it and give it back.',
            'Get the setting `"$key"` out of `$xs`, where it is written as a text, and return it as a whole number.',
        ),
        details={
            "missing": ("$gone", "$gone_too"),
            "bad": ("$words $outside", "$words_too $outside_too", "$outside $words", "$outside_too $words"),
            "form": (
                "Numbers are written in digits from 0 to 9, negative ones with a minus sign in front, and in no other "
                "way; spaces (but no tabs or line breaks) around them do no harm.",
                "A number consists of digits from 0 to 9, perhaps after a minus sign and perhaps with spaces around "
                "it, but of nothing else, be it a plus sign or a tab.",
            ),
        },
        raises={"ValueError": "bad"},
        reference="""
            import re

            def $name($xs):
                if $absent:
                    return $default
                $read
                $give
        """,
        second="""
            import re

            def $name($xs):
                text = $xs.get("$key")
                number = re.fullmatch(r" *(-?[0-9]+) *", text or "")
                if text is None or ("$blank" == "missing" and text.count(" ") == len(text)):
                    return $default
                if number is None:
                    if "$on_bad" == "default":
                        return $default
                    raise ValueError(text)
                value = int(number[1])
                if value in range(1, $top + 1):
                    return value
                if "$beyond" == "refuse":
                    raise ValueError(text)
                if "$beyond" == "default":
                    return $default
                return 1 if value < 1 else $top
        """,
        misreadings=(
            Misreading(kind="empty", says="missing", choose="blank"),
            Misreading(kind="types", says="bad", choose="wrong"),
            Misreading(
                kind="empty",
                says="missing",
                code="""
                    import re

                    def $name($xs):
                        $read
                        $give
                """,
            ),
            Misreading(
                kind="types",
                says="form",
                code="""
                    def $name($xs):
                        if $absent_loosely:
                            return $default
                        $read_loosely
                        $give
                """,
            ),
        ),
        inputs=lambda values: (_settings(values),),
        examples=("{}", '{"$key": "1"}', '{"$key": "0"}', '{"$key": "$top"}', '{"$key": " 7 "}', '{"$key": ""}'),
        properties=("result >= 1", "result <= $top"),
        equivalents=(
            Equivalent('"" -> " "', "either is blank once it is stripped"),
            Equivalent('" " -> " "', "what is stripped is a set of characters"),
            Equivalent('r" *-?[0-9]+ *" -> r" *-?[0-9]* *"', "`int` raises the same for a text without any digits"),
        ),
    ),
    Template(
        name="checked_number",
        idea="which kinds of value pass for a number, and which exception the others get",
        space={
            "bools": {
                "refuse": {
                    "truth": "`True` and `False` raise a `TypeError`.",
                    "truth_too": "`True` and `False` are no numbers here: they raise a `TypeError`.",
                },
                "count": {
                    "truth": "`True` and `False` count as 1 and 0.",
                    "truth_too": "`True` is taken as 1, and `False` as 0.",
                },
            },
            "texts": {
                "refuse": {
                    "text": "A text raises a `TypeError`, even if it looks like a number.",
                    "text_too": 'Any text raises a `TypeError`; "12" is a text, too.',
                },
                "read": {
                    "text": "A text that is written in digits from 0 to 9, perhaps after a minus sign, counts as that "
                    "number; any other text raises a `ValueError`.",
                    "text_too": "A text is accepted where it has nothing but digits from 0 to 9, or a minus sign and "
                    "such digits, and stands for that number. Otherwise it raises a `ValueError`.",
                },
            },
            "floats": {
                "refuse": {
                    "float": "A float raises a `TypeError`, even one without a fraction such as 3.0.",
                    "float_too": "Any float raises a `TypeError`, 3.0 as well as 2.5.",
                },
                "whole": {
                    "float": "A float without a fraction, such as 3.0, counts as the whole number; any other float "
                    "raises a `ValueError`.",
                    "float_too": "Floats are accepted where they are whole (3.0 is 3); those with a fraction raise a "
                    "`ValueError`.",
                },
            },
            "above": {
                "refuse": {
                    "out": "$number < $low or $number > $high",
                    "result": "$number",
                    "limits": "A number below $low or above $high raises a `ValueError`.",
                    "limits_too": "Numbers under $low and numbers over $high raise a `ValueError`.",
                },
                "clamp": {
                    "out": "$number < $low",
                    "result": "min($number, $high)",
                    "limits": "A number below $low raises a `ValueError`, and instead of one above $high, $high is "
                    "returned.",
                    "limits_too": "Numbers under $low raise a `ValueError`; those over $high are reduced to $high.",
                },
            },
            "low": (0, 1),
            "high": range(10, 41),
        },
        surface={
            "what": {
                "age": {"xs": "age", "what_for": "an age"},
                "amount": {"xs": "amount", "what_for": "an amount"},
                "seats": {"xs": "seats", "what_for": "a number of seats"},
                "rating": {"xs": "rating", "what_for": "a rating"},
                "page": {"xs": "page", "what_for": "a page number"},
            },
            "name": ("checked_$xs", "valid_$xs", "to_$xs", "require_$xs", "clean_$xs"),
        },
        derive=_kinds,
        signature="($xs: object) -> int",
        wordings=(
            "Check that `$xs` is acceptable as $what_for, that is, a whole number from $low to $high, and return it as "
            "an `int`.",
            "Somebody passes `$xs` for $what_for. It can be a value of any type; return the `int` from $low to $high "
            "that it stands for, or raise the fitting exception.",
            "Turn `$xs`, whatever it is, into $what_for: an `int` of at least $low and at most $high.",
            "What comes in as `$xs` ought to be $what_for between $low and $high, both included. Return it, always "
            "as an `int`, or say what is wrong by an exception.",
        ),
        details={
            "bools": ("$truth", "$truth_too"),
            "texts": ("$text", "$text_too"),
            "floats": ("$float", "$float_too"),
            "range": ("$limits", "$limits_too"),
            "other": (
                "Anything else that is not an `int`, such as `None` or a list, raises a `TypeError`.",
                "Values of all other types (`None`, lists and so on) raise a `TypeError`.",
            ),
        },
        raises={"TypeError": "other", "ValueError": "range"},
        reference="""
            $imports
            def $name($xs):
                if $wrong_kind:
                    raise TypeError("it is no number")
                $partly
                $convert
                if $out:
                    raise ValueError("it is out of range")
                return $result
        """,
        second="""
            def from_text(text):
                digits = text.removeprefix("-")
                if digits == "" or set(digits) - set("0123456789"):
                    raise ValueError(text)
                return int(text)

            def $name($xs):
                readers = {"int": int}
                if "$bools" == "count":
                    readers["bool"] = lambda value: 1 if value else 0
                if "$texts" == "read":
                    readers["str"] = from_text
                if "$floats" == "whole":
                    readers["float"] = lambda value: int(str(value).removesuffix(".0"))
                read = readers.get(type($xs).__name__)
                if read is None:
                    raise TypeError(type($xs))
                number = read($xs)
                if number > $high and "$above" == "clamp":
                    return $high
                if number not in range($low, $high + 1):
                    raise ValueError(number)
                return number
        """,
        misreadings=(
            Misreading(kind="types", says="bools", choose="bools"),
            Misreading(kind="types", says="texts", choose="texts"),
            Misreading(kind="types", says="texts", swap=("$written", "$written_loosely")),
            Misreading(kind="types", says="floats", choose="floats"),
            Misreading(kind="bounds", says="range", choose="above"),
            Misreading(kind="bounds", says="range", swap=("< $low", "<= $low")),
        ),
        inputs=lambda values: (
            mixed(
                integers(-2, values["high"] + 4, values["low"], values["high"]),
                integers(-2, values["high"] + 4, values["low"], values["high"]).map(str),
                integers(-2, values["high"] + 4, values["low"], values["high"]).map(float),
                one_of(True, False, None, [], [3], (4,), {"a": 1}, b"5"),
                one_of("", "x", "four", "2.5", "-", "7a", "007", "1e1"),
                one_of("+5", "1_0", " 5 ", "7 ", "5\n", "\u0663", "1\u0663", "--5", "-0"),
                text("0123456789-x.", 1, 5),
                decimals(-5, values["high"] + 5, 2),
                one_of(2.5, 0.5, -0.5, values["high"] + 0.5, values["low"] + 0.25),
            ),
        ),
        properties=("type(result) == int", "$low <= result", "result <= $high"),
        equivalents=(
            Equivalent('r"-?[0-9]+" -> r"-?[0-9]*"', "`int` raises the same for a text without any digits"),
        ),
        held_out=True,
    ),
    Template(
        name="row_errors",
        idea="messages for all that is wrong in a list of records",
        space={
            "each": {
                "all": {
                    "el": "",
                    "many": "A $row with two faults gets two messages, the one for its `$label` first.",
                    "many_too": "If both fields of a $row are wrong, both are reported, first `$label`, then "
                    "`$number`.",
                },
                "first": {
                    "el": "el",
                    "many": "A $row gets one message at most: if its `$label` is wrong, its `$number` is not looked "
                    "at.",
                    "many_too": "Per $row, only the first fault is reported, where `$label` comes before `$number`.",
                },
            },
            "cap": {
                "none": {
                    "cut": "",
                    "listed": "errors",
                    "most": "All messages are returned, however many there are.",
                    "most_too": "There is no limit to the number of messages.",
                },
                "three": {
                    "cut": "",
                    "listed": "errors[:3]",
                    "most": "Only the first three messages are returned if there are more.",
                    "most_too": "After three messages, the rest is left out.",
                },
                "rest": {
                    "cut": 'if len(errors) > 3:\n    return [*errors[:3], f"{len(errors) - 3} more"]',
                    "listed": "errors",
                    "most": "If there are more than three messages, the list ends after the third with a text like "
                    '"2 more", which tells how many were left out.',
                    "most_too": "Of more than three messages, only the first three are returned, and then a text "
                    'that counts the others, such as "2 more".',
                },
            },
            "start": {
                "0": {"places": "enumerate($rows)"},
                "1": {"places": "enumerate($rows, 1)"},
            },
            "blank": {
                "spaces": {
                    "empty": 'not row["$label"].strip(" ")',
                    "empty_loosely": 'not row["$label"].strip()',
                    "means": "is empty or has nothing but spaces (which tabs and line breaks are not)",
                },
                "empty": {
                    "empty": 'row["$label"] == ""',
                    "empty_loosely": 'row["$label"] == ""',
                    "means": 'is `""` (a text of spaces is fine)',
                },
            },
            "high": range(10, 40),
        },
        surface={
            "what": {
                "orders": {"rows": "orders", "row": "order", "label": "item", "number": "count"},
                "guests": {"rows": "guests", "row": "guest", "label": "name", "number": "age"},
                "loans": {"rows": "loans", "row": "loan", "label": "title", "number": "days"},
                "plants": {"rows": "plants", "row": "plant", "label": "kind", "number": "height"},
                "rooms": {"rows": "rooms", "row": "room", "label": "door", "number": "beds"},
            },
            "name": ("${row}_errors", "check_$rows", "problems_in_$rows", "faults_of_$rows", "review_$rows"),
        },
        signature="($rows: list[dict]) -> list[str]",
        wordings=(
            "Validate a list of ${row}s and return a list of messages about what is wrong with them. Every $row is a "
            "dictionary that has a text under `$label` and a whole number under `$number`.",
            "`$rows` holds dictionaries with the fields `$label` (a text) and `$number` (an `int`), one for each "
            "$row. Instead of stopping at the first fault, collect a message for each and return the messages in "
            "the order of the ${row}s.",
            "Go through `$rows`, where every $row has the keys `$label`, for a text, and `$number`, for a whole "
            "number, and report the faults as a list of texts, in order.",
            "Which ${row}s are faulty, and why? Each is a dictionary like `{'$label': 'abc', '$number': 5}`. Answer "
            "with a list of messages, ordered as the ${row}s are.",
        ),
        details={
            "label": (
                'Where `$label` $means, the message is "$row 7: no $label", with the number of the $row instead of '
                "7; the first $row has the number $start.",
                '"$row 7: no $label" is the message if `$label` $means. Put the number of the $row, counted from '
                "$start, in place of the 7.",
            ),
            "number": (
                'A value of `$number` below 1 leads to "$row 7: $number too small", one above $high to "$row 7: '
                '$number too large".',
                'In the same way, the message is "$row 7: $number too small" if `$number` is less than 1, and '
                '"$row 7: $number too large" if it is more than $high.',
            ),
            "each": ("$many", "$many_too"),
            "cap": ("$most", "$most_too"),
        },
        reference="""
            def $name($rows):
                errors = []
                for place, row in $places:
                    if $empty:
                        errors.append(f"$row {place}: no $label")
                    ${el}if row["$number"] < 1:
                        errors.append(f"$row {place}: $number too small")
                    elif row["$number"] > $high:
                        errors.append(f"$row {place}: $number too large")
                $cut
                return $listed
        """,
        second="""
            def faults(row):
                label, number = row["$label"], row["$number"]
                if label == "" or ("$blank" == "spaces" and set(label) == {" "}):
                    yield "no $label"
                if number not in range(1, $high + 1):
                    yield "$number too " + ("large" if number > 0 else "small")

            def $name($rows):
                found = []
                for place in range(len($rows)):
                    texts = list(faults($rows[place]))
                    if "$each" == "first":
                        texts = texts[:1]
                    found.extend("$row " + str(place + $start) + ": " + text for text in texts)
                if "$cap" == "none" or len(found) < 4:
                    return found
                left = len(found) - 3
                del found[3:]
                return found if "$cap" == "three" else found + [str(left) + " more"]
        """,
        misreadings=(
            Misreading(kind="scope", says="each", choose="each"),
            Misreading(kind="bounds", says="cap", choose="cap"),
            Misreading(kind="bounds", says="label", choose="start"),
            Misreading(kind="spaces", says="label", choose="blank"),
            Misreading(kind="spaces", says="label", swap=("$empty", "$empty_loosely")),
            Misreading(kind="bounds", says="number", swap=("> $high", ">= $high")),
            Misreading(kind="bounds", says="number", swap=("< 1", "< 0")),
        ),
        inputs=lambda values: (
            lists(
                tuples(
                    one_of("", " ", "  ", "\t", " \n", "oak", "red", "b 4", "tin"),
                    mixed(integers(-1, values["high"] + 3, 0, values["high"]), integers(1, 9)),
                ).map(lambda pair: {values["label"]: pair[0], values["number"]: pair[1]}),
                0,
                6,
            ),
        ),
        examples=("[]",),
        properties=("len(result) <= 2 * len($rows)",),
        equivalents=(Equivalent('" " -> " "', "what is stripped is a set of characters"),),
    ),
    Template(
        name="apply_changes",
        idea="changes to levels within limits, where a change that fails is undone, skipped, cut or the last",
        space={
            "policy": {
                "undo": {
                    "fails": "if not $low <= level <= $high:\n    return dict($xs)",
                    "level": "level",
                    "then": "If a change would break that, all changes are undone: nothing more is done, and the "
                    "result is what was given.",
                    "then_too": "A change that would break that puts an end to the work, and the result is as if no "
                    "change had been made at all.",
                },
                "stop": {
                    "fails": "if not $low <= level <= $high:\n    break",
                    "level": "level",
                    "then": "If a change would break that, it and all that follow are not made, but those before it "
                    "stand.",
                    "then_too": "The work ends before the first change that would break that; what was done up to "
                    "there remains.",
                },
                "skip": {
                    "fails": "if not $low <= level <= $high:\n    continue",
                    "level": "level",
                    "then": "A change that would break that is left out; the work goes on with the next one.",
                    "then_too": "Ignore each change that would break that, but make the others.",
                },
                "clip": {
                    "fails": "",
                    "level": "min(max(level, $low), $high)",
                    "then": "A change that would break that takes the level just to the limit, $low or $high.",
                    "then_too": "Where a change goes beyond one of these limits, the level becomes equal to that "
                    "limit.",
                },
            },
            "check": {"first": {}, "reached": {}},
            "low": (0, 2),
            "high": range(12, 40),
        },
        surface={
            "what": {
                "stock": {"xs": "stock", "ys": "changes", "key": "product"},
                "tanks": {"xs": "tanks", "ys": "flows", "key": "tank"},
                "scores": {"xs": "scores", "ys": "moves", "key": "player"},
                "shelves": {"xs": "shelves", "ys": "steps", "key": "shelf"},
                "crews": {"xs": "crews", "ys": "orders", "key": "ship"},
            },
            "name": ("apply_$ys", "run_$ys", "after_$ys", "${xs}_after", "make_$ys"),
        },
        derive=_changes,
        signature="($xs: dict[str, int], $ys: list[tuple[str, int]]) -> dict[str, int]",
        wordings=(
            "`$xs` gives a level for each $key. Apply `$ys`, a list of pairs of a $key and a number to be added to its "
            "level (a negative one lowers it), in order, and return the levels after that as a dictionary with the "
            "keys in their old order.",
            "Return the dictionary that `$xs` becomes when the changes in `$ys` are made one after the other. A change "
            "`($key, amount)` adds the amount, which may be negative, to the level of that $key. The order of the "
            "keys stays as it is.",
            "Each entry of `$ys` names a $key and by how much its level in the dictionary `$xs` goes up or, if the "
            "number is negative, down. Work through the list and return a dictionary of the final levels, in the key "
            "order of `$xs`.",
            "Starting from the levels in `$xs`, carry out a list of changes: `$ys` has tuples of a $key and an amount "
            "to add to its level, which is negative for a decrease. The result is a dictionary like `$xs`, in the same "
            "order, with the new levels.",
        ),
        details={
            "limits": (
                "A level must never be below $low or above $high, and none of those given is.",
                "Levels lie between $low and $high, both included; those that are given do, and the others have to.",
            ),
            "policy": ("$then", "$then_too"),
            "unknown": ("$strange", "$strange_too"),
        },
        raises={"KeyError": "unknown"},
        reference="""
            def $name($xs, $ys):
                $before
                levels = dict($xs)
                for $key, amount in $ys:
                    level = levels[$key] + amount
                    $fails
                    levels[$key] = $level
                return levels
        """,
        second="""
            def $name($xs, $ys):
                if "$check" == "first" and not {name for name, _ in $ys} <= set($xs):
                    raise KeyError("unknown")
                states = [{**$xs}]
                left = $ys[::-1]
                while left:
                    name, amount = left.pop()
                    if name not in $xs:
                        raise KeyError(name)
                    wanted = states[-1][name] + amount
                    allowed = sorted([$low, wanted, $high])[1]
                    if allowed == wanted or "$policy" == "clip":
                        states.append({**states[-1], name: allowed})
                    elif "$policy" == "stop":
                        left.clear()
                    elif "$policy" == "undo":
                        return states[0]
                return states[-1]
        """,
        misreadings=(
            Misreading(kind="scope", says="policy", choose="policy"),
            Misreading(kind="order", says="unknown", choose="check"),
            Misreading(
                kind="types",
                says="unknown",
                swap=("level = levels[$key] + amount", "level = levels.get($key, 0) + amount"),
            ),
            Misreading(
                kind="bounds",
                says="limits",
                code="""
                    def $name($xs, $ys):
                        levels = dict($xs)
                        for $key, amount in $ys:
                            levels[$key] += amount
                        return levels
                """,
            ),
        ),
        inputs=lambda values: (
            dicts(one_of("ann", "bo", "cy"), integers(values["low"], values["high"]), 2, 5),
            lists(
                tuples(
                    one_of("ann", "ann", "ann", "bo", "bo", "bo", "cy", "cy", "di"),
                    mixed(integers(-values["high"], values["high"], 0), integers(-6, 6), integers(-3, 3)),
                ),
                0,
                6,
            ),
        ),
        examples=(
            "{}, []",
            "{'ann': $low}, [('ann', -1)]",
            "{'ann': $high}, [('ann', 1), ('ann', -1)]",
            "{'ann': $low, 'bo': $high}, [('bo', -$span), ('ann', $span)]",
            "{'ann': 5}, [('ann', 90), ('ann', 1), ('bo', 1)]",
        ),
        properties=("list(result) == list($xs)", "all($low <= level <= $high for level in result.values())"),
        held_out=True,
    ),
    Template(
        name="clean_readings",
        idea="texts turned into numbers, with a substitute for bad ones and a limit to how many may be bad",
        space={
            "substitute": {
                "omit": {
                    "put": "",
                    "other_put": "[]",
                    "returned": "list[int]",
                    "words": "is left out of the result",
                    "holds": "all(0 <= n <= $high for n in result)",
                },
                "none": {
                    "put": "found.append(None)",
                    "other_put": "[None]",
                    "returned": "list[int | None]",
                    "words": "becomes `None` in the result",
                    "holds": "len(result) == len($xs)",
                },
                "minus": {
                    "put": "found.append(-1)",
                    "other_put": "[-1]",
                    "returned": "list[int]",
                    "words": "becomes -1 in the result",
                    "holds": "len(result) == len($xs)",
                },
                "last": {
                    "put": "found.append(found[-1] if found else 0)",
                    "other_put": "[good[-1]]",
                    "returned": "list[int]",
                    "words": "is replaced by the last good one before it, or by 0 if there is none",
                    "holds": "len(result) == len($xs)",
                },
            },
            "counting": {
                "total": {
                    "again": "",
                    "limit": "If more than $most of the ${thing}s are bad, raise a `ValueError` instead of returning "
                    "anything.",
                    "limit_too": "At most $most bad ${thing}s are put up with in the whole list; with more than "
                    "that, raise a `ValueError`.",
                },
                "row": {
                    "again": "bad = 0",
                    "limit": "If more than $most bad ${thing}s come in a row, without a good one between them, raise "
                    "a `ValueError` instead of returning anything.",
                    "limit_too": "Up to $most bad ${thing}s are put up with one right after the other; where more of "
                    "them follow each other, raise a `ValueError`.",
                },
            },
            "most": (2, 3, 4),
            "high": range(20, 50),
        },
        surface={
            "what": {
                "readings": {"xs": "readings", "thing": "reading"},
                "samples": {"xs": "samples", "thing": "sample"},
                "speeds": {"xs": "speeds", "thing": "speed"},
                "depths": {"xs": "depths", "thing": "depth"},
                "marks": {"xs": "marks", "thing": "mark"},
            },
            "name": ("clean_$xs", "numbers_from_$xs", "parse_$xs", "usable_$xs", "read_$xs"),
        },
        signature="($xs: list[str]) -> $returned",
        wordings=(
            "Convert the ${thing}s in `$xs`, which are texts, to a list of numbers.",
            "`$xs` is a list of texts, each of which should be a $thing, a whole number. Return the list of these "
            "numbers as `int`s.",
            "A device wrote down its ${thing}s as texts. Turn `$xs` into a list with the numbers, in the same order.",
            "Read the whole numbers in `$xs`, where each is given as a text, and return them as a list.",
        ),
        details={
            "bad": (
                "A $thing is bad if its text is not a whole number (digits from 0 to 9, perhaps after a minus sign, "
                "and nothing else), or if the number is below 0 or above $high.",
                "Good ${thing}s are whole numbers from 0 to $high, both included, written in digits from 0 to 9, "
                "with nothing else in the text; all other ${thing}s are bad. A number may have zeros or a minus sign "
                "in front.",
            ),
            "substitute": ("A bad $thing $words.", "Each bad $thing $words."),
            "limit": ("$limit", "$limit_too"),
            "none": ("An empty list gives an empty list.", "For an empty list return an empty one."),
        },
        raises={"ValueError": "limit"},
        reference="""
            import re

            def $name($xs):
                found = []
                bad = 0
                for text in $xs:
                    if re.fullmatch(r"-?[0-9]+", text) and 0 <= int(text) <= $high:
                        found.append(int(text))
                        $again
                        continue
                    bad += 1
                    if bad > $most:
                        raise ValueError("too many bad ${thing}s")
                    $put
                return found
        """,
        second="""
            import re

            def $name($xs):
                known = {str(number): number for number in range($high + 1)}
                plain = [re.sub("^(-?)0+(?=[0-9])", r"\\1", text) for text in $xs]
                marks = "".join("g" if text in known or text == "-0" else "b" for text in plain)
                runs = [marks.count("b")] if "$counting" == "total" else map(len, marks.split("g"))
                if max(runs) > $most:
                    raise ValueError(marks)
                good = [0]
                found = []
                for text, mark in zip(plain, marks):
                    if mark == "g":
                        good.append(known.get(text, 0))
                        found += good[-1:]
                    else:
                        found += $other_put
                return found
        """,
        misreadings=(
            Misreading(kind="scope", says="limit", choose="counting"),
            Misreading(kind="empty", says="substitute", choose="substitute"),
            Misreading(kind="bounds", says="limit", swap=("bad > $most", "bad >= $most")),
            Misreading(kind="bounds", says="bad", swap=("<= $high", "< $high")),
            Misreading(kind="sign", says="bad", swap=("0 <= int(text) <= $high", "int(text) <= $high")),
            Misreading(kind="spaces", says="bad", swap=("text in $xs", "text in map(str.strip, $xs)")),
            Misreading(kind="types", says="bad", swap=("[0-9]", r"\d")),
            Misreading(
                kind="types",
                says="bad",
                code="""
                    def $name($xs):
                        found = []
                        bad = 0
                        for text in $xs:
                            try:
                                good = 0 <= int(text) <= $high
                            except ValueError:
                                good = False
                            if good:
                                found.append(int(text))
                                $again
                                continue
                            bad += 1
                            if bad > $most:
                                raise ValueError("too many bad ${thing}s")
                            $put
                        return found
                """,
            ),
        ),
        inputs=lambda values: (
            lists(
                mixed(
                    integers(-2, values["high"] + 3, 0, values["high"]).map(str),
                    integers(0, values["high"]).map(str),
                    integers(0, values["high"]).map(str),
                    one_of("", "n/a", "4.5", "12x", "-", "007", "+5", "1_0", " 5 ", "5\n", "\u0663", "-0", "-05"),
                ),
                0,
                8,
            ),
        ),
        examples=(
            "[]",
            '["0", "$high"]',
            '["x", "y", "z", "x"]',
            '["x", "1", "y", "2", "z", "3", "", "4", "-"]',
            '["x", "y", "", "-", "-1", "1", "z"]',
            '["1", "x", "y"]',
            '["1", "x", "y", "z"]',
            '["1", "x", "y", "z", "-1"]',
            '["1", "+5"]',
            '["1_0", "2"]',
            '["1", " 5 "]',
            '["7", "5\\n"]',
            '["4", "\u0663"]',
            '["-0", "-05"]',
        ),
        properties=("$holds",),
    ),
    Template(
        name="replay_retries",
        idea="what a client with retries would do, given how each try ends",
        space={
            "pause": {
                "same": {
                    "next_wait": "$delay",
                    "waits_too": "[$delay] * failed",
                    "pauses": "After each failed try it waits $seconds.",
                    "pauses_too": "Between a failed try and the next it lets $seconds pass.",
                },
                "double": {
                    "next_wait": "2 * waits[-1] if waits else $delay",
                    "waits_too": "[$delay * 2**n for n in range(failed)]",
                    "pauses": "After the first failed try it waits $seconds, and after every further one twice as "
                    "long as the time before.",
                    "pauses_too": "The wait after the first failed try is $seconds; each later wait is double the "
                    "one before.",
                },
                "add": {
                    "next_wait": "waits[-1] + $delay if waits else $delay",
                    "waits_too": "list(range($delay, $delay * failed + 1, $delay))",
                    "pauses": "After the first failed try it waits $seconds, and after every further one $seconds "
                    "longer than the time before.",
                    "pauses_too": "The wait after the first failed try is $seconds; each later wait is $seconds "
                    "longer than the one before.",
                },
            },
            "busy": {
                "fails": {
                    "pass_over": "",
                    "polite": '`"busy"` is a failed try just like `"timeout"`.',
                    "polite_too": 'There is no difference between `"busy"` and `"timeout"`: both mean that the try '
                    "failed.",
                },
                "free": {
                    "pass_over": 'if outcome == "busy":\n    continue',
                    "polite": '`"busy"` does not count as a failed try: it tries again without any waiting.',
                    "polite_too": 'After `"busy"`, the next try follows at once, and it is not counted as failed; '
                    '`"timeout"` is a failed try.',
                },
            },
            "report": {
                "total": {
                    "told": "sum(waits)",
                    "kind": "int",
                    "what_waits": "the number of seconds that it waited in all",
                },
                "list": {
                    "told": "waits",
                    "kind": "list[int]",
                    "what_waits": "the list of its waits in seconds, in order",
                },
            },
            "delay": range(1, 8),
            "tries": range(4, 9),
        },
        surface={
            "what": {
                "replies": {"xs": "replies", "job": "request", "result": "reply"},
                "outcomes": {"xs": "outcomes", "job": "measurement", "result": "value"},
                "answers": {"xs": "answers", "job": "query", "result": "answer"},
                "attempts": {"xs": "attempts", "job": "upload", "result": "size"},
                "results": {"xs": "results", "job": "job", "result": "result"},
            },
            "name": ("replay", "with_retries", "retry_until_done", "persist", "simulate_retries"),
        },
        derive=lambda values: {"seconds": "1 second" if values["delay"] == 1 else "$delay seconds"},
        signature="($xs: list[int | str]) -> tuple[int, $kind]",
        wordings=(
            "A client tries a $job again until it succeeds. `$xs` tells how its tries end, one after the other: an "
            '`int` is the $result of a success, and a text, `"timeout"`, `"busy"` or `"refused"`, is what went wrong. '
            "Replay this and return a tuple of the $result and $what_waits.",
            "Simulate a client that repeats a $job which does not succeed at once. Each member of `$xs` is the outcome "
            'of one try: `"timeout"`, `"busy"`, `"refused"`, or else an `int`, which means success. Return that '
            "`int` together with $what_waits, as a tuple.",
            'For a $job that may fail, `$xs` lists what happens try by try: `"timeout"`, `"busy"` and `"refused"` are '
            "troubles, while a number is the $result that the client wanted, after which it is done. What does it "
            "get, and how long does it wait for it? Return two things in a tuple: the $result, and $what_waits.",
            "Work out how a client fares that does not give up easily. The outcomes of its tries at a $job are in "
            '`$xs`, in order; a try ends with a number (it worked) or with `"timeout"`, `"busy"` or `"refused"`. The '
            "answer is a tuple that has the first such number that it gets and $what_waits.",
        ),
        details={
            "success": ("Any number is a success, even 0 or a negative one.", "0 is a success as well."),
            "pause": ("$pauses", "$pauses_too"),
            "busy": ("$polite", "$polite_too"),
            "refused": (
                '`"refused"` raises a `PermissionError` at once.',
                'When it meets `"refused"`, a `PermissionError` is raised.',
            ),
            "spent": (
                "After $tries failed tries it makes no further one: raise a `TimeoutError`, and also if no outcome is "
                "left before it succeeds.",
                "Raise a `TimeoutError` as soon as $tries tries have failed, or when the list ends without a success.",
            ),
        },
        raises={"PermissionError": "refused", "TimeoutError": "spent"},
        reference="""
            def $name($xs):
                waits = []
                for outcome in $xs:
                    if outcome == "refused":
                        raise PermissionError("refused")
                    if isinstance(outcome, int):
                        return outcome, $told
                    $pass_over
                    waits.append($next_wait)
                    if len(waits) == $tries:
                        break
                raise TimeoutError("no success")
        """,
        second="""
            def $name($xs):
                tried = [outcome for outcome in $xs if outcome != "busy" or "$busy" == "fails"]
                failed = 0
                while tried[failed : failed + 1] in (["timeout"], ["busy"]):
                    failed += 1
                if failed >= $tries or failed == len(tried):
                    raise TimeoutError(failed)
                if tried[failed] == "refused":
                    raise PermissionError(failed)
                waits = $waits_too
                return (tried[failed], $told)
        """,
        misreadings=(
            Misreading(kind="scope", says="busy", choose="busy"),
            Misreading(kind="scope", says="pause", choose="pause"),
            Misreading(kind="types", says="$what_waits", choose="report"),
            Misreading(kind="bounds", says="spent", swap=("== $tries", "> $tries")),
            Misreading(
                kind="empty",
                says="success",
                swap=("isinstance(outcome, int)", "isinstance(outcome, int) and outcome"),
            ),
        ),
        inputs=lambda values: (
            tuples(
                lists(one_of("timeout", "timeout", "busy"), 0, values["tries"] + 1),
                lists(mixed(integers(-2, 30), one_of("refused", "timeout", "busy"), integers(-2, 30)), 0, 3),
            ).map(lambda parts: parts[0] + parts[1]),
        ),
        examples=("[]", "[0]", '["refused"]', '["busy", 5]', '["timeout", "refused", 5]'),
        properties=("result[0] in $xs",),
    ),
)
