#include "studio/map/map_look.h"

#include "studio/common/project_session.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr std::size_t kHeatColors = 64;
constexpr std::size_t kMostColors = 240; // of names; more of them share colours

QString tr(const char *text)
{
    return QCoreApplication::translate("mien::MapLook", text);
}

bool isOfClasses(const QString &field)
{
    return field == QLatin1String("label") || field == QLatin1String("given") || field == QLatin1String("predicted") ||
           field == QLatin1String("suggested");
}

/// Okabe and Ito's colours for what has no colour of its own; more names go round the hues.
QColor colorOf(std::size_t place, std::size_t count)
{
    static constexpr QRgb few[] = {0xff0072b2, 0xffe69f00, 0xff009e73, 0xffcc79a7, 0xff56b4e9, 0xffd55e00, 0xffb8a500};
    if (count <= std::size(few))
        return QColor(few[place]);
    return QColor::fromHsvF(float(std::fmod(double(place) * 0.61803398875, 1.0)), 0.65f, place % 2 ? 0.85f : 0.7f);
}

QString wordOf(const QString &field, const QString &name)
{
    if (field == QLatin1String("flag"))
        return name == QLatin1String("open")       ? tr("Flagged")
               : name == QLatin1String("accepted") ? tr("Flag accepted")
                                                   : tr("Flag rejected");
    if (field == QLatin1String("split"))
        return name == QLatin1String("train") ? tr("Training")
               : name == QLatin1String("val") ? tr("Validation")
                                              : tr("Test");
    if (field == QLatin1String("map.trained"))
        return name == QLatin1String("yes") ? tr("Seen in training") : tr("Not seen");
    return name;
}

std::vector<MapLegendEntry> entriesOf(const MapColumn &column, const ProjectSession &session)
{
    std::vector<MapLegendEntry> entries;
    for (qsizetype code = 0; code < column.names.size(); ++code) {
        MapLegendEntry entry;
        entry.code = std::int32_t(code);
        entry.word = wordOf(column.field, column.names[code]);
        entry.color = colorOf(std::size_t(code), std::size_t(column.names.size()));
        entry.marker = Marker(code % 8); // the ring is for what has none
        if (const ExpressionClass *known =
                isOfClasses(column.field) ? session.classNamed(column.names[code]) : nullptr) {
            const ClassLook look = Theme::instance().look(*known);
            entry.word = QString::fromStdString(known->display);
            entry.chip = look.code;
            entry.color = look.color;
            entry.marker = look.marker;
        } else if (column.field == QLatin1String("flag")) {
            const ThemeColors &colors = Theme::instance().colors();
            entry.color = column.names[code] == QLatin1String("open")       ? colors.warning
                          : column.names[code] == QLatin1String("accepted") ? colors.danger
                                                                            : colors.good;
        }
        entries.push_back(entry);
    }
    MapLegendEntry none;
    none.word = column.field == QLatin1String("flag")    ? tr("Not flagged")
                : column.field == QLatin1String("split") ? tr("In no split")
                : isOfClasses(column.field)              ? tr("No class")
                                                         : tr("No value");
    none.color = Theme::instance().colors().secondary;
    none.marker = Marker::Ring;
    entries.push_back(none);
    return entries;
}

} // namespace

MapPalette paletteOf(const MapColumn &color, const MapColumn &shape, const ProjectSession &session)
{
    MapPalette palette;
    const QColor none = Theme::instance().colors().secondary;
    if (color.kind == MapColumn::Kind::Numbers) {
        for (std::size_t i = 0; i < kHeatColors; ++i)
            palette.colors.push_back(Theme::heat(double(i) / double(kHeatColors - 1)).rgb());
    } else if (color.kind == MapColumn::Kind::Names) {
        palette.entries = entriesOf(color, session);
        for (std::size_t code = 0; code + 1 < palette.entries.size() && code < kMostColors; ++code)
            palette.colors.push_back(palette.entries[code].color.rgb());
        for (std::size_t code = kMostColors; code + 1 < palette.entries.size(); ++code)
            palette.entries[code].color = palette.entries[code % kMostColors].color;
    }
    palette.colors.push_back(none.rgb());
    if (shape.kind == MapColumn::Kind::Names) {
        palette.shapes = entriesOf(shape, session);
        for (const MapLegendEntry &entry : palette.shapes)
            palette.markers.push_back(entry.marker);
    }
    return palette;
}

MapLook lookOf(const MapIndex &index, const MapColumns &columns, const MapPalette &palette, const QSet<int> &hidden,
               std::span<const std::uint8_t> selected)
{
    MapLook look;
    look.styles.resize(index.count());
    look.counts.assign(palette.entries.size(), 0);
    look.shapeCounts.assign(palette.shapes.size(), 0);
    const MapColumn &color = columns.color, &shape = columns.shape, &flag = columns.flag;
    const auto open = std::int32_t(flag.names.indexOf(QStringLiteral("open")));
    const std::size_t colors = palette.colors.size() - 1;
    std::vector<std::uint8_t> isHidden(palette.entries.size(), 0);
    for (const int code : hidden)
        if (!isHidden.empty())
            isHidden[code < 0 ? isHidden.size() - 1 : std::min(std::size_t(code), isHidden.size() - 1)] = 1;
    const float width = color.high - color.low;
    for (std::size_t place = 0; place < look.styles.size(); ++place) {
        const std::uint32_t point = index.pointAt(place);
        PointStyle &style = look.styles[place];
        style.color = std::uint8_t(colors);
        if (!columns.isThere.empty() && !columns.isThere[point]) {
            style.isHidden = true;
            ++look.gone;
            continue;
        }
        if (color.kind == MapColumn::Kind::Numbers && std::isfinite(color.values[point])) {
            const float part = std::clamp((color.values[point] - color.low) / width, 0.0f, 1.0f);
            style.color = std::uint8_t(part * float(colors - 1) + 0.5f);
        } else if (color.kind == MapColumn::Kind::Names) {
            const std::int32_t code = color.codes[point];
            const std::size_t entry = code < 0 ? palette.entries.size() - 1 : std::size_t(code);
            if (code >= 0)
                style.color = std::uint8_t(std::size_t(code) % colors);
            ++look.counts[entry];
            style.isHidden = isHidden[entry] != 0;
            look.hidden += style.isHidden ? 1 : 0;
        }
        if (!palette.markers.empty()) {
            const std::int32_t code = shape.codes[point];
            const std::size_t entry = code < 0 ? palette.markers.size() - 1 : std::size_t(code);
            style.marker = palette.markers[entry];
            ++look.shapeCounts[entry];
        }
        style.isLarge = open >= 0 && flag.kind == MapColumn::Kind::Names && flag.codes[point] == open;
        style.isSelected = !selected.empty() && selected[point] != 0;
    }
    return look;
}

} // namespace mien
