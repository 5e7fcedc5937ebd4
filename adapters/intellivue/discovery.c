#include "discovery.h"
#include "codes.h"
#include "reply.h"
#include "text.h"
#include <string.h>

/* ApplProtoId. */
#define AP_ID_DATA_OUT 5u

bool intellivue_connect_indication(dragoman_bytes message, uint16_t *ret_port) {
    intellivue_operation operation;
    if (message.size < INTELLIVUE_NOMENCLATURE_BYTES || message.data[0] == INTELLIVUE_SESSION_ID ||
        intellivue_operation_read(message, &operation) != DRAGOMAN_OK || operation.ro_type != ROIV_APDU ||
        operation.command != CMD_EVENT_REPORT || operation.type != NOM_NOTI_CONN_INDIC) {
        return false;
    }
    intellivue_reader body = intellivue_reader_of(operation.body);
    intellivue_object indication;
    if (!intellivue_attributes_read(&body, &indication)) {
        return false;
    }
    intellivue_reader support = intellivue_reader_of(intellivue_attribute(&indication, NOM_ATTR_PCOL_SUPPORT));
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(&support, &count);
    uint16_t port = INTELLIVUE_PORT;
    for (uint16_t n = 0; n < count; n++) {
        uint16_t application = intellivue_read_u16(&list);
        (void)intellivue_read_u16(&list); /* transport: UDP is the only one */
        uint16_t number = intellivue_read_u16(&list);
        (void)intellivue_read_u16(&list); /* options: wireless */
        if (application == AP_ID_DATA_OUT && !list.has_failed && number != 0) {
            port = number;
        }
    }
    *ret_port = port;
    return true;
}

size_t intellivue_address_with_port(dragoman_bytes address, uint16_t port, char to[INTELLIVUE_ADDRESS_BYTES]) {
    size_t host = address.size;
    while (host > 0 && address.data[host - 1] != ':') {
        host--;
    }
    if (host < 2 || host + 5 > INTELLIVUE_ADDRESS_BYTES) {
        return 0;
    }
    memcpy(to, address.data, host);
    return host + intellivue_write_decimal(port, to + host);
}
