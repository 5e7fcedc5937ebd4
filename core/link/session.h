/*
 * A session: one instance of the adapter and the lines that it speaks over. See internal.h. The loop's thread.
 */
#ifndef LINK_SESSION_H
#define LINK_SESSION_H

#include "link/internal.h"

struct link_session {
    link_session *before, *after;
    link_link *link;
    host_instance *instance; /* NULL: no line is open yet */
    link_line *lines;        /* those that are over stay until the outermost call leaves */
    loop_timer *timer;       /* made when first needed */
    uint32_t depth;          /* calls that are under way in it */
    uint32_t live;           /* lines that are not over */
    bool is_over;
    bool is_draining;
    bool has_failed;    /* not by the adapter's own word */
    int64_t expired_us; /* when expire was called last */
};

/* Makes a session; for DRAGOMAN_SCOPE_LINK with its instance. NULL with the reason. */
link_session *link_session_create(link_link *link, error_record *error);
/* The session for a new line: the link's only one, or a new one. */
link_session *link_session_for_line(link_link *link, error_record *error);
/* Before whatever happens in a session from outside; link_session_leave after it. */
void link_session_enter(link_session *session);
/* The outermost one frees what has ended in between: lines, or the session itself. */
void link_session_leave(link_session *session);

/* Puts a line into its session. */
void link_session_add(link_session *session, link_line *line);
/* The line is up: the adapter meets it. What follows is link_session_after's. */
void link_session_opened(link_line *line);
/* Tells the adapter something. */
void link_session_event(link_session *session, const dragoman_event *event);
/* Tells the adapter that an action was not carried out. */
void link_session_refuse(link_session *session, const dragoman_action *action, dragoman_status status,
                         const char *reason);
/* After any call into the adapter: does what it wants done, ends what is finished, waits for what is next. `status` is
 * what the call came to. */
void link_session_after(link_session *session, dragoman_status status);

/* The open line of a channel, or NULL. */
link_line *link_session_line(const link_session *session, uint32_t index);
/* Whether a channel has a line, open or on its way. */
bool link_session_has_line(const link_session *session, uint32_t index);
/* Whether more input may come over a line. */
bool link_session_may_read(const link_line *line);
/* Ends a line; the adapter hears of it. The last one of a connection's session ends that too. */
void link_line_end(link_line *line, dragoman_close_reason reason);
/* Ends a session with all its lines. */
void link_session_end(link_session *session, dragoman_close_reason reason);
/* Stops reading; it ends when it is settled and answered. */
void link_session_drain(link_session *session);

#endif
