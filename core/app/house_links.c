#include "app/house_inside.h"

#include "app/log.h"
#include "base/bytes.h"
#include "host/recording.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *as_file(dragoman_bytes path, char *to) {
    if (path.size == 0) {
        return NULL;
    }
    snprintf(to, APP_PATH_BYTES, "%.*s", BYTES_FORMAT(path));
    return to;
}

static dragoman_status fill_channel(dragoman_bytes listen, dragoman_bytes connect, uint32_t index,
                                    link_channel_options *to, error_record *error) {
    *to = (link_channel_options){.channel = index, .is_listener = listen.size > 0};
    return link_address_parse(to->is_listener ? listen : connect, &to->address, error);
}

/* A link's channels; one that is not named is the adapter's first. */
static dragoman_status fill_channels(const site_link *from, house_link *link, error_record *error) {
    uint32_t count = from->channel_count > 0 ? from->channel_count : 1;
    link->channels = calloc(count, sizeof(*link->channels));
    if (link->channels == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(from->name));
    }
    link->options.channels = link->channels;
    link->options.channel_count = count;
    if (from->channel_count == 0) {
        return fill_channel(from->listen, from->connect, 0, &link->channels[0], error);
    }
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; i < count && status == DRAGOMAN_OK; i++) {
        const site_channel *channel = &from->channels[i];
        status = fill_channel(channel->listen, channel->connect, channel->index, &link->channels[i], error);
    }
    return status;
}

static serial_settings serial_of(const site_serial *from) {
    return (serial_settings){.baud = from->baud,
                             .bits = from->bits,
                             .stop = from->stop,
                             .parity = from->parity,
                             .flow = from->flow,
                             .rts = from->rts,
                             .dtr = from->dtr};
}

/* A broker keeps a session for this name, and with it the topics: other topics need another one. */
static void make_client_id(const site_link *from, char to[APP_CLIENT_ID_BYTES]) {
    char machine[256] = "";
    (void)gethostname(machine, sizeof(machine) - 1);
    uint64_t hash = bytes_hash(from->name, bytes_hash(bytes_of(machine), 1));
    for (uint32_t i = 0; i < from->topic_count; i++) {
        hash = bytes_hash(from->topics[i], hash);
    }
    snprintf(to, APP_CLIENT_ID_BYTES, "dragoman%015llx", (unsigned long long)(hash >> 4));
}

static void fill_mqtt(const site_link *from, house_link *link) {
    make_client_id(from, link->client_id);
    link->options.mqtt = (link_mqtt_options){.is_v5 = from->mqtt.version == 0,
                                             .topics = from->topics,
                                             .topic_count = from->topic_count,
                                             .client_id = from->mqtt.client_id,
                                             .user = from->mqtt.user,
                                             .password_file = as_file(from->mqtt.password_file, link->files[3]),
                                             .keep_alive_s = (uint16_t)(from->mqtt.keep_alive_us / 1000000)};
    if (from->mqtt.client_id.size == 0) {
        link->options.mqtt.client_id = bytes_of(link->client_id);
    }
}

static dragoman_status fill_options(house *self, const site_link *from, house_link *link, error_record *error) {
    link_options *to = &link->options;
    *to = (link_options){.name = from->name,
                         .serial = serial_of(&from->serial),
                         .allow_open = from->allow_open,
                         .allow_open_count = from->allow_open_count,
                         .profile = from->profile,
                         .settings = from->settings,
                         .setting_count = from->setting_count,
                         .zone = self->zone,
                         .habit = (time_habit)from->habit,
                         .pace_us = from->pace_us,
                         .stale_after_us = from->stale_after_us,
                         .connections_max = from->connections_max,
                         .unsettled_max = from->unsettled_max};
    to->tls = (link_tls_options){.certificate_file = as_file(from->tls.certificate_file, link->files[0]),
                                 .key_file = as_file(from->tls.key_file, link->files[1]),
                                 .authority_file = as_file(from->tls.authority_file, link->files[2]),
                                 .verify_client = from->tls.verify_client,
                                 .verify_server = from->tls.verify_server};
    fill_mqtt(from, link);
    dragoman_status status = fill_channels(from, link, error);
    if (status == DRAGOMAN_OK && from->time_zone.size > 0) {
        status = time_zone_create(from->time_zone, &link->zone, error);
        to->zone = link->zone;
    }
    if (status == DRAGOMAN_OK) {
        status = house_need_adapter(self, from, &to->adapter, error);
    }
    return status;
}

