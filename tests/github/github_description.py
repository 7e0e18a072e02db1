"""GitHub's own OpenAPI description, fetched with npm, and checks of requests and answers against it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PACKAGE, VERSION = "@octokit/openapi", "23.0.2"
_MEMBER = "package/generated/api.github.com.json"
_PATHS = ("/search/repositories", "/repos/{owner}/{repo}")
_KEPT = Path(__file__).resolve().parents[2] / "build/github-openapi" / f"{VERSION}.json"


@cache
def description() -> dict[str, Any]:
    """The description; the test is skipped where it can't be had. It is kept below build/, never committed."""
    if not _KEPT.exists() and (why := _fetched()):
        pytest.skip(why)
    return json.loads(_KEPT.read_bytes())


@cache
def _fetched() -> str:
    """Why it can't be fetched, "" where it was; asked once, since a try may take minutes."""
    if shutil.which("npm") is None:
        return "npm is not installed: GitHub's OpenAPI description can't be fetched"
    folder = _KEPT.with_name(f".{os.getpid()}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        archives = list(folder.glob("*.tgz"))
        if done.returncode or not archives:
            return f"npm can't fetch {PACKAGE}@{VERSION}: {done.stderr.strip()[-200:]}"
        with tarfile.open(archives[0]) as archive:
            member = archive.extractfile(_MEMBER)
            assert member is not None
            whole = json.load(member)
        part = {"paths": {path: whole["paths"][path] for path in _PATHS}, "components": whole["components"]}
        temporary = folder / "part.json"
        temporary.write_text(json.dumps(part))
        os.replace(temporary, _KEPT)
        return ""
    except subprocess.TimeoutExpired:
        return f"npm can't fetch {PACKAGE}@{VERSION}: no end in 180 s"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _validator(schema: str) -> Any:
    from openapi_schema_validator import OAS30Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    whole = Resource(contents=description(), specification=DRAFT4)
    registry = Registry().with_resource("urn:github", whole)
    found = json.loads(schema)
    return OAS30Validator(_absolute(found), registry=registry)


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: "urn:github" + value if key == "$ref" and str(value).startswith("#") else _absolute(value)
            for key, value in schema.items()
        }
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def wrong_with(schema: Any, value: Any) -> list[str]:
    validator = _validator(json.dumps(schema))
    return [f"{'.'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(value)]


def template_of(path: str) -> str | None:
    """Which path of the description `path` is."""
    if path == "/search/repositories":
        return path
    return "/repos/{owner}/{repo}" if path.startswith("/repos/") and path.count("/") == 3 else None


def wrong_with_request(path: str, query: dict[str, list[str]]) -> list[str]:
    """What the description says against this request."""
    template = template_of(path)
    if template is None:
        return [f"{path}: not in the description"]
    known = {}
    for parameter in description()["paths"][template]["get"]["parameters"]:
        if "$ref" in parameter:
            parameter = description()["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
        known[parameter["name"]] = parameter
    out = [f"{name}: unknown or repeated" for name, values in query.items() if name not in known or len(values) != 1]
    for name, parameter in known.items():
        if parameter["in"] != "query":
            continue
        if name not in query:
            out += [f"{name}: missing"] if parameter.get("required") else []
            continue
        kind = parameter["schema"].get("type")
        value: Any = int(query[name][0]) if kind == "integer" else query[name][0]
        out += [f"{name}: {told}" for told in wrong_with(parameter["schema"], value)]
    return out


def wrong_with_answer(path: str, status: int, body: Any) -> list[str]:
    """What the description says against this answer. Of a long list of items the ends are checked."""
    responses = description()["paths"][template_of(path) or ""]["get"]["responses"]
    answer = responses.get(str(status))
    if answer is None:
        return [f"{path}: answers no {status}"]
    if "$ref" in answer:
        answer = description()["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
    if "content" not in answer:
        return [] if body is None else ["a body where there is none"]
    if isinstance(body, dict) and len(body.get("items", ())) > 4:
        body = {**body, "items": body["items"][:2] + body["items"][-2:]}
    return wrong_with(answer["content"]["application/json"]["schema"], body)


@cache
def template() -> dict[str, Any]:
    """A repository as the description's own examples show it, with the fields of both kinds of answer."""
    examples = description()["components"]["examples"]
    item = examples["repo-search-result-item-paginated"]["value"]["items"][0]
    full = examples["full-repository-default-response"]["value"]
    extra = {name: full[name] for name in ("network_count", "subscribers_count")}
    return {
        **item,
        **extra,
        "has_discussions": False,
        "has_pull_requests": True,
        "topics": [],
        "visibility": "public",
    }
