#include "object.h"

static phd_type type_read(phd_reader *reader) {
    phd_type type = {.partition = phd_u16(reader)};
    type.code = phd_u16(reader);
    return type;
}

bool phd_map_read(phd_reader *reader, phd_map_entry *map, uint8_t *ret_count) {
    uint16_t count = 0;
    phd_reader list = phd_list(reader, &count);
    if (count > PHD_MAP_ENTRIES) {
        return false;
    }
    for (uint16_t n = 0; n < count; n++) {
        map[n].attribute = phd_u16(&list);
        map[n].size = phd_u16(&list);
    }
    *ret_count = (uint8_t)count;
    return phd_is_done(&list);
}

static bool supplemental_read(phd_object *object, phd_reader *reader) {
    uint16_t count = 0;
    phd_reader list = phd_list(reader, &count);
    object->supplemental_count = 0;
    for (uint16_t n = 0; n < count; n++) {
        phd_type type = type_read(&list);
        if (n < PHD_SUPPLEMENTAL && !list.failed) {
            object->supplemental[object->supplemental_count++] = type;
        }
    }
    return phd_is_done(&list);
}

static bool parts_read(phd_object *object, phd_reader *reader) {
    uint16_t count = 0;
    phd_reader list = phd_list(reader, &count);
    if (count > PHD_PARTS) {
        return false;
    }
    for (uint16_t n = 0; n < count; n++) {
        object->parts[n] = phd_u16(&list);
    }
    object->part_count = (uint8_t)count;
    return phd_is_done(&list);
}

static bool scale_read(phd_object *object, phd_reader *reader, uint8_t bytes) {
    phd_scale scale = {.lower = phd_u32(reader), .upper = phd_u32(reader), .bytes = bytes};
    scale.lower_scaled = bytes == 1 ? phd_u8(reader) : bytes == 2 ? phd_u16(reader) : phd_u32(reader);
    scale.upper_scaled = bytes == 1 ? phd_u8(reader) : bytes == 2 ? phd_u16(reader) : phd_u32(reader);
    object->scale = scale;
    return phd_is_done(reader);
}

static bool samples_spec_read(phd_object *object, phd_reader *reader) {
    object->samples = (phd_samples_spec){.count = phd_u16(reader), .is_known = true};
    object->samples.sample_bits = phd_u8(reader);
    object->samples.significant_bits = phd_u8(reader);
    (void)phd_u16(reader);
    return phd_is_done(reader);
}

/* What describes the object and stays in force. */
static bool apply_description(phd_object *object, uint16_t attribute, dragoman_bytes value) {
    phd_reader reader = phd_read(value);
    switch (attribute) {
    case PHD_ID_TYPE:
        object->type = type_read(&reader);
        break;
    case PHD_SUPPLEMENTAL_TYPES:
        return supplemental_read(object, &reader);
    case PHD_METRIC_SPEC_SMALL:
        object->metric_spec = phd_u16(&reader);
        break;
    case PHD_ID_PHYSIO:
        object->metric_id = phd_u16(&reader);
        break;
    case PHD_ID_PHYSIO_LIST:
        return parts_read(object, &reader);
    case PHD_METRIC_ID_PART:
        object->metric_partition = phd_u16(&reader);
        break;
    case PHD_ENUM_OBS_VAL_PART:
        object->enum_partition = phd_u16(&reader);
        break;
    case PHD_UNIT_CODE:
        object->unit = phd_u16(&reader);
        break;
    case PHD_MSMT_STAT:
        object->status = phd_u16(&reader);
        break;
    case PHD_ATTRIBUTE_VAL_MAP:
        return phd_map_read(&reader, object->map, &object->map_count);
    case PHD_SA_SPECN:
        return samples_spec_read(object, &reader);
    case PHD_SCALE_SPECN_I8:
        return scale_read(object, &reader, 1);
    case PHD_SCALE_SPECN_I16:
        return scale_read(object, &reader, 2);
    case PHD_SCALE_SPECN_I32:
        return scale_read(object, &reader, 4);
    case PHD_TIME_PD_SAMP:
        object->sample_period = phd_u32(&reader);
        break;
    case PHD_TRANSFER_TIMEOUT:
        object->transfer_timeout = phd_u32(&reader);
        break;
    case PHD_CLEAR_TIMEOUT:
        object->clear_timeout = phd_u32(&reader);
        break;
    case PHD_NUM_SEG:
        object->segment_count = phd_u16(&reader);
        object->has_segment_count = true;
        break;
    default:
        return true;
    }
    return phd_is_done(&reader);
}

