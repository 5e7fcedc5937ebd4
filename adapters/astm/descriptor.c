/* What this adapter tells the host about itself. */
#include "dialect.h"
#include "frame.h"
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

#define COMPONENT(name, words)                                                                                         \
    {.key = (name), .summary = (words), .minimum = 1, .maximum = ASTM_COMPONENTS, .type = DRAGOMAN_SETTING_INTEGER}

static const dragoman_setting_rule settings[] = {
    {.key = "queries",
     .summary =
         "An analyser that asks for orders: it is told that there are none (refuse), or gets no answer (ignore).",
     .default_value = "refuse",
     .choices = "refuse ignore",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "charset",
     .summary = "The character set of the messages; auto: UTF-8 where it is valid, else ISO 8859-1.",
     .default_value = "auto",
     .choices = ASTM_CHARSET_CHOICES,
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "max_message",
     .summary = "The largest message that is taken as one; of a longer one whole records are handed on before its end.",
     .default_value = "1MiB",
     .minimum = ASTM_MAX_MESSAGE_LEAST,
     .maximum = ASTM_MAX_MESSAGE_MOST,
     .type = DRAGOMAN_SETTING_SIZE},
    {.key = "code_system",
     .summary = "The name of the coding system of the manufacturer's test codes.",
     .type = DRAGOMAN_SETTING_TEXT},
    COMPONENT("code_component",
              "Which component of a test id (R-3) is the manufacturer's code; else all from the fourth."),
    COMPONENT("loinc_component", "Which component of a test id (R-3) is a LOINC code."),
    COMPONENT("name_component",
              "Which component of the sender's name (H-5) tells this analyser from others of its kind."),
    COMPONENT("model_component", "Which component of the sender's name (H-5) is the model."),
    COMPONENT("serial_component", "Which component of the sender's name (H-5) is the serial number."),
    COMPONENT("version_component", "Which component of the sender's name (H-5) is the software version."),
    COMPONENT("specimen_component",
              "Which component of the specimen id (O-3, else O-4) is the number on the tube: 1 if nobody says."),
    {.key = "patient_field",
     .summary = "The field of the patient record that holds the hospital's number: 3 if nobody says, 4 or 5.",
     .minimum = 3,
     .maximum = 5,
     .type = DRAGOMAN_SETTING_INTEGER},
    {.key = "order_number",
     .summary =
         "Whether the specimen id (O-3) is the number of the order too (specimen), as where every tube is an order.",
     .choices = "none specimen",
     .type = DRAGOMAN_SETTING_CHOICE},
};

/* A header record, or a frame that holds one, perhaps behind ENQ. */
static uint32_t recognise(dragoman_bytes start) {
    bool is_framed = false;
    while (start.size > 0 && (start.data[0] == ASTM_ENQ || astm_is_end(start.data[0]))) {
        start = (dragoman_bytes){start.data + 1, start.size - 1};
    }
    if (start.size > 2 && start.data[0] == ASTM_STX && start.data[1] >= '0' && start.data[1] <= '7') {
        is_framed = true;
        start = (dragoman_bytes){start.data + 2, start.size - 2};
    }
    astm_delimiters delimiters;
    if (astm_delimiters_read(start, &delimiters)) {
        return DRAGOMAN_ALIKE;
    }
    return is_framed ? DRAGOMAN_MAYBE : DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "astm",
    .version = "1.0.0",
    .summary = "ASTM E1381/E1394 (CLSI LIS01, LIS02): laboratory analysers over serial lines and TCP, or from files",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .charsets = astm_charsets,
    .charset_count = ASTM_CHARSETS,
    .recognise = recognise,
    .init = astm_session_init,
    .fini = astm_session_fini,
    .handle = astm_session_handle,
    .deadline = astm_session_deadline,
    .expire = astm_session_expire,
    .next = astm_session_next,
};
