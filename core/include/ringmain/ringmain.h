/* Ringmain for C, and for whatever can call C: one producer, any number of consumers, one ring in shared memory.
 *
 * The verbs are those of the C++ headers, and so are their promises (docs/guarantees.md). What all functions share:
 *
 *   Status     A function that returns int returns a ringmain_status, where not said otherwise; RINGMAIN_OK is 0. Each
 *              names (without RINGMAIN_) those that are its own. Besides: a null pointer or a call out of turn is
 *              RINGMAIN_BAD_OPTION, and so is a struct that was not initialised. Nothing throws, prints or exits.
 *   Message    Whoever gets RINGMAIN_BAD_OPTION from any function, or any failure from a cold one (marked "Cold."),
 *              finds what is wrong and what to do in ringmain_last_error().
 *   Blocking   A function that waits has three forms: plain (for ever), try_ (not at all), _for (timeout_ns;
 *              RINGMAIN_FOREVER: for ever; 0 or less: not at all, as try_ does). It spins for `spin_ns`, then sleeps.
 *              Everything else waits for no other process, but for one that joins a group just now (at most 5 s).
 *   Threads    A handle is used by one thread at a time; ringmain_consumer_release_below() says its exception. Cold
 *              functions without a handle: from any thread.
 *   Ownership  Strings and structs passed in are only read during the call. A handle is the caller's to free. A handle
 *              has at most one claim open, or one message borrowed, at a time; a second is refused.
 *   fork       A handle stays with the process that made it: in a forked child it gives RINGMAIN_LEASE_LOST. Free it
 *              there or leave it; the parent is not disturbed.
 *   ABI        Numbers, names and fields stay. A struct with a `struct_size` may grow at its end: that tells what the
 *              caller knows of, and what lies beyond is the default. All others are of fixed size.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef RINGMAIN_RINGMAIN_H
#define RINGMAIN_RINGMAIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RINGMAIN_VERSION "0.1.0"   /* of this header; of the library: ringmain_version() */
#define RINGMAIN_FOREVER INT64_MAX /* a timeout, a spin */
#define RINGMAIN_NAME_SIZE 136     /* room for every name and its final 0 */

/* ---- outcomes */

typedef enum ringmain_status {
  RINGMAIN_OK = 0,
  /* Outcomes of an ordinary day. */
  RINGMAIN_EMPTY = 1,     /* nothing to receive at this moment */
  RINGMAIN_TIMED_OUT = 2, /* the deadline passed first */
  RINGMAIN_END = 3,       /* the producer closed the ring and everything was received */
  RINGMAIN_NO_ROOM = 4,   /* the slowest group is a whole ring behind: back pressure */
  /* The handle has come to an end, or to a pause (RINGMAIN_PRODUCER_LOST: a new producer may take over). */
  RINGMAIN_PRODUCER_LOST = 10, /* the producer died without closing */
  RINGMAIN_EVICTED = 11,       /* lagged longer than the ring allows; attach again */
  RINGMAIN_REMOVED = 12,       /* the ring was removed */
  RINGMAIN_LEASE_LOST = 13,    /* this handle's lease is gone (a stray closefrom(), or a forked child uses it) */
  RINGMAIN_CONSUMER_LOST = 14, /* of a carrier that isn't a ring: the receiving end is gone */
  /* What was asked for can't be done. */
  RINGMAIN_TOO_LARGE = 20,       /* a message above capacity / 2 - 16, or a buffer too small for the message */
  RINGMAIN_NOT_FOUND = 21,       /* no ring of this name */
  RINGMAIN_EXISTS = 22,          /* a ring of this name exists */
  RINGMAIN_BAD_NAME = 23,        /* not a name of a ring or group */
  RINGMAIN_BAD_OPTION = 24,      /* an option, an argument or a combination of them that makes no sense */
  RINGMAIN_NO_PERMISSION = 25,   /* the file system says no */
  RINGMAIN_NO_SPACE = 26,        /* the memory or disk can't hold the ring */
  RINGMAIN_PRODUCER_EXISTS = 27, /* another producer is alive */
  RINGMAIN_IN_USE = 28,          /* participants are alive */
  RINGMAIN_TOO_MANY = 29,        /* every consumer or group line is taken */
  RINGMAIN_SQUATTED = 30,        /* a foreign lock sits on the byte of a lease */
  RINGMAIN_NO_LOCKS = 31,        /* this file system doesn't keep locks between processes */
  RINGMAIN_BAD_ADDRESS = 32,     /* no address of a carrier, or an option that it doesn't have */
  RINGMAIN_ADDRESS_IN_USE = 33,  /* another process listens there, or has this end */
  RINGMAIN_UNSUPPORTED = 34,     /* this kernel or build doesn't have what is needed */
  /* What was found isn't what it should be. */
  RINGMAIN_NOT_A_RING = 40,      /* no magic: foreign or garbage */
  RINGMAIN_TRUNCATED = 41,       /* a file is shorter than its header says */
  RINGMAIN_LAYOUT_MISMATCH = 42, /* made by another layout version or build */
  RINGMAIN_TYPE_MISMATCH = 43,   /* a typed ring of another type, or untyped */
  RINGMAIN_UNCLEAN = 44,         /* a ring on disk that an earlier boot left without closing */
  RINGMAIN_CORRUPT = 45,         /* the segment, or the journal, holds what no producer wrote */
  RINGMAIN_BAD_FRAME = 46,       /* a stream that is no stream of messages, or breaks off within one */
  RINGMAIN_SYSTEM = 50           /* the operating system failed us; see ringmain_last_system_error() */
} ringmain_status;

