/*
 * What a site may say of a link: how often the pump is asked.
 */
#ifndef ASENA_SETTINGS_H
#define ASENA_SETTINGS_H

#include "query.h"
#include <dragoman/adapter.h>

extern const dragoman_setting_rule asena_setting_rules[];
#define ASENA_SETTING_RULES 2u

/* Reads what the host checked: how often each query is asked, in microseconds. */
void asena_settings_read(const dragoman_start *start, int64_t ret_every_us[ASENA_QUERIES]);

#endif
