# SPDX-License-Identifier: MIT
"""Suite vm proves that it bears the death of a guest: a stand-in takes QEMU's place (standin.py), and
dies or hangs at each stage."""
import concurrent.futures
import contextlib
import os
import threading
import time

import accel
import standin
import vmrun
from cases import Failed, within
from guest import Guest
from guestbuild import Parts
from guestport import GuestLost, GuestSilent
from vmworld import World

LIMIT_S = 3
AT_A_TIME = 8   # they wait


class _Builder:
    """The builder of guests that need no kernel."""

    def __init__(self, stage):
        self.stage = stage

    def parts(self, _flavour="stable"):
        return Parts(self.stage, None, "/dev/null", None, {})


@contextlib.contextmanager
def _in_place_of_qemu():
    before = os.environ.get("QEMU")
    os.environ["QEMU"] = standin.__file__
    try:
        yield
    finally:
        os.environ.pop("QEMU")
        if before is not None:
            os.environ["QEMU"] = before


@contextlib.contextmanager
def _guest(stage):
    guest = Guest(_Builder(stage).parts())
    try:
        yield guest
    finally:
        guest.end()


def _pull_the_plug_once_it_hangs(guest):
    with contextlib.suppress(Failed):   # it came to another end: the case says which
        within(60, lambda: guest.qemu and "hangs" in guest.qemu.log(), "it hangs")
        guest.qemu.kill()


def _is_one_exception(stage):
    """Whether a use of the guest raises one exception that has all that is known of the guest's
    end."""
    with _guest(stage) as guest:
        if stage.startswith("hangs"):
            threading.Thread(target=_pull_the_plug_once_it_hangs, args=(guest,), daemon=True).start()
        try:
            guest.boot()
            return "fail", "the guest answered"
        except GuestLost as e:
            said = str(e)
    wanted = []
    if "monitor" not in said and "at once" not in stage:   # it came to the guest's port
        wanted.append("the last words of the guest")
    if stage.startswith("dies"):
        wanted.append("SIGKILL")
    if "QEMU lives" not in said:   # it may, where a wrong word told the guest's end
        wanted.append(f"the stand-in {stage}")
    missing = [part for part in wanted if part not in said]
    return ("fail", f"{missing} is not in: {said}") if missing else ("ok", "")


def _is_late(stage):
    """What hangs is waited for no longer than was said, and told from what ends."""
    with _guest(stage) as guest:
        guest.start()
        began = time.monotonic()
        try:
            guest.run("true", LIMIT_S)
        except GuestSilent:
            took = time.monotonic() - began
            return ("ok", "") if took < LIMIT_S + 20 else ("fail", f"after {took:.1f} s")
        except Failed as e:
            return "fail", f"another exception: {e}"
    return "fail", "the guest answered"


def _is_no_kvm(stage):
    limit_s = 60 if stage.startswith("dies") else LIMIT_S
    why = vmrun.fault_under(_Builder(stage), "kvm", limit_s)
    return ("ok", "") if why else ("fail", "a guest is said to run")


def _is_kvm(stage):
    why = vmrun.fault_under(_Builder(stage), "kvm", 60)
    return ("fail", why) if why else ("ok", "")


def _is_told(stage):
    """A case that fails with a guest at hand, in whatever state the guest is: the failure is told
    with what is known of the guest, and the runner lives."""
    world = World(_Builder(stage), False, None)

    def fails(world):
        guest = world.prepare(disks=())
        if stage != "is never started":
            guest.start()
            guest.qemu.kill()
        raise Failed("what the case says")

    fails.case = {"name": "fails", "limit": LIMIT_S}
    try:
        outcome, detail = vmrun.ask(world, fails)
    finally:
        world.end_others()
    told = outcome == "fail" and "what the case says" in detail and world.others == []
    return ("ok", "") if told else ("fail", f"{outcome}: {detail}")


def _cases():
    """(name, function, stage)"""
    stages = [*(f"dies {s}" for s in standin.STAGES_OF_DEATH),
              *(f"hangs {s}" for s in standin.STAGES_OF_HANGING)]
    for stage in stages:
        yield f"a QEMU that {stage} is one exception that says so", _is_one_exception, stage
    for stage in (*stages, standin.DRIPS, standin.DIES_AT_WORK):
        yield f"a guest that {stage} means: not under KVM", _is_no_kvm, stage
    for stage in ("hangs in the head of an answer", "hangs in the body of an answer",
                  standin.DRIPS):
        yield f"a guest that {stage} is late", _is_late, stage
    yield "a guest that answers and works means: under KVM", _is_kvm, standin.IS_WELL
    yield "a case that fails before its guest is started is told", _is_told, "is never started"
    yield "a case that fails with a dead guest is told", _is_told, standin.IS_WELL


def run(report, form):
    before = accel.name()
    with _in_place_of_qemu(), concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for name, function, stage in _cases():
            if form.wants(f"vm/harness/{name}"):
                pool.submit(report.run, f"vm/harness/{name}", lambda f=function, s=stage: f(s))
    accel.use(before)
