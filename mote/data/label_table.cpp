#include "mote/data/label_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "mote/data/lines.h"

namespace mote {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

char find_delimiter(std::string_view header) {
  return header.find(',') != header.npos ? ',' : header.find(';') != header.npos ? ';' : '\t';
}

// How the first line begins and ends.
Status read_form(const std::filesystem::path& path, LabelTable& table) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Code::io, "cannot be read"};
  std::string line;
  std::getline(in, line);
  table.has_mark = line.starts_with(kMark);
  if (line.ends_with('\r')) table.line_end = "\r\n";
  return {};
}

Status take_header(const std::vector<std::string_view>& fields, LabelTable& table) {
  for (std::string_view field : fields) table.columns.emplace_back(trim(field));
  if (table.find("file")) return {};
  return malformed(
      "its first line names no column \"file\"; a labels.csv begins with: file,label and, if known, subject,split");
}

}  // namespace

std::optional<size_t> LabelTable::find(const std::string& column) const {
  const auto at = std::find(columns.begin(), columns.end(), column);
  return at == columns.end() ? std::nullopt : std::optional(static_cast<size_t>(at - columns.begin()));
}

const std::string& LabelTable::field(const Row& row, const std::string& column) const {
  static const std::string none;
  const auto at = find(column);
  return at ? row.fields[*at] : none;
}

size_t LabelTable::find_or_add(const std::string& column) {
  if (const auto at = find(column)) return *at;
  columns.push_back(column);
  for (Row& row : rows) row.fields.emplace_back();
  return columns.size() - 1;
}

Expected<LabelTable> read_label_table(const std::filesystem::path& path) {
  LabelTable table;
  MOTE_TRY_STATUS(read_form(path, table));
  LineReader lines(std::make_unique<std::ifstream>(path, std::ios::binary));
  std::vector<std::string_view> fields;
  std::string unquoted;
  for (;;) {
    std::string_view line;
    MOTE_TRY(const bool more, lines.next(line));
    if (!more) break;
    if (trim(line).empty()) continue;
    const bool first = table.columns.empty();
    if (first) table.delimiter = find_delimiter(line);
    Status status = split_fields(line, table.delimiter, fields, unquoted);
    if (status && first) status = take_header(fields, table);
    while (!first && fields.size() > table.columns.size() && trim(fields.back()).empty()) fields.pop_back();
    if (status && fields.size() > table.columns.size() && !first)
      status =
          malformed(fmt::format("has {} fields; the first line names {} columns", fields.size(), table.columns.size()));
    if (!status) return std::move(status.error()).at(fmt::format("line {}", lines.number()));
    if (first) continue;
    LabelTable::Row row{{}, lines.number()};
    for (std::string_view field : fields) row.fields.emplace_back(trim(field));
    row.fields.resize(table.columns.size());
    table.rows.push_back(std::move(row));
  }
  if (table.columns.empty()) return malformed("is empty; its first line is: file,label and, if known, subject,split");
  return table;
}

std::string write_label_table(const LabelTable& table) {
  std::string text(table.has_mark ? kMark : "");
  auto add = [&](const std::vector<std::string>& fields) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) text += table.delimiter;
      text += csv_field(fields[i], table.delimiter);
    }
    text += table.line_end;
  };
  add(table.columns);
  for (const LabelTable::Row& row : table.rows) add(row.fields);
  return text;
}

}  // namespace mote
