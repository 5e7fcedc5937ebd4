/* What this adapter tells the host about itself. */
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM},
};

static const dragoman_setting_rule settings[] = {
    {.key = "framing",
     .summary =
         "How requests are framed; auto is rtu on a serial port and tcp else (a serial device server that passes "
         "a bus on needs rtu or ascii).",
     .default_value = "auto",
     .choices = "auto tcp rtu ascii",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "units",
     .summary = "The addresses on the bus: 3, or 1-5, or 3=Pharmacy with the place where it stands; 1 when none is "
                "given.",
     .type = DRAGOMAN_SETTING_TEXT,
     .is_list = 1},
    {.key = "place", .summary = "Where the devices of this link stand.", .type = DRAGOMAN_SETTING_TEXT},
    {.key = "every",
     .summary = "How often a register is read whose profile gives it no rate of its own; else the profile's.",
     .minimum = MODBUS_EVERY_LEAST_MS,
     .maximum = MODBUS_EVERY_MOST_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "timeout",
     .summary = "How long a unit has to answer; then its values are said to be unknown, and it is left alone for a "
                "while.",
     .default_value = "1s",
     .minimum = MODBUS_TIMEOUT_LEAST_MS,
     .maximum = 60000,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "turnaround",
     .summary = "Silence between an answer and the next question: 20ms on a serial bus and none over TCP when not "
                "given.",
     .minimum = 0,
     .maximum = 10000,
     .type = DRAGOMAN_SETTING_DURATION},
};

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "modbus",
    .version = "1.0.0",
    .summary = "Modbus TCP, RTU and ASCII: register maps of refrigerators, rooms and sensors; reads only",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .init = modbus_session_init,
    .fini = modbus_session_fini,
    .handle = modbus_session_handle,
    .deadline = modbus_session_deadline,
    .expire = modbus_session_expire,
    .next = modbus_session_next,
    .check_profile = modbus_map_check,
};
