#include "pipeline/jobs/run_reliability.h"

#include "models/io/safetensors.h"

#include <algorithm>
#include <optional>
#include <system_error>

namespace mien {

namespace fs = std::filesystem;

namespace {

template <typename T>
Result<std::vector<T>> columnOf(const SafetensorsFile &file, const char *name, std::size_t rows, std::size_t width)
{
    auto values = file.values<T>(name);
    if (values && values->size() != rows * width)
        return fail(ErrorCode::Invalid, file.path().string() + ": " + name + " has " +
                                            std::to_string(values->size()) + " values instead of " +
                                            std::to_string(rows * width) + ".");
    return values;
}

std::vector<float> rowOf(const std::vector<float> &values, std::size_t row, std::size_t width)
{
    return {values.begin() + std::ptrdiff_t(row * width), values.begin() + std::ptrdiff_t((row + 1) * width)};
}

} // namespace

Result<Reliability> RunReliability::of(SampleId sample, std::size_t faces)
{
    if (const auto loaded = load(); !loaded)
        return fail(loaded.error());
    const std::string run = m_runFolder.filename().string();
    if (m_anchorsKept == 0)
        return fail(ErrorCode::NotFound, "Run " + run + " has no reliability scores with anchors; flag with it again.");
    const auto known = m_rows.find(sample.value);
    if (known == m_rows.end())
        return fail(ErrorCode::NotFound, "Sample " + std::to_string(sample.value) + " was not scored by run " + run +
                                             "; flag with it again.");
    const std::size_t row = known->second;
    Reliability result{.primary = rowOf(m_primary, row, m_classes),
                       .anchor = rowOf(m_anchor, row, m_classes),
                       .attentive = rowOf(m_attentive, row, m_classes),
                       .balanced = rowOf(m_final, row, m_classes),
                       .confidence = m_confidence[row],
                       .anchors = {}};
    for (std::size_t i = 0; i < m_anchorsKept; ++i) {
        const std::size_t at = row * m_anchorsKept + i;
        Reliability::Anchor anchor{.cls = int(m_nearAnchors[2 * at]),
                                   .index = int(m_nearAnchors[2 * at + 1]),
                                   .distance = m_distances[at],
                                   .faces = {}};
        const auto near = m_rowsOf.find({std::max<std::int64_t>(m_folds[row], 0), anchor.cls, anchor.index});
        if (near != m_rowsOf.end())
            for (const std::size_t other : near->second)
                if (other != row && anchor.faces.size() < faces)
                    anchor.faces.push_back(SampleId{m_samples[other]});
        result.anchors.push_back(std::move(anchor));
    }
    return result;
}

Result<> RunReliability::load()
{
    const fs::path path = m_runFolder / "scores.safetensors";
    std::error_code error;
    const auto written = fs::last_write_time(path, error);
    if (error)
        return fail(ErrorCode::NotFound,
                    "Run " + m_runFolder.filename().string() + " has no scores yet; flag with it.");
    if (written == m_loaded)
        return {};
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    RunReliability fresh(m_runFolder);
    auto samples = file->values<std::int64_t>("sample");
    if (!samples)
        return fail(samples.error());
    fresh.m_samples = std::move(*samples);
    const std::size_t rows = fresh.m_samples.size();
    const TensorView *const final = file->find("arbex_final");
    if (final && final->shape.size() == 2 && file->find("arbex_near_anchors") && rows > 0) {
        const TensorView *const distances = file->find("arbex_near_anchor_distances");
        fresh.m_classes = std::size_t(final->shape[1]);
        fresh.m_anchorsKept = distances && distances->shape.size() == 2 ? std::size_t(distances->shape[1]) : 0;
        std::optional<Error> wrong;
        const auto take = [&](auto &into, const char *name, std::size_t width) {
            auto values = columnOf<typename std::decay_t<decltype(into)>::value_type>(*file, name, rows, width);
            if (values)
                into = std::move(*values);
            else if (!wrong)
                wrong = values.error();
        };
        take(fresh.m_folds, "fold", 1);
        take(fresh.m_nearAnchors, "arbex_near_anchors", 2 * fresh.m_anchorsKept);
        take(fresh.m_distances, "arbex_near_anchor_distances", fresh.m_anchorsKept);
        take(fresh.m_primary, "arbex_primary", fresh.m_classes);
        take(fresh.m_anchor, "arbex_anchor", fresh.m_classes);
        take(fresh.m_attentive, "arbex_attentive", fresh.m_classes);
        take(fresh.m_final, "arbex_final", fresh.m_classes);
        take(fresh.m_confidence, "arbex_confidence", 1);
        if (wrong)
            return fail(*wrong);
    }
    for (std::size_t row = 0; row < rows; ++row) {
        fresh.m_rows.emplace(fresh.m_samples[row], row);
        if (const std::size_t at = row * fresh.m_anchorsKept; fresh.m_anchorsKept > 0)
            fresh.m_rowsOf[{std::max<std::int64_t>(fresh.m_folds[row], 0), fresh.m_nearAnchors[2 * at],
                            fresh.m_nearAnchors[2 * at + 1]}]
                .push_back(row);
    }
    for (auto &[anchor, near] : fresh.m_rowsOf)
        std::sort(near.begin(), near.end(), [&](std::size_t a, std::size_t b) {
            const float left = fresh.m_distances[a * fresh.m_anchorsKept],
                        right = fresh.m_distances[b * fresh.m_anchorsKept];
            return left < right || (left == right && a < b);
        });
    fresh.m_loaded = written;
    *this = std::move(fresh);
    return {};
}

} // namespace mien
