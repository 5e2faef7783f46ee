// Is every message of a group worked on, whoever of its members dies, and is none overwritten before? Mirrors
// reader.hpp `take` [H1], `release` [R1] and `reap` [D1] [F1], gate.hpp `slowest` [H2] [F2], producer.hpp
// `refresh_limit` [J2], registry.hpp `for_each_dead_member` and, where a line is taken again, `take_line`.
// SPDX-License-Identifier: MIT
//
// Abstracted: a message takes one slot, and one more must be free behind it. The members are there before the first
// message (join.pml), nobody sleeps (room.pml, sleep.pml): who waits goes on when memory has changed. A member's second
// look at the message that it takes is left out: it guards against peers that cheat. A line has its generation as its
// state.
//
// VARIANT_DEATH_BEFORE: one of three has died already, with the first message in his hands.
// VARIANT_REBIRTH: somebody else joins in the line of a dead member, when it is free again.

#if defined(MUTANT_WHO_LOST_THE_LINE_DELIVERS)  // it takes two heirs
#define MEMBERS 3
#define MESSAGES 1
#define CRASHES 1
#elif defined(MUTANT_DEAD_FREED_BELOW_AN_OPEN_PROPOSAL)  // it takes the death of an heir
#define VARIANT_DEATH_BEFORE
#elif defined(MUTANT_NO_GENERATION)
#define VARIANT_REBIRTH
#define MESSAGES 2
#elif defined(MUTANT_HEAD_AFTER_INTENTS)  // alone it is forgiven by the second scan, which is there for those who join
#define MUTANT_ONE_SCAN
#define MEMBERS 2
#define MESSAGES 3
#define CRASHES 0
#endif

#if defined(VARIANT_DEATH_BEFORE)
#define MEMBERS 3
#define MESSAGES proof_scaled(3, 4)
#elif defined(VARIANT_REBIRTH)
#define MEMBERS 3
#ifndef MESSAGES
#define MESSAGES proof_scaled(1, 3)
#endif
#elif !defined(MEMBERS)
#define MEMBERS proof_scaled(2, 3)
#define MESSAGES proof_scaled(4, 3)
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#ifdef VARIANT_DEATH_BEFORE
#define DEATHS_BEFORE 1
#else
#define DEATHS_BEFORE 0
#endif

#define CAPACITY 3

#define PRODUCER 0
#define PARTIES (1 + MEMBERS)
#define DEPTH 4
#define mortal(party) (party != PRODUCER && !reborn)

#define LIMIT 0
#define PROPOSAL 1
#define HEAD 2
#define STATE(line) (2 + line)
#define INTENT(line) (2 + MEMBERS + line)
#define TAG(position) (3 + 2 * MEMBERS + (position) % CAPACITY)
#define PAYLOAD(position) (3 + 2 * MEMBERS + CAPACITY + (position) % CAPACITY)
#define WORDS (3 + 2 * MEMBERS + 2 * CAPACITY)

bool reborn;

#include "x86.pml"

#define NOWHERE 99
#define FREE 0

bool taken[MESSAGES];      // and given back, by who took it from the head
bool inherited[MESSAGES];  // and given back, by an heir
byte heirs;
bool over;  // nothing moves any more

// --- the producer

byte published;
#include "limit.pml"

inline scan() {
#ifndef MUTANT_HEAD_AFTER_INTENTS
  consider(HEAD);  // [H2]
#endif
  consider_line(1, INTENT(1));
  consider_line(2, INTENT(2));
#if MEMBERS > 2
  consider_line(3, INTENT(3));
#endif
#ifdef MUTANT_HEAD_AFTER_INTENTS
  consider(HEAD)
#endif
}

#define holds(line) (memory[STATE(line)] != FREE && held_by(INTENT(line)))

proctype Producer() {
  byte settled;
  do
  :: d_step {
       published < MESSAGES && needed <= limit && can_store_3(PRODUCER) ->
       put_message(published);
       published++
     }
  :: published < MESSAGES && needed > limit ->
     refresh_limit();
     needed <= limit || (memory[HEAD] + CAPACITY >= needed && !holds(1) && !holds(2) && !holds(MEMBERS))
  :: published == MESSAGES -> break
  od
}

// --- a member

#define dead(line) (killed[line] && memory[STATE(line)] != FREE)

// A payload that isn't the message's own any more was overwritten.
inline give_back(counted) {
  assert(load(me, PAYLOAD(intent)) == intent + 1);
  counted = true;
  put(me, INTENT(me), NOWHERE);
  intent = NOWHERE
}

