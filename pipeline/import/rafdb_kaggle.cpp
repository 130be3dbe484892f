#include "pipeline/import/rafdb_kaggle.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/class_layout.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/item_notes.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/published_counts.h"
#include "pipeline/import/rafdb_layout.h"
#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr double leastShare = 0.8;

bool isTable(std::string_view path)
{
    const std::string name = lowered(nameOfPath(path));
    return name == "train_labels.csv" || name == "test_labels.csv";
}

std::string stemOf(std::string_view name)
{
    return lowered(name.substr(0, name.rfind('.')));
}

bool isAlignedFace(std::string_view path)
{
    const std::string_view name = nameOfPath(path);
    return hasPictureExtension(name) && !rafDbSplitOf(name).empty() && stemOf(name).ends_with("_aligned");
}

/// A row of a table: name and label by position, whatever the columns are called.
struct Row
{
    std::string name, label;
    std::int64_t line = 0;
    std::string reason, detail;
};

Result<> readTable(const fs::path &table, const std::function<Result<>(const Row &)> &row)
{
    auto stream = openTextStream(table);
    if (!stream)
        return fail(stream.error());
    RecordReader records(**stream);
    bool isFirst = true;
    while (const auto record = records.next()) {
        const std::vector<std::string> cells = splitRecord(*record, ',');
        Row read;
        read.line = records.line();
        if (cells.size() < 2 || records.hasOpenQuote()) {
            read.reason = "BAD_FIELD_COUNT";
            read.detail = "The row is not a name and a label.";
        } else {
            read.name = trimmed(cells[0]);
            read.label = trimmed(cells[1]);
        }
        const bool isHeader = isFirst && !hasPictureExtension(read.name);
        isFirst = false;
        if (isHeader)
            continue;
        if (const auto taken = row(read); !taken)
            return taken;
    }
    return records.error() ? Result<>(fail(*records.error())) : Result<>();
}

/// A picture of the tree with what its folder says.
struct Picture
{
    std::string path;
    LabelMeaning folder;
};

class Scan
{
public:
    Scan(const ImportPlan &plan, ItemSink &sink, const Job &job)
        : m_plan(plan)
        , m_inside(plan.root, plan.links)
        , m_sink(sink)
        , m_job(job)
        , m_feed({}, sink, job)
    {
    }

    Result<> listPictures();
    const std::vector<std::string> &tables() const { return m_tables; }
    Result<> readTables();
    Result<> readFolders();

private:
    struct Found
    {
        std::size_t picture = 0;
        std::string reason; ///< "", CASE_FOLDED or EXT_SUBSTITUTED
    };
    std::optional<Found> find(const std::string &name, const LabelMeaning &label);
    Result<> row(const Row &row, const std::string &table);
    void takeName(const Picture &picture, PictureEntry &entry, const ItemProblem &problem) const;

    const ImportPlan &m_plan;
    InsideFolder m_inside;
    ItemSink &m_sink;
    const Job &m_job;
    PictureFeed m_feed;
    std::vector<std::string> m_tables;
    std::vector<Picture> m_pictures;
    std::vector<bool> m_isNamed; ///< By a row, by picture.
    std::unordered_map<std::string, std::vector<std::size_t>> m_byName, m_byLowerName, m_byStem;
    KnownRows m_rows;
};

Result<> Scan::listPictures()
{
    auto tree = filesBelow(m_plan.root, m_plan.links);
    if (!tree)
        return fail(tree.error());
    for (Problem &note : tree->passedOver())
        m_sink.problem(std::move(note));
    std::vector<std::string> paths;
    for (TreeFile &file : tree->files) {
        if (isTable(file.path))
            m_tables.push_back(file.path);
        else if (hasPictureExtension(file.path))
            paths.push_back(std::move(file.path));
    }
    const ClassLayout layout = classLayoutOf(paths);
    std::string numbering = layout.codeTable;
    // {0…6} could be anything, but not beside tables of RAF-DB.
    if (numbering.empty() && !m_tables.empty())
        numbering = "rafdb.zero_based";
    if (const auto chosen = m_plan.parameters.find("numbering"); chosen != m_plan.parameters.end())
        numbering = chosen->second;
    for (std::string &path : paths) {
        const std::string name(nameOfPath(path));
        m_byName[name].push_back(m_pictures.size());
        m_byLowerName[lowered(name)].push_back(m_pictures.size());
        m_byStem[stemOf(name)].push_back(m_pictures.size());
        const LabelMeaning folder = meaningOf(factsOf(layout, path).className, numbering, m_plan.parameters);
        m_pictures.push_back({std::move(path), folder});
    }
    m_isNamed.assign(m_pictures.size(), false);
    return {};
}

