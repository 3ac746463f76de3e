# SPDX-License-Identifier: MIT
"""Packages of Debian: had from where the machine's apt has them, unpacked, never installed."""
import glob
import os
import subprocess

from cases import Skipped

_RELEASE = "bookworm"
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_EVERYBODYS = "http://deb.debian.org/debian"


def apt(*words, cwd=None):
    """What an apt-get or apt-cache with these words says; Skipped with its errors."""
    argv = [words[0], "-o", "Acquire::Retries=3", *words[1:]]
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"{words[0]} {' '.join(words[-3:])}: {done.stderr.strip()[-500:]}")
    return done.stdout


def renewing(attempt):
    """attempt(), and once more with new lists: a clean machine has none, another one old ones."""
    try:
        return attempt()
    except Skipped:
        apt("apt-get", "update", "-q")
        return attempt()


def download(folder, packages, options=()):
    """Paths of the packages, in folder. options: own_lists(), or none for those of the machine."""
    os.makedirs(folder, exist_ok=True)
    apt("apt-get", *options, "download", "-q", *packages, cwd=folder)
    return sorted(glob.glob(f"{folder}/*.deb"))


def unpack(folder, packages, options=()):
    """Into folder. options: as above."""
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
    found = [t[0].rstrip("/") for t in targets if t[1:] == [_RELEASE, "Debian"]]
    return list(dict.fromkeys([*found, _EVERYBODYS]))


def own_lists(folder, suffix):
    """Options for an apt that knows nothing but bookworm-SUFFIX, and touches no list of the
    machine. All else (proxies, credentials, other settings) is the machine's."""
    for name in ("lists/partial", "cache/archives/partial"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    options = ["-o", f"Dir::Etc::SourceList={folder}/sources.list",
               "-o", "Dir::Etc::SourceParts=-", "-o", f"Dir::State::Lists={folder}/lists",
               "-o", f"Dir::Cache={folder}/cache", "-o", "APT::Sandbox::User=root"]
    signed = f"[signed-by={_KEYS}] " if os.path.exists(_KEYS) else ""
    whys = []
    for mirror in mirrors():
        with open(f"{folder}/sources.list", "w") as f:
            f.write(f"deb {signed}{mirror} {_RELEASE}-{suffix} main\n")
        try:
            apt("apt-get", *options, "update", "-q", "--error-on=any")
            return options
        except Skipped as e:   # this mirror may not have it
            whys.append(f"{mirror}: {e}")
    raise Skipped("; ".join(whys))
