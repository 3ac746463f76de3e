# SPDX-License-Identifier: MIT
"""What a suite needs and what is long in the making: made while the suites before it run, as it waits for
the network and the disk more than for a processor."""
import concurrent.futures


class Beside:
    def __init__(self, *makes):
        """makes: functions, called one after the other, whatever becomes of those before."""
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.made = [self.pool.submit(make) for make in makes]

    def wait(self):
        """Until nothing is at work any more. Whoever needs what could not be made tries again."""
        self.pool.shutdown()

    def get(self):
        """The same, but what kept something from being made is raised."""
        self.wait()
        for one in self.made:
            one.result()

    def close(self):
        self.pool.shutdown(cancel_futures=True)
