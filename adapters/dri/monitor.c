#include "monitor.h"

/* Room for "level 255". */
#define LEVEL_TEXT 12u

void dri_monitor_begin(dri_monitor *monitor) {
    monitor->cuff_time = 0;
    monitor->output_time = 0;
    monitor->wedge_time = 0;
    monitor->tells_again = true;
}

static size_t put_level(uint8_t level, uint8_t *to) {
    size_t size = 0;
    for (uint32_t unit = 100; unit > 0; unit /= 10) {
        if (level >= unit || unit == 1) {
            to[size++] = (uint8_t)('0' + level / unit % 10);
        }
    }
    return size;
}

dragoman_status dri_monitor_emit(dri_monitor *monitor, const dragoman_report *report) {
    uint8_t level[LEVEL_TEXT];
    dragoman_version version = {DRAGOMAN_TEXT("protocol"), {level, put_level(monitor->level, level)}};
    dragoman_device from = {
        .struct_size = sizeof from,
        .key = DRAGOMAN_TEXT("monitor"),
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .manufacturer = DRAGOMAN_TEXT("Datex-Ohmeda"),
        .versions = DRAGOMAN_LIST(&version, 1),
    };
    dragoman_report full = *report;
    full.struct_size = sizeof full;
    full.device = &from;
    full.sender = (dragoman_code){.code = DRAGOMAN_TEXT("S/5"), .system = DRAGOMAN_TEXT("DRI")};
    return monitor->host->emit(monitor->context, &full);
}
