# SPDX-License-Identifier: MIT
"""What clang says of the tests: one process reads all of them, as the start of clang takes longer than to
read one."""
import json
import os
import shlex

_WITH_VALUE = ("-o", "-MQ", "-MF")


def _options(command, file):
    words = iter(shlex.split(command)[1:])
    for word in words:
        if word in _WITH_VALUE:
            next(words)
        elif word not in ("-c", "-MD", file):
            yield word


def warnings(build):
    """The lines of all that clang has to say of the files under tests that a build would compile."""
    import clang.cindex   # a package of its own, which only this suite needs

    with open(f"{build}/compile_commands.json") as f:
        entries = [e for e in json.load(f) if "/tests/" in os.path.abspath(f"{build}/{e['file']}")]
    index = clang.cindex.Index.create()
    found = []
    for entry in entries:
        options = [*_options(entry["command"], entry["file"]), "-working-directory", entry["directory"]]
        unit = index.parse(entry["file"], options)
        found += [str(d) for d in unit.diagnostics]
    return len(entries), found


def check(build):
    """(outcome, detail)"""
    count, found = warnings(build)
    if count < 100:
        return "fail", f"only {count} files were read"
    return ("fail", "\n".join(found)[:6000]) if found else ("ok", "")
