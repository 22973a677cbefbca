/* Buses first, then drivers, one call each. A machine without any of it is none the worse. */
#include "dev/devices.h"
#include "dev/pci/pci.h"
#include "dev/virtio/virtio_blk.h"
#include "diag/printk.h"

void devices_start(void)
{
    pci_scan();
    if (virtio_blk_start_all() == 0)
        printk("no disk: none of %u PCI functions is a virtio disk that can be used\n", pci_devices_count());
}
