/* SPDX-License-Identifier: MIT */

#include "routes.h"

#include "test-support.h"

static void
a_route_of_ipv4_is_read(void **state)
{
    g_autoptr(GPtrArray) routes = frost_routes_new();

    frost_routes_parse_v4(routes, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
                                  "eth0\t00000000\t010200C0\t0003\t4\t5\t100\t00FFFFFF\t1500\t6\t7"
                                  "   \n");
    assert_int_equal(routes->len, 1);

    const FrostRoute *route = g_ptr_array_index(routes, 0);
    const uint32_t one = 1;
    bool little = *(const uint8_t *)&one == 1;
    assert_string_equal(route->interface, "eth0");
    assert_string_equal(route->destination, "0.0.0.0");
    assert_string_equal(route->gateway, little ? "192.0.2.1" : "1.2.0.192");
    assert_string_equal(route->mask, little ? "255.255.255.0" : "0.255.255.255");
    assert_false(route->is_v6);
    assert_int_equal(route->flags, 3);
    assert_int_equal(route->references, 4);
    assert_int_equal(route->uses, 5);
    assert_int_equal(route->metric, 100);
    assert_int_equal(route->mtu, 1500);
    assert_int_equal(route->window, 6);
    assert_int_equal(route->irtt, 7);
}

#define ZERO "00000000000000000000000000000000"

static void
a_route_of_ipv6_is_read(void **state)
{
    g_autoptr(GPtrArray) routes = frost_routes_new();

    frost_routes_parse_v6(routes, "fd000000000000000000000000000000 40 " ZERO " 08 "
                                  "fd000000000000000000000000000001 00000400 00000001 00000002 "
                                  "80200003     eth0\n");
    assert_int_equal(routes->len, 1);

    const FrostRoute *route = g_ptr_array_index(routes, 0);
    assert_string_equal(route->interface, "eth0");
    assert_string_equal(route->destination, "fd00::");
    assert_int_equal(route->destination_bits, 64);
    assert_string_equal(route->source, "::");
    assert_int_equal(route->source_bits, 8);
    assert_string_equal(route->next_hop, "fd00::1");
    assert_true(route->is_v6);
    assert_int_equal(route->metric, 1024);
    assert_int_equal(route->references, 1);
    assert_int_equal(route->uses, 2);
    assert_int_equal(route->flags, 0x80200003u);
}

/* As hosts know it from qemu-ga. */
static void
the_largest_metric_of_ipv6_is_minus_one(void **state)
{
    g_autoptr(GPtrArray) routes = frost_routes_new();

    frost_routes_parse_v6(routes,
                          ZERO " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200 lo");
    assert_int_equal(routes->len, 1);
    assert_int_equal(((const FrostRoute *)g_ptr_array_index(routes, 0))->metric, -1);
}

static void
lines_that_are_no_routes_are_ignored(void **state)
{
    g_autoptr(GPtrArray) routes = frost_routes_new();

    frost_routes_parse_v4(routes, "\neth0\neth0 1 2 3 4 5\neth0 x 2 3 4 5 6 7 8 9 10\n");
    frost_routes_parse_v6(routes, "\n" ZERO "\n" ZERO " 00 " ZERO " 00 xyz 1 2 3 4 lo\n");
    assert_int_equal(routes->len, 0);
}

static void
the_machine_s_own_routes_can_be_read(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) routes = frost_routes_read(&error);

    assert_no_error(error);
    assert_non_null(routes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_of_ipv4_is_read),
        cmocka_unit_test(a_route_of_ipv6_is_read),
        cmocka_unit_test(the_largest_metric_of_ipv6_is_minus_one),
        cmocka_unit_test(lines_that_are_no_routes_are_ignored),
        cmocka_unit_test(the_machine_s_own_routes_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
