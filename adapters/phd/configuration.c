#include "configuration.h"
#include <string.h>

dragoman_status phd_configuration_standard(phd_configuration *configuration, const dragoman_host *host, void *context,
                                           const phd_standard *standard) {
    phd_object *objects = (phd_object *)host->allocate(context, standard->count * sizeof *objects);
    if (objects == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memcpy(objects, standard->objects, standard->count * sizeof *objects);
    *configuration = (phd_configuration){.objects = objects, .count = standard->count};
    return DRAGOMAN_OK;
}

static bool read_objects(phd_configuration *configuration, phd_reader *list, uint16_t count) {
    for (uint16_t n = 0; n < count; n++) {
        phd_object object = {.class_id = phd_u16(list)};
        object.handle = phd_u16(list);
        bool is_new = object.handle != PHD_HANDLE_MDS && phd_object_find(configuration, object.handle) == NULL;
        if (!is_new || !phd_object_apply_list(&object, NULL, list)) {
            return false;
        }
        configuration->objects[configuration->count++] = object;
    }
    return phd_is_done(list);
}

dragoman_status phd_configuration_read(phd_configuration *configuration, const dragoman_host *host, void *context,
                                       dragoman_bytes list) {
    phd_reader count_reader = phd_read(list);
    uint16_t count = phd_u16(&count_reader);
    if (list.size == 0 || count > PHD_OBJECTS) {
        return list.size == 0 ? DRAGOMAN_INVALID : DRAGOMAN_LIMIT;
    }
    uint8_t *bytes = (uint8_t *)host->allocate(context, list.size);
    phd_object *objects = (phd_object *)host->allocate(context, (count + (size_t)1) * sizeof *objects);
    if (bytes == NULL || objects == NULL) {
        host->release(context, bytes);
        host->release(context, objects);
        return DRAGOMAN_NO_MEMORY;
    }
    memcpy(bytes, list.data, list.size);
    *configuration = (phd_configuration){.objects = objects, .bytes = {bytes, list.size}};
    phd_reader reader = phd_read(configuration->bytes);
    phd_reader inner = phd_list(&reader, &count);
    if (read_objects(configuration, &inner, count) && phd_is_done(&reader)) {
        return DRAGOMAN_OK;
    }
    phd_configuration_clear(configuration, host, context);
    return DRAGOMAN_INVALID;
}

void phd_configuration_clear(phd_configuration *configuration, const dragoman_host *host, void *context) {
    host->release(context, configuration->objects);
    host->release(context, (void *)(uintptr_t)configuration->bytes.data);
    *configuration = (phd_configuration){.objects = NULL};
}
