# SPDX-License-Identifier: MIT
"""The plain mode: the host's conversation, what the writers experience, and a timeline."""

import statistics
import time

import account
import page
import timeline
from host import Host
from playground import HOOK, HOOK_NAME, IMAGES, Agent
from snapshot import Snapshot

PROGRAMS = ("cp",)
WRITE_EVERY = 0.004
PATIENCE = 15       # seconds that a write may wait before the guard thaws
DEADLINE = 60       # seconds for everything
WARM_UP = 40        # writes of each writer before the host begins
HOLD = 0.12         # seconds, twice: before and after the host asks for the status
MARGIN = 0.08       # seconds of peace on either side of the timeline


class Story:
    def __init__(self, stage):
        self.filesystems = stage.filesystems
        self.diaries = stage.diaries
        self.host = Host()
        self.faults = []
        self.freeze = self.thaw = None      # the exchanges
        self.running = self.frozen = None   # the snapshots

    def ask(self, name, wanted=None, arguments=None):
        """One exchange; what is not as wanted becomes a fault, None wants anything but an error."""
        answer = self.host.ask(name, arguments)
        seen = answer.error["desc"] if answer.error else answer.value
        if answer.error or wanted not in (None, seen):
            self.faults.append("%s: expected %s, got %s" % (name, wanted or "no error", seen))
        return answer

    def expect_hook(self, argument):
        phase = self.host.hook_phase(argument)
        if phase is None:
            self.faults.append("the hook was not called with %s" % argument)
            return "(not at all)"
        return page.duration(phase[1] - phase[0])

    def writes_between(self, begin, end):
        return sum(begin <= write.ended < end for fs in self.filesystems
                   for write in self.diaries[fs.index].writes())

    def take_snapshot(self, name):
        return Snapshot(name, self.filesystems, self.diaries)

    def note_writers(self):
        if min(self.diaries[fs.index].waiting() for fs in self.filesystems) > HOLD / 2:
            what, seconds = "a write has waited for", lambda diary: diary.waiting()
        else:
            what, seconds = "a write takes", lambda diary: diary.last().ended - diary.last().begun
        page.note("%s %s" % (what, ", ".join(
            "%s (%s)" % (page.duration(seconds(self.diaries[fs.index])), fs.name)
            for fs in self.filesystems)))


def _opening(filesystems):
    page.title("The playground")
    page.say("""A private mount namespace that contains three small filesystems on loop devices
             and nothing else. Nothing below can touch the machine's own disks.""")
    page.line()
    for fs in filesystems:
        page.line("    %-12s %-5s on /dev/loop%-3d in the file %s"
                  % (fs.folder, fs.kind, fs.loop, IMAGES[fs.name]))
    page.line()
    page.say("""A program writes to each of them all the time: 4 KiB and an fsync, every %d ms. A
             script stands in for a database that must be prepared for a snapshot:"""
             % (WRITE_EVERY * 1000))
    page.line()
    page.command(HOOK + ".d/" + HOOK_NAME)
    page.line()
    page.say("The agent waits for the host on a socket:")
    page.line()
    page.command(" ".join(Agent.COMMAND[:5]) + " \\")
    page.command("    " + " ".join(Agent.COMMAND[5:]))


def _greet(story):
    identity = 20221011
    story.ask("guest-sync-delimited", identity, {"id": identity})
    page.note("Host and agent are in step: the byte 0xFF marks where this answer begins.")
    answer = story.ask("guest-info")
    value = answer.value if isinstance(answer.value, dict) else {}
    names = [command["name"] for command in value.get("supported_commands", [])]
    page.note("It speaks the guest agent protocol, version %s, with %d commands."
              % (value.get("version"), len(names)))
    if "guest-fsfreeze-freeze" not in names:
        story.faults.append("guest-info does not name guest-fsfreeze-freeze")
    story.note_writers()
    story.running = story.take_snapshot("running")


def _freeze(story):
    """Whether it was frozen, so that the story can go on."""
    story.freeze = answer = story.ask("guest-fsfreeze-freeze", len(story.filesystems))
    if answer.value != len(story.filesystems):
        return False
    hook = story.expect_hook("freeze")
    page.note("The hook's freeze ran %s; the writers finished %d writes meanwhile."
              % (hook, story.writes_between(*story.host.hook_phase("freeze") or (0, 0))))
    page.note("After %s in all, every filesystem is complete on its disk and frozen."
              % page.duration(answer.answered - answer.asked))
    time.sleep(HOLD)
    story.ask("guest-fsfreeze-status", "frozen")
    story.note_writers()
    page.note("Now the host takes its snapshot.")
    story.frozen = story.take_snapshot("frozen")
    time.sleep(HOLD)
    return True


