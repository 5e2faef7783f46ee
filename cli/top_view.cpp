// SPDX-License-Identifier: MIT
#include "top_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "printable.hpp"
#include "quantity.hpp"
#include "ring_state.hpp"
#include "statistics_text.hpp"

namespace ringmain::cli {
namespace {

constexpr std::size_t kBar = 10;
constexpr std::size_t kOthers = 64;  // the width of all columns but the name, with what stands between them
constexpr std::size_t kShortestName = 12;

// Some of the name of a ring, group or consumer; the start of what is too long.
std::string cut(const std::string& name, std::size_t width) {
  return name.size() <= width ? name : name.substr(0, width - 1) + "~";
}

Cell bar_of(const Statistics& ring, std::uint64_t lag) {
  const double share = std::min(1.0, static_cast<double>(lag) / static_cast<double>(ring.capacity));
  const auto full = static_cast<std::size_t>(std::ceil(share * kBar));  // however little: it is behind
  const Colour colour = share < 0.5 ? Colour::kGreen : share < 0.9 ? Colour::kYellow : Colour::kRed;
  return {std::string(full, '#') + std::string(kBar - full, '.'), colour};
}

// What is to be noted of a group or consumer.
Cell note_of(const Statistics& ring, bool is_group, std::uint64_t lag, std::uint64_t lost) {
  if (is_group && lag > 0 && lag == gating_lag(ring)) return {"gates", Colour::kYellow};
  if (lost > 0) return {fmt::format("lost {}", human_count(static_cast<double>(lost))), Colour::kRed};
  return {};
}

class Lines {
 public:
  explicit Lines(std::size_t width)
      : name_width_(std::max(kShortestName, width - std::min(width, kOthers))),
        table_({"RING", "STATE   ", ">MESSAGES/s", ">  BYTES/s", "LAG", ">          ", "NOTE"}) {}

  void add(const TopRing& top) {
    if (top.listed.status != Status::kOk) {
      reasons_[count_] = describe(top.listed.status);
      return add_line({named(top.listed.name), Cell("unread", Colour::kRed)});
    }
    const Statistics& ring = top.listed.statistics;
    add_ring(ring, top.rate);
    for (const GroupStatistics& group : ring.groups) add_group(ring, group);
    for (const ConsumerStatistics& consumer : ring.consumers) {
      if (consumer.group.empty()) add_consumer(ring, consumer, "  ");
    }
  }

  std::size_t count() const noexcept { return count_; }

  std::vector<Table::Row> rows() const {
    std::vector<Table::Row> rows = table_.rows();
    for (const auto& [line, reason] : reasons_) rows[line].emplace_back("  " + reason, Colour::kRed);
    return rows;
  }

 private:
  void add_ring(const Statistics& ring, const std::optional<Rate>& rate) {
    const bool waits = rate && rate->room_waits > 0;
    add_line({named(ring.name), Cell(state_of(ring), colour_of(ring)), rate ? human_count(rate->messages) : "-",
              rate ? human_bytes(rate->bytes) : "-", "", "of " + size_option(ring.capacity),
              waits ? Cell("waits", Colour::kYellow) : Cell()});
  }

  void add_group(const Statistics& ring, const GroupStatistics& group) {
    const std::string members = fmt::format(" ({})", group.members);
    const std::string name = cut("  " + printable(group.name), name_width_ - members.size()) + members;
    add_line({named(name), group.durable ? "durable" : "group", "", "", bar_of(ring, group.lag_bytes),
              human_bytes(group.lag_bytes), note_of(ring, true, group.lag_bytes, 0)});
    for (const ConsumerStatistics& consumer : ring.consumers) {
      if (consumer.group == group.name) add_consumer(ring, consumer, "    ");
    }
  }

  void add_consumer(const Statistics& ring, const ConsumerStatistics& consumer, const char* indent) {
    add_line({named(fmt::format("{}pid {}", indent, consumer.pid)), Cell(state_of(consumer), colour_of(consumer)), "",
              "", bar_of(ring, consumer.lag_bytes), human_bytes(consumer.lag_bytes),
              note_of(ring, is_group(consumer), consumer.lag_bytes, consumer.lost)});
  }

  Cell named(const std::string& name) const { return fmt::format("{:<{}}", cut(name, name_width_), name_width_); }

  void add_line(Table::Row row) {
    table_.add(std::move(row));
    ++count_;
  }

  std::size_t name_width_;
  Table table_;
  std::size_t count_ = 1;                         // the headings
  std::map<std::size_t, std::string> reasons_{};  // of lines that have no more columns: why a ring isn't read
};

std::string title_of(const std::vector<TopRing>& rings) {
  Rate all;
  for (const TopRing& ring : rings) {
    all.messages += ring.rate.value_or(Rate{}).messages;
    all.bytes += ring.rate.value_or(Rate{}).bytes;
  }
  return fmt::format("{} ring{}, {} messages/s, {}/s", rings.size(), rings.size() == 1 ? "" : "s",
                     human_count(all.messages), human_bytes(all.bytes));
}

}  // namespace

TopView view_of(const TopModel& model, std::size_t width) {
  TopView view;
  view.title = title_of(model.all());
  Lines lines(width);
  for (const TopRing& ring : model.shown()) {
    const bool selected = ring.listed.name == model.selected();
    if (selected) view.selected = lines.count();
    lines.add(ring);
    if (selected) view.selected_end = lines.count();
  }
  view.lines = lines.rows();
  return view;
}

std::string text_of(const TopView& view) {
  std::string text = view.title + "\n";
  for (const Table::Row& line : view.lines) {
    for (const Cell& cell : line) text += paint(cell.text, cell.colour);
    text += '\n';
  }
  return text;
}

}  // namespace ringmain::cli
