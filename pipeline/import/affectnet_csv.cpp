#include "pipeline/import/affectnet_csv.h"

#include "pipeline/import/affectnet_facts.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/media_finder.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/published_counts.h"
#include "pipeline/import/table_rows.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <memory>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostLists = 20, rowsLookedAt = 50;

enum class ListKind { Training, Validation, Automatic, Other };
enum class Header { Named, Missing, Other }; ///< Other: the file is no list.

struct List
{
    std::string path; ///< Below the folder that was chosen.
    ListKind kind = ListKind::Other;
    Header header = Header::Named;
};

struct Columns
{
    int path = -1, expression = -1, landmarks = -1, valence = -1, arousal = -1;
    std::array<int, 4> box = {-1, -1, -1, -1};

    bool isList() const { return path >= 0 && expression >= 0; }
    bool isComplete() const
    {
        return isList() && landmarks >= 0 && valence >= 0 && arousal >= 0 &&
               std::find(box.begin(), box.end(), -1) == box.end();
    }
};

Columns columnsOf(const std::vector<std::string> &names)
{
    const auto at = [&names](std::string_view name) {
        const auto found = std::find(names.begin(), names.end(), name);
        return found == names.end() ? -1 : int(found - names.begin());
    };
    return {at("subdirectory_filepath"),
            at("expression"),
            at("facial_landmarks"),
            at("valence"),
            at("arousal"),
            {at("face_x"), at("face_y"), at("face_width"), at("face_height")}};
}

ListKind kindOf(std::string_view path)
{
    const std::string name = lowered(nameOfPath(path));
    return name.starts_with("training")        ? ListKind::Training
           : name.starts_with("validation")    ? ListKind::Validation
           : name.starts_with("automatically") ? ListKind::Automatic
                                               : ListKind::Other;
}

/// Of the published lists, in their order.
const std::vector<std::string> publishedColumns = {
    "subdirectory_filepath", "face_x",     "face_y",  "face_width", "face_height",
    "facial_landmarks",      "expression", "valence", "arousal"};

/// The first line of a list in which the names of the columns are missing: a picture in a numbered folder, its box,
/// its landmarks, a code, two numbers.
bool isPublishedRow(const std::vector<std::string> &cells)
{
    if (cells.size() != publishedColumns.size())
        return false;
    long long folder = 0, code = 0;
    const std::size_t slash = cells[0].find('/');
    return slash != std::string::npos && parseInteger(std::string_view(cells[0]).substr(0, slash), folder) &&
           !extensionOf(cells[0]).empty() && parseInteger(cells[6], code) && code >= 0 && code <= 10;
}

Header headerOf(const fs::path &file)
{
    const auto head = textHeadOf(file, 64 * 1024);
    if (!head)
        return Header::Other;
    if (columnsOf(TableRows::namesIn(*head)).isList())
        return Header::Named;
    std::string_view rest = *head;
    if (rest.starts_with("\xef\xbb\xbf"))
        rest.remove_prefix(3);
    for (int row = 0; row < 5 && !rest.empty(); ++row) { // one of them may be wrong
        const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
        if (isPublishedRow(splitRecord(rest.substr(0, end), ',')))
            return Header::Missing;
        rest.remove_prefix(end);
        rest.remove_prefix(std::min(rest.find_first_not_of("\r\n"), rest.size()));
    }
    return Header::Other;
}

bool isPictureFolder(const Listing::Entry &entry)
{
    return entry.isFolder && lowered(nameOfPath(entry.path)).find("annotated_images") != std::string::npos;
}

/// Lists and the folder that they and their pictures lie below.
struct Tree
{
    fs::path root;
    Listing listing; ///< Of the root.
    std::vector<List> lists;
};

/// A list that was chosen alone: its pictures lie beside it, or beside the folder of lists.
Result<Tree> treeAround(const fs::path &list, Header header, LinksOut links)
{
    fs::path root = fs::absolute(list).parent_path();
    auto listing = listingOf(root, links);
    if (listing && std::none_of(listing->entries.begin(), listing->entries.end(), isPictureFolder) &&
        lowered(root.filename().native()).find("file_list") != std::string::npos) {
        root = root.parent_path();
        listing = listingOf(root, links);
    }
    if (!listing)
        return fail(listing.error());
    const std::string path = fs::absolute(list).lexically_relative(root).native();
    return Tree{root, std::move(*listing), {{path, kindOf(path), header}}};
}

