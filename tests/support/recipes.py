# SPDX-License-Identifier: MIT
"""Part of suite `format`: the recipes of other systems, as far as they can be read here."""
import glob
import hashlib
import os
import re
import tempfile

_KCONFIG = "packaging/buildroot/package/frost-ga/Config.in"
_TOOLCHAIN = ("USE_WCHAR", "TOOLCHAIN_HAS_THREADS", "USE_MMU", "TOOLCHAIN_HEADERS_AT_LEAST_5_10")
_LIBRARIES = ("PACKAGE_JSON_C", "PACKAGE_LIBGLIB2")

# What abuild, apk's package builder, wants to be set before it begins.
_ALPINE = ("pkgname", "pkgver", "pkgrel", "pkgdesc", "url", "arch", "license", "source")


def _read(tree, path):
    with open(f"{tree}/{path}", encoding="utf-8") as f:
        return f.read()


def _versions(tree):
    """All recipes are of the version that meson.build says."""
    version = re.search(r"^  version: '(.*)'", _read(tree, "meson.build"), re.M)[1]
    places = {"packaging/alpine/APKBUILD": r"^pkgver=(.*)",
              "packaging/buildroot/package/frost-ga/frost-ga.mk": r"^FROST_GA_VERSION = (.*)",
              "packaging/openwrt/Makefile": r"^PKG_VERSION:=(.*)",
              "packaging/rpm/frost-ga.spec": r"^Version: +(.*)",
              "packaging/debian/debian/changelog": r"^frost-ga \((.*)-\d+\)",
              "NEWS.md": r"^## (\S*)"}
    found = {path: re.search(pattern, _read(tree, path), re.M)[1]
             for path, pattern in places.items()}
    for path in glob.glob(f"{tree}/packaging/yocto/*.bb"):
        found[path] = re.search(r"_(.*)\.bb$", path)[1]
    bad = [f"{path} is of version {its}" for path, its in found.items() if its != version]
    return ("fail", "\n".join(bad)) if bad or len(found) <= len(places) else ("ok", "")


def _alpine(tree):
    text = _read(tree, "packaging/alpine/APKBUILD")
    missing = [name for name in _ALPINE if not re.search(rf'^{name}="?[^"\n]', text, re.M)]
    if missing or not re.search(r"^# Maintainer: .+ <\S+@\S+>$", text, re.M):
        return "fail", f"abuild would refuse it, {missing} or the maintainer is empty"
    return "ok", ""


def _yocto(tree):
    recipe, = glob.glob(f"{tree}/packaging/yocto/*.bb")
    with open(recipe, encoding="utf-8") as f:
        said = re.search(r"file://LICENSE;md5=([0-9a-f]+)", f.read())[1]
    with open(f"{tree}/LICENSE", "rb") as f:
        true = hashlib.md5(f.read()).hexdigest()
    return ("ok", "") if said == true else ("fail", f"LICENSE has {true}")


def _offered(folder, tree, toolchain):
    """Config.in among the symbols that it names: what it selects, or None where it is hidden."""
    import kconfiglib   # installed for this suite only
    with open(f"{folder}/Kconfig", "w", encoding="utf-8") as f:
        for name in _TOOLCHAIN:
            f.write(f"config BR2_{name}\n\tbool\n\tdefault {'y' if name in toolchain else 'n'}\n")
        for name in _LIBRARIES:
            f.write(f"config BR2_{name}\n\tbool\n")
        f.write(f'source "{tree}/{_KCONFIG}"\n')
    config = kconfiglib.Kconfig(f"{folder}/Kconfig", suppress_traceback=True, warn_to_stderr=False)
    if config.warnings:
        raise ValueError("\n".join(config.warnings))
    symbol = config.syms["BR2_PACKAGE_FROST_GA"]
    if symbol.visibility == 0:
        return None
    symbol.set_value("y")
    return [name for name in _LIBRARIES if config.syms[f"BR2_{name}"].str_value == "y"]


def _buildroot(tree):
    os.environ["CONFIG_"] = ""
    with tempfile.TemporaryDirectory() as folder:
        if _offered(folder, tree, _TOOLCHAIN) != list(_LIBRARIES):
            return "fail", "it does not select its libraries"
        for name in _TOOLCHAIN:
            if _offered(folder, tree, [one for one in _TOOLCHAIN if one != name]) is not None:
                return "fail", f"it is offered without BR2_{name}"
    return "ok", ""


def run(tree, report):
    report.run("format/all recipes are of this version", lambda: _versions(tree))
    report.run("format/Alpine's recipe has all that abuild asks for", lambda: _alpine(tree))
    report.run("format/Yocto's recipe knows the licence", lambda: _yocto(tree))
    report.run("format/Buildroot's Config.in is offered where it can be built, and selects its libraries",
               lambda: _buildroot(tree))
