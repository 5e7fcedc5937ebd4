#include "translate.h"
#include "measure.h"

/* "d" and 16 digits. */
#define KEY_BYTES 17
#define MEMORY_VERSION 1
#define MEMORY_BYTES 28

typedef struct characteristic {
    uint16_t uuid;
    gatt_read *read;
} characteristic;

static const characteristic characteristics[] = {
    {0x2a18, gatt_read_glucose},      {0x2a34, gatt_read_glucose_context}, {0x2aa7, gatt_read_cgm},
    {0x2aa8, gatt_read_cgm_feature},  {0x2aaa, gatt_read_cgm_session},     {0x2a1c, gatt_read_temperature},
    {0x2a37, gatt_read_heart_rate},   {0x2a35, gatt_read_blood_pressure},  {0x2a5e, gatt_read_oximeter_spot},
    {0x2a5f, gatt_read_oximeter},     {0x2a9d, gatt_read_weight},          {0x2a9c, gatt_read_body},
    {0x2a2b, gatt_read_current_time}, {0x2a19, gatt_read_battery},
};

/* Names, serial numbers and versions: the envelope carries them as words. Service changed, and the access to stored
 * records: they say nothing of anybody. */
static const uint16_t idle[] = {0x2a00, 0x2a01, 0x2a04, 0x2a05, 0x2a23, 0x2a24, 0x2a25, 0x2a26, 0x2a27,
                                0x2a28, 0x2a29, 0x2a2a, 0x2a50, 0x2a52, 0x2aa9, 0x2aab, 0x2aac};

static const characteristic *find(uint16_t uuid) {
    for (size_t n = 0; n < sizeof characteristics / sizeof *characteristics; n++) {
        if (characteristics[n].uuid == uuid) {
            return &characteristics[n];
        }
    }
    return NULL;
}

static bool is_idle(const gatt_envelope *envelope) {
    bool found = false;
    for (size_t n = 0; n < sizeof idle / sizeof *idle && envelope->is_short; n++) {
        found = found || idle[n] == envelope->characteristic;
    }
    return found;
}

/* What a device is known by: its address, unless that changes every few minutes. */
static dragoman_bytes device_key(const gatt_envelope *envelope) {
    if (envelope->address_kind != GATT_ADDRESS_PRIVATE) {
        return envelope->address;
    }
    return envelope->serial.size > 0 ? envelope->serial : envelope->name.size > 0 ? envelope->name : envelope->address;
}

/* FNV-1a: tells the devices of a link apart. */
static dragoman_bytes memory_key(dragoman_bytes device, char to[KEY_BYTES]) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t n = 0; n < device.size; n++) {
        hash = (hash ^ device.data[n]) * UINT64_C(0x100000001b3);
    }
    to[0] = 'd';
    for (size_t n = KEY_BYTES - 1; n > 0; n--) {
        to[n] = "0123456789abcdef"[hash & 15u];
        hash >>= 4;
    }
    return (dragoman_bytes){(const uint8_t *)to, KEY_BYTES};
}

static void put_number(uint8_t *to, uint64_t number, size_t size) {
    for (size_t n = 0; n < size; n++) {
        to[n] = (uint8_t)(number >> (8 * n));
    }
}

static uint64_t get_number(const uint8_t *from, size_t size) {
    uint64_t number = 0;
    for (size_t n = size; n > 0; n--) {
        number = number << 8 | from[n - 1];
    }
    return number;
}

/* A time as eleven bytes: civil microseconds, offset, and whether there is one. */
static void put_time(uint8_t *to, dragoman_time time) {
    put_number(to, (uint64_t)time.civil_us, 8);
    put_number(to + 8, (uint16_t)time.offset_minutes, 2);
    to[10] = time.precision == DRAGOMAN_TIME_NONE ? 0 : 1;
}

static dragoman_time get_time(const uint8_t *from) {
    dragoman_time time = {.offset_minutes = (int16_t)(uint16_t)get_number(from + 8, 2)};
    if (from[10] != 0) {
        time.civil_us = (int64_t)get_number(from, 8);
        time.precision = DRAGOMAN_TIME_SECOND;
    }
    return time;
}

static gatt_memory recall(const dragoman_host *host, void *context, dragoman_bytes key) {
    gatt_memory memory = {.session_start = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN},
                          .glucose_time = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN}};
    dragoman_bytes kept = {NULL, 0};
    if (host->state_get(context, key, &kept) == DRAGOMAN_OK && kept.size == MEMORY_BYTES &&
        kept.data[0] == MEMORY_VERSION) {
        memory.session_start = get_time(kept.data + 1);
        memory.session_sample = kept.data[12];
        memory.has_glucose = kept.data[13] != 0;
        memory.glucose_sequence = (uint16_t)get_number(kept.data + 14, 2);
        memory.glucose_time = get_time(kept.data + 16);
    }
    return memory;
}

