/* The connection to the broker: made, looked after, ended. */
#include "sinks/mqtt/mqtt.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char here[] = "online";
static const char gone[] = "offline";

static void note(mqtt_sink *self, mqtt_state state, const char *reason) {
    pthread_mutex_lock(&self->lock);
    bool is_end = state == MQTT_BROKEN;
    if (!is_end || self->state == MQTT_CONNECTING || self->state == MQTT_UP) {
        self->state = state;
        /* A line of OpenSSL's says more than what came of it. */
        if (!is_end || self->reason[0] == '\0') {
            snprintf(self->reason, sizeof self->reason, "%s", reason);
        }
    }
    self->has_farewell |= is_end;
    self->is_rung = true;
    pthread_cond_signal(&self->news);
    pthread_mutex_unlock(&self->lock);
}

void mqtt_break(mqtt_sink *self, const char *reason) {
    char text[MQTT_REASON_BYTES];
    snprintf(text, sizeof text, "%s is not reached (%s)", self->shown, reason == NULL ? "no reason known" : reason);
    note(self, MQTT_BROKEN, text);
}

static void refuse(mqtt_sink *self, const char *reason) {
    char text[MQTT_REASON_BYTES];
    snprintf(text, sizeof text, "%s refuses us: %s", self->shown, reason);
    note(self, MQTT_BROKEN, text);
}

static void connected(void *context, MQTTAsync_successData *data) {
    (void)data;
    note(context, MQTT_UP, "");
}

