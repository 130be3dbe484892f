#include "pipeline/import/dan_table.h"

#include "pipeline/import/affectnet_facts.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/media_finder.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/table_rows.h"
#include "pipeline/import/text_form.h"

#include <algorithm>

namespace mien {

namespace {

constexpr std::size_t mostTables = 20; // that are looked at

struct Columns
{
    int phase = -1, path = -1, label = -1;
    bool isComplete() const { return phase >= 0 && path >= 0 && label >= 0; }
};

Columns columnsOf(const std::vector<std::string> &names)
{
    const auto at = [&names](std::string_view name) {
        const auto found = std::find(names.begin(), names.end(), name);
        return found == names.end() ? -1 : int(found - names.begin());
    };
    return {at("phase"), at("img_path"), at("label")};
}

/// "/data/affectnet/train_set/images/7.jpg" -> "train_set/images/7.jpg"; other paths are left as they are.
std::string besideTable(std::string path)
{
    std::replace(path.begin(), path.end(), '\\', '/');
    for (std::string_view set : {"train_set/", "val_set/"})
        if (const std::size_t at = path.rfind(set); at != std::string::npos && (at == 0 || path[at - 1] == '/'))
            return path.substr(at);
    return path;
}

} // namespace

std::optional<Candidate> danTableIn(const Listing &listing, std::string_view importer)
{
    std::vector<std::string> files;
    if (listing.isFile)
        files.emplace_back();
    for (const Listing::Entry &entry : listing.entries)
        if (!entry.isFolder && entry.path.find('/') == std::string::npos && extensionOf(entry.path) == "csv" &&
            files.size() < mostTables)
            files.push_back(entry.path);
    for (const std::string &file : files) {
        const std::filesystem::path table = file.empty() ? listing.root : listing.root / file;
        const auto head = textHeadOf(table, 4096);
        if (!head || !columnsOf(TableRows::namesIn(*head)).isComplete())
            continue;
        auto rows = TableRows::open(table, TextEncoding::Windows1252);
        const auto first = rows ? rows->next() : std::nullopt;
        if (!first || !first->reason.empty())
            continue; // an empty one occurs
        const Columns columns = columnsOf(rows->names());
        const auto inside = pathInside(besideTable(first->cells[std::size_t(columns.path)]));
        const bool isThere = inside && MediaFinder(std::filesystem::absolute(table).parent_path()).find(*inside);
        return Candidate{std::string(importer),
                         "dan-table",
                         isThere ? 96 : 85,
                         {shown(table.filename()) + " has DAN's columns phase, img_path and label",
                          isThere ? "its first picture is there" : "its first picture was not found"},
                         {},
                         {{"table", file}}};
    }
    return std::nullopt;
}

Result<> scanDanTable(const std::filesystem::path &table, LinksOut links, ItemSink &sink, const Job &job)
{
    auto rows = TableRows::open(table, TextEncoding::Windows1252);
    if (!rows)
        return fail(rows.error());
    const Columns columns = columnsOf(rows->names());
    if (!columns.isComplete())
        return fail(ErrorCode::Invalid, shown(table) + " has no columns phase, img_path and label.");
    const std::filesystem::path root = std::filesystem::absolute(table).parent_path();
    const std::string file = shown(table.filename());
    MediaFinder media(root);
    InsideFolder inside(root, links);
    PictureFeed pictures({}, sink, job);
    KnownRows known;
    while (const auto row = rows->next()) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        PictureEntry entry;
        NewSample &sample = entry.item.sample;
        sample.sourceKey = "line:" + std::to_string(row->line);
        const ItemProblem problem = [&](std::string reason, std::string detail) {
            sink.problem({std::move(reason), sample.sourceKey, file, row->line, std::move(detail)});
        };
        if (!row->reason.empty()) {
            problem(row->reason, row->detail);
            continue;
        }
        const std::vector<std::string> &raw = row->bytes.empty() ? row->cells : row->bytes;
        const auto path = pathInside(besideTable(std::string(trimmed(raw[std::size_t(columns.path)]))));
        if (!path) {
            problem("PATH_ESCAPES_ROOT", "The path leads out of the folder of the table.");
            continue;
        }
        sample.sourceKey = displayText(*path);
        long long code = 0;
        if (!parseInteger(trimmed(row->cells[std::size_t(columns.label)]), code)) {
            problem("BAD_NUMBER", "The label is no number.");
            continue;
        }
        if (const std::string again = known.add(sample.sourceKey, row->cells); !again.empty()) {
            problem(again, KnownRows::detailOf(again));
            continue;
        }
        const auto found = media.find(*path);
        if (!found) {
            problem("MISSING_FILE", "There is no such picture beside the table.");
            continue;
        }
        entry.path = root / found->path;
        if (inside.isLedOutOf(entry.path)) {
            media.forget(found->path);
            problem("PATH_ESCAPES_ROOT", linkLedOut("of the table"));
            continue;
        }
        sample.displaySource = displayText(found->path);
        noteName(found->path, found->reason, sample, problem);
        takeAffectNetCode(code, entry.item, problem);
        sample.nativeSplit = trimmed(row->cells[std::size_t(columns.phase)]);
        sample.split = splitMeantBy(sample.nativeSplit).value_or(Split::None);
        if (const auto added = pictures.add(std::move(entry)); !added)
            return added;
    }
    if (rows->error())
        sink.problem({"TRUNCATED_TABLE", "", file, 0, rows->error()->message, rows->hasOpenQuote()});
    for (const std::string &path : media.unnamed())
        sink.problem({"ORPHAN_MEDIA", displayText(path), displayText(path), 0,
                      "No row of the table names this picture; it is left out."});
    return pictures.finish();
}

} // namespace mien
