#include "link/rfc2217.h"

/* RFC 854. */
enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
/* RFC 856, RFC 858, RFC 2217 section 3. */
enum { BINARY = 0, SUPPRESS_GO_AHEAD = 3, COM_PORT = 44 };
/* RFC 2217 section 3: commands of the client; the server answers with the same and 100. */
enum { SET_BAUDRATE = 1, SET_DATASIZE = 2, SET_PARITY = 3, SET_STOPSIZE = 4, SET_CONTROL = 5, FROM_SERVER = 100 };
enum { SET_LINESTATE_MASK = 10, SET_MODEMSTATE_MASK = 11 };
/* Of SET-CONTROL. */
enum { FLOW_NONE = 1, FLOW_XON_XOFF = 2, FLOW_HARDWARE = 3, DTR_ON = 8, DTR_OFF = 9, RTS_ON = 11, RTS_OFF = 12 };

#define ALL_ANSWERED 0x0fu

static void append(buffer *to, const uint8_t *bytes, size_t size) {
    buffer_append_bytes(to, (dragoman_bytes){bytes, size});
}

static void say_option(buffer *to, uint8_t verb, uint8_t option) {
    const uint8_t bytes[] = {IAC, verb, option};
    append(to, bytes, sizeof(bytes));
}

void rfc2217_escape(dragoman_bytes bytes, buffer *to) {
    static const uint8_t iac = IAC;
    size_t begin = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] == IAC) {
            append(to, bytes.data + begin, i + 1 - begin);
            append(to, &iac, 1);
            begin = i + 1;
        }
    }
    append(to, bytes.data + begin, bytes.size - begin);
}

static void say_command(buffer *to, uint8_t command, const uint8_t *value, size_t size) {
    const uint8_t head[] = {IAC, SB, COM_PORT, command};
    const uint8_t tail[] = {IAC, SE};
    append(to, head, sizeof(head));
    rfc2217_escape((dragoman_bytes){value, size}, to);
    append(to, tail, sizeof(tail));
}

static void say_byte(buffer *to, uint8_t command, uint8_t value) {
    say_command(to, command, &value, 1);
}

static uint32_t baud_of(const serial_settings *settings) {
    return settings->baud == 0 ? SERIAL_BAUD_DEFAULT : settings->baud;
}

/* What a setting is called in the option: of SET-DATASIZE, SET-PARITY and SET-STOPSIZE. */
static uint8_t value_of(const serial_settings *settings, uint8_t command) {
    static const uint8_t parities[] = {
        [SERIAL_PARITY_DEFAULT] = 1, [SERIAL_PARITY_NONE] = 1, [SERIAL_PARITY_ODD] = 2,
        [SERIAL_PARITY_EVEN] = 3,    [SERIAL_PARITY_MARK] = 4, [SERIAL_PARITY_SPACE] = 5};
    switch (command) {
    case SET_DATASIZE:
        return (uint8_t)(settings->bits == 0 ? SERIAL_BITS_DEFAULT : settings->bits);
    case SET_PARITY:
        return parities[settings->parity];
    default:
        return settings->stop == 2 ? 2 : 1;
    }
}

static void ask_for_settings(rfc2217 *self, buffer *to) {
    const serial_settings *settings = self->settings;
    uint32_t baud = baud_of(settings);
    const uint8_t speed[] = {(uint8_t)(baud >> 24), (uint8_t)(baud >> 16), (uint8_t)(baud >> 8), (uint8_t)baud};
    say_command(to, SET_BAUDRATE, speed, sizeof(speed));
    say_byte(to, SET_DATASIZE, value_of(settings, SET_DATASIZE));
    say_byte(to, SET_PARITY, value_of(settings, SET_PARITY));
    say_byte(to, SET_STOPSIZE, value_of(settings, SET_STOPSIZE));
    say_byte(to, SET_CONTROL,
             settings->flow == SERIAL_FLOW_RTS_CTS    ? FLOW_HARDWARE
             : settings->flow == SERIAL_FLOW_XON_XOFF ? FLOW_XON_XOFF
                                                      : FLOW_NONE);
    say_byte(to, SET_CONTROL, settings->dtr == SERIAL_LINE_OFF ? DTR_OFF : DTR_ON);
    if (settings->flow != SERIAL_FLOW_RTS_CTS) {
        say_byte(to, SET_CONTROL, settings->rts == SERIAL_LINE_OFF ? RTS_OFF : RTS_ON);
    }
    say_byte(to, SET_LINESTATE_MASK, 0);
    say_byte(to, SET_MODEMSTATE_MASK, 0);
    self->was_asked = true;
}

