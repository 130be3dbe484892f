#include "pipeline/dlib/frontal_scan.h"

#include "pipeline/dlib/frontal_detector_bytes.h"
#include "pipeline/dlib/grey_view.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace mien {

namespace {

/// Taps of the separable filters: the window of 80 pixels has 10 cells of 8 a side.
constexpr long taps = 10;
using Plane = dlib::array2d<float>;

using Pyramid = dlib::pyramid_down<6>;
using Scanner = dlib::scan_fhog_pyramid<Pyramid>;
using Detector = dlib::object_detector<Scanner>;

Detector frontalDetector()
{
    std::istringstream bytes(std::string(reinterpret_cast<const char *>(frontalDetectorBytes), frontalDetectorSize));
    Detector detector;
    dlib::deserialize(detector, bytes);
    return detector;
}

/// One of the filters that a window's score is the sum of: a row of taps, then a column.
struct Separable
{
    std::size_t plane = 0;
    std::array<float, taps> row{}, column{};
};

std::vector<Separable> separableFilters(const Scanner::fhog_filterbank &bank)
{
    std::vector<Separable> filters;
    for (std::size_t plane = 0; plane < bank.row_filters.size(); ++plane)
        for (std::size_t i = 0; i < bank.row_filters[plane].size(); ++i) {
            Separable filter{.plane = plane};
            for (long tap = 0; tap < taps; ++tap) {
                filter.row[std::size_t(tap)] = bank.row_filters[plane][i](tap);
                filter.column[std::size_t(tap)] = bank.col_filters[plane][i](tap);
            }
            filters.push_back(filter);
        }
    return filters;
}

/// Sum of the filters over the window that begins at each cell: what dlib's general filters give around its middle, in
/// less time, as the taps stay in registers.
/// @param scores  as wide as the planes; of the columns and rows where a whole window fits
void filter(const std::vector<Separable> &filters, const dlib::array<Plane> &planes, std::vector<float> &rows,
            std::vector<float> &scores)
{
    const long height = planes[0].nr(), stride = planes[0].nc(), width = stride - taps + 1;
    scores.assign(std::size_t(height) * std::size_t(stride), 0);
    rows.resize(std::size_t(height) * std::size_t(stride));
    for (const Separable &one : filters) {
        const auto [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9] = one.row;
        const auto [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9] = one.column;
        for (long y = 0; y < height; ++y) {
            const float *const __restrict in = &planes[one.plane][y][0];
            float *const __restrict out = rows.data() + y * stride;
            for (long x = 0; x < width; ++x)
                out[x] = (in[x] * r0 + in[x + 1] * r1 + in[x + 2] * r2 + in[x + 3] * r3 + in[x + 4] * r4) +
                         (in[x + 5] * r5 + in[x + 6] * r6 + in[x + 7] * r7 + in[x + 8] * r8 + in[x + 9] * r9);
        }
        for (long y = 0; y + taps <= height; ++y) {
            const float *const __restrict in = rows.data() + y * stride;
            float *const __restrict out = scores.data() + y * stride;
            for (long x = 0; x < width; ++x)
                out[x] += (in[x] * c0 + in[x + stride] * c1 + in[x + 2 * stride] * c2 + in[x + 3 * stride] * c3 +
                           in[x + 4 * stride] * c4) +
                          (in[x + 5 * stride] * c5 + in[x + 6 * stride] * c6 + in[x + 7 * stride] * c7 +
                           in[x + 8 * stride] * c8 + in[x + 9 * stride] * c9);
        }
    }
}

struct Hit
{
    double score = 0;
    unsigned long filter = 0;
    dlib::rectangle box;
};

} // namespace

struct FrontalScan::Filters
{
    Detector detector = frontalDetector();
    std::vector<std::vector<Separable>> separable; ///< Of each of its filters.

    Filters()
    {
        for (unsigned long i = 0; i < detector.num_detectors(); ++i)
            separable.push_back(separableFilters(detector.get_processed_w(i).get_detect_argument()));
    }

    const Scanner &scanner() const { return detector.get_scanner(); }

    template <typename Image>
    void look(const Image &image, unsigned long level, std::vector<Hit> &hits) const;
};

/// Adds the windows of one level that pass a filter, with boxes in the picture of level 0.
template <typename Image>
void FrontalScan::Filters::look(const Image &image, unsigned long level, std::vector<Hit> &hits) const
{
    const Scanner &how = scanner();
    const auto &features = how.get_feature_extractor();
    const int cell = int(how.get_cell_size());
    const int rows = int(how.get_fhog_window_height()), columns = int(how.get_fhog_window_width());
    const auto inside = 2 * how.get_padding();
    dlib::array<Plane> planes;
    features(image, planes, cell, rows, columns);
    const long height = planes[0].nr(), width = planes[0].nc();
    std::vector<float> filteredRows, scores;
    for (unsigned long number = 0; number < detector.num_detectors(); ++number) {
        const double threshold = detector.get_processed_w(number).w(long(how.get_num_dimensions()));
        filter(separable[number], planes, filteredRows, scores);
        for (long y = 0; y + taps <= height; ++y)
            for (long x = 0; x + taps <= width; ++x) {
                const double score = scores[std::size_t(y * width + x)];
                if (score < threshold)
                    continue;
                const auto window = dlib::centered_rect(dlib::point(x + taps / 2, y + taps / 2),
                                                        (unsigned long)(columns)-inside, (unsigned long)(rows)-inside);
                const auto box = features.feats_to_image(window, cell, rows, columns);
                hits.push_back({score - threshold, number, Pyramid().rect_up(box, level)});
            }
    }
}

FrontalScan::FrontalScan()
    : m_filters(std::make_unique<const Filters>())
{
}

FrontalScan::~FrontalScan() = default;

std::vector<DlibFaces::Face> FrontalScan::faces(const Picture &grey) const
{
    const Scanner &how = m_filters->scanner();
    const Pyramid pyramid;
    std::vector<Hit> hits;
    const GreyView view{&grey};
    m_filters->look(view, 0, hits);
    dlib::rectangle size(grey.widthPx, grey.heightPx);
    dlib::array2d<unsigned char> larger, smaller;
    for (unsigned long level = 1; level < how.get_max_pyramid_levels(); ++level) {
        size = pyramid.rect_down(size);
        if (size.width() < how.get_min_pyramid_layer_width() || size.height() < how.get_min_pyramid_layer_height())
            break;
        if (level == 1)
            pyramid(view, smaller);
        else
            pyramid(larger, smaller);
        m_filters->look(smaller, level, hits);
        swap(larger, smaller);
    }

    std::stable_sort(hits.begin(), hits.end(), [](const Hit &a, const Hit &b) { return a.score > b.score; });
    std::vector<Hit> kept;
    for (const Hit &hit : hits)
        if (std::none_of(kept.begin(), kept.end(), [&](const Hit &other) {
                return m_filters->detector.get_overlap_tester()(other.box, hit.box);
            }))
            kept.push_back(hit);
    std::vector<DlibFaces::Face> faces;
    for (const Hit &hit : kept)
        faces.push_back(
            {.box = {double(hit.box.left()), double(hit.box.top()), double(hit.box.width()), double(hit.box.height())},
             .score = hit.score});
    return faces;
}

} // namespace mien
