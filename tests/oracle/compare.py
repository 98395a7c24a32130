"""Compares our JSON schema of segment documents with AWS's own.

    compare.py AWS_SCHEMA OUR_SCHEMA FIXTURES CAPTURE...

Documents are those of the captures, those under FIXTURES, and a few thousand with one mistake each. What one schema
refuses and the other does not must be on one of the two lists below, with its reason; what is on a list must occur.
"""

import base64
import collections
import copy
import glob
import json
import sys

import jsonschema
import regex

NAME = regex.compile(r"[\p{L}\p{Z}\p{N}_.:/%&#=+\-@]{1,200}")
KEY = regex.compile(r"[a-zA-Z0-9_.]{1,500}")

# Something that AWS's schema refuses and ours takes: what, why, and how it is known.
# `place` is the path of the value, `key` its last step, `value` the value.
TAKEN = [
    (
        "a dot in the key of an annotation",
        "the service takes it since 2024",
        lambda f: f.place[-2:-1] == ("annotations",) and f.about_key and KEY.fullmatch(f.key),
    ),
    (
        "newer letters and digits in the name of a segment",
        "the published pattern lists those of an old Unicode; the same schema keeps the class it was made from",
        lambda f: f.place == ("name",) and isinstance(f.value, str) and NAME.fullmatch(f.value),
    ),
    (
        "an exception without id",
        "the Ruby SDK writes so, and the service takes it",
        lambda f: f.missing and f.key == "id" and "exceptions" in f.place,
    ),
    (
        "null as the path or line of a stack frame",
        "the Java, .NET and Node SDKs write so",
        lambda f: "stack" in f.place and f.key in ("path", "line") and f.value is None,
    ),
    (
        "null as the request_id of a call",
        "SDKs write so where a reply has none",
        lambda f: f.place[-2:] == ("aws", "request_id") and f.value is None,
    ),
    (
        "null or an empty array as annotations",
        "the Node SDK writes so where it is given so",
        lambda f: f.key == "annotations" and f.value in (None, []),
    ),
    (
        "metadata that is no object",
        "the guide takes any value in metadata",
        lambda f: f.place[-2:-1] == ("metadata",),
    ),
    (
        "a content_length that is a text of digits",
        "the Node SDK writes so for the AWS SDK v2",
        lambda f: f.key == "content_length" and isinstance(f.value, str) and f.value.isascii() and f.value.isdigit(),
    ),
    (
        "an empty text as the status of a response",
        "SDKs write so where no reply came",
        lambda f: f.key == "status" and f.value == "",
    ),
    (
        "an integer that is written with a fraction of zero",
        "drafts of JSON Schema after the fourth count 1.0 as one",
        lambda f: f.key in ("line", "skipped", "truncated") and isinstance(f.value, float) and f.value.is_integer(),
    ),
]

# Something that our schema refuses and AWS's takes.
REFUSED = [
    (
        "a trace id of another version, or with something before or after it",
        "the service answers InvalidTraceId; the published pattern has no ends",
        lambda f: f.code == "trace-id-format",
    ),
    (
        "an entity that is neither ended nor in progress",
        "the service answers MissingEndTime",
        lambda f: f.code == "missing-end-time",
    ),
    (
        "an id of a subsegment that is no string of 16 characters",
        "the guide asks for 16 hex digits; the schema asks for an id and does not describe it",
        lambda f: f.code == "id-format" and (f.on_its_own or "subsegments" in f.place),
    ),
    (
        "a subsegment on its own without trace_id or parent_id, or with a parent_id of another length",
        "the service answers MissingTraceId and MissingParentId; the schema describes embedded subsegments alone",
        lambda f: f.on_its_own and f.code in ("missing-trace-id", "missing-parent-id", "parent-id-format"),
    ),
]


class Finding:
    """What a schema refuses: a value, a key, or that something is missing."""

    def __init__(self, place, value=None, about_key=False, missing=False, code=None, on_its_own=False):
        self.place = tuple(place)
        self.key = place[-1] if place else None
        self.value = value
        self.about_key = about_key
        self.missing = missing
        self.code = code
        self.on_its_own = on_its_own


def pattern(validator, pattern, instance, schema):
    """The keyword as JavaScript reads it: with classes of characters, and `$` at the very end alone."""
    if validator.is_type(instance, "string"):
        if pattern.endswith("$"):
            pattern = pattern[:-1] + r"\Z"
        if not regex.search(pattern, instance):
            yield jsonschema.ValidationError(f"{instance!r} does not match")


def reader(draft, schema):
    return jsonschema.validators.extend(draft, {"pattern": pattern})(schema)


def leaves(error):
    """The errors that matter: of alternatives those of the one that has the right type."""
    branches = collections.defaultdict(list)
    for inner in error.context or ():
        branches[inner.relative_schema_path[0]].append(inner)
    fit = [
        branch
        for branch in branches.values()
        if not any(inner.validator == "type" and not inner.relative_path for inner in branch)
    ]
    if error.validator in ("anyOf", "oneOf") and fit and "end_time" not in str(error.validator_value):
        for inner in fit[0]:
            yield from leaves(inner)
    else:
        yield error


