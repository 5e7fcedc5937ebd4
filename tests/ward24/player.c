#include "ward24/player.h"

#include "base/bytes.h"
#include "simulate/agents.h"
#include "simulate/analyser.h"
#include "simulate/gateway.h"
#include "simulate/medibus.h"
#include "simulate/play_ward.h"
#include "simulate/register_server.h"
#include "simulate/ward.h"

#define HOST "127.0.0.1"
#define S_US INT64_C(1000000)

static void nothing(void *context) {
    (void)context;
}

static void destroy_ward(void *device) {
    ward_destroy(device);
}

static void *start_ward(loop *on, const player_options *with) {
    ward_options options = {.beds = 1,
                            .host = HOST,
                            .port = with->port,
                            .interval_us = 2 * S_US,
                            .metrics = 12,
                            .seed = with->seed,
                            .with_events = true,
                            .first_id = with->first_id};
    return ward_create(on, &options, nothing, NULL);
}

static void destroy_monitors(void *device) {
    play_ward_destroy(device);
}

static void *start_monitors(loop *on, const player_options *with) {
    play_ward_options options = {.monitors = 1,
                                 .ip = {127, 0, 0, 1},
                                 .port = with->port,
                                 .seed = with->seed,
                                 .clock_offset_us = with->clock_shift_us};
    play_ward *made = NULL;
    return play_ward_create(on, &options, &made, NULL) == DRAGOMAN_OK ? made : NULL;
}

static void destroy_ventilator(void *device) {
    medibus_player_destroy(device);
}

static void *start_ventilator(loop *on, const player_options *with) {
    line_options options = {.kind = PORT_LISTEN,
                            .host = HOST,
                            .number = with->port,
                            .seed = with->seed,
                            .faults = {.clock_shift_us = with->clock_shift_us}};
    return medibus_player_create(on, &options);
}

static void destroy_registers(void *device) {
    register_server_destroy(device);
}

static void *start_registers(loop *on, const player_options *with) {
    register_server_options options = {
        .host = HOST, .port = with->port, .framing = REGISTER_RTU, .devices = {.count = 1, .seed = with->seed}};
    register_server *made = NULL;
    return register_server_create(on, &options, nothing, NULL, &made, NULL) == DRAGOMAN_OK ? made : NULL;
}

static void destroy_agents(void *device) {
    agents_destroy(device);
}

static void *start_agents(loop *on, const player_options *with) {
    agents_options options = {.count = 1,
                              .kind = agent_kind_find(DRAGOMAN_TEXT("oximeter")),
                              .host = HOST,
                              .port = with->port,
                              .interval_us = 2 * S_US,
                              .seed = with->seed,
                              .faults = {.clock_us = with->clock_shift_us}};
    return agents_create(on, &options, nothing, NULL);
}

static void destroy_gateway(void *device) {
    gateway_destroy(device);
}

static void *start_gateway(loop *on, const player_options *with) {
    gateway_options options = {.kind = PORT_LISTEN,
                               .host = HOST,
                               .number = with->port,
                               .name = "gateway",
                               .seed = with->seed,
                               .devices = 6,
                               .interval_us = 5 * S_US,
                               .has_check = true,
                               .faults = {.clock_shift_us = with->clock_shift_us},
                               .ended = nothing};
    return gateway_create(on, &options);
}

static void destroy_analyser(void *device) {
    analyser_destroy(device);
}

static void *start_analyser(loop *on, const player_options *with) {
    analyser_options options = {.kind = PORT_CONNECT,
                                .host = HOST,
                                .number = with->port,
                                .seed = with->seed,
                                .interval_us = 5 * S_US,
                                .frame = 240,
                                .faults = {.clock_shift_us = with->clock_shift_us},
                                .ended = nothing};
    return analyser_create(on, &options);
}

static const struct {
    void *(*start)(loop *on, const player_options *with);
    void (*destroy)(void *device);
} kinds[] = {
    {start_ward, destroy_ward},           {start_monitors, destroy_monitors}, {start_ventilator, destroy_ventilator},
    {start_registers, destroy_registers}, {start_agents, destroy_agents},     {start_gateway, destroy_gateway},
    {start_analyser, destroy_analyser}};

bool player_start(uint32_t kind, loop *on, const player_options *options, player *ret_player) {
    *ret_player = (player){.device = kinds[kind].start(on, options), .destroy = kinds[kind].destroy};
    return ret_player->device != NULL;
}

void player_stop(player *self) {
    if (self->device != NULL) {
        self->destroy(self->device);
    }
    self->device = NULL;
}
