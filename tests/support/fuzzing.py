# SPDX-License-Identifier: MIT
"""libFuzzer for a short time; what it finds stays in the build folder."""
import concurrent.futures
import glob
import os
import subprocess

NORMAL_S = 5
LONG_S = 90


def _target(build, program, seconds):
    name = os.path.basename(program)
    seeds = f"{build.tree}/tests/fuzz/corpus/{name.removeprefix('fuzz-')}"
    grown = f"{build.folder}/corpus-{name}"
    found = f"{build.folder}/findings"
    os.makedirs(grown, exist_ok=True)
    os.makedirs(found, exist_ok=True)
    argv = [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
            "-print_final_stats=1", f"-artifact_prefix={found}/{name}-", grown]
    if os.path.isdir(seeds):
        argv.append(seeds)
    try:
        run = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False,
                             timeout=seconds + 120, cwd=build.folder)
    except subprocess.TimeoutExpired:
        return "fail", f"has not ended {120} s after its time"
    if run.returncode == 0:
        return "ok", ""
    return "fail", f"status {run.returncode}; the input is in {found}\n{run.stderr[-5000:]}"


def run(build, report, full):
    """Runs each fuzz target of the build; False when it has none."""
    seconds = LONG_S if full else NORMAL_S
    programs = sorted(p for p in glob.glob(f"{build.folder}/tests/fuzz/fuzz-*")
                      if os.path.isfile(p) and os.access(p, os.X_OK))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        list(pool.map(lambda p: report.run(
            f"fuzz/{os.path.basename(p)} for {seconds} s",
            lambda: _target(build, p, seconds)), programs))
    return bool(programs)
