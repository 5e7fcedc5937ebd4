#include "app/site_checking.h"

#include "app/isolation.h"
#include "app/mappings.h"
#include "app/profile_checking.h"
#include "base/bytes.h"
#include "control/control.h"
#include "host/adapter.h"
#include "link/address.h"
#include "publish/publish.h"
#include "terms/terms.h"
#include <unistd.h>

#define ADAPTERS_MAX 64

/* Adapters stay while the site is read: their rules are theirs, and the settings are copied. Each is asked in a process
 * of its own: what a site may not want in the house is not let in to be asked. */
typedef struct checking {
    const app_places *places;
    const site *of; /* as far as it is read */
    FILE *to;       /* where mistakes of mapping files are told, or NULL */
    terms_book *book;
    bool has_looked; /* for the book */
    bool has_told;   /* what is wrong with it */
    error_record no_book;
    app_isolation isolation;
    host_adapter adapters[ADAPTERS_MAX];
    uint32_t adapter_count;
} checking;

static const dragoman_adapter_descriptor *adapter_of(void *context, dragoman_bytes name, error_record *refusal) {
    checking *self = context;
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        if (bytes_is(name, self->adapters[i].descriptor->name)) {
            return self->adapters[i].descriptor;
        }
    }
    if (self->adapter_count == ADAPTERS_MAX) {
        error_set(refusal, DRAGOMAN_LIMIT, "more than %d adapters in one site", ADAPTERS_MAX);
        return NULL;
    }
    host_adapter *room = &self->adapters[self->adapter_count];
    if (host_adapter_load_named(&self->isolation.loader, self->places->adapters, name, room, refusal) != DRAGOMAN_OK) {
        return NULL;
    }
    self->adapter_count++;
    return room->descriptor;
}

static const dragoman_setting_rule *sink_of(void *context, dragoman_bytes to, uint32_t *ret_count,
                                            error_record *refusal) {
    checking *self = context;
    return publish_sink_rules(self->places->sinks, to, ret_count, refusal);
}

static void tell_mapping(void *context, const char *file, uint32_t line, uint32_t column, const char *sentence) {
    checking *self = context;
    if (self->to != NULL) {
        fprintf(self->to, "%s:%u:%u: %s\n", file, line, column, sentence);
        self->has_told = true;
    }
}

/* The book with the site's own mappings; NULL when they have mistakes, which are told once. */
static const terms_book *book_of(checking *self) {
    if (!self->has_looked) {
        self->has_looked = true;
        app_mappings_read(self->places, (const char *)self->of->mappings.data, tell_mapping, self, &self->book,
                          &self->no_book);
    }
    return self->book;
}

static bool has_profile(void *context, dragoman_bytes adapter, dragoman_bytes name) {
    checking *self = context;
    terms_profile_facts facts;
    /* Without a book the mistake that it has is told already. */
    const terms_book *book = book_of(self);
    return book == NULL || (terms_find_profile(book, name, &facts) && bytes_equal(facts.adapter, adapter));
}

static bool is_device_good(void *context, const dragoman_adapter_descriptor *adapter, dragoman_bytes profile,
                           error_record *refusal) {
    checking *self = context;
    if (self->has_looked && self->book == NULL) {
        return true;
    }
    const host_adapter *found = self->adapters;
    while (found->descriptor != adapter) {
        found++;
    }
    return profile_checking_run(profile.size == 0 ? NULL : book_of(self), found, profile, tell_mapping, self, refusal);
}

static dragoman_list defaults_of(void *context, dragoman_bytes profile) {
    return terms_profile_section(book_of(context), profile, TERMS_SECTION_LINK);
}

static bool is_address(void *context, dragoman_bytes text, bool is_listener, uint32_t *ret_kind, bool *ret_is_tls,
                       error_record *refusal) {
    link_address address;
    (void)context;
    bool is_good = link_address_parse(text, &address, refusal) == DRAGOMAN_OK;
    if (is_good && is_listener && (address.scheme == LINK_SERIAL || address.scheme == LINK_RFC2217)) {
        error_set(refusal, DRAGOMAN_INVALID, "\"%.*s\": a serial port is reached by `connect`", BYTES_FORMAT(text));
        return false;
    }
    if (is_good && is_listener && link_address_kind(&address) == DRAGOMAN_CHANNEL_MESSAGE) {
        error_set(refusal, DRAGOMAN_INVALID, "nobody can listen for a broker: write `connect`");
        return false;
    }
    *ret_is_tls = is_good && link_address_is_tls(&address);
    *ret_kind = is_good ? link_address_kind(&address) : 0;
    return is_good;
}

static void print_mistake(FILE *to, const char *path, const site_mistake *mistake) {
    bool has_colour = isatty(fileno(to));
    fprintf(to, "%s:%u:%u: %s%.*s%s\n", path, mistake->line, mistake->column, has_colour ? "\033[31m" : "",
            BYTES_FORMAT(mistake->text), has_colour ? "\033[0m" : "");
}

dragoman_status site_check(const char *path, const app_places *places, FILE *to, site *ret_site,
                           site_mistakes *ret_mistakes) {
    checking self = {.places = places, .of = ret_site, .to = to};
    app_isolation_init(&self.isolation, places);
    error_record error = {0};
    site_rules rules = {.context = &self,
                        .adapter = adapter_of,
                        .sink = sink_of,
                        .profile = has_profile,
                        .device = is_device_good,
                        .defaults = defaults_of,
                        .address = is_address};
    dragoman_status status = site_read(path, &rules, ret_site, ret_mistakes, &error);
    const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
    for (uint32_t i = 0; to != NULL && i < ret_mistakes->count; i++) {
        print_mistake(to, shown, &ret_mistakes->items[i]);
    }
    if (status != DRAGOMAN_OK && ret_mistakes->count == 0) {
        fprintf(stderr, "%s\n", error.text);
    }
    if (status == DRAGOMAN_OK && book_of(&self) == NULL) {
        status = self.no_book.status;
        if (!self.has_told) {
            fprintf(stderr, "%s\n", self.no_book.text);
        }
    }
    terms_book_destroy(self.book);
    for (uint32_t i = 0; i < self.adapter_count; i++) {
        host_adapter_close(&self.adapters[i]);
    }
    return status;
}

dragoman_status site_ask(const char *path, const char *request, buffer *to, error_record *error) {
    site of;
    site_mistakes mistakes;
    dragoman_status status = site_read(path, NULL, &of, &mistakes, error);
    if (status == DRAGOMAN_OK) {
        status = control_ask((const char *)of.control_path.data, request, to, error);
    }
    site_fini(&of);
    return status;
}
