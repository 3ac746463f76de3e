# SPDX-License-Identifier: MIT
"""Which writers wait for the thaw."""
import mmap
import os
import signal

from cases import case, contains, equal, true, within
from doer import KERNELS, Doer, Frozen, each_type

PYTHON = "/usr/bin/python3"
_STORE = """import mmap, sys, time
with open(sys.argv[1], "r+b") as f:
    page = mmap.mmap(f.fileno(), mmap.PAGESIZE)
    number = 0
    while True:
        number += 1
        page[0] = number % 256
        print(number, flush=True)
        time.sleep(0.01)
"""


def _file(point):
    with open(f"{point}/file", "wb") as f:
        f.write(bytes(4 * mmap.PAGESIZE))
        f.flush()
        os.fsync(f.fileno())


@case(own=KERNELS, limit=60)
def an_io_uring_write_waits_in_a_thread_of_the_kernel_and_its_process_outlives_sigkill(world):
    for _, point in each_type(world, _file):
        with Frozen(point):
            doer = Doer(PYTHON, "/tests/support/uring.py", f"{point}/file")
            doer.must_wait()
            equal(doer.said(), "submitted 1\n", "what it was told")
            true(all(name.startswith("iou-wrk") for name in doer.waiting()),
                 f"who waits: {doer.waiting()}")
            doer.process.kill()
            true(not doer.has_ended(2), "the killed process has ended")
        doer.must_end(-signal.SIGKILL)


@case(own=KERNELS, limit=60)
def a_store_to_a_page_that_was_mapped_and_written_before_waits(world):
    for _, point in each_type(world, _file):
        doer = Doer(PYTHON, "-c", _STORE, f"{point}/file")
        within(20, lambda doer=doer: len(doer.said()) > 20, "stores are made")
        with Frozen(point):
            doer.must_wait()
            before = doer.said()
            true(not doer.has_ended(1), "it has ended")
            equal(doer.said(), before, "stores")
        doer.process.kill()
        doer.must_end(-signal.SIGKILL)


_DELETED = """import os, sys
f = open(sys.argv[1], "wb")
f.write(bytes(1 << 20))
f.flush()
os.fsync(f.fileno())
os.unlink(sys.argv[1])
print("deleted", flush=True)
with open(sys.argv[2]) as word:
    word.read()
f.close()
"""


@case(own=KERNELS, limit=60)
def the_last_close_of_a_deleted_file_waits_or_not_and_ends_after_the_thaw(world):
    """On which types depends on the kernel: it is told."""
    os.mkfifo("/run/word")
    for fs_type, point in each_type(world):
        doer = Doer(PYTHON, "-c", _DELETED, f"{point}/deleted", "/run/word")
        within(20, lambda doer=doer: "deleted" in doer.said(), "the file is deleted")
        with Frozen(point):
            with open("/run/word", "w") as f:
                f.write("go")
            waits = not doer.has_ended(3)
        doer.must_end()
        world.notes.append(f"{fs_type}: {'waits' if waits else 'goes on'}")


@case(own=KERNELS, limit=60)
def reading_and_what_only_looks_goes_on(world):
    for _, point in each_type(world, _file):
        with Frozen(point):
            for argv in (("cat", f"{point}/file"), ("ls", "-l", point), ("sync", "-f", point), ("sync",),
                         (PYTHON, "-c", f"import os; os.fsync(os.open('{point}/file', os.O_RDONLY))"),
                         (PYTHON, "-c", f"import fcntl; fcntl.flock(open('{point}/file'), fcntl.LOCK_EX)")):
                Doer(*argv).must_end()


@case(own=KERNELS, limit=60)
def what_changes_a_name_waits(world):
    for _, point in each_type(world, _file):
        with Frozen(point):
            started = [Doer("touch", f"{point}/made"), Doer("mkdir", f"{point}/folder"),
                       Doer(PYTHON, "-c", f"import os; os.link('{point}/file', '{point}/linked')"),
                       Doer(PYTHON, "-c", f"import os; os.rename('{point}/file', '{point}/file2')")]
            for doer in started:
                doer.must_wait()
        for doer in started:
            doer.must_end()


@case(own=KERNELS, limit=60)
def an_error_comes_only_after_the_thaw(world):
    """rm of a file that does not exist; chmod to the mode that it has."""
    for _, point in each_type(world, _file):
        with Frozen(point):
            absent = Doer("rm", f"{point}/absent")
            same = Doer(PYTHON, "-c", f"import os; os.chmod('{point}/file', 0o644)")
            absent.must_wait()
            same.must_wait()
        absent.must_end(1)
        contains(absent.said(), "No such file", "rm's error")
        same.must_end()
