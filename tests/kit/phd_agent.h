/*
 * The agent's side of a conversation with a 20601 manager, spelled in hexadecimal. For tests.
 */
#ifndef KIT_PHD_AGENT_H
#define KIT_PHD_AGENT_H

#include "kit/fake_host.h"

/* Opens a session of the adapter `phd` on a stream. Messages settle only when the test says so, or with `at_once`. */
void phd_agent_open(fake_session *session, const char *settings, fake_settling settling);
/* Sends an APDU. */
void phd_agent_say(fake_session *session, const char *hex);
/* Fails the test unless exactly these bytes were sent since the last time; NULL or "": nothing was. */
void phd_agent_hears(fake_session *session, const char *hex);
/* Forgets what was sent. */
void phd_agent_ignores(fake_session *session);
/* Fails the test unless exactly these lines came of the session since the last time; "scan-*" stands for an id that is
 * made of the measurements. */
void phd_agent_made(fake_session *session, const char *text);
/* Ends the session; fails the test when it broke the contract. */
void phd_agent_close(fake_session *session);

/* An AarqApdu of the system-id 0011223344556677 with this configuration. */
#define PHD_AGENT_AARQ(config)                                                                                         \
    "E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000 0008 0011223344556677 " config    \
    " 0001 01 00 0000 0000"
/* What an agent that is taken hears; the manager's system-id is 1122334455667788. */
#define PHD_AGENT_AARE(result)                                                                                         \
    "E300 002C " result                                                                                                \
    " 5079 0026 80000000 8000 80000000 00000000 80000000 0008 1122334455667788 0000 0000 00 00 0000 0000 "
/* The manager asks for all attributes of the MDS. */
#define PHD_AGENT_GET "E700 000E 000C 0000 0103 0006 0000 0000 0000 "
#define PHD_AGENT_SETTINGS "system_id=11-22-33-44-55-66-77-88"

#endif