void rfc2217_begin(rfc2217 *self, const serial_settings *settings, buffer *to) {
    *self = (rfc2217){.settings = settings};
    say_option(to, WILL, BINARY);
    say_option(to, DO, BINARY);
    say_option(to, WILL, SUPPRESS_GO_AHEAD);
    say_option(to, DO, SUPPRESS_GO_AHEAD);
    say_option(to, WILL, COM_PORT);
}

/* Options that we have spoken of are agreed to without another word (RFC 854: else it would never end); others are
 * refused. */
static void take_option(rfc2217 *self, uint8_t option, buffer *to) {
    bool is_ours = option == BINARY || option == SUPPRESS_GO_AHEAD || option == COM_PORT;
    if (option == COM_PORT && self->verb == DO && !self->was_asked) {
        ask_for_settings(self, to);
    } else if (option == COM_PORT && self->verb == DONT) {
        self->is_refused = true;
    } else if (self->verb == DO && !is_ours) {
        say_option(to, WONT, option);
    } else if (self->verb == WILL && !is_ours) {
        say_option(to, DONT, option);
    }
}

static void take_command(rfc2217 *self) {
    const uint8_t *command = self->command;
    if (self->command_size < 3 || command[0] != COM_PORT || command[1] < FROM_SERVER) {
        return;
    }
    uint8_t what = (uint8_t)(command[1] - FROM_SERVER);
    bool is_same;
    if (what == SET_BAUDRATE && self->command_size == 6) {
        uint32_t baud =
            (uint32_t)command[2] << 24 | (uint32_t)command[3] << 16 | (uint32_t)command[4] << 8 | command[5];
        is_same = baud == baud_of(self->settings);
    } else if (what >= SET_DATASIZE && what <= SET_STOPSIZE) {
        is_same = command[2] == value_of(self->settings, what);
    } else {
        return;
    }
    self->answered |= (uint8_t)(1u << (what - SET_BAUDRATE));
    self->has_differing = self->has_differing || !is_same;
}

static void keep_command(rfc2217 *self, uint8_t byte) {
    if (self->command_size < sizeof(self->command)) {
        self->command[self->command_size++] = byte;
    }
}

/* A byte behind an IAC. True when it is one of the port's own. */
static bool take_behind_iac(rfc2217 *self, uint8_t byte) {
    self->part = RFC2217_DATA;
    if (byte == IAC) {
        return true;
    }
    if (byte >= WILL && byte <= DONT) {
        self->part = RFC2217_OPTION;
        self->verb = byte;
    } else if (byte == SB) {
        self->part = RFC2217_COMMAND;
        self->command_size = 0;
    }
    return false;
}

static void take_in_command(rfc2217 *self, uint8_t byte) {
    if (self->part == RFC2217_COMMAND && byte == IAC) {
        self->part = RFC2217_COMMAND_IAC;
    } else if (self->part == RFC2217_COMMAND || byte == IAC) {
        keep_command(self, byte);
        self->part = RFC2217_COMMAND;
    } else {
        if (byte == SE) {
            take_command(self);
        }
        self->part = RFC2217_DATA;
    }
}

size_t rfc2217_take(rfc2217 *self, uint8_t *bytes, size_t size, buffer *to) {
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if (self->part == RFC2217_DATA && byte != IAC) {
            bytes[kept++] = byte;
        } else if (self->part == RFC2217_DATA) {
            self->part = RFC2217_IAC;
        } else if (self->part == RFC2217_IAC) {
            if (take_behind_iac(self, byte)) {
                bytes[kept++] = byte;
            }
        } else if (self->part == RFC2217_OPTION) {
            take_option(self, byte, to);
            self->part = RFC2217_DATA;
        } else {
            take_in_command(self, byte);
        }
    }
    return kept;
}

bool rfc2217_is_ready(const rfc2217 *self) {
    return self->answered == ALL_ANSWERED;
}
