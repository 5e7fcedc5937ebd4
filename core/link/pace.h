/*
 * A pause between two sends on a line, for buses whose devices need one: what comes too early waits here. One thread.
 */
#ifndef LINK_PACE_H
#define LINK_PACE_H

#include "link/internal.h"

/* Carries a SEND or DATAGRAM out, now or when the pause is over. Refuses it when LINK_UNSENT_BYTES_MAX wait already. */
void link_pace_act(link_line *line, const dragoman_action *action);
/* Carries out what is due. May end the line. */
void link_pace_go_on(link_line *line);
/* When something is due, INT64_MAX: nothing waits. */
int64_t link_pace_due_us(const link_line *line);
/* Forgets what waits. */
void link_pace_fini(link_line *line);

#endif
