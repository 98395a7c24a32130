"""Checks captured documents against AWS's own JSON schema of segment documents.

    check.py SCHEMA CAPTURE...

A capture is JSON lines of datagrams, as `xray-phantom` writes them. Documents with
`"type": "subsegment"` are checked as subsegments: the root of the schema describes a segment alone.
Two differences are allowed, as the schema is older than the service: annotation keys with a dot, and newer letters and
digits in the name of a segment.
"""

import json
import sys

import jsonschema
import regex

# The class that the published pattern was made from, of an old Unicode.
NAME = regex.compile(r"[\p{L}\p{Z}\p{N}_.:/%&#=+\-@]{1,200}")


def documents(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            datagram = json.loads(line)
            _, _, body = datagram["text"].partition("\n")
            yield f"{path}:{number}", json.loads(body)


def without_dots(entity):
    """The entity with the dots of its annotation keys replaced."""
    entity = dict(entity)
    if "annotations" in entity:
        entity["annotations"] = {key.replace(".", "_"): value for key, value in entity["annotations"].items()}
    if "subsegments" in entity:
        entity["subsegments"] = [without_dots(child) for child in entity["subsegments"]]
    return entity


def main():
    schema_path, *captures = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    subsegment = {
        "$schema": schema["$schema"],
        "definitions": schema["definitions"],
        "allOf": [
            {"$ref": "#/definitions/subsegment"},
            {"required": ["trace_id", "parent_id", "type"]},
        ],
    }
    checkers = {kind: jsonschema.Draft4Validator(s) for kind, s in (("segment", schema), ("subsegment", subsegment))}
    counts = {"segment": 0, "subsegment": 0}
    failures = 0
    for capture in captures:
        for place, document in documents(capture):
            kind = "subsegment" if document.get("type") == "subsegment" else "segment"
            counts[kind] += 1
            for error in checkers[kind].iter_errors(without_dots(document)):
                name = error.instance if list(error.absolute_path) == ["name"] else None
                if isinstance(name, str) and NAME.fullmatch(name):
                    continue
                failures += 1
                where = "/".join(str(step) for step in error.absolute_path)
                print(f"{place}: {kind} {document.get('name')!r} at /{where}: {error.message[:300]}")
    print(f"{counts['segment']} segments and {counts['subsegment']} subsegments on their own, {failures} failures")
    if failures or not all(counts.values()):
        sys.exit("the documents do not pass the schema, or there are none")


main()
