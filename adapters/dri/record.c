#include "record.h"

/* Places in the header. */
#define AT_LENGTH 0u
#define AT_LEVEL 3u
#define AT_MAIN_TYPE 14u
#define AT_SUBRECORDS 16u
#define SUBRECORD_ENTRY 3u

/* The first place behind `from` where a subrecord begins, or the record's end. */
static size_t end_of(const size_t *starts, uint32_t count, size_t from, size_t end) {
    for (uint32_t n = 0; n < count; n++) {
        end = starts[n] > from && starts[n] < end ? starts[n] : end;
    }
    return end;
}

bool dri_record_read(dragoman_bytes bytes, dri_record *ret_record) {
    size_t starts[DRI_SUBRECORDS];
    if (bytes.size < DRI_HEADER || dri_word(bytes.data + AT_LENGTH) != bytes.size) {
        return false;
    }
    *ret_record = (dri_record){.level = bytes.data[AT_LEVEL], .main_type = dri_word(bytes.data + AT_MAIN_TYPE)};
    for (uint32_t n = 0; n < DRI_SUBRECORDS; n++) {
        const uint8_t *entry = bytes.data + AT_SUBRECORDS + (size_t)n * SUBRECORD_ENTRY;
        if (entry[2] == DRI_LAST_SUBRECORD) {
            break;
        }
        starts[n] = DRI_HEADER + dri_word(entry);
        if (starts[n] > bytes.size) {
            return false;
        }
        ret_record->subrecords[n].kind = entry[2];
        ret_record->count++;
    }
    for (uint32_t n = 0; n < ret_record->count; n++) {
        size_t end = end_of(starts, ret_record->count, starts[n], bytes.size);
        ret_record->subrecords[n].data = (dragoman_bytes){bytes.data + starts[n], end - starts[n]};
    }
    return true;
}
