"""The templates, one module a category. A new one is an entry in the `TEMPLATES` of its category; nothing else.

`docs/TEST_GENERATION_DESIGN.md` tells how to write one; `lift-sys tests check CATEGORY.NAME` tries it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from lift_sys.errors import TemplateError
from lift_sys.testing.template import Template

CATEGORIES = (
    "control_flow",
    "list_operations",
    "string_operations",
    "dict_set_operations",
    "arithmetic",
    "type_handling",
    "edge_cases",
    "recursion",
    "parsing_formatting",
    "dates",
    "iterators",
    "error_handling",
    "algorithms",
    "stateful_classes",
)
"""The taxonomy, which the rows of a dataset share (`data_synthesis.curation.category`)."""


@cache
def templates_of(category: str) -> tuple[Template, ...]:
    """The templates of one category.

    Raises:
        TemplateError: there is no such category, or two of its templates have one name.
    """
    if category not in CATEGORIES:
        raise TemplateError(f"there is no category {category!r}; there are {', '.join(CATEGORIES)}")
    found: tuple[Template, ...] = import_module(f"{__name__}.{category}").TEMPLATES
    names = [template.name for template in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TemplateError(f"two templates of {category} are named {', '.join(twice)}")
    return found


def all_templates() -> dict[str, tuple[Template, ...]]:
    """The templates of every category."""
    return {category: templates_of(category) for category in CATEGORIES}