/* Where a value or stamp is kept, and how many bytes it has; 0: any number. */
static dragoman_bytes *measure_member(phd_measure *measure, uint16_t attribute, size_t *ret_size) {
    switch (attribute) {
    case PHD_TIME_STAMP_ABS:
    case PHD_TIME_ABS: /* some agents stamp their metrics with the clock's own attribute */
        *ret_size = 8;
        return &measure->stamp_absolute;
    case PHD_TIME_STAMP_BO:
        *ret_size = 8;
        return &measure->stamp_base_offset;
    case PHD_TIME_STAMP_REL:
        *ret_size = 4;
        return &measure->stamp_relative;
    case PHD_TIME_STAMP_REL_HI_RES:
        *ret_size = 8;
        return &measure->stamp_hires;
    case PHD_TIME_PD_MSMT_ACTIVE:
        *ret_size = 4;
        return &measure->active_period;
    default:
        return NULL;
    }
}

static bool is_observed_value(uint16_t attribute) {
    switch (attribute) {
    case PHD_NU_VAL_OBS:
    case PHD_NU_CMPD_VAL_OBS:
    case PHD_NU_VAL_OBS_SIMP:
    case PHD_NU_VAL_OBS_BASIC:
    case PHD_NU_CMPD_VAL_OBS_SIMP:
    case PHD_NU_CMPD_VAL_OBS_BASIC:
    case PHD_VAL_ENUM_OBS:
    case PHD_ENUM_OBS_VAL_SIMP_OID:
    case PHD_ENUM_OBS_VAL_SIMP_STR:
    case PHD_ENUM_OBS_VAL_SIMP_BIT_STR:
    case PHD_ENUM_OBS_VAL_BASIC_BIT_STR:
    case PHD_SIMP_SA_OBS_VAL:
        return true;
    default:
        return false;
    }
}

static bool apply(phd_object *object, phd_measure *measure, uint16_t attribute, dragoman_bytes value) {
    phd_measure unused = {0};
    if (attribute == PHD_SCAN_HANDLE_ATTR_VAL_MAP) {
        /* The bytes of a configuration stay; those of a report do not. */
        object->handle_maps = measure == NULL ? value : object->handle_maps;
        return true;
    }
    measure = measure == NULL ? &unused : measure;
    if (is_observed_value(attribute)) {
        measure->attribute = attribute;
        measure->value = value;
        return true;
    }
    size_t size = 0;
    dragoman_bytes *member = measure_member(measure, attribute, &size);
    if (member == NULL) {
        return apply_description(object, attribute, value);
    }
    *member = value;
    return value.size == size;
}

bool phd_object_apply_list(phd_object *object, phd_measure *measure, phd_reader *reader) {
    uint16_t count = 0;
    phd_reader list = phd_list(reader, &count);
    bool is_good = true;
    for (uint16_t n = 0; n < count && is_good; n++) {
        uint16_t attribute = phd_u16(&list);
        dragoman_bytes value = phd_octets(&list);
        is_good = !list.failed && apply(object, measure, attribute, value);
    }
    return is_good && phd_is_done(&list);
}

bool phd_object_apply_map(phd_object *object, phd_measure *measure, const phd_map_entry *map, uint32_t count,
                          phd_reader *values) {
    /* A value may bring a new map; it counts from the next report on. */
    phd_map_entry held[PHD_MAP_ENTRIES];
    bool is_good = count <= PHD_MAP_ENTRIES;
    for (uint32_t n = 0; n < count && is_good; n++) {
        held[n] = map[n];
    }
    for (uint32_t n = 0; n < count && is_good; n++) {
        dragoman_bytes value = phd_take(values, held[n].size);
        is_good = !values->failed && apply(object, measure, held[n].attribute, value);
    }
    return is_good;
}

phd_object *phd_object_find(const phd_configuration *configuration, uint16_t handle) {
    for (uint32_t n = 0; n < configuration->count; n++) {
        if (configuration->objects[n].handle == handle) {
            return &configuration->objects[n];
        }
    }
    return NULL;
}
