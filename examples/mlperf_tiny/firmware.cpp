// The device side of the MLPerf Tiny protocol: commands that end with '%' come in, lines that end with CR LF go out,
// and "m-ready" ends the answer to each. Lines that begin with "e-" tell of errors.
#include <stddef.h>
#include <stdint.h>

#include "benchmark.h"
#include "board.h"
#include "print.h"

namespace {

constexpr char kEndOfCommand = '%';
constexpr uint32_t kMaxCommand = 80;         // characters
constexpr uint32_t kMaxInput = 96 * 96 * 3;  // bytes: the picture of VWW
constexpr uint32_t kDefaultWarmups = 10;

struct Input {
  uint32_t expected, received;  // bytes
  uint8_t bytes[kMaxInput];
};
Input input;
bool has_result;

// ---- answers ----

void end_line() { print("\r\n"); }

void answer(const char* text) {
  print(text);
  end_line();
}

void answer(const char* name, uint64_t value) {
  print(name);
  print_unsigned(value);
  end_line();
}

// Up to three parts, the one in the middle often what the host sent.
void answer_in_brackets(const char* name, const char* first, const char* second = "", const char* third = "") {
  print(name);
  board::put('[');
  print(first);
  print(second);
  print(third);
  board::put(']');
  end_line();
}

void error(const char* first, const char* second = "", const char* third = "") {
  answer_in_brackets("e-", first, second, third);
}

void answer_time() { answer("m-lap-us-", board::microseconds()); }

void answer_results() {
  print("m-results-[");
  for (uint32_t i = 0; i < benchmark::result_count(); ++i) {
    if (i != 0) board::put(',');
    print_fixed3(benchmark::result(i));
  }
  answer("]");
}

// ---- words ----

// Cuts the next word off a command; empty at its end.
const char* take_word(char*& rest) {
  while (*rest == ' ') ++rest;
  const char* word = rest;
  while (*rest != 0 && *rest != ' ') ++rest;
  if (*rest != 0) *rest++ = 0;
  return word;
}

bool equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

// Up to nine decimal digits and nothing else.
bool read_number(const char* word, uint32_t& value) {
  uint32_t digits = 0;
  for (value = 0; word[digits] >= '0' && word[digits] <= '9' && digits < 9; ++digits)
    value = value * 10 + static_cast<uint32_t>(word[digits] - '0');
  return digits > 0 && word[digits] == 0;
}

int32_t hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// ---- commands ----

void name(char*) { answer_in_brackets("m-name-dut-", "mote"); }

void profile(char*) {
  answer_in_brackets("m-profile-", "ULPMark for tinyML Firmware V0.0.1");  // the runners look for this very text
  answer_in_brackets("m-model-", benchmark::model_id());
}

void timestamp(char*) { answer_time(); }

void expect_input(char* rest) {
  uint32_t bytes = 0;
  if (!read_number(take_word(rest), bytes) || bytes == 0) return error("db load needs a number of bytes");
  if (bytes > kMaxInput) return error("db load takes at most 27648 bytes");
  input.expected = bytes;
  input.received = 0;
  print("m-[Expecting ");
  print_unsigned(bytes);
  answer(" bytes]");
}

void print_input() {
  constexpr uint32_t kPerLine = 8;
  for (uint32_t i = 0; i < input.received; ++i) {
    print(i % kPerLine == 0 ? "m-buffer-" : "-");
    print_hex(input.bytes[i]);
    if (i % kPerLine == kPerLine - 1 || i + 1 == input.received) end_line();
  }
}

// All digits are checked before the first byte is taken: a command that is wrong changes nothing.
void receive_input(const char* digits) {
  uint32_t count = 0;
  for (; digits[count] != 0; ++count)
    if (hex_digit(digits[count]) < 0) return error("Invalid hex digits: ", digits);
  if (count % 2 != 0) return error("Odd number of hex digits: ", digits);
  if (input.received == input.expected) return error("No bytes are expected");
  for (uint32_t i = 0; i < count && input.received < input.expected; i += 2)
    input.bytes[input.received++] = static_cast<uint8_t>(hex_digit(digits[i]) * 16 + hex_digit(digits[i + 1]));
  if (input.received == input.expected) answer("m-load-done");
}

void db(char* rest) {
  const char* word = take_word(rest);
  if (*word == 0) error("db needs load, print or hex digits");
  else if (equal(word, "load")) expect_input(rest);
  else if (equal(word, "print")) print_input();
  else receive_input(word);
}

bool run(uint32_t inferences) {
  for (; inferences > 0; --inferences)
    if (!benchmark::infer()) return false;
  return true;
}

bool input_is_complete() {
  if (input.received == benchmark::input_bytes() && input.received == input.expected) return true;
  print("e-[The input has ");
  print_unsigned(input.received);
  print(" of ");
  print_unsigned(benchmark::input_bytes());
  answer(" bytes]");
  return false;
}

void infer(char* rest) {
  uint32_t inferences = 1, warmups = kDefaultWarmups;
  if (const char* word = take_word(rest); *word != 0 && (!read_number(word, inferences) || inferences == 0))
    return error("infer needs a number of inferences above 0, not ", word);
  if (const char* word = take_word(rest); *word != 0 && !read_number(word, warmups))
    return error("infer needs a number of warm-ups, not ", word);
  if (!input_is_complete()) return;
  benchmark::load(input.bytes);
  answer("m-warmup-start-", warmups);
  if (!run(warmups)) return error("An inference failed");
  answer("m-warmup-done");
  answer("m-infer-start-", inferences);
  answer_time();
  if (!run(inferences)) return error("An inference failed");
  answer_time();
  answer("m-infer-done");
  has_result = true;
  answer_results();
}

void results(char*) {
  if (!has_result) return error("There was no inference yet");
  answer_results();
}

void help(char*);

struct Command {
  const char* name;
  void (*run)(char* arguments);
  const char* help;
};
constexpr Command kCommands[] = {
    {"name", name, "name: which device this is"},
    {"profile", profile, "profile: which protocol and which model"},
    {"timestamp", timestamp, "timestamp: microseconds since the start"},
    {"db", db, "db load N | db HEX... | db print: the input, N bytes"},
    {"infer", infer, "infer [N=1] [W=10]: N timed inferences after W others"},
    {"results", results, "results: of the last inference"},
    {"help", help, "help: this list"},
};

void help(char*) {
  for (const Command& command : kCommands) answer(command.help);
}

void obey(char* text) {
  const char* word = take_word(text);
  for (const Command& command : kCommands)
    if (equal(command.name, word)) return command.run(text);
  error("Unknown command: ", word);
}

// Waits for a command; false if it was too long to keep. Line ends are for people at a terminal.
bool receive(char (&text)[kMaxCommand + 1]) {
  uint32_t length = 0;
  for (char c = board::get(); c != kEndOfCommand; c = board::get()) {
    if (c == '\r' || c == '\n') continue;
    if (length < kMaxCommand) text[length] = c;
    if (length <= kMaxCommand) ++length;
  }
  text[length < kMaxCommand ? length : kMaxCommand] = 0;
  return length <= kMaxCommand;
}

}  // namespace

void firmware() {
  board::start();
  answer("m-timestamp-mode-performance");
  answer_time();
  answer("m-init-done");
  for (;;) {
    answer("m-ready");
    char command[kMaxCommand + 1];
    if (receive(command)) obey(command);
    else error("Command longer than 80 characters");
  }
}
