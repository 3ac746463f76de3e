# SPDX-License-Identifier: MIT
"""A disk of a guest: a raw image with a filesystem, made from a template that is kept."""
import os

from disks import make_image

SIZES = {"ext4": 64 << 20, "xfs": 300 << 20}


def copy_sparse(source, target):
    """Copies a file as it is now, with its holes."""
    done = os.system(f"cp --sparse=always '{source}' '{target}'")
    if done != 0:
        raise OSError(f"cannot copy {source} to {target}")


class Disk:
    """name: the guest's (vda); point: where the guest mounts it, None: nowhere.

    driver: options of -blockdev for the layer above the file, e.g. to make it fail or stall.
    """

    def __init__(self, name, fs_type, point, image, template=None, size=None):
        self.name = name
        self.fs_type = fs_type
        self.point = point
        self.image = image
        if template:
            copy_sparse(template, image)
        elif fs_type:
            make_image(image, fs_type, size or SIZES[fs_type])
        else:
            with open(image, "wb") as f:
                f.truncate(size)

    @property
    def node(self):
        return f"disk-{self.name}"

    def argv(self):
        return ["-blockdev", f"driver=file,filename={self.image},node-name=file-{self.name},"
                             f"discard=unmap",
                "-blockdev", f"driver=raw,file=file-{self.name},node-name={self.node}",
                "-device", f"virtio-blk-pci,drive={self.node},id=dev-{self.name}"]

    def remove(self):
        os.unlink(self.image)


def fail_flushes(guest, disk, failing=True):
    """From now on each flush of the disk fails with EIO, or does so no longer."""
    guest.qmp.call("blockdev-reopen", options=[{
        "driver": "raw", "node-name": disk.node,
        "file": f"debug-{disk.name}" if failing else f"file-{disk.name}"}])


def debug_argv(disk):
    """A layer for fail_flushes(). It is there from the start, and changes nothing until then."""
    return ["-blockdev", f"driver=blkdebug,node-name=debug-{disk.name},"
                         f"image=file-{disk.name},inject-error.0.event=flush_to_disk,"
                         f"inject-error.0.errno=5"]


def throttle(guest, disk, bytes_a_second=0, writes_a_second=0):
    """Limits what is written to the disk; 0: no limit."""
    backend = f"/machine/peripheral/dev-{disk.name}/virtio-backend"
    guest.qmp.call("block_set_io_throttle", id=backend, bps=0, bps_rd=0, bps_wr=bytes_a_second,
                   iops=0, iops_rd=0, iops_wr=writes_a_second)
