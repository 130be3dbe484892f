#include "pipeline/dlib/frontal_scan.h"

#include "pipeline/dlib/frontal_detector_bytes.h"
#include "pipeline/dlib/grey_view.h"

#include <algorithm>
#include <sstream>

namespace mien {

namespace {

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
    dlib::array<dlib::array2d<float>> planes;
    features(image, planes, cell, rows, columns);
    dlib::array2d<float> scores;
    std::vector<Hit> found;
    for (unsigned long filter = 0; filter < detector.num_detectors(); ++filter) {
        const auto &weights = detector.get_processed_w(filter);
        const double threshold = weights.w(long(how.get_num_dimensions()));
        const dlib::rectangle area = dlib::impl::apply_filters_to_fhog(weights.get_detect_argument(), planes, scores);
        for (long y = area.top(); y <= area.bottom(); ++y)
            for (long x = area.left(); x <= area.right(); ++x)
                if (scores[y][x] >= threshold) {
                    const auto window = dlib::centered_rect(dlib::point(x, y), (unsigned long)(columns)-inside,
                                                            (unsigned long)(rows)-inside);
                    const auto box = features.feats_to_image(window, cell, rows, columns);
                    hits.push_back({scores[y][x] - threshold, filter, Pyramid().rect_up(box, level)});
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
