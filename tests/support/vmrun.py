# SPDX-License-Identifier: MIT
"""Runs the cases of suite `vm`: a module's cases one after the other in one guest, two modules at
a time."""
import concurrent.futures
import functools
import glob
import os
import threading
import time
import traceback

import accel
import cases
import guest
import guestbuild
import guestdebian
import guestforeign
import guestkernel
from beside import Beside
from cases import Failed, Skipped
from report import ASKED_AGAIN_MAX
from vmworld import World

AT_A_TIME = 2
KVM_LIMIT_S = 20
_WORK = "for n in 1 2; do (dd if=/dev/urandom bs=64k count=2000 | sha256sum) & done; wait"
FULL_LIMITS = 10   # what the long form of a case may take, in limits of its short form


class Module:
    """release: of the Debian that is booted; "": none is."""

    def __init__(self, name, functions, shape, flavour, overlays=(), release=""):
        self.name = name
        self.functions = functions
        self.shape = shape
        self.flavour = flavour
        self.overlays = overlays
        self.release = release


def _forms(name, loaded, functions, full):
    """Modules of one file: all cases on one kernel, KERNEL of the file, $KERNEL or Debian's own; those
    that it names in NEWEST_KERNEL on the newest one as well, in the long form also those in
    NEWEST_KERNEL_FULL; and those in SANITIZED once more with the agent that the sanitizers watch."""
    chosen = getattr(loaded, "KERNEL", None) or os.environ.get("KERNEL")
    flavour = chosen or guestkernel.FLAVOURS[0]
    shape = getattr(loaded, "GUEST", {})
    sanitized = getattr(loaded, "SANITIZED", ())
    yield Module(name, functions, shape, flavour)
    yield Module(f"{name}-sanitized", [f for f in functions if f in sanitized], shape, flavour,
                 ("sanitized",))
    if not chosen:
        newest = getattr(loaded, "NEWEST_KERNEL", ())
        if full:
            newest += getattr(loaded, "NEWEST_KERNEL_FULL", ())
        yield Module(f"{name}-newest", [f for f in functions if f in newest], shape,
                     guestkernel.NEWEST)


def _booted(name, loaded, functions, full):
    """Modules of a file that boots releases of Debian: the first in every run, the others in the long
    form, or $RELEASE."""
    chosen = os.environ.get("RELEASE")
    for release in [chosen] if chosen else loaded.RELEASES[:None if full else 1]:
        yield Module(f"{name}-{release}", functions, loaded.GUEST, guestdebian.kernel_of(release), (),
                     release)


def _files(tree):
    """(name, what it defines) of each file of cases."""
    for path in sorted(glob.glob(f"{tree}/tests/vm/*.py")):
        yield os.path.basename(path)[:-3], cases.load(path)


def _wanted(found, form):
    """Those with cases that are wanted; the longest first, so that no processor is idle at the end."""
    for module in found:
        module.functions = [f for f in module.functions
                            if form.wants(f"vm-{module.name}/{f.case['name']}")]
    return sorted((m for m in found if m.functions),
                  key=lambda m: -sum(f.case["limit"] for f in m.functions))


def modules(tree, form):
    """What is named is asked in any form, also what a file keeps for the long form in FULL_ONLY."""
    found, full = [], form.full or form.only
    for name, loaded in _files(tree):
        later = () if full else getattr(loaded, "FULL_ONLY", ())
        asked = [f for f in cases.of_module(loaded) if f not in later]
        forms = _booted if hasattr(loaded, "RELEASES") else _forms
        found += forms(name, loaded, asked, full)
    return _wanted(found, form)


def of_kernel(tree, flavour, form):
    """One round of the cases whose result may depend on the kernel, on this one."""
    found = []
    for name, loaded in _files(tree):
        asked = (*getattr(loaded, "NEWEST_KERNEL", ()), *getattr(loaded, "NEWEST_KERNEL_FULL", ()))
        found.append(Module(f"{name}-{flavour}", asked, getattr(loaded, "GUEST", {}), flavour))
    return _wanted(found, form)


def of_processor(tree, arch, form):
    """The cases whose result may depend on the processor, in guests of this one."""
    return _wanted([Module(f"{name}-{arch}", getattr(loaded, "OTHER_PROCESSORS", ()), guestforeign.shape, arch)
                    for name, loaded in _files(tree)], form)


def of_release(tree, release, form):
    """All cases that boot a release of Debian, in this one."""
    return _wanted([Module(f"{name}-{release}", cases.of_module(loaded), loaded.GUEST,
                           guestdebian.kernel_of(release), (), release)
                    for name, loaded in _files(tree) if hasattr(loaded, "RELEASES")], form)


def ask(world, function):
    """(outcome, detail) of one case; whoever waits too long for a guest sees it end."""
    expired = threading.Event()

    def expire():
        expired.set()
        world.pull_plugs()

    limit_s = function.case["limit"] * (FULL_LIMITS if world.full else 1) + guest.BOOT_LIMIT_S
    limit_s *= cases.PATIENCE
    timer = threading.Timer(limit_s, expire)
    timer.start()
    try:
        function(world)
        return "ok", ""
    except Skipped as e:
        return "skip", str(e)
    except Failed as e:
        detail = str(e)
    except Exception as e:   # a broken case is a failure like any other
        detail = "".join(traceback.format_exception(e))
    finally:
        timer.cancel()
    if expired.is_set():
        detail = f"not done within {limit_s} s\n{detail}"
    return "fail", f"{detail}\n{_scene(world)}"


