#include "pipeline/import/affectnet_kaggle.h"

#include "pipeline/import/affectnet_facts.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/class_layout.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/item_notes.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/media_finder.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/table_rows.h"
#include "pipeline/import/text_form.h"

#include <algorithm>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t rowsLookedAt = 50, foldersLookedAt = 64, mostTables = 20;

struct Columns
{
    int path = -1, label = -1, confidence = -1;
    bool isComplete() const { return path >= 0 && label >= 0; }
};

Columns columnsOf(const std::vector<std::string> &names)
{
    const auto at = [&names](std::string_view name) {
        const auto found = std::find(names.begin(), names.end(), name);
        return found == names.end() ? -1 : int(found - names.begin());
    };
    return {at("pth"), at("label"), at("relfcs")};
}

/// The table and the folder that it and its pictures lie below.
struct Table
{
    fs::path root;
    std::string path; ///< Below the root.
    std::vector<std::string> folders;
};

/// The first table with the columns, nearest to the root; none where there is none.
std::optional<Table> tableIn(const Listing &chosen)
{
    const auto isTable = [](const fs::path &file) {
        const auto head = textHeadOf(file, 4096);
        return head && columnsOf(TableRows::namesIn(*head)).isComplete();
    };
    std::optional<Table> table;
    Listing around;
    const Listing *listing = &chosen;
    if (chosen.isFile) {
        if (!isTable(chosen.root))
            return std::nullopt;
        const fs::path folder = fs::absolute(chosen.root).parent_path();
        auto found = listingOf(folder, chosen.links);
        if (!found)
            return std::nullopt;
        around = std::move(*found);
        listing = &around;
        table = Table{folder, chosen.root.filename().native(), {}};
    }
    std::size_t looked = 0;
    for (const Listing::Entry &entry : chosen.entries)
        if (!table && !entry.isFolder && extensionOf(entry.path) == "csv" && looked++ < mostTables &&
            isTable(chosen.root / entry.path))
            table = Table{chosen.root, entry.path, {}};
    if (!table)
        return std::nullopt;
    table->folders = {folderOf(table->path), ""};
    for (const Listing::Entry &entry : listing->entries)
        if (entry.isFolder && table->folders.size() < foldersLookedAt)
            table->folders.push_back(entry.path);
    return table;
}

/// "train/anger/7.png": the class is the last folder, the split the one above it.
std::string_view classFolderOf(std::string_view path)
{
    const std::size_t end = path.rfind('/');
    return end == std::string_view::npos ? std::string_view() : nameOfPath(path.substr(0, end));
}

struct FirstRows
{
    std::vector<std::string> paths;
    int known = 0; ///< Labels with a meaning.
};

FirstRows firstRowsOf(const fs::path &file)
{
    FirstRows first;
    auto rows = TableRows::open(file, TextEncoding::Windows1252);
    if (!rows)
        return first;
    const Columns columns = columnsOf(rows->names());
    while (const auto row = rows->next()) {
        if (first.paths.size() == rowsLookedAt)
            break;
        if (!row->reason.empty())
            continue;
        const std::vector<std::string> &raw = row->bytes.empty() ? row->cells : row->bytes;
        first.paths.emplace_back(trimmed(raw[std::size_t(columns.path)]));
        const std::string_view label = trimmed(row->cells[std::size_t(columns.label)]);
        long long code = 0;
        first.known += canonicalClassNamed(label).has_value() || (parseInteger(label, code) && code >= 0 && code < 8);
    }
    return first;
}

class Scan
{
public:
    Scan(const ImportPlan &plan, const Table &table, const MediaFolder &folder, ItemSink &sink, const Job &job)
        : m_plan(plan)
        , m_table(table)
        , m_folder(folder.path)
        , m_root(table.root / folder.path)
        , m_file(displayText(table.path))
        , m_media(m_root)
        , m_inside(m_root, plan.links)
        , m_sink(sink)
        , m_job(job)
        , m_pictures({}, sink, job)
    {
        parseNumber(optionIn(plan, "confidence"), m_leastConfidence);
    }

