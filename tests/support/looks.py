# SPDX-License-Identifier: MIT
"""Suite `format`: .clang-format over the C files, shellcheck over the shell scripts."""
import os
import subprocess


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


def _each(tree, names, argv, lines=40):
    if not names:
        return "fail", "no file found to check"
    bad = []
    for name in names:
        run = subprocess.run([*argv, name], cwd=tree, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            said = (run.stdout + run.stderr).strip().splitlines() or [name]
            bad.append("\n".join(said[:lines]))
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def run(tree, report):
    report.run("format/clang-format", lambda: _each(
        tree, tracked(tree, ".c", ".h"), ["clang-format", "--dry-run", "--Werror"], 1))
    report.run("format/shellcheck", lambda: _each(
        tree, _shell_scripts(tree), ["shellcheck", "-x"]))
    report.run("format/python compiles", lambda: _each(
        tree, tracked(tree, ".py"),
        ["/usr/bin/python3", "-c",
         "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')"]))