static void recording_trouble(void *context, const char *sentence) {
    const house_link *link = context;
    log_write(DRAGOMAN_LOG_ERROR, link->options.name, bytes_of(sentence), (dragoman_bytes){NULL, 0});
}

/* A site that wants a recording and cannot have it still gets its data: that is said, and the link starts. */
static void open_recorder(house *self, const site_link *from, house_link *link) {
    error_record error = {0};
    host_instance_options made = {.link = from->name,
                                  .profile = from->profile,
                                  .settings = from->settings,
                                  .setting_count = from->setting_count,
                                  .habit = (time_habit)from->habit};
    capture_recorder_options options = {.path = (const char *)from->record.data,
                                        .max_bytes = from->record_max_bytes,
                                        .trouble = recording_trouble,
                                        .context = link};
    arena memory;
    arena_init(&memory, CAPTURE_HEADER_BYTES_MAX);
    capture_header *header = calloc(1, sizeof(*header));
    dragoman_now now = clock_now();
    dragoman_bytes zone = from->time_zone.size > 0 ? from->time_zone : self->of->time_zone;
    dragoman_status status = header == NULL
                                 ? DRAGOMAN_NO_MEMORY
                                 : host_recording_describe(link->options.adapter, &made, zone, &memory, header);
    if (status == DRAGOMAN_OK) {
        status = capture_recorder_create(&options, header, &now, &link->recorder, &error);
    } else {
        error_set(&error, status, "record: no memory");
    }
    log_write(status == DRAGOMAN_OK ? DRAGOMAN_LOG_WARNING : DRAGOMAN_LOG_ERROR, from->name,
              status == DRAGOMAN_OK ? DRAGOMAN_TEXT("everything that crosses this link is recorded, patient data too: "
                                                    "take `record` away when it is not needed any more")
                                    : bytes_of(error.text),
              (dragoman_bytes){NULL, 0});
    link->options.recorder = link->recorder;
    free(header);
    arena_fini(&memory);
}

dragoman_status house_open_links(house *self, error_record *error) {
    const site *of = self->of;
    if (of->time_zone.size > 0) {
        dragoman_status status = time_zone_create(of->time_zone, &self->zone, error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    self->links = calloc(of->link_count + 1, sizeof(*self->links));
    self->adapters = calloc(of->link_count + 1, sizeof(*self->adapters));
    if (self->links == NULL || self->adapters == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the links");
    }
    uint32_t started = 0;
    for (uint32_t i = 0; i < of->link_count; i++) {
        house_link *link = &self->links[self->link_count++];
        dragoman_status status = fill_options(self, &of->links[i], link, &link->trouble);
        if (status == DRAGOMAN_OK && of->links[i].record.size > 0) {
            open_recorder(self, &of->links[i], link);
        }
        if (status == DRAGOMAN_OK) {
            status = link_create(self->on, self->environment, &link->options, &link->link, &link->trouble);
        }
        if (status != DRAGOMAN_OK) {
            /* One bad link costs only itself. */
            log_write(DRAGOMAN_LOG_ERROR, of->links[i].name, bytes_of(link->trouble.text), (dragoman_bytes){NULL, 0});
            *error = link->trouble;
            continue;
        }
        started++;
    }
    return started > 0 || of->link_count == 0 ? DRAGOMAN_OK : error->status;
}

void house_close_links(house *self) {
    for (uint32_t i = 0; i < self->link_count; i++) {
        link_destroy(self->links[i].link);
        self->links[i].link = NULL;
        capture_recorder_destroy(self->links[i].recorder);
        self->links[i].recorder = NULL;
    }
}

void house_unload(house *self) {
    for (uint32_t i = 0; i < self->link_count; i++) {
        time_zone_destroy(self->links[i].zone);
        free(self->links[i].channels);
    }
    house_close_adapters(self);
    time_zone_destroy(self->zone);
    free(self->links);
}
