# SPDX-License-Identifier: MIT
"""30-postgresql and processes that only bear a server's name."""
import os
import time

import hookplay
from cases import case, contains, equal, true
from dbcopy import data_in
from postgres import Postgres
from strangers import Stranger, add_alice, passed_over

HOOK = "30-postgresql"


@case(own="a hook", limit=120)
def a_users_sockets_cost_no_time_and_no_failure(world):
    """One that never answers, and one that asks for a password, beside a cluster."""
    add_alice()
    os.makedirs("/srv/5432")
    os.chmod("/srv", 0o755)
    server = Postgres(data_in("/srv/5432", Postgres)).start()
    strangers = [Stranger("postgres", "silent", "/tmp/.s.PGSQL.5433"),
                 Stranger("postgres", "postgres", "/tmp/.s.PGSQL.5434")]
    other = Stranger("anything", "silent", "/tmp/.s.PGSQL.5435")
    began = time.monotonic()
    status, text = hookplay.run(HOOK, "freeze")
    took = time.monotonic() - began
    equal(status, 0, text)
    contains(text, f"checkpoint done: {server.socket}")
    for stranger in strangers:
        passed_over(text, stranger)
    for stranger in (*strangers, other):
        stranger.was_left_alone()
        stranger.kill()
    true("5435" not in text, text)
    world.notes.append(f"the hook took {took:.1f} s")
    server.kill()
