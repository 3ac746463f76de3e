# SPDX-License-Identifier: MIT
"""Part of suite `format`: manuals, completion and units agree with the program, and are valid."""
import collections
import glob
import itertools
import os
import re
import subprocess
import tempfile

import debs
import deeds

COMMANDS = ("", "check", "hooks", "plan", "status", "thaw")
_COMPLETE = """
. /usr/share/bash-completion/bash_completion
. packaging/completions/frost-ga
COMP_WORDS=({words}); COMP_CWORD={at}; COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}
compopt() {{ :; }}
_frost_ga frost-ga
echo "${{COMPREPLY[@]}}"
"""


def _say(argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **more)
    return done.returncode, done.stdout, (done.stdout + done.stderr).strip()


def _outcome(bad):
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def manuals(tree):
    return sorted(glob.glob(f"{tree}/packaging/man/*.[1-8]"))


def _without_a_warning(tree):
    bad = []
    for path in manuals(tree):
        for argv in (["mandoc", "-T", "lint", "-W", "warning", path],
                     ["groff", "-mdoc", "-Tutf8", "-ww", "-z", path]):
            code, _, said = _say(argv)
            if code != 0 or said:
                bad.append(f"{argv[0]}: {said}")
    return _outcome(bad or ([] if manuals(tree) else ["there is no manual"]))


def helps(program):
    """{command: its --help}; "" is the agent itself."""
    return {command: _say([program, *command.split(), "--help"])[1] for command in COMMANDS}


def _long_options(text):
    return set(re.findall(r"--([a-z][a-z-]+)", text))


def _documented(tree):
    """The long options that the manual of the program has."""
    with open(f"{tree}/packaging/man/frost-ga.8", encoding="utf-8") as f:
        return set(re.findall(r"Fl Fl ([a-z][a-z-]+)", f.read()))


def _same_options(tree, program):
    known = set()
    bad = []
    for command, text in helps(program).items():
        options = _long_options(text)
        if not options:
            bad.append(f"frost-ga {command} --help names no option")
        known |= options
    manual = _documented(tree)
    bad += [f"--{name} is in a --help and not in frost-ga(8)" for name in sorted(known - manual)]
    bad += [f"--{name} is in frost-ga(8) and no option" for name in sorted(manual - known)
            if "unrecognized" in _say([program, f"--{name}=1", "--version"])[2]]
    return _outcome(bad)


def _same_keys(tree, program):
    """What -D prints is in frost-ga.conf(5)."""
    with open(f"{tree}/packaging/man/frost-ga.conf.5", encoding="utf-8") as f:
        manual = set(re.findall(r"^\.It Cm (.+)$", f.read(), re.M))
    manual = {key for keys in manual for key in keys.split(" , ")}
    dump = _say([program, "-D", "-b", "x", "-a", "y", "-F", "-l/x", "--include=a",
                 "--exclude=b", "--required-hooks=c"], env={"QGA_CONF": "/none"})[1]
    keys = set(re.findall(r"^([a-z-]+)=", dump, re.M))
    if len(keys) < 15:
        return "fail", f"-D printed {dump!r}"
    return _outcome([f"{key} is not in frost-ga.conf(5)" for key in sorted(keys - manual)])


def _is_meant(command, first, item):
    """The table shortens: `guest-file-open`, `-close`; `-add-` is the beginning of a name."""
    if not item.startswith("-"):
        return command == item
    starts = [first[:at] for at, c in enumerate(first) if c == "-"]
    return any(command.startswith(start + item) if item.endswith("-") else command == start + item
               for start in starts)


def _same_commands(tree, program):
    """The table of commands in agent/README.md has all, no other, and no empty row; the families
    are those of the manual and of the build."""
    with open(f"{tree}/agent/README.md", encoding="utf-8") as f:
        part = f.read().partition("\n## Commands")[2].partition("\n## ")[0]
    with open(f"{tree}/packaging/man/frost-ga.8", encoding="utf-8") as f:
        manual = re.search(r"a family of commands\n\.Pq Li (.*?) ,?\n", f.read())
    with open(f"{tree}/meson_options.txt", encoding="utf-8") as f:
        built = {"core", *re.findall(r"^option\('cmd_([a-z]+)'", f.read(), re.M)}
    commands = _say([program, "-b", "help"])[1].split()
    rows = [[cell.strip() for cell in row.split("|")[1:-1]]
            for row in re.findall(r"^\|.*\|$", part, re.M)[2:]]
    families = {row[0].strip("`") for row in rows if row[0]}
    bad = [f"an empty row: {row}" for row in rows if len(row) != 5 or not (row[3] and row[4])]
    listed = [items for row in rows if (items := re.findall(r"`([^`]+)`", row[3]))]
    meant = {(items[0], item): [c for c in commands if _is_meant(c, items[0], item)]
             for items in listed for item in items}
    bad += [f"the README has {item}, which is no command"
            for (_, item), known in meant.items() if not known]
    bad += [f"{command} is not in the README" for command in commands
            if not any(command in m for m in meant.values())]
    if len(commands) < 30 or not manual:
        bad.append(f"no commands or no families: {commands}, {manual}")
    elif not built | {"fsfreeze"} == set(manual[1].split(" , ")) == families:
        bad.append(f"families: {built} built, {manual[1]} in frost-ga(8), {families} in the README")
    return _outcome(bad)


