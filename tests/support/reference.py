# SPDX-License-Identifier: MIT
"""Debian's qemu-ga, unpacked into the build folder and never installed."""
import glob
import os
import subprocess


def fetch(folder):
    """Path of the binary, or None and why not."""
    binary = f"{folder}/usr/sbin/qemu-ga"
    if os.path.exists(binary):
        return binary, ""
    os.makedirs(folder, exist_ok=True)
    run = subprocess.run(["apt-get", "download", "-q", "qemu-guest-agent"], cwd=folder,
                         capture_output=True, text=True, check=False)
    packages = glob.glob(f"{folder}/qemu-guest-agent_*.deb")
    if run.returncode != 0 or not packages:
        return None, f"apt-get download qemu-guest-agent failed: {run.stderr.strip()[-300:]}"
    subprocess.run(["dpkg", "-x", packages[-1], folder], check=True)
    run = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return None, f"qemu-ga does not start here: {run.stderr.strip()[-300:]}"
    return binary, ""
