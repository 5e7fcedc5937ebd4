#include "link/serial.h"

#include "base/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

/* Device numbers of pseudo-terminals (Linux, Documentation/admin-guide/devices.txt: 136 to 143 char). */
#define PSEUDO_FIRST 136u
#define PSEUDO_LAST 143u

static const struct {
    uint32_t baud;
    speed_t code;
} speeds[] = {{300, B300},       {600, B600},       {1200, B1200},     {2400, B2400},     {4800, B4800},
              {9600, B9600},     {19200, B19200},   {38400, B38400},   {57600, B57600},   {115200, B115200},
              {230400, B230400}, {460800, B460800}, {500000, B500000}, {921600, B921600}, {1000000, B1000000}};

static speed_t speed_of(uint32_t baud) {
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        if (speeds[i].baud == baud) {
            return speeds[i].code;
        }
    }
    return B0;
}

bool serial_has_baud(uint32_t baud) {
    return speed_of(baud) != B0;
}

/* Up to four hexadecimal digits; -1: other characters. */
static int read_number(dragoman_bytes text) {
    int number = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        number = number * 16 + digit;
    }
    return text.size >= 1 && text.size <= 4 ? number : -1;
}

static dragoman_bytes until_colon(dragoman_bytes *rest) {
    const uint8_t *colon = rest->size == 0 ? NULL : memchr(rest->data, ':', rest->size);
    size_t size = colon == NULL ? rest->size : (size_t)(colon - rest->data);
    dragoman_bytes part = {rest->data, size};
    size_t skip = colon == NULL ? size : size + 1;
    *rest = (dragoman_bytes){rest->data + skip, rest->size - skip};
    return part;
}

bool serial_usb_parse(dragoman_bytes text, serial_usb *ret_usb) {
    dragoman_bytes rest = text;
    ret_usb->vendor = read_number(until_colon(&rest));
    ret_usb->product = read_number(until_colon(&rest));
    ret_usb->serial = rest;
    return ret_usb->vendor >= 0 && ret_usb->product >= 0;
}

static bool is_wanted(struct sp_port *port, const serial_usb *wanted) {
    int vendor = 0;
    int product = 0;
    if (sp_get_port_transport(port) != SP_TRANSPORT_USB || sp_get_port_usb_vid_pid(port, &vendor, &product) != SP_OK ||
        vendor != wanted->vendor || product != wanted->product) {
        return false;
    }
    const char *serial = sp_get_port_usb_serial(port);
    return wanted->serial.size == 0 || (serial != NULL && bytes_is(wanted->serial, serial));
}

/* The path of the one port that is like that. */
static dragoman_status find_port(const char *identity, char *to, size_t room, error_record *error) {
    serial_usb wanted;
    struct sp_port **ports = NULL;
    uint32_t found = 0;
    if (!serial_usb_parse(bytes_of(identity), &wanted) || sp_list_ports(&ports) != SP_OK) {
        return error_set(error, DRAGOMAN_IO, "the serial ports of this machine cannot be listed");
    }
    for (size_t i = 0; ports[i] != NULL; i++) {
        if (is_wanted(ports[i], &wanted)) {
            snprintf(to, room, "%s", sp_get_port_name(ports[i]));
            found++;
        }
    }
    sp_free_port_list(ports);
    if (found > 1) {
        return error_set(error, DRAGOMAN_EXISTS,
                         "%u ports with the USB identity %s are plugged in: add the serial number, "
                         "usb=VID:PID:SERIAL",
                         found, identity);
    }
    return found == 1
               ? DRAGOMAN_OK
               : error_set(error, DRAGOMAN_NOT_FOUND, "no port with the USB identity %s is plugged in", identity);
}

static bool is_pseudo(int descriptor) {
    struct stat facts;
    unsigned number = fstat(descriptor, &facts) == 0 ? major(facts.st_rdev) : 0;
    return number >= PSEUDO_FIRST && number <= PSEUDO_LAST;
}

