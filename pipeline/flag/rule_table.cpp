#include "pipeline/flag/rule_table.h"

#include "models/score/confident_learning.h"
#include "pipeline/store/atomic_file.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace mien {

namespace {

constexpr std::size_t longestNumber = 32;

/// Appends to a buffer that has room for a whole line.
class LineWriter
{
public:
    explicit LineWriter(char *place)
        : m_place(place)
    {
    }

    char *place() const { return m_place; }

    template <typename T>
    void number(T value)
    {
        m_place = std::to_chars(m_place, m_place + longestNumber, value).ptr;
    }

    void text(std::string_view value) { m_place = std::copy(value.begin(), value.end(), m_place); }
    void character(char c) { *m_place++ = c; }

private:
    char *m_place;
};

std::string quoted(const std::string &name)
{
    if (name.find_first_of(",\"\r\n") == std::string::npos)
        return name;
    std::string field = "\"";
    for (const char c : name)
        field += c == '"' ? "\"\"" : std::string(1, c);
    return field + '"';
}

} // namespace

Result<RuleTableReport> writeRuleTable(const FlagInputs &inputs, RowKey key, const std::filesystem::path &out,
                                       const Job &job)
{
    const int classes = static_cast<int>(inputs.classes.size());
    const std::size_t columns = inputs.classes.size();
    if (inputs.sample.size() != inputs.label.size() || inputs.probabilities.size() != inputs.label.size() * columns ||
        (!inputs.sawLabel.empty() && inputs.sawLabel.size() != inputs.label.size()))
        return fail(ErrorCode::Invalid, inputs.name + ": probabilities, labels and samples differ in number.");

    // Samples without a label take part in nothing; only where there are any the others are copied out.
    const bool all =
        std::none_of(inputs.label.begin(), inputs.label.end(), [](std::int64_t label) { return label < 0; });
    std::vector<double> labelledRows;
    std::vector<std::int64_t> labelled;
    if (!all)
        for (std::size_t i = 0; i < inputs.label.size(); ++i)
            if (inputs.label[i] >= 0) {
                const auto row = inputs.probabilities.begin() + static_cast<std::ptrdiff_t>(i * columns);
                labelledRows.insert(labelledRows.end(), row, row + classes);
                labelled.push_back(inputs.label[i]);
            }
    const std::span<const double> p = all ? inputs.probabilities : labelledRows;
    const std::span<const std::int64_t> labels = all ? inputs.label : labelled;

    const LabelNoise noise = estimateLabelNoise(p, labels, classes);
    const auto masks = flaggedBy(allFlagRules, p, labels, noise);
    const auto own = selfConfidence(p, labels, classes);
    const auto margin = normalizedMargin(p, labels, classes);
    const auto suggested = predictedClasses(inputs.probabilities, classes);
    if (job.stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Flagging was stopped.");

    std::vector<std::string> names;
    std::size_t longestName = 0;
    for (const std::string &name : inputs.classes) {
        names.push_back(quoted(name));
        longestName = std::max(longestName, names.back().size());
    }
    std::string table = "index,given,suggested,self_confidence,margin,cl_noise";
    for (const FlagRule rule : allFlagRules)
        table.append(",").append(flagRuleName(rule));
    const bool knowsInSample = !inputs.sawLabel.empty();
    if (knowsInSample)
        table.append(",in_sample");
    if (key == RowKey::Sample)
        table.append(",id");
    table.push_back('\n');
    const std::size_t longestLine = 5 * longestNumber + 2 * longestName + 2 * masks.size() + 10;
    table.reserve(table.size() + inputs.label.size() * 96);

    RuleTableReport report;
    report.samples = static_cast<std::int64_t>(inputs.label.size());
    const auto &defaultMask = masks[static_cast<std::size_t>(FlagRule::PruneByNoiseRate)];
    std::string line(longestLine, '\0');
    for (std::size_t i = 0, n = 0; i < inputs.label.size(); ++i) {
        LineWriter writer(line.data());
        writer.number(i);
        writer.character(',');
        const bool has = inputs.label[i] >= 0;
        if (has)
            writer.text(names[static_cast<std::size_t>(inputs.label[i])]);
        writer.character(',');
        writer.text(names[static_cast<std::size_t>(suggested[i])]);
        for (const double value : {has ? own[n] : 0, has ? margin[n] : 0, has ? 1 - margin[n] : 0}) {
            writer.character(',');
            if (has)
                writer.number(value);
        }
        for (const auto &mask : masks) {
            writer.character(',');
            writer.character(has && mask[n] ? '1' : '0');
        }
        if (knowsInSample) {
            writer.character(',');
            writer.character(inputs.sawLabel[i] ? '1' : '0');
        }
        if (key == RowKey::Sample) {
            writer.character(',');
            writer.number(inputs.sample[i]);
        }
        writer.character('\n');
        table.append(line.data(), static_cast<std::size_t>(writer.place() - line.data()));
        if (has && defaultMask[n]) {
            ++report.flagged;
            report.threshold = std::min(report.threshold, 1 - margin[n]);
        }
        n += has;
    }
    if (const auto written = writeOutput(out, table); !written)
        return fail(written.error());
    return report;
}

} // namespace mien