def _thaw(story):
    story.thaw = answer = story.ask("guest-fsfreeze-thaw", len(story.filesystems))
    page.note("The filesystems are thawed, then the hook's thaw ran %s: %s in all."
              % (story.expect_hook("thaw"), page.duration(answer.answered - answer.asked)))
    time.sleep(MARGIN)
    story.ask("guest-fsfreeze-status", "thawed")
    story.note_writers()


def _draw(story):
    """hook: when it ran, by its own word. agent: its phases, as it has noted them."""
    page.title("What happened")
    freeze, thaw = story.freeze, story.thaw
    begin, end = freeze.asked - MARGIN, thaw.answered + MARGIN
    runs = {argument: story.host.hook_phase(argument) for argument in ("freeze", "thaw")}
    hook = [run + (argument, "-") for argument, run in runs.items() if run]
    agent = [(begin, freeze.asked, "thawed", "_"), *account.phases(),
             (thaw.answered, end, "thawed", "_")]
    timeline.draw(begin, end, hook, agent,
                  [(fs.name, story.diaries[fs.index].writes()) for fs in story.filesystems])
    page.line()
    page.line("  " + account.LEGEND)


def _table(story):
    """What a writer lost, and how much of it is the agent's doing rather than the host's wish."""
    held = story.thaw.asked - story.freeze.answered
    page.line()
    page.line("  %-12s %8s %10s %13s = %12s + %9s"
              % ("writer on", "writes", "typical", "longest wait", "host's hold", "our part"))
    for fs in story.filesystems:
        writes = story.diaries[fs.index].writes()
        times = [write.ended - write.begun for write in writes]
        page.line("  %-12s %8d %10s %13s   %12s   %9s" % (
            fs.folder, len(writes), page.duration(statistics.median(times)),
            page.duration(max(times)), page.duration(held),
            page.duration(max(0.0, max(times) - held))))
        if any(story.freeze.answered < write.begun and write.ended < story.thaw.asked
               for write in writes):
            story.faults.append("a write to %s went through while it was frozen" % fs.folder)


def _compare_snapshots(story, tell_loop):
    page.title("What the host got")
    page.say("""The host copied the three disks twice. How many of the writes that the kernel had
             acknowledged does each copy hold, without any repair?""")
    page.line()
    running, frozen = story.running.intact(tell_loop), story.frozen.intact(tell_loop)
    page.line("  %-12s %22s %22s" % ("disk", "copied while running", "copied while frozen"))
    for fs, before, within in zip(story.filesystems, running, frozen):
        page.line("  %-12s %22s %22s" % (fs.folder, "%d of %d" % before, "%d of %d" % within))
        if within[0] != within[1]:
            story.faults.append("the frozen copy of %s is not complete" % fs.folder)
    page.line()
    page.say("""The left copies depend on the repair of their journals, and each is of a different
             moment. The right copies are complete, and all of the same moment.""")


def play(stage):
    _opening(stage.filesystems)
    while min(diary.finished() for diary in stage.diaries) < WARM_UP:
        time.sleep(0.01)
    page.title("The host calls")
    story = Story(stage)
    _greet(story)
    if _freeze(story):
        _thaw(story)
        _draw(story)
        _table(story)
        _compare_snapshots(story, stage.tell_loop)
        account.show()
    for fault in story.faults:
        page.bad(fault)
    if story.faults and stage.agent.log():
        page.bad("The agent's log: " + stage.agent.log())
    return 1 if story.faults else 0


def epilogue():
    page.line()
    page.say("Everything is thawed and removed: no mount, loop device or process is left.")
    page.title("Next")
    page.line("Freeze and thaw by hand, in the same playground, with a shell and socat:")
    page.line()
    page.command("sh packaging/quickstart.sh --shell")
    page.line()
    page.line("Install it in a virtual machine, as root. As a package (see README.md):")
    page.line()
    page.command("sh packaging/debian/build.sh && apt install ./build-deb/frost-ga_*.deb")
    page.line()
    page.line("Or the build that you have just seen:")
    page.line()
    page.command("meson install -C build-quickstart     # /usr/local/sbin/frost-ga")
    page.command("systemctl stop qemu-guest-agent       # only one agent can have the port")
    page.command("frost-ga                              # or: frost-ga -d, as a daemon")
    page.line()
    page.line("With a folder of hooks like the one above:")
    page.line()
    page.command("frost-ga -F/etc/qemu/fsfreeze-hook.d")
    page.line()
    page.say("""It reads /etc/qemu/qemu-ga.conf, takes qemu-ga's options, and listens on
             /dev/virtio-ports/org.qemu.guest_agent.0; frost-ga --help lists everything.""")
