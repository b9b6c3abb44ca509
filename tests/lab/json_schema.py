"""As much of JSON Schema (2020-12) as the API's description uses; a keyword that it does not know is an error."""

from __future__ import annotations

import re
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "object": (dict,), "array": (list,), "boolean": (bool,), "null": (type(None),), "number": (int, float), "integer": (int,),
}
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
_KNOWN = {"type", "enum", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "description", "format", "pattern",
          "minimum", "maximum", "default", "const"}


class Schema:
    """The schemas of one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def problem(self, value: Any, schema: dict[str, Any], where: str = "answer") -> str:
        """Why the value does not fit; empty if it does."""
        schema = self.resolved(schema)
        if unknown := set(schema) - _KNOWN:
            raise ValueError(f"{where}: the schema has {', '.join(sorted(unknown))}, which this reader does not know")
        if "anyOf" in schema and all(self.problem(value, each, where) for each in schema["anyOf"]):
            return f"{where} fits none of anyOf"
        return self._scalar(value, schema, where) or self._object(value, schema, where) or self._array(value, schema, where)

    def _scalar(self, value: Any, schema: dict[str, Any], where: str) -> str:
        types = schema.get("type", [])
        names = [types] if isinstance(types, str) else types
        if names and not any(_is(value, name) for name in names):
            return f"{where} is {value!r:.80}, not {' or '.join(names)}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{where} is {value!r:.80}, none of {schema['enum']}"
        if isinstance(value, str):
            if "pattern" in schema and not re.search(schema["pattern"], value):
                return f"{where} is {value!r:.80}, not {schema['pattern']}"
            if schema.get("format") == "date-time" and not _TIME.match(value):
                return f"{where} is {value!r:.80}, not a time"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                return f"{where} is {value}, out of range"
        return ""

    def _object(self, value: Any, schema: dict[str, Any], where: str) -> str:
        if not isinstance(value, dict):
            return ""
        for name in schema.get("required", []):
            if name not in value:
                return f"{where} lacks {name}"
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, each in value.items():
            of = properties.get(name, others)
            if of is False:
                return f"{where} has {name}"
            if isinstance(of, dict) and (why := self.problem(each, of, f"{where}.{name}")):
                return why
        return ""

    def _array(self, value: Any, schema: dict[str, Any], where: str) -> str:
        if isinstance(value, list) and "items" in schema:
            for number, each in enumerate(value):
                if why := self.problem(each, schema["items"], f"{where}[{number}]"):
                    return why
        return ""


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name]) or (name == "integer" and isinstance(value, float) and value.is_integer())
