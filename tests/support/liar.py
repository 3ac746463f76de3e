#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An agent that says all the right things and freezes nothing: the loop suite must catch it."""
import json
import socket
import sys

COUNT = 4   # as many filesystems as the case has that it is shown to


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[sys.argv.index("-p") + 1])
    listener.listen(1)
    frozen = False
    while True:
        client, _ = listener.accept()
        with client, client.makefile("rwb", buffering=0) as lines:
            for line in lines:
                name = json.loads(line)["execute"]
                answer = {}
                if name.endswith("status"):
                    answer = "frozen" if frozen else "thawed"
                elif "freeze-" in name:
                    answer, frozen = COUNT, name.endswith("freeze")
                lines.write(json.dumps({"return": answer}).encode() + b"\n")


if __name__ == "__main__":
    main()
