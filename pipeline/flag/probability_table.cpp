#include "pipeline/flag/probability_table.h"

#include "models/score/confident_learning.h"
#include "pipeline/store/atomic_file.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>

namespace mien {

namespace {

tl::unexpected<Error> bad(const std::filesystem::path &path, const std::string &why)
{
    return fail(ErrorCode::Invalid, path.string() + ": " + why);
}

/// Records of a CSV text: quotes, doubled quotes, line breaks inside quotes, LF or CRLF, a UTF-8 mark in front.
class CsvRecords
{
public:
    explicit CsvRecords(std::string_view text)
        : m_rest(text)
    {
        if (m_rest.starts_with("\xEF\xBB\xBF"))
            m_rest.remove_prefix(3);
    }

    /// False at the end. Empty lines are passed over.
    bool next(std::vector<std::string> &fields)
    {
        while (!m_rest.empty() && (m_rest.front() == '\n' || m_rest.front() == '\r')) {
            m_line += m_rest.front() == '\n';
            m_rest.remove_prefix(1);
        }
        m_recordLine = m_line;
        if (m_rest.empty())
            return false;
        std::size_t count = 0;
        do {
            if (fields.size() == count)
                fields.emplace_back();
            field(fields[count++]);
        } while (take(','));
        take('\r');
        if (take('\n'))
            ++m_line;
        fields.resize(count);
        return true;
    }

    std::int64_t line() const { return m_recordLine; } ///< Where the last record began, from 1.

private:
    std::string_view m_rest;
    std::int64_t m_line = 1;
    std::int64_t m_recordLine = 1;

    bool take(char c)
    {
        if (m_rest.empty() || m_rest.front() != c)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }

    void field(std::string &value)
    {
        value.clear();
        if (!take('"')) {
            const std::size_t end = std::min(m_rest.find_first_of(",\r\n"), m_rest.size());
            value.assign(m_rest.substr(0, end));
            m_rest.remove_prefix(end);
            return;
        }
        while (!m_rest.empty()) {
            const char c = m_rest.front();
            m_rest.remove_prefix(1);
            if (c == '"' && !take('"'))
                return;
            m_line += c == '\n';
            value.push_back(c);
        }
    }
};

struct Header
{
    std::size_t key = 0;
    bool byId = true;
    std::vector<std::size_t> columns; // of every class
    std::size_t width = 0;
};

Result<Header> parseHeader(const std::filesystem::path &path, const std::vector<std::string> &fields,
                           const std::vector<std::string> &classes,
                           const std::function<int(const std::string &)> &resolve)
{
    constexpr std::size_t none = SIZE_MAX;
    Header header;
    header.key = none;
    header.width = fields.size();
    header.columns.assign(classes.size(), none);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i] == "id" || (fields[i] == "source" && header.key == none)) {
            header.key = i;
            header.byId = fields[i] == "id";
            continue;
        }
        const int found = resolve(fields[i]);
        if (found < 0)
            continue;
        std::size_t &column = header.columns.at(static_cast<std::size_t>(found));
        if (column != none)
            return bad(path, "its columns \"" + fields[column] + "\" and \"" + fields[i] + "\" are the same class.");
        column = i;
    }
    if (header.key == none)
        return bad(path, "its first line has no column \"id\" or \"source\".");
    for (std::size_t c = 0; c < classes.size(); ++c)
        if (header.columns[c] == none)
            return bad(path, "it has no column for the class \"" + classes[c] + "\".");
    return header;
}

bool parseNumber(std::string_view text, double &value)
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

Result<FlagInputs> readProbabilityTable(const std::filesystem::path &path, std::span<const SampleKey> samples,
                                        const std::vector<std::string> &classes,
                                        const std::function<int(const std::string &)> &resolve)
{
    const auto text = readFile(path);
    if (!text)
        return fail(text.error());
    CsvRecords records(*text);
    std::vector<std::string> fields;
    if (!records.next(fields))
        return bad(path, "it is empty.");
    const auto header = parseHeader(path, fields, classes, resolve);
    if (!header)
        return fail(header.error());

    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < samples.size(); ++i)
        places.emplace(header->byId ? std::to_string(samples[i].id) : samples[i].source, i);

    FlagInputs inputs;
    inputs.name = path.string();
    inputs.classes = classes;
    std::vector<std::int64_t> lineOf(samples.size());
    std::vector<double> row(classes.size());
    while (records.next(fields)) {
        const std::string line = "line " + std::to_string(records.line());
        if (fields.size() != header->width)
            return bad(path, line + " has " + std::to_string(fields.size()) + " fields; the first line has " +
                                 std::to_string(header->width) + ".");
        const auto place = places.find(fields[header->key]);
        if (place == places.end()) {
            inputs.unknown.push_back({fields[header->key], records.line()});
            continue;
        }
        if (lineOf[place->second])
            return bad(path, line + " names \"" + fields[header->key] + "\" again, first on line " +
                                 std::to_string(lineOf[place->second]) + ".");
        lineOf[place->second] = records.line();
        for (std::size_t c = 0; c < classes.size(); ++c)
            if (!parseNumber(fields[header->columns[c]], row[c]))
                return bad(path, line + " has \"" + fields[header->columns[c]] + "\" for the class \"" + classes[c] +
                                     "\", which is no number.");
        if (const auto checked = checkProbabilities(std::span<const double>(row), static_cast<int>(row.size()), "");
            !checked) // ": row 0 (counted from 0) holds …": here the line is the better place
            return bad(path, line + checked.error().message.substr(checked.error().message.find(')') + 1));
        inputs.sample.push_back(samples[place->second].id);
        inputs.label.push_back(samples[place->second].label);
        inputs.probabilities.insert(inputs.probabilities.end(), row.begin(), row.end());
    }
    if (inputs.sample.empty())
        return bad(path,
                   std::string("no row names a sample of the project by its ") + (header->byId ? "id." : "source."));
    inputs.missing = static_cast<std::int64_t>(samples.size() - inputs.sample.size());
    inputs.probabilities =
        normalizedRows(std::span<const double>(inputs.probabilities), static_cast<int>(classes.size()));
    return inputs;
}

} // namespace mien
