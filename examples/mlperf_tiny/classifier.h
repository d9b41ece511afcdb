// What kws.cpp and image.cpp add to classifier.cpp.
#pragma once
#include <stdint.h>

// The value of the input tensor that a byte from the host stands for.
int8_t value_of(uint8_t byte);
