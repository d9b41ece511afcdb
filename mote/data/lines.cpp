#include "mote/data/lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mote {
namespace {

constexpr size_t kBlockBytes = 1 << 18, kMaxLineBytes = 1 << 20;

Status split_quoted(std::string_view line, char delimiter, std::vector<std::string_view>& fields,
                    std::string& unquoted) {
  unquoted.clear();
  unquoted.reserve(line.size());  // so that views of it stay valid
  size_t i = 0;
  for (;;) {
    const size_t begin = unquoted.size();
    if (i < line.size() && line[i] == '"') {
      for (++i;; ++i) {
        if (i >= line.size()) return malformed("a quote is not closed; line breaks inside quotes are not read");
        if (line[i] == '"' && (i + 1 >= line.size() || line[i + 1] != '"')) break;
        i += line[i] == '"';
        unquoted += line[i];
      }
      ++i;
    }
    while (i < line.size() && line[i] != delimiter) unquoted += line[i++];
    fields.emplace_back(unquoted.data() + begin, unquoted.size() - begin);
    if (i >= line.size()) return {};
    ++i;
  }
}

void split_at_blanks(std::string_view line, std::vector<std::string_view>& fields) {
  for (size_t i = line.find_first_not_of(" \t"); i < line.size();) {
    const size_t end = std::min(line.find_first_of(" \t", i), line.size());
    fields.push_back(line.substr(i, end - i));
    i = line.find_first_not_of(" \t", end);
  }
}

Error cr_alone() { return unsupported("ends its lines with CR alone; LF and CR LF are read: save it as such"); }

Error too_long(std::string_view line, int64_t number) {
  if (number == 1 && line.find('\r') != line.npos) return cr_alone();
  return malformed(fmt::format("line {} is longer than 1 MiB", number));
}

}  // namespace

Expected<bool> LineReader::next(std::string_view& line) {
  size_t searched = begin_;
  for (;;) {
    const void* found = searched < end_ ? std::memchr(&buffer_[searched], '\n', end_ - searched) : nullptr;
    const size_t stop = found ? static_cast<size_t>(static_cast<const char*>(found) - buffer_.data()) : end_;
    if (found || (at_end_ && stop > begin_)) {
      line = {&buffer_[begin_], stop - begin_};
      begin_ = std::min(stop + 1, end_);
      if (++number_ == 1) {
        if (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"))
          return unsupported("is text in UTF-16; UTF-8 is read: save it as such");
        if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      }
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (number_ == 1 && line.find('\r') != line.npos) return cr_alone();
      if (line.size() > kMaxLineBytes) return too_long(line, number_);
      return true;
    }
    if (at_end_) return false;
    if (end_ - begin_ > kMaxLineBytes) return too_long({&buffer_[begin_], end_ - begin_}, number_ + 1);
    searched = end_ - begin_;
    std::memmove(buffer_.data(), buffer_.data() + begin_, searched);
    begin_ = 0;
    buffer_.resize(searched + kBlockBytes);
    in_->read(&buffer_[searched], kBlockBytes);
    end_ = searched + static_cast<size_t>(in_->gcount());
    at_end_ = in_->gcount() == 0;
  }
}

Status LineReader::go_back(int64_t number) {
  in_->clear();
  in_->seekg(0);
  begin_ = end_ = 0, number_ = 0, at_end_ = false;
  for (std::string_view line; number_ < number;) {
    MOTE_TRY(const bool more, next(line));
    if (!more) return Error{Code::io, "has become shorter while it was read"};
  }
  return {};
}

Status split_fields(std::string_view line, char delimiter, std::vector<std::string_view>& fields,
                    std::string& unquoted) {
  fields.clear();
  if (line.find('"') != line.npos) return split_quoted(line, delimiter, fields, unquoted);
  if (delimiter == ' ') {
    split_at_blanks(line, fields);
    return {};
  }
  for (size_t begin = 0;;) {
    const size_t end = line.find(delimiter, begin);
    fields.push_back(line.substr(begin, end - begin));
    if (end == line.npos) return {};
    begin = end + 1;
  }
}

std::string csv_field(const std::string& text, char delimiter) {
  if (text.find_first_of("\"\n") == text.npos && text.find(delimiter) == text.npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool parse_number(std::string_view field, bool decimal_comma, double& value) {
  field = trim(field);
  if (field.starts_with('+')) field.remove_prefix(1);
  char changed[64];
  if (decimal_comma && field.size() <= sizeof changed && field.find(',') != field.npos) {
    if (field.find('.') != field.npos) return false;
    std::replace_copy(field.begin(), field.end(), changed, ',', '.');
    field = {changed, field.size()};
  }
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc() && end == field.data() + field.size() && !field.empty();
}

}  // namespace mote
