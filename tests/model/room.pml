// Does a producer that waits for room hear of it? Mirrors bell.cpp `sleep_for_room` [W3] and the last line of
// `raise_flag`, reader.hpp `release` [W2], `made_room` and `take`, gate.hpp `slowest`, core/src/producer.cpp
// `wait_for_room` and `attend`.
// SPDX-License-Identifier: MIT
//
// Abstracted: a message takes one slot, and one more must be free behind it. A consumer waits for messages as if it
// were always woken (sleep.pml), the limit is known to the producer alone (join.pml), dead members aren't reaped
// (group.pml). The 20 ms after which the producer looks around are left out unless a consumer is dead: nobody must
// depend on them.
//
// A consumer may work for ever on a message. It may hold the producer by that, but only as long as it stands below the
// wish. Of members less is promised: one who was overtaken while it took its message rings no bell before it gives it
// back or goes to sleep, so that the producer may wait for those 20 ms though there is room.
//
// VARIANT_MEMBERS: both consumers are members of one group.

#ifdef MUTANT_NO_RING_ON_THE_WAY_TO_BED
#define VARIANT_MEMBERS
#endif

#define CONSUMERS 2
#define CAPACITY 3
#define WISH 2  // slots: what the message needs, or a quarter of the ring if that is more
#define MESSAGES proof_scaled(3, 4)
#define CRASHES proof_scaled(1, 2)

#define PRODUCER 0
#define PARTIES (1 + CONSUMERS)
#define DEPTH 2
#ifdef VARIANT_MEMBERS
#define mortal(party) false
#else
#define mortal(party) (party != PRODUCER)
#endif

#define WANTED 0
#define ROOM_BELL 1
#define HEAD 2
#define CURSOR(line) (2 + line)
#define TAG(position) (3 + CONSUMERS + position)
#define WORDS (4 + CONSUMERS + MESSAGES)

#include "x86.pml"

#define NOWHERE 99
bool buried[PARTIES];
bool busy[PARTIES];
byte published;
byte lowest;  // of the last scan: what the limit follows from

#define there_is_room (published + 2 <= lowest + CAPACITY)

// --- the producer

inline consider(which) {
  lowest = (load(PRODUCER, which) < lowest -> load(PRODUCER, which) : lowest)
}

inline refresh_limit() {
  lowest = NOWHERE;
#ifdef VARIANT_MEMBERS
  consider(HEAD);
#endif
  d_step {
    if
    :: !buried[1] -> consider(CURSOR(1))
    :: else
    fi
  }
  d_step {
    if
    :: !buried[2] -> consider(CURSOR(2))
    :: else
    fi
  }
}

inline want_room() {
  store(PRODUCER, WANTED, published + WISH - CAPACITY);
#ifdef MUTANT_NO_MEMBARRIER
  fence(PRODUCER)
#else
  membarrier()  // [W3]
#endif
}

// Registry::bury. What a free line tells is not read again.
inline bury(line) {
  d_step {
    killed[line] && !buried[line] ->
    buried[line] = true;
    memory[CURSOR(line)] = 0;
    asleep[PRODUCER] = false;
    bell = 0
  }
}

inline sleep_for_room() {
#ifndef MUTANT_BELL_AFTER_LOOK
  bell = load(PRODUCER, ROOM_BELL);
#endif
#ifdef MUTANT_LOOK_BEFORE_WISH
  refresh_limit();
  want_room();
#else
  want_room();
  refresh_limit();
#endif
#ifdef MUTANT_BELL_AFTER_LOOK
  bell = load(PRODUCER, ROOM_BELL);
#endif
  if
  :: there_is_room -> bell = 0
  :: else ->
     d_step { asleep[PRODUCER] = (memory[ROOM_BELL] == bell) }
end_asleep:
     if
     :: d_step { !asleep[PRODUCER] -> bell = 0 }
     :: bury(1)
     :: bury(2)
     fi;
     refresh_limit()
  fi;
  store(PRODUCER, WANTED, 0)
}

