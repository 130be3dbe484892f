#include "studio/map/map_column.h"

#include "pipeline/store/sample_table.h"
#include "studio/gallery/field_words.h"

#include <QCoreApplication>
#include <QHash>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace mien {

namespace {

constexpr const char *kDistortion = "map.distortion", *kTrained = "map.trained";

struct KnownField
{
    const char *name, *word;
    bool isNumber;
};
constexpr KnownField knownFields[] = {
    {"label", QT_TRANSLATE_NOOP("mien::MapFields", "Label now"), false},
    {"given", QT_TRANSLATE_NOOP("mien::MapFields", "Given label"), false},
    {"predicted", QT_TRANSLATE_NOOP("mien::MapFields", "Prediction"), false},
    {"suggested", QT_TRANSLATE_NOOP("mien::MapFields", "Suggestion"), false},
    {"flag", QT_TRANSLATE_NOOP("mien::MapFields", "Flag"), false},
    {"suspicion", QT_TRANSLATE_NOOP("mien::MapFields", "Suspicion"), true},
    {"split", QT_TRANSLATE_NOOP("mien::MapFields", "Split"), false},
    {"subject", QT_TRANSLATE_NOOP("mien::MapFields", "Subject"), false},
    {"data_set", QT_TRANSLATE_NOOP("mien::MapFields", "Data set"), false},
    {"origin", QT_TRANSLATE_NOOP("mien::MapFields", "Origin of the label"), false},
    {"map.trained", QT_TRANSLATE_NOOP("mien::MapFields", "Seen in training"), false},
    {"map.distortion", QT_TRANSLATE_NOOP("mien::MapFields", "Distortion of the map"), true},
    {"eac_noise", QT_TRANSLATE_NOOP("mien::MapFields", "EAC noise"), true},
    {"eac_inconsistency", QT_TRANSLATE_NOOP("mien::MapFields", "EAC inconsistency"), true},
    {"arbex_noise", QT_TRANSLATE_NOOP("mien::MapFields", "ARBEx noise"), true},
    {"arbex_confidence", QT_TRANSLATE_NOOP("mien::MapFields", "ARBEx confidence"), true},
    {"self_confidence", QT_TRANSLATE_NOOP("mien::MapFields", "Confidence in the label"), true},
    {"margin", QT_TRANSLATE_NOOP("mien::MapFields", "Margin"), true},
    {"cl_noise", QT_TRANSLATE_NOOP("mien::MapFields", "Confident-learning noise"), true},
    {"votes.entropy", QT_TRANSLATE_NOOP("mien::MapFields", "Disagreement of votes"), true},
    {"width", QT_TRANSLATE_NOOP("mien::MapFields", "Width in pixels"), true},
};

const KnownField *knownField(const QString &name)
{
    for (const KnownField &known : knownFields)
        if (name == QLatin1String(known.name))
            return &known;
    return nullptr;
}

/// Collects a field cell by cell, whatever the cells turn out to be.
class ColumnFiller
{
public:
    ColumnFiller(MapColumn &column, std::size_t count)
        : m_column(column)
        , m_count(count)
    {
    }

    void take(std::size_t point, const Cell &cell)
    {
        if (const auto *text = std::get_if<std::string_view>(&cell)) {
            if (!text->empty())
                name(point, *text);
        } else if (const auto *number = std::get_if<double>(&cell)) {
            value(point, float(*number));
        } else if (const auto *whole = std::get_if<std::int64_t>(&cell)) {
            value(point, float(*whole));
        }
    }

private:
    void name(std::size_t point, std::string_view text)
    {
        if (m_column.kind == MapColumn::Kind::Nothing) {
            m_column.kind = MapColumn::Kind::Names;
            m_column.codes.assign(m_count, -1);
        }
        if (m_column.kind != MapColumn::Kind::Names)
            return;
        const auto [at, isNew] = m_codes.try_emplace(std::string(text), std::int32_t(m_column.names.size()));
        if (isNew)
            m_column.names << QString::fromUtf8(text.data(), qsizetype(text.size()));
        m_column.codes[point] = at->second;
    }

    void value(std::size_t point, float number)
    {
        if (m_column.kind == MapColumn::Kind::Nothing) {
            m_column.kind = MapColumn::Kind::Numbers;
            m_column.values.assign(m_count, std::numeric_limits<float>::quiet_NaN());
        }
        if (m_column.kind == MapColumn::Kind::Numbers)
            m_column.values[point] = number;
    }

