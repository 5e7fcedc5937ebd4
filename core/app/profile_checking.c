#include "app/profile_checking.h"

#include "base/bytes.h"
#include "config/site.h"
#include <stdio.h>

/* A sentence with the key that it is about. */
#define SENTENCE_BYTES 512

typedef struct asking {
    const terms_book *book;
    terms_section section;
    dragoman_bytes profile;
    terms_mistake_teller tell;
    void *context;
    uint32_t count;
    char first[SENTENCE_BYTES];
} asking;

static void take(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    asking *self = context;
    char text[SENTENCE_BYTES];
    const char *file = NULL;
    uint32_t line = 0;
    uint32_t column = 0;
    snprintf(text, sizeof(text), "%.*s%s%.*s", BYTES_FORMAT(key), key.size == 0 ? "" : ": ", BYTES_FORMAT(sentence));
    if (self->count++ == 0) {
        snprintf(self->first, sizeof(self->first), "%s", text);
    }
    if (terms_profile_place(self->book, self->profile, self->section, key, &file, &line, &column)) {
        self->tell(self->context, file, line, column, text);
    }
}

/* What the profile says of links is the site file's to understand. */
static void check_links(asking *self) {
    dragoman_list said = terms_profile_section(self->book, self->profile, TERMS_SECTION_LINK);
    self->section = TERMS_SECTION_LINK;
    for (uint32_t i = 0; i < said.count; i++) {
        const dragoman_setting *setting = dragoman_list_at(&said, i);
        error_record refusal = {0};
        if (!site_link_default_check(setting->key, setting->value, &refusal)) {
            take(self, setting->key, bytes_of(refusal.text));
        }
    }
}

bool profile_checking_run(const terms_book *book, const host_adapter *adapter, dragoman_bytes profile,
                          terms_mistake_teller tell, void *context, error_record *refusal) {
    asking self = {.book = book, .profile = profile, .tell = tell, .context = context};
    check_links(&self);
    self.section = TERMS_SECTION_DEVICE;
    dragoman_list device = terms_profile_device(book, profile);
    host_adapter_check_profile(adapter, &device, take, &self);
    if (self.count == 0) {
        return true;
    }
    if (profile.size == 0) {
        error_set(refusal, DRAGOMAN_INVALID, "%s: name a profile that says so (profile:)", self.first);
    } else {
        error_set(refusal, DRAGOMAN_INVALID, "the profile \"%.*s\" has %u mistake%s in its device or link section",
                  BYTES_FORMAT(profile), self.count, self.count == 1 ? "" : "s");
    }
    return false;
}
