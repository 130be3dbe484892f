#include "pipeline/import/table_rows.h"

#include "pipeline/import/text_form.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace mien {

namespace {

constexpr std::size_t objectsForNames = 200;

bool beginsLikeJson(std::string_view text)
{
    return trimmed(text).starts_with('{');
}

std::string cellOf(const nlohmann::json &value)
{
    if (value.is_string())
        return value.get<std::string>();
    return value.is_null() ? std::string() : value.dump();
}

/// Members by dotted name; votes by class are one column.
void flatten(const nlohmann::json &object, const std::string &prefix,
             std::vector<std::pair<std::string, std::string>> &into)
{
    for (const auto &[name, value] : object.items()) {
        const std::string path = prefix + lowered(trimmed(name));
        if (value.is_object() && path != "votes")
            flatten(value, path + '.', into);
        else
            into.emplace_back(path, cellOf(value));
    }
}

std::optional<std::vector<std::pair<std::string, std::string>>> membersOf(std::string_view line)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    std::vector<std::pair<std::string, std::string>> members;
    flatten(json, {}, members);
    return members;
}

/// The delimiter that splits a header into the most names.
char delimiterOf(std::string_view header)
{
    char best = ',';
    std::size_t most = 0;
    for (const char delimiter : {',', ';', '\t', '|'}) {
        if (const std::size_t count = splitRecord(header, delimiter).size(); count > most) {
            most = count;
            best = delimiter;
        }
    }
    // Names may hold spaces, so these only where nothing else separates.
    return most == 1 && splitRecord(trimmed(header), ' ').size() > 1 ? ' ' : best;
}

std::vector<std::string> namesOf(std::string_view header, char delimiter)
{
    std::vector<std::string> names;
    for (const std::string &name : splitRecord(delimiter == ' ' ? trimmed(header) : header, delimiter))
        names.push_back(lowered(trimmed(name)));
    return names;
}

void addNames(std::vector<std::string> &names, std::string_view line)
{
    const auto members = membersOf(line);
    if (!members)
        return;
    for (const auto &[name, value] : *members)
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
}

} // namespace

std::vector<std::string> TableRows::namesIn(std::string_view head)
{
    if (head.starts_with("\xef\xbb\xbf"))
        head.remove_prefix(3);
    head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
    if (!beginsLikeJson(head)) {
        const std::string_view header = head.substr(0, head.find_first_of("\r\n"));
        return namesOf(header, delimiterOf(header));
    }
    std::vector<std::string> names;
    for (std::size_t lines = 0; lines < objectsForNames && !head.empty(); ++lines) {
        const std::size_t end = std::min(head.find_first_of("\r\n"), head.size());
        addNames(names, head.substr(0, end));
        head.remove_prefix(end);
        head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
    }
    return names;
}

Result<TableRows> TableRows::open(const std::filesystem::path &path, TextEncoding encoding,
                                  std::vector<std::string> columns)
{
    TableRows rows;
    rows.m_encoding = encoding;
    std::optional<std::string_view> record;
    const auto begin = [&](RecordReader::Quotes quotes) -> Result<> {
        auto stream = openTextStream(path);
        if (!stream)
            return fail(stream.error());
        rows.m_stream = std::move(*stream);
        rows.m_records = std::make_unique<RecordReader>(*rows.m_stream, quotes);
        record = rows.m_records->next();
        if (!record && rows.error())
            return fail(*rows.error());
        return {};
    };
    // A JSON object is a line, and its quotes may be escaped; whether it is one, the first line tells.
    if (const auto begun = begin(RecordReader::Quotes::EndAtLine); !begun)
        return fail(begun.error());
    if (!record)
        return rows;
    if (!beginsLikeJson(*record)) {
        if (const auto begun = begin(RecordReader::Quotes::SpanLines); !begun)
            return fail(begun.error());
        if (columns.empty()) {
            rows.m_delimiter = delimiterOf(*record);
            rows.m_names = namesOf(*record, rows.m_delimiter);
        } else {
            rows.m_names = std::move(columns);
            rows.m_ahead.push_back(rows.rowOf(*record));
            rows.m_ahead.back().line = rows.m_records->line();
        }
        return rows;
    }
    rows.m_isJson = true;
    std::vector<std::pair<std::string, std::int64_t>> lines;
    for (; record; record = rows.m_records->next()) {
        lines.emplace_back(*record, rows.m_records->line());
        addNames(rows.m_names, lines.back().first);
        if (lines.size() == objectsForNames)
            break;
    }
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
        rows.m_ahead.push_back(rows.rowOf(line->first));
        rows.m_ahead.back().line = line->second;
    }
    return rows;
}

TableRows::Row TableRows::rowOf(std::string_view record) const
{
    Row row;
    if (m_isJson) {
        const auto members = isToBeDecoded(record) ? membersOf(utf8From(record, m_encoding)) : membersOf(record);
        if (!members) {
            row.reason = "BAD_JSON_LINE";
            row.detail = "The line is not a JSON object.";
            return row;
        }
        row.cells.resize(m_names.size());
        for (const auto &[name, value] : *members)
            if (const auto column = std::find(m_names.begin(), m_names.end(), name); column != m_names.end())
                row.cells[std::size_t(column - m_names.begin())] = value;
        return row;
    }
    row.cells = splitRecord(m_delimiter == ' ' ? trimmed(record) : record, m_delimiter);
    if (row.cells.size() != m_names.size()) {
        row.reason = "BAD_FIELD_COUNT";
        row.detail = std::to_string(row.cells.size()) + " fields instead of " + std::to_string(m_names.size());
        return row;
    }
    if (isToBeDecoded(record)) {
        row.bytes = row.cells;
        for (std::string &cell : row.cells)
            cell = utf8From(cell, m_encoding);
    }
    return row;
}

bool TableRows::isToBeDecoded(std::string_view record) const
{
    if (m_encoding == TextEncoding::Utf8)
        return false;
    if (m_encoding == TextEncoding::Windows1252)
        return !isUtf8(record);
    return std::any_of(record.begin(), record.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::optional<TableRows::Row> TableRows::next()
{
    if (!m_ahead.empty()) {
        Row row = std::move(m_ahead.back());
        m_ahead.pop_back();
        return row;
    }
    const auto record = m_records->next();
    if (!record)
        return std::nullopt;
    if (!m_isJson && m_records->hasOpenQuote()) {
        Row row;
        row.reason = "BAD_FIELD_COUNT";
        const bool endsWithBreak = record->ends_with('\n') || record->ends_with('\r');
        const std::int64_t lines = m_records->lineBreaks() + (endsWithBreak ? 0 : 1);
        row.detail = "A quote (\") that is opened here is never closed; ";
        row.detail += lines == 1 ? "the row is lost."
                                 : std::to_string(lines) + " lines, to the end of the table, are lost with it.";
        row.line = m_records->line();
        return row;
    }
    Row row = rowOf(*record);
    row.line = m_records->line();
    return row;
}

Result<bool> isUtf8Table(const std::filesystem::path &path)
{
    auto stream = openTextStream(path);
    if (!stream)
        return fail(stream.error());
    RecordReader records(**stream);
    while (const auto record = records.next())
        if (!isUtf8(*record))
            return false;
    return true;
}

} // namespace mien
