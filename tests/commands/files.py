# SPDX-License-Identifier: MIT
"""guest-file-*: the same dialogues with both, each on a file of its own; and hostile ones."""
import base64
import os
import stat

from cases import case, contains, equal, true
from client import Refused
from twins import BOTH, Twins

_HELLO = base64.b64encode(b"hello world").decode()

# What is done with a handle: (command, arguments); the handle is put in.
_DIALOGUE = [
    ("guest-file-write", {"buf-b64": _HELLO}),
    ("guest-file-write", {"buf-b64": _HELLO, "count": 5}),
    ("guest-file-write", {"buf-b64": _HELLO, "count": 0}),
    ("guest-file-write", {"buf-b64": _HELLO, "count": 12}),
    ("guest-file-write", {"buf-b64": _HELLO, "count": -1}),
    ("guest-file-write", {"buf-b64": "!!"}),
    ("guest-file-write", {"buf-b64": ""}),
    ("guest-file-flush", {}),
    ("guest-file-read", {}),
    ("guest-file-seek", {"offset": 0, "whence": "set"}),
    ("guest-file-read", {"count": 4}),
    ("guest-file-read", {"count": 0}),
    ("guest-file-read", {"count": -1}),
    ("guest-file-read", {"count": 48 * 1024 * 1024 + 1}),
    ("guest-file-read", {"count": 2**63 - 1}),
    ("guest-file-read", {}),
    ("guest-file-read", {}),
    ("guest-file-seek", {"offset": -3, "whence": "end"}),
    ("guest-file-read", {"count": 3}),
    ("guest-file-seek", {"offset": 1, "whence": 0}),
    ("guest-file-seek", {"offset": 1, "whence": "cur"}),
    ("guest-file-seek", {"offset": 1, "whence": 1}),
    ("guest-file-seek", {"offset": 100, "whence": 2}),
    ("guest-file-read", {}),
    ("guest-file-seek", {"offset": -1, "whence": 0}),
    ("guest-file-seek", {"offset": -2**63, "whence": 1}),
    ("guest-file-seek", {"offset": 0, "whence": 3}),
    ("guest-file-seek", {"offset": 0, "whence": -1}),
    ("guest-file-seek", {"offset": 0, "whence": "start"}),
    ("guest-file-seek", {"offset": 0, "whence": True}),
    ("guest-file-seek", {"offset": 0}),
    ("guest-file-close", {}),
]


def _answer(client, name, args):
    try:
        return client.call(name, args)
    except Refused as e:
        return e.error_class, e.desc


def _dialogue(world, mode, before):
    with Twins(world) as twins:
        heard = []
        for who, client in (("ours", twins.ours), ("theirs", twins.theirs)):
            path = f"/run/file-{who}"
            if before is not None:
                with open(path, "wb") as f:
                    f.write(before)
            handle = client.call("guest-file-open", {"path": path, "mode": mode})
            heard.append([_answer(client, name, {"handle": handle, **args})
                          for name, args in _DIALOGUE])
            with open(path, "rb") as f:
                heard[-1].append(f.read())
        for step, ours, theirs in zip([*_DIALOGUE, "the file"], *heard):
            equal(ours, theirs, f"mode {mode}: {step}")


@case(once=True, own=BOTH, limit=120)
def a_dialogue_with_a_file_is_the_same(world):
    for mode, before in (("r", b"some content\n"), ("w", None), ("a", b"before "), ("r+", b"x" * 5000),
                         ("w+", None), ("a+", b"before "), ("rb+", b""), ("w+b", b"gone")):
        yield (f"a dialogue with a file opened with {mode} is the same",
               lambda m=mode, b=before: _dialogue(world, m, b))


@case(once=True, own=BOTH)
def a_file_that_cannot_be_opened_is_refused_alike(world):
    os.makedirs("/run/folder")
    with open("/run/file", "w") as f:
        f.write("x")
    with Twins(world) as twins:
        for path in ("/nowhere", "/nowhere/x", "", "/run/file/x", "/run/x\ny", "/run/file\0",
                     "/run/file\0x", "\0", "/run/caf\u00e9"):
            twins.same("guest-file-open", {"path": path})
        for mode in ("w", "a", "r+"):
            twins.same("guest-file-open", {"path": "/run/folder", "mode": mode})
        for mode in ("", "q", "rw", "b", "br", "r ", "R", "r+x", "www"):
            twins.same("guest-file-open", {"path": "/run/file", "mode": mode})


@case(once=True, own=BOTH)
def a_handle_that_is_not_there_is_refused_alike(world):
    with Twins(world) as twins:
        for handle in (0, 1, -1, 2**63 - 1, -2**63):
            for name, args in (("guest-file-read", {"count": -1}), ("guest-file-close", {}),
                               ("guest-file-flush", {}), ("guest-file-write", {"buf-b64": "!!"}),
                               ("guest-file-seek", {"offset": 0, "whence": 9})):
                twins.same(name, {"handle": handle, **args})


