/* Any order of events: an agent's APDUs, in and out of place and slightly damaged, settlements good and bad, time that
 * passes, the connection that comes back. Two bytes make one event. */
#include "kit/fake_host.h"
#include "kit/hex.h"
#include "kit/phd_agent.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_phd;

/* A glucose meter with a store (configuration 4002) and a thermometer (0320). */
static const char *const apdus[] = {
    PHD_AGENT_AARQ("4002"),
    PHD_AGENT_AARQ("0320"),
    PHD_AGENT_AARQ("8000"),
    ("E700006E006C0003010100660000FFFFFFFF0D1C005C400200020056000600010003001E092F0004000271B80996000208520A55000C0002"
     "00080A4C000209900008003D0014000600280A4D000208000943000204000951000200020953000200000A63000400003E800A6400040000"
     "9C40"),
    "E700000E000C000002030006000000000000",
    "E7000014001200010203000C001400010006095100020002",
    ("E7000068006600020207006000140C0D005A000200560003000300280A4E00168000000100100006000271B80001000100040A4C0002097B"
     "0004000000030A4F000200050004000200220A4E00168000000100100006000271B80001000100040A4C0002097B000400000000"),
    "E7000012001000030207000A00140C1C000400030000",
    "E7000034003200510101002C0014FFFFFFFF0D21002200030000000000000002800000142026010108000000F3E82026010112000000F44C",
    "E700002A00280052010100220014FFFFFFFF0D210018000300000002000000014000000A202601011800000007FF",
    "E700000E000C00040207000600140C0C0000",
    "E700002A002812360101002200000000000 00D1D0018F0000000000100100001000CFF0001722009061208300000",
    "E700002A00281236010000220000000000000D1D0018F0000000000100100001000CFF0001722009061208300000",
    "E3000006000100000000",
    "E40000020000",
    "E50000020000",
    "E60000020000",
    "E700000C000A00000300000400010000",
    "E700000A00080001040000020067",
    "E700000E000C000701030006000000000000",
};
#define APDUS (sizeof apdus / sizeof *apdus)

static void say(fake_session *session, uint8_t which, uint8_t damage) {
    buffer bytes;
    buffer_init(&bytes);
    hex_read(apdus[which % APDUS], &bytes);
    /* Most are whole; a byte of the others is another. */
    if (damage >= 128 && bytes.size > 0) {
        bytes.data[damage % bytes.size] ^= (uint8_t)(1u << (damage % 8));
    }
    fake_session_feed(session, buffer_bytes(&bytes), false);
    buffer_fini(&bytes);
}

static void settle(fake_session *session, uint8_t how) {
    if (session->host.last_number > session->settled && !session->host.is_open) {
        dragoman_settlement settlement = how % 3 == 0   ? DRAGOMAN_NOT_KEPT
                                         : how % 3 == 1 ? DRAGOMAN_DURABLE
                                                        : DRAGOMAN_DUPLICATE;
        fake_session_settle(session, session->settled + 1, settlement, DRAGOMAN_OK, "");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fake_session session;
    if (size < 1 || !fake_session_open(&session, &dragoman_adapter_phd,
                                       (data[0] & 1) != 0 ? "clear_stored=true release_after=5000" : NULL,
                                       DRAGOMAN_CHANNEL_STREAM)) {
        return 0;
    }
    session.settling = (data[0] & 2) != 0 ? FAKE_SETTLE_AT_ONCE : FAKE_SETTLE_NEVER;
    for (size_t n = 1; n + 1 < size && n < 512 && !session.has_failed; n += 2) {
        uint8_t kind = data[n] >> 5;
        if (kind == 7) {
            fake_session_pass(&session, (int64_t)data[n + 1] * 100000);
        } else if (kind == 6) {
            settle(&session, data[n + 1]);
        } else {
            say(&session, data[n], data[n + 1]);
        }
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    return 0;
}
