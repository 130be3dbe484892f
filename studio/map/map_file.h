#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <QDateTime>
#include <QList>
#include <QString>

#include <filesystem>
#include <optional>
#include <vector>

namespace mien {

/// What a map says of itself (pipeline/jobs/embed_job.h).
struct MapFacts
{
    std::filesystem::path path;
    QString run, method; ///< "r3"; tsne or pca
    int fold = 0;
    double perplexity = 0;
    qint64 samples = 0, iterations = 0, seed = 0;
    std::optional<double> kl, trustworthiness, continuity, daviesBouldin, calinskiHarabasz;
    QDateTime madeAt;
};

/// A map as it is drawn. Vectors are of equal length N, `layout` of 2 N.
struct MapTable
{
    MapFacts facts;
    std::vector<SampleId> samples;
    std::vector<float> layout;         ///< x, y of each; finite.
    std::vector<float> distortion;     ///< Empty while the map forms.
    std::vector<std::uint8_t> trained; ///< 1: the network was trained on it. Empty while the map forms.
    int iteration = -1;                ///< Of a map that forms.
};

/// The maps of a project, newest first. Reads the beginnings of the files alone; what is not a map of ours is left out,
/// a damaged file is listed without its facts, so that opening it says what is wrong.
QList<MapFacts> mapsIn(const std::filesystem::path &projectFolder);

/// NotFound, Unreadable, or Invalid with the reason: damaged, sizes that do not fit, a place that is not a number.
Result<MapTable> readMap(const std::filesystem::path &path);
/// The same of what lies in the working folder while a map forms.
Result<MapTable> readFormingMap(const std::filesystem::path &path);

} // namespace mien
