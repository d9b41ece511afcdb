// A labels.csv as a table of texts, to be read, changed and written again without a loss: its delimiter, its line ends,
// its mark of byte order, all its columns and the order of its rows stay.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

struct LabelTable {
  struct Row {
    std::vector<std::string> fields;  // as many as there are columns
    int64_t line = 0;                 // in the file, from 1; 0: a new one
  };
  char delimiter = ',';
  bool has_mark = false;  // of byte order, as Excel writes
  std::string line_end = "\n";
  std::vector<std::string> columns;
  std::vector<Row> rows;

  std::optional<size_t> find(const std::string& column) const;
  const std::string& field(const Row& row, const std::string& column) const;  // empty where there is no such column
  size_t find_or_add(const std::string& column);
};

// Refuses a first line that names no column "file".
Expected<LabelTable> read_label_table(const std::filesystem::path& path);
std::string write_label_table(const LabelTable& table);

}  // namespace mote
