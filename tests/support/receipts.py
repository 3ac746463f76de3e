# SPDX-License-Identifier: MIT
"""What a program is told of freezes: every answer is held against the schema that is installed."""
import json

import jsonschema

from cases import Failed, equal

RECEIPT = "__org.frost-ga_fsfreeze-receipt"
ID = "__org.frost-ga_id"
SCHEMA = "/schema/frost-ga-status.schema.json"


def _validator(path):
    with open(path) as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def check(document, path=SCHEMA, without=("processes",)):
    """Returns it. What the schema does not know must not be there either: it would go unchecked.
    without: members that the host is not told."""
    validator = _validator(path)
    for error in validator.iter_errors(document):
        raise Failed(f"{error.json_path}: {error.message}")
    known = validator.schema["$defs"]
    equal(set(document), set(validator.schema["properties"]) - set(without), "members of the document")
    equal(set(document["now"]), set(known["now"]["properties"]), "members of now")
    for process in document.get("processes", ()):
        equal(set(process), set(known["process"]["properties"]), "members of a process")
    for freeze in document["freezes"]:
        equal(set(freeze), set(known["freeze"]["properties"]), "members of a freeze")
        for name in ("utc_ns", "clock", "write_out"):
            equal(set(freeze[name]), set(known["freeze"]["properties"][name]["properties"]), name)
        for name, item in (("filesystems", "filesystem"), ("hooks", "hook")):
            for value in freeze[name]:
                equal(set(value), set(known[item]["properties"]), f"members of a {item}")
    return document


def ask(client, **arguments):
    return check(client.call(RECEIPT, arguments or None))


def of_status(world, agent, code=0):
    """The same from the program in the guest."""
    run = world.run("status", "--json", "-t", agent.statedir)
    equal(run.returncode, code, f"exit status of status after {run.stderr!r}")
    return of_guest(json.loads(run.stdout))


def of_guest(document, path=SCHEMA):
    """What status says, without that which the host is not told."""
    check(document, path, without=())
    return {name: value for name, value in document.items() if name != "processes"}
