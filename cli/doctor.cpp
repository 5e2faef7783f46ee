// ringmain doctor: whether rings work well on this machine, and what to do if not.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.hpp"
#include "doctor_checks.hpp"
#include "names.hpp"
#include "output.hpp"

namespace ringmain::cli {
namespace {

struct Doctor {
  std::filesystem::path directory;
  bool json = false;
};

constexpr const char* kDoctorFooter =
    "Looks at the kernel, the directory of the rings and the limits of this process, and makes, uses and removes a "
    "small ring. Each line is marked: ok; warn: it works, but worse than it could; bad: rings don't work here. What "
    "isn't ok has its remedy below it.\n"
    "\n"
    "Exit status: 0, or 34 if something is bad. Run it as the user, and in the container, that it is about.\n"
    "\n"
    "Examples:\n"
    "  ringmain doctor\n"
    "  ringmain doctor --dir /mnt/rings\n"
    "  ringmain doctor --json | jq '.findings[] | select(.mark != \"ok\")'\n";

std::string text_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{:<4}  {:<13}  {}\n", name_of(finding.mark), finding.subject, finding.text);
    if (!finding.remedy.empty()) text += fmt::format("{:<19}  remedy: {}\n", "", finding.remedy);
  }
  return text;
}

std::string json_of(const std::vector<Finding>& findings, Mark worst) {
  nlohmann::ordered_json json{{"worst", name_of(worst)}, {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : findings) {
    json["findings"].push_back({{"mark", name_of(finding.mark)},
                                {"subject", finding.subject},
                                {"text", finding.text},
                                {"remedy", finding.remedy}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int examine_machine(const Doctor& doctor) {
  const std::vector<Finding> findings = examine(gather_facts(directory_of(doctor.directory)));
  const auto worse = [](const Finding& one, const Finding& other) { return one.mark < other.mark; };
  const Mark worst = std::max_element(findings.begin(), findings.end(), worse)->mark;
  print(doctor.json ? json_of(findings, worst) : text_of(findings));
  return worst == Mark::kBad ? static_cast<int>(Status::kUnsupported) : 0;
}

}  // namespace

Command add_doctor(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("doctor", "Say whether rings work well on this machine");
  parser.footer(kDoctorFooter);
  auto doctor = std::make_shared<Doctor>();
  add_directory(parser, doctor->directory);
  parser.add_flag("--json", doctor->json, "For programs: the same, in JSON");
  return {&parser, [doctor] { return examine_machine(*doctor); }};
}

}  // namespace ringmain::cli
