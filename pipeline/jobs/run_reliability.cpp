#include "pipeline/jobs/run_reliability.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace mien {

namespace {

constexpr float kDelta = 1; // of the head (`models.md` 4.4, 10.2)

std::vector<float> rowOf(const std::vector<float> &values, std::size_t row, std::size_t width)
{
    return {values.begin() + std::ptrdiff_t(row * width), values.begin() + std::ptrdiff_t((row + 1) * width)};
}

} // namespace

Result<Reliability> RunReliability::of(SampleId sample, std::size_t faces)
{
    if (const auto read = m_scores.refresh([this](const SafetensorsFile &file) { return take(file); }); !read)
        return fail(read.error());
    if (m_head.anchorsKept == 0)
        return fail(ErrorCode::NotFound,
                    "Run " + m_scores.run() + " has no reliability scores with anchors; flag with it again.");
    const auto known = m_scores.rowOf(sample);
    if (!known)
        return fail(known.error());
    const std::size_t row = *known;
    Reliability result{.primary = rowOf(m_head.primary, row, m_head.classes),
                       .anchor = rowOf(m_head.anchor, row, m_head.classes),
                       .attentive = rowOf(m_head.attentive, row, m_head.classes),
                       .balanced = rowOf(m_head.final, row, m_head.classes),
                       .confidence = m_head.confidence[row],
                       .anchors = {}};
    for (std::size_t i = 0; i < m_head.anchorsKept; ++i) {
        const AnchorKey key = keyAt(row, i);
        const float nearest = m_head.distances[row * m_head.anchorsKept];
        const float distance = m_head.distances[row * m_head.anchorsKept + i];
        Reliability::Anchor anchor{.cls = int(key[1]),
                                   .index = int(key[2]),
                                   .distance = distance,
                                   .similarity = std::exp((nearest - distance) / kDelta),
                                   .faces = {}};
        for (const Near &other : m_head.near.at(key))
            if (other.row != row && anchor.faces.size() < faces)
                anchor.faces.push_back(SampleId{m_scores.samples()[other.row]});
        result.anchors.push_back(std::move(anchor));
    }
    return result;
}

RunReliability::AnchorKey RunReliability::keyAt(std::size_t row, std::size_t number) const
{
    const std::size_t at = 2 * (row * m_head.anchorsKept + number);
    return {std::max<std::int64_t>(m_head.folds[row], 0), m_head.nearAnchors[at], m_head.nearAnchors[at + 1]};
}

Result<> RunReliability::take(const SafetensorsFile &file)
{
    m_head = {};
    const std::size_t rows = m_scores.samples().size();
    const TensorView *const final = file.find("arbex_final");
    const TensorView *const distances = file.find("arbex_near_anchor_distances");
    if (!final || final->shape.size() != 2 || !distances || distances->shape.size() != 2)
        return {};
    Head head;
    head.classes = std::size_t(final->shape[1]);
    head.anchorsKept = std::size_t(distances->shape[1]);
    std::optional<Error> wrong;
    const auto column = [&](auto &into, const char *name, std::size_t width) {
        auto values = RunScoreFile::column<typename std::decay_t<decltype(into)>::value_type>(file, name, rows, width);
        if (values)
            into = std::move(*values);
        else if (!wrong)
            wrong = values.error();
    };
    column(head.folds, "fold", 1);
    column(head.nearAnchors, "arbex_near_anchors", 2 * head.anchorsKept);
    column(head.distances, "arbex_near_anchor_distances", head.anchorsKept);
    column(head.primary, "arbex_primary", head.classes);
    column(head.anchor, "arbex_anchor", head.classes);
    column(head.attentive, "arbex_attentive", head.classes);
    column(head.final, "arbex_final", head.classes);
    column(head.confidence, "arbex_confidence", 1);
    if (wrong)
        return fail(*wrong);
    m_head = std::move(head);
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t i = 0; i < m_head.anchorsKept; ++i)
            m_head.near[keyAt(row, i)].push_back({m_head.distances[row * m_head.anchorsKept + i], row});
    for (auto &[anchor, near] : m_head.near)
        std::sort(near.begin(), near.end(), [](const Near &a, const Near &b) {
            return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
        });
    return {};
}

} // namespace mien
