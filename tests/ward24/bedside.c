#include "ward24/bedside.h"

#include "ward24/player.h"
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define S_US INT64_C(1000000)
#define MINUTE_US (60 * S_US)

typedef struct kind {
    const char *name;
    const char *link; /* of the site file; %s: its address */
    port_kind device; /* how the cable reaches the device */
    port_kind house;
    bool is_udp;
    uint32_t noise_bytes; /* 0: what carries it in reality lets no noise through */
    said_form form;       /* 0: its numbers are not looked at */
} kind;

/* Lines with a sum or a CRC have noise. HL7 v2 and 20601 have none and run over TCP, which has. */
static const kind kinds[BEDSIDE_KINDS] = {
    {"monitors", "adapter: hl7v2, listen: \"%s\"", PORT_LISTEN, PORT_CONNECT, false, 0, SAID_WORDS},
    {"bed-9", "adapter: intellivue, connect: \"%s\"", PORT_CONNECT, PORT_LISTEN, true, 400, SAID_FLOATS},
    {"ventilator", "adapter: medibus, connect: \"%s\", serial: { baud: 19200, parity: even }", PORT_CONNECT,
     PORT_PSEUDO_TERMINAL, false, 20000, SAID_FIELDS},
    {"vaccines", "adapter: modbus, connect: \"%s\", profile: xy-md02, framing: rtu, every: 2s", PORT_CONNECT,
     PORT_LISTEN, false, 2000, SAID_REGISTERS},
    {"wearables", "adapter: phd, listen: \"%s\"", PORT_LISTEN, PORT_CONNECT, false, 0, SAID_FLOATS},
    {"meters", "adapter: gatt, connect: \"%s\", line_check: crc16", PORT_CONNECT, PORT_PSEUDO_TERMINAL, false, 40000,
     SAID_LINES},
    {"blood-count", "adapter: astm, listen: \"%s\"", PORT_LISTEN, PORT_CONNECT, false, 20000, SAID_WORDS},
};

struct bedside {
    loop *on;
    bedside_options options;
    const kind *kind;
    uint64_t random;
    cable *cable;
    player player;
    player_options playing;
    said *said;
    char link[PATH_MAX];
    loop_timer *fault; /* the next one, or the end of one */
    bool is_out;       /* unplugged */
    int64_t whole_since_us;
    int64_t troubled_at_us;
    uint64_t counts[BEDSIDE_FAULTS];
};

static int64_t draw(bedside *self, int64_t from, int64_t below) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return from + (int64_t)((z ^ (z >> 31)) % (uint64_t)(below - from));
}

static int64_t now_us(void) {
    return clock_now().monotonic_us;
}

uint16_t bedside_free_port(uint32_t kind_number) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, kinds[kind_number].is_udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor < 0 || bind(descriptor, (const struct sockaddr *)&address, size) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) {
        perror("ward24: no free port");
        exit(EXIT_FAILURE);
    }
    close(descriptor);
    return ntohs(address.sin_port);
}

const char *bedside_name(uint32_t kind_number) {
    return kinds[kind_number].name;
}

bool bedside_is_called(uint32_t kind_number) {
    return kinds[kind_number].house == PORT_CONNECT;
}

void bedside_write_link(uint32_t kind_number, uint16_t number, const char *folder, buffer *to) {
    const kind *of = &kinds[kind_number];
    char address[PATH_MAX];
    if (of->house == PORT_PSEUDO_TERMINAL) {
        snprintf(address, sizeof(address), "serial:%s/%s", folder, of->name);
    } else {
        snprintf(address, sizeof(address), "%s://127.0.0.1:%u", of->is_udp ? "udp" : "tcp",
                 bedside_is_called(kind_number) ? 0 : number);
    }
    buffer_append_format(to, "  - { name: %s, ", of->name);
    const char *slot = strstr(of->link, "%s");
    buffer_append(to, of->link, (size_t)(slot - of->link));
    buffer_append_text(to, address);
    buffer_append_text(to, slot + 2);
    buffer_append_text(to, ", stale_after: 15s }\n");
}

/* ---- what happens to it */

static void note_state(bedside *self) {
    bool is_whole = self->player.device != NULL && !self->is_out;
    self->troubled_at_us = now_us();
    self->whole_since_us = is_whole ? self->troubled_at_us : INT64_MAX;
}

static void switch_on(bedside *self) {
    /* A message of before must not be taken for one of now. */
    self->playing.first_id += 1000000;
    if (!player_start(self->options.kind, self->on, &self->playing, &self->player)) {
        fprintf(stderr, "ward24: %s cannot be switched on\n", self->kind->name);
    }
    note_state(self);
}