def _complete(tree, program, words):
    """What bash offers for the last of these words."""
    path = f"{os.path.dirname(program)}:{os.environ['PATH']}"
    script = _COMPLETE.format(words=" ".join(f"'{w}'" for w in words), at=len(words) - 1,
                              line=" ".join(words))
    return _say(["bash", "-c", script], cwd=tree, env={**os.environ, "PATH": path})[1].split()


def _completion(tree, program):
    bad = []
    for words, expected in ((["frost-ga", ""], {"check", "plan", "status", "thaw", "hooks"}),
                            (["frost-ga", "st"], {"status"}),
                            (["frost-ga", "hooks", ""], {"list", "run"}),
                            (["frost-ga", "hooks", "run", "f"], {"freeze"}),
                            (["frost-ga", "plan", "--j"], {"--json"}),
                            (["frost-ga", "--stated"], {"--statedir="}),
                            (["frost-ga", "-m", "v"], {"virtio-serial", "vsock-listen"}),
                            (["frost-ga", "-b", "guest-fsfreeze-th"], {"guest-fsfreeze-thaw"})):
        offered = set(_complete(tree, program, words))
        if offered != expected:
            bad.append(f"{' '.join(words)}: {sorted(offered)} instead of {sorted(expected)}")
    return _outcome(bad)


def _unit(tree, program):
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{tree}/packaging/systemd/qemu-guest-agent.service.in", encoding="utf-8") as f:
            text = f.read().replace("@SBINDIR@", os.path.dirname(program))
        text = text.replace("Documentation=man:frost-ga(8)\n", "")   # it is not installed here
        with open(f"{folder}/qemu-guest-agent.service", "w", encoding="utf-8") as f:
            f.write(text)
        code, _, said = _say(["systemd-analyze", "verify", "--recursive-errors=no",
                              f"{folder}/qemu-guest-agent.service"])
    return ("fail", said) if code != 0 or said else ("ok", "")


def _settings(text, key):
    """The values of a key of a unit, with lines that a backslash joins."""
    return re.findall(rf"^{key}=(.*)$", text.replace("\\\n", " "), re.M)


def _unset_variables(tree):
    """systemd warns at each start of a variable in the command that only a file may set."""
    bad = []
    base = "packaging/systemd/qemu-guest-agent.service.in"
    for path in (base, "packaging/rpm/10-sysconfig.conf"):
        texts = []
        for name in {base: None, path: None}:
            with open(f"{tree}/{name}", encoding="utf-8") as f:
                texts.append(f.read())
        known = re.findall(r"(\w+)=", " ".join(v for t in texts for v in _settings(t, "Environment")))
        used = re.findall(r"\$\{?(\w+)", " ".join(_settings(texts[-1], "ExecStart")))
        bad += [f"{path}: {name} has no value without a file" for name in used if name not in known]
    return _outcome(bad)


def _source_texts(tree):
    """All string literals of the agent, those that the compiler joins joined."""
    text = ""
    for path in glob.glob(f"{tree}/agent/**/*.c", recursive=True):
        with open(path, encoding="utf-8") as f:
            text += re.sub(r'"\s*\n\s*"', "", f.read())
    return text


def _troubles(tree):
    """Each message that the README explains is one of the agent's. Words in capitals stand for
    others."""
    with open(f"{tree}/README.md", encoding="utf-8") as f:
        part = f.read().partition("## When something goes wrong")[2].partition("\n## ")[0]
    quoted = [text for row in re.findall(r"^\| (.*?) \|", part, re.M)
              for text in re.findall(r"`([^`]+)`", row)]
    texts = _source_texts(tree)
    bad = [f"{text!r}: nothing says {piece!r}" for text in quoted
           for piece in re.split(r"\b[A-Z]+\b|'.*?'|\.\.\.", text)
           if len(piece.strip()) > 3 and piece.strip(" :'") not in texts]
    return _outcome(bad if len(quoted) > 8 else ["the README has no table of troubles"])


def _documents(tree):
    """{path below the tree: text} of every document in Markdown."""
    found = {}
    for path in glob.glob(f"{tree}/**/*.md", recursive=True):
        name = os.path.relpath(path, tree)
        if not name.startswith("build"):
            with open(path, encoding="utf-8") as f:
                found[name] = f.read()
    return found


def _anchors(text):
    """What a link can name behind its #: the headings, as GitHub spells them."""
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.M)}


