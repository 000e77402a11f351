"""Condenses Twilio's OpenAPI files to what the sandbox needs: operations, parameters, shapes of answers.

    python3 twilio_api.py FOLDER > src/twilio/sandbox/rest/api.json

FOLDER holds the files of `spec/json` of the repository twilio-oai (MIT license). One operation and one
shape stand on a line each.
"""

import json
import pathlib
import re
import sys

FILES = [
    "twilio_api_v2010.json",
    "twilio_conversations_v1.json",
    "twilio_lookups_v2.json",
    "twilio_messaging_v1.json",
    "twilio_pricing_v1.json",
    "twilio_pricing_v2.json",
    "twilio_verify_v2.json",
]
# Of the API of 2010: what has to do with messages, numbers, accounts and usage.
OF_2010 = re.compile(
    r"/2010-04-01/Accounts(/\{Sid\})?\.json$|/(Messages|Keys|SigningKeys|IncomingPhoneNumbers"
    r"|AvailablePhoneNumbers|ShortCodes|Usage|Balance)[/.]"
)
METHODS = ("get", "post", "put", "delete")


def resolve(schema, shapes):
    while "$ref" in schema:
        schema = shapes[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def value(schema, shapes):
    """What one value may be."""
    schema = resolve(schema, shapes)
    if "oneOf" in schema:  # one for each version of a header, the oldest first
        schema = resolve(schema["oneOf"][0], shapes)
    out = {"type": schema.get("type", "any")}
    for name in ("enum", "pattern", "format", "default"):
        if name in schema and schema[name] != "":
            out[name] = schema[name]
    for name in ("minLength", "maxLength", "minimum", "maximum"):
        if name in schema and "pattern" not in schema:
            out[name] = schema[name]
    if schema.get("nullable"):
        out["nullable"] = True
    if "items" in schema:
        out["items"] = value(schema["items"], shapes)
    if "properties" in schema:
        out["properties"] = {k: value(v, shapes) for k, v in schema["properties"].items()}
    return out


def parameters(operation, path_item, shapes):
    for parameter in path_item.get("parameters", []) + operation.get("parameters", []):
        if "$ref" in parameter:
            continue  # a header
        yield parameter["in"], parameter["name"], parameter["schema"], parameter.get("required", False)
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        schema = resolve(body["schema"], shapes)
        place = "json" if kind == "application/json" else "form"
        for name, property_ in schema.get("properties", {}).items():
            yield place, name, property_, name in schema.get("required", [])


def main(folder):
    operations, used = [], {}
    for file in FILES:
        spec = json.loads((pathlib.Path(folder) / file).read_text())
        shapes = spec["components"]["schemas"]
        for path, item in spec["paths"].items():
            if file == FILES[0] and not OF_2010.search(path):
                continue
            host = item.get("servers", spec["servers"])[0]["url"].removeprefix("https://")
            for method in METHODS:
                if method not in item:
                    continue
                operation = item[method]
                status = min(code for code in operation["responses"] if code[0] in "23")
                out = {"host": host, "method": method.upper(), "path": path, "status": int(status)}
                content = operation["responses"][status].get("content", {})
                if content:
                    schema = content["application/json"]["schema"]
                    if "$ref" in schema:
                        name = schema["$ref"].rsplit("/", 1)[1]
                        out["shape"] = name
                        used[name] = value(schema, shapes).get("properties", {})
                    else:
                        listed = [
                            (key, field["items"]) for key, field in schema["properties"].items() if "items" in field
                        ]
                        if len(listed) != 1 or "$ref" not in listed[0][1]:
                            print(f"left out: {method} {path}", file=sys.stderr)
                            continue
                        key, items = listed[0]
                        name = items["$ref"].rsplit("/", 1)[1]
                        out["list"], out["shape"] = key, name
                        used[name] = value(items, shapes).get("properties", {})
                    links = item.get("x-twilio", {}).get("dependentProperties", {})
                    if links:
                        out["links"] = {k: v["resource_url"] for k, v in links.items()}
                found = []
                for place, name, schema, required in parameters(operation, item, shapes):
                    if place == "header":
                        continue
                    rule = value(schema, shapes)
                    rule.pop("nullable", None)
                    rule = {"name": name, "in": place, **rule}
                    if required:
                        rule["required"] = True
                    found.append(rule)
                if found:
                    out["parameters"] = found
                operations.append(out)
    def lines(items):
        return ",\n".join(items)

    def short(value):
        return json.dumps(value, separators=(",", ":"))

    print('{"operations": [')
    print(lines(short(operation) for operation in operations))
    print('], "shapes": {')
    print(lines(f"{short(name)}: {short(shape)}" for name, shape in sorted(used.items())))
    print("}}")


main(sys.argv[1])