/* MQTT 5.0, 3.2.2.3: what the broker can take. */
static void connected_5(void *context, MQTTAsync_successData5 *data) {
    mqtt_sink *self = context;
    MQTTProperties *says = &data->properties;
    mqtt_limits limits = {.qos = 2, .at_once = MQTT_INFLIGHT_MAX};
    if (MQTTProperties_hasProperty(says, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE)) {
        limits.packet_bytes = (uint32_t)MQTTProperties_getNumericValue(says, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE);
    }
    if (MQTTProperties_hasProperty(says, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)) {
        limits.at_once = (uint32_t)MQTTProperties_getNumericValue(says, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
    }
    if (MQTTProperties_hasProperty(says, MQTTPROPERTY_CODE_MAXIMUM_QOS)) {
        limits.qos = MQTTProperties_getNumericValue(says, MQTTPROPERTY_CODE_MAXIMUM_QOS);
    }
    if (MQTTProperties_hasProperty(says, MQTTPROPERTY_CODE_RETAIN_AVAILABLE)) {
        limits.refuses_retained = MQTTProperties_getNumericValue(says, MQTTPROPERTY_CODE_RETAIN_AVAILABLE) == 0;
    }
    pthread_mutex_lock(&self->lock);
    self->limits = limits;
    pthread_mutex_unlock(&self->lock);
    note(self, MQTT_UP, "");
}

static void connected_not(void *context, MQTTAsync_failureData *data) {
    /* MQTT 3.1.1, 3.2.2.3 */
    static const char *const reasons[] = {
        [1] = "it does not speak MQTT 3.1.1", [2] = "it does not like our client_id",
        [3] = "its service is not available", [4] = "user or password is wrong",
        [5] = "we are not authorised",
    };
    int code = data == NULL ? 0 : data->code;
    if (code > 0 && code < (int)(sizeof reasons / sizeof reasons[0])) {
        refuse(context, reasons[code]);
    } else {
        mqtt_break(context, data != NULL && data->message != NULL ? data->message : MQTTAsync_strerror(code));
    }
}

/* The library gives the CONNACK's reason (MQTT 5.0, 3.2.2.2) as its own code. */
static void connected_not_5(void *context, MQTTAsync_failureData5 *data) {
    int code = data == NULL ? 0 : data->reasonCode != MQTTREASONCODE_SUCCESS ? (int)data->reasonCode : data->code;
    const char *text =
        code < MQTTREASONCODE_UNSPECIFIED_ERROR ? NULL : MQTTReasonCode_toString((enum MQTTReasonCodes)code);
    if (code == 1 || code == MQTTREASONCODE_UNSUPPORTED_PROTOCOL_VERSION) {
        refuse(context, "it does not speak MQTT 5: write `version: 3`");
    } else if (text != NULL) {
        refuse(context, text);
    } else {
        mqtt_break(context, data != NULL && data->message != NULL ? data->message : MQTTAsync_strerror(code));
    }
}

static void lost(void *context, char *cause) {
    mqtt_break(context, cause == NULL ? "the connection ended" : cause);
}

static void dismissed(void *context, MQTTProperties *properties, enum MQTTReasonCodes code) {
    (void)properties;
    const char *text = MQTTReasonCode_toString(code);
    mqtt_break(context, text == NULL ? "it ended the connection" : text);
}

/* Nobody subscribes here; what comes nevertheless is not ours. */
static int arrived(void *context, char *topic, int length, MQTTAsync_message *message) {
    (void)context;
    (void)length;
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* What OpenSSL says, a line a call: "THREAD:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:". The first tells most. */
static int tls_error(const char *text, size_t size, void *context) {
    enum { FIELDS_BEFORE = 5 };
    mqtt_sink *self = context;
    const char *at = text;
    (void)size;
    for (int i = 0; at != NULL && i < FIELDS_BEFORE; i++) {
        at = strchr(at, ':');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL) {
        return 1;
    }
    pthread_mutex_lock(&self->lock);
    if (self->state == MQTT_CONNECTING && self->reason[0] == '\0') {
        snprintf(self->reason, sizeof self->reason, "%s is not reached (TLS: %.*s)", self->shown,
                 (int)strcspn(at, ":\n"), at);
    }
    pthread_mutex_unlock(&self->lock);
    return 1;
}

/* Read at each connect, so that a new password counts from then on. False: the file cannot be read. */
static bool read_password(mqtt_sink *self, char password[MQTT_PASSWORD_BYTES]) {
    password[0] = '\0';
    if (self->password_file[0] == '\0') {
        return true;
    }
    FILE *file = fopen(self->password_file, "re");
    if (file == NULL) {
        char reason[MQTT_REASON_BYTES];
        snprintf(reason, sizeof reason, "the password file %.400s cannot be read: %s", self->password_file,
                 strerror(errno));
        note(self, MQTT_BROKEN, reason);
        return false;
    }
    size_t size = fread(password, 1, MQTT_PASSWORD_BYTES - 1, file);
    password[size] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    fclose(file);
    return true;
}

static const char *or_null(const char *text) {
    return text[0] == '\0' ? NULL : text;
}

static void begin(mqtt_sink *self, const char *password) {
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    MQTTAsync_connectOptions options_5 = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    if (self->version == 5) {
        options = options_5;
        options.onSuccess5 = connected_5;
        options.onFailure5 = connected_not_5;
    } else {
        options.MQTTVersion = MQTTVERSION_3_1_1;
        options.onSuccess = connected;
        options.onFailure = connected_not;
    }
    options.context = self;
    options.keepAliveInterval = self->keep_alive_s;
    options.connectTimeout = MQTT_CONNECT_MS / 1000;
    options.maxInflight = (int)self->inflight;
    options.username = or_null(self->user);
    options.password = or_null(password);
    will.topicName = self->state_text;
    will.message = gone;
    will.retained = 1;
    will.qos = 1;
    options.will = self->state_text[0] == '\0' ? NULL : &will;
    tls.trustStore = or_null(self->authority_file);
    tls.keyStore = or_null(self->certificate_file);
    tls.privateKey = or_null(self->key_file[0] == '\0' ? self->certificate_file : self->key_file);
    /* Without one, OpenSSL would ask at the terminal. */
    tls.privateKeyPassword = "";
    tls.enableServerCertAuth = self->verify_server;
    tls.verify = self->verify_server;
    tls.sslVersion = MQTT_SSL_VERSION_DEFAULT;
    tls.ssl_error_cb = tls_error;
    tls.ssl_error_context = self;
    options.ssl = self->is_tls ? &tls : NULL;
    int code = MQTTAsync_connect(self->client, &options);
    if (code != MQTTASYNC_SUCCESS) {
        mqtt_break(self, MQTTAsync_strerror(code));
    }
}

/* The library ends its threads with its last client and starts them with the next, and that is where two sinks that
 * come and go get into each other's way. So one client that never connects stays. */
static void keep_library(void) {
    static MQTTAsync keeper;
    (void)MQTTAsync_create(&keeper, "tcp://localhost:1883", "keeper", MQTTCLIENT_PERSISTENCE_NONE, NULL);
}

void mqtt_connect(mqtt_sink *self) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, keep_library);
    char password[MQTT_PASSWORD_BYTES];
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
    options.MQTTVersion = self->version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    pthread_mutex_lock(&self->lock);
    self->state = MQTT_CONNECTING;
    self->reason[0] = '\0';
    self->limits = (mqtt_limits){.qos = 2, .at_once = MQTT_INFLIGHT_MAX};
    self->has_farewell = false;
    pthread_mutex_unlock(&self->lock);
    self->has_announced = false;
    self->tell_links_us = 0;
    if (self->told_room > 0) {
        memset(self->told, 0, self->told_room * sizeof *self->told);
    }
    self->connecting_until_us = clock_now().monotonic_us + (int64_t)MQTT_CONNECT_MS * 1000;
    if (!read_password(self, password)) {
        return;
    }
    int code = MQTTAsync_createWithOptions(&self->client, self->uri, self->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                           &options);
    if (code == MQTTASYNC_SUCCESS) {
        MQTTAsync_setCallbacks(self->client, self, lost, arrived, NULL);
        MQTTAsync_setDisconnected(self->client, self, dismissed);
        begin(self, password);
    } else {
        self->client = NULL;
        mqtt_break(self, MQTTAsync_strerror(code));
    }
    explicit_bzero(password, sizeof password);
}

