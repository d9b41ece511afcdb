// The result of anything that can fail because of what the user gave us.
//
// Error::what says what was found, what is allowed and what to do; callers add Error::where on the
// way up. Our own bugs are not errors: they go through MOTE_ASSERT.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace mote {

enum class Code {
  malformed,     // the bytes are not what they claim to be
  unsupported,   // valid, but mote does not do it
  does_not_fit,  // a budget or a region is too small
  io,            // a file or a program outside mote
  mismatch,      // two results that must be equal are not
  internal,      // mote contradicts itself: a checker found a bug of ours
};

struct Error {
  Code code = Code::malformed;
  std::string what;
  std::string where = {};  // file, op, tensor: filled in by callers

  Error at(std::string place) && {
    where = where.empty() ? std::move(place) : std::move(place) + ": " + where;
    return std::move(*this);
  }
  std::string text() const { return where.empty() ? what : where + ": " + what; }
};

template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Expected(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Expected<void> {
 public:
  Expected() = default;
  Expected(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_.has_value(); }
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Expected<void>;

inline Error malformed(std::string what) { return {Code::malformed, std::move(what)}; }
inline Error unsupported(std::string what) { return {Code::unsupported, std::move(what)}; }
inline Error internal_error(std::string what) { return {Code::internal, std::move(what)}; }

[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: mote bug: %s does not hold; please report it with the model\n", file, line, condition);
  std::abort();
}

}  // namespace mote

#define MOTE_JOIN2(a, b) a##b
#define MOTE_JOIN(a, b) MOTE_JOIN2(a, b)

// MOTE_TRY(auto graph, read(bytes)): declares, or returns the error. MOTE_TRY_STATUS(check()): the same for a Status.
#define MOTE_TRY(decl, expr)                                                                     \
  auto MOTE_JOIN(mote_try_, __LINE__) = (expr);                                                  \
  if (!MOTE_JOIN(mote_try_, __LINE__)) return std::move(MOTE_JOIN(mote_try_, __LINE__).error()); \
  decl = *std::move(MOTE_JOIN(mote_try_, __LINE__))
#define MOTE_TRY_STATUS(expr) \
  if (auto mote_status = (expr); !mote_status) return std::move(mote_status.error())

#define MOTE_ASSERT(condition) ((condition) ? void() : ::mote::assertion_failed(#condition, __FILE__, __LINE__))