def findings(validator, document, ours=False, on_its_own=False):
    found = {}
    for top in validator.iter_errors(document):
        for error in leaves(top):
            place = list(error.absolute_path)
            rule = rule_of(validator.schema, error) if ours else None

            def add(place, **more):
                finding = Finding(place, code=rule, on_its_own=on_its_own, **more)
                found[(finding.place, finding.about_key)] = finding

            if error.validator == "required":
                for key in error.validator_value:
                    if key not in error.instance:
                        add(place + [key], missing=True)
            elif rule == "missing-end-time":
                add(place + ["end_time"], missing=True)
            elif "propertyNames" in error.absolute_schema_path:
                add(place + [error.instance], about_key=True)
            elif error.validator == "additionalProperties" and error.validator_value is False:
                known = error.schema.get("patternProperties", {})
                for key in error.instance:
                    if not any(regex.search(pattern, key) for pattern in known):
                        add(place + [key], about_key=True)
            else:
                add(place, value=error.instance)
    return found


def rule_of(schema, error):
    """The rule of our schema that is broken: by the nearest `$comment` at or above the place in the schema."""
    comment, at = None, schema
    for step in error.absolute_schema_path:
        # The path passes over `$ref`.
        while isinstance(at, dict) and "$ref" in at:
            steps, at = at["$ref"].split("/")[1:], schema
            for name in steps:
                at = at[name]
        if isinstance(at, dict):
            comment = at.get("$comment", comment)
        at = at[step]
    return comment.split(":")[0]


def compare(place, document, checkers, used):
    """Prints what the two schemas disagree on beyond the lists; returns how much that is."""
    on_its_own = document.get("type") == "subsegment"
    aws = findings(checkers["subsegment" if on_its_own else "segment"], document, on_its_own=on_its_own)
    ours = findings(checkers["ours"], document, ours=True, on_its_own=on_its_own)
    failures = 0
    for one, other, listed, says in ((aws, ours, TAKEN, "AWS's alone refuses"), (ours, aws, REFUSED, "ours alone refuses")):
        for key, finding in one.items():
            if key in other:
                continue
            reasons = [what for what, _, applies in listed if applies(finding)]
            used.update(reasons)
            if not reasons:
                failures += 1
                where = "/".join(str(step) for step in finding.place)
                print(f"{place}: {says} /{where[:120]} ({finding.code}): {json.dumps(finding.value)[:120]}")
    return failures


def captured(paths):
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                datagram = json.loads(line)
                if "text" not in datagram and "bytes_b64" not in datagram:
                    continue
                # A datagram that is no UTF-8 holds no document.
                text = datagram.get("text") or base64.b64decode(datagram["bytes_b64"]).decode(errors="replace")
                _, _, body = text.partition("\n")
                if body.startswith("{"):
                    yield f"{path}:{number}", json.loads(body)


