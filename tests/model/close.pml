// Does every consumer get all messages and the right end, whenever a producer closes, abandons, dies or is followed by
// another, which may die in its recovery? Mirrors producer.hpp `publish_through` [T1] [N1], `Batch` [T3], `close` [E1],
// `recover`, `reopen`; core/src/producer.cpp `open`, `close`, `abandon`; reader.hpp `examine` [T2] [E2]; consumer.cpp
// `next`, `look_around`; bell.cpp as sleep.pml does.
// SPDX-License-Identifier: MIT
//
// Abstracted: the ring has room for all messages; the index and the counts aren't modelled (the kill sweep is about
// them), so recovery is the walk from the tail. Consumers outlive their producers. The round of 50 ms is left out
// unless the producer is dead or gone without an end.
//
// VARIANT_SUCCESSION: three producers, of which two die, the second perhaps in its recovery of what the first left.
// None closes.

#ifdef VARIANT_SUCCESSION
#define PRODUCERS 3
#define MESSAGES proof_scaled(1, 2)
#define CRASHES 2
#else
#define PRODUCERS 2
#define MESSAGES proof_scaled(2, 3)
#define CRASHES proof_scaled(1, 2)
#endif
#define CONSUMERS 1

#define PARTIES (PRODUCERS + CONSUMERS)
#define DEPTH 4
#define mortal(party) (party < PRODUCERS && holder == party)

#define TAIL 0
#define END 1
#define FLAG 2
#define BELL 3
#define TAG(position) (4 + position)
#define PAYLOAD(position) (6 + MESSAGES + position)
#define WORDS (6 + 2 * MESSAGES)

#define NOBODY 99
byte holder = NOBODY;  // of the lease

#include "x86.pml"

#define NEVER 99
#define lease_free (holder == NOBODY || killed[holder])

byte producers;  // who held it so far
byte committed;  // messages
bool closed;     // by the last producer
byte received[PARTIES];
bool over;  // nothing moves any more

inline ring_bell(me) {
  exchange(me, FLAG, 0);
  increment(me, BELL);
  wake_all()
}

#define next_is_clean(messages) (load(me, TAG(at + messages)) == 0)

// The first tag, and with it all of [at, at + messages).
inline put_first_tag(messages) {
  put(me, TAG(at), 1);
  committed = at + messages
}

// What is committed is never written again.
inline put_payload(position) {
  assert(load(me, TAG(at)) == 0);
  put(me, PAYLOAD(position), 1)
}

inline clean_next(messages) {
#ifndef MUTANT_NO_LOOK_AT_THE_NEXT_TAG
  if
  :: next_is_clean(messages)
  :: else -> store(me, TAG(at + messages), 0)
  fi
#else
  skip
#endif
}

inline tell(messages) {
#ifdef MUTANT_TAIL_BEFORE_TAG
  store(me, TAIL, at + messages);
  d_step { can_store(me) -> put_first_tag(messages); at = at + messages }
#else
  d_step { can_store(me) -> put_first_tag(messages) }  // [T1]
  d_step { can_store(me) -> at = at + messages; put(me, TAIL, at) }  // [N1]
#endif
  if
  :: load(me, FLAG) != 0 -> ring_bell(me)
  :: else
  fi
}

inline publish() {
#ifdef MUTANT_TAG_BEFORE_PAYLOAD
  d_step { can_store_2(me) -> put_first_tag(1); put(me, PAYLOAD(at), 1) }
#else
  d_step { can_store(me) -> put_payload(at) }
#endif
  clean_next(1);
  tell(1)
}

inline publish_batch() {
  d_step {
    can_store_3(me) ->
    put_payload(at);
    put_payload(at + 1);
    put(me, TAG(at + 1), 1)  // [T3]
  }
  clean_next(2);
  tell(2)
}

inline recover(me) {
  at = load(me, TAIL);
#ifndef MUTANT_RECOVERY_BELIEVES_THE_TAIL
  do
  :: load(me, TAG(at)) != 0 -> at++
  :: else -> break
  od;
#endif
  store(me, TAIL, at);
#ifndef MUTANT_END_STAYS
  store(me, END, 0);
#endif
#ifndef MUTANT_NO_BELL_AT_TAKE_OVER
  ring_bell(me)
#endif
}

