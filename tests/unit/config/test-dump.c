/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "fixture.h"
#include "frost-build.h"

static void
an_untouched_configuration_looks_like_qemu_gas(void **state)
{
    g_autoptr(Loaded) loaded = load(NULL, "-D");
    g_autofree char *dump = frost_config_dump(loaded->config);

    assert_int_equal(loaded->action, FROST_ACTION_DUMP);
    assert_string_equal(dump, "[general]\n"
                              "daemon=false\n"
                              "method=virtio-serial\n"
                              "path=/dev/virtio-ports/org.qemu.guest_agent.0\n"
                              "pidfile=" FROST_PIDFILE "\n"
                              "statedir=" FROST_STATEDIR "\n"
                              "verbose=false\n"
                              "retry-path=false\n"
                              "block-rpcs=\n"
                              "allow-rpcs=\n");
    assert_string_equal(loaded->out, "");
    assert_string_equal(loaded->err, "");
    assert_string_equal(loaded->warnings, "");
}

static void
everything_set_is_in_the_order_of_the_contract(void **state)
{
    g_autoptr(Loaded) loaded =
        load("[general]\nallow-rpcs=g,h\nblock-rpcs=a;b,c\nretry-path=1\nverbose=1\n",
             "-D --exclude=vfat --include=/srv --max-request=1M -b d -t /st -F/hook -f /pid "
             "-l ' /log' -p /sock -m unix-listen -d");
    g_autofree char *dump = frost_config_dump(loaded->config);

    assert_string_equal(dump, "[general]\n"
                              "daemon=true\n"
                              "method=unix-listen\n"
                              "path=/sock\n"
                              "logfile=\\s/log\n"
                              "pidfile=/pid\n"
                              "fsfreeze-hook=/hook\n"
                              "statedir=/st\n"
                              "verbose=true\n"
                              "retry-path=true\n"
                              "block-rpcs=c,a;b,d\n"
                              "allow-rpcs=h,g\n"
                              "\n"
                              "[fsfreeze]\n"
                              "mode=freeze\n"
                              "mounts-of=0\n"
                              "namespaces=all\n"
                              "freeze-timeout=60\n"
                              "hold-timeout=600\n"
                              "sync-timeout=300\n"
                              "freeze-budget=0\n"
                              "host-timeout=30\n"
                              "expedite=true\n"
                              "pace=auto\n"
                              "stall-target=100\n"
                              "restored=thaw\n"
                              "hook-failure=continue\n"
                              "hook-trust=on\n"
                              "hook-log=/var/log/qga-fsfreeze-hook.log\n"
                              "thaw-reply-timeout=8\n"
                              "child-umask=022\n"
                              "hook-timeout=60\n"
                              "max-request=1M\n"
                              "include=/srv;\n"
                              "exclude=vfat;\n");
}

static void
a_dump_read_again_gives_the_same_settings(void **state)
{
    g_autoptr(Loaded) first =
        load(NULL, "-D --exclude='/a;b' --exclude='c\\d' --include=' /e' --hook-timeout=7 "
                   "-p '\t/x\\' -b a,b");
    g_autofree char *dump = frost_config_dump(first->config);
    g_autoptr(Loaded) second = load(dump, "-D");

    assert_no_error(second->error);
    assert_string_equal(second->config->path, "\t/x\\");
    assert_string_equal(second->config->exclude[0], "/a;b");
    assert_string_equal(second->config->exclude[1], "c\\d");
    assert_int_equal(second->config->hook_timeout_s, 7);

    /* Read as a source of its own, a list is turned round once more, as in qemu-ga. */
    g_autofree char *changed = changes(second);
    assert_non_null(strstr(changed, "block-rpcs=a,b|"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_configuration_looks_like_qemu_gas),
        cmocka_unit_test(everything_set_is_in_the_order_of_the_contract),
        cmocka_unit_test(a_dump_read_again_gives_the_same_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
