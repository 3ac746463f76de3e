/* SPDX-License-Identifier: MIT */
#include "parser-seal.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capabilities.h"
#include "landlock.h"
#include "parse-filter.h"

/* The rights of root end with its number, so what needs them comes before. */
static int
leave_root(void)
{
    const gid_t group = FROST_PARSER_USER;
    const uid_t user = FROST_PARSER_USER;

    if (setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0 ||
        setresuid(user, user, user) < 0)
        return -errno;
    return 0;
}

/* The first of them, if more than one part fails. */
static int
drop_rights(int bound)
{
    int bar = frost_capabilities_bar_new();
    int keep = frost_capabilities_keep(0);

    return keep < 0 ? keep : bar < 0 ? bar : bound;
}

static void
limit(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_NOFILE, &none);
    setrlimit(RLIMIT_NPROC, &none);
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_CORE, &none);
}

static int
shut_files(int rules)
{
    if (rules < 0)
        return rules;
    int r = frost_landlock_restrict(rules);
    close(rules);
    return r;
}

static void
note(FrostParserLacks *self, FrostParserLack lack, int r)
{
    self->why[lack] = r < 0 ? -r : 0;
}

void
frost_parser_seal(FrostParserLacks *out)
{
    int rules = frost_landlock_open();

    int bound = frost_capabilities_bound(0);

    note(out, FROST_PARSER_LACK_USER, leave_root());
    note(out, FROST_PARSER_LACK_RIGHTS, drop_rights(bound));
    note(out, FROST_PARSER_LACK_FILES, shut_files(rules));
    /* A change of the user has undone both: only root may look into it, and it ends with the
     * agent even while it is stopped. */
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit();
    note(out, FROST_PARSER_LACK_CALLS, frost_parse_filter_install());
}
