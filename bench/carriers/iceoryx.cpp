// SPDX-License-Identifier: MIT
#include "carriers/iceoryx.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "iceoryx_hoofs/log/logmanager.hpp"
#include "iceoryx_posh/runtime/posh_runtime.hpp"

namespace ringmain::bench {
namespace {

iox::capro::ServiceDescription service_of(const std::string& name) {
  return {"ringmain", "bench", iox::capro::IdString_t(iox::cxx::TruncateToCapacity, name.c_str())};
}

// Once in each process.
void join_daemon() {
  static pid_t joined = 0;
  if (std::exchange(joined, ::getpid()) == joined) return;
  iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kOff,
                                                           iox::log::LogLevelOutput::kHideLogLevel);
  const std::string name = fmt::format("ringmain-bench-{}", joined);
  iox::runtime::PoshRuntime::initRuntime(iox::RuntimeName_t(iox::cxx::TruncateToCapacity, name.c_str()));
}

}  // namespace

// The daemon's pools have the fewer chunks the larger they are.
Iceoryx::Iceoryx(std::size_t bytes) : queue_(std::clamp<std::uint64_t>((std::size_t{8} << 20) / bytes, 4, 256)) {
  static unsigned count = 0;
  name_ = fmt::format("{}-{}", ::getpid(), count++);
}

Iceoryx::Sender::Sender(const iox::capro::ServiceDescription& service) {
  iox::popo::PublisherOptions options;
  options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
  publisher_ = std::make_unique<iox::popo::UntypedPublisher>(service, options);
  while (!publisher_->hasSubscribers()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

Iceoryx::Receiver::Receiver(const iox::capro::ServiceDescription& service, std::uint64_t queue) {
  iox::popo::SubscriberOptions options;
  options.queueCapacity = queue;
  options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
  subscriber_ = std::make_unique<iox::popo::UntypedSubscriber>(service, options);
  while (subscriber_->getSubscriptionState() != iox::SubscribeState::SUBSCRIBED) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Iceoryx::Sender Iceoryx::sender() const {
  join_daemon();
  return Sender(service_of(name_));
}

Iceoryx::Receiver Iceoryx::receiver() const {
  join_daemon();
  return {service_of(name_), queue_};
}

}  // namespace ringmain::bench
