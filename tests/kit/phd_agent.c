#include "kit/phd_agent.h"
#include "kit/hex.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const dragoman_adapter_descriptor dragoman_adapter_phd;

void phd_agent_open(fake_session *session, const char *settings, fake_settling settling) {
    assert_true(fake_session_open(session, &dragoman_adapter_phd, settings, DRAGOMAN_CHANNEL_STREAM));
    session->settling = settling;
}

void phd_agent_say(fake_session *session, const char *hex) {
    buffer bytes;
    buffer_init(&bytes);
    hex_read(hex, &bytes);
    fake_session_feed(session, buffer_bytes(&bytes), false);
    buffer_fini(&bytes);
    assert_false(session->has_failed);
}

void phd_agent_hears(fake_session *session, const char *hex) {
    buffer wanted;
    buffer spelled;
    buffer heard;
    buffer_init(&wanted);
    buffer_init(&spelled);
    buffer_init(&heard);
    hex_read(hex == NULL ? "" : hex, &wanted);
    hex_write(buffer_bytes(&wanted), &spelled);
    hex_write(buffer_bytes(&session->sent), &heard);
    buffer_append_byte(&spelled, 0);
    buffer_append_byte(&heard, 0);
    assert_string_equal((const char *)heard.data, (const char *)spelled.data);
    buffer_fini(&wanted);
    buffer_fini(&spelled);
    buffer_fini(&heard);
    buffer_reset(&session->sent);
}

void phd_agent_ignores(fake_session *session) {
    buffer_reset(&session->sent);
}

#define ID_DIGITS 16

/* The ids are digests, which no standard says anything of. */
static void mask_ids(char *text) {
    for (char *at = strstr(text, "scan-"); at != NULL; at = strstr(at, "scan-")) {
        at += strlen("scan-");
        if (strspn(at, "0123456789abcdef") == ID_DIGITS) {
            at[0] = '*';
            memmove(at + 1, at + ID_DIGITS, strlen(at + ID_DIGITS) + 1);
        }
    }
}

void phd_agent_made(fake_session *session, const char *text) {
    char *made = strdup(fake_host_text(&session->host));
    mask_ids(made);
    assert_string_equal(made, text);
    free(made);
    fake_host_forget(&session->host);
}

void phd_agent_close(fake_session *session) {
    const char *broken = fake_session_close(session);
    if (broken != NULL) {
        fail_msg("the contract is broken: %s", broken);
    }
}
