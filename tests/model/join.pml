// Does the producer ever write over a message that a consumer was promised when it joined, or that a reader takes for
// whole? Mirrors producer.hpp `refresh_limit` [J2] [L1], gate.hpp `slowest` [R2] [F2], reader.hpp `begin` [J1],
// `release` [R1] and `still_valid` [L2], start.hpp `locate`, registry.hpp `take_line` and `bury`.
// SPDX-License-Identifier: MIT
//
// Abstracted: a message takes one slot, and one more must be free behind it. Who joins may start at any boundary
// between the floor and the tail, which covers every kind of start; how it finds one, through the index, isn't
// modelled. A ring without consumers moves its limit by one slot at a time. Nobody sleeps (room.pml, sleep.pml): who
// waits goes on when memory has changed. Who inherits is in group.pml [D1].
//
// VARIANT_SPECTATOR: one consumer gives way to a reader who gates nobody and validates what it has read.

#ifdef MUTANT_LIMIT_AFTER_BYTES
#define LIMIT_LATER
#define VARIANT_SPECTATOR
#elif defined(MUTANT_LIMIT_READ_BEFORE_BYTES)
#define VARIANT_SPECTATOR
#endif

#define CONSUMERS 2
#define CAPACITY 3
#define MESSAGES proof_scaled(4, 6)
#define CRASHES proof_scaled(1, 2)

#define PRODUCER 0
#define PARTIES (1 + CONSUMERS)
#define DEPTH 4
#define mortal(party) (party != PRODUCER)

#define TAIL 0
#define LIMIT 1
#define PROPOSAL 2
#define STATE(line) (2 + line)
#define CURSOR(line) (2 + CONSUMERS + line)
#define TAG(position) (3 + 2 * CONSUMERS + (position) % CAPACITY)
#define PAYLOAD(position) (3 + 2 * CONSUMERS + CAPACITY + (position) % CAPACITY)
#define WORDS (3 + 2 * CONSUMERS + 2 * CAPACITY)

#include "x86.pml"

#define NOWHERE 99
#define FREE 0
#define IN_USE 1  // joining or active: to the producer it is the same

// --- the producer

byte published;
#include "limit.pml"

inline scan() {
  consider_line(1, CURSOR(1));
  consider_line(2, CURSOR(2))
}

#define holds(line) (memory[STATE(line)] != FREE && held_by(CURSOR(line)))

// Registry::bury. What a free line tells is not read again.
inline bury(line) {
  d_step { killed[line] && memory[STATE(line)] != FREE -> memory[STATE(line)] = FREE; memory[CURSOR(line)] = 0 }
}

proctype Producer() {
  byte settled;
  do
  :: d_step {
       published < MESSAGES && needed <= limit && can_store_3(PRODUCER) ->
       put_message(published);
       published++
     }
     store(PRODUCER, TAIL, published);  // [N1]
#ifdef LIMIT_LATER
     store(PRODUCER, LIMIT, limit)
#endif
  :: published < MESSAGES && needed > limit ->
     refresh_limit();
     if
     :: needed <= limit || (!holds(1) && !holds(2))
     :: bury(1)
     :: bury(2)
     fi
  :: published == MESSAGES -> break
  od;
  finished[PRODUCER] = true
}

// --- those who read

// Any boundary that locate() may find: from `from` or the floor on, but not above the tail.
inline locate() {
  tail = load(me, TAIL);
  d_step {
    if
    :: load(me, LIMIT) > from + CAPACITY -> from = load(me, LIMIT) - CAPACITY
    :: else
    fi
  }
  atomic {
    at = (from < tail -> from : tail);
    do
    :: at < tail -> at++
    :: break
    od;
    from = 0;
    tail = 0
  }
}

#ifdef MUTANT_LOOK_AT_THE_LIMIT
#define bound LIMIT
#else
#define bound PROPOSAL
#endif

inline begin() {
  do
  :: locate();
#ifdef MUTANT_PROPOSAL_BEFORE_CURSOR
     from = load(me, PROPOSAL);
     exchange(me, CURSOR(me), at);
     if
     :: from <= at + CAPACITY -> break
     :: else -> from = from - CAPACITY
     fi
#else
#ifdef MUTANT_NO_FENCE_J1
     store(me, CURSOR(me), at);
#else
     exchange(me, CURSOR(me), at);
#endif
     if
     :: load(me, bound) <= at + CAPACITY -> break
     :: d_step { load(me, bound) > at + CAPACITY -> from = load(me, bound) - CAPACITY }
     fi
#endif
  od
}

#define message_there (load(me, TAG(at)) == at + 1)
#define overtaken (load(me, LIMIT) > at + CAPACITY)

proctype Consumer(byte me) {
  byte from, tail, at;
  {
    d_step { memory[CURSOR(me)] = NOWHERE; memory[STATE(me)] = IN_USE }
    begin();
    do
    :: at == MESSAGES -> break
    :: at < MESSAGES && message_there ->
#ifdef MUTANT_CURSOR_BEFORE_READ
       store(me, CURSOR(me), at + 1);
       d_step { assert(load(me, PAYLOAD(at)) == at + 1); at++ }
#else
       d_step {
         can_store(me) ->
         assert(load(me, PAYLOAD(at)) == at + 1);
         at++;
         put(me, CURSOR(me), at)
       }
#endif
    :: at < MESSAGES && overtaken -> assert(false)  // nobody gave it leave
    od;
    finished[me] = true
  } unless { d_step { killed[me] -> at = 0; from = 0; tail = 0 } }
}

proctype Spectator(byte me) {
  byte at, seen;
  bool valid;
  do
  :: at == MESSAGES -> break
  :: at < MESSAGES && message_there ->
#ifdef MUTANT_LIMIT_READ_BEFORE_BYTES
     valid = !overtaken;
     seen = load(me, PAYLOAD(at));
#else
     seen = load(me, PAYLOAD(at));
     valid = !overtaken;  // [L2]
#endif
     d_step {
       assert(!valid || seen == at + 1);
       valid = false;
       seen = 0;
       at++
     }
  :: at < MESSAGES && overtaken -> at++
  od;
  finished[me] = true
}

init {
  atomic {
    memory[LIMIT] = 1;
    memory[PROPOSAL] = 1;
    start_cores();
    run Producer();
    run Consumer(1);
#ifdef VARIANT_SPECTATOR
    run Spectator(2)
#else
    run Consumer(2)
#endif
  }
}
