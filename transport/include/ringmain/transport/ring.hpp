// Rings that a program has opened itself, as ends of a relay.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "ringmain/transport/sink.hpp"
#include "ringmain/transport/source.hpp"

namespace ringmain::transport {

// `name` is for error messages. A member of a named group releases each message only after the sink has flushed it
// (`in_group`): should this process be killed before, another member receives it.
std::unique_ptr<Source> ring_source(Consumer consumer, std::string name, bool in_group = false);

// Closing the sink closes the ring, and removes it, if so wished. Destroyed without close(), it abandons the ring.
std::unique_ptr<Sink> ring_sink(Producer producer, std::string name, bool remove_at_end = false);

}  // namespace ringmain::transport
