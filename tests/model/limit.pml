// How far the producer may write: producer.hpp `refresh_limit`, gate.hpp `slowest`. For join.pml and group.pml, which
// define the words, `published`, and what scan() considers.
// SPDX-License-Identifier: MIT

byte limit = 1;
byte lowest = NOWHERE;  // of the scan that is going on

#define needed (published + 2)
#define floor (limit > CAPACITY -> limit - CAPACITY : 0)
#define held_by(word) (memory[word] >= floor && memory[word] + CAPACITY < needed)
#define limit_by_scan (lowest == NOWHERE -> (limit > needed -> limit : needed) : lowest + CAPACITY)

// What is not within [floor, tail] doesn't count.
inline consider(which) {
  d_step {
    each = load(PRODUCER, which);
    lowest = (each >= floor && each <= published && each < lowest -> each : lowest);
    each = 0
  }
}

inline consider_line(line, which) {
  if
  :: load(PRODUCER, STATE(line)) == FREE
  :: else -> consider(which)
  fi
}

inline settle(at_most) {
  d_step {
    settled = (limit_by_scan < at_most -> limit_by_scan : at_most);
    settled = (settled < limit -> limit : settled);
    lowest = NOWHERE
  }
}

// Uses `settled` of the caller.
inline refresh_limit() {
  scan();
  settle(NOWHERE);
  if
  :: settled == limit
  :: else ->
#ifdef MUTANT_CANDIDATE_IS_THE_LIMIT
     store(PRODUCER, LIMIT, settled);
#else
     store(PRODUCER, PROPOSAL, settled);
#endif
#ifndef MUTANT_NO_FENCE_J2
     fence(PRODUCER);
#endif
#ifndef MUTANT_ONE_SCAN
     scan();
     settle(settled);
#endif
#ifdef LIMIT_LATER
     d_step { can_store(PRODUCER) -> put(PRODUCER, PROPOSAL, settled); limit = settled }
#else
     d_step {
       can_store_2(PRODUCER) ->
       put(PRODUCER, PROPOSAL, settled);
       put(PRODUCER, LIMIT, settled);  // [L1]: what is written under it follows
       limit = settled
     }
#endif
  fi;
  settled = 0
}

// A payload tells its own position, so that whoever reads it knows whose it is. What lies behind the message and below
// the limit is the producer's, too: it may have scribbled there.
inline put_message(position) {
  put(PRODUCER, PAYLOAD(position + 1), 0);
#ifdef MUTANT_TAG_BEFORE_PAYLOAD
  put(PRODUCER, TAG(position), position + 1);
  put(PRODUCER, PAYLOAD(position), position + 1)
#else
  put(PRODUCER, PAYLOAD(position), position + 1);
  put(PRODUCER, TAG(position), position + 1)  // [T1]
#endif
}