std::optional<Scan::Found> Scan::find(const std::string &name, const LabelMeaning &label)
{
    if (const auto found = m_byName.find(name); found != m_byName.end()) {
        const std::vector<std::size_t> &same = found->second;
        const auto agreeing = std::find_if(same.begin(), same.end(), [&](std::size_t at) {
            return m_pictures[at].folder.className == label.className;
        });
        const std::size_t chosen = agreeing == same.end() ? same.front() : *agreeing;
        for (const std::size_t other : same) {
            m_isNamed[other] = true;
            if (other != chosen)
                m_sink.problem({"DUPLICATE_KEY", displayText(name), displayText(m_pictures[other].path), 0,
                                "Another folder has a picture of this name; that one is kept."});
        }
        return Found{chosen, ""};
    }
    for (const auto &[index, key, reason] :
         {std::tuple(&m_byLowerName, lowered(name), "CASE_FOLDED"), {&m_byStem, stemOf(name), "EXT_SUBSTITUTED"}}) {
        const auto found = index->find(key);
        if (found == index->end())
            continue;
        if (found->second.size() != 1)
            break; // never guessed
        m_isNamed[found->second.front()] = true;
        return Found{found->second.front(), reason};
    }
    return std::nullopt;
}

void Scan::takeName(const Picture &picture, PictureEntry &entry, const ItemProblem &problem) const
{
    NewSample &sample = entry.item.sample;
    entry.path = m_plan.root / picture.path;
    sample.displaySource = displayText(picture.path);
    noteName(picture.path, "", sample, problem);
    const std::string_view split = rafDbSplitOf(nameOfPath(picture.path));
    sample.nativeSplit = split;
    sample.split = splitMeantBy(split).value_or(Split::None);
}

Result<> Scan::row(const Row &row, const std::string &table)
{
    const std::string file = displayText(table);
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    sample.sourceKey = row.name.empty() ? "line:" + std::to_string(row.line) : displayText(row.name);
    const ItemProblem problem = [&](std::string reason, std::string detail) {
        m_sink.problem({std::move(reason), sample.sourceKey, file, row.line, std::move(detail)});
    };
    const auto skip = [&](std::string reason, std::string detail) -> Result<> {
        problem(std::move(reason), std::move(detail));
        return {};
    };
    if (!row.reason.empty())
        return skip(row.reason, row.detail);
    if (row.name.find_first_of("/\\") != std::string::npos)
        return skip("PATH_ESCAPES_ROOT", "A name is expected, not a path.");
    if (const std::string again = m_rows.add(sample.sourceKey, std::array{row.name, row.label}); !again.empty())
        return skip(again, KnownRows::detailOf(again));
    const LabelMeaning label = isAbsent(row.label) ? LabelMeaning() : meaningOf(row.label, "rafdb", m_plan.parameters);
    const auto found = find(row.name, label);
    if (!found)
        return skip("MISSING_FILE", "There is no such picture in " + shown(m_plan.root) + '.');
    const Picture &picture = m_pictures[found->picture];
    if (m_inside.isLedOutOf(m_plan.root / picture.path))
        return skip("PATH_ESCAPES_ROOT", linkLedOut("that was chosen"));
    takeName(picture, entry, problem);
    if (!found->reason.empty())
        problem(found->reason, "The file is called " + sample.displaySource + '.');
    if (sample.split == Split::None)
        sample.split = lowered(nameOfPath(table)).starts_with("train") ? Split::Train : Split::Test;
    sample.nativeLabel = displayText(row.label);
    sample.nativeSpace = "rafdb";
    sample.state = label.state;
    entry.item.className = label.className;
    long long code = 0;
    if (label.state == LabelState::Unmapped)
        problem(parseInteger(row.label, code) ? "LABEL_OUT_OF_RANGE" : "LABEL_UNMAPPED",
                "\"" + sample.nativeLabel + "\" is no class of RAF-DB, which are 1 to 7.");
    if (label.state == LabelState::Ok && picture.folder.state == LabelState::Ok &&
        label.className != picture.folder.className) {
        problem("LABEL_FOLDER_MISMATCH",
                "The table says " + label.className + ", the folder " + picture.folder.className + '.');
        sample.flags.emplace_back("label_conflict");
        sample.state = LabelState::Conflict;
        entry.item.className.clear();
    }
    return m_feed.add(std::move(entry));
}

