/* SPDX-License-Identifier: MIT */

#include "interfaces.h"

#include <string.h>

#include "test-support.h"

static const char dev[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
    "    lo:    6534      58    0    0    0     0          0         0     6534      58    0    0 "
    "   0     0       0          0\n"
    "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
    " eth01:99 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
    "  bad0: 1 2 3\n";

static FrostInterface *
make(const char *name)
{
    FrostInterface *interface = g_new0(FrostInterface, 1);

    interface->name = g_strdup(name);
    interface->addresses = g_ptr_array_new();
    return interface;
}

static void
take_traffic(FrostInterface *interface)
{
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);

    g_hash_table_insert(by_name, interface->name, interface);
    frost_interfaces_take_traffic(by_name, dev);
}

static void
traffic_is_that_of_the_interface_s_own_line(void **state)
{
    FrostInterface *interface = make("eth0");
    const uint64_t expected[] = {1, 2, 3, 4, 9, 10, 11, 12};

    take_traffic(interface);
    assert_true(interface->has_traffic);
    assert_memory_equal(interface->traffic, expected, sizeof expected);
    frost_interface_free(interface);
}

static void
an_interface_without_a_whole_line_has_no_traffic(void **state)
{
    static const char *const names[] = {"eth", "eth1", "bad0", "face ", ""};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        FrostInterface *interface = make(names[i]);

        take_traffic(interface);
        assert_false(interface->has_traffic);
        frost_interface_free(interface);
    }
}

/* Every machine has one, whatever else it has. */
static void
the_loopback_interface_is_found(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) interfaces = frost_interfaces_read(&error);
    const FrostInterface *lo = NULL;

    assert_no_error(error);
    for (guint i = 0; i < interfaces->len; i++) {
        const FrostInterface *interface = g_ptr_array_index(interfaces, i);

        if (strcmp(interface->name, "lo") == 0)
            lo = interface;
    }
    assert_non_null(lo);
    assert_string_equal(lo->hardware, "00:00:00:00:00:00");
    assert_true(lo->has_traffic);
    for (guint i = 0; i < lo->addresses->len; i++) {
        const FrostAddress *address = g_ptr_array_index(lo->addresses, i);

        assert_true(address->prefix <= (address->is_v6 ? 128 : 32));
        assert_true((strchr(address->text, ':') != NULL) == address->is_v6);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_is_that_of_the_interface_s_own_line),
        cmocka_unit_test(an_interface_without_a_whole_line_has_no_traffic),
        cmocka_unit_test(the_loopback_interface_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
