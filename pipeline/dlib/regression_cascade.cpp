#include "pipeline/dlib/regression_cascade.h"

#include "pipeline/dlib/grey_view.h"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace mien {

namespace {

constexpr long pointCount = std::tuple_size_v<Landmarks68>;
constexpr std::uintmax_t mostFileBytes = 512u << 20; // the published one has 100 MB

using Shape = dlib::matrix<float, 0, 1>; ///< x and y of each point, in shares of the box.
using Tree = dlib::impl::regression_tree;

class Cascade final : public LandmarkModel
{
public:
    /// Throws dlib::serialization_error, std::bad_alloc or std::length_error.
    explicit Cascade(std::istream &in)
    {
        int version = 0;
        dlib::deserialize(version, in);
        if (version != 1)
            throw dlib::serialization_error("another version");
        dlib::deserialize(m_meanShape, in);
        dlib::deserialize(m_forests, in);
        dlib::deserialize(m_anchors, in);
        dlib::deserialize(m_offsets, in);
    }

    bool hasSixtyEightPoints() const { return isShape(m_meanShape); }

    bool isConsistent() const
    {
        if (m_forests.empty() || m_anchors.size() != m_forests.size() || m_offsets.size() != m_forests.size())
            return false;
        for (std::size_t step = 0; step < m_forests.size(); ++step) {
            const auto probes = m_anchors[step].size();
            if (m_offsets[step].size() != probes ||
                !std::all_of(m_anchors[step].begin(), m_anchors[step].end(),
                             [](unsigned long anchor) { return anchor < (unsigned long)(pointCount); }) ||
                !std::all_of(m_offsets[step].begin(), m_offsets[step].end(),
                             [](const auto &offset) { return std::isfinite(offset.x() + offset.y()); }) ||
                !std::all_of(m_forests[step].begin(), m_forests[step].end(),
                             [&](const Tree &tree) { return isTree(tree, probes); }))
                return false;
        }
        return true;
    }

    Landmarks68 at(const Picture &grey, const BoxPx &box) const override
    {
        const GreyView view{&grey};
        const dlib::rectangle frame(std::lround(box.x), std::lround(box.y), std::lround(box.x + box.width) - 1,
                                    std::lround(box.y + box.height) - 1);
        Shape shape = m_meanShape;
        std::vector<float> probed;
        unsigned long leaf = 0;
        for (std::size_t step = 0; step < m_forests.size(); ++step) {
            dlib::impl::extract_feature_pixel_values(view, frame, shape, m_meanShape, m_anchors[step], m_offsets[step],
                                                     probed);
            for (const Tree &tree : m_forests[step])
                shape += tree(probed, leaf);
        }
        Landmarks68 points;
        for (long i = 0; i < pointCount; ++i)
            points[std::size_t(i)] = {double(frame.left()) + double(shape(2 * i)) * double(frame.width() - 1),
                                      double(frame.top()) + double(shape(2 * i + 1)) * double(frame.height() - 1)};
        return points;
    }

private:
    static bool isShape(const Shape &shape)
    {
        return shape.size() == 2 * pointCount &&
               std::all_of(shape.begin(), shape.end(), [](float value) { return std::isfinite(value); });
    }

    /// Complete, and asks only for what is probed.
    static bool isTree(const Tree &tree, unsigned long probes)
    {
        return (tree.leaf_values.size() & (tree.leaf_values.size() - 1)) == 0 &&
               tree.leaf_values.size() == tree.splits.size() + 1 &&
               std::all_of(tree.splits.begin(), tree.splits.end(),
                           [&](const auto &split) { return split.idx1 < probes && split.idx2 < probes; }) &&
               std::all_of(tree.leaf_values.begin(), tree.leaf_values.end(), isShape);
    }

    Shape m_meanShape;
    std::vector<std::vector<Tree>> m_forests;
    std::vector<std::vector<unsigned long>> m_anchors; ///< Which point a probed pixel goes with.
    std::vector<std::vector<dlib::vector<float, 2>>> m_offsets;
};

} // namespace

Result<std::unique_ptr<const LandmarkModel>> RegressionCascade::read(const std::filesystem::path &file)
{
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    std::ifstream in(file, std::ios::binary);
    if (error || !in)
        return fail(ErrorCode::Unreadable, "Cannot read " + file.string() + ".");
    const auto refused = [&](const std::string &why) {
        return fail(ErrorCode::Unreadable, file.string() + " is no model of 68 landmarks: " + why + ".");
    };
    if (size > mostFileBytes)
        return refused("it is too large");
    try {
        auto cascade = std::make_unique<const Cascade>(in);
        if (!cascade->hasSixtyEightPoints())
            return refused("it has another number of points");
        if (!cascade->isConsistent())
            return refused("its trees do not fit together");
        return std::unique_ptr<const LandmarkModel>(std::move(cascade));
    } catch (const std::exception &) { // dlib throws where the data ends early or says nonsense
        return refused("it is damaged or something else");
    }
}

} // namespace mien