def _scene(world):
    """What the guests said last, as far as they can be asked: the failure that is told with it is
    not lost for a guest in a state that nobody thought of."""
    told = []
    for machine in [*world.others, *([world.shared] if world.shared else [])]:
        try:
            told.append(f"-- {machine.folder}: {machine.scene(3000)}")
            told.append(machine.run("cat /run/agent.log /run/init.log", 5)[-1500:])
        except Failed:   # there is nobody to ask
            pass
        except Exception as e:
            told.append(f"-- what more it said cannot be told: {e!r}")
    return "\n".join(told)


class Runner:
    def __init__(self, builder, report, full):
        self.builder = builder
        self.report = report
        self.full = full
        self.failed = []   # (module, function, seconds, detail)

    def _case(self, world, module, function):
        began = time.monotonic()
        outcome, detail = ask(world, function)
        world.end_others()
        if outcome == "fail" or world.spoiled:
            world.discard()
        seconds = time.monotonic() - began
        if outcome == "fail":
            self.failed.append((module, function, seconds, detail))
        else:
            self.report.add(_label(module, function), outcome, seconds, detail)

    def _world(self, module):
        return World(self.builder, self.full, module.shape, module.flavour, module.overlays,
                     module.release)

    def module(self, module):
        if not self._is_there(module):
            return
        world = self._world(module)
        try:
            for function in module.functions:
                self._case(world, module, function)
        finally:
            world.discard()

    def _is_there(self, module):
        """Whether the release that it boots is made, which is no part of a case's time: it comes from the
        network."""
        if not module.release:
            return True
        began = time.monotonic()
        outcome, detail = _outcome(lambda: guestdebian.make(self.builder, module.release))
        self.report.add(f"vm-{module.name}: its root and the package for it are made", outcome,
                        time.monotonic() - began, detail)
        if outcome != "ok":
            _tell_what_is_missing([module], self.report, f"there is no {module.release} to boot")
        return outcome == "ok"

    def ask_again(self):
        """Runs the cases that failed once more, each module in a guest of its own and no other
        guest beside it."""
        again = len(self.failed) <= ASKED_AGAIN_MAX
        for module, function, seconds, first in self.failed:
            outcome, detail = "fail", first
            if again:
                world = self._world(module)
                began = time.monotonic()
                outcome, detail = ask(world, function)
                seconds = time.monotonic() - began
                world.discard()
            if outcome == "ok":
                self.report.again(_label(module, function), first)
            self.report.add(_label(module, function), outcome, seconds, detail)


def _label(module, function):
    return f"vm-{module.name}/{function.case['name']}"


def fault_under(builder, name, limit_s=KVM_LIMIT_S):
    """Why no guest runs under it, or None: one is started and has to bear some work. Whatever
    becomes of it means that none runs: a kernel may offer KVM and end each guest after a moment."""
    accel.use(name)
    world = World(builder, False, None)
    timer = threading.Timer(limit_s, world.pull_plugs)
    timer.start()
    try:
        world.boot(disks=()).run(_WORK)
        return None
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    finally:
        timer.cancel()
        world.end_others()


def _outcome(make):
    """(outcome, detail) of what is made before the cases."""
    try:
        make()
        return "ok", ""
    except Skipped as e:
        return "skip", str(e)
    except Failed as e:
        return "fail", str(e)
    except Exception as e:   # the cases that do without it are asked
        return "fail", "".join(traceback.format_exception(e))


def _prepare(builder, flavour):
    builder.parts(flavour)
    if builder.is_foreign:
        accel.use("tcg")
    else:
        accel.choose(builder.folder, lambda name: fault_under(builder, name))


def _tell_what_is_missing(wanted, report, why):
    """Each case for itself, so that the count at the end says how many."""
    for module in wanted:
        for function in module.functions:
            report.add(_label(module, function), "skip", None, why)


def roots_beside(tree, form):
    """Begins to make what the suite will boot; to be closed."""
    wanted = {module.release: None for module in modules(tree, form) if module.release}
    builder = guestbuild.Builder(tree, {})
    return Beside(*(functools.partial(guestdebian.make_ahead, builder, release) for release in wanted))


def run(tree, builder, report, form):
    run_modules(modules(tree, form), builder, report, form.full)


def run_modules(wanted, builder, report, full, at_a_time=AT_A_TIME):
    guest.sweep_stale()
    began = time.monotonic()
    flavour = wanted[0].flavour if wanted else guestkernel.FLAVOURS[0]
    outcome, detail = _outcome(lambda: _prepare(builder, flavour))
    report.add("vm: the guest is built", outcome, time.monotonic() - began, detail)
    if outcome != "ok":
        _tell_what_is_missing(wanted, report, "there is no guest")
        return
    print(f"# guests run under {accel.name()}", flush=True)
    runner = Runner(builder, report, full)
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        for done in [pool.submit(runner.module, m) for m in wanted]:
            done.result()
    runner.ask_again()