Result<> Scan::readTables()
{
    for (const std::string &table : m_tables) {
        const auto read = readTable(m_plan.root / table, [&](const Row &each) -> Result<> {
            if (m_job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
            return row(each, table);
        });
        if (!read)
            return read;
    }
    for (std::size_t i = 0; i < m_pictures.size(); ++i) {
        const std::string file = displayText(m_pictures[i].path);
        if (!m_isNamed[i])
            m_sink.problem({"ORPHAN_MEDIA", file, file, 0, "No row of a table names this picture; it is left out."});
    }
    return m_feed.finish();
}

Result<> Scan::readFolders()
{
    for (const Picture &picture : m_pictures) {
        PictureEntry entry;
        NewSample &sample = entry.item.sample;
        sample.sourceKey = displayText(picture.path);
        const ItemProblem problem = [&](std::string reason, std::string detail) {
            m_sink.problem({std::move(reason), sample.sourceKey, sample.sourceKey, 0, std::move(detail)});
        };
        takeName(picture, entry, problem);
        std::string folder = folderOf(picture.path);
        folder.resize(folder.empty() ? 0 : folder.size() - 1);
        sample.nativeLabel = displayText(nameOfPath(folder));
        sample.nativeSpace = "rafdb.folder";
        sample.state = picture.folder.state;
        entry.item.className = picture.folder.className;
        if (sample.state == LabelState::Unmapped)
            problem("LABEL_UNMAPPED", "It is not certain which class the folder \"" + sample.nativeLabel +
                                          "\" stands for; say so with --numbering or --class.");
        if (const auto added = m_feed.add(std::move(entry)); !added)
            return added;
    }
    return m_feed.finish();
}

/// What the first rows of the tables say: contradictions to RAF-DB.
void lookAtTables(const Listing &listing, const std::vector<std::string> &tables, Candidate &candidate)
{
    constexpr std::int64_t rowsLookedAt = 1000;
    for (const std::string &table : tables) {
        std::int64_t rows = 0, odd = 0;
        (void)readTable(listing.root / table, [&](const Row &row) -> Result<> {
            long long code = 0;
            odd += !row.reason.empty() || rafDbSplitOf(row.name).empty() || !parseInteger(row.label, code) ||
                   code < 1 || code > 7;
            return ++rows < rowsLookedAt ? Result<>() : fail(ErrorCode::Cancelled, "");
        });
        candidate.evidence.push_back(displayText(table) + ", " + std::to_string(rows - odd) + " of its first " +
                                     std::to_string(rows) + " rows name a face and a code from 1 to 7");
        if (odd > 0)
            candidate.contradictions.push_back(std::to_string(odd) + " of the first rows of " + displayText(table) +
                                               " do not");
    }
}

bool countsMatch(const std::vector<std::string> &pictures, const ClassLayout &layout)
{
    std::map<std::string, std::map<std::string, std::int64_t>> counts; // split -> class folder -> pictures
    for (const std::string &path : pictures)
        ++counts[std::string(rafDbSplitOf(nameOfPath(path)))][factsOf(layout, path).className];
    const auto sorted = [](std::vector<std::int64_t> values) {
        std::sort(values.begin(), values.end());
        return values;
    };
    for (const auto &[split, print] :
         {std::pair("train", std::string_view("RAF-DB basic train")), {"test", "RAF-DB basic test"}}) {
        std::vector<std::int64_t> here;
        for (const auto &[name, count] : counts[split])
            here.push_back(count);
        for (const Fingerprint &published : fingerprints())
            if (published.id == print && sorted(here) != sorted({published.counts.begin(), published.counts.end()}))
                return false;
    }
    return true;
}

} // namespace

std::vector<Candidate> RafDbKaggle::probe(const Listing &listing) const
{
    if (listing.isFile || !rafDbLayouts(listing).empty())
        return {};
    std::vector<std::string> tables, pictures;
    std::size_t aligned = 0;
    for (const Listing::Entry &entry : listing.entries) {
        if (entry.isFolder)
            continue;
        if (isTable(entry.path))
            tables.push_back(entry.path);
        if (hasPictureExtension(entry.path)) {
            pictures.push_back(entry.path);
            aligned += isAlignedFace(entry.path);
        }
    }
    const ClassLayout layout = classLayoutOf(pictures);
    const bool areFaces = aligned > 0 && double(aligned) >= leastShare * double(pictures.size());
    if (!areFaces && tables.empty())
        return {};
    if (tables.empty() && layout.classNames.size() < 2)
        return {};
    Candidate candidate{std::string(id()), tables.empty() ? "folders" : "tables", areFaces ? 96 : 85, {}, {}, {}};
    lookAtTables(listing, tables, candidate);
    candidate.evidence.push_back(std::to_string(aligned) + " of " + std::to_string(pictures.size()) +
                                 " pictures are named like train_00001_aligned.jpg");
    if (listing.isComplete && countsMatch(pictures, layout)) {
        candidate.evidence.emplace_back("counts match the published ones");
        candidate.confidence = 98;
    }
    if (!candidate.contradictions.empty())
        candidate.confidence = std::min(candidate.confidence, 60);
    return {candidate};
}

Result<> RafDbKaggle::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    Scan scan(plan, sink, job);
    if (const auto listed = scan.listPictures(); !listed)
        return listed;
    if (const auto read = scan.tables().empty() ? scan.readFolders() : scan.readTables(); !read)
        return read;
    static constexpr std::array<PublishedCounts, 2> published = {
        {{"train", "RAF-DB basic train"}, {"test", "RAF-DB basic test"}}};
    compareWithPublished(sink, "rafdb.kaggle/counts", published, shown(plan.root.filename()));
    return {};
}

} // namespace mien