/// The tables that have AffectNet's columns; none where there are none.
Result<Tree> treeOf(const Listing &chosen)
{
    if (chosen.isFile) {
        const Header header = headerOf(chosen.root);
        return header != Header::Other ? treeAround(chosen.root, header, chosen.links)
                                       : Result<Tree>(Tree{chosen.root, chosen, {}});
    }
    Tree tree{chosen.root, chosen, {}};
    std::size_t looked = 0;
    for (const Listing::Entry &entry : chosen.entries) {
        if (entry.isFolder || extensionOf(entry.path) != "csv" || looked++ >= mostLists)
            continue;
        if (const Header header = headerOf(chosen.root / entry.path); header != Header::Other)
            tree.lists.push_back({entry.path, kindOf(entry.path), header});
    }
    return tree;
}

/// What the first rows of a list say.
struct FirstRows
{
    bool isComplete = false;
    std::vector<std::string> paths;
    std::string wrongLabel; ///< The first that is no code of AffectNet.
};

/// Windows-1252 spares rows that are UTF-8, and the list need not be read twice to know.
Result<TableRows> rowsOf(const fs::path &root, const List &list)
{
    return TableRows::open(root / list.path, TextEncoding::Windows1252,
                           list.header == Header::Missing ? publishedColumns : std::vector<std::string>());
}

FirstRows firstRowsOf(const fs::path &root, const List &list)
{
    FirstRows first;
    auto rows = rowsOf(root, list);
    if (!rows)
        return first;
    const Columns columns = columnsOf(rows->names());
    first.isComplete = columns.isComplete();
    while (const auto row = rows->next()) {
        if (first.paths.size() == rowsLookedAt)
            break;
        if (!row->reason.empty() || !columns.isList())
            continue;
        const std::vector<std::string> &cells = row->bytes.empty() ? row->cells : row->bytes;
        first.paths.emplace_back(trimmed(cells[std::size_t(columns.path)]));
        long long code = 0;
        const std::string &label = row->cells[std::size_t(columns.expression)];
        if ((!parseInteger(label, code) || code < 0 || code > 10) && first.wrongLabel.empty())
            first.wrongLabel = label;
    }
    return first;
}

/// Folders that pictures may lie below, likely ones first.
std::vector<std::string> pictureFolders(const Listing &listing, const std::string &list)
{
    std::vector<std::string> folders;
    for (const Listing::Entry &entry : listing.entries)
        if (isPictureFolder(entry))
            folders.push_back(entry.path);
    // Those of the list's own part first: names of pictures may occur in both.
    const bool isAutomatic = kindOf(list) == ListKind::Automatic;
    std::stable_partition(folders.begin(), folders.end(), [isAutomatic](const std::string &folder) {
        return (lowered(nameOfPath(folder)).find("automatic") != std::string::npos) == isAutomatic;
    });
    folders.push_back(folderOf(list));
    folders.emplace_back();
    return folders;
}

class Scan
{
public:
    Scan(const Tree &tree, ItemSink &sink, const Job &job)
        : m_root(tree.root)
        , m_listing(tree.listing)
        , m_sink(sink)
        , m_job(job)
        , m_pictures({}, sink, job)
    {
    }

    Result<> read(const List &list);
    Result<> finish(bool hasBothManual);

private:
    /// Pictures below one folder, which several lists may share.
    struct Pictures
    {
        std::string folder;
        MediaFinder media;
        InsideFolder inside;
        bool isAutomatic;
    };
    Pictures &picturesOf(const std::string &folder, bool isAutomatic);
    Result<> row(const TableRows::Row &row, const Columns &columns, const List &list, Pictures &pictures);

    fs::path m_root;
    const Listing &m_listing;
    ItemSink &m_sink;
    const Job &m_job;
    PictureFeed m_pictures;
    std::vector<std::unique_ptr<Pictures>> m_folders;
    KnownRows m_rows;
};

Scan::Pictures &Scan::picturesOf(const std::string &folder, bool isAutomatic)
{
    for (const auto &known : m_folders)
        if (known->folder == folder)
            return *known;
    m_folders.push_back(std::make_unique<Pictures>(
        Pictures{folder, MediaFinder(m_root / folder), InsideFolder(m_root / folder, m_listing.links), isAutomatic}));
    return *m_folders.back();
}