def _dead_links(tree):
    bad = []
    documents = _documents(tree)
    links = [(name, link) for name, text in documents.items()
             for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    for name, link in links:
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        if not os.path.exists(f"{tree}/{target}"):
            bad.append(f"{name}: there is no {link}")
        elif anchor and anchor not in _anchors(documents.get(target, "")):
            bad.append(f"{name}: {link} has no such heading")
    return _outcome(bad if len(links) > 8 else ["the documents have no links"])


def _walks(tree):
    """Each name in the three walks of agent/README.md is a function of the freeze."""
    with open(f"{tree}/agent/README.md", encoding="utf-8") as f:
        walks = re.search(r"^\*\*Three walks\*\*.*?\n(.*?)^## ", f.read(), re.M | re.S)[1]
    named = set(re.findall(r"`([a-z_]+)`", walks))
    there = set()
    for path in glob.glob(f"{tree}/agent/fsfreeze/**/*.c", recursive=True):
        with open(path, encoding="utf-8") as f:
            there |= set(re.findall(r"^(\w+)\(", f.read(), re.M))
    bad = [f"{name} is no function of agent/fsfreeze" for name in sorted(named - there)]
    return _outcome(bad if len(named) > 20 else [*bad, f"only {len(named)} names were found"])


def _short_front_page(tree):
    lines = _documents(tree)["README.md"].count("\n")
    return _outcome([f"README.md has {lines} lines"] if lines > 140 else [])


def _tarball(tree):
    """meson dist makes an archive that has all that a build without git needs; FULL: builds it."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
               "GIT_CONFIG_VALUE_0": "*"}
        for argv in (["meson", "setup", f"{folder}/build", tree],
                     ["meson", "dist", "-C", f"{folder}/build", "--no-tests", "--allow-dirty"]):
            code, _, said = _say(argv, env=env)
            if code != 0:
                return "fail", said[-2000:]
        archive, = glob.glob(f"{folder}/build/meson-dist/*.tar.xz")
        _say(["tar", "-C", folder, "-xf", archive])
        steps = [["meson", "setup", f"{folder}/out", *glob.glob(f"{folder}/frost-ga-*")]]
        if os.environ.get("FULL"):
            steps += [["ninja", "-C", f"{folder}/out"], [f"{folder}/out/agent/frost-ga", "-V"]]
        for argv in steps:
            code, _, said = _say(argv, env={**os.environ, "GIT_DIR": "/nowhere"})
            if code != 0:
                return "fail", said[-2000:]
    return "ok", ""


def _twice(lines):
    """What promtool lets through and a scrape refuses: a series that comes twice, a family in two
    places (findings/promtool-passes-one-sample-twice.sh)."""
    series = [line.rsplit(" ", 1)[0] for line in lines if line.strip() and line[0] != "#"]
    families = [name for name, _ in itertools.groupby(s.split("{")[0] for s in series)]
    return "".join(f"{name} comes twice\n" for found in (series, families)
                   for name, count in collections.Counter(found).items() if count > 1)


def _metrics(tree):
    """Those that the unit test metrics has printed; Debian's promtool, unpacked and never installed."""
    folder = f"{tree}/build-test-promtool"
    promtool = f"{folder}/usr/bin/promtool"
    if not os.path.exists(promtool):
        debs.renewing(lambda: debs.unpack(folder, ["prometheus"]))
    bad = []
    for path in sorted(glob.glob(f"{tree}/tests/data/metrics/*.prom")):
        with open(path, encoding="utf-8") as f:
            code, _, said = _say([promtool, "check", "metrics"], stdin=f)
            f.seek(0)
            said += _twice(f)
        if code != 0 or said:
            bad.append(f"{os.path.basename(path)}: {said}")
    return _outcome(bad)


def _table_of_deeds(tree):
    with open(f"{tree}/agent/README.md", encoding="utf-8") as f:
        return _outcome([] if deeds.table() in f.read() else [f"agent/README.md lacks\n{deeds.table()}"])


def run(tree, program, report):
    """program: the built agent."""
    report.run("format/manuals have no warning", lambda: _without_a_warning(tree))
    report.run("format/manual and --help have the same options",
               lambda: _same_options(tree, program))
    report.run("format/manual of the configuration has every key",
               lambda: _same_keys(tree, program))
    report.run("format/commands and families of the papers are the program's",
               lambda: _same_commands(tree, program))
    report.run("format/completion offers what there is", lambda: _completion(tree, program))
    report.run("format/systemd accepts the unit", lambda: _unit(tree, program))
    report.run("format/each variable of the unit's command has a value without a file",
               lambda: _unset_variables(tree))
    report.run("format/the errors that the README explains are the agent's",
               lambda: _troubles(tree))
    report.run("format/promtool accepts the figures for Prometheus", lambda: _metrics(tree))
    report.run("format/every link of a document leads to a file and a heading",
               lambda: _dead_links(tree))
    report.run("format/the walks through the freeze name its functions", lambda: _walks(tree))
    report.run("format/the table of what a broken process can do is the suite's",
               lambda: _table_of_deeds(tree))
    report.run("format/README has at most 140 lines", lambda: _short_front_page(tree))
    if os.path.exists(f"{tree}/.git"):
        report.run("format/an archive builds without git", lambda: _tarball(tree))
