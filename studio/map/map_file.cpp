#include "studio/map/map_file.h"

#include "models/io/safetensors_header.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <system_error>

namespace mien {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLongestHeader = 1 << 20; // of a map: a few hundred bytes

std::optional<double> numberIn(const QJsonObject &result, const char *key)
{
    const QJsonValue value = result.value(QLatin1String(key));
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

void takeFacts(MapFacts &facts, const std::map<std::string, std::string> &metadata)
{
    const auto at = metadata.find("result");
    if (at == metadata.end())
        return;
    const QJsonObject result = QJsonDocument::fromJson(QByteArray::fromStdString(at->second)).object();
    facts.run = result.value(QLatin1String("run")).toString(facts.run);
    facts.method = result.value(QLatin1String("method")).toString();
    facts.fold = result.value(QLatin1String("fold")).toInt();
    facts.perplexity = result.value(QLatin1String("perplexity")).toDouble();
    facts.samples = result.value(QLatin1String("samples")).toInteger();
    facts.iterations = result.value(QLatin1String("iterations")).toInteger();
    facts.seed = result.value(QLatin1String("seed")).toInteger();
    facts.kl = numberIn(result, "kl");
    facts.trustworthiness = numberIn(result, "trustworthiness");
    facts.continuity = numberIn(result, "continuity");
    facts.daviesBouldin = numberIn(result, "davies_bouldin");
    facts.calinskiHarabasz = numberIn(result, "calinski_harabasz");
}

/// What the path alone says: runs/<id>/embeddings/<hash>.safetensors.
MapFacts factsOfPath(const fs::path &path)
{
    MapFacts facts;
    facts.path = path;
    facts.run = QString::fromStdString(path.parent_path().parent_path().filename().string());
    std::error_code error;
    const auto written = fs::last_write_time(path, error);
    if (!error)
        facts.madeAt = QDateTime::fromMSecsSinceEpoch(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                          std::chrono::file_clock::to_sys(written).time_since_epoch())
                                                          .count());
    return facts;
}

std::optional<SafetensorsHeader> headerOf(const fs::path &path)
{
    std::ifstream file(path, std::ios::binary);
    std::error_code error;
    const std::uint64_t size = fs::file_size(path, error);
    unsigned char prefix[8] = {};
    if (error || size < sizeof prefix || !file.read(reinterpret_cast<char *>(prefix), sizeof prefix))
        return std::nullopt;
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
        length = length << 8 | prefix[i];
    if (length > kLongestHeader || length > size - sizeof prefix)
        return std::nullopt;
    std::string text(length, '\0');
    if (!file.read(text.data(), std::streamsize(length)))
        return std::nullopt;
    auto header = parseSafetensorsHeader(text, size - sizeof prefix - length);
    return header ? std::optional(std::move(*header)) : std::nullopt;
}

tl::unexpected<Error> useless(const fs::path &path, const std::string &reason)
{
    return fail(ErrorCode::Invalid, "The map " + path.string() + " cannot be shown: " + reason + ". Make it again.");
}

Result<MapTable> readTable(const fs::path &path, bool isWhole)
{
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return file.error().code == ErrorCode::Invalid ? useless(path, "the file is damaged") : fail(file.error());
    MapTable table;
    table.facts = factsOfPath(path);
    takeFacts(table.facts, file->metadata());
    const auto samples = file->values<std::int64_t>("sample");
    auto layout = file->values<float>("layout");
    if (!samples || !layout)
        return useless(path, "it holds no places of samples");
    const std::size_t count = samples->size();
    if (layout->size() != 2 * count)
        return useless(path, "it has " + std::to_string(layout->size() / 2) + " places for " + std::to_string(count) +
                                 " samples");
    if (count == 0)
        return useless(path, "it holds no sample");
    const auto broken =
        std::count_if(layout->begin(), layout->end(), [](float value) { return !std::isfinite(value); });
    if (broken > 0)
        return useless(path, std::to_string(broken) + " of its coordinates are not numbers");
    for (const std::int64_t id : *samples)
        table.samples.push_back(SampleId{id});
    table.layout = std::move(*layout);
    if (!isWhole) {
        const auto at = file->metadata().find("iteration");
        table.iteration = at == file->metadata().end() ? 0 : QString::fromStdString(at->second).toInt();
        return table;
    }
    auto distortion = file->values<float>("distortion");
    auto trained = file->values<std::uint8_t>("trained");
    if (!distortion || !trained || distortion->size() != count || trained->size() != count)
        return useless(path, "its distortion or its marks of training do not fit its samples");
    table.distortion = std::move(*distortion);
    table.trained = std::move(*trained);
    table.facts.samples = qint64(count);
    return table;
}

} // namespace

QList<MapFacts> mapsIn(const fs::path &projectFolder)
{
    QList<MapFacts> maps;
    std::error_code error;
    for (const fs::directory_entry &run : fs::directory_iterator(projectFolder / "runs", error)) {
        std::error_code none; // a run without maps has no such folder
        for (const fs::directory_entry &file : fs::directory_iterator(run.path() / "embeddings", none)) {
            if (file.path().extension() != ".safetensors" || !file.is_regular_file(none))
                continue;
            if (file.path().filename().string().starts_with("features"))
                continue; // what maps are made from
            MapFacts facts = factsOfPath(file.path());
            if (const auto header = headerOf(file.path()))
                takeFacts(facts, header->metadata);
            maps << facts;
        }
    }
    std::sort(maps.begin(), maps.end(), [](const MapFacts &a, const MapFacts &b) {
        return a.madeAt > b.madeAt || (a.madeAt == b.madeAt && a.path < b.path);
    });
    return maps;
}

Result<MapTable> readMap(const fs::path &path)
{
    return readTable(path, true);
}

Result<MapTable> readFormingMap(const fs::path &path)
{
    return readTable(path, false);
}

} // namespace mien