/* "end of stream", "the producer died without closing", ... Static text, never null. */
const char* ringmain_describe(int status);

/* What went wrong in the last call of this thread that left a message; "" if none did. Valid until the next such call
 * of this thread. */
const char* ringmain_last_error(void);
int ringmain_last_system_error(void); /* its errno, or 0 */

/* The version of the library: "0.1.0". */
const char* ringmain_version(void);

/* ---- options
 *
 * Always start from the defaults, then change what you like:
 *
 *     ringmain_ring_options options;
 *     ringmain_ring_options_init(&options, sizeof options);
 *     options.capacity = 1 << 20;
 *
 * Where options are passed, NULL means the defaults. A null string is an empty one. `reserved` stays 0. A directory
 * that is empty means the environment variable RINGMAIN_DIR, or else /dev/shm. */

/* What a typed ring carries, and C++ knows as Channel<T>. All empty: untyped bytes at create; at open and attach,
 * whatever the ring carries, unchecked. */
typedef struct ringmain_type {
  const char* name;
  uint64_t size; /* bytes of one value */
  uint64_t hash; /* ringmain_type_hash() is Channel<T>'s */
} ringmain_type;

/* FNV-1a, 64 bit, over: the name and a 0 byte, size and alignment (8 bytes each, little-endian), the schema. */
uint64_t ringmain_type_hash(const char* name, uint64_t size, uint64_t alignment, const char* schema);

/* ringmain_ring_options.policy */
enum { RINGMAIN_WAIT = 0, RINGMAIN_OVERWRITE = 1 };
/* ringmain_consumer_options.start */
enum { RINGMAIN_LATEST = 0, RINGMAIN_OLDEST = 1, RINGMAIN_AT = 2, RINGMAIN_LAST = 3 };

