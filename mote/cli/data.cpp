// mote data: the command line of its verbs, each of which has a file of its own (data_*.cpp).
#include "mote/cli/data_verb.h"

namespace mote {
namespace {

void add_reading(CLI::App& verb, DataVerb& v) {
  verb.add_option("path", v.path,
                  "A folder, a labels.csv, an info.labels, one file, or a project: its mote.toml or its folder")
      ->capture_default_str();
  verb.add_option("--group", v.group,
                  "The column of labels.csv whose values must not be in two splits: subject, machine, day ...");
  verb.add_option("--rate", v.read.rate_hz, "Frames a second (Hz), for files that do not say it")
      ->check(CLI::Range(1e-6, 1e9));
  verb.add_option("--unit", v.read.units, "Unit of all axes, or AXIS=UNIT: g, m/s2, deg/s ...");
  verb.add_option("--range", v.read.range, "Full scale of the sensor, in its unit")->check(CLI::PositiveNumber);
  verb.add_option("--delimiter", v.delimiter, "Of CSV: one character, \"tab\" or \"blank\"");
  verb.add_option("--header", v.read.header, "Whether the first line of CSV has names")
      ->check(CLI::IsMember({"yes", "no"}));
  verb.add_option("--time-column", v.read.time_column, "Of CSV: its name, its number from 1, or \"none\"");
  verb.add_option("--time-unit", v.read.time_unit, "Of the time column")
      ->check(CLI::IsMember({"s", "ms", "us", "ns", "iso"}));
  verb.add_option("--label-column", v.read.label_column,
                  "Of CSV with a label for each row: its name, its number, or \"none\"");
  verb.add_option("--columns", v.read.columns, "The axes, in this order")->delimiter(',');
  verb.add_option("--ignore", v.read.ignore, "Columns that are no axes")->delimiter(',');
  verb.add_option("--hmac-key", v.read.hmac_key, "Refuse Edge Impulse acquisitions that were not signed with this key");
}

void add_writing(CLI::App& verb, DataVerb& v) {
  verb.add_option("--output,-o", v.output, "The folder to write; new or empty")->required();
  verb.add_option("--contract", v.contract,
                  "A sensor.json that all files have to keep; without: that of the set, or of its first file");
  verb.add_option("--to-rate", v.to_rate, "The rate to write (Hz)")->check(CLI::Range(1e-6, 1e9));
  verb.add_option("--to-unit", v.to_unit, "The unit to write");
  verb.add_flag("--resample", v.resample, "Change rates and fill gaps; without it, files that need it are refused");
  verb.add_option("--max-gap", v.max_gap_s, "With --resample: the longest gap (s) that is filled; three steps without")
      ->check(CLI::PositiveNumber);
}

constexpr const char* kFooter =
    "A data set is a folder for each class, a labels.csv (file,label and, where known, subject,split) or Edge Impulse's\n"
    "info.labels; files are WAV, CSV, NumPy, Edge Impulse's JSON and CBOR, PNG, JPEG and BMP. docs/DATA.md has the details.";

}  // namespace

void add_data(CLI::App& app, Chosen& chosen) {
  CLI::App* data =
      app.add_subcommand("data", "Look over recordings and pictures with labels, check, split, convert and fetch them");
  data->footer(kFooter);
  data->require_subcommand(1);
  auto v = std::make_shared<DataVerb>();
  auto add = [&](const char* name, const char* text, const char* example, Expected<int> (*run)(DataVerb&, bool)) {
    CLI::App* verb = data->add_subcommand(name, text);
    add_reading(*verb, *v);
    add_json(*verb, chosen);
    verb->footer(std::string("Example: ") + example);
    verb->callback([&chosen, v, run] { chosen.run = [&chosen, v, run] { return run(*v, chosen.json); }; });
    return verb;
  };
  add("list", "What a data set holds, and how its files are read", "mote data list recordings/walk.csv --rate 50",
      run_data_list);
  add("stats", "Labels, durations and values", "mote data stats recordings", run_data_stats);
  add("check",
      "Find gaps, clipped and stuck channels, mistaken units, copies and leaks; exit code 1 if there are errors",
      "mote data check recordings --group subject", run_data_check);
  CLI::App* parts =
      add("split", "Part a data set so that no group and no copy is in two parts, with equal shares of labels",
          "mote data split recordings --group subject --part train=0.8 --part test=0.2 --write", run_data_split);
  auto* given = parts->add_option("--part", v->parts, "NAME=SHARE; without: train=0.6 val=0.2 test=0.2");
  auto* folds = parts->add_option("--folds", v->folds, "Parts of equal size for cross-validation")
                    ->check(CLI::Range(2, 1000))
                    ->excludes(given);
  parts->add_flag("--leave-one-out", v->leave_one_out, "Every group is a part of its own")
      ->excludes(given)
      ->excludes(folds);
  parts->add_flag("--again", v->again,
                  "Forget the splits that labels.csv has; without, only files that lack one get one");
  parts->add_flag("--write", v->write, "Write labels.csv");
  add_writing(
      *add("import", "Write recordings anew in one form: one rate, one unit, one order of axes, with their contract",
           "mote data import recordings --rate 62.5 --unit g --to-unit m/s2 -o data", run_data_convert),
      *v);
  CLI::App* out = add("export", "Write a data set for other programs", "mote data export data --format npy -o arrays",
                      run_data_convert);
  add_writing(*out, *v);
  out->add_option("--format", v->format, "csv, npy or edge-impulse")
      ->required()
      ->check(CLI::IsMember({"csv", "npy", "edge-impulse"}));
  CLI::App* fetch =
      data->add_subcommand("get", "Fetch a public data set by its manifest; licence and citation are shown first");
  fetch->add_option("manifest", v->path, "A JSON file: name, licence, citation and files with url, path and sha256")
      ->required();
  fetch->add_option("--output,-o", v->output, "The folder for its files")->required();
  fetch->add_flag("--accept-licence", v->accept, "Fetch without asking");
  add_json(*fetch, chosen);
  fetch->footer("Example: mote data get speech.json -o speech\nWhat was broken off is continued by the same command.");
  fetch->callback([&chosen, v] { chosen.run = [&chosen, v] { return run_data_get(*v, chosen.json); }; });
  out->add_option("--sign-key", v->sign_key, "Sign Edge Impulse acquisitions with this key");
}

}  // namespace mote