static tcflag_t control_flags(const serial_settings *wanted) {
    static const tcflag_t bits[] = {CS5, CS6, CS7, CS8};
    tcflag_t flags = CLOCAL | CREAD | HUPCL | bits[(wanted->bits == 0 ? SERIAL_BITS_DEFAULT : wanted->bits) - 5];
    flags |= wanted->stop == 2 ? CSTOPB : 0;
    flags |= wanted->flow == SERIAL_FLOW_RTS_CTS ? CRTSCTS : 0;
    switch (wanted->parity) {
    case SERIAL_PARITY_EVEN:
        return flags | PARENB;
    case SERIAL_PARITY_ODD:
        return flags | PARENB | PARODD;
    case SERIAL_PARITY_MARK:
        return flags | PARENB | CMSPAR | PARODD;
    case SERIAL_PARITY_SPACE:
        return flags | PARENB | CMSPAR;
    default:
        return flags;
    }
}

static struct termios make_settings(const serial_settings *wanted) {
    struct termios made = {.c_cflag = control_flags(wanted)};
    speed_t speed = speed_of(wanted->baud == 0 ? SERIAL_BAUD_DEFAULT : wanted->baud);
    cfsetispeed(&made, speed);
    cfsetospeed(&made, speed);
    /* A byte with a wrong parity bit is read as NUL: left out it could make another number. */
    made.c_iflag = (made.c_cflag & PARENB) != 0 ? INPCK : 0;
    made.c_iflag |= wanted->flow == SERIAL_FLOW_XON_XOFF ? IXON | IXOFF : 0;
    made.c_cc[VSTART] = 0x11;
    made.c_cc[VSTOP] = 0x13;
    /* So that a read of no bytes means that the port is gone. */
    made.c_cc[VMIN] = 1;
    return made;
}

/* Modem lines that a port does not have, as a pseudo-terminal, are none of our concern. */
static void set_lines(int descriptor, const serial_settings *wanted) {
    int rts = TIOCM_RTS;
    int dtr = TIOCM_DTR;
    if (wanted->flow != SERIAL_FLOW_RTS_CTS) {
        (void)ioctl(descriptor, wanted->rts == SERIAL_LINE_OFF ? TIOCMBIC : TIOCMBIS, &rts);
    }
    (void)ioctl(descriptor, wanted->dtr == SERIAL_LINE_OFF ? TIOCMBIC : TIOCMBIS, &dtr);
}

/* tcsetattr is content when it could do any of it. */
static void compare(int descriptor, const char *place, const struct termios *asked, error_record *warning) {
    tcflag_t matters = CSIZE | PARENB | PARODD | CMSPAR | CSTOPB | CRTSCTS;
    struct termios got;
    bool is_other = tcgetattr(descriptor, &got) != 0 || ((got.c_cflag ^ asked->c_cflag) & matters) != 0 ||
                    cfgetospeed(&got) != cfgetospeed(asked);
    if (is_other && !is_pseudo(descriptor)) {
        error_set(warning, DRAGOMAN_UNSUPPORTED, "%s did not take all of the settings of `serial:`", place);
    }
}

static dragoman_status fail(int descriptor, const char *place, error_record *error) {
    int reason = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return error_set(error, reason == ENOENT ? DRAGOMAN_NOT_FOUND : DRAGOMAN_IO, "%s cannot be opened: %s", place,
                     reason == ENOTTY ? "it is no serial port" : strerror(reason));
}

dragoman_status serial_open(const char *place, const serial_settings *settings, int *ret_descriptor,
                            error_record *warning, error_record *error) {
    static const char usb[] = "usb=";
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s", place);
    if (strncmp(place, usb, sizeof(usb) - 1) == 0) {
        dragoman_status status = find_port(place + sizeof(usb) - 1, path, sizeof(path), error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios made = make_settings(settings);
    if (descriptor < 0 || tcsetattr(descriptor, TCSANOW, &made) != 0 || ioctl(descriptor, TIOCEXCL) != 0) {
        return fail(descriptor, place, error);
    }
    compare(descriptor, place, &made, warning);
    set_lines(descriptor, settings);
    tcflush(descriptor, TCIFLUSH);
    *ret_descriptor = descriptor;
    return DRAGOMAN_OK;
}