typedef struct ringmain_ring_options {
  size_t struct_size;
  const char* directory;
  uint64_t capacity; /* bytes; a power of two, at least 64 KiB. Reserved at once */
  uint32_t policy;   /* RINGMAIN_WAIT: reliable; RINGMAIN_OVERWRITE: lossy */
  uint32_t mode;     /* of the files, whatever the umask: read bits watch, write bits consume, the owner produces */
  const char* group; /* of the files, by name or number; empty: as the system gives it */
  int64_t evict_after_ns; /* RINGMAIN_WAIT only: evict a group that keeps the producer waiting for so long; 0: never */
  int64_t spin_ns;        /* before the producer sleeps; RINGMAIN_FOREVER: never sleep */
  ringmain_type type;
  uint32_t full_fences; /* not 0: fences on the hot path instead of the sleeper's membarrier() */
  uint32_t keep;        /* not 0: consumers outlive the producer, ringmain_collect() leaves the ring; ends by removal */
  uint32_t take_over;   /* not 0: whoever has the descriptors of this unnamed ring may open it as its next producer */
  uint32_t reserved;
} ringmain_ring_options;

typedef struct ringmain_open_options {
  size_t struct_size;
  const char* directory;
  int64_t spin_ns;
  ringmain_type type;
  uint32_t force_unclean; /* not 0: take a ring on disk that an earlier boot left without closing */
  uint32_t reserved;
} ringmain_open_options;

typedef struct ringmain_consumer_options {
  size_t struct_size;
  const char* directory;
  const char* group;        /* share the work with its members; empty: every message (a group of its own) */
  uint64_t start_position;  /* for RINGMAIN_AT: the message there, or the first kept after it */
  int64_t wait_for_ring_ns; /* for the ring to appear; RINGMAIN_FOREVER */
  int64_t spin_ns;          /* before a blocking receive sleeps; 0: at once; RINGMAIN_FOREVER: never */
  ringmain_type type;
  uint32_t
      start; /* of a new group: _LATEST: the next message published; _OLDEST: kept; _LAST: published, if it is kept */
  uint32_t durable;   /* not 0: the group keeps its place, and so the producer waiting, while nobody is attached */
  uint32_t spectator; /* not 0: watch without write access: never gates, may be lapped, polls every 1 ms */
  uint32_t outlive_producer; /* not 0: blocking receives go on waiting when the producer dies, for its successor */
} ringmain_consumer_options;

/* Fills in the defaults and struct_size. RINGMAIN_BAD_OPTION: a size that no version of the struct ever had. */
int ringmain_ring_options_init(ringmain_ring_options* options, size_t struct_size);
int ringmain_open_options_init(ringmain_open_options* options, size_t struct_size);
int ringmain_consumer_options_init(ringmain_consumer_options* options, size_t struct_size);

/* ---- the producer. One live producer a ring. */

typedef struct ringmain_producer ringmain_producer;

/* Cold. On success *producer is the caller's to free, else NULL. EXISTS, BAD_NAME, BAD_OPTION, NO_PERMISSION,
 * NO_SPACE, NO_LOCKS, SYSTEM. */
int ringmain_producer_create(const char* name, const ringmain_ring_options* options, ringmain_producer** producer);

/* Cold. Takes over a ring whose producer died or closed: everything committed is kept, consumers go on. NOT_FOUND,
 * PRODUCER_EXISTS, UNCLEAN, NO_PERMISSION, and whatever attach finds wrong with the segment. */
int ringmain_producer_open(const char* name, const ringmain_open_options* options, ringmain_producer** producer);

/* Cold. A ring without a name, in sealed memory: gone with its last holder. `directory` is not used. As create. */
int ringmain_producer_create_unnamed(const ringmain_ring_options* options, ringmain_producer** producer);

/* Cold. Takes over an unnamed ring; the descriptors stay the caller's. As open; BAD_OPTION: made without `take_over`. */
int ringmain_producer_open_unnamed(int ring, int consumers, const ringmain_open_options* options,
                                   ringmain_producer** producer);

/* Cold. The two descriptors of an unnamed ring, to hand on by fork or over a unix socket. They stay the handle's: don't
 * close them. BAD_OPTION: a named ring. */
int ringmain_producer_descriptors(const ringmain_producer* producer, int* ring, int* consumers);

