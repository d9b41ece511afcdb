#include "mote/data/timestamp.h"

#include <charconv>
#include <chrono>
#include <string>

namespace mote {
namespace {

// Takes `digits` digits off the front, and the character after them where `then` is one.
bool take(std::string_view& text, size_t digits, char then, int& value) {
  if (text.size() < digits + (then ? 1 : 0)) return false;
  value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(digits);
  if (!then) return true;
  if (text[0] != then) return false;
  text.remove_prefix(1);
  return true;
}

// "", "Z" or "+01:00", in seconds.
std::optional<double> parse_zone(std::string_view text) {
  if (text.empty() || text == "Z") return 0;
  const double sign = text[0] == '-' ? -1 : 1;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!take(text, 2, 0, hours)) return std::nullopt;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (!text.empty() && (!take(text, 2, 0, minutes) || !text.empty())) return std::nullopt;
  return sign * (3600.0 * hours + 60.0 * minutes);
}

// "10:14:33.25" at the front, in seconds since midnight.
std::optional<double> take_time_of_day(std::string_view& text) {
  int hour, minute, second;
  if (!take(text, 2, ':', hour) || !take(text, 2, ':', minute) || !take(text, 2, 0, second)) return std::nullopt;
  if (hour > 24 || minute > 59 || second > 60) return std::nullopt;
  double fraction = 0;
  if (text.starts_with('.') || text.starts_with(',')) {
    const std::string digits = "0." + std::string(text.substr(1, text.find_first_not_of("0123456789", 1) - 1));
    if (std::from_chars(digits.data(), digits.data() + digits.size(), fraction).ec != std::errc()) return std::nullopt;
    text.remove_prefix(digits.size() - 1);
  }
  return 3600.0 * hour + 60.0 * minute + second + fraction;
}

}  // namespace

std::optional<double> parse_iso_time(std::string_view text) {
  int year, month, day;
  if (!take(text, 4, '-', year) || !take(text, 2, '-', month) || !take(text, 2, 0, day)) return std::nullopt;
  if (text.empty() || (text[0] != ' ' && text[0] != 'T')) return std::nullopt;
  text.remove_prefix(1);
  const auto time = take_time_of_day(text);
  const auto zone = parse_zone(text);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!time || !zone || !date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return 86400.0 * days + *time - *zone;
}

std::optional<double> parse_time_text(std::string_view text) {
  if (const auto date = parse_iso_time(text)) return date;
  const auto time = take_time_of_day(text);
  return text.empty() ? time : std::nullopt;
}

}  // namespace mote
