"""Dictionary and set operations: combining, comparing, inverting, following and using up."""

from itertools import pairwise
from random import Random
from typing import Any

from lift_sys.testing.inputs import Inputs, dicts, integers, lists, mixed, one_of, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values

_PLANTS = ("oak", "elm", "ash", "ivy", "rye", "fern")


def _combined(values: Values) -> dict[str, Any]:
    """How the dictionaries become one, and in which order its keys are."""
    shared = "{key: $both_code for key in $a if key in $b}"
    merged = {"keep": "{**$a, **$b, **shared}", "first": "{**$a, **shared}", "second": "{**$b, **shared}"}
    alone = str(values["alone"])
    given = {
        "keep": (
            "in the order of `$a`; those that only `$b` has follow, in the order of `$b`",
            "the order of `$a`, and after them those that only `$b` has, in its order",
        ),
        "second": ("in the order that they have in `$b`", "the order of `$b`"),
    }.get(alone, ("in the order that they have in `$a`", "the order of `$a`"))
    return {
        "steps": f"shared = {shared}\ncombined = {merged[alone]}" if alone in merged else f"combined = {shared}",
        "given_how": given[0],
        "given_order": given[1],
    }


def _changed(values: Values) -> dict[str, Any]:
    """The $things that are looked at, in the order that is asked for."""
    keys, before, after, given = {
        "ignored": ("[key for key in $old if key in $new]", "$old[key]", "$new[key]", "order of `$old`"),
        "zero": (
            "{**$old, **$new}",
            "$old.get(key, 0)",
            "$new.get(key, 0)",
            "order of `$old`, followed by those that only `$new` has, in its order",
        ),
        "arrived": ("$new", "$old.get(key, 0)", "$new[key]", "order of `$new`"),
        "gone": ("$old", "$old[key]", "$new.get(key, 0)", "order of `$old`"),
    }[values["missing"]]
    ordered = f"sorted({keys})" if values["order"] == "alphabet" else keys
    return {"keys": ordered, "before": before, "after": after, "given": given}


def _chains(limit: int) -> Inputs:
    """Replacements with long chains in them, which end, come to nothing, or run back into themselves."""

    def draw(rng: Random) -> dict[str, str]:
        names = list(_NAMES)
        rng.shuffle(names)
        if rng.random() < 0.6:
            names = [_NAMES[0], *(name for name in names if name != _NAMES[0])]
        size = rng.randint(1, len(names)) if rng.random() < 0.4 else min(len(names), limit + rng.randint(-1, 2))
        chain = names[:size]
        found = dict(pairwise(chain))
        if rng.random() < 0.7:
            ends = ("", chain[-1], chain[0], chain[rng.randrange(size)], chain[max(0, size - 2)])
            found[chain[-1]] = ends[rng.randrange(len(ends))]
        for name in names[size:]:
            if rng.random() < 0.4:
                found[name] = chain[rng.randrange(size)]
        pairs = list(found.items())
        rng.shuffle(pairs)
        return dict(pairs)

    first, second, third = _NAMES[:3]
    ends = ({first: ""}, {first: first}, {first: second, second: first}, {first: third, third: third})
    return Inputs(draw, ({}, {first: second}, *ends))


_THINGS = ("pear", "dawn", "lamp", "bell", "cove", "moss", "tide", "fox")


def _tables(keys: tuple[str, ...], values: Inputs, low: int) -> Inputs:
    """Dictionaries that have at least `low` of the keys and often all."""

    def draw(rng: Random) -> dict[str, Any]:
        names = list(keys)
        rng.shuffle(names)
        return {name: values.draw(rng) for name in names[: rng.randint(low, len(names))]}

    return Inputs(draw, tuple({key: value} for key, value in zip(keys, values.edges, strict=False)))


def _likings() -> Inputs:
    """Sets under names; most differ from one another in a few members only."""

    def draw(rng: Random) -> dict[str, set[str]]:
        names = [*_NAMES[:6]]
        rng.shuffle(names)
        dense = rng.choice((0.3, 0.6, 0.9))
        common = {game for game in _GAMES if rng.random() < dense}
        odd = rng.choice((0.1, 0.3, 0.5))
        return {
            name: {game for game in _GAMES if (game in common) != (rng.random() < odd)}
            for name in names[: rng.randint(2, 6)]
        }

    first, second = _NAMES[:2]
    return Inputs(draw, ({first: set()}, {first: set(_GAMES), second: set(_GAMES)}))


_GAMES = ("chess", "yoga", "golf", "polo", "judo", "darts", "rugby", "tag")
_NAMES = ("kit", "bea", "max", "liv", "ada", "sam", "joy", "ned", "ivo", "una")


_OWN_ENDS = {
    "goes_on": "$xs.get(here, here) != here",
    "self_one": "$Any that is its own replacement counts as having none.",
    "self_two": "An entry that maps $any to itself is as good as no entry.",
}
_OWN_LOOPS = {
    "goes_on": "here in $xs",
    "self_one": "$Any that is its own replacement forms a loop, too.",
    "self_two": "An entry that maps $any to itself makes a loop like any other.",
}


def _followed(values: Values) -> Values | None:
    if values["loop"].removesuffix("_own") == values["beyond"]:
        return None
    ends = (values["far"], values["round"], values["nothing"])
    return {"returned": "str | None" if "None" in ends else "str"}


def _by_multiple(values: Values) -> bool:
    """Whether `seen_in_lists` sorts by counts of which few differ."""
    return (values["test"], values["repeats"], values["order"]) == ("multiple", "once", "count")


