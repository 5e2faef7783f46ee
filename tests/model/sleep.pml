// Does a consumer that goes to sleep hear of every message? Mirrors producer.hpp `publish_through` [B1], bell.cpp
// `ring_bell_for_all` [S2], `lie_down` [S1], `raise_flag` [B2], and consumer.cpp `wait`, `look_around`.
// SPDX-License-Identifier: MIT
//
// Abstracted: the ring has room for all messages (room.pml, join.pml), each consumer is a group of its own. The round
// of 50 ms is left out while the producer lives: nobody must depend on it. When the producer is dead, it is what wakes.
//
// VARIANT_FULL_FENCES: a ring that was created so. No membarrier(), but the producer fences.

#define CONSUMERS proof_scaled(2, 3)
#define MESSAGES proof_scaled(2, 1)
#define CRASHES proof_scaled(1, 2)

#ifdef MUTANT_NO_FENCE_OF_THE_PRODUCER
#define VARIANT_FULL_FENCES
#endif

#define PRODUCER 0
#define PARTIES (1 + CONSUMERS)
#define DEPTH 2
#define mortal(party) true

#define TAG(position) (position)
#define FLAG (MESSAGES + 1)
#define BELL (MESSAGES + 2)
#define WORDS (MESSAGES + 3)

#include "x86.pml"

#define NEVER 99
byte received[PARTIES];

inline wake() {
#ifdef MUTANT_WAKE_OF_ONE
  if
  :: asleep[1] -> asleep[1] = false
  :: asleep[2] -> asleep[2] = false
  :: else
  fi
#else
  wake_all()
#endif
}

inline ring_bell() {
#ifdef MUTANT_BELL_BEFORE_THE_FLAG_IS_DOWN
  increment(PRODUCER, BELL);
  exchange(PRODUCER, FLAG, 0);
#else
  exchange(PRODUCER, FLAG, 0);
  increment(PRODUCER, BELL);
#endif
  wake()
}

proctype Producer() {
  byte at;
  bool raised;
  {
    do
    :: at == MESSAGES -> break
    :: at < MESSAGES ->
#ifdef MUTANT_FLAG_BEFORE_TAG
       raised = (load(PRODUCER, FLAG) != 0);
       d_step { can_store(PRODUCER) -> put(PRODUCER, TAG(at), 1); at++ }
#else
       d_step { can_store(PRODUCER) -> put(PRODUCER, TAG(at), 1); at++ }  // [T1]
#if defined(VARIANT_FULL_FENCES) && !defined(MUTANT_NO_FENCE_OF_THE_PRODUCER)
       fence(PRODUCER);  // [B1]
#endif
       raised = (load(PRODUCER, FLAG) != 0);
#endif
       if
       :: raised -> raised = false; ring_bell()
       :: else
       fi
    od;
    finished[PRODUCER] = true
  } unless { d_step { killed[PRODUCER] -> at = 0; raised = false } }
}

#define message_there (load(me, TAG(received[me])) != 0)

// [B2] The flag, then the barrier, which is spared if both hold still from last time.
inline raise_flag() {
#ifdef MUTANT_BARRIER_ONLY_WHEN_THE_FLAG_IS_DOWN
  raised_at = bell;
#endif
  if
  :: load(me, FLAG) == 0 || raised_at != bell ->
     exchange(me, FLAG, 1);
#if !defined(VARIANT_FULL_FENCES) && !defined(MUTANT_NO_MEMBARRIER)
     membarrier();
#endif
     raised_at = bell
  :: else
  fi
}

inline lie_down() {
#ifdef MUTANT_FLAG_BEFORE_BELL
  raised_at = NEVER;
  raise_flag();
  bell = load(me, BELL)
#else
  bell = load(me, BELL);  // [S1]
  raise_flag()
#endif
}

inline futex_wait() {
  d_step { asleep[me] = (memory[BELL] == bell) }
end_asleep:
  d_step { !asleep[me] || killed[PRODUCER] -> asleep[me] = false; bell = 0 }
}

proctype Consumer(byte me) {
  byte bell;
  byte raised_at = NEVER;
  {
    do
    :: d_step { message_there -> received[me]++ }
    :: else ->
       if
       :: killed[PRODUCER] ->
#ifndef MUTANT_LOST_WITHOUT_A_SECOND_LOOK
          if
          :: d_step { message_there -> received[me]++ }
          :: else -> break
          fi
#else
          break
#endif
       :: !killed[PRODUCER] ->
#ifdef MUTANT_LOOK_BEFORE_FLAG
          if
          :: d_step { message_there -> received[me]++ }
          :: else -> lie_down(); futex_wait()
          fi
#else
          lie_down();
          if
          :: d_step { message_there -> received[me]++ }
          :: else -> futex_wait()
          fi
#endif
       fi
    od;
    finished[me] = true
  } unless { d_step { killed[me] -> bell = 0; raised_at = 0; received[me] = 0 } }
}

init {
  atomic {
    start_cores();
    run Producer();
    for (each : 1 .. PARTIES - 1) { run Consumer(each) }
  }
  timeout ->
  d_step {
    for (each : 1 .. PARTIES - 1) {
      assert(killed[each] || (killed[PRODUCER] -> memory[TAG(received[each])] == 0 : received[each] == MESSAGES))
    }
  }
}