    Result<> read();

private:
    Result<> row(const TableRows::Row &row);
    void takeLabel(std::string_view label, std::string_view folder, Item &item, const ItemProblem &problem) const;
    void takeConfidence(std::string_view text, Item &item, const ItemProblem &problem) const;
    static void takeSplit(const std::string &path, NewSample &sample);

    const ImportPlan &m_plan;
    const Table &m_table;
    std::string m_folder; ///< Of the pictures, below the table's root.
    fs::path m_root;      ///< The same, absolute.
    std::string m_file;
    double m_leastConfidence = 0;
    Columns m_columns;
    MediaFinder m_media;
    InsideFolder m_inside;
    ItemSink &m_sink;
    const Job &m_job;
    PictureFeed m_pictures;
    KnownRows m_rows;
};

void Scan::takeLabel(std::string_view label, std::string_view folder, Item &item, const ItemProblem &problem) const
{
    NewSample &sample = item.sample;
    if (long long code = 0; parseInteger(label, code)) {
        takeAffectNetCode(code, item, problem);
    } else {
        sample.nativeLabel = displayText(label);
        sample.nativeSpace = "affectnet.names";
        const LabelMeaning meaning = isAbsent(label) ? LabelMeaning() : meaningOf(label, {}, m_plan.parameters);
        sample.state = meaning.state;
        item.className = meaning.className;
        if (meaning.state == LabelState::Unmapped)
            problem("LABEL_UNMAPPED", "It is not certain which class \"" + sample.nativeLabel + "\" stands for.");
    }
    const LabelMeaning there = meaningOf(folder, "affectnet", m_plan.parameters);
    if (sample.state != LabelState::Ok || there.state != LabelState::Ok || there.className == item.className)
        return;
    problem("LABEL_FOLDER_MISMATCH", "The table says " + item.className + ", the folder " + there.className + '.');
    sample.flags.emplace_back("label_conflict");
    if (optionIn(m_plan, "mismatch") == "conflict") {
        sample.state = LabelState::Conflict;
        item.className.clear();
    }
}

void Scan::takeConfidence(std::string_view text, Item &item, const ItemProblem &problem) const
{
    if (isAbsent(text))
        return;
    double confidence = 0;
    if (!parseNumber(text, confidence) || !(confidence >= 0 && confidence <= 1))
        return problem("BAD_CONFIDENCE", "relFCs is no number from 0 to 1; it is left out.");
    item.sample.measures.emplace("quality.label_confidence", confidence);
    if (confidence >= m_leastConfidence || item.sample.state != LabelState::Ok)
        return;
    problem("LABEL_EXCLUDED", "Its confidence is less than was asked for.");
    item.sample.state = LabelState::Excluded;
    item.className.clear();
}

/// The folder above the class folder: "train/anger/7.png".
void Scan::takeSplit(const std::string &path, NewSample &sample)
{
    std::string above = folderOf(path);
    for (int level = 0; level < 2 && !above.empty(); ++level) {
        above.pop_back();
        const std::string folder(nameOfPath(above));
        if (level == 1) {
            sample.split = splitMeantBy(folder).value_or(Split::None);
            sample.nativeSplit = sample.split == Split::None ? "" : displayText(folder);
        }
        above = folderOf(above);
    }
}

