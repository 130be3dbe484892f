#include "studio/cli/sample_lines.h"

#include "pipeline/store/sample_table.h"
#include "studio/cli/printable_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace mien {

namespace {

/// What a column's values become in a line.
enum class Shape { Value, Switch, Object };

Shape shapeOf(const std::string &column)
{
    static constexpr std::array switches{"reviewed", "stale", "excluded", "in_sample"};
    if (std::find(switches.begin(), switches.end(), column) != switches.end())
        return Shape::Switch;
    return column == "votes" ? Shape::Object : Shape::Value;
}

bool isPlain(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

template <typename Number>
void appendNumber(std::string &line, Number number)
{
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, number);
    line.append(text, error == std::errc() ? end : text);
}

void appendJson(std::string &line, const Cell &cell, Shape shape)
{
    if (std::holds_alternative<std::monostate>(cell)) {
        line += "null";
    } else if (const auto *whole = std::get_if<std::int64_t>(&cell)) {
        if (shape == Shape::Switch)
            line += *whole ? "true" : "false";
        else
            appendNumber(line, *whole);
    } else if (const auto *real = std::get_if<double>(&cell)) {
        if (std::isfinite(*real))
            appendNumber(line, *real);
        else
            line += "null";
    } else if (const auto text = std::get<std::string_view>(cell); shape == Shape::Object) {
        line += text;
    } else if (isPlain(text)) {
        line.append("\"").append(text).append("\"");
    } else {
        line += jsonText(printable(text));
    }
}

void appendCsv(std::string &line, const Cell &cell, Shape shape)
{
    if (const auto *whole = std::get_if<std::int64_t>(&cell)) {
        if (shape == Shape::Switch)
            line += *whole ? "yes" : "no";
        else
            appendNumber(line, *whole);
    } else if (const auto *real = std::get_if<double>(&cell)) {
        appendNumber(line, *real);
    } else if (const auto *text = std::get_if<std::string_view>(&cell)) {
        if (isPlain(*text) && text->find(',') == text->npos &&
            (text->empty() || !std::ispunct(static_cast<unsigned char>((*text)[0]))))
            line += *text;
        else
            line += csvField(printable(*text));
    }
}

} // namespace

std::vector<std::string> splitAtCommas(std::string_view text)
{
    std::vector<std::string> parts;
    while (true) {
        const std::size_t comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos)
            return parts;
        text.remove_prefix(comma + 1);
    }
}

int printSamples(Session &session, const Project &project, const SampleLines &lines)
{
    JsonLines &out = session.out();
    const std::vector<std::string> &names = lines.names.empty() ? lines.columns : lines.names;
    std::vector<Shape> shapes;
    std::vector<std::string> leads; // `{"id":`, `,"label":` …
    std::string line;
    for (std::size_t i = 0; i < names.size(); ++i) {
        shapes.push_back(shapeOf(lines.columns[i]));
        leads.push_back((i ? ",\"" : "{\"") + names[i] + "\":");
        line += (i ? "," : "") + names[i];
    }
    bool headed = lines.asJson;
    std::int64_t printed = 0;
    const auto printRow = [&](std::span<const Cell> cells) {
        if (!headed)
            out.row(std::string_view(line));
        headed = true;
        line.clear();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            line += lines.asJson ? std::string_view(leads[i]) : i ? "," : "";
            (lines.asJson ? appendJson : appendCsv)(line, cells[i], shapes[i]);
        }
        if (lines.asJson)
            line += '}';
        ++printed;
        return out.row(std::string_view(line)) && !(printed % 1024 == 0 && session.isStopped());
    };
    const auto read = readSampleTable(project, lines.filter, lines.order, lines.limit, lines.columns, printRow);
    if (!read)
        return out.refused(read.error());
    if (session.isStopped())
        return out.failed({ErrorCode::Cancelled, "Stopped."});
    if (!headed)
        out.row(std::string_view(line));
    return out.done({{"rows", printed}});
}

} // namespace mien