    MapColumn &m_column;
    std::size_t m_count;
    std::unordered_map<std::string, std::int32_t> m_codes;
};

void findEnds(MapColumn &column)
{
    if (column.field == QLatin1String("suspicion"))
        return; // a probability
    std::vector<float> known;
    std::copy_if(column.values.begin(), column.values.end(), std::back_inserter(known),
                 [](float value) { return std::isfinite(value); });
    if (known.empty())
        return;
    const auto at = [&](double share) {
        const auto place = std::ptrdiff_t(share * double(known.size() - 1));
        std::nth_element(known.begin(), known.begin() + place, known.end());
        return known[std::size_t(place)];
    };
    column.low = at(0.01);
    column.high = at(0.99);
    if (!(column.high > column.low)) {
        column.low = at(0);
        column.high = std::max(at(1), std::nextafter(column.low, std::numeric_limits<float>::max()));
    }
}

/// Names in the order of the alphabet, numbers in that of their size; a legend must not depend on which row came first.
void sortNames(MapColumn &column)
{
    std::vector<std::int32_t> order(std::size_t(column.names.size()));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        const QString &left = column.names[a], &right = column.names[b];
        bool isNumberA = false, isNumberB = false;
        const double numberA = left.toDouble(&isNumberA), numberB = right.toDouble(&isNumberB);
        return isNumberA && isNumberB ? numberA < numberB : left < right;
    });
    std::vector<std::int32_t> places(order.size());
    QStringList names;
    for (std::size_t place = 0; place < order.size(); ++place) {
        places[std::size_t(order[place])] = std::int32_t(place);
        names << column.names[order[place]];
    }
    column.names = names;
    for (std::int32_t &code : column.codes)
        if (code >= 0)
            code = places[std::size_t(code)];
}

void finish(MapColumn &column)
{
    if (column.kind == MapColumn::Kind::Numbers)
        findEnds(column);
    else if (column.kind == MapColumn::Kind::Names)
        sortNames(column);
}

/// What the map itself knows of its points; true when it does.
bool takeOfMap(MapColumn &column, const MapTable &map)
{
    if (column.field == QLatin1String(kDistortion)) {
        column.kind = map.distortion.empty() ? MapColumn::Kind::Nothing : MapColumn::Kind::Numbers;
        column.values = map.distortion;
        return true;
    }
    if (column.field == QLatin1String(kTrained)) {
        column.kind = map.trained.empty() ? MapColumn::Kind::Nothing : MapColumn::Kind::Names;
        column.names = {QStringLiteral("no"), QStringLiteral("yes")};
        for (const std::uint8_t seen : map.trained)
            column.codes.push_back(seen ? 1 : 0);
        return true;
    }
    return column.field.isEmpty();
}

} // namespace

QString mapFieldWord(const QString &field)
{
    if (const KnownField *known = knownField(field))
        return QCoreApplication::translate("mien::MapFields", known->word);
    return fieldWord(field);
}

QList<MapField> mapFields(const QStringList &measured)
{
    QList<MapField> fields;
    for (const KnownField &known : knownFields)
        fields << MapField{QLatin1String(known.name), mapFieldWord(QLatin1String(known.name)), known.isNumber};
    for (const QString &name : measured)
        fields << MapField{name, mapFieldWord(name), true};
    return fields;
}

Result<MapColumns> readMapColumns(const Project &project, const MapTable &map, const QString &color,
                                  const QString &shape, const std::stop_token &stop)
{
    const std::size_t count = map.samples.size();
    MapColumns columns;
    columns.color.field = color;
    columns.shape.field = shape;
    columns.flag.field = QStringLiteral("flag");
    columns.label.field = QStringLiteral("label");
    columns.subject.field = QStringLiteral("subject");
    columns.measured = measuredNames(project);
    columns.isThere.assign(count, 0);
    const std::array all{&columns.color, &columns.shape, &columns.flag, &columns.label, &columns.subject};
    std::vector<std::string> wanted{"id"};
    std::vector<ColumnFiller> fillers;
    for (MapColumn *column : all)
        if (!takeOfMap(*column, map)) {
            wanted.push_back(column->field.toStdString());
            fillers.emplace_back(*column, count);
        }

    // Maps and lists both go up by sample; a map of another order is looked up by it.
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    if (!std::is_sorted(map.samples.begin(), map.samples.end()))
        std::sort(order.begin(), order.end(),
                  [&](std::uint32_t a, std::uint32_t b) { return map.samples[a] < map.samples[b]; });
    std::size_t at = 0;
    const auto read = readSampleTable(project, "", {}, {}, wanted, [&](std::span<const Cell> row) {
        const SampleId id{std::get<std::int64_t>(row[0])};
        while (at < count && map.samples[order[at]] < id)
            ++at;
        if (at == count || map.samples[order[at]] != id) {
            ++columns.notOnMap;
            return !stop.stop_requested();
        }
        const std::size_t point = order[at];
        columns.isThere[point] = 1;
        for (std::size_t i = 0; i < fillers.size(); ++i)
            fillers[i].take(point, row[i + 1]);
        return !stop.stop_requested();
    });
    if (!read)
        return fail(read.error());
    for (MapColumn *column : all)
        finish(*column);
    return columns;
}

} // namespace mien
