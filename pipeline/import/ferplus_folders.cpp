#include "pipeline/import/ferplus_folders.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <numeric>

namespace mien {

namespace {

constexpr int sidePx = 48;
constexpr std::size_t fieldCount = 12, emotions = 8, unknownColumn = 8;

struct Part
{
    std::string_view folder;
    Split split;
};
constexpr std::array<Part, 3> parts = {
    {{"fer2013train", Split::Train}, {"fer2013valid", Split::Val}, {"fer2013test", Split::Test}}};

/// "a/FER2013Train/label.csv" -> its part; null for other files.
const Part *partOf(std::string_view path)
{
    const std::string lower = lowered(path);
    if (!lower.ends_with("/label.csv"))
        return nullptr;
    const std::string folder = lower.substr(0, lower.size() - std::string_view("/label.csv").size());
    const std::string name = folder.substr(folder.rfind('/') + 1);
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part &part) { return part.folder == name; });
    return found == parts.end() ? nullptr : &*found;
}

bool isLabelRow(std::string_view line)
{
    const std::vector<std::string> fields = splitRecord(line, ',');
    return fields.size() == fieldCount && trimmed(fields[1]).starts_with('(');
}

/// The rows of one label.csv as pictures to read.
class Scan
{
public:
    Scan(std::filesystem::path root, ItemSink &sink)
        : m_root(std::move(root))
        , m_sink(sink)
    {
    }

    Result<> read(const std::string &table, const Part &part);
    std::vector<PictureEntry> entries;
    std::int64_t missing = 0;

private:
    void row(const std::vector<std::string> &fields, const std::string &folder, const std::string &table,
             const Part &part, std::int64_t line);

    std::filesystem::path m_root;
    ItemSink &m_sink;
    KnownRows m_rows;
};

Result<> Scan::read(const std::string &table, const Part &part)
{
    auto stream = openTextStream(m_root / table);
    if (!stream)
        return fail(stream.error());
    RecordReader records(**stream);
    const std::string folder = table.substr(0, table.rfind('/'));
    while (const auto record = records.next()) {
        const std::vector<std::string> fields = splitRecord(*record, ',');
        if (fields.size() == fieldCount)
            row(fields, folder, table, part, records.line());
        else
            m_sink.problem({"BAD_FIELD_COUNT", "line:" + std::to_string(records.line()), displayText(table),
                            records.line(), std::to_string(fields.size()) + " fields instead of 12"});
    }
    if (records.error())
        m_sink.problem({"TRUNCATED_TABLE", "", displayText(table), records.line(), records.error()->message});
    return {};
}

void Scan::row(const std::vector<std::string> &fields, const std::string &folder, const std::string &table,
               const Part &part, std::int64_t line)
{
    const std::string name(trimmed(fields[0]));
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    sample.sourceKey = sample.displaySource = displayText(folder + '/' + name);
    const auto problem = [&](std::string reason, std::string detail) {
        m_sink.problem({std::move(reason), sample.sourceKey, displayText(table), line, std::move(detail)});
    };
    if (name.empty())
        return problem("MISSING_FILE", "The row names no picture.");
    if (name.find('/') != std::string::npos || name.find('\\') != std::string::npos)
        return problem("PATH_ESCAPES_ROOT", "The name leads out of the folder of the table.");
    std::array<int, 10> votes = {};
    for (std::size_t i = 0; i < votes.size(); ++i) {
        long long count = 0;
        if (!parseInteger(fields[i + 2], count) || count < 0 || count > 1000)
            return problem("BAD_NUMBER", '"' + displayText(fields[i + 2]) + "\" is not a number of votes");
        votes[i] = int(count);
    }
    if (const std::string again = m_rows.add(sample.sourceKey, fields); !again.empty())
        return problem(again, KnownRows::detailOf(again));
    entry.path = m_root / folder / name;
    if (!fileFacts(entry.path).exists) {
        ++missing;
        return problem("MISSING_FILE", "There is no such picture in " + displayText(folder) + ".");
    }
    if (const int sum = std::accumulate(votes.begin(), votes.end(), 0); sum != 10)
        problem("VOTE_SUM", std::to_string(sum) + " votes instead of 10");
    for (std::size_t i = 0; i < votes.size(); ++i)
        if (votes[i] > 0)
            sample.votes.emplace(ferPlusColumns[i], votes[i]);
    const std::size_t winner = ferPlusMajority(votes);
    sample.nativeLabel = ferPlusColumns[winner];
    sample.nativeSpace = "ferplus.majority";
    if (winner < emotions) {
        sample.state = LabelState::Ok;
        entry.item.className = ferPlusColumns[winner];
    } else {
        sample.state = LabelState::Uncertain;
        problem("LABEL_EXCLUDED", "No emotion has more than half of the votes.");
    }
    sample.nativeSplit = folder.substr(folder.rfind('/') + 1);
    sample.split = part.split;
    sample.origin = "crowd";
    entries.push_back(std::move(entry));
}

} // namespace

std::size_t ferPlusMajority(std::array<int, 10> votes)
{
    for (int &count : votes)
        count = count <= 1 ? 0 : count;
    const int sum = std::accumulate(votes.begin(), votes.end(), 0);
    const auto most = std::max_element(votes.begin(), votes.end());
    return 2 * *most > sum ? std::size_t(most - votes.begin()) : unknownColumn;
}

std::vector<Candidate> FerPlusFolders::probe(const Listing &listing) const
{
    Candidate candidate{std::string(id()), "label.csv", 0, {}, {}, {}};
    for (const Listing::Entry &entry : listing.entries) {
        if (entry.isFolder || !partOf('/' + entry.path))
            continue;
        const auto head = textHeadOf(listing.root / entry.path, 4096);
        const bool agrees = head && isLabelRow(std::string_view(*head).substr(0, head->find_first_of("\r\n")));
        candidate.confidence = std::max(candidate.confidence, agrees ? 97 : 60);
        candidate.evidence.push_back(displayText(entry.path) + (agrees ? " has rows of name, box and ten votes"
                                                                       : " is named like a table of FER+"));
        if (!agrees)
            candidate.contradictions.push_back(displayText(entry.path) +
                                               " does not begin with a name, a box and ten votes");
    }
    if (candidate.evidence.empty())
        return {};
    return {candidate};
}

Result<> FerPlusFolders::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto tree = filesBelow(plan.root, plan.links);
    if (!tree)
        return fail(tree.error());
    for (Problem &note : tree->passedOver())
        sink.problem(std::move(note));
    Scan scan(plan.root, sink);
    bool isAny = false;
    for (const TreeFile &file : tree->files) {
        const Part *const part = partOf('/' + file.path);
        if (!part)
            continue;
        isAny = true;
        if (const auto read = scan.read(file.path, *part); !read)
            return read;
    }
    if (!isAny)
        return fail(ErrorCode::Invalid, "There is no FER2013Train, FER2013Valid or FER2013Test with a label.csv in " +
                                            shown(plan.root) + ".");
    if (scan.entries.empty() && scan.missing > 0)
        return fail(ErrorCode::Invalid, shown(plan.root) + " holds the votes of FER+ without the pictures. Make the "
                                                           "pictures with FER+'s own tools, or import fer2013.csv with "
                                                           "--votes fer2013new.csv.");
    return importPictures(std::move(scan.entries), {sidePx}, sink, job);
}

} // namespace mien
