/* SPDX-License-Identifier: MIT */
#include "disk-values.h"

static QgaValue *
pci_value(const FrostPciAddress *pci)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set_int(value, "domain", pci->domain);
    qga_value_set_int(value, "bus", pci->bus);
    qga_value_set_int(value, "slot", pci->slot);
    qga_value_set_int(value, "function", pci->function);
    return value;
}

static QgaValue *
ccw_value(const FrostCcwAddress *ccw)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set_int(value, "cssid", ccw->cssid);
    qga_value_set_int(value, "ssid", ccw->ssid);
    qga_value_set_int(value, "subchno", ccw->subchno);
    qga_value_set_int(value, "devno", ccw->devno);
    return value;
}

QgaValue *
frost_disk_address_value(const FrostDiskAddress *address)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set(value, "pci-controller", pci_value(&address->pci));
    qga_value_set_string(value, "bus-type", address->bus_type);
    qga_value_set_int(value, "bus", address->bus);
    qga_value_set_int(value, "target", address->target);
    qga_value_set_int(value, "unit", address->unit);
    if (address->serial)
        qga_value_set_string(value, "serial", address->serial);
    if (address->dev)
        qga_value_set_string(value, "dev", address->dev);
    if (address->has_ccw)
        qga_value_set(value, "ccw-address", ccw_value(&address->ccw));
    return value;
}