def places(value, around=()):
    """The places of all values inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield around + (key,)
        yield from places(inner, around + (key,))


def with_mistakes(document):
    """Copies with one mistake each."""
    for place in places(document):
        *around, key = place

        def changed(change):
            copied = copy.deepcopy(document)
            at = copied
            for step in around:
                at = at[step]
            change(at)
            return copied

        name = "/".join(map(str, place))
        yield f"without {name}", changed(lambda at: at.pop(key))
        for value in VALUES:
            yield f"{name} = {json.dumps(value)[:40]}", changed(lambda at: at.__setitem__(key, value))
        at = document
        for step in place:
            at = at[step]
        if isinstance(at, str):
            for more in ("?", "é", "\n", "\u0301", "\U0001d49c", "0"):
                yield f"{name} + {more!r}", changed(lambda around: around.__setitem__(key, at + more))
        if isinstance(at, dict):
            for new in ("order id", "a.b", "é", "", "k" * 500, "k" * 501, "id", "type", "line"):
                yield f"{name} with {new[:10]!r}", changed(lambda around: around[key].__setitem__(new, 7))


def main():
    aws_path, our_path, fixtures, *captures = sys.argv[1:]
    with open(aws_path, encoding="utf-8") as file:
        aws = json.load(file)
    with open(our_path, encoding="utf-8") as file:
        ours = json.load(file)
    # Its format `regex` is that of Python, which knows no classes of characters.
    jsonschema.Draft202012Validator.check_schema(ours, format_checker=jsonschema.FormatChecker(()))
    embedded = {**aws, "$ref": "#/definitions/subsegment"}
    for keyword in ("properties", "required", "type"):
        embedded.pop(keyword, None)
    checkers = {
        "segment": reader(jsonschema.Draft4Validator, aws),
        "subsegment": reader(jsonschema.Draft4Validator, embedded),
        "ours": reader(jsonschema.Draft202012Validator, ours),
    }
    used, failures, counts = set(), 0, collections.Counter()
    for path in sorted(glob.glob(f"{fixtures}/rules/*.json")):
        with open(path, encoding="utf-8") as file:
            counts["documents of fixtures"] += 1
            failures += compare(path, json.load(file), checkers, used)
    for path, document in captured(sorted(glob.glob(f"{fixtures}/corpora/*/*.jsonl"))):
        counts["documents of SDKs"] += 1
        failures += compare(path, document, checkers, used)
    for path, document in captured(captures):
        counts["documents of the recorder"] += 1
        failures += compare(path, document, checkers, used)
    for sample in SAMPLES:
        for mistake, document in with_mistakes(sample):
            counts["documents with a mistake"] += 1
            failures += compare(mistake, document, checkers, used)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    for title, listed in (("AWS's schema refuses, and ours takes", TAKEN), ("Our schema refuses, and AWS's takes", REFUSED)):
        print(f"{title}:")
        for what, why, _ in listed:
            print(f"  {what}: {why}")
            if what not in used:
                failures += 1
                print("    ... which did not occur: take it off the list")
    if failures or len(counts) < 4:
        sys.exit(f"{failures} differences that are not intended")


TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"

VALUES = [
    None, True, 0, -1, 1.0, 1.5, "", "x", "subsegment", "aws", "12", "200.5", "53995c3f42cd8ad8", "53995c3f42cd8adz",
    "53995c3f42cd8ad", "53995c3f42cd8ad89", TRACE_ID, "2" + TRACE_ID[1:], TRACE_ID + "0", "x" + TRACE_ID,
    TRACE_ID.replace("-", ""), "1-0-" + TRACE_ID[11:], "\u0560", "é" * 200, "é" * 201, "k" * 250, "k" * 251, "k" * 1000,
    "k" * 1001, [], [None], ["a"], [{}], {}, {"a": 1}, {"a": "b"}, {"a": {"b": None}}, {"a": None},
]  # fmt: skip

SAMPLES = [
    {
        "name": "OrdersWorker", "id": "53995c3f42cd8ad8", "trace_id": TRACE_ID, "parent_id": "6a2f1b3c4d5e6f70",
        "start_time": 1721763840.25, "end_time": 1721763840.5, "in_progress": False, "error": False, "fault": True,
        "throttle": False, "origin": "AWS::ECS::Container", "resource_arn": "arn", "user": "u-1",
        "service": {"version": "1.2"},
        "cause": {"working_directory": "/srv", "paths": ["/lib"], "exceptions": [
            {"id": "0123456789abcdef", "message": "broken", "type": "Io", "remote": True, "truncated": 1, "skipped": 2,
             "cause": "fedcba9876543210", "stack": [{"path": "main.rs", "line": 3, "label": "main"}]}]},
        "http": {"request": {"method": "GET", "url": "https://api/", "user_agent": "curl", "client_ip": "::1",
                             "x_forwarded_for": True},
                 "response": {"status": 500, "content_length": -1}},
        "aws": {"account_id": "123456789012", "ec2": {"instance_id": "i-1", "availability_zone": "a"},
                "ecs": {"container": "c"}, "tracing": {"sdk": "s"}, "xray": {"sdk": "s"},
                "elastic_beanstalk": {"environment_name": "e", "version_label": "v", "deployment_id": 7}},
        "annotations": {"order_id": "o-1", "items": 3, "flag": True}, "metadata": {"default": {"a": [1, None]}},
        "subsegments": [{"id": "6a2f1b3c4d5e6f70", "name": "a?b", "start_time": 1.25, "end_time": 2, "parent_id": "x",
                         "trace_id": TRACE_ID, "type": "subsegment", "namespace": "local"}],
    },
    {
        "name": "DynamoDB", "id": "53995c3f42cd8ad8", "trace_id": TRACE_ID, "type": "subsegment",
        "parent_id": "6a2f1b3c4d5e6f70", "start_time": 1.25, "end_time": 2.5, "in_progress": False, "error": False,
        "fault": False, "throttle": False, "namespace": "aws", "traced": False, "precursor_ids": ["6a2f1b3c4d5e6f72"],
        "http": {"request": {"method": "GET", "url": "https://api/", "user_agent": "curl", "client_ip": "::1", "traced": True},
                 "response": {"status": 200, "content_length": 12}},
        "aws": {"operation": "PutItem", "account_id": "123456789012", "region": "us-east-1", "request_id": "r",
                "queue_url": "q", "table_name": "Orders", "retries": 2, "resource_names": ["Orders"]},
        "sql": {"connection_string": "c", "url": "u", "sanitized_query": "q", "database_type": "t",
                "database_version": "v", "driver_version": "d", "user": "u", "preparation": "call"},
        "cause": "0123456789abcdef", "annotations": {"a": "b"}, "metadata": {}, "subsegments": [
            {"id": "6a2f1b3c4d5e6f71", "name": "inner", "start_time": 1, "in_progress": True}],
    },
]  # fmt: skip

main()
