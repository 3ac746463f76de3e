# SPDX-License-Identifier: MIT
"""What the freeze is for: the host copies the disks, and the copies are looked at."""

import os
import subprocess

import kernel
import playground
import writers

AS_IT_IS = {"ext4": "noload", "xfs": "norecovery,nouuid"}    # mounted without a journal replay


class Snapshot:
    """Copies of all images; `finished` is what each writer had been told is safe by then."""

    def __init__(self, name, filesystems, diaries):
        self.name = name
        self.filesystems = filesystems
        self.finished = [diaries[fs.index].finished() for fs in filesystems]
        for fs in filesystems:
            subprocess.run(["cp", "--sparse=always", playground.IMAGES[fs.name], self._copy(fs)],
                           check=True)

    def _copy(self, fs):
        return "/images/%s-%s.img" % (self.name, fs.name)

    def intact(self, tell_loop):
        """[(found, wanted)]: how many of the finished writes each copy holds just as it is."""
        return [self._look(fs, finished, tell_loop)
                for fs, finished in zip(self.filesystems, self.finished)]

    def _look(self, fs, finished, tell_loop):
        folder = "/mnt/%s-%s" % (self.name, fs.name)
        try:
            playground.mount_image(self._copy(fs), folder, fs.kind, tell_loop,
                                   kernel.MS_RDONLY, AS_IT_IS[fs.kind])
        except OSError:
            return 0, finished      # it cannot even be mounted
        result = writers.intact(folder, finished)
        playground.unmount(folder)
        os.unlink(self._copy(fs))
        return result
