#include "base/json_out.h"

#include "base/bytes.h"
#include <yajl/yajl_gen.h>

static void append(void *context, const char *text, size_t size) {
    buffer_append(context, text, size);
}

bool json_out_init(json_out *self, buffer *to, bool is_pretty) {
    *self = (json_out){.generator = yajl_gen_alloc(NULL), .to = to};
    if (self->generator == NULL) {
        return false;
    }
    yajl_gen_config(self->generator, yajl_gen_beautify, is_pretty ? 1 : 0);
    yajl_gen_config(self->generator, yajl_gen_indent_string, "  ");
    yajl_gen_config(self->generator, yajl_gen_print_callback, append, to);
    return true;
}

void json_out_fini(json_out *self) {
    if (self->to->size == 0 || self->to->data[self->to->size - 1] != '\n') {
        buffer_append_byte(self->to, '\n');
    }
    yajl_gen_free(self->generator);
}

static void write_key(json_out *self, const char *key) {
    if (key != NULL) {
        yajl_gen_string(self->generator, (const unsigned char *)key, strlen(key));
    }
}

void json_out_object(json_out *self, const char *key) {
    write_key(self, key);
    yajl_gen_map_open(self->generator);
}

void json_out_object_end(json_out *self) {
    yajl_gen_map_close(self->generator);
}

void json_out_array(json_out *self, const char *key) {
    write_key(self, key);
    yajl_gen_array_open(self->generator);
}

void json_out_array_end(json_out *self) {
    yajl_gen_array_close(self->generator);
}

void json_out_text(json_out *self, const char *key, dragoman_bytes text) {
    write_key(self, key);
    if (bytes_is_utf8(text)) {
        yajl_gen_string(self->generator, text.data == NULL ? (const unsigned char *)"" : text.data, text.size);
        return;
    }
    buffer ascii;
    buffer_init(&ascii);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x80 && text.data[i] != 0) {
            buffer_append_byte(&ascii, text.data[i]);
        } else {
            buffer_append_text(&ascii, "\xEF\xBF\xBD");
        }
    }
    yajl_gen_string(self->generator, ascii.data, ascii.size);
    buffer_fini(&ascii);
}

void json_out_number(json_out *self, const char *key, int64_t number) {
    write_key(self, key);
    yajl_gen_integer(self->generator, number);
}

void json_out_digits(json_out *self, const char *key, dragoman_bytes digits) {
    write_key(self, key);
    yajl_gen_number(self->generator, (const char *)digits.data, digits.size);
}

void json_out_boolean(json_out *self, const char *key, bool value) {
    write_key(self, key);
    yajl_gen_bool(self->generator, value ? 1 : 0);
}
