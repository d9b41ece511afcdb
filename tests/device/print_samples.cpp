// Firmware as a person writes it to record with mote capture: a line of three numbers a hundredth of a second, on the
// serial line of an MPS2 board (CMSDK UART 0 at 115200 baud and SysTick at 25 MHz: Arm DDI 0479, DDI 0403, B3.3).
#include <stdint.h>

namespace {

volatile uint32_t* at(uint32_t address) { return reinterpret_cast<volatile uint32_t*>(address); }

void put(char c) {
  while (*at(0x40004004) & 1) {  // the transmitter is full
  }
  *at(0x40004000) = static_cast<uint32_t>(c);
}

void print(const char* text) {
  while (*text) put(*text++);
}

// Thousandths, as "-1.025".
void print(int32_t thousandths) {
  if (thousandths < 0) put('-');
  const auto size = static_cast<uint32_t>(thousandths < 0 ? -thousandths : thousandths);
  put(static_cast<char>('0' + size / 1000 % 10)), put('.');
  for (uint32_t unit = 100; unit > 0; unit /= 10) put(static_cast<char>('0' + size / unit % 10));
}

}  // namespace

int main() {
  *at(0x40004010) = 217, *at(0x40004008) = 1;                              // divider, transmit
  *at(0xE000E014) = 250000 - 1, *at(0xE000E018) = 0, *at(0xE000E010) = 5;  // SysTick: reload, value, on
  print("sensor found\r\nax,ay,az\r\n");
  for (int32_t i = 0;; ++i) {
    while (!(*at(0xE000E010) & (1u << 16))) {}
    print(i % 50 * 10 - 250), put(','), print(-(i % 7)), put(','), print(1000);
    print("\r\n");
  }
}
