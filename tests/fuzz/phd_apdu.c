/* Any bytes from an agent: nothing crashes or leaks and the contract is kept, in an association that operates and in
 * one that waits for a configuration. The first byte chooses which, and how the bytes are cut. */
#include "kit/fake_host.h"
#include "kit/hex.h"
#include "kit/phd_agent.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_phd;

static void say(fake_session *session, const char *hex) {
    buffer bytes;
    buffer_init(&bytes);
    hex_read(hex, &bytes);
    fake_session_feed(session, buffer_bytes(&bytes), false);
    buffer_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    fake_session session;
    uint8_t choice = data[0];
    const char *settings = (choice & 4) != 0 ? "clear_stored=true" : "stored=leave scanners=leave release_after=1000";
    if (!fake_session_open(&session, &dragoman_adapter_phd, settings, DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    session.settling = (choice & 8) != 0 ? FAKE_SETTLE_NEVER : FAKE_SETTLE_AT_ONCE;
    session.host.limit = (choice & 16) != 0 ? 65536 : 0;
    if ((choice & 3) != 0) {
        say(&session, (choice & 3) == 1 ? PHD_AGENT_AARQ("0191") : PHD_AGENT_AARQ("4000"));
    }
    fake_session_feed_pieces(&session, (dragoman_bytes){data + 2, size - 2}, 1u + data[1], false);
    if (!session.has_failed && session.host.last_number > session.settled) {
        fake_session_settle(&session, session.host.last_number, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, "no room");
    }
    if (!session.has_failed) {
        fake_session_pass(&session, 60000000);
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    return 0;
}
