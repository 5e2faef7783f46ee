// file:PATH, a journal
// SPDX-License-Identifier: MIT
#include "journal.hpp"

namespace ringmain::transport {

Carrier journal_carrier() {
  using End = CarrierOption::End;
  return {"file",
          "file:PATH",
          "a journal: the sink records, the source replays",
          {{"append", "", "go on with a journal that exists, behind its last whole message", End::kSink},
           {"overwrite", "", "replace a file that exists", End::kSink},
           {"sync", "WHEN", "write through to the disk: always, never or every DURATION [default: when closed]",
            End::kSink},
           {"from", "PLACE",
            "a message's number, a time (2026-11-21T18:00:00Z), 10s behind the first, -10s before the "
            "last [default: 0]",
            End::kSource},
           {"pace", "PACE", "recorded, or so many times as fast (2, 0.5) [default: full speed]", End::kSource},
           {"follow", "", "go on as the journal is being recorded", End::kSource},
           {"wait", "DURATION", "for the journal to appear [default: 0]", End::kSource},
           {"max", "SIZE", "the largest message [default: 1G]", End::kSource}},
          open_journal_source,
          open_journal_sink};
}

}  // namespace ringmain::transport
