// WAV: RIFF chunks with PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64 (Microsoft's "Multiple Channel Audio Data
// and WAVE Files", 2007). Integers become value / 2^(bits - 1): 16 bits are exact in a float, 32 are rounded to 24.
#include <fmt/core.h>

#include <bit>
#include <cstring>
#include <istream>

#include "mote/data/samples.h"

namespace mote {
namespace {

constexpr uint32_t kUnknownSize = 0xFFFFFFFF;  // written by programs that stream
constexpr int kMaxChannels = 256;

uint32_t little_endian(const char* p, int bytes) {
  uint32_t v = 0;
  for (int i = 0; i < bytes; ++i) v |= uint32_t{static_cast<uint8_t>(p[i])} << (8 * i);
  return v;
}

struct Format {
  enum Kind { pcm = 1, floats = 3 } kind = pcm;
  int channels = 0, bits = 0;
  uint32_t rate_hz = 0;
  int frame_bytes() const { return channels * bits / 8; }
};

float value_of(const Format& f, const char* p) {
  if (f.kind == Format::floats) {
    if (f.bits == 32) return std::bit_cast<float>(little_endian(p, 4));
    const uint64_t low = little_endian(p, 4), high = little_endian(p + 4, 4);
    return static_cast<float>(std::bit_cast<double>(high << 32 | low));
  }
  if (f.bits == 8) return static_cast<float>(static_cast<int>(static_cast<uint8_t>(*p)) - 128) / 128;
  const int bytes = f.bits / 8;
  // In the upper bits of 32, so that the sign is in its place.
  const auto v = static_cast<int32_t>(little_endian(p, bytes) << (32 - f.bits));
  return static_cast<float>(v) / 2147483648.0f;
}

Expected<Format> parse_format(const std::string& chunk) {
  if (chunk.size() < 16)
    return malformed(fmt::format("the chunk \"fmt \" has {} bytes; 16 at least are expected", chunk.size()));
  uint32_t tag = little_endian(&chunk[0], 2);
  if (tag == 0xFFFE && chunk.size() >= 26) tag = little_endian(&chunk[24], 2);  // WAVE_FORMAT_EXTENSIBLE
  Format f;
  f.channels = static_cast<int>(little_endian(&chunk[2], 2));
  f.rate_hz = little_endian(&chunk[4], 4);
  f.bits = static_cast<int>(little_endian(&chunk[14], 2));
  const bool is_pcm = tag == Format::pcm && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32);
  const bool is_float = tag == Format::floats && (f.bits == 32 || f.bits == 64);
  if (!is_pcm && !is_float)
    return unsupported(
        fmt::format("is WAV of format {} with {} bits; PCM (1) of 8, 16, 24 or 32 bits and float (3) of 32 or 64 "
                    "are read: ffmpeg -i IN -c:a pcm_s16le OUT.wav makes one",
                    tag, f.bits));
  f.kind = is_pcm ? Format::pcm : Format::floats;
  if (f.channels < 1 || f.channels > kMaxChannels)
    return malformed(fmt::format("has {} channels; 1 to {} are allowed", f.channels, kMaxChannels));
  if (f.rate_hz == 0) return malformed("has a rate of 0 Hz");
  return f;
}

class WavReader : public SampleReader {
 public:
  WavReader(std::unique_ptr<std::istream> in, Format format, int64_t bytes)
      : in_(std::move(in)), format_(format), left_(bytes < 0 ? -1 : bytes / format.frame_bytes()), count_(left_) {
    sensor_.rate_hz = format.rate_hz;
    sensor_.range = format.kind == Format::pcm ? 1 : 0;
    for (int c = 0; c < format.channels; ++c) sensor_.axes.push_back({fmt::format("ch{}", c + 1), ""});
  }

  int64_t frame_count() const override { return count_; }

  Status read(Chunk& chunk, size_t max_frames) override {
    chunk.clear();
    const size_t frames = left_ < 0 ? max_frames : std::min<size_t>(max_frames, static_cast<size_t>(left_));
    const auto frame_bytes = static_cast<size_t>(format_.frame_bytes());
    buffer_.resize(frames * frame_bytes);
    in_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const size_t got = static_cast<size_t>(in_->gcount()) / frame_bytes;
    if (left_ >= 0 && got < frames)
      return malformed(
          fmt::format("is cut off: the header promises {} frames, {} are there; record it again, or cut the "
                      "promise down with ffmpeg -i IN OUT.wav",
                      count_, count_ - left_ + static_cast<int64_t>(got)));
    if (left_ >= 0) left_ -= static_cast<int64_t>(got);
    const size_t step = static_cast<size_t>(format_.bits) / 8, values = got * static_cast<size_t>(format_.channels);
    chunk.values.resize(values);
    for (size_t i = 0; i < values; ++i) chunk.values[i] = value_of(format_, &buffer_[i * step]);
    return {};
  }

  std::vector<Finding> findings() const override {
    return {{"format",
             fmt::format("WAV, {}-bit {}, {} channel{}", format_.bits, format_.kind == Format::pcm ? "PCM" : "float",
                         format_.channels, format_.channels == 1 ? "" : "s"),
             ""}};
  }

 private:
  std::unique_ptr<std::istream> in_;
  Format format_;
  int64_t left_, count_;  // frames; -1: to the end of the file
  std::string buffer_;
};

}  // namespace

Expected<std::unique_ptr<SampleReader>> open_wav(std::unique_ptr<std::istream> in) {
  char head[12];
  in->read(head, sizeof head);
  if (in->gcount() != sizeof head || std::memcmp(head, "RIFF", 4) != 0 || std::memcmp(head + 8, "WAVE", 4) != 0)
    return malformed("is not a WAV file: it does not begin with RIFF and WAVE");
  Format format;
  while (in->read(head, 8)) {
    const uint32_t size = little_endian(head + 4, 4);
    if (std::memcmp(head, "data", 4) == 0) {
      if (format.channels == 0) return malformed("has no chunk \"fmt \" before its samples");
      const bool streamed = size == kUnknownSize || size == 0;
      if (!streamed && size % static_cast<uint32_t>(format.frame_bytes()) != 0)
        return malformed(
            fmt::format("has {} bytes of samples, which are not whole frames of {} bytes", size, format.frame_bytes()));
      return std::unique_ptr<SampleReader>(
          std::make_unique<WavReader>(std::move(in), format, streamed ? -1 : int64_t{size}));
    }
    if (std::memcmp(head, "fmt ", 4) == 0) {
      if (size > 4096) return malformed(fmt::format("its chunk \"fmt \" claims {} bytes", size));
      std::string chunk(size, '\0');
      if (!in->read(chunk.data(), size)) break;
      MOTE_TRY(format, parse_format(chunk));
      if (size % 2) in->ignore(1);
      continue;
    }
    in->ignore(int64_t{size} + size % 2);  // chunks begin at even places
  }
  return malformed("ends before its samples: there is no chunk \"data\"");
}

}  // namespace mote
