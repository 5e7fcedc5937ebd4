/*
 * Runs a device at the end of a serial line (core/simulate/line_player.h) as a command.
 */
#ifndef APP_SIMULATE_PLAYER_H
#define APP_SIMULATE_PLAYER_H

#include "app/simulate_line.h"
#include "simulate/line_player.h"

/* Reads the options of `command` and plays a device of `protocol` until it is stopped. Returns the exit code. */
int simulate_player_run(const app_command *command, const line_protocol *protocol, int argc, char **argv);
/* The same for a device of several protocols: the word of `choice` that was given says which; the first is the default.
 */
int simulate_player_choose(const app_command *command, const line_protocol *const *protocols, line_choice *choice,
                           int argc, char **argv);

#endif
