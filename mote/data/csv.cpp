// CSV and its relatives. The first lines tell the delimiter, whether there is a header, and what each column is: the
// time, a label, an axis or nothing of these. All of it can be set, and is shown.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "mote/data/lines.h"
#include "mote/data/samples.h"
#include "mote/data/step_times.h"
#include "mote/data/timestamp.h"

namespace mote {
namespace {

constexpr size_t kSniffedLines = 64, kMaxColumns = 4096, kMaxLabels = 10000;

using Fields = std::vector<std::string>;

struct Column {
  enum Role { axis, time, label, ignored };
  std::string name, unit;
  Role role = axis;
};

struct Dialect {
  char delimiter = ',';
  bool header = false, decimal_comma = false;
  std::vector<Column> columns;
  std::string time_unit;  // "s", "ms", "us", "ns" or "iso"
  bool time_unit_guessed = false;
};

// ---- what fields are ----

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

bool is_missing(std::string_view field) {
  const std::string text = lower(trim(field));
  return text.empty() || text == "nan" || text == "na" || text == "n/a" || text == "null" || text == "none" ||
         text == "-";
}

bool is_number(std::string_view field, bool decimal_comma) {
  double value;
  return parse_number(field, decimal_comma, value);
}

// "s", "ms", "us" or "ns" for their many names; empty: it is none.
std::string time_unit_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 4> spellings{
      {{" s sec secs second seconds ", "s"},
       {" ms msec msecs millis millisecond milliseconds ", "ms"},
       {" us µs μs usec usecs micros microsecond microseconds ", "us"},
       {" ns nsec nsecs nanos nanosecond nanoseconds ", "ns"}}};
  for (const auto& [names, unit] : spellings)
    if (!text.empty() && names.find(" " + lower(text) + " ") != names.npos) return unit;
  return "";
}

bool is_name_of_time(const std::string& name) {
  static constexpr std::array names{"time", "timestamp", "datetime", "date", "date_time", "ts", "t", "elapsed"};
  const std::string low = lower(name);
  if (!time_unit_of(low).empty() && low.size() > 2) return true;  // "millis"
  auto is_one = [&](std::string_view base) { return std::find(names.begin(), names.end(), base) != names.end(); };
  const size_t first = low.find('_'), last = low.rfind('_');
  if (is_one(low) || last == low.npos) return is_one(low);
  return (!time_unit_of(low.substr(last + 1)).empty() && is_one(low.substr(0, last))) ||  // "time_ms"
         (!time_unit_of(low.substr(0, first)).empty() && is_one(low.substr(first + 1)));  // "seconds_elapsed"
}

bool is_time_text(const std::string& field) { return parse_time_text(trim(field)).has_value(); }

bool is_name_of_label(const std::string& name) {
  static constexpr std::array names{"label",    "labels",  "class",      "target",
                                    "activity", "anomaly", "annotation", "changepoint"};
  return std::find(names.begin(), names.end(), lower(name)) != names.end();
}

bool is_name_of_nothing(const std::string& name) {
  static constexpr std::array names{"", "index", "idx", "row", "sample", "seq", "unnamed: 0", "#"};
  return std::find(names.begin(), names.end(), lower(name)) != names.end();
}

// "acc x [m/s^2]" or "ax (g)".
Column parse_heading(std::string_view heading) {
  heading = trim(heading);
  for (const char* pair : {"[]", "()"}) {
    const size_t open = heading.rfind(pair[0]);
    if (open == heading.npos || open == 0 || heading.back() != pair[1]) continue;
    return {std::string(trim(heading.substr(0, open))),
            normal_unit(trim(heading.substr(open + 1, heading.size() - open - 2)))};
  }
  return {std::string(heading), ""};
}

// ---- finding the dialect ----

Expected<std::vector<Fields>> split_all(const std::vector<std::string>& lines, char delimiter) {
  std::vector<Fields> rows;
  std::vector<std::string_view> fields;
  std::string unquoted;
  for (const std::string& line : lines) {
    MOTE_TRY_STATUS(split_fields(line, delimiter, fields, unquoted));
    rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

// "1,5" and the like.
bool is_decimal_comma(const std::string& field) {
  const size_t comma = field.find(',');
  return comma != field.npos && comma + 1 < field.size() && is_number(field, true);
}

// Whether numbers with a decimal comma stand in it, and between commas there would be none.
bool parts_decimal_commas(const std::vector<Fields>& rows) {
  size_t commas = 0, others = 0;
  for (const Fields& row : rows)
    for (const std::string& field : row) {
      commas += is_decimal_comma(field);
      others += field.find(',') != field.npos && !is_decimal_comma(field);
    }
  return 2 * commas > rows.size() && others == 0;
}

// The delimiter that parts most lines in as many fields as the first one, and in the most of them; where it parts
// numbers with a decimal comma, that one instead of the comma.
char find_delimiter(const std::vector<std::string>& lines) {
  char best = ',';
  size_t most = 1;
  for (char delimiter : {',', ';', '\t', '|', ' '}) {
    const auto rows = split_all(lines, delimiter);
    if (!rows) continue;
    const size_t n = rows->front().size();
    const auto same = std::count_if(rows->begin(), rows->end(), [&](const Fields& row) { return row.size() == n; });
    if (2 * static_cast<size_t>(same) <= rows->size()) continue;
    if (n > 1 && (delimiter == ';' || delimiter == '\t') && parts_decimal_commas(*rows)) return delimiter;
    if (n > most) best = delimiter, most = n;
  }
  return best;
}

bool has_decimal_comma(const std::vector<Fields>& rows, char delimiter) {
  if (delimiter == ',') return false;
  bool comma = false;
  for (const Fields& row : rows)
    for (const std::string& field : row) {
      if (field.find('.') != field.npos && is_number(field, false)) return false;
      comma |= field.find(',') != field.npos && is_number(field, true);
    }
  return comma;
}

// "0,1,2" or ",0,1,2", as pandas writes names where there are none. Two of them could be values: then all rows below
// have to be fractions.
bool has_numbered_columns(const std::vector<Fields>& rows) {
  const Fields& first = rows[0];
  const size_t index = first[0].empty() ? 1 : 0, n = first.size() - index;
  for (size_t i = 0; i < n; ++i)
    if (trim(first[index + i]) != std::to_string(i)) return false;
  auto is_fraction = [](const std::string& field) { return field.find_first_of(".,") != field.npos; };
  return rows.size() > 1 && n > 1 &&
         (index == 1 || n > 2 || std::all_of(rows.begin() + 1, rows.end(), [&](const Fields& row) {
            return std::all_of(row.begin(), row.end(), is_fraction);
          }));
}

bool looks_like_header(const std::vector<Fields>& rows, bool decimal_comma) {
  return has_numbered_columns(rows) || std::none_of(rows[0].begin(), rows[0].end(), [&](const std::string& field) {
           return is_number(field, decimal_comma) || parse_time_text(trim(field));
         });
}

// Of most rows, so that one bad field is an error and not another kind of column.
template <class Test>
bool most_are(const std::vector<Fields>& rows, size_t column, Test test) {
  size_t yes = 0;
  for (const Fields& row : rows) yes += column < row.size() && test(row[column]);
  return !rows.empty() && 2 * yes > rows.size();
}

Expected<size_t> find_column(const std::vector<Column>& columns, const std::string& wanted) {
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == wanted) return i;
  double number = 0;
  if (is_number(wanted, false) && parse_number(wanted, false, number) && number >= 1 &&
      number <= static_cast<double>(columns.size()) && number == std::floor(number))
    return static_cast<size_t>(number) - 1;
  std::string names;
  for (const Column& c : columns) names += (names.empty() ? "" : ", ") + c.name;
  return malformed(fmt::format("has no column \"{}\"; its columns are: {}", wanted, names.substr(0, 400)));
}

// Seconds per unit, or 0 for ISO 8601.
double seconds_of(const std::string& unit) {
  return unit == "s" ? 1 : unit == "ms" ? 1e-3 : unit == "us" ? 1e-6 : unit == "ns" ? 1e-9 : 0;
}

struct TimeUnit {
  std::string unit;
  bool guessed = false;
};

// Times since 1970 tell their unit by their size; of others, fractions are seconds, and whole numbers milliseconds.
TimeUnit guess_time_unit(const std::vector<Fields>& rows, size_t column, bool decimal_comma) {
  double first = 0, value = 0;
  bool whole = true, any = false;
  for (const Fields& row : rows) {
    if (column >= row.size() || !parse_number(row[column], decimal_comma, value)) continue;
    if (!any) first = value, any = true;
    whole &= value == std::floor(value);
  }
  for (const auto& [since_2001, unit] : {std::pair{1e9, "s"}, {1e12, "ms"}, {1e15, "us"}, {1e18, "ns"}})
    if (first >= since_2001 && first < 10 * since_2001) return {unit, false};
  return {whole ? "ms" : "s", true};
}

Status find_time_unit(Dialect& d, const std::vector<Fields>& rows, const ReadOptions& options, size_t column) {
  const Column& c = d.columns[column];
  const std::string name = lower(c.name);
  d.time_unit = options.time_unit;
  if (d.time_unit.empty() && most_are(rows, column, is_time_text)) d.time_unit = "iso";
  for (const std::string& said : {c.unit, name, name.substr(name.rfind('_') + 1), name.substr(0, name.find('_'))})
    if (d.time_unit.empty()) d.time_unit = time_unit_of(said);
  if (!d.time_unit.empty()) return {};
  const TimeUnit guess = guess_time_unit(rows, column, d.decimal_comma);
  if (guess.guessed && !c.unit.empty())
    return malformed(fmt::format(
        "the times of column \"{}\" are in \"{}\", which is not known: --time-unit says s, ms, us or ns; --time-column "
        "names another column, or none",
        c.name, c.unit));
  d.time_unit = guess.unit, d.time_unit_guessed = guess.guessed;
  return {};
}

// Grows from row to row, by much the same.
bool grows_evenly(const std::vector<Fields>& rows, size_t column, bool decimal_comma) {
  std::vector<double> steps;
  double last = 0, value = 0;
  for (size_t i = 0; i < rows.size(); ++i, last = value) {
    if (column >= rows[i].size() || !parse_number(rows[i][column], decimal_comma, value)) return false;
    if (i > 0) steps.push_back(value - last);
  }
  std::sort(steps.begin(), steps.end());
  return steps.empty() || (steps[0] > 0 && steps[steps.size() * 3 / 4] < 2 * steps[steps.size() / 4]);
}

// Whether a column of this name holds times. One letter is the temperature as well.
bool holds_times(const Dialect& d, const std::vector<Fields>& rows, size_t column) {
  if (most_are(rows, column, is_time_text)) return true;
  if (!is_name_of_time(d.columns[column].name)) return false;
  if (rows.empty()) return true;
  if (lower(d.columns[column].name) == "t" && time_unit_of(d.columns[column].unit).empty())
    return grows_evenly(rows, column, d.decimal_comma);
  return most_are(rows, column, [&](const std::string& f) { return is_number(f, d.decimal_comma); });
}

Status find_time(Dialect& d, const std::vector<Fields>& rows, const ReadOptions& options) {
  if (options.time_column == "none") return {};
  std::optional<size_t> at;
  if (!options.time_column.empty()) {
    MOTE_TRY(at, find_column(d.columns, options.time_column));
  } else {
    for (size_t i = 0; i < d.columns.size() && !at; ++i)
      if (holds_times(d, rows, i)) at = i;
    for (size_t i = 0; i < d.columns.size() && !at; ++i)
      if (const std::string name = lower(d.columns[i].name); is_name_of_time(name) && name != "t" && !rows.empty())
        return malformed(fmt::format(
            "the times of column \"{}\" are written like \"{}\"; numbers, 2020-03-09 10:14:33.25 and 10:14:33.25 are "
            "read: --time-column names another column, or none",
            d.columns[i].name, i < rows[0].size() ? rows[0][i].substr(0, 40) : ""));
  }
  if (!at) return {};
  for (size_t i = 0; i < d.columns.size(); ++i)  // the same in another unit
    if (lower(d.columns[i].name) != "t" && holds_times(d, rows, i)) d.columns[i].role = Column::ignored;
  d.columns[*at].role = Column::time;
  return find_time_unit(d, rows, options, *at);
}

// Columns of text: a label by its name, or the last one of a file without names.
Status find_labels(Dialect& d, const std::vector<Fields>& rows, const ReadOptions& options) {
  auto is_text = [&](const std::string& f) { return !is_missing(f) && !is_number(f, d.decimal_comma); };
  bool found = options.label_column == "none";
  if (!found && !options.label_column.empty()) {
    MOTE_TRY(const size_t at, find_column(d.columns, options.label_column));
    d.columns[at].role = Column::label;
    found = true;
  }
  for (size_t i = 0; i < d.columns.size(); ++i) {
    Column& c = d.columns[i];
    if (c.role != Column::axis) continue;
    const bool text = most_are(rows, i, is_text), named = is_name_of_label(c.name);
    if (!found && (named || (text && !d.header && i + 1 == d.columns.size()))) c.role = Column::label, found = true;
    else if (named || text || is_name_of_nothing(c.name)) c.role = Column::ignored;
  }
  return {};
}

Status choose_axes(Dialect& d, const ReadOptions& options) {
  for (const std::string& name : options.ignore) {
    MOTE_TRY(const size_t at, find_column(d.columns, name));
    d.columns[at].role = Column::ignored;
  }
  if (options.columns.empty()) return {};
  for (Column& c : d.columns) c.role = c.role == Column::axis ? Column::ignored : c.role;
  for (const std::string& name : options.columns) {
    MOTE_TRY(const size_t at, find_column(d.columns, name));
    d.columns[at].role = Column::axis;
  }
  return {};
}

Expected<Dialect> find_dialect(const std::vector<std::string>& lines, const ReadOptions& options) {
  Dialect d;
  d.delimiter = options.delimiter ? options.delimiter : find_delimiter(lines);
  MOTE_TRY(std::vector<Fields> rows, split_all(lines, d.delimiter));
  d.decimal_comma = has_decimal_comma(rows, d.delimiter);
  d.header = options.header.empty() ? looks_like_header(rows, d.decimal_comma) : options.header == "yes";
  if (rows[0].size() > kMaxColumns)
    return malformed(fmt::format("has {} columns; {} at most are read", rows[0].size(), kMaxColumns));
  for (size_t i = 0; i < rows[0].size(); ++i)
    d.columns.push_back(d.header ? parse_heading(rows[0][i]) : Column{fmt::format("ch{}", i + 1), ""});
  if (d.header) rows.erase(rows.begin());
  MOTE_TRY_STATUS(find_time(d, rows, options));
  MOTE_TRY_STATUS(find_labels(d, rows, options));
  MOTE_TRY_STATUS(choose_axes(d, options));
  return d;
}

std::string name_of(char delimiter) {
  return delimiter == '\t' ? "tab" : delimiter == ' ' ? "blank" : fmt::format("\"{}\"", delimiter);
}

// ---- reading ----

class CsvReader : public SampleReader {
 public:
  CsvReader(LineReader lines, std::vector<std::string> sniffed, std::vector<int64_t> numbers)
      : lines_(std::move(lines)), sniffed_(std::move(sniffed)), numbers_(std::move(numbers)) {}

  Status open(const ReadOptions& options) {
    MOTE_TRY(dialect_, find_dialect(sniffed_, options));
    for (size_t i = 0; i < dialect_.columns.size(); ++i) {
      if (dialect_.columns[i].role == Column::time) time_ = i;
      if (dialect_.columns[i].role == Column::label) label_ = i;
      if (dialect_.columns[i].role == Column::axis) axes_.push_back(i);
    }
    if (!options.columns.empty()) {  // in the order asked for
      axes_.clear();
      for (const std::string& name : options.columns) {
        MOTE_TRY(const size_t at, find_column(dialect_.columns, name));
        axes_.push_back(at);
      }
    }
    if (axes_.empty())
      return malformed("has no column of numbers that could be an axis; --columns names them, --delimiter parts them");
    for (size_t at : axes_) {
      const Column& c = dialect_.columns[at];
      const bool twice =
          std::any_of(sensor_.axes.begin(), sensor_.axes.end(), [&](const Axis& a) { return a.name == c.name; });
      if (twice) return malformed(fmt::format("has two columns \"{}\"; --ignore NUMBER leaves one out", c.name));
      sensor_.axes.push_back({c.name, c.unit});
    }
    next_ = dialect_.header ? 1 : 0;
    return estimate_rate();
  }

  const std::vector<std::string>& label_names() const override { return names_; }

  Status read(Chunk& chunk, size_t max_frames) override {
    chunk.clear();
    for (size_t n = 0; n < max_frames;) {
      std::string_view line;
      MOTE_TRY(const bool more, next_line(line));
      if (!more) break;
      if (trim(line).empty()) continue;
      auto status = read_row(line, chunk);
      if (!status) return malformed(fmt::format("line {}: {}", line_number(), status.error().what));
      ++n;
    }
    return {};
  }

  std::vector<Finding> findings() const override {
    const Dialect& d = dialect_;
    std::vector<Finding> all{{"format", d.decimal_comma ? "CSV, decimal comma" : "CSV", ""},
                             {"delimiter", name_of(d.delimiter), "--delimiter"},
                             {"header", d.header ? "yes" : "no", "--header"}};
    if (time_ < 0) all.push_back({"time", "none", "--time-column"});
    else
      all.push_back(
          {"time",
           fmt::format("column \"{}\", {}{}", d.columns[static_cast<size_t>(time_)].name,
                       d.time_unit == "iso" ? "ISO 8601" : d.time_unit, d.time_unit_guessed ? " (a guess)" : ""),
           d.time_unit_guessed ? "--time-unit" : "--time-column"});
    all.push_back({"label", label_ < 0 ? "none" : "column \"" + d.columns[static_cast<size_t>(label_)].name + "\"",
                   "--label-column"});
    std::string ignored;
    for (const Column& c : d.columns)
      if (c.role == Column::ignored) ignored += (ignored.empty() ? "\"" : ", \"") + c.name + "\"";
    if (!ignored.empty()) all.push_back({"ignored", ignored, "--columns"});
    return all;
  }

 private:
  Expected<bool> next_line(std::string_view& line) {
    if (next_ < sniffed_.size()) {
      line = sniffed_[next_++];
      return true;
    }
    next_ = sniffed_.size() + 1;
    return lines_.next(line);
  }

  int64_t line_number() const { return next_ <= sniffed_.size() ? numbers_[next_ - 1] : lines_.number(); }

  Status read_row(std::string_view line, Chunk& chunk) {
    MOTE_TRY_STATUS(split_fields(line, dialect_.delimiter, fields_, unquoted_));
    if (fields_.size() != dialect_.columns.size())
      return malformed(
          fmt::format("has {} fields; {} are expected, as in the first line", fields_.size(), dialect_.columns.size()));
    for (size_t at : axes_) {
      double value = std::numeric_limits<double>::quiet_NaN();
      if (!parse_number(fields_[at], dialect_.decimal_comma, value) && !is_missing(fields_[at]))
        return malformed(fmt::format("column \"{}\" holds \"{}\"; a number is expected", dialect_.columns[at].name,
                                     fields_[at].substr(0, 40)));
      chunk.values.push_back(static_cast<float>(value));
    }
    if (time_ >= 0) {
      MOTE_TRY(const double t, parse_time(fields_[static_cast<size_t>(time_)]));
      chunk.times_s.push_back(t);
    }
    if (label_ >= 0) MOTE_TRY_STATUS(read_label(trim(fields_[static_cast<size_t>(label_)]), chunk));
    return {};
  }

  // Seconds since the first frame.
  Expected<double> parse_time(std::string_view field) {
    double t = 0;
    if (dialect_.time_unit == "iso") {
      const auto iso = parse_time_text(trim(field));
      if (!iso)
        return malformed(
            fmt::format("the time is \"{}\"; 2020-03-09 10:14:33.25 or 10:14:33.25 is expected", field.substr(0, 40)));
      t = *iso;
    } else if (!parse_number(field, dialect_.decimal_comma, t) || !std::isfinite(t)) {
      return malformed(fmt::format("the time is \"{}\"; a number is expected", field.substr(0, 40)));
    }
    if (!start_) start_ = t;
    return (t - *start_) * (dialect_.time_unit == "iso" ? 1 : seconds_of(dialect_.time_unit));
  }

  Status read_label(std::string_view name, Chunk& chunk) {
    if (names_.empty() || names_[last_label_] != name) {
      const auto [at, is_new] = label_of_.try_emplace(std::string(name), static_cast<uint32_t>(names_.size()));
      if (is_new) names_.emplace_back(name);
      last_label_ = at->second;
      if (names_.size() > kMaxLabels)
        return malformed(fmt::format("column \"{}\" has more than {} labels; if it is none, --label-column none",
                                     dialect_.columns[static_cast<size_t>(label_)].name, kMaxLabels));
    }
    chunk.labels.push_back(last_label_);
    return {};
  }

  // By all times of the file, which is then begun again: a rate that drifts, or begins otherwise, is found before the
  // first frame is given. Bad times are errors when they are read.
  Status estimate_rate() {
    if (time_ < 0) return {};
    StepTimes steps;
    double last = 0;
    bool any = false;
    for (;;) {
      std::string_view line;
      MOTE_TRY(const bool more, next_line(line));
      if (!more) break;
      if (!split_fields(line, dialect_.delimiter, fields_, unquoted_)) continue;
      if (static_cast<size_t>(time_) >= fields_.size()) continue;
      const auto t = parse_time(fields_[static_cast<size_t>(time_)]);
      if (!t) continue;
      if (any) steps.add(*t - last);
      last = *t, any = true;
    }
    sensor_.rate_hz = steps.rate_hz();
    start_.reset();
    next_ = dialect_.header ? 1 : 0;
    return lines_.go_back(numbers_.back());
  }

  LineReader lines_;
  std::vector<std::string> sniffed_;  // the first lines, to be given again
  std::vector<int64_t> numbers_;      // of those lines
  size_t next_ = 0;
  Dialect dialect_;
  std::ptrdiff_t time_ = -1, label_ = -1;  // columns
  std::vector<size_t> axes_;
  std::optional<double> start_;
  std::vector<std::string> names_;
  std::map<std::string, uint32_t> label_of_;
  uint32_t last_label_ = 0;
  std::vector<std::string_view> fields_;
  std::string unquoted_;
};

}  // namespace

Expected<std::unique_ptr<SampleReader>> open_csv(std::unique_ptr<std::istream> in, const ReadOptions& options) {
  LineReader lines(std::move(in));
  std::vector<std::string> sniffed;
  std::vector<int64_t> numbers;
  while (sniffed.size() < kSniffedLines) {
    std::string_view line;
    MOTE_TRY(const bool more, lines.next(line));
    if (!more) break;
    if (line.find('\0') != line.npos)
      return malformed(fmt::format("line {} holds a zero byte: this is no text", lines.number()));
    if (trim(line).empty() || (line[0] == '#' && sniffed.empty())) continue;
    sniffed.emplace_back(line);
    numbers.push_back(lines.number());
  }
  if (sniffed.empty()) return malformed("is empty; rows of numbers are expected");
  auto reader = std::make_unique<CsvReader>(std::move(lines), std::move(sniffed), std::move(numbers));
  MOTE_TRY_STATUS(reader->open(options));
  return std::unique_ptr<SampleReader>(std::move(reader));
}

}  // namespace mote
