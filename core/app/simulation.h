/*
 * What `dragoman simulate` can play: a row each in simulate.c, and a file each (simulate_NAME.c), over the devices of
 * core/simulate.
 *
 * A simulation is a command of its own, with the name "simulate NAME"; its argv[0] is NAME.
 */
#ifndef APP_SIMULATION_H
#define APP_SIMULATION_H

#include "app/command.h"
#include "loop/loop.h"

extern const app_command app_simulate_asena;
extern const app_command app_simulate_astm;
extern const app_command app_simulate_bcc;
extern const app_command app_simulate_dri;
extern const app_command app_simulate_contec;
extern const app_command app_simulate_gatt;
extern const app_command app_simulate_hl7v2;
extern const app_command app_simulate_intellivue;
extern const app_command app_simulate_lines;
extern const app_command app_simulate_medibus;
extern const app_command app_simulate_modbus;
extern const app_command app_simulate_nonin;
extern const app_command app_simulate_phd;

/* Makes the one loop that a simulation runs on; Ctrl-C and SIGTERM stop it. NULL: none could be made, and that was
 * said. The caller destroys it. */
loop *simulation_loop(void);

/* Runs a loop until it is stopped, or for so many seconds; 0: without end. */
void simulation_run(loop *on, int64_t seconds);

/* An option's whole number from `least` to `most`. Returns the exit code; what is wrong was said in the command's name.
 */
int simulation_number(const app_command *command, const char *text, int64_t least, int64_t most, int64_t *ret_number);

/* An option's time such as 1s or 500ms, in microseconds. As simulation_number. */
int simulation_time(const app_command *command, const char *text, int64_t *ret_us);

/* The same for how far a clock is ahead; with a '-' before it, behind. */
int simulation_shift(const app_command *command, const char *text, int64_t *ret_us);

#endif
