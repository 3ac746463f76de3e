# SPDX-License-Identifier: MIT
"""Suite `format`: .clang-format over the C files, shellcheck over the shell scripts."""
import os
import re
import subprocess

_OLD_ASSERTION = re.compile(r"\bassert_(not_)?in_range\b")


def tracked(tree, *endings):
    """Tracked files; in an unpacked archive all that are not in a build folder."""
    run = subprocess.run(["git", "-C", tree, "-c", "safe.directory=*", "ls-files", "-z"],
                         capture_output=True, text=True, check=False)
    if run.returncode == 0:
        names = run.stdout.split("\0")
    else:
        names = []
        for folder, folders, files in os.walk(tree):
            folders[:] = [f for f in folders if not f.startswith(("build", ".git"))]
            names += [os.path.relpath(f"{folder}/{f}", tree) for f in files]
    return sorted(n for n in names if n.endswith(endings) and os.path.isfile(f"{tree}/{n}"))


def _shell_scripts(tree):
    found = tracked(tree, ".sh")
    for name in tracked(tree, ""):
        path = f"{tree}/{name}"
        stem = os.path.basename(name).removesuffix(".hold")
        if name in found or "." in stem or not os.access(path, os.X_OK):
            continue
        with open(path, "rb") as f:
            first = f.readline()
        if first.startswith(b"#!") and b"sh" in first:
            found.append(name)
    return found


def _all(tree, names, argv):
    """One process for all files: to start one for each takes longer than to read them."""
    if not names:
        return "fail", "no file found to check"
    run = subprocess.run([*argv, *names], cwd=tree, capture_output=True, text=True, check=False)
    said = (run.stdout + run.stderr).strip().splitlines()
    return ("ok", "") if run.returncode == 0 else ("fail", "\n".join(said[:200]) or str(argv))


def _modes(tree, names):
    """Whether the scripts of a folder are run by their path or given to a shell is the same for all."""
    folders = {}
    for name in names:
        can_run = os.access(f"{tree}/{name}", os.X_OK)
        folders.setdefault(os.path.dirname(name), {}).setdefault(can_run, []).append(name)
    bad = [f"only some have the run bit: {' '.join(kinds[True])}; and not: {' '.join(kinds[False])}"
           for kinds in folders.values() if len(kinds) > 1]
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def _compile(tree, names):
    bad = []
    for name in names:
        with open(f"{tree}/{name}", encoding="utf-8") as f:
            try:
                compile(f.read(), name, "exec")
            except SyntaxError as e:
                bad.append(f"{name}:{e.lineno}: {e.msg}")
    if not names:
        bad.append("no file found to check")
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def _old_assertions(tree, names):
    """cmocka 2.0 warns of them. test-support.h has the new names, on the older cmocka, too."""
    bad = []
    for name in names:
        if name.endswith("/test-support.h"):
            continue
        with open(f"{tree}/{name}", encoding="utf-8") as f:
            bad += [f"{name}:{n}: {line.strip()}" for n, line in enumerate(f, 1)
                    if _OLD_ASSERTION.search(line)]
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def run(tree, report):
    report.run("format/clang-format", lambda: _all(
        tree, tracked(tree, ".c", ".h"), ["clang-format", "--dry-run", "--Werror"]))
    report.run("format/shellcheck", lambda: _all(
        tree, _shell_scripts(tree), ["shellcheck", "-x"]))
    report.run("format/all scripts of a folder can be run, or none", lambda: _modes(
        tree, tracked(tree, ".sh")))
    report.run("format/python compiles", lambda: _compile(tree, tracked(tree, ".py")))
    report.run("format/no test has an assertion that cmocka 2.0 warns of", lambda: _old_assertions(
        tree, tracked(tree, ".c", ".h")))