/* Copies a message into the ring; waits for room. `type` is the user's own. TOO_LARGE, NO_ROOM (try_), TIMED_OUT
 * (_for), END (closed by this handle), REMOVED, LEASE_LOST. Whatever isn't OK has published nothing. */
int ringmain_producer_publish(ringmain_producer* producer, const void* data, size_t size, uint16_t type);
int ringmain_producer_try_publish(ringmain_producer* producer, const void* data, size_t size, uint16_t type);
int ringmain_producer_publish_for(ringmain_producer* producer, const void* data, size_t size, uint16_t type,
                                  int64_t timeout_ns);

/* Publishes all or nothing: consumers see the whole batch at once. At most capacity / 2 together, a 16-byte header and
 * rounding up to 64 for each included. Waits for room. Statuses as publish; SYSTEM (out of memory). */
typedef struct ringmain_bytes {
  const void* data;
  size_t size;
} ringmain_bytes;
int ringmain_producer_publish_batch(ringmain_producer* producer, const ringmain_bytes* messages, size_t count,
                                    uint16_t type);

/* Room for a message of `size` bytes, to be written in place: *data is contiguous, aligned to 16 bytes, writable until
 * commit or abort, and holds old bytes of the ring. NULL if not OK. Waits for room. Statuses as publish. */
int ringmain_producer_claim(ringmain_producer* producer, size_t size, void** data);
int ringmain_producer_try_claim(ringmain_producer* producer, size_t size, void** data);
int ringmain_producer_claim_for(ringmain_producer* producer, size_t size, int64_t timeout_ns, void** data);

/* Publishes the first `used` bytes of the claim (more than claimed counts as all). BAD_OPTION: no claim is open. */
int ringmain_producer_commit(ringmain_producer* producer, size_t used, uint16_t type);

/* Gives the claimed room back; nothing is published. Without a claim: nothing happens. */
void ringmain_producer_abort(ringmain_producer* producer);

/* Until `groups` groups (a consumer without a named group is one) are attached. TIMED_OUT, REMOVED, LEASE_LOST,
 * END (closed by this handle). */
int ringmain_producer_wait_for_consumers(ringmain_producer* producer, size_t groups, int64_t timeout_ns);

/* Ends the stream: consumers receive what is left, then RINGMAIN_END. Aborts an open claim. May be repeated. */
int ringmain_producer_close(ringmain_producer* producer);

/* Cold. Removes the ring: consumers receive what is left, then RINGMAIN_REMOVED. Nothing happens to a new ring that has
 * the name by now. NO_PERMISSION, IN_USE (another removes it, and isn't done after a second), SQUATTED, SYSTEM,
 * LEASE_LOST, END. */
int ringmain_producer_remove(ringmain_producer* producer);

/* Cold. Closes, then removes: consumers receive what is left, then RINGMAIN_END. No other producer takes over in
 * between. As remove; closed it is in any case. */
int ringmain_producer_close_and_remove(ringmain_producer* producer);

uint64_t ringmain_producer_position(const ringmain_producer* producer); /* of the next message; 0 for NULL */
size_t ringmain_producer_capacity(const ringmain_producer* producer);   /* 0 for NULL */

/* Cold. Closes, and frees the handle. NULL: nothing happens. */
void ringmain_producer_free(ringmain_producer* producer);

/* ---- the consumer. */

typedef struct ringmain_consumer ringmain_consumer;

/* Cold. Waits for the ring for wait_for_ring_ns. On success *consumer is the caller's to free, else NULL.
 * NOT_FOUND, BAD_NAME, BAD_OPTION, NO_PERMISSION, NOT_A_RING, TRUNCATED, LAYOUT_MISMATCH, TYPE_MISMATCH,
 * TOO_MANY, SQUATTED, SYSTEM. */
int ringmain_consumer_attach(const char* name, const ringmain_consumer_options* options, ringmain_consumer** consumer);

