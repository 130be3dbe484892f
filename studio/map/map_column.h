#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"
#include "studio/map/map_file.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace mien {

class Project;

/// What a project, or the map itself, says of each point in one field: a name of few, or a number.
struct MapColumn
{
    enum class Kind { Nothing, Names, Numbers };

    QString field;
    Kind kind = Kind::Nothing;
    QStringList names;               ///< As stored: "happiness", "train", "S12".
    std::vector<std::int32_t> codes; ///< Place in `names`; -1: none. Of Names.
    std::vector<float> values;       ///< NaN: none. Of Numbers.
    float low = 0, high = 1;         ///< Where the colours end: all but the outermost percent lies between.
};

/// Fields that colour or shape a map.
struct MapField
{
    QString name; ///< "label", "suspicion", "quality.blur", "map.distortion"
    QString word; ///< "Label now"
    bool isNumber = false;
};
/// Those that every project has, then what was measured in this one.
QList<MapField> mapFields(const QStringList &measured);
QString mapFieldWord(const QString &field);

/// What the drawing of a map needs of the project.
struct MapColumns
{
    MapColumn color, shape, flag, label, subject;
    std::vector<std::string> measured; ///< measuredNames() of the project.
    std::vector<std::uint8_t> isThere; ///< 0: the sample is in no list any more.
    qint64 notOnMap = 0;               ///< Samples of the project that came after the map.
};
/// @param color, shape  fields; empty: nothing
/// Samples that are in no list any more (removed imports) have no value. Invalid as readSampleTable().
Result<MapColumns> readMapColumns(const Project &project, const MapTable &map, const QString &color,
                                  const QString &shape, const std::stop_token &stop);

} // namespace mien
