/* The page lock's own start at boot; called by frames_init. */
#pragma once
void page_lock_init(void);
