#include "query.h"

typedef struct query_row {
    dragoman_bytes name;
    dragoman_bytes frame;
} query_row;

#define QUERY(name, checksum) {DRAGOMAN_TEXT_INIT(name), DRAGOMAN_TEXT_INIT("!" name "|" checksum "\r")}

static const query_row rows[ASENA_QUERIES] = {
    [ASENA_QUERY_SERIAL] = QUERY("INST_SERIALNO", "457D"), [ASENA_QUERY_PROTOCOL] = QUERY("COMMS_PROTOCOL", "E8DA"),
    [ASENA_QUERY_INFUSION] = QUERY("INF", "4961"),         [ASENA_QUERY_VOLUME_TO_INFUSE] = QUERY("INF_VTBI", "8456"),
    [ASENA_QUERY_ALARM] = QUERY("ALARM", "50B2"),          [ASENA_QUERY_SYRINGE] = QUERY("SYRINGE_STATUS", "4102"),
};

dragoman_bytes asena_query_name(asena_query query) {
    return rows[query].name;
}

dragoman_bytes asena_query_frame(asena_query query) {
    return rows[query].frame;
}
