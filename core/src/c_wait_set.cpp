// The C interface: waiting for several rings.
// SPDX-License-Identifier: MIT
#include "ringmain/wait_set.hpp"

#include "c_consumer.hpp"
#include "c_interface.hpp"

struct ringmain_wait_set final : ringmain::WaitSet {
  explicit ringmain_wait_set(ringmain::WaitSet&& made) noexcept : WaitSet(std::move(made)) {}
};

using namespace ringmain;
using c::misuse;

namespace {

const char* obstacle(const ringmain_wait_set* set, const ringmain_consumer* consumer) noexcept {
  if (set == nullptr) return "the wait set is null";
  if (consumer == nullptr) return "the consumer is null";
  return nullptr;
}

}  // namespace

extern "C" {

int ringmain_wait_set_create(ringmain_wait_set** set) {
  return c::opened(set, [] { return WaitSet(); });
}

int ringmain_wait_set_add(ringmain_wait_set* set, ringmain_consumer* consumer) {
  if (const char* why = obstacle(set, consumer); why != nullptr) return misuse(why);
  return c::guarded([&] { set->add(*consumer); });
}

int ringmain_wait_set_remove(ringmain_wait_set* set, ringmain_consumer* consumer) {
  if (const char* why = obstacle(set, consumer); why != nullptr) return misuse(why);
  return c::guarded([&] { set->remove(*consumer); });
}

size_t ringmain_wait_set_size(const ringmain_wait_set* set) { return set == nullptr ? 0 : set->size(); }

int ringmain_wait_set_wait(ringmain_wait_set* set, int64_t timeout_ns, ringmain_consumer** consumer) {
  if (set == nullptr) return misuse("the wait set is null");
  if (consumer == nullptr) return misuse("the place for the consumer is null");
  *consumer = static_cast<ringmain_consumer*>(set->wait(c::timeout(timeout_ns)));
  return *consumer == nullptr ? RINGMAIN_TIMED_OUT : RINGMAIN_OK;
}

void ringmain_wait_set_free(ringmain_wait_set* set) { delete set; }

}  // extern "C"
