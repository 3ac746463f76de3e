# SPDX-License-Identifier: MIT
"""Part of suite `format`: how a static program is linked."""
import re
import subprocess
import tempfile

# As gcc where there is no rcrt1.o: Debian's armhf and ppc64el.
_LINKER = """#!/bin/sh
for word; do
    [ "$word" != -static-pie ] || { echo "cannot find rcrt1.o" >&2; exit 1; }
done
exec gcc "$@"
"""


def _how(tree, folder, compiler):
    """The options with which the agent would be linked, or meson's error."""
    with open(f"{tree}/tests/native/gcc-static.ini", encoding="utf-8") as f:
        native = f.read().replace("'gcc'", f"'{compiler}'")
    with open(f"{folder}/native.ini", "w", encoding="utf-8") as f:
        f.write(native)
    run = subprocess.run(["meson", "setup", f"{folder}/build", tree, "--native-file",
                          f"{folder}/native.ini"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return run.stdout[-2000:]
    with open(f"{folder}/build/build.ninja", encoding="utf-8") as f:
        said = re.search(r"^build agent/frost-ga:.*?^ LINK_ARGS = (.*?)$", f.read(), re.M | re.S)
    return " ".join(word for word in said[1].split() if word in ("-static-pie", "-static", "-no-pie"))


def _is(tree, wanted, script=None):
    with tempfile.TemporaryDirectory() as folder:
        compiler = "gcc"
        if script:
            compiler = f"{folder}/compiler"
            with open(compiler, "w", encoding="utf-8") as f:
                f.write(script)
            subprocess.run(["chmod", "+x", compiler], check=True)
        how = _how(tree, folder, compiler)
    return ("ok", "") if how == wanted else ("fail", f"linked by: {how}, instead of: {wanted}")


def run(tree, report):
    report.run("format/a static program can lie anywhere", lambda: _is(tree, "-static-pie"))
    report.run("format/without rcrt1.o a static program lies where it was linked",
               lambda: _is(tree, "-static -no-pie", _LINKER))