/* Cold. To an unnamed ring; the descriptors stay the caller's and may be closed afterwards. As attach. */
int ringmain_consumer_attach_unnamed(int ring, int consumers, const ringmain_consumer_options* options,
                                     ringmain_consumer** consumer);

typedef struct ringmain_message {
  const void* data; /* contiguous, aligned to 16 bytes */
  size_t size;
  uint64_t position;
  uint64_t lost;       /* messages missed just before this one */
  uint16_t type;       /* as published */
  uint8_t redelivered; /* 1: a member of the group that died held it before */
  uint8_t reserved[5]; /* 0 */
} ringmain_message;

/* Borrows the oldest unread message in place; waits for one. *message points into the ring until release; all 0 if not
 * OK. EMPTY (try_), TIMED_OUT (_for), END, PRODUCER_LOST (call again when a new producer has taken over), EVICTED,
 * REMOVED, LEASE_LOST, CORRUPT. */
int ringmain_consumer_receive(ringmain_consumer* consumer, ringmain_message* message);
int ringmain_consumer_try_receive(ringmain_consumer* consumer, ringmain_message* message);
int ringmain_consumer_receive_for(ringmain_consumer* consumer, int64_t timeout_ns, ringmain_message* message);

/* 1: what was read from the borrowed message is good. 0: the producer has overwritten it, or may have: throw it away;
 * or nothing is borrowed. Call it after the last use. Always 1 on a ring that waits and never evicts. */
int ringmain_consumer_still_valid(const ringmain_consumer* consumer);

/* Gives the borrowed message back. Nothing borrowed: nothing happens. */
void ringmain_consumer_release(ringmain_consumer* consumer);

/* To hold several messages: instead of releasing the borrowed one, go on behind it. Its bytes stay where they are, and the
 * producer waits for them, until release_below reaches past it; so a consumer that passes gives back in that way alone.
 * The member of a group goes on holding the one that it has, and receives it again. Nothing borrowed: nothing happens. */
void ringmain_consumer_pass(ringmain_consumer* consumer);

/* Gives back all that was passed below `position`, at most ringmain_consumer_position(). May be called by one thread
 * while another uses the handle, but for freeing it. */
void ringmain_consumer_release_below(ringmain_consumer* consumer, uint64_t position);

/* As ringmain_consumer_still_valid(), of the message that was passed at `position`. */
int ringmain_consumer_still_valid_at(const ringmain_consumer* consumer, uint64_t position);

/* Copies the next message into the buffer, so that nothing is borrowed; waits for one. What it gives was not
 * overwritten meanwhile, whatever the policy. message->data is the buffer. Statuses as receive; TOO_LARGE: the buffer
 * is too small; the message stays, and message->size says what it needs. */
int ringmain_consumer_read(ringmain_consumer* consumer, void* buffer, size_t size, ringmain_message* message);
int ringmain_consumer_try_read(ringmain_consumer* consumer, void* buffer, size_t size, ringmain_message* message);
int ringmain_consumer_read_for(ringmain_consumer* consumer, void* buffer, size_t size, int64_t timeout_ns,
                               ringmain_message* message);

/* Calls the handler for up to `limit` messages that are there now; doesn't wait. *count (may be NULL) says for how
 * many. OK: the limit was reached or the handler asked to stop; else why it stopped: EMPTY, END, ... The handler
 * returns 0 to go on, and with its return the message is released; it may call still_valid, but must not free the
 * consumer. */
typedef int (*ringmain_handler)(const ringmain_message* message, void* context);
int ringmain_consumer_poll(ringmain_consumer* consumer, ringmain_handler handler, void* context, size_t limit,
                           size_t* count);

/* A descriptor for epoll, asyncio and other event loops: readable (POLLIN) when there may be something to receive, and
 * 50 ms after it was armed. Nothing is to be read from it; don't close it. The first call makes it; it is closed with
 * the handle. The loop: receive until EMPTY; arm; if that says 1, poll, which may fail with EINTR just before it is
 * readable. SYSTEM. */