proctype Producer() {
  byte bell;
  do
  :: published == MESSAGES -> break
  :: d_step {
       published < MESSAGES && there_is_room && can_store(PRODUCER) ->
       put(PRODUCER, TAG(published), 1);
       published++
     }
  :: published < MESSAGES && !there_is_room ->
     refresh_limit();
     if
     :: there_is_room
     :: else -> sleep_for_room()
     fi
  od
}

// --- consumers

inline ring_room_bell() {
#ifndef MUTANT_WAKE_WITHOUT_BELL
  increment(me, ROOM_BELL);
#endif
  asleep[PRODUCER] = false
}

// Only the last line of bell.cpp `raise_flag`: there may be no barrier before it.
inline lie_down() {
#ifdef MUTANT_NO_RING_ON_THE_WAY_TO_BED
  true
#else
  if
  :: load(me, WANTED) != 0 -> ring_room_bell()
  :: else
  fi
#endif
}

#ifdef VARIANT_MEMBERS
#define reached load(me, HEAD)
#else
#define reached position
#endif

// Two loads, as in reader.hpp: `release`, and then `made_room`, which rings if the wish lies in (from, reached].
inline made_room(from) {
  if
  :: load(me, WANTED) != 0 ->
     if
     :: from < load(me, WANTED) && reached >= load(me, WANTED) -> ring_room_bell()
     :: else
     fi
  :: else
  fi
}

inline work_for_ever() {
  busy[me] = true;
end_busy:
  false
}

proctype Consumer(byte me) {
  byte position;
  {
    do
    :: d_step { load(me, TAG(position)) != 0 -> position++ }
#ifdef MUTANT_WISH_BEFORE_CURSOR
       made_room(position - 1);
#endif
       if
       :: store(me, CURSOR(me), position)
       :: work_for_ever()
       fi;
#ifndef MUTANT_WISH_BEFORE_CURSOR
       made_room(position - 1)  // [W2]
#endif
    :: else ->
       lie_down();
end_asleep:
       load(me, TAG(position)) != 0
    od
  } unless { d_step { killed[me] -> position = 0; busy[me] = false } }
}

proctype Member(byte me) {
  byte position, lowest_intent;
  bool names_intent;
  do
  :: d_step { position = load(me, HEAD); lowest_intent = position }
     do
     :: load(me, TAG(position)) != 0 ->
        d_step { can_store(me) -> put(me, CURSOR(me), position); names_intent = true }
        if
        :: d_step { memory[HEAD] == position -> drain_all(me); memory[HEAD] = position + 1 } break
        :: d_step { memory[HEAD] != position -> drain_all(me); position = memory[HEAD] }
        fi
     :: else -> position = NOWHERE; break
     od;
     if
     :: position != NOWHERE ->
        if
        :: store(me, CURSOR(me), NOWHERE)
        :: work_for_ever()
        fi;
        made_room(lowest_intent)
     :: else ->
        if
        :: d_step { names_intent && can_store(me) -> put(me, CURSOR(me), NOWHERE); names_intent = false }
        :: !names_intent
        fi;
        lie_down();
end_asleep:
        memory[TAG(memory[HEAD])] != 0
     fi
  od
}

init {
  atomic {
    start_cores();
    run Producer();
#ifdef VARIANT_MEMBERS
    for (each : 1 .. CONSUMERS) { memory[CURSOR(each)] = NOWHERE; run Member(each) }
#else
    for (each : 1 .. CONSUMERS) { run Consumer(each) }
#endif
  }
  timeout ->
  d_step {
#ifdef VARIANT_MEMBERS
    assert(published == MESSAGES || busy[1] || busy[2])
#else
    for (each : 1 .. CONSUMERS) { busy[each] = (busy[each] && memory[CURSOR(each)] < memory[WANTED]) }
    assert(published == MESSAGES || busy[1] || busy[2])
#endif
  }
}
