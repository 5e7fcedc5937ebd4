/*
 * How much one adapter instance may hold, so that no device can make the host run out of memory.
 */
#ifndef HOST_LIMITS_H
#define HOST_LIMITS_H

/* Memory of dragoman_host.allocate for one instance: sessions keep a few kB; the rest is for reassembly of fragments.
 */
#define HOST_INSTANCE_BYTES_MAX ((size_t)8 << 20)
/* Memory of dragoman_host.batch within one call: a 64 MiB message with its parsed form beside it. */
#define HOST_BATCH_BYTES_MAX ((size_t)1 << 30)
/* Encoded bytes of one message: more than any 64 MiB input becomes. */
#define HOST_MESSAGE_BYTES_MAX ((size_t)256 << 20)
/* Reports of one message: a batch of results for many patients at once. */
#define HOST_MESSAGE_REPORTS_MAX 65536u
/* State changes and dead letters of one message. */
#define HOST_MESSAGE_STATES_MAX 4096u
#define HOST_MESSAGE_DEAD_MAX 1024u
/* One state value, and its key. */
#define HOST_STATE_VALUE_BYTES_MAX ((size_t)1 << 20)
#define HOST_STATE_KEY_BYTES_MAX 64u
/* Unread bytes of a stream: the largest message that an adapter may wait for, plus its framing. */
#define HOST_UNREAD_BYTES_MAX ((size_t)65 << 20)
/* Unread bytes of all streams of one thread: eight of the largest messages at once. Beyond it a stream that
 * holds more than a few ordinary messages ends, so that senders who begin large ones and do not end them cost
 * themselves. */
#define HOST_UNREAD_TOTAL_BYTES_MAX ((size_t)8 * HOST_UNREAD_BYTES_MAX)
#define HOST_UNREAD_SMALL_BYTES_MAX ((size_t)64 << 10)
/* Spent message blocks kept for the next message; beyond that they are freed. */
#define HOST_SPARE_MESSAGES_MAX 1024u
/* A spare block keeps no more memory than this: an ordinary message of 200 observations. */
#define HOST_SPARE_MESSAGE_BYTES_MAX ((size_t)128 << 10)

/* Memory that the unsettled messages of all instances of one thread may hold, reports, state and dead letters: beyond,
 * streams are not read until the store has caught up. */
#define HOST_UNSETTLED_BYTES_MAX ((size_t)128 << 20)
/* As many messages: half of what the store's queue takes, since a session without any unsettled one may always add its
 * own. A message that found no room there would be refused before those that wait in front of it are settled. */
#define HOST_UNSETTLED_MESSAGES_MAX 32768u

#endif