inline close(me) {
#ifdef MUTANT_LEASE_DROPPED_BEFORE_END
  d_step { drain_all(me); holder = NOBODY }
#endif
  store(me, END, at + 1);
#ifndef MUTANT_NO_BELL_AT_CLOSE
  ring_bell(me);
#endif
  d_step {
    drain_all(me);
    closed = true;
#ifndef MUTANT_LEASE_DROPPED_BEFORE_END
    holder = NOBODY
#endif
  }
}

inline abandon(me) {
  d_step { drain_all(me); holder = NOBODY }
  ring_bell(me)
}

proctype Producer(byte me) {
  byte at;
  {
    d_step {
      lease_free && producers == me ->
      holder = me;
      producers++;
      closed = false
    }
    recover(me);
    do
    :: at < MESSAGES -> publish()
    :: at + 1 < MESSAGES -> publish_batch()
    :: true -> break
    od;
    if
#ifndef VARIANT_SUCCESSION
    :: true -> close(me)
    :: true -> abandon(me)
#endif
    :: true  // idle for ever
    fi
  } unless { d_step { killed[me] || over -> at = 0 } }
}

#define message_at(me) (load(me, TAG(received[me])) != 0)
#define end_at(me) (load(me, END) == received[me] + 1)
#ifdef MUTANT_END_AS_A_FLAG
#define says_end(me) (load(me, END) != 0)
#else
#define says_end(me) end_at(me)
#endif
#define lost (lease_free && producers > 0 && told != producers)

inline receive(me) {
  assert(received[me] < committed);
  assert(load(me, PAYLOAD(received[me])) != 0);
  received[me]++
}

// The lease was seen free: whoever held it can't have added anything since.
inline say_producer_lost() {
  d_step {
    assert(era != producers || (memory[TAG(received[me])] == 0 && memory[END] != received[me] + 1));
    told = era;
    era = 0
  }
}

inline look_around() {
  d_step { lost -> era = producers }
#if defined(MUTANT_LOST_WITHOUT_A_SECOND_LOOK)
  say_producer_lost()
#elif defined(MUTANT_LOST_WITHOUT_A_SECOND_LOOK_AT_THE_END)
  if
  :: d_step { message_at(me) -> receive(me); era = 0 }
  :: else -> say_producer_lost()
  fi
#else
  if
  :: d_step { message_at(me) -> receive(me); era = 0 }
  :: else ->
     if
     :: d_step { end_at(me) -> era = 0 }
     :: else -> say_producer_lost()
     fi
  fi
#endif
}

inline sleep_until_rung() {
  d_step { !lost -> bell = load(me, BELL) }
  if
  :: load(me, FLAG) == 0 || raised_at != bell ->
     exchange(me, FLAG, 1);
     membarrier();
     raised_at = bell
  :: else
  fi;
  if
  :: d_step { message_at(me) -> receive(me) }
  :: else ->
     if
     :: end_at(me)
     :: else ->
        d_step { asleep[me] = (memory[BELL] == bell) }
        d_step { !asleep[me] || (lost && !closed) || over -> asleep[me] = false; bell = 0 }
     fi
  fi
}

proctype Consumer(byte me) {
  byte bell, era, told;
  byte raised_at = NEVER;
  do
  :: over -> break
  :: d_step { message_at(me) -> receive(me) }
  :: !message_at(me) ->
     if
     :: d_step { says_end(me) -> assert(memory[TAG(received[me])] == 0); finished[me] = true } break
     :: else
     fi;
     if
     :: look_around()
     :: sleep_until_rung()
     fi
  od
}

init {
  atomic {
    start_cores();
    for (each : 0 .. PRODUCERS - 1) { run Producer(each) }
    for (each : PRODUCERS .. PARTIES - 1) { run Consumer(each) }
  }
  timeout ->
  d_step {
    for (each : PRODUCERS .. PARTIES - 1) {
      assert(finished[each] || (received[each] == committed && memory[END] != committed + 1))
    }
    over = true
  }
}
