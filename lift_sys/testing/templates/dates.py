"""Templates."""

from lift_sys.testing.template import Template

TEMPLATES: tuple[Template, ...] = ()
