# SPDX-License-Identifier: MIT
"""Packages of Debian: had from where the machine's apt has them, unpacked, never installed; and what
apt says of them.

options of a function: own_lists(), or none for what the machine's apt knows.
"""
import glob
import os
import re
import subprocess

import releases
from cases import Skipped

_DEPENDS = re.compile(r"^ +\|?(?:Pre)?Depends: ([a-z0-9][a-z0-9+.-]+)$", re.M)
# Of the libraries that a program names: what each machine has, and what it runs without.
_LEFT_OUT = re.compile(r"lib(c6|gcc-s1|llvm.*|.*-perl)")
# Of all libraries.
_UNUSED = re.compile(r"lib(llvm.*|.*-perl)")
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_EVERYBODYS = "http://deb.debian.org/debian"


def apt(*words, cwd=None):
    """The output of apt-get or apt-cache with these words. If it fails: Skipped, with its
    errors."""
    argv = [words[0], "-o", "Acquire::Retries=3", *words[1:]]
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"{words[0]} {' '.join(words[-3:])}: {done.stderr.strip()[-500:]}")
    return done.stdout


def is_known(package, options=()):
    said = apt("apt-cache", *options, "policy", package)
    return "Candidate: " in said and "Candidate: (none)" not in said


def renewing(attempt):
    """Calls attempt(). If that fails, fetches new lists and calls it once more: a clean machine has
    no lists, and those of another may be old."""
    try:
        return attempt()
    except Skipped:
        apt("apt-get", "update", "-q")
        return attempt()


def depends(*packages, options=()):
    """The packages that these depend on; all of the alternatives."""
    return list(dict.fromkeys(_DEPENDS.findall(apt("apt-cache", *options, "depends", *packages))))


def libraries(*packages, options=()):
    """The libraries among them: all that an unpacked program needs if it is not installed."""
    return [name for name in depends(*packages, options=options)
            if name.startswith("lib") and not _LEFT_OUT.fullmatch(name)]


def all_libraries(*packages, options=()):
    """All libraries that they need on a machine without any, down to the C library."""
    said = apt("apt-cache", *options, "depends", "--recurse", "--no-recommends", "--no-suggests",
               "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", *packages)
    needs, package = {}, None
    for line in said.splitlines():
        found = _DEPENDS.match(line)
        if found:
            needs[package].append(found[1])
        elif not line.startswith(" "):
            package = line
            needs[package] = []
    wanted, found = list(packages), []
    while wanted:
        new = [name for name in needs[wanted.pop()] if name.startswith("lib") and name in needs
               and name not in found and not _UNUSED.fullmatch(name)]
        found += new
        wanted += new
    return found


def newest(package, options=()):
    """What a package without a version in its name stands for: postgresql-15 for postgresql."""
    found = [name for name in depends(package, options=options) if name.startswith(f"{package}-")]
    if not found:
        raise Skipped(f"apt knows no version of {package}")
    return found[0]


def download(folder, packages, options=()):
    """Paths of the packages, in folder."""
    os.makedirs(folder, exist_ok=True)
    apt("apt-get", *options, "download", "-q", *packages, cwd=folder)
    return sorted(glob.glob(f"{folder}/*.deb"))


def unpack(folder, packages, options=()):
    """Into folder."""
    box = f"{folder}/.debs"
    for package in download(box, packages, options):
        done = subprocess.run(["dpkg", "-x", package, folder], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Skipped(f"dpkg -x {package}: {done.stderr.strip()[-500:]}")
        os.unlink(package)
    os.rmdir(box)


def mirrors():
    """Where the machine has its Debian from, if that can be seen, and where everybody has it."""
    said = apt("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(LABEL)",
               "Created-By: Packages")
    targets = [line.split() for line in said.splitlines()]
    found = [t[0].rstrip("/") for t in targets if t[1:] == [releases.codename(), "Debian"]]
    return list(dict.fromkeys([*found, _EVERYBODYS]))


def own_lists(folder, *suites, more=()):
    """Options for an apt that knows nothing but these suites (trixie, bookworm-backports), has
    nothing installed and touches no list of the machine. All else (proxies, credentials, other
    settings) is the machine's, unless more options say otherwise."""
    for name in ("lists/partial", "cache/archives/partial"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    with open(f"{folder}/status", "w"):
        pass
    options = ["-o", f"Dir::Etc::SourceList={folder}/sources.list",
               "-o", "Dir::Etc::SourceParts=-", "-o", f"Dir::State::Lists={folder}/lists",
               "-o", f"Dir::State::status={folder}/status",
               "-o", f"Dir::Cache={folder}/cache", "-o", "APT::Sandbox::User=root", *more]
    if any(releases.row(suite)["moves"] for suite in suites if suite in releases.TABLE):
        options += ["-o", "Acquire::Check-Valid-Until=false"]
    signed = f"[signed-by={_KEYS}] " if os.path.exists(_KEYS) else ""
    whys = []
    for mirror in mirrors():
        with open(f"{folder}/sources.list", "w") as f:
            f.writelines(f"deb {signed}{mirror} {suite} main\n" for suite in suites)
        try:
            apt("apt-get", *options, "update", "-q", "--error-on=any")
            return options
        except Skipped as e:   # this mirror may not have it
            whys.append(f"{mirror}: {e}")
    raise Skipped("; ".join(whys))