// What the dead one holds goes to the own line before its line is freed. Ends with an `intent` that may be delivered if
// the line is won, or nowhere; with `seen` 0 if the dead one must go on holding it.
inline inherit(line) {
  if
  :: intent >= load(me, HEAD) -> intent = NOWHERE
  :: else ->
#ifdef MUTANT_NO_FENCE_D1
     store(me, INTENT(me), intent);
#elif !defined(MUTANT_LINE_FREED_FIRST)
     exchange(me, INTENT(me), intent);
#endif
#ifndef MUTANT_REAP_WITHOUT_A_LOOK
     if
     :: load(me, PROPOSAL) <= intent + CAPACITY ->
        if
        :: load(me, TAG(intent)) == intent + 1
        :: else -> intent = NOWHERE
        fi
     :: else ->
        if
#ifndef MUTANT_DEAD_FREED_BELOW_AN_OPEN_PROPOSAL
        :: load(me, LIMIT) <= intent + CAPACITY ->
           store(me, INTENT(me), NOWHERE);
           load(me, PROPOSAL) <= intent + CAPACITY || load(me, LIMIT) > intent + CAPACITY;  // before it tries again
           seen = 0
#endif
        :: else
        fi;
        intent = NOWHERE
     fi
#endif
  fi
}

#ifdef MUTANT_NO_GENERATION
#define is_still_its(line) (memory[STATE(line)] != FREE)
#else
#define is_still_its(line) (memory[STATE(line)] == seen)
#endif
#ifdef MUTANT_WHO_LOST_THE_LINE_DELIVERS
#define without_the_line intent
#else
#define without_the_line NOWHERE
#endif

inline reap(line) {
  d_step { line != me && dead(line) -> seen = memory[STATE(line)] }
  intent = load(me, INTENT(line));
  inherit(line);
  if
  :: seen == 0
  :: else ->
     d_step {
       drain_all(me);
       if
       :: is_still_its(line) -> memory[STATE(line)] = FREE  // [F1]
       :: else -> intent = without_the_line
       fi;
       seen = 0
     }
#ifdef MUTANT_LINE_FREED_FIRST
     store(me, INTENT(me), intent);
#endif
     if
     :: intent == NOWHERE -> store(me, INTENT(me), NOWHERE)
     :: d_step {
          intent != NOWHERE && can_store(me) ->
          heirs++;
          assert(heirs <= DEATHS_BEFORE + CRASHES - crashes_left);
          give_back(inherited[intent])
        }
     fi
  fi
}

inline take() {
  d_step { memory[TAG(memory[HEAD])] == memory[HEAD] + 1 -> intent = memory[HEAD] }
  do
  :: load(me, TAG(intent)) == intent + 1 ->
#ifndef MUTANT_HEAD_BEFORE_INTENT
     store(me, INTENT(me), intent);  // [H1]
#endif
     if
     :: d_step { memory[HEAD] == intent -> drain_all(me); memory[HEAD] = intent + 1 }
#ifdef MUTANT_HEAD_BEFORE_INTENT
        store(me, INTENT(me), intent);
#endif
        d_step { can_store(me) -> assert(!taken[intent]); give_back(taken[intent]) }
        break
     :: d_step { memory[HEAD] != intent -> drain_all(me); intent = memory[HEAD] }
     fi
  :: else ->
     d_step { can_store(me) -> put(me, INTENT(me), NOWHERE); intent = NOWHERE }
     break
  od
}

proctype Member(byte me) {
  byte intent = NOWHERE;  // the message that it holds or is about to take
  byte seen;
#ifdef VARIANT_REBIRTH
  do
  ::
#endif
  {
    do
    :: over -> break
    :: take()
    :: reap(1)
    :: reap(2)
#if MEMBERS > 2
    :: reap(3)
#endif
    od
  } unless { d_step { killed[me] -> intent = NOWHERE; seen = 0 } }
#ifdef VARIANT_REBIRTH
    if
    :: d_step {
         killed[me] && memory[STATE(me)] == FREE ->
         memory[INTENT(me)] = NOWHERE;
         memory[STATE(me)] = 2;
         killed[me] = false;
         reborn = true
       }
    :: over -> break
    fi
  od
#endif
}

init {
  atomic {
    memory[LIMIT] = 1;
    memory[PROPOSAL] = 1;
    start_cores();
    run Producer();
    for (each : 1 .. MEMBERS) {
      memory[STATE(each)] = 1;
      memory[INTENT(each)] = NOWHERE;
      run Member(each)
    }
#ifdef VARIANT_DEATH_BEFORE
    memory[PAYLOAD(0)] = 1;
    memory[TAG(0)] = 1;
    published = 1;
    memory[HEAD] = 1;
    memory[INTENT(MEMBERS)] = 0;
    killed[MEMBERS] = true
#endif
  }
  timeout ->
  d_step {
    assert(published == MESSAGES);
    for (each : 0 .. MESSAGES - 1) { assert(taken[each] || inherited[each]) }
    for (each : 1 .. MEMBERS) { assert(!dead(each)) }
    over = true
  }
}
