// SPDX-License-Identifier: MIT
#include "ending.hpp"

#include <string>

namespace ringmain::cli {

Failure ended(Status status) {
  const char* remedy = "";
  switch (status) {
    case Status::kProducerLost: remedy = "; with --outlive-producer a consumer waits for the next one"; break;
    case Status::kEvicted: remedy = "; read faster, or create the ring with a larger --capacity"; break;
    case Status::kCorrupt: remedy = "; remove it (ringmain rm) and start its producer again"; break;
    default: break;
  }
  return {status, std::string(describe(status)) + remedy};
}

}  // namespace ringmain::cli
