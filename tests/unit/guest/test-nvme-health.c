/* SPDX-License-Identifier: MIT */

#include "nvme-health.h"

#include <errno.h>

#include "test-support.h"

static void
figures_are_little_endian_and_in_their_places(void **state)
{
    uint8_t log[FROST_NVME_LOG_BYTES];
    FrostNvmeHealth health;

    for (unsigned i = 0; i < sizeof log; i++)
        log[i] = (uint8_t)i;
    frost_nvme_health_parse(log, &health);
    assert_int_equal(health.critical_warning, 0);
    assert_int_equal(health.temperature, 0x0201);
    assert_int_equal(health.available_spare, 3);
    assert_int_equal(health.available_spare_threshold, 4);
    assert_int_equal(health.percentage_used, 5);
    assert_int_equal(health.data_units_read.low, 0x2726252423222120);
    assert_int_equal(health.data_units_read.high, 0x2f2e2d2c2b2a2928);
    assert_int_equal(health.data_units_written.low & 0xff, 48);
    assert_int_equal(health.host_read_commands.low & 0xff, 64);
    assert_int_equal(health.host_write_commands.low & 0xff, 80);
    assert_int_equal(health.controller_busy_time.low & 0xff, 96);
    assert_int_equal(health.power_cycles.low & 0xff, 112);
    assert_int_equal(health.power_on_hours.low & 0xff, 128);
    assert_int_equal(health.unsafe_shutdowns.low & 0xff, 144);
    assert_int_equal(health.media_errors.low & 0xff, 160);
    assert_int_equal(health.error_log_entries.low & 0xff, 176);
}

static void
a_device_that_is_no_nvme_disk_is_an_error(void **state)
{
    FrostNvmeHealth health;

    assert_int_equal(frost_nvme_health_read("/nonexistent/nvme0n1", &health), -ENOENT);
    assert_int_equal(frost_nvme_health_read("/dev/null", &health), -ENOTTY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_little_endian_and_in_their_places),
        cmocka_unit_test(a_device_that_is_no_nvme_disk_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