static dragoman_status remember(const dragoman_host *host, void *context, dragoman_bytes key,
                                const gatt_memory *memory) {
    uint8_t kept[MEMORY_BYTES] = {MEMORY_VERSION};
    put_time(kept + 1, memory->session_start);
    kept[12] = memory->session_sample;
    kept[13] = memory->has_glucose ? 1 : 0;
    put_number(kept + 14, memory->glucose_sequence, 2);
    put_time(kept + 16, memory->glucose_time);
    return host->state_put(context, key, (dragoman_bytes){kept, sizeof kept});
}

/* The device as it calls itself. */
static void describe(const gatt_envelope *envelope, dragoman_device *device, dragoman_identifier identifiers[2],
                     dragoman_version versions[3]) {
    uint32_t identified = 0;
    uint32_t versioned = 0;
    if (envelope->address_kind != GATT_ADDRESS_PRIVATE) {
        identifiers[identified++] = (dragoman_identifier){.value = envelope->address, .type = DRAGOMAN_TEXT("BTMAC")};
    }
    if (envelope->system_id.size > 0) {
        identifiers[identified++] =
            (dragoman_identifier){.value = envelope->system_id, .universal_type = DRAGOMAN_TEXT("EUI-64")};
    }
    const dragoman_version known[] = {{DRAGOMAN_TEXT("hardware"), envelope->hardware},
                                      {DRAGOMAN_TEXT("firmware"), envelope->firmware},
                                      {DRAGOMAN_TEXT("software"), envelope->software}};
    for (size_t n = 0; n < 3; n++) {
        if (known[n].value.size > 0) {
            versions[versioned++] = known[n];
        }
    }
    *device = (dragoman_device){.struct_size = sizeof *device,
                                .key = device_key(envelope),
                                .identifiers = DRAGOMAN_LIST(identifiers, identified),
                                .manufacturer = envelope->manufacturer,
                                .model = envelope->model.size > 0 ? envelope->model : envelope->name,
                                .serial = envelope->serial,
                                .versions = DRAGOMAN_LIST(versions, versioned)};
}

static dragoman_status emit(const gatt_measure *measure, const gatt_envelope *envelope) {
    dragoman_device device;
    dragoman_identifier identifiers[2] = {{{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}};
    dragoman_version versions[3];
    describe(envelope, &device, identifiers, versions);
    dragoman_report report = {
        .struct_size = sizeof report,
        .device = &device,
        .sent_at = envelope->received_at,
        .message_id = envelope->id,
        .sender = {.code = envelope->gateway, .text = {NULL, 0}, .system = DRAGOMAN_TEXT("GATT")},
        .observations = DRAGOMAN_LIST(measure->rows, measure->count),
    };
    return measure->host->emit(measure->context, &report);
}

/* Whether the value was read to its last byte, and no further. */
static const char *fault_of(const gatt_measure *measure) {
    if (measure->fault != NULL) {
        return measure->fault;
    }
    if (measure->octets.is_short) {
        return "the value ends before its fields do";
    }
    return measure->octets.left > 0 ? "the value goes on behind its fields" : NULL;
}

dragoman_status gatt_translate(const dragoman_host *host, void *context, const gatt_envelope *envelope,
                               gatt_outcome *ret_outcome) {
    *ret_outcome = (gatt_outcome){.is_idle = is_idle(envelope)};
    const characteristic *known = envelope->is_short ? find(envelope->characteristic) : NULL;
    if (ret_outcome->is_idle) {
        return DRAGOMAN_OK;
    }
    if (known == NULL) {
        ret_outcome->fault = "the characteristic is none that is known";
        return DRAGOMAN_OK;
    }
    char text[KEY_BYTES];
    dragoman_bytes key = memory_key(device_key(envelope), text);
    gatt_memory memory = recall(host, context, key);
    gatt_measure measure = {.host = host,
                            .context = context,
                            .octets = {envelope->value, envelope->value_size, false},
                            .memory = &memory,
                            .received_at = envelope->received_at,
                            .measured_at = envelope->received_at,
                            .obtained = DRAGOMAN_OBTAINED_EPISODIC};
    measure.rows = (dragoman_observation *)host->batch(context, GATT_ROWS * sizeof *measure.rows);
    if (measure.rows == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    known->read(&measure);
    ret_outcome->fault = fault_of(&measure);
    ret_outcome->is_odd = measure.is_odd;
    if (ret_outcome->fault != NULL) {
        return DRAGOMAN_OK;
    }
    if (measure.is_failed) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_status status = memory.is_changed ? remember(host, context, key, &memory) : DRAGOMAN_OK;
    return status == DRAGOMAN_OK && measure.count > 0 ? emit(&measure, envelope) : status;
}
