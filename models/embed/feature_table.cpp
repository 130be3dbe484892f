#include "models/embed/feature_table.h"

#include "models/base/fingerprint.h"
#include "models/embed/run_features.h"
#include "models/io/npy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <set>

namespace mien {

namespace {

constexpr std::int64_t kMostDimensions = 65'536;

std::string_view bytesOf(const std::vector<float> &values)
{
    return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)};
}

/// By the power of 2 that brings the largest value near 1: no bit of a value is lost, and no square is too large or too
/// small for fp32.
void scaleByPowerOf2(std::vector<float> &values)
{
    float largest = 0;
    for (const float value : values)
        largest = std::max(largest, std::abs(value));
    if (!(largest > 0))
        return;
    const int exponent = std::ilogb(largest);
    for (float &value : values)
        value = std::ldexp(value, -exponent);
}

Result<> readLabels(const std::filesystem::path &path, FeatureTable &table)
{
    const auto array = NpyArray::read(path);
    if (!array)
        return fail(array.error());
    const bool isFlat = array->shape().size() == 1 || (array->shape().size() == 2 && array->shape()[1] == 1);
    if (!isFlat || array->count() != std::int64_t(table.count()))
        return fail(ErrorCode::Invalid, path.string() + " has the shape " + array->shapeText() + "; " + table.name +
                                            " has " + std::to_string(table.count()) + " rows, so (" +
                                            std::to_string(table.count()) + ",) is needed.");
    auto labels = array->integers();
    if (!labels)
        return fail(labels.error());
    table.labels = std::move(*labels);
    for (std::int64_t &label : table.labels)
        label = std::max<std::int64_t>(label, -1);
    return {};
}

Result<FeatureTable> fromFile(const FeatureSource &source)
{
    const auto array = NpyArray::read(source.features);
    if (!array)
        return fail(array.error());
    FeatureTable table;
    table.name = source.features.string();
    if (array->shape().size() != 2 || array->shape()[0] < 1 || array->shape()[1] < 1 || array->isText())
        return fail(ErrorCode::Invalid, table.name + " has the shape " + array->shapeText() +
                                            "; features are numbers, [rows, dimensions].");
    if (array->shape()[1] > kMostDimensions || array->shape()[0] > std::numeric_limits<std::int32_t>::max())
        return fail(ErrorCode::Invalid, table.name + " has the shape " + array->shapeText() + "; possible are up to " +
                                            std::to_string(kMostDimensions) + " dimensions.");
    auto values = array->floats();
    if (!values)
        return fail(values.error());
    table.values = std::move(*values);
    table.dimensions = int(array->shape()[1]);
    const auto width = std::size_t(table.dimensions);
    for (std::size_t i = 0; i < table.values.size(); ++i)
        if (!std::isfinite(table.values[i]))
            return fail(ErrorCode::Invalid, table.name + ": row " + std::to_string(i / width) + ", column " +
                                                std::to_string(i % width) +
                                                " (counted from 0) is no finite number; leave such rows out.");
    scaleByPowerOf2(table.values);
    table.samples.resize(table.values.size() / width);
    std::iota(table.samples.begin(), table.samples.end(), 0);
    if (!source.labels.empty())
        if (const auto read = readLabels(source.labels, table); !read)
            return fail(read.error());
    return table;
}

Result<FeatureTable> fromRun(const FeatureSource &source, torch::Device device, const EventSink &events, const Job &job)
{
    auto features = runFeatures(source.runFolder, source.fold, source.pack, source.keep, device, events, job);
    if (!features)
        return fail(features.error());
    FeatureTable table;
    table.name = "run " + features->run;
    table.run = features->run;
    table.dimensions = features->dimensions;
    table.values = standardised(*features);
    table.raw = std::move(features->values);
    table.samples = std::move(features->samples);
    table.labels = std::move(features->labels);
    table.trained = std::move(features->trained);
    table.classes = std::move(features->classes);
    table.modelHash = std::move(features->modelHash);
    table.preprocessingHash = std::move(features->preprocessingHash);
    return table;
}

} // namespace

Result<FeatureTable> readFeatures(const FeatureSource &source, torch::Device device, const EventSink &events,
                                  const Job &job)
{
    auto table = source.features.empty() ? fromRun(source, device, events, job) : fromFile(source);
    if (table)
        table->hash = Fingerprint().add(bytesOf(table->values)).add(table->samples).hex();
    return table;
}

Result<> checkFeatures(const FeatureTable &table)
{
    const auto width = std::size_t(table.dimensions);
    for (std::size_t row = 1; row < table.count(); ++row)
        if (!std::equal(table.values.begin(), table.values.begin() + table.dimensions,
                        table.values.begin() + std::ptrdiff_t(row * width)))
            return {};
    return fail(ErrorCode::Invalid, "all " + std::to_string(table.count()) + " rows of " + table.name +
                                        " are the same: there is nothing to lay out");
}

ClusterRows labelledRows(const FeatureTable &table)
{
    const auto &values = table.raw.empty() ? table.values : table.raw;
    const auto width = std::size_t(table.dimensions);
    ClusterRows result;
    for (std::size_t row = 0; row < table.labels.size(); ++row)
        if (table.labels[row] >= 0) {
            result.labels.push_back(table.labels[row]);
            result.points.insert(result.points.end(), values.begin() + std::ptrdiff_t(row * width),
                                 values.begin() + std::ptrdiff_t((row + 1) * width));
        }
    result.classes = int(std::set<std::int64_t>(result.labels.begin(), result.labels.end()).size());
    return result;
}

} // namespace mien
