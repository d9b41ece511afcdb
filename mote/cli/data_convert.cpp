// mote data import and export: recordings written anew, in one form or for other programs.
#include <fmt/core.h>

#include "mote/cli/data_verb.h"
#include "mote/compiler/base/file_set.h"
#include "mote/data/convert.h"

namespace mote {
namespace {

FileFormat format_of(const DataVerb& verb) {
  if (verb.format == "csv") return FileFormat::csv;
  if (verb.format == "npy") return FileFormat::npy;
  return verb.format == "edge-impulse" ? FileFormat::edge_impulse : FileFormat::plain;
}

}  // namespace

Expected<int> run_data_convert(DataVerb& verb, bool json) {
  MOTE_TRY(Dataset d, open_data_of(verb));
  if (!verb.contract.empty()) {
    MOTE_TRY(const Bytes bytes, read_file(verb.contract));
    auto contract = parse_sensor({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!contract) return std::move(contract.error()).at(verb.contract);
    d.contract = *std::move(contract);
  }
  MOTE_TRY(const Sensor contract, target_contract(d, verb.read, verb.to_rate, verb.to_unit));
  const Conversion how{verb.read, {verb.resample, verb.max_gap_s}, format_of(verb), verb.sign_key, verb.to_rate > 0};
  const FileProgress progress("writing");
  MOTE_TRY(const std::vector<Fault> faults,
           convert(d, contract, how, verb.output, [&](size_t done) { progress(done, d.items.size()); }));
  show_progress("");
  if (json) {
    Json j = about_json(d, verb.path);
    j["folder"] = verb.output, j["sensor"] = to_json(contract), j["faults"] = to_json(faults);
    fmt::print("{}", dump(j));
    return 0;
  }
  print_faults(faults);
  fmt::print("{}: {} files written\n", verb.output, d.items.size());
  if (!contract.axes.empty()) fmt::print("sensor.json: {}\n", describe(contract));
  return 0;
}

}  // namespace mote