@case()
def a_read_after_a_write_gives_what_was_written(world):
    _, client = world.connect()
    handle = client.call("guest-file-open", {"path": "/run/f", "mode": "w+"})
    equal(client.call("guest-file-write", {"handle": handle, "buf-b64": _HELLO}),
          {"count": 11, "eof": False})
    answer = client.call("guest-file-read", {"handle": handle})
    equal(answer, {"count": 0, "buf-b64": "", "eof": True})
    equal(client.call("guest-file-seek", {"handle": handle, "offset": 6, "whence": "set"}),
          {"position": 6, "eof": False})
    answer = client.call("guest-file-read", {"handle": handle})
    equal(answer, {"count": 5, "buf-b64": base64.b64encode(b"world").decode(), "eof": True})


@case()
def a_path_with_u0000_is_not_cut_there(world):
    # kept as the two bytes C0 80, as the protocol has it: no other file than the one that is named
    _, client = world.connect()
    with open("/run/secret", "w") as f:
        f.write("x")
    contains(client.refusal("guest-file-open", {"path": "/run/secret\0.txt"}).desc,
             "No such file or directory")
    client.call("guest-file-open", {"path": "/run/new\0.txt", "mode": "w"})
    true(b"new\xc0\x80.txt" in os.listdir(b"/run"), f"{os.listdir(b'/run')}")
    true(b"new" not in os.listdir(b"/run"), "a path was cut")


@case()
def a_path_with_newlines_is_the_path(world):
    _, client = world.connect()
    client.call("guest-file-open", {"path": "/run/a\nb\r\n", "mode": "w"})
    true(b"a\nb\r\n" in os.listdir(b"/run"), f"{os.listdir(b'/run')}")


@case()
def a_fifo_makes_nobody_wait(world):
    _, client = world.connect()
    os.mkfifo("/run/fifo")
    handle = client.call("guest-file-open", {"path": "/run/fifo"})
    equal(client.call("guest-file-read", {"handle": handle})["eof"], True)
    equal(client.call("guest-ping"), {})


@case(differs="a new file is writable for all, whatever the umask")
def a_new_file_obeys_the_umask(world):
    _, client = world.connect(preexec=lambda: os.umask(0o027))
    client.call("guest-file-open", {"path": "/run/new", "mode": "w"})
    equal(stat.S_IMODE(os.stat("/run/new").st_mode), 0o640)


@case(differs="kept in a buffer until it is flushed")
def what_is_written_is_in_the_file_at_once(world):
    _, client = world.connect()
    handle = client.call("guest-file-open", {"path": "/run/f", "mode": "w"})
    client.call("guest-file-write", {"handle": handle, "buf-b64": _HELLO})
    with open("/run/f", "rb") as f:
        equal(f.read(), b"hello world")


@case(differs="D28: opened as long as there are descriptors; then it cannot open its own state")
def ten_thousand_opens_leave_a_working_agent(world):
    agent, client = world.connect()
    handles = []
    for _ in range(10000):
        try:
            handles.append(client.call("guest-file-open", {"path": "/dev/null"}))
        except Refused as e:
            contains(e.desc, "files are open already")
    equal(len(handles), 256, "open files")
    equal(len(set(handles)), 256, "different handles")
    true(len(os.listdir(f"/proc/{agent.pid}/fd")) < 300, "descriptors are bounded")
    for handle in handles:
        client.call("guest-file-close", {"handle": handle})
    true(client.call("guest-file-open", {"path": "/dev/null"}) > handles[-1], "a new handle")


@case()
def a_large_file_is_written_and_read_in_pieces(world):
    _, client = world.connect()
    data = os.urandom(3 * 1024 * 1024)
    handle = client.call("guest-file-open", {"path": "/run/large", "mode": "w+"})
    for at in range(0, len(data), 1024 * 1024):
        piece = base64.b64encode(data[at:at + 1024 * 1024]).decode()
        equal(client.call("guest-file-write", {"handle": handle, "buf-b64": piece})["count"],
              1024 * 1024)
    client.call("guest-file-seek", {"handle": handle, "offset": 0, "whence": "set"})
    answer = client.call("guest-file-read", {"handle": handle, "count": 4 * 1024 * 1024})
    equal(base64.b64decode(answer["buf-b64"]) == data, True, "what was written is read")
    equal((answer["count"], answer["eof"]), (len(data), True))


@case(differs="drops what does not fit into whole bytes in silence")
def base64_that_is_cut_off_is_refused(world):
    _, client = world.connect()
    handle = client.call("guest-file-open", {"path": "/run/f", "mode": "w"})
    for text in ("aGVsbG8", "a", "aGVsbG8=aGVs", "===="):
        contains(client.refusal("guest-file-write", {"handle": handle, "buf-b64": text}).desc,
                 "Base64 data ")


@case()
def a_client_that_leaves_in_a_read_harms_nobody(world):
    agent, client = world.connect()
    handle = client.call("guest-file-open", {"path": "/dev/zero"})
    client.request("guest-file-read", {"handle": handle, "count": 8 * 1024 * 1024})
    client.half_close()
    client.rest(30)
    with agent.client() as other:
        equal(other.call("guest-ping"), {})