def _multiples(number: int) -> tuple[list[list[str]], ...]:
    """Lists for `seen_in_lists` that hold one thing `number` times and another one twice as often."""
    found = [["birch", "willow"], *[["willow"]] * number, *[["birch", "willow"]] * (number - 1)]
    return found, [[], *found, []]


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="combine_counts",
        idea="one dictionary of counts from two, with a rule for shared keys and a limit",
        space={
            "limit": range(2, 12),
            "both": {
                "sum": {"both_code": "$a[key] + $b[key]", "gets": "the sum of its two counts"},
                "larger": {"both_code": "max($a[key], $b[key])", "gets": "the larger of its two counts"},
                "smaller": {"both_code": "min($a[key], $b[key])", "gets": "the smaller of its two counts"},
                "gap": {
                    "both_code": "abs($a[key] - $b[key])",
                    "gets": "the difference of its two counts (larger minus smaller)",
                },
                "product": {"both_code": "$a[key] * $b[key]", "gets": "the product of its two counts"},
            },
            "alone": {
                "keep": {
                    "alone_one": "$Any that only one of them has keeps its count.",
                    "alone_two": "Where only one of them has $any, its count stays as it is.",
                    "stays": "True",
                },
                "first": {
                    "alone_one": "$Any that only `$a` has keeps its count; one that only `$b` has is left out.",
                    "alone_two": "What only `$a` has stays with its count, and what only `$b` has does not appear.",
                    "stays": "key in $a",
                },
                "second": {
                    "alone_one": "$Any that only `$b` has keeps its count; one that only `$a` has is left out.",
                    "alone_two": "What only `$b` has stays with its count, and what only `$a` has does not appear.",
                    "stays": "key in $b",
                },
                "drop": {
                    "alone_one": "$Any that only one of them has is left out.",
                    "alone_two": "What only one of the two has does not appear.",
                    "stays": "False",
                },
            },
            "side": {
                "least": {"op": ">=", "unfit": "less than $limit"},
                "most": {"op": "<=", "unfit": "more than $limit"},
            },
            "order": {
                "given": {
                    "listed": "combined.items()",
                    "sorting": "",
                    "how": "$given_how",
                    "order_words": "$given_order",
                },
                "alphabet": {
                    "listed": "sorted(combined.items())",
                    "sorting": "kept.sort()",
                    "how": "sorted alphabetically",
                    "order_words": "alphabetical order",
                },
                "count": {
                    "listed": "sorted(combined.items(), key=lambda pair: (-pair[1], pair[0]))",
                    "sorting": "kept = sorted(sorted(kept), key=lambda pair: pair[1], reverse=True)",
                    "how": "sorted by count, highest first, and alphabetically where counts are equal",
                    "order_words": "order of falling count, and alphabetical order where counts are equal",
                },
            },
        },
        surface={
            "what": {
                "items": {"a": "north", "b": "south", "any": "an item", "Any": "An item", "things": "items"},
                "birds": {"a": "spring", "b": "autumn", "any": "a bird", "Any": "A bird", "things": "birds"},
                "parts": {"a": "shelf", "b": "cellar", "any": "a part", "Any": "A part", "things": "parts"},
                "dishes": {"a": "lunch", "b": "dinner", "any": "a dish", "Any": "A dish", "things": "dishes"},
                "plants": {"a": "garden", "b": "meadow", "any": "a plant", "Any": "A plant", "things": "plants"},
            },
            "name": ("combine_counts", "join_counts", "one_tally", "merge_tallies", "put_together"),
        },
        derive=_combined,
        signature="($a: dict[str, int], $b: dict[str, int]) -> dict[str, int]",
        wordings=(
            "`$a` and `$b` map $things to counts. Combine them into one new dictionary, in which $any that both of "
            "them have gets $gets.",
            "Merge two dictionaries of counts, `$a` and `$b`, whose keys are $things. Where both have $any, its "
            "count in the result is $gets.",
            "Return a single dictionary made from `$a` and `$b`, which tell how many of some $things were seen. "
            "The new count of $any that is in both is $gets.",
            "Two people counted $things; `$a` and `$b` hold what they found. Put this together in one dictionary: "
            "$any found in both has $gets there.",
        ),
        details={
            "alone": ("$alone_one", "$alone_two"),
            "limit": (
                "Finally, drop all $things whose count in the result is $unfit.",
                "The result must not hold any $things whose count there is $unfit.",
                "In the end, remove what has a resulting count of $unfit.",
            ),
            "order": (
                "The keys of the result are $how.",
                "The result has its keys in $order_words.",
            ),
        },
        reference="""
            def $name($a, $b):
                $steps
                return {key: count for key, count in $listed if count $op $limit}
        """,
        second="""
            def $name($a, $b):
                first, last = ($b, $a) if "$alone" == "second" else ($a, $b)
                kept = []
                for key in dict.fromkeys([*first, *last]):
                    counts = sorted(side[key] for side in ($a, $b) if key in side)
                    count = counts[0]
                    if len(counts) == 2:
                        low, high = counts
                        count = {"sum": low + high, "larger": high, "gap": high - low, "product": low * high}.get(
                            "$both", low
                        )
                    elif not ($stays):
                        continue
                    if not (count < $limit if "$side" == "least" else count > $limit):
                        kept.append((key, count))
                $sorting
                return dict(kept)
        """,
        misreadings=(
            Misreading(kind="scope", says="$gets", choose="both"),
            Misreading(kind="empty", says="alone", choose="alone"),
            Misreading(kind="order", says="order", choose="order"),
            Misreading(kind="bounds", says="limit", choose="side"),
            Misreading(
                kind="bounds", says="limit", swap=("count $op $limit", "count $op $limit and count != $limit")
            ),
        ),
        inputs=lambda values: (_tables(_PLANTS[:5], integers(0, 18, values["limit"], 1), 2).plus({}),) * 2,
        examples=("{}, {}",),
        properties=(
            "all(count $op $limit for count in result.values())",
            "set(result) <= set($a) | set($b)",
        ),
    ),
    Template(
        name="seen_in_lists",
        idea="what a number of lists hold, without or within one of them",
        space={
            "number": range(2, 5),
            "test": {
                "exactly": {"fits": "count == $number", "is": "exactly $number"},
                "least": {"fits": "count >= $number", "is": "at least $number"},
                "most": {"fits": "count <= $number", "is": "at most $number"},
                "multiple": {"fits": "count % $number == 0", "is": "a multiple of $number"},
            },
            "repeats": {
                "once": {
                    "each": "dict.fromkeys(members)",
                    "count_one": "The count of $any is the number of $holders that it occurs in; repeats within one "
                    "$holder make no difference.",
                    "count_two": "Count for $any the $holders that it occurs in, no matter how often one of them "
                    "names it.",
                },
                "all": {
                    "each": "members",
                    "count_one": "The count of $any is how often it occurs in all $holders together; repeats within "
                    "one $holder count as well.",
                    "count_two": "The count of $any goes up by one each time that it is named, also when one $holder "
                    "names it again.",
                },
            },
            "pick": {
                "first_out": {
                    "also": "not in $xs[0]",
                    "pick_one": "Leave out what the first $holder has.",
                    "pick_two": "Whatever is in the first $holder is not returned.",
                },
                "last_out": {
                    "also": "not in $xs[-1]",
                    "pick_one": "Leave out what the last $holder has.",
                    "pick_two": "Whatever is in the last $holder is not returned.",
                },
                "first_in": {
                    "also": "in $xs[0]",
                    "pick_one": "Return only what the first $holder has too.",
                    "pick_two": "Whatever is not in the first $holder is left out.",
                },
                "last_in": {
                    "also": "in $xs[-1]",
                    "pick_one": "Return only what the last $holder has too.",
                    "pick_two": "Whatever is not in the last $holder is left out.",
                },
            },
            "order": {
                "alphabet": {"sort": "sorted(found)", "by": "in alphabetical order"},
                "met": {"sort": "found", "by": "in order of first occurrence"},
                "count": {
                    "sort": "sorted(found, key=lambda thing: (-counts[thing], thing))",
                    "by": "by falling count, and alphabetically where counts are equal",
                },
                "short": {
                    "sort": "sorted(sorted(found), key=len)",
                    "by": "from shortest to longest, and alphabetically where lengths are equal",
                },
            },
        },
        surface={
            "what": {
                "baskets": {
                    "xs": "baskets",
                    "holder": "basket",
                    "holders": "baskets",
                    "any": "a product",
                    "things": "products",
                },
                "teams": {
                    "xs": "teams",
                    "holder": "team",
                    "holders": "teams",
                    "any": "a player",
                    "things": "players",
                },
                "menus": {
                    "xs": "menus",
                    "holder": "menu",
                    "holders": "menus",
                    "any": "a dish",
                    "things": "dishes",
                },
                "shelves": {
                    "xs": "shelves",
                    "holder": "shelf",
                    "holders": "shelves",
                    "any": "a title",
                    "things": "titles",
                },
                "plots": {
                    "xs": "plots",
                    "holder": "plot",
                    "holders": "plots",
                    "any": "a plant",
                    "things": "plants",
                },
            },
            "name": ("by_count", "often_enough", "pick_by_count", "common_ones", "seen_so_often"),
        },
        derive=lambda values: (
            None
            if (values["test"], values["order"]) == ("exactly", "count")
            or (values["test"] == "multiple" and values["number"] > 3)
            else {}
        ),
        signature="($xs: list[list[str]]) -> list[str]",
        wordings=(
            "Each member of `$xs` is a $holder, given as a list of $things. Return the $things whose count is $is, "
            "each once, arranged $by.",
            "Which $things, of all those in the $holders of `$xs`, have a count that is $is? Give them back as a "
            "list without repeats, arranged $by.",
            "`$xs` is a list of $holders, and a $holder is a list of $things. List every one of the $things whose "
            "count over all $holders is $is; the result names none twice and is arranged $by.",
            "Take the $things from all $holders in `$xs` and keep those whose count is $is. The result has no "
            "repeats; arrange it $by.",
        ),
        details={
            "count": ("$count_one", "$count_two"),
            "pick": ("$pick_one", "$pick_two"),
        },
        reference="""
            from collections import Counter

            def $name($xs):
                counts = Counter(thing for members in $xs for thing in $each)
                found = [thing for thing, count in counts.items() if $fits and thing $also]
                return $sort
        """,
        second="""
            def $name($xs):
                named = [thing for members in $xs for thing in members]
                found = []
                for place, thing in enumerate(named):
                    if thing in named[:place]:
                        continue
                    if "$repeats" == "once":
                        count = sum(thing in members for members in $xs)
                    else:
                        count = named.count(thing)
                    one = set($xs[0] if "$pick".startswith("first") else $xs[-1])
                    if $fits and (thing in one) == "$pick".endswith("in"):
                        found.append((count, thing))
                if "$order" != "met":
                    found.sort(key=lambda pair: pair[1])
                if "$order" == "count":
                    found.sort(key=lambda pair: pair[0], reverse=True)
                if "$order" == "short":
                    found.sort(key=lambda pair: len(pair[1]))
                return [thing for _, thing in found]
        """,
        misreadings=(
            Misreading(kind="repeats", says="count", choose="repeats"),
            Misreading(kind="bounds", says="$is", choose="test"),
            Misreading(kind="scope", says="pick", choose="pick"),
            Misreading(kind="order", says="$by", choose="order"),
        ),
        inputs=lambda values: (
            lists(lists(one_of("oak", "elm", "willow", "ivy", "birch"), 0, 6), 0, 9).plus(
                [["birch", "oak", "elm"]] * values["number"],
                [[], *[["birch", "oak", "elm"]] * values["number"]],
                [*[["birch", "oak", "elm"]] * values["number"], []],
                *(_multiples(values["number"]) if _by_multiple(values) else ()),
            ),
        ),
        examples=("[]", "[[]]"),
        properties=("len(set(result)) == len(result)", "all(thing $also for thing in result)"),
    ),
    Template(
        name="tag_index",
        idea="from each thing's tags to each tag's things, rare or common tags apart",
        space={
            "number": range(2, 8),
            "bound": {
                "few": {"kept": ">=", "apart": "<", "extreme": "fewer than $number"},
                "many": {"kept": "<=", "apart": ">", "extreme": "more than $number"},
            },
            "rest": {
                "dropped": {
                    "gather": "",
                    "rest_one": "A $tag that belongs to $extreme $things is left out.",
                    "rest_two": "Leave out each $tag that $extreme $things have.",
                },
                "gathered": {
                    "gather": "rest = {thing for found in index.values() if len(found) $apart $number for thing in "
                    "found}"
                    '\nif rest:\n    result["misc"] = $rest_form',
                    "rest_one": "Each $tag that belongs to $extreme $things gets no key of its own: all of these "
                    "become one "
                    "single $tag, `misc`, which belongs to every $thing that has any of them and comes last. There "
                    "is no `misc` if there are none, and no $tag is called so.",
                    "rest_two": "There is no key for a $tag that $extreme $things have. Instead, all such $tags "
                    "share "
                    "one last key, `misc`, as if they were a single $tag that belongs to each $thing which has one "
                    "of "
                    "them. Without such $tags there is no `misc`; no $tag has that name.",
                },
            },
            "case": {
                "exact": {
                    "key": "tag",
                    "capitals": " (capital letters before small ones)",
                    "case_one": "$Tags that differ in letter case are different $tags.",
                    "case_two": "Letter case matters in a $tag.",
                },
                "ignored": {
                    "key": "tag.lower()",
                    "capitals": "",
                    "case_one": "$Tags that differ only in letter case are one and the same, which is written in "
                    "small "
                    "letters.",
                    "case_two": "Letter case in $tags is ignored: the result has them in small letters.",
                },
            },
            "form": {
                "given": {
                    "value": "found",
                    "rest_form": "[thing for thing in $xs if thing in rest]",
                    "form_words": "the list of its $things, in the order of `$xs`",
                    "result_type": "list[str]",
                },
                "alphabet": {
                    "value": "sorted(found)",
                    "rest_form": "sorted(rest)",
                    "form_words": "the alphabetical list of its $things",
                    "result_type": "list[str]",
                },
                "count": {
                    "value": "len(found)",
                    "rest_form": "len(rest)",
                    "form_words": "the number of its $things",
                    "result_type": "int",
                },
            },
            "order": {
                "alphabet": {"listed": "sorted(index.items())", "by": "in alphabetical order$capitals"},
                "met": {"listed": "index.items()", "by": "in the order in which they are first met in `$xs`"},
                "size": {
                    "listed": "sorted(index.items(), key=lambda entry: (-len(entry[1]), entry[0]))",
                    "by": "sorted by the number of their $things, highest first, and alphabetically$capitals where "
                    "that "
                    "is equal",
                },
            },
        },
        surface={
            "what": {
                "recipes": {
                    "xs": "recipes",
                    "thing": "recipe",
                    "things": "recipes",
                    "tag": "label",
                    "tags": "labels",
                    "Tags": "Labels",
                },
                "books": {
                    "xs": "books",
                    "thing": "book",
                    "things": "books",
                    "tag": "keyword",
                    "tags": "keywords",
                    "Tags": "Keywords",
                },
                "songs": {
                    "xs": "songs",
                    "thing": "song",
                    "things": "songs",
                    "tag": "mood",
                    "tags": "moods",
                    "Tags": "Moods",
                },
                "photos": {
                    "xs": "photos",
                    "thing": "photo",
                    "things": "photos",
                    "tag": "tag",
                    "tags": "tags",
                    "Tags": "Tags",
                },
                "talks": {
                    "xs": "talks",
                    "thing": "talk",
                    "things": "talks",
                    "tag": "topic",
                    "tags": "topics",
                    "Tags": "Topics",
                },
            },
            "name": ("tag_index", "turn_round", "look_up_table", "index_of", "by_label"),
        },
        signature="($xs: dict[str, list[str]]) -> dict[str, $result_type]",
        wordings=(
            "`$xs` maps every $thing to a list of its $tags. Turn that round: return a dictionary that maps every "
            "$tag "
            "to $form_words.",
            "Make an index of `$xs`, a dictionary from $things to lists of $tags. The keys of the index are the "
            "$tags, "
            "and the value of a $tag is $form_words.",
            "In `$xs` each key is a $thing and each value the list of its $tags. For every $tag that occurs, find "
            "$form_words, and return this as a dictionary with the $tags as keys.",
            "Starting from `$xs`, where one looks up a $thing to get a list of its $tags, build the opposite: a "
            "dictionary in which one looks up a $tag to get $form_words.",
        ),
        details={
            "case": ("$case_one", "$case_two"),
            "rest": ("$rest_one", "$rest_two"),
            "repeats": (
                "A $thing that names the same $tag twice counts once for it.",
                "If a list repeats a $tag, that changes nothing.",
            ),
            "order": ("The $tags are $by.", "As keys, the $tags stand $by."),
        },
        reference="""
            def $name($xs):
                index = {}
                for thing, tags in $xs.items():
                    for tag in tags:
                        found = index.setdefault($key, [])
                        if thing not in found:
                            found.append(thing)
                result = {tag: $value for tag, found in $listed if len(found) $kept $number}
                $gather
                return result
        """,
        second="""
            def $name($xs):
                pairs = [(tag.lower() if "$case" == "ignored" else tag, thing) for thing in $xs for tag in $xs[thing]]
                pairs = list(dict.fromkeys(pairs))
                tags = list(dict.fromkeys(tag for tag, _ in pairs))
                sizes = {tag: sum(other == tag for other, _ in pairs) for tag in tags}
                if "$order" != "met":
                    tags.sort()
                if "$order" == "size":
                    tags.sort(key=sizes.get, reverse=True)
                apart = [tag for tag in tags if sizes[tag] $apart $number]
                groups = [(tag, {tag}) for tag in tags if tag not in apart]
                if apart and "$rest" == "gathered":
                    groups.append(("misc", set(apart)))
                result = {}
                for label, members in groups:
                    things = list(dict.fromkeys(thing for tag, thing in pairs if tag in members))
                    if "$form" == "alphabet":
                        things.sort()
                    result[label] = len(things) if "$form" == "count" else things
                return result
        """,
        misreadings=(
            Misreading(kind="bounds", says="rest", swap=("len(found) $kept $number", "len(found) $kept $number + 1")),
            Misreading(kind="scope", says="rest", choose="rest"),
            Misreading(kind="case", says="case", choose="case"),
            Misreading(kind="order", says="order", choose="order"),
            Misreading(kind="order", says="$form_words", choose="form"),
            Misreading(
                kind="repeats",
                says="repeats",
                swap=("if thing not in found:\n                found.append(thing)", "found.append(thing)"),
            ),
        ),
        inputs=(
            mixed(
                _tables(_THINGS, lists(one_of("red", "Red", "old", "calm"), 0, 5), 3),
                _tables(_THINGS, lists(one_of("red", "Red", "old", "calm"), 3, 7), 6),
            ),
        ),
        examples=("{}", "{'moss': []}"),
        properties=("all(tag == 'misc' or tag in str($xs).lower() or tag in str($xs) for tag in result)",),
        equivalents=(
            Equivalent("len(entry[1]) -> (len(entry[1]) - 1)", "all sizes that are compared are one less"),
            Equivalent("len(entry[1]) -> (len(entry[1]) + 1)", "all sizes that are compared are one more"),
        ),
        held_out=True,
    ),
    Template(
        name="compare_amounts",
        idea="what went up or down by more than a little between two dictionaries",
        space={
            "slack": range(1, 9),
            "direction": {
                "any": {"test": "abs(after - before)", "moved": "changed"},
                "up": {"test": "after - before", "moved": "rose"},
                "down": {"test": "before - after", "moved": "fell"},
            },
            "missing": {
                "ignored": {
                    "missing_one": "$Any that is missing from one of the two is ignored.",
                    "missing_two": "Only what is in both can be in the result.",
                },
                "zero": {
                    "missing_one": "$Any that is missing from one of the two is taken to be 0 there.",
                    "missing_two": "Where one of the two lacks $any, take 0 for its $value.",
                },
                "arrived": {
                    "missing_one": "$Any that only `$new` has is taken to have been 0 before; what only `$old` has "
                    "is "
                    "ignored.",
                    "missing_two": "If $any is missing from `$old`, take 0 for it there, but pass over what is "
                    "missing "
                    "from `$new`.",
                },
                "gone": {
                    "missing_one": "$Any that only `$old` has is taken to be 0 now; what only `$new` has is ignored.",
                    "missing_two": "If $any is missing from `$new`, take 0 for it there, but pass over what is "
                    "missing "
                    "from `$old`.",
                },
            },
            "shape": {
                "pair": {
                    "shown": "(before, after)",
                    "shown_words": "a tuple of its old and its new $value",
                    "result_type": "tuple[int, int]",
                },
                "change": {
                    "shown": "after - before",
                    "shown_words": "the new $value minus the old one",
                    "result_type": "int",
                },
                "new": {"shown": "after", "shown_words": "its new $value", "result_type": "int"},
            },
            "order": {
                "given": {"how": "in the $given"},
                "alphabet": {"how": "in alphabetical order"},
            },
        },
        surface={
            "what": {
                "accounts": {
                    "old": "last_month",
                    "new": "this_month",
                    "value": "balance",
                    "values": "balances",
                    "Values": "Balances",
                    "any": "an account",
                    "Any": "An account",
                    "thing": "account",
                    "things": "accounts",
                },
                "players": {
                    "old": "before_break",
                    "new": "after_break",
                    "value": "score",
                    "values": "scores",
                    "Values": "Scores",
                    "any": "a player",
                    "Any": "A player",
                    "thing": "player",
                    "things": "players",
                },
                "towns": {
                    "old": "yesterday",
                    "new": "today",
                    "value": "temperature",
                    "values": "temperatures",
                    "Values": "Temperatures",
                    "any": "a town",
                    "Any": "A town",
                    "thing": "town",
                    "things": "towns",
                },
                "tanks": {
                    "old": "old_levels",
                    "new": "new_levels",
                    "value": "level",
                    "values": "levels",
                    "Values": "Levels",
                    "any": "a tank",
                    "Any": "A tank",
                    "thing": "tank",
                    "things": "tanks",
                },
                "settings": {
                    "old": "old_settings",
                    "new": "new_settings",
                    "value": "value",
                    "values": "values",
                    "Values": "Values",
                    "any": "a setting",
                    "Any": "A setting",
                    "thing": "setting",
                    "things": "settings",
                },
            },
            "name": ("what_moved", "compare_amounts", "notable_moves", "real_changes", "find_shifts"),
        },
        derive=_changed,
        signature="($old: dict[str, int], $new: dict[str, int]) -> dict[str, $result_type] | None",
        wordings=(
            "`$old` and `$new` map $things to their $values. Return a dictionary of the $things whose $value $moved "
            "by "
            "more than $slack from the first to the second, each mapped to $shown_words.",
            "Which $things have a $value that $moved by more than $slack between `$old` and `$new`? Both map $things "
            "to whole-number $values. The answer is a dictionary that maps each of these $things to $shown_words.",
            "Compare two dictionaries of $values, `$old` and the later `$new`. The result has a key for each of the "
            "$things whose $value $moved by more than $slack in between; there it holds $shown_words.",
            "A move of $slack or less between the $values in `$old` and those in `$new` is not worth telling. Find "
            "the $things whose $value $moved by more than $slack, and map each of them to $shown_words.",
        ),
        details={
            "missing": ("$missing_one", "$missing_two"),
            "order": ("The keys of the result are $how.", "The result lists the $things $how."),
            "nothing": (
                "Where no $thing did that, return None instead of an empty dictionary.",
                "The result is None, not an empty dictionary, if that holds for no $thing.",
            ),
            "signs": ("$Values may be negative.", "Negative $values are possible."),
        },
        reference="""
            def $name($old, $new):
                found = {}
                for key in $keys:
                    before, after = $before, $after
                    if $test > $slack:
                        found[key] = $shown
                return found or None
        """,
        second="""
            def $name($old, $new):
                shared = $old.keys() & $new.keys()
                filled_old = {**$old, **{key: 0 for key in $new if key not in $old and "$missing" in ("zero", "arrived")}}
                filled_new = {**$new, **{key: 0 for key in $old if key not in $new and "$missing" in ("zero", "gone")}}
                names = list(filled_new) if "$missing" == "arrived" else list(filled_old)
                if "$order" == "alphabet":
                    names.sort()
                moves = {}
                for key in names:
                    if key in shared or (key in filled_old and key in filled_new):
                        moves[key] = filled_new[key] - filled_old[key]
                sizes = {key: {"up": move, "down": -move}.get("$direction", max(move, -move)) for key, move in moves.items()}
                shown = {"pair": lambda key: (filled_old[key], filled_new[key]), "change": moves.get, "new": filled_new.get}
                moved = {key: shown["$shape"](key) for key, size in sizes.items() if size >= $slack + 1}
                return moved if len(moved) > 0 else None
        """,
        misreadings=(
            Misreading(kind="empty", says="nothing", swap=("found or None", "found")),
            Misreading(kind="bounds", says="more than $slack", swap=("$test > $slack", "$test >= $slack")),
            Misreading(kind="empty", says="missing", choose="missing"),
            Misreading(kind="sign", says="$moved by more than $slack", choose="direction"),
            Misreading(kind="order", says="order", choose="order"),
            Misreading(kind="types", says="$shown_words", choose="shape"),
        ),
        inputs=lambda values: (
            _tables(_PLANTS, integers(-12, 15, 0, values["slack"]), 3).plus({}),
            _tables(_PLANTS, integers(-12, 15, 0, values["slack"]), 3).plus({}),
        ),
        examples=("{}, {}",),
        properties=("result is None or set(result) <= set($old) | set($new)", "result != {}"),
    ),
    Template(
        name="best_partner",
        idea="whose set goes best with a given one, by a score with a floor",
        space={
            "floor": range(1, 6),
            "score": {
                "shared": {
                    "others": " if name != $me",
                    "points": "len(mine & theirs)",
                    "score_one": "The score of another $who is the number of $likes that they share with `$me`.",
                    "score_two": "Somebody else scores one point for each $like that `$me` has too.",
                },
                "fresh": {
                    "others": "",
                    "points": "len(theirs - mine)",
                    "score_one": "The score of another $who is the number of their $likes that `$me` lacks.",
                    "score_two": "Somebody else scores one point for each $like of theirs that `$me` does not have.",
                },
                "net": {
                    "others": " if name != $me",
                    "points": "len(mine & theirs) - len(theirs - mine)",
                    "score_one": "The score of another $who is the number of $likes that they share with `$me`, "
                    "minus "
                    "the number of their $likes that `$me` lacks.",
                    "score_two": "Each $like of somebody else's earns them a point if `$me` has it too, and costs "
                    "them "
                    "a point if not.",
                },
                "double": {
                    "others": " if name != $me",
                    "points": "2 * len(mine & theirs) - len(theirs - mine)",
                    "score_one": "The score of another $who is twice the number of $likes that they share with "
                    "`$me`, minus the number of their $likes that `$me` lacks.",
                    "score_two": "Somebody else scores 2 points for each $like that `$me` has too, and loses 1 for "
                    "each $like of theirs that `$me` does not have.",
                },
                "unlike": {
                    "others": "",
                    "points": "len(mine ^ theirs)",
                    "score_one": "The score of another $who is the number of $likes that just one of them and `$me` "
                    "has.",
                    "score_two": "Somebody else scores one point for each $like that they have and `$me` lacks, or "
                    "the "
                    "other way round.",
                },
            },
            "tie": {
                "alphabet": {
                    "rank": "(-scores[name], name)",
                    "pool": "fit",
                    "tie_words": "comes first alphabetically",
                },
                "early": {"rank": "-scores[name]", "pool": "fit", "tie_words": "comes first in `$xs`"},
                "late": {"rank": "-scores[name]", "pool": "reversed(fit)", "tie_words": "comes last in `$xs`"},
                "small": {
                    "rank": "(-scores[name], len($xs[name]), name)",
                    "pool": "fit",
                    "tie_words": "has the fewest $likes, and if need be the one that comes first alphabetically",
                },
            },
            "form": {
                "name": {"result": "best", "result_words": "the name of that $who", "result_type": "str"},
                "pair": {
                    "result": "best, scores[best]",
                    "result_words": "a tuple of the name of that $who and their score",
                    "result_type": "tuple[str, int]",
                },
                "shared": {
                    "result": "sorted(mine & $xs[best])",
                    "result_words": "the alphabetical list of the $likes that `$me` shares with that $who",
                    "result_type": "list[str]",
                },
                "theirs": {
                    "result": "sorted($xs[best])",
                    "result_words": "the $likes of that $who, as an alphabetical list",
                    "result_type": "list[str]",
                },
            },
        },
        surface={
            "what": {
                "hobbies": {"xs": "hobbies", "me": "newcomer", "who": "person", "like": "hobby", "likes": "hobbies"},
                "skills": {"xs": "skills", "me": "trainee", "who": "worker", "like": "skill", "likes": "skills"},
                "courses": {
                    "xs": "courses",
                    "me": "freshman",
                    "who": "student",
                    "like": "course",
                    "likes": "courses",
                },
                "games": {"xs": "favourites", "me": "host", "who": "player", "like": "game", "likes": "games"},
                "songs": {"xs": "repertoire", "me": "soloist", "who": "singer", "like": "song", "likes": "songs"},
            },
            "name": ("best_partner", "best_match", "pick_partner", "find_company", "closest_to"),
        },
        signature="($me: str, $xs: dict[str, set[str]]) -> $result_type | None",
        wordings=(
            "`$xs` maps the name of each $who to the set of their $likes. Among all but `$me`, find the $who with "
            "the "
            "highest score and return $result_words.",
            "Look for a partner for `$me` in `$xs`, which has every $who's $likes as a set under their name: the "
            "other "
            "$who with the highest score. Return $result_words.",
            "Given a name `$me` and `$xs`, a dictionary from names to sets of $likes, find out who of all the others "
            "has the highest score. With that $who in mind, return $result_words.",
            "Each $who in `$xs` has a set of $likes. Compare everybody else with `$me`: who gets the highest score? "
            "The answer is $result_words.",
        ),
        details={
            "score": ("$score_one", "$score_two"),
            "floor": (
                "If nobody else has a score of at least $floor, return None.",
                "Scores below $floor do not count; where there are no others, return None.",
            ),
            "tie": (
                "Of several with the highest score, take the one who $tie_words.",
                "If scores are equal, the one who $tie_words wins.",
            ),
            "unknown": (
                "If `$me` is not in `$xs`, raise a `KeyError`.",
                "A name `$me` that is no key of `$xs` raises `KeyError`.",
            ),
        },
        raises={"KeyError": "unknown"},
        reference="""
            def $name($me, $xs):
                mine = $xs[$me]
                scores = {name: $points for name, theirs in $xs.items()$others}
                fit = [name for name in scores if scores[name] >= $floor]
                if not fit:
                    return None
                best = min($pool, key=lambda name: $rank)
                return $result
        """,
        second="""
            def $name($me, $xs):
                others = dict($xs)
                mine = others.pop($me)
                best, top, seconds = None, $floor - 1, None
                for name, theirs in others.items():
                    shared = sum(like in mine for like in theirs)
                    fresh = len(theirs) - shared
                    lacking = len(mine) - shared
                    points = {
                        "shared": shared,
                        "fresh": fresh,
                        "net": shared - fresh,
                        "double": 2 * shared - fresh,
                        "unlike": fresh + lacking,
                    }["$score"]
                    second = {"alphabet": (0, name), "small": (len(theirs), name)}.get("$tie")
                    if points > top:
                        better = True
                    elif points < top or best is None:
                        better = False
                    else:
                        better = second < seconds if second else "$tie" == "late"
                    if better:
                        best, top, seconds = name, points, second
                if best is None:
                    return None
                if "$form" == "name":
                    return best
                if "$form" == "pair":
                    return best, top
                return sorted(like for like in others[best] if like in mine or "$form" == "theirs")
        """,
        misreadings=(
            Misreading(kind="scope", says="score", choose="score"),
            Misreading(kind="bounds", says="floor", swap=(">= $floor", "> $floor")),
            Misreading(kind="ties", says="tie", choose="tie"),
            Misreading(kind="types", says="$result_words", choose="form"),
        ),
        inputs=(
            one_of(*_NAMES[:5], "zoe"),
            _likings(),
        ),
        examples=(
            "'kit', {'kit': {'tag'}, 'bea': {'chess', 'yoga', 'golf', 'polo', 'judo'}, "
            "'max': {'chess', 'yoga', 'golf', 'polo', 'judo', 'darts'}}",
        ),
        properties=("result is None or len($xs) > 1",),
        equivalents=(
            Equivalent("len($xs[name]) -> len($xs[name]) - 1", "all sizes that are compared are one less"),
            Equivalent("len($xs[name]) -> len($xs[name]) + 1", "all sizes that are compared are one more"),
        ),
    ),
    Template(
        name="follow_replacements",
        idea="where a chain of dictionary entries ends, with loops, dead ends and a longest way",
        space={
            "limit": range(3, 9),
            "beyond": {
                "there": {"far": "here", "beyond_words": "the $thing reached"},
                "start": {"far": "$start", "beyond_words": "`$start`"},
                "none": {"far": "None", "beyond_words": "None"},
            },
            "loop": {
                "none": {"round": "None", "loop_words": "None", **_OWN_ENDS},
                "none_own": {"round": "None", "loop_words": "None", **_OWN_LOOPS},
                "start": {"round": "$start", "loop_words": "`$start`", **_OWN_ENDS},
                "start_own": {"round": "$start", "loop_words": "`$start`", **_OWN_LOOPS},
                "last": {"round": "here", "loop_words": "the $thing from which that step was taken", **_OWN_ENDS},
                "least": {
                    "round": "min(met[met.index(following) :])",
                    "loop_words": "the alphabetically first of the $things that form the loop (those on the way to "
                    "it "
                    "do not belong to it)",
                    **_OWN_ENDS,
                },
            },
            "gone": {
                "none": {"nothing": "None", "gone_words": "None"},
                "start": {"nothing": "$start", "gone_words": "`$start`"},
                "last": {"nothing": "here", "gone_words": "the $thing that was to be left by it"},
            },
        },
        surface={
            "what": {
                "names": {
                    "xs": "nicknames",
                    "start": "person",
                    "any": "a name",
                    "Any": "A name",
                    "thing": "name",
                    "things": "names",
                },
                "pages": {
                    "xs": "redirects",
                    "start": "page",
                    "any": "a page",
                    "Any": "A page",
                    "thing": "page",
                    "things": "pages",
                },
                "files": {
                    "xs": "renames",
                    "start": "file",
                    "any": "a file",
                    "Any": "A file",
                    "thing": "file",
                    "things": "files",
                },
                "parts": {
                    "xs": "successors",
                    "start": "part",
                    "any": "a part",
                    "Any": "A part",
                    "thing": "part",
                    "things": "parts",
                },
                "owners": {
                    "xs": "forwarding",
                    "start": "owner",
                    "any": "an owner",
                    "Any": "An owner",
                    "thing": "owner",
                    "things": "owners",
                },
            },
            "name": ("follow_on", "end_of_chain", "resolve_replacement", "trace_forward", "last_in_line"),
        },
        derive=_followed,
        signature="($start: str, $xs: dict[str, str]) -> $returned",
        wordings=(
            "`$xs` maps $things to the $things that replace them. Start with `$start` and go on from each $thing to "
            "its replacement, until there is none; return the $thing that this leads to. Make at most $limit such "
            "steps.",
            "What is `$start` in the end? `$xs` tells for some $things which $thing has taken their place, and that "
            "may have been replaced in turn. Follow this, for up to $limit steps, and return the $thing that has no "
            "replacement.",
            "Return the last $thing in the chain of replacements that begins with `$start`. A $thing's replacement, "
            "if "
            "it has one, is what `$xs` maps it to. No more than $limit steps may be made.",
            "Some $things have been replaced, each by the one that `$xs` gives for it, and some of those again. Find "
            "the $thing that stands for `$start` once all replacements have been made, going from one to the next in "
            "$limit steps or fewer.",
        ),
        details={
            "beyond": (
                "If the $thing reached after $limit steps still has a replacement (be it an empty one), return "
                "$beyond_words.",
                "Where even the $thing reached by step number $limit has a replacement, if only an empty one, the "
                "result is $beyond_words.",
            ),
            "gone": (
                "An empty string as replacement means that $any was removed: if one of the steps would lead to that "
                "string, return $gone_words.",
                "$Any that is mapped to the empty string was given up. When a step would lead from $any to that "
                "string, return $gone_words.",
            ),
            "loop": (
                "As soon as a step leads to $any met before, `$start` included, return $loop_words, even if it is "
                "step number $limit. $self_one",
                "Loops are possible: when a step (be it the last of the $limit) arrives at $any that was met before, "
                "the first one included, return $loop_words. $self_two",
            ),
            "unknown": (
                "A `$start` that is no key of `$xs` is itself the answer.",
                "If `$xs` has no key `$start`, return `$start`.",
            ),
        },
        reference="""
            def $name($start, $xs):
                here, met = $start, [$start]
                while $goes_on:
                    if len(met) > $limit:
                        return $far
                    following = $xs[here]
                    if following == "":
                        return $nothing
                    if following in met:
                        return $round
                    met.append(following)
                    here = following
                return here
        """,
        second="""
            def $name($start, $xs):
                links = {old: new for old, new in $xs.items() if old != new or "$loop".endswith("_own")}
                way = [$start]
                while way[-1] in links and way[-1] not in way[:-1]:
                    way.append(links[way[-1]])
                *before, end = way
                if len(before) > $limit:
                    return {"there": way[$limit], "start": $start}.get("$beyond")
                if not end:
                    return {"start": $start, "last": before[-1]}.get("$gone")
                if end in before:
                    circle = sorted(before[before.index(end) :])
                    return {"start": $start, "last": before[-1], "least": circle[0]}.get("$loop".removesuffix("_own"))
                return end
        """,
        misreadings=(
            Misreading(kind="bounds", says="beyond", swap=("len(met) > $limit", "len(met) >= $limit")),
            Misreading(kind="bounds", says="loop", swap=("len(met) > $limit", "len(met) > $limit + 1")),
            Misreading(kind="scope", says="beyond", choose="beyond"),
            Misreading(kind="repeats", says="loop", choose="loop"),
            Misreading(kind="empty", says="gone", choose="gone"),
            Misreading(kind="empty", says="unknown", swap=("return here", "return here if here != $start else None")),
        ),
        inputs=lambda values: (one_of(*_NAMES[:1] * 8, *_NAMES), _chains(values["limit"])),
        properties=("result is None or result == $start or result in $xs.values()", "result != ''"),
        equivalents=(
            Equivalent("$start -> $xs", "a loop that leads back to the start gives the start, seen at once or later"),
        ),
        held_out=True,
    ),
    Template(
        name="serve_orders",
        idea="orders that are served from a stock of amounts, with a reserve or a ration",
        space={
            "number": range(1, 10),
            "bound": {
                "reserve": {
                    "free": "max(0, left.get(thing, 0) - $number)",
                    "bound_one": "Of each $thing, an amount of $number must stay in stock, so that only what is "
                    "there "
                    "beyond it can be given out.",
                    "bound_two": "What can be given out of $any is what is in stock less a reserve of $number, or "
                    "nothing if there is less than that.",
                },
                "ration": {
                    "free": "min($number, left.get(thing, 0))",
                    "bound_one": "No single order can be given more than $number, whatever is in stock.",
                    "bound_two": "What can be given out for one order is what is in stock, but at most $number.",
                },
            },
            "short": {
                "part": {
                    "lack": "amount - given",
                    "given": "min(amount, free)",
                    "opening": "",
                    "closing": "",
                    "short_one": "An order for more than can be given out gets what can be.",
                    "short_two": "Where an order asks for more than can be given out, it is served in part, as far "
                    "as possible.",
                },
                "none": {
                    "lack": "amount",
                    "given": "amount if amount <= free else 0",
                    "opening": "",
                    "closing": "",
                    "short_one": "An order for more than can be given out gets nothing at all.",
                    "short_two": "Where an order asks for more than can be given out, it is passed over entirely.",
                },
                "stop": {
                    "lack": "amount",
                    "given": "amount if amount <= free and not closed else 0",
                    "opening": "closed = False",
                    "closing": "closed = True",
                    "short_one": "An order for more than can be given out gets nothing at all, nor does any order "
                    "after it.",
                    "short_two": "From the first order on that asks for more than can be given out, no order gets "
                    "anything.",
                },
            },
            "negative": {
                "delivery": {
                    "supply": "left[thing] = left.get(thing, 0) - amount\ncontinue",
                    "negative_one": "A negative amount is no order but a delivery, which always raises the stock of "
                    "its $thing; what was not in stock before is added at the end.",
                    "negative_two": "An entry with an amount below 0 brings in that much instead: (x, -3) adds 3 to "
                    "the "
                    "stock of x, as a new last key if need be, whatever happened before.",
                },
                "ignored": {
                    "supply": "continue",
                    "negative_one": "Entries with a negative amount are skipped.",
                    "negative_two": "Ignore an entry whose amount is below 0.",
                },
            },
            "report": {
                "lacks": {
                    "start": "{}",
                    "note": "missed[thing] = missed.get(thing, 0) + $lack",
                    "entries": "thing, amount",
                    "walk": "$orders",
                    "report_words": "a dictionary from $thing to the total that its orders did not get, without "
                    "$things "
                    "whose orders got everything, in the order in which their orders first fell short",
                    "report_type": "dict[str, int]",
                },
                "places": {
                    "start": "[]",
                    "note": "missed.append(place)",
                    "entries": "place, (thing, amount)",
                    "walk": "enumerate($orders)",
                    "report_words": "a list of the indices (from 0) in `$orders` of the orders that did not get all "
                    "that they asked for",
                    "report_type": "list[int]",
                },
                "total": {
                    "start": "0",
                    "note": "missed += $lack",
                    "entries": "thing, amount",
                    "walk": "$orders",
                    "report_words": "the total amount that was ordered but not given out",
                    "report_type": "int",
                },
            },
        },
        surface={
            "what": {
                "items": {
                    "stock": "stock",
                    "orders": "orders",
                    "any": "an item",
                    "Any": "An item",
                    "thing": "item",
                    "things": "items",
                },
                "parts": {
                    "stock": "store",
                    "orders": "demands",
                    "any": "a part",
                    "Any": "A part",
                    "thing": "part",
                    "things": "parts",
                },
                "tools": {
                    "stock": "depot",
                    "orders": "claims",
                    "any": "a tool",
                    "Any": "A tool",
                    "thing": "tool",
                    "things": "tools",
                },
                "goods": {
                    "stock": "shelf",
                    "orders": "wishes",
                    "any": "a product",
                    "Any": "A product",
                    "thing": "product",
                    "things": "products",
                },
            },
            "name": ("serve_orders", "hand_out", "fill_orders", "give_out", "work_off"),
        },
        signature="($stock: dict[str, int], $orders: list[tuple[str, int]]) -> tuple[dict[str, int], $report_type]",
        wordings=(
            "`$stock` maps each $thing to the amount in stock. Serve `$orders`, a list of ($thing, amount) tuples, "
            "one "
            "after another. Return a tuple of the stock that is left, as a dictionary, and $report_words.",
            "Work through `$orders`, each a tuple of $any and an amount, in the given order, and hand out from "
            "`$stock`, a dictionary from $thing to amount, what is asked for. The result is a tuple: a dictionary "
            "with "
            "what then remains in stock, and $report_words.",
            "Given what is there (`$stock`, which has an amount for each $thing) and what people ask for (`$orders`, "
            "tuples of $any and an amount), serve first come, first served. Return two things as a tuple: what "
            "remains "
            "of the stock, as a dictionary, and $report_words.",
            "Simulate a counter. Its stock is `$stock`, a dictionary with the amount of each $thing; its customers "
            "are "
            "`$orders`, a list of tuples ($thing, amount), and come in that order. Return the stock at the end of "
            "the "
            "day, again as a dictionary, together with $report_words, as a tuple.",
        ),
        details={
            "bound": ("$bound_one", "$bound_two"),
            "short": ("$short_one", "$short_two"),
            "negative": ("$negative_one", "$negative_two"),
            "unknown": (
                "$Any that is not in stock has an amount of 0, and an order for it does not add it.",
                "The amount of $any without a key is 0, and orders do not add such a key.",
            ),
            "zero": (
                "The keys keep their order, and amounts that fall to 0 stay in the stock.",
                "$Any whose amount is 0 keeps its key and place in the dictionary.",
            ),
        },
        reference="""
            def $name($stock, $orders):
                left = dict($stock)
                missed = $start
                $opening
                for $entries in $walk:
                    if amount < 0:
                        $supply
                    free = $free
                    given = $given
                    if given < amount:
                        $note
                        $closing
                    if given:
                        left[thing] -= given
                return left, missed
        """,
        second="""
            def $name($stock, $orders):
                names = list($stock)
                amounts = [$stock[name] for name in names]
                lacks = []
                for place in range(len($orders)):
                    name, wanted = $orders[place]
                    if wanted < 0 and "$negative" == "ignored":
                        continue
                    if name not in names:
                        if wanted > 0:
                            lacks.append((place, name, wanted))
                        if wanted >= 0:
                            continue
                        names.append(name)
                        amounts.append(0)
                    at = names.index(name)
                    most = amounts[at] - $number if "$bound" == "reserve" else amounts[at]
                    if "$bound" == "ration" and most > $number:
                        most = $number
                    got = wanted
                    if wanted > most or (wanted > 0 and lacks and "$short" == "stop"):
                        got = sorted([0, most])[1] if "$short" == "part" else 0
                    if wanted < 0:
                        got = wanted
                    amounts[at] -= got
                    if got != wanted:
                        lacks.append((place, name, wanted - got))
                rest = dict(zip(names, amounts))
                if "$report" == "places":
                    return rest, [place for place, _, _ in lacks]
                if "$report" == "total":
                    return rest, sum(amount for _, _, amount in lacks)
                firsts = dict.fromkeys(name for _, name, _ in lacks)
                return rest, {key: sum(amount for _, name, amount in lacks if name == key) for key in firsts}
        """,
        misreadings=(
            Misreading(kind="scope", says="bound", choose="bound"),
            Misreading(kind="scope", says="short", choose="short"),
            Misreading(kind="sign", says="negative", choose="negative"),
            Misreading(
                kind="empty",
                says="zero",
                swap=(
                    "return left, missed",
                    "return {key: amount for key, amount in left.items() if amount}, missed",
                ),
            ),
            Misreading(
                kind="empty",
                says="unknown",
                swap=("if given:\n            left[thing] -= given", "left[thing] = left.get(thing, 0) - given"),
            ),
        ),
        inputs=lambda values: (
            dicts(one_of("bolts", "nails", "hooks", "rings"), integers(0, 16, values["number"]), 0, 4),
            lists(
                tuples(
                    one_of("bolts", "nails", "hooks", "rings", "wire"),
                    integers(-8, 12, 1, values["number"]),
                ),
                0,
                7,
            ),
        ),
        examples=("{}, []",),
        properties=(
            "isinstance(result, tuple) and len(result) == 2",
            "all(count >= 0 for count in result[0].values())",
        ),
        equivalents=(
            Equivalent("amount < 0 -> amount <= 0", "an order for 0 is served in full and changes nothing"),
            Equivalent("0 -> 1", "with 1 in stock, as with 0, nothing is beyond the reserve"),
            Equivalent("given < amount -> given <= amount", "an order that is served in full lacks 0"),
        ),
    ),
)
