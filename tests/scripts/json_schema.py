"""The part of JSON Schema (draft 7) that docs/record.schema.json uses. A keyword that is not known here is an error, so
nothing in a schema passes unchecked."""
import re

PROSE = {"$schema", "title", "description"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def _is(value, name):
    if isinstance(name, list):
        return any(_is(value, one) for one in name)
    if name in ("integer", "number"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and (name == "number" or value == int(value))
    return isinstance(value, TYPES[name])


def _same(a, b):
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _object(schema, value, where):
    found = [f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value]
    for key, item in value.items():
        part = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
        found += errors(part, item, f"{where}.{key}")
    return found


def errors(schema, value, where="record"):
    """What the schema says against a value: texts, none if it is valid."""
    if isinstance(schema, bool):  # true lets everything pass, false nothing
        return [] if schema else [f"{where} must not be there"]
    known = PROSE | {"type", "required", "properties", "additionalProperties", "items", "enum", "const", "pattern", "minimum", "maximum",
                     "allOf", "if", "then", "else"}
    assert set(schema) <= known, f"keywords that this validator does not know: {set(schema) - known}"
    found = []
    if "type" in schema and not _is(value, schema["type"]):
        return [f"{where} is no {schema['type']}"]
    if "const" in schema and not _same(value, schema["const"]):
        found.append(f"{where} is not {schema['const']!r}")
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        found.append(f"{where} is none of {schema['enum']}")
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        found.append(f"{where} does not match {schema['pattern']}")
    if "minimum" in schema and _is(value, "number") and value < schema["minimum"]:
        found.append(f"{where} is below {schema['minimum']}")
    if "maximum" in schema and _is(value, "number") and value > schema["maximum"]:
        found.append(f"{where} is above {schema['maximum']}")
    if isinstance(value, dict):
        found += _object(schema, value, where)
    if isinstance(value, list):
        found += [e for i, item in enumerate(value) for e in errors(schema.get("items", {}), item, f"{where}[{i}]")]
    for part in schema.get("allOf", []):
        found += errors(part, value, where)
    if "if" in schema:
        found += errors(schema.get("else" if errors(schema["if"], value, where) else "then", {}), value, where)
    return found
