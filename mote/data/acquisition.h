// Edge Impulse's data acquisition format, JSON or CBOR (docs.edgeimpulse.com, "Data acquisition format"), and the list
// info.labels that its exports and uploads carry:
//   {"protected": {"ver": "v1", "alg": "HS256" or "none", "iat": 1564128599},
//    "signature": 64 hexadecimal digits,
//    "payload": {"device_name": …, "device_type": …, "interval_ms": 16, "sensors": [{"name": "accX", "units": "m/s2"}],
//                "values": [[-9.81, 0.03, 1.21], …] or, with one sensor, [-9.81, …]}}
#pragma once
#include "mote/data/samples.h"

namespace mote {

struct Acquisition {
  std::string algorithm, signature, device_name, device_type;
  Recording recording;
};

constexpr size_t kMaxAcquisitionBytes = size_t{256} << 20;

bool is_acquisition(std::string_view first_bytes);
Expected<Acquisition> parse_acquisition(std::string_view document);

// The signature is the HMAC-SHA-256 of the document with the signature's digits all 0.
Status verify_signature(std::string_view document, const std::string& key);

// A document in JSON; without a key it is not signed ("alg": "none").
std::string write_acquisition(const Recording& recording, const std::string& device_type, const std::string& key);

}  // namespace mote