Result<> Scan::read(const List &list)
{
    auto rows = rowsOf(m_root, list);
    if (!rows)
        return fail(rows.error());
    const FirstRows first = firstRowsOf(m_root, list);
    const MediaFolder folder = mediaFolderFor(m_root, pictureFolders(m_listing, list.path), first.paths);
    Pictures &pictures = picturesOf(folder.path, list.kind == ListKind::Automatic);
    const Columns columns = columnsOf(rows->names());
    while (const auto next = rows->next()) {
        if (m_job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        if (const auto read = row(*next, columns, list, pictures); !read)
            return read;
    }
    if (rows->error())
        m_sink.problem(
            {"TRUNCATED_TABLE", "", displayText(list.path), 0, rows->error()->message, rows->hasOpenQuote()});
    return {};
}

void takeBox(const std::vector<std::string> &cells, const Columns &columns, NewSample &sample,
             const ItemProblem &problem)
{
    if (std::find(columns.box.begin(), columns.box.end(), -1) != columns.box.end())
        return;
    std::array<double, 4> box = {};
    bool isBox = true;
    for (std::size_t i = 0; i < box.size(); ++i)
        isBox = parseNumber(trimmed(cells[std::size_t(columns.box[i])]), box[i]) && isBox;
    if (isBox && box[2] > 0 && box[3] > 0) {
        sample.box = BoxPx{box[0], box[1], box[2], box[3]};
        return;
    }
    sample.flags.emplace_back("bad_box");
    problem("BAD_BOX", "The row has no box with a width and a height; the whole picture is the sample.");
}

void takeLandmarks(std::string_view text, NewSample &sample, const ItemProblem &problem)
{
    if (isAbsent(text))
        return;
    std::vector<double> values;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(';'));
        double value = 0;
        if (parseNumber(trimmed(part), value))
            values.push_back(value);
        else if (part.size() < text.size() || !trimmed(part).empty()) // one ';' at the end is no number
            return problem("BAD_LANDMARKS", "\"" + displayText(part.substr(0, 20)) +
                                                "\" is no number; all landmarks "
                                                "are left out.");
        text.remove_prefix(std::min(text.size(), part.size() + 1));
    }
    takeAffectNetLandmarks(std::move(values), sample, problem);
}

Result<> Scan::row(const TableRows::Row &row, const Columns &columns, const List &list, Pictures &pictures)
{
    const std::string file = displayText(list.path), lineKey = "line:" + std::to_string(row.line);
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    const ItemProblem problem = [&](std::string reason, std::string detail) {
        m_sink.problem({std::move(reason), sample.sourceKey.empty() ? lineKey : sample.sourceKey, file, row.line,
                        std::move(detail)});
    };
    const auto skip = [&](std::string reason, std::string detail) -> Result<> {
        problem(std::move(reason), std::move(detail));
        return {};
    };
    if (!row.reason.empty())
        return skip(row.reason, row.detail);
    const std::string_view named = trimmed(row.cells[std::size_t(columns.path)]);
    if (isAbsent(named))
        return skip("MISSING_FILE", "The row names no picture.");
    std::optional<MediaFinder::Found> found;
    for (const std::vector<std::string> *cells : {&row.bytes, &row.cells}) {
        if (found || cells->empty())
            continue;
        const auto inside = pathInside(std::string(trimmed((*cells)[std::size_t(columns.path)])));
        if (!inside)
            return skip("PATH_ESCAPES_ROOT", "The path leads out of the folder of the pictures.");
        sample.sourceKey = (list.kind == ListKind::Automatic ? "automatic/" : "") + displayText(*inside);
        found = pictures.media.find(*inside);
    }
    long long code = 0;
    if (const std::string &label = row.cells[std::size_t(columns.expression)]; !parseInteger(trimmed(label), code))
        return skip("BAD_NUMBER", "The expression \"" + displayText(label) + "\" is no number.");
    if (const std::string again = m_rows.add(sample.sourceKey, row.cells); !again.empty())
        return skip(again, KnownRows::detailOf(again));
    if (!found)
        return skip("MISSING_FILE", "There is no such picture in " + shown(m_root / pictures.folder) + ".");
    const std::string onDisk = joinedPath(pictures.folder, found->path);
    entry.path = m_root / onDisk;
    if (pictures.inside.isLedOutOf(entry.path)) {
        pictures.media.forget(found->path);
        return skip("PATH_ESCAPES_ROOT", linkLedOut("of the pictures"));
    }
    sample.displaySource = displayText(onDisk);
    noteName(onDisk, found->reason, sample, problem);
    takeAffectNetCode(code, entry.item, problem);
    for (const auto &[column, name, target] :
         {std::tuple(columns.valence, "valence", &sample.valence), {columns.arousal, "arousal", &sample.arousal}}) {
        const std::string_view text = column < 0 ? std::string_view() : trimmed(row.cells[std::size_t(column)]);
        double value = 0;
        if (isAbsent(text))
            continue;
        if (parseNumber(text, value))
            takeAffect(value, name, *target, problem);
        else
            problem("VA_OUT_OF_RANGE", "The " + std::string(name) + " is no number; it is left out.");
    }
    takeBox(row.cells, columns, sample, problem);
    if (columns.landmarks >= 0)
        takeLandmarks(trimmed(row.cells[std::size_t(columns.landmarks)]), sample, problem);
    sample.nativeSplit = nameOfPath(file);
    sample.split = list.kind == ListKind::Training     ? Split::Train
                   : list.kind == ListKind::Validation ? Split::Val
                                                       : Split::None;
    if (list.kind == ListKind::Automatic)
        markAutomatic(sample);
    return m_pictures.add(std::move(entry));
}

