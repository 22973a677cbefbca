/* What is on the buses, at boot. */
#pragma once

/* Finds the devices and starts those that this kernel knows; the log says which. Task context, sleeps. */
void devices_start(void);
