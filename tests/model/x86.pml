// What the models run on: memory behind the store buffers of x86, a kernel that kills and wakes, and leases.
// SPDX-License-Identifier: MIT
//
// Who includes this has defined PARTIES, who are numbered from 0; WORDS of shared memory; DEPTH, how many stores may be
// under way from one core (a full buffer makes the next store wait, as on the machine); CRASHES, how many at most, and
// mortal(party), whom they may hit.
//
//   load        finds the own core's newest store that is under way, else what is in memory
//   store       goes into the own core's buffer, and from there to memory: later, in order
//   fence       and any locked instruction: the own buffer is empty before. Loads are never reordered with loads, nor
//               stores with stores: acquire and release are for free, and what they mean is the order of the steps
//   membarrier  empties every core's buffer
//   kill        at any step: nothing more is executed. What was stored stays stored: it has retired, so it reaches
//               memory, and does so before the kernel, on that core or after a switch, frees the lease, by which others
//               notice. Until then a party that was killed can't be told from one that is slow. So here a party is
//               killed when its buffer is empty, and its lease is free at once: fewer states, and the same cases
//   futex       compares and goes to sleep in one step; a wake reaches who sleeps then, and nobody later

#ifdef FULL
#define proof_scaled(quick, full) full
#else
#define proof_scaled(quick, full) quick
#endif

typedef Buffer {
  byte count;
  byte word[DEPTH];
  byte value[DEPTH]
};

byte memory[WORDS];
Buffer buffer[PARTIES];
bool killed[PARTIES];  // and the lease is free
bool finished[PARTIES];
bool asleep[PARTIES];
byte crashes_left;
hidden byte each;  // counts within one step, so it is no part of the state

#define under_way(me, i, which) (buffer[me].count > i && buffer[me].word[i] == (which))
#define load_1(me, which) (under_way(me, 0, which) -> buffer[me].value[0] : memory[which])
#define load_2(me, which) (under_way(me, 1, which) -> buffer[me].value[1] : load_1(me, which))
#define load_3(me, which) (under_way(me, 2, which) -> buffer[me].value[2] : load_2(me, which))
#define load_4(me, which) (under_way(me, 3, which) -> buffer[me].value[3] : load_3(me, which))
#if DEPTH == 1
#define load load_1
#elif DEPTH == 2
#define load load_2
#elif DEPTH == 3
#define load load_3
#else
#define load load_4
#endif

#define can_store(me) (buffer[me].count < DEPTH)
#define can_store_2(me) (buffer[me].count + 1 < DEPTH)
#define can_store_3(me) (buffer[me].count + 2 < DEPTH)

// --- parts of a step

inline drain(core) {
  memory[buffer[core].word[0]] = buffer[core].value[0];
#if DEPTH > 1
  buffer[core].word[0] = buffer[core].word[1];
  buffer[core].value[0] = buffer[core].value[1];
#endif
#if DEPTH > 2
  buffer[core].word[1] = buffer[core].word[2];
  buffer[core].value[1] = buffer[core].value[2];
#endif
#if DEPTH > 3
  buffer[core].word[2] = buffer[core].word[3];
  buffer[core].value[2] = buffer[core].value[3];
#endif
  buffer[core].word[DEPTH - 1] = 0;
  buffer[core].value[DEPTH - 1] = 0;
  buffer[core].count--
}

inline drain_any(core) {
  if
  :: buffer[core].count > 0 -> drain(core)
  :: else
  fi
}

inline drain_all(core) {
  drain_any(core);
#if DEPTH > 1
  drain_any(core);
#endif
#if DEPTH > 2
  drain_any(core);
#endif
#if DEPTH > 3
  drain_any(core)
#endif
}

// Only when can_store(me).
inline put(me, which, what) {
  buffer[me].word[buffer[me].count] = which;
  buffer[me].value[buffer[me].count] = what;
  buffer[me].count++
}

// --- steps

inline store(me, which, what) {
  d_step { can_store(me) -> put(me, which, what) }
}

inline fence(me) {
  d_step { drain_all(me) }
}

// Also a store that a fence follows at once: nothing can be done in between.
inline exchange(me, which, what) {
  d_step { drain_all(me); memory[which] = what }
}

inline increment(me, which) {
  d_step { drain_all(me); memory[which]++ }
}

inline membarrier() {
  d_step {
    for (each : 0 .. PARTIES - 1) { drain_all(each) }
    each = 0
  }
}

inline wake_all() {
  d_step {
    for (each : 0 .. PARTIES - 1) { asleep[each] = false }
    each = 0
  }
}

// --- the machine

// One core for each party: its buffer drains, its party may be killed.
proctype Core(byte party) {
end:
  do
  :: d_step { buffer[party].count > 0 -> drain(party) }
  :: d_step {
       crashes_left > 0 && mortal(party) && buffer[party].count == 0 && !killed[party] && !finished[party] ->
       killed[party] = true;
       asleep[party] = false;
       crashes_left--
     }
  od
}

// How many will be killed is decided at the start: so no state in which all wait in vain is excused by a kill to come.
inline start_cores() {
  byte deaths;
  select(deaths : 0 .. CRASHES);
  crashes_left = deaths;
  deaths = 0;
  for (each : 0 .. PARTIES - 1) { run Core(each) }
}