int ringmain_consumer_descriptor(ringmain_consumer* consumer, int* descriptor);

/* 1: now poll. 0: there may be something by now, so receive instead; or there is no descriptor. */
int ringmain_consumer_arm(ringmain_consumer* consumer);

/* A wait for this ring as an operation of the caller's own io_uring (Linux 6.7), when EMPTY was received and no such
 * wait is under way. Fills an entry (one of your own, to be copied to the one that is submitted); set user_data and
 * flags afterwards. Its completion, whatever the result, means: receive. Returns for how long to wait at most, in
 * nanoseconds (50 ms; a spectator: 1 ms): the dead ring no bell, so have a timeout in the same io_uring, and receive
 * then, too. 0: there may be something by now, so receive; the entry is unchanged. */
struct io_uring_sqe; /* of <linux/io_uring.h>, or of liburing */
int64_t ringmain_consumer_prepare_wait(ringmain_consumer* consumer, struct io_uring_sqe* entry);

uint64_t ringmain_consumer_position(const ringmain_consumer* consumer); /* of the next message, or the borrowed one */
uint64_t ringmain_consumer_lost(const ringmain_consumer* consumer);     /* messages missed since attach */
/* How far it, or its group, is behind the newest message; slots and headers included. A message that it borrows counts as
 * not received yet, but for a member of a group. */
uint64_t ringmain_consumer_lag_bytes(const ringmain_consumer* consumer);
size_t ringmain_consumer_capacity(const ringmain_consumer* consumer); /* 0 for NULL, as the three above */

/* Cold. Releases, leaves (the members of a group go on), and frees the handle. NULL: nothing happens. */
void ringmain_consumer_free(ringmain_consumer* consumer);

/* ---- waiting for any number of consumers at once. A set is used, with all its consumers, by one thread at a time. */

typedef struct ringmain_wait_set ringmain_wait_set;

/* Cold. On success *set is the caller's to free, else NULL. SYSTEM (out of memory). */
int ringmain_wait_set_create(ringmain_wait_set** set);

/* Cold. A consumer must be removed before it is freed. BAD_OPTION: it is a member already; it is none. SYSTEM. */
int ringmain_wait_set_add(ringmain_wait_set* set, ringmain_consumer* consumer);
int ringmain_wait_set_remove(ringmain_wait_set* set, ringmain_consumer* consumer);
size_t ringmain_wait_set_size(const ringmain_wait_set* set); /* 0 for NULL */

/* Waits until a member has a message (a borrowed one counts), or has come to an end: *consumer says which, try_receive
 * on it what. Who was returned last is looked at last. TIMED_OUT (*consumer is NULL), without members at once. */
int ringmain_wait_set_wait(ringmain_wait_set* set, int64_t timeout_ns, ringmain_consumer** consumer);

/* Cold. The consumers are left as they are. NULL: nothing happens. */
void ringmain_wait_set_free(ringmain_wait_set* set);

/* ---- rings, from outside. Cold, all of it. */

typedef struct ringmain_consumer_statistics {
  uint64_t position;
  uint64_t lag_bytes; /* of its group, slots and headers included */
  uint64_t lost;      /* messages */
  uint64_t redelivered;
  uint32_t line;
  uint32_t pid; /* in its own pid namespace; to inform, never to decide */
  uint8_t sleeping;
  uint8_t alive;
  uint8_t evicted;
  uint8_t reserved[5];
  char group[RINGMAIN_NAME_SIZE]; /* empty: a group of its own */
  uint64_t unused[9];
} ringmain_consumer_statistics;

typedef struct ringmain_group_statistics {
  uint64_t position;
  uint64_t lag_bytes;
  uint32_t members;
  uint8_t durable;
  uint8_t reserved[3];
  char name[RINGMAIN_NAME_SIZE];
  uint64_t unused[4];
} ringmain_group_statistics;