Result<> Scan::row(const TableRows::Row &row)
{
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    sample.sourceKey = "line:" + std::to_string(row.line);
    const ItemProblem problem = [&](std::string reason, std::string detail) {
        m_sink.problem({std::move(reason), sample.sourceKey, m_file, row.line, std::move(detail)});
    };
    const auto skip = [&](std::string reason, std::string detail) -> Result<> {
        problem(std::move(reason), std::move(detail));
        return {};
    };
    if (!row.reason.empty())
        return skip(row.reason, row.detail);
    const auto cell = [](const std::vector<std::string> &cells, int column) {
        return column < 0 ? std::string_view() : trimmed(cells[std::size_t(column)]);
    };
    const auto path = pathInside(std::string(cell(row.bytes.empty() ? row.cells : row.bytes, m_columns.path)));
    if (!path)
        return skip("PATH_ESCAPES_ROOT", "The path leads out of the folder of the pictures.");
    sample.sourceKey = displayText(*path);
    if (const std::string again = m_rows.add(sample.sourceKey, row.cells); !again.empty())
        return skip(again, KnownRows::detailOf(again));
    const auto found = m_media.find(*path);
    if (!found)
        return skip("MISSING_FILE", "There is no such picture in " + shown(m_root) + '.');
    entry.path = m_root / found->path;
    if (m_inside.isLedOutOf(entry.path)) {
        m_media.forget(found->path);
        return skip("PATH_ESCAPES_ROOT", linkLedOut("of the pictures"));
    }
    const std::string onDisk = joinedPath(m_folder, found->path);
    sample.displaySource = displayText(onDisk);
    noteName(onDisk, found->reason, sample, problem);
    markAutomatic(sample);
    takeLabel(cell(row.cells, m_columns.label), classFolderOf(*path), entry.item, problem);
    takeConfidence(cell(row.cells, m_columns.confidence), entry.item, problem);
    takeSplit(onDisk, sample);
    return m_pictures.add(std::move(entry));
}

Result<> Scan::read()
{
    auto rows = TableRows::open(m_table.root / m_table.path, TextEncoding::Windows1252);
    if (!rows)
        return fail(rows.error());
    m_columns = columnsOf(rows->names());
    while (const auto next = rows->next()) {
        if (m_job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        if (const auto read = row(*next); !read)
            return read;
    }
    if (rows->error())
        m_sink.problem({"TRUNCATED_TABLE", "", m_file, 0, rows->error()->message, rows->hasOpenQuote()});
    for (const std::string &path : m_media.unnamed()) {
        const std::string name = displayText(joinedPath(m_folder, path));
        m_sink.problem({"ORPHAN_MEDIA", name, name, 0, "No row of the table names this picture; it is left out."});
    }
    return m_pictures.finish();
}

} // namespace

std::vector<ImportOption> AffectNetKaggle::options() const
{
    return {{"mismatch",
             "What becomes of a label that differs from its folder: it is taken, or is a conflict",
             {"table", "conflict"}},
            {"confidence", "Labels that are less certain than this are left out (relFCs, 0 to 1)", {}}};
}

std::vector<Candidate> AffectNetKaggle::probe(const Listing &listing) const
{
    const auto table = tableIn(listing);
    if (!table)
        return {};
    const FirstRows first = firstRowsOf(table->root / table->path);
    const MediaFolder folder = mediaFolderFor(table->root, table->folders, first.paths);
    const auto inFolders = std::count_if(first.paths.begin(), first.paths.end(), [](const std::string &path) {
        const auto inside = pathInside(path);
        return inside && !classFolderOf(*inside).empty();
    });
    Candidate candidate{std::string(id()), "labels.csv", 97, {}, {}, {}};
    candidate.evidence = {displayText(table->path) + " has the columns pth and label",
                          std::to_string(folder.found) + " of its first " + std::to_string(folder.looked) +
                              " pictures were found"};
    if (folder.found == 0)
        candidate.confidence = 85;
    if (first.known < int(first.paths.size()))
        candidate.contradictions.push_back(std::to_string(int(first.paths.size()) - first.known) +
                                           " of its first labels are no class of AffectNet");
    if (2 * inFolders < std::ptrdiff_t(first.paths.size()))
        candidate.contradictions.push_back("most of its first paths name no class folder");
    if (!candidate.contradictions.empty())
        candidate.confidence = std::min(candidate.confidence, 60);
    return {candidate};
}

Result<> AffectNetKaggle::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto listing = listingOf(plan.root, plan.links);
    if (!listing)
        return fail(listing.error());
    const auto table = tableIn(*listing);
    if (!table)
        return fail(ErrorCode::Invalid,
                    "There is no table with the columns pth and label in " + shown(plan.root) + '.');
    const FirstRows first = firstRowsOf(table->root / table->path);
    return Scan(plan, *table, mediaFolderFor(table->root, table->folders, first.paths), sink, job).read();
}

} // namespace mien