static void set_clock(bedside *self) {
    static const int64_t shifts_us[] = {0, -60 * MINUTE_US, 60 * MINUTE_US, -73 * 60 * MINUTE_US, 31 * 60 * MINUTE_US};
    self->playing.clock_shift_us = shifts_us[draw(self, 0, sizeof(shifts_us) / sizeof(shifts_us[0]))];
}

static int64_t begin_fault(bedside *self) {
    bedside_fault fault = (bedside_fault)draw(self, 0, BEDSIDE_FAULTS);
    self->counts[fault]++;
    switch (fault) {
    case BEDSIDE_UNPLUGGED:
        self->is_out = true;
        (void)cable_plug(self->cable, false);
        note_state(self);
        return draw(self, S_US, 3 * MINUTE_US);
    case BEDSIDE_BROKEN:
        cable_break(self->cable, (uint32_t)draw(self, 1, 600));
        return 0;
    case BEDSIDE_REBOOTED:
        player_stop(&self->player);
        note_state(self);
        return draw(self, 5 * S_US, MINUTE_US);
    case BEDSIDE_CLOCK_SET:
    default:
        set_clock(self);
        player_stop(&self->player);
        switch_on(self);
        return 0;
    }
}

static void mend(bedside *self) {
    if (self->is_out) {
        self->is_out = !cable_plug(self->cable, true);
        note_state(self);
    }
    if (self->player.device == NULL) {
        switch_on(self);
    }
}

static void fault_rang(void *context) {
    bedside *self = context;
    int64_t lasts_us = 0;
    if (self->is_out || self->player.device == NULL) {
        mend(self);
    } else {
        lasts_us = begin_fault(self);
    }
    int64_t next_us = lasts_us > 0 ? lasts_us : draw(self, 3 * MINUTE_US, 25 * MINUTE_US);
    loop_timer_set(self->fault, now_us() + next_us);
}

static void device_said(void *context, dragoman_bytes bytes) {
    bedside *self = context;
    if (self->said != NULL) {
        said_hear(self->said, bytes, now_us() / S_US);
    }
}

static void struck(void *context) {
    bedside *self = context;
    self->troubled_at_us = now_us();
}

static bool open_cable(bedside *self, uint16_t number) {
    const kind *of = self->kind;
    uint16_t device_port = bedside_free_port(self->options.kind);
    snprintf(self->link, sizeof(self->link), "%s/%s", self->options.folder, of->name);
    cable_options options = {.device = {.kind = of->device, .number = device_port},
                             .house = {.kind = of->house,
                                       .number = of->house == PORT_CONNECT ? self->options.link_port : number,
                                       .link = self->link},
                             .is_udp = of->is_udp,
                             .seed = self->random,
                             .noise_bytes = of->noise_bytes,
                             .said = device_said,
                             .struck = struck,
                             .context = self};
    self->playing.port = device_port;
    self->cable = cable_create(self->on, &options);
    return self->cable != NULL;
}

bedside *bedside_create(loop *on, const bedside_options *options, uint16_t number) {
    bedside *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    *self = (bedside){.on = on, .options = *options, .kind = &kinds[options->kind], .random = options->seed};
    self->playing.seed = options->seed;
    self->said = self->kind->form == 0 ? NULL : said_create(self->kind->form);
    self->fault = loop_timer_create(on, fault_rang, self);
    bool is_made = self->fault != NULL && (self->kind->form == 0 || self->said != NULL) && open_cable(self, number);
    if (is_made) {
        switch_on(self);
    }
    if (!is_made || self->player.device == NULL) {
        bedside_destroy(self);
        return NULL;
    }
    loop_timer_set(self->fault, now_us() + draw(self, 2 * MINUTE_US, 12 * MINUTE_US));
    return self;
}

void bedside_destroy(bedside *self) {
    if (self != NULL) {
        player_stop(&self->player);
        cable_destroy(self->cable);
        loop_timer_destroy(self->fault);
        said_destroy(self->said);
        free(self);
    }
}

int64_t bedside_whole_since_us(const bedside *self) {
    return self->whole_since_us;
}

int64_t bedside_troubled_at_us(const bedside *self) {
    return self->whole_since_us == INT64_MAX ? now_us() : self->troubled_at_us;
}

uint64_t bedside_fault_count(const bedside *self, bedside_fault fault) {
    return self->counts[fault];
}

uint64_t bedside_noise_count(const bedside *self) {
    return cable_faults(self->cable);
}

bool bedside_said(const bedside *self, dragoman_decimal number) {
    return self->said == NULL || said_has(self->said, number, now_us() / S_US);
}