void mqtt_drop(mqtt_sink *self) {
    /* Calls back for what it still held, on this thread, and never after. */
    MQTTAsync_destroy(&self->client);
    self->client = NULL;
    pthread_mutex_lock(&self->lock);
    self->state = MQTT_DOWN;
    self->inflight_now = 0;
    pthread_mutex_unlock(&self->lock);
}

static void say_gone(mqtt_sink *self, MQTTAsync_responseOptions *answer) {
    MQTTAsync_message message = MQTTAsync_message_initializer;
    message.payload = (void *)(uintptr_t)gone;
    message.payloadlen = (int)strlen(gone);
    message.qos = 1;
    message.retained = 1;
    int code = MQTTAsync_sendMessage(self->client, self->state_text, &message, answer);
    if (code != MQTTASYNC_SUCCESS) {
        mqtt_break(self, MQTTAsync_strerror(code));
    }
}

void mqtt_announce(mqtt_sink *self) {
    self->has_announced = true;
    if (self->state_text[0] != '\0') {
        mqtt_say(self, self->state_text, bytes_of(here));
    }
}

static void note_farewell(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    self->has_farewell = true;
    pthread_cond_signal(&self->news);
    pthread_mutex_unlock(&self->lock);
}

static void farewell(void *context, MQTTAsync_successData *data) {
    (void)data;
    note_farewell(context);
}

static void farewell_5(void *context, MQTTAsync_successData5 *data) {
    (void)data;
    note_farewell(context);
}

static void farewell_not(void *context, MQTTAsync_failureData *data) {
    (void)data;
    note_farewell(context);
}

static void farewell_not_5(void *context, MQTTAsync_failureData5 *data) {
    (void)data;
    note_farewell(context);
}

static void await_farewell(mqtt_sink *self) {
    int64_t until_us = clock_now().monotonic_us + (int64_t)MQTT_FAREWELL_MS * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    pthread_mutex_lock(&self->lock);
    while (!self->has_farewell && pthread_cond_timedwait(&self->news, &self->lock, &until) == 0) {
        /* Rung for something else. */
    }
    self->has_farewell = self->state == MQTT_BROKEN;
    pthread_mutex_unlock(&self->lock);
}

void mqtt_disconnect(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    bool is_up = self->state == MQTT_UP;
    pthread_mutex_unlock(&self->lock);
    if (is_up) {
        MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
        MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
        MQTTAsync_disconnectOptions options_5 = MQTTAsync_disconnectOptions_initializer5;
        answer.context = self;
        if (self->version == 5) {
            options = options_5;
            options.onSuccess5 = farewell_5;
            options.onFailure5 = farewell_not_5;
            answer.onSuccess5 = farewell_5;
            answer.onFailure5 = farewell_not_5;
        } else {
            options.onSuccess = farewell;
            options.onFailure = farewell_not;
            answer.onSuccess = farewell;
            answer.onFailure = farewell_not;
        }
        options.context = self;
        if (self->state_text[0] != '\0') {
            say_gone(self, &answer);
            await_farewell(self);
        }
        if (MQTTAsync_disconnect(self->client, &options) == MQTTASYNC_SUCCESS) {
            await_farewell(self);
        }
    }
    mqtt_drop(self);
}
