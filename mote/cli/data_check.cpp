// mote data check: gaps, clipped and stuck channels, mistaken units, copies and leaks.
#include <fmt/core.h>

#include <algorithm>

#include "mote/cli/data_verb.h"
#include "mote/data/check.h"

namespace mote {

Expected<int> run_data_check(DataVerb& verb, bool json) {
  MOTE_TRY(const Dataset d, open_data_of(verb));
  const std::vector<Scan> scans = scan_items(d, verb, true);
  std::vector<Fault> faults;
  auto take = [&](const std::vector<Fault>& more) { faults.insert(faults.end(), more.begin(), more.end()); };
  for (const Scan& s : scans) take(s.faults);
  take(check_sensors(scans, d));
  take(check_range(scans, d));
  take(check_label_times(scans, d));
  take(check_leaks(d, find_copies(scans)));
  const auto errors =
      std::count_if(faults.begin(), faults.end(), [](const Fault& f) { return f.level == Fault::error; });
  if (json) {
    Json j = about_json(d, verb.path);
    j["errors"] = errors, j["warnings"] = static_cast<int64_t>(faults.size()) - errors;
    j["faults"] = to_json(faults);
    fmt::print("{}", dump(j));
    return errors > 0;
  }
  fmt::print("{}\n", about(d, verb.path));
  print_faults(faults);
  fmt::print("{} errors, {} warnings\n", errors, static_cast<int64_t>(faults.size()) - errors);
  return errors > 0;
}

}  // namespace mote
