# SPDX-License-Identifier: MIT
"""In which form the suites run, and which cases of them."""
import collections
import os


class Form(collections.namedtuple("Form", "full kills only", defaults=(False, False, ()))):
    """full: the long form. kills: the kill form (killed.py). only: texts; a wanted case has one of them in
    its module/name. Without them all are wanted."""

    def wants(self, name):
        return not self.only or any(text in name for text in self.only)


def asked():
    """As who started the suites has said in the environment."""
    only = os.environ.get("ONLY")
    return Form(full=os.environ.get("FULL", "") not in ("", "0"), kills=os.environ.get("SEAL") == "kill",
                only=(only,) if only else ())
