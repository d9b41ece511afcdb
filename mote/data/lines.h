// The lines of a text file of any length.
#pragma once
#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mote/compiler/base/expected.h"

namespace mote {

class LineReader {
 public:
  explicit LineReader(std::unique_ptr<std::istream> in) : in_(std::move(in)) {}

  // The next line without its end (LF or CR LF), valid until the next call; false: there is none. A mark of byte order
  // before the first line is passed over. Refuses lines of more than 1 MiB, lines that end with CR alone, and UTF-16.
  Expected<bool> next(std::string_view& line);

  // To the line after that of this number, which was given before.
  Status go_back(int64_t number);

  int64_t number() const { return number_; }  // of the line that next() gave last, from 1

 private:
  std::unique_ptr<std::istream> in_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;  // what of the buffer is still to be given
  int64_t number_ = 0;
  bool at_end_ = false;
};

// The fields of a line. Quoted fields lose their quotes and "" in them becomes "; a blank as delimiter stands for any
// number of them, and for tabs. Fields are views of `line`, or of `unquoted` where quotes had to go.
Status split_fields(std::string_view line, char delimiter, std::vector<std::string_view>& fields,
                    std::string& unquoted);

// What split_fields reads as `text`, between delimiters.
std::string csv_field(const std::string& text, char delimiter = ',');

std::string_view trim(std::string_view text);  // without blanks and tabs at both ends

// A whole field as a number; false where it is none. Takes a decimal comma where told so.
bool parse_number(std::string_view field, bool decimal_comma, double& value);

}  // namespace mote