typedef struct ringmain_statistics {
  size_t struct_size;
  /* Set by the caller: arrays to be filled, and how many elements they have. NULL and 0: not wanted. */
  ringmain_consumer_statistics* consumers;
  size_t consumers_size;
  ringmain_group_statistics* groups;
  size_t groups_size;
  /* How many there are, which may be more than the arrays hold. */
  uint64_t consumer_count;
  uint64_t group_count;
  uint64_t capacity;
  uint64_t tail;       /* position after the newest message */
  uint64_t oldest;     /* position of the oldest message kept */
  uint64_t messages;   /* published since the ring's birth */
  uint64_t bytes;      /* of payload */
  uint64_t room_waits; /* times that the producer had to wait for room */
  uint64_t bells;      /* times that the producer woke sleepers */
  uint64_t producers;  /* that the ring has had so far; grows with every take-over */
  int64_t evict_after_ns;
  uint64_t type_size;
  uint64_t type_hash;
  uint32_t policy;
  uint32_t producer_pid;
  uint8_t producer_alive;
  uint8_t closed;
  uint8_t removed;
  uint8_t kept; /* ringmain_ring_options.keep */
  uint8_t reserved[4];
  char name[RINGMAIN_NAME_SIZE];
  char type_name[RINGMAIN_NAME_SIZE];
  int64_t created_ns; /* since 1970, UTC */
} ringmain_statistics;

int ringmain_statistics_init(ringmain_statistics* statistics, size_t struct_size);

/* The state of a ring, read through read-only mappings: disturbs nobody. Needs read permission. Statuses as attach. */
int ringmain_read_statistics(const char* name, const char* directory, ringmain_statistics* statistics);

/* Calls the visitor with the name of each ring in the directory, sorted, until it doesn't return 0. */
typedef int (*ringmain_visitor)(const char* name, void* context);
int ringmain_list(const char* directory, ringmain_visitor visitor, void* context);

/* Removes a ring: whoever holds it drains what it can and then gets RINGMAIN_REMOVED. IN_USE while a participant is
 * alive, unless even_if_in_use isn't 0, or when another makes or removes it and isn't done after a second, for which
 * this waits; NOT_FOUND, NO_PERMISSION, SQUATTED; NOT_A_RING for what is something else, or holds other files. What is
 * refused is left as it was. */
int ringmain_remove(const char* name, const char* directory, int even_if_in_use);

/* Dissolves a named group that has no living member, durable or not. NOT_FOUND, IN_USE. */
int ringmain_remove_group(const char* name, const char* group, const char* directory);

/* What keeps a ring from being collected: nothing, somebody who is alive, a durable group, the option `keep`. */
enum { RINGMAIN_NOBODY = 0, RINGMAIN_PARTICIPANT = 1, RINGMAIN_DURABLE_GROUP = 2, RINGMAIN_KEPT = 3 };

/* Removes a ring that nobody uses and that nothing keeps; `keeper` (may be NULL) receives what keeps it. Who attaches or
 * takes over meanwhile either keeps the ring, or finds that it isn't there. With only_look != 0 nothing is removed.
 * Statuses as ringmain_remove, IN_USE but for who is stuck in making or removing it; and as attach for a damaged ring,
 * which stays. */
int ringmain_collect(const char* name, const char* directory, int only_look, int* keeper);

/* Evicts the consumer with this line, and with it the whole named group of which it is a member; or a named group. Who is
 * evicted learns it within 100 ms from a receive that finds nothing. NOT_FOUND; BAD_OPTION for a ring that never evicts;
 * and as attach. */
int ringmain_evict_consumer(const char* name, uint32_t line, const char* directory);
int ringmain_evict_group(const char* name, const char* group, const char* directory);

/* The largest payload of one message in a ring of `capacity` bytes; and the smallest capacity of a ring that takes
 * messages of `bytes` (0: none). */
size_t ringmain_max_message_bytes(size_t capacity);
size_t ringmain_capacity_for(size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