Result<> Scan::finish(bool hasBothManual)
{
    for (const auto &pictures : m_folders) {
        if (!pictures->isAutomatic && !hasBothManual)
            continue; // the other list names the rest
        for (const std::string &path : pictures->media.unnamed()) {
            const std::string file = displayText(joinedPath(pictures->folder, path));
            m_sink.problem({"ORPHAN_MEDIA", file, file, 0, "No row of a list names this picture; it is left out."});
        }
    }
    return m_pictures.finish();
}

bool isWanted(const List &list, const std::string &choice)
{
    return choice == "all" || (choice == "automatic") == (list.kind == ListKind::Automatic);
}

} // namespace

std::vector<ImportOption> AffectNetCsv::options() const
{
    return {{"lists", "Rows labelled by people, by a program, or both", {"all", "manual", "automatic"}}};
}

std::vector<Candidate> AffectNetCsv::probe(const Listing &listing) const
{
    const auto tree = treeOf(listing);
    if (!tree || tree->lists.empty())
        return {};
    Candidate candidate{std::string(id()), "", 97, {}, {}, {}};
    bool hasManual = false, hasAutomatic = false;
    for (const List &list : tree->lists) {
        (list.kind == ListKind::Automatic ? hasAutomatic : hasManual) = true;
        const FirstRows first = firstRowsOf(tree->root, list);
        const MediaFolder folder = mediaFolderFor(tree->root, pictureFolders(tree->listing, list.path), first.paths);
        candidate.evidence.push_back(displayText(list.path) +
                                     (list.header == Header::Missing ? " has AffectNet's columns without their names"
                                      : first.isComplete             ? " has AffectNet's columns"
                                                                     : " has some of AffectNet's columns"));
        candidate.evidence.push_back(std::to_string(folder.found) + " of its first " + std::to_string(folder.looked) +
                                     " pictures lie in " +
                                     (folder.path.empty() ? "the same folder" : displayText(folder.path)));
        if (!first.isComplete || folder.found == 0)
            candidate.confidence = std::min(candidate.confidence, 88);
        if (!first.wrongLabel.empty())
            candidate.contradictions.push_back(displayText(list.path) + " has the label \"" +
                                               displayText(first.wrongLabel) + "\", which is no code of AffectNet");
    }
    candidate.variant = hasManual && hasAutomatic ? "manual+automatic" : hasManual ? "manual" : "automatic";
    if (!candidate.contradictions.empty())
        candidate.confidence = std::min(candidate.confidence, 60);
    return {candidate};
}

Result<> AffectNetCsv::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto chosen = listingOf(plan.root, plan.links);
    if (!chosen)
        return fail(chosen.error());
    const auto tree = treeOf(*chosen);
    if (!tree)
        return fail(tree.error());
    const std::string choice = optionIn(plan, "lists");
    bool hasTraining = false, hasValidation = false, isAny = false;
    Scan scan(*tree, sink, job);
    for (const List &list : tree->lists) {
        if (!isWanted(list, choice))
            continue;
        isAny = true;
        hasTraining = hasTraining || list.kind == ListKind::Training;
        hasValidation = hasValidation || list.kind == ListKind::Validation;
        if (const auto read = scan.read(list); !read)
            return read;
    }
    if (!isAny)
        return fail(ErrorCode::Invalid, "There is no list of AffectNet in " + shown(plan.root) +
                                            " that is to be read: a table with the columns subDirectory_filePath and "
                                            "expression.");
    if (const auto finished = scan.finish(hasTraining && hasValidation); !finished)
        return finished;
    static constexpr std::array<PublishedCounts, 2> published = {
        {{"train", "AffectNet train"}, {"val", "AffectNet validation"}}};
    if (hasTraining || hasValidation)
        compareWithPublished(sink, "affectnet.csv/counts", published, shown(plan.root.filename()));
    return {};
}

} // namespace mien
