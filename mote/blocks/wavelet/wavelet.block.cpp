// Wavelets: a window as what is slow in it (the approximation) and the details of each octave above, and statistics of
// each of these, for each axis: those of the approximation, then of the details, the slowest first.
//
//   a[j] = low-pass of a[j-1], d[j] = high-pass of a[j-1], every second sample of each, j = 1 .. level, a[0] the window
//
// The decomposition is that of pywt.wavedec with its mode "symmetric", and of Edge Impulse's spectral analysis of the
// type Wavelet, whose features these are, without entropy.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "mote/blocks/features.h"
#include "mote/ops/concat/concat.op.h"
#include "mote/ops/wavelet/wavelet.op.h"

namespace mote {

extern const BlockDef wavelet_block;

namespace {

using Taps = std::vector<double>;

// Scaling coefficients. Source: I. Daubechies, Ten Lectures on Wavelets, SIAM 1992, tables 6.1, 6.3 and 8.1, normed to
// a sum of sqrt(2).
struct Family {
  std::string_view name;
  Taps scaling;
};
const Family kFamilies[] = {
    {"haar", {0.7071067811865476, 0.7071067811865476}},
    {"db2", {0.4829629131445342, 0.8365163037378079, 0.2241438680420134, -0.1294095225512604}},
    {"db3",
     {0.3326705529500826, 0.8068915093110925, 0.4598775021184915, -0.1350110200102546, -0.08544127388202666,
      0.03522629188570953}},
    {"db4",
     {0.2303778133088965, 0.7148465705529157, 0.6308807679298589, -0.02798376941685985, -0.1870348117190931,
      0.03084138183556076, 0.0328830116668852, -0.01059740178506903}},
    {"db5",
     {0.1601023979741929, 0.6038292697971896, 0.7243085284377729, 0.1384281459013207, -0.242294887066382,
      -0.03224486958463837, 0.07757149384004572, -0.006241490212798274, -0.012580751999082, 0.003335725285473771}},
    {"db6",
     {0.1115407433501095, 0.4946238903984531, 0.7511339080210954, 0.3152503517091976, -0.2262646939654398,
      -0.1297668675672619, 0.09750160558732304, 0.02752286553030573, -0.03158203931748603, 0.0005538422011614961,
      0.004777257510945511, -0.00107730108530848}},
    {"sym4",
     {0.0322231006040427, -0.01260396726203783, -0.09921954357684722, 0.2978577956052774, 0.8037387518059161,
      0.4976186676320155, -0.02963552764599851, -0.07576571478927333}},
    {"sym5",
     {0.01953888273528673, -0.02110183402475885, -0.1753280899084505, 0.01660210576452232, 0.6339789634582119,
      0.7234076904024206, 0.1993975339773936, -0.03913424930238309, 0.02951949092577464, 0.02733306834507798}},
    {"sym6",
     {-0.007800708325034148, 0.001767711864242804, 0.04472490177066578, -0.02106029251230056, -0.07263752278646252,
      0.3379294217276218, 0.787641141030194, 0.4910559419267466, -0.048311742585633, -0.1179901111481906,
      0.00349071208421747, 0.01540410932702737}},
    {"coif1",
     {-0.07273261951252645, 0.3378976624574818, 0.8525720202116004, 0.3848648468648578, -0.07273261951252645,
      -0.01565572813579199}},
    {"coif2",
     {0.01638733646320364, -0.04146493678687178, -0.06737255472372559, 0.3861100668227629, 0.8127236354494135,
      0.4170051844232391, -0.07648859907828076, -0.05943441864643109, 0.02368017194684777, 0.005611434819368834,
      -0.001823208870911032, -0.000720549445520347}},
};

constexpr Setting kOwn[] = {
    {"wavelet", Setting::choice, "", 0, 0, "db4", "haar db2 db3 db4 db5 db6 sym4 sym5 sym6 coif1 coif2",
     "Which: the longer, the better octaves are told apart"},
    {"level", Setting::integer, "", 1, 8, "3", "", "How many octaves of details there are"},
};
constexpr auto kSettings = with_statistics(kOwn);

constexpr int32_t kAxis = 3;  // the dimension of features

const Taps& scaling_of(const Settings& settings) {
  const auto family = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                   [&](const Family& f) { return f.name == settings.choice("wavelet"); });
  MOTE_ASSERT(family != std::end(kFamilies));
  return family->scaling;
}

Taps low_pass(Taps scaling) {
  std::reverse(scaling.begin(), scaling.end());
  return scaling;
}

Taps high_pass(Taps scaling) {
  for (size_t i = 0; i < scaling.size(); i += 2) scaling[i] = -scaling[i];
  return scaling;
}

// One filter of the window that does what `before` does and then, every `step` samples, `taps`.
Taps cascade(const Taps& before, const Taps& taps, size_t step) {
  Taps all(before.size() + (taps.size() - 1) * step);
  for (size_t i = 0; i < before.size(); ++i)
    for (size_t j = 0; j < taps.size(); ++j) all[i + j * step] += before[i] * taps[j];
  return all;
}

// What no window exceeds (but where it is mirrored): the sum of the sizes of the taps.
double most_of(const Taps& taps) {
  double sum = 0;
  for (double t : taps) sum += std::abs(t);
  return sum;
}

// Windows of which more than a level would be made of mirror images are refused: pywt.dwt_max_level.
Status check_length(const Signal& signal, size_t taps, int32_t level) {
  const int32_t most = static_cast<int32_t>(std::bit_width(static_cast<size_t>(signal.samples) / (taps - 1))) - 1;
  if (level <= most) return {};
  return unsupported(fmt::format("level = {} in a window of {} samples; with this wavelet at most {} is allowed", level,
                                 signal.samples, std::max(most, 0)));
}

Expected<TensorId> attach_step(Graph& graph, TensorId in, Taps taps, int32_t axes, const char* name, double scale) {
  Tensor out;
  out.name = name;
  out.quant = {{static_cast<float>(scale)}, {0}, 0};
  return append(graph, make_wavelet({std::move(taps), axes}, in, kNone), std::move(out));
}

Expected<int32_t> any_row(const Signal& signal, const Settings&) { return signal.samples; }

Expected<TensorId> attach(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings) {
  const Taps low = low_pass(scaling_of(settings)), high = high_pass(scaling_of(settings));
  const int32_t level = settings.integer("level");
  MOTE_TRY_STATUS(check_length(signal, low.size(), level));
  const StatisticsAttrs chosen = chosen_statistics(signal, settings);
  TensorId in = samples;
  Taps so_far{1};
  std::vector<TensorId> parts;
  for (size_t j = 0; j < static_cast<size_t>(level); ++j) {
    const double scale = signal.scale * most_of(cascade(so_far, high, size_t{1} << j));
    MOTE_TRY(const TensorId details, attach_step(graph, in, high, signal.axes, "details", scale));
    MOTE_TRY(const TensorId features, append_statistics(graph, chosen, details));
    parts.insert(parts.begin(), features);
    so_far = cascade(so_far, low, size_t{1} << j);
    MOTE_TRY(in, attach_step(graph, in, low, signal.axes, "approximation", signal.scale * most_of(so_far)));
  }
  MOTE_TRY(const TensorId features, append_statistics(graph, chosen, in));
  parts.insert(parts.begin(), features);
  Tensor out;
  out.name = "wavelet", out.type = DType::int16, out.quant = joined_quant(graph, kAxis, parts);
  return append(graph, make_concat(kAxis, parts, kNone), std::move(out));
}

}  // namespace

extern const BlockDef wavelet_block{"wavelet", 1,       "Statistics of the octaves of each axis, by wavelets",
                                    kSettings, any_row, attach};

}  // namespace mote
