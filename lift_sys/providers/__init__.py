"""Language models behind one interface: a local one, any server with OpenAI's protocol, and a scripted fake."""

from __future__ import annotations

from lift_sys.providers.base import Completion, Provider, Request

__all__ = ["NAMES", "Completion", "Provider", "Request", "make_provider"]

NAMES = ("local", "openai", "scripted")


def make_provider(name: str, model: str = "") -> Provider:
    """The provider of that name, with the model that it is to run.

    Args:
        model: `local`: empty for the embedded default, else a folder or a Hugging Face id; `openai`: the server's
            name for the model; `scripted`: a JSON file.

    Raises:
        ConfigError: there is no such provider, or what it needs is not installed or not set.
    """
    from lift_sys.errors import ConfigError

    if name == "local":
        from lift_sys.providers.local import LocalProvider

        return LocalProvider(model)
    if name == "openai":
        from lift_sys.providers.openai import OpenAIProvider

        return OpenAIProvider.from_environment(model)
    if name == "scripted":
        from lift_sys.providers.scripted import ScriptedProvider

        return ScriptedProvider.load(model)
    raise ConfigError(f"no provider {name!r}; there are {', '.join(NAMES)}")
