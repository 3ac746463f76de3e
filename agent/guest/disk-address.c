/* SPDX-License-Identifier: MIT */
#include "disk-address.h"

#include <stdio.h>
#include <string.h>

#include "sysfs-text.h"

/* More devices below a single one than anybody has. */
#define STACK_MAX 64

/* What was read from a path. */
typedef struct {
    FrostPciAddress pci;
    char *pci_folder; /* (nullable) */
    bool is_virtio;
    bool is_usb;
    bool is_nvme;
    bool is_xen;
    bool is_mmc;
    bool has_host;
    int64_t ata; /* the kernel's number of its ATA port; -1: none */
    unsigned channel;
    unsigned target;
    unsigned lun;
    bool has_ccw;
    FrostCcwAddress ccw;
} Path;

static void
path_clear(Path *path)
{
    g_free(path->pci_folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Path, path_clear)

void
frost_disk_address_free(FrostDiskAddress *self)
{
    if (!self)
        return;
    g_free(self->serial);
    g_free(self->dev);
    g_free(self);
}

/* Reading the path --------------------------------------------------------------------------- */

static bool
is_whole(const char *part, int end)
{
    return end > 0 && part[end] == '\0';
}

static bool
read_pci(Path *path, const char *part)
{
    unsigned domain, bus, slot, function;
    int end = -1;

    if (sscanf(part, "%x:%x:%x.%x%n", &domain, &bus, &slot, &function, &end) != 4 ||
        !is_whole(part, end))
        return false;
    path->pci = (FrostPciAddress){domain, bus, slot, function};
    return true;
}

/* Three parts of a path: "css0", the subchannel "0.0.0003", and the device on it, "0.0.0001". */
static void
read_ccw(Path *path, const char *part, const char *before, const char *before_that)
{
    unsigned cssid, ssid, subchno, device_cssid, device_ssid, devno;
    int end = -1;

    if (!g_str_has_prefix(before_that, "css") ||
        sscanf(before, "%x.%x.%x%n", &cssid, &ssid, &subchno, &end) != 3 || !is_whole(before, end))
        return;
    end = -1;
    if (sscanf(part, "%x.%x.%x%n", &device_cssid, &device_ssid, &devno, &end) != 3 ||
        !is_whole(part, end))
        return;
    path->has_ccw = true;
    path->ccw = (FrostCcwAddress){cssid, ssid, subchno, devno};
}

static void
read_part(Path *path, const char *part)
{
    unsigned host, channel, target, lun;
    int end = -1;

    if (frost_sysfs_number_after("virtio", part) >= 0) {
        path->is_virtio = true;
    } else if (frost_sysfs_number_after("usb", part) >= 0) {
        path->is_usb = true;
    } else if (strcmp(part, "nvme") == 0) {
        path->is_nvme = true;
    } else if (strcmp(part, "mmc_host") == 0) {
        path->is_mmc = true;
    } else if (frost_sysfs_number_after("vbd-", part) >= 0) {
        path->is_xen = true;
    } else if (frost_sysfs_number_after("host", part) >= 0) {
        path->has_host = true;
    } else if (frost_sysfs_number_after("ata", part) >= 0) {
        path->ata = frost_sysfs_number_after("ata", part);
    } else if (sscanf(part, "%u:%u:%u:%u%n", &host, &channel, &target, &lun, &end) == 4 &&
               is_whole(part, end)) {
        path->channel = channel;
        path->target = target;
        path->lun = lun;
    }
}

/* The last PCI function on the path is the controller of the disk; those before it are bridges. */
static void
read_path(Path *path, const char *folder)
{
    g_auto(GStrv) parts = g_strsplit(folder, "/", -1);
    g_autoptr(GString) so_far = g_string_new(NULL);
    guint count = g_strv_length(parts);

    *path = (Path){.pci = {-1, -1, -1, -1}, .ata = -1};
    for (guint i = 1; i < count; i++) {
        g_string_append_printf(so_far, "/%s", parts[i]);
        if (i >= 3)
            read_ccw(path, parts[i], parts[i - 1], parts[i - 2]);
        if (read_pci(path, parts[i])) {
            g_free(path->pci_folder);
            path->pci_folder = g_strdup(so_far->str);
        } else {
            read_part(path, parts[i]);
        }
    }
}

/* From the path to the address --------------------------------------------------------------- */

static char *
driver_of(const char *root, const Path *path)
{
    g_autofree char *link =
        path->pci_folder ? g_strconcat(path->pci_folder, "/driver", NULL) : NULL;
    g_autofree char *driver = NULL;

    if (!link || frost_sysfs_resolve(root, link, &driver) < 0)
        return g_strdup("");
    return g_path_get_basename(driver);
}

/* The number of the port on its controller. The kernel numbers the ports of all controllers
 * together, hosts those of each. */
static int64_t
port_of(const char *root, const Path *path)
{
    g_auto(GStrv) names = NULL;
    int64_t first = path->ata;

    if (path->pci_folder && frost_sysfs_list(root, path->pci_folder, &names) == 0) {
        for (char **name = names; *name; name++) {
            int64_t number = frost_sysfs_number_after("ata", *name);

            if (number >= 0 && number < first)
                first = number;
        }
    }
    return path->ata - first;
}

static bool
is_parallel_ata(const char *driver)
{
    return strcmp(driver, "ata_piix") == 0 || g_str_has_prefix(driver, "pata_");
}

static const char *
bus_type_of(const Path *path, const char *driver)
{
    if (path->is_nvme)
        return "nvme";
    if (path->is_usb)
        return "usb";
    if (path->ata >= 0)
        return is_parallel_ata(driver) ? "ide" : "sata";
    if (path->has_host)
        return "scsi";
    if (path->is_virtio)
        return "virtio";
    if (path->is_xen)
        return "xen";
    return path->is_mmc ? "mmc" : "unknown";
}

/* Numbers as libvirt does: with AHCI the port is the unit; with IDE the port is the bus, and the
 * drive on it the unit; with the LSI controller the target is the unit. */
static void
set_place(FrostDiskAddress *self, const char *root, const Path *path, const char *driver)
{
    if (strcmp(self->bus_type, "sata") == 0) {
        self->unit = port_of(root, path);
    } else if (strcmp(self->bus_type, "ide") == 0) {
        self->bus = port_of(root, path);
        self->unit = path->target;
    } else if (strcmp(driver, "sym53c8xx") == 0) {
        self->unit = path->target;
    } else if (path->has_host) {
        self->bus = path->channel;
        self->target = path->target;
        self->unit = path->lun;
    }
}

/* Names -------------------------------------------------------------------------------------- */

/* The value of @key in lines of the form "KEY=value"; NULL: there is none. */
static char *
value_of(const char *text, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    size_t length = strlen(key);

    for (char **line = lines; *line; line++) {
        if (strncmp(*line, key, length) == 0 && (*line)[length] == '=')
            return g_strdup(*line + length + 1);
    }
    return NULL;
}

char *
frost_disk_node(const char *root, const char *folder)
{
    g_autofree char *path = g_strconcat(folder, "/uevent", NULL);
    g_autofree char *uevent = NULL;

    if (frost_sysfs_read(root, path, &uevent) < 0)
        return NULL;
    g_autofree char *name = value_of(uevent, "DEVNAME");
    return name ? g_strconcat("/dev/", name, NULL) : NULL;
}

/* The serial number from udev's database; udev has asked the disk. */
static char *
serial_of_udev(const char *root, const char *folder)
{
    g_autofree char *dev_path = g_strconcat(folder, "/dev", NULL);
    g_autofree char *dev = NULL;
    g_autofree char *text = NULL;

    if (frost_sysfs_read(root, dev_path, &dev) < 0)
        return NULL;
    g_autofree char *path = g_strconcat("/run/udev/data/b", dev, NULL);
    return frost_sysfs_read(root, path, &text) == 0 ? value_of(text, "E:ID_SERIAL") : NULL;
}

/* Without udev, the kernel shows the serial number of virtio-blk and NVMe disks. */
static char *
serial_of(const char *root, const char *folder)
{
    static const char *const files[] = {"/serial", "/device/serial", "/../serial",
                                        "/../device/serial"};
    char *serial = serial_of_udev(root, folder);

    for (size_t i = 0; i < G_N_ELEMENTS(files) && !serial; i++) {
        g_autofree char *path = g_strconcat(folder, files[i], NULL);

        if (frost_sysfs_read(root, path, &serial) == 0 && *g_strstrip(serial) == '\0')
            g_clear_pointer(&serial, g_free);
    }
    return serial;
}

/* With multipath, an NVMe namespace is a virtual device beside the links to its controllers. */
static char *
controller_path(const char *root, const char *folder)
{
    const char *subsystems = strstr(folder, "/nvme-subsystem/");
    const char *end = subsystems ? strchr(subsystems + strlen("/nvme-subsystem/"), '/') : NULL;
    g_autofree char *subsystem = end ? g_strndup(folder, (gsize)(end - folder)) : NULL;
    g_auto(GStrv) names = NULL;

    if (!subsystem || frost_sysfs_list(root, subsystem, &names) < 0)
        return NULL;
    for (char **name = names; *name; name++) {
        g_autofree char *link = g_strconcat(subsystem, "/", *name, NULL);
        char *path = NULL;

        if (frost_sysfs_number_after("nvme", *name) >= 0 &&
            frost_sysfs_resolve(root, link, &path) == 0)
            return path;
    }
    return NULL;
}

/* Addresses ---------------------------------------------------------------------------------- */

FrostDiskAddress *
frost_disk_address_new(const char *root, const char *folder)
{
    g_autofree char *controller = controller_path(root, folder);
    g_auto(Path) path;

    read_path(&path, controller ? controller : folder);
    if (!controller && g_str_has_prefix(folder, "/sys/devices/virtual/"))
        return NULL;

    g_autofree char *driver = driver_of(root, &path);
    FrostDiskAddress *self = g_new0(FrostDiskAddress, 1);
    self->bus_type = bus_type_of(&path, driver);
    self->pci = path.pci;
    self->has_ccw = path.has_ccw;
    self->ccw = path.ccw;
    self->dev = frost_disk_node(root, folder);
    self->serial = serial_of(root, folder);
    set_place(self, root, &path, driver);
    return self;
}

static bool
is_in(const GPtrArray *folders, const char *folder)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)folders, folder, g_str_equal, NULL);
}

