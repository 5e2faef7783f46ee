// A ring of values of one type: Channel<T> checks at attach that both ends mean the same T.
// Values are written and read in place, by name instead of by byte.
// SPDX-License-Identifier: MIT
#include <ringmain/channel.hpp>

#include <cstdint>
#include <cstdio>

namespace market {

struct Trade {
  std::uint64_t id = 0;
  double price = 0;
  std::uint32_t amount = 0;
  // Optional: what name, size and alignment don't tell. It goes into the type's hash.
  static constexpr std::string_view ringmain_schema = "id:u64,price:f64,amount:u32";
};

}  // namespace market

using Trades = ringmain::Channel<market::Trade>;

int main() {
  auto producer = Trades::create("trades");
  auto consumer = Trades::attach("trades");

  if (producer.publish({.id = 1, .price = 101.5, .amount = 7}) != ringmain::Status::kOk) return 1;
  if (auto trade = producer.claim()) {  // in place
    trade->id = 2;
    trade->price = 101.75;
    trade.commit();
  }

  if (const auto trade = consumer.receive(); !trade || trade->amount != 7) return 1;
  market::Trade copy;
  if (!consumer.read(copy) || copy.id != 2) return 1;
  std::printf("trade %llu at %.2f\n", static_cast<unsigned long long>(copy.id), copy.price);

  try {
    ringmain::Channel<std::uint64_t>::attach("trades");
    return 1;
  } catch (const ringmain::Error& error) {
    std::printf("refused: %s\n", error.what());
    if (error.status() != ringmain::Status::kTypeMismatch) return 1;
  }
  ringmain::remove("trades", {}, true);
}
