/* SPDX-License-Identifier: MIT */
#include "disk-values.h"

static QgaValue *
pci_value(const FrostPciAddress *pci)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set(value, "domain", qga_value_new_int(pci->domain));
    qga_value_set(value, "bus", qga_value_new_int(pci->bus));
    qga_value_set(value, "slot", qga_value_new_int(pci->slot));
    qga_value_set(value, "function", qga_value_new_int(pci->function));
    return value;
}

static QgaValue *
ccw_value(const FrostCcwAddress *ccw)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set(value, "cssid", qga_value_new_int(ccw->cssid));
    qga_value_set(value, "ssid", qga_value_new_int(ccw->ssid));
    qga_value_set(value, "subchno", qga_value_new_int(ccw->subchno));
    qga_value_set(value, "devno", qga_value_new_int(ccw->devno));
    return value;
}

QgaValue *
frost_disk_address_value(const FrostDiskAddress *address)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set(value, "pci-controller", pci_value(&address->pci));
    qga_value_set(value, "bus-type", qga_value_new_string(address->bus_type));
    qga_value_set(value, "bus", qga_value_new_int(address->bus));
    qga_value_set(value, "target", qga_value_new_int(address->target));
    qga_value_set(value, "unit", qga_value_new_int(address->unit));
    if (address->serial)
        qga_value_set(value, "serial", qga_value_new_string(address->serial));
    if (address->dev)
        qga_value_set(value, "dev", qga_value_new_string(address->dev));
    if (address->has_ccw)
        qga_value_set(value, "ccw-address", ccw_value(&address->ccw));
    return value;
}