/* The list is also the queue of the search. A folder is added once, so the search ends. */
static void
add_members(const char *root, const char *folder, GPtrArray *folders)
{
    g_autofree char *slaves = g_strconcat(folder, "/slaves", NULL);
    g_auto(GStrv) names = NULL;

    if (frost_sysfs_list(root, slaves, &names) < 0)
        return;
    for (char **name = names; *name && folders->len < STACK_MAX; name++) {
        g_autofree char *link = g_strconcat(slaves, "/", *name, NULL);
        g_autofree char *member = NULL;

        if (frost_sysfs_resolve(root, link, &member) == 0 && !is_in(folders, member))
            g_ptr_array_add(folders, g_steal_pointer(&member));
    }
}

/* What is below it is a file, which has no address: sysfs shows no members. */
static bool
is_loop(const char *folder)
{
    return g_str_has_prefix(folder, "/sys/devices/virtual/block/loop");
}

GPtrArray *
frost_disk_addresses_of(const char *root, const char *folder)
{
    GPtrArray *addresses = g_ptr_array_new_with_free_func((GDestroyNotify)frost_disk_address_free);
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);

    if (folder)
        g_ptr_array_add(folders, g_strdup(folder));
    for (guint i = 0; i < folders->len; i++) {
        const char *at = g_ptr_array_index(folders, i);
        FrostDiskAddress *address = frost_disk_address_new(root, at);

        if (address)
            g_ptr_array_add(addresses, address);
        else if (!is_loop(at))
            add_members(root, at, folders);
    }
    return addresses;
}
