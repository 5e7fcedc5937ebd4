/*
 * What a site may say of a link.
 */
#ifndef BCC_SETTINGS_H
#define BCC_SETTINGS_H

#include "request.h"
#include <dragoman/adapter.h>

typedef struct bcc_settings {
    int64_t every_us;
    bool is_stuffed;
    bool has_bed; /* the site names it: the rack's own word for it is not asked for */
    bcc_bed bed;
} bcc_settings;

extern const dragoman_setting_rule bcc_setting_rules[];
#define BCC_SETTING_RULES 3u

/* Reads what the host checked. INVALID: the bed's name is not of letters, digits, '-' and '_'; the log says so. */
dragoman_status bcc_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                  bcc_settings *ret_settings);

#endif
