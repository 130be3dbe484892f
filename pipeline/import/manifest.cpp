#include "pipeline/import/manifest.h"

#include "pipeline/import/class_layout.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/media_finder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/table_rows.h"
#include "pipeline/import/text_form.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace mien {

namespace {

/// Column numbers by role; -1: there is none.
struct Columns
{
    int path = -1, label = -1, state = -1, given = -1, givenState = -1, nativeLabel = -1, nativeSpace = -1, split = -1,
        fold = -1, subject = -1, sequence = -1, origin = -1, flags = -1, votes = -1, valence = -1, arousal = -1,
        box = -1;
    std::array<int, 4> boxParts = {-1, -1, -1, -1};
    bool boxIsCorners = false;
    std::vector<std::pair<int, std::string>> voteColumns; ///< One column a class, raw counts.
    bool isMien = false;                                  ///< Written by Mien itself.
};

int columnNamed(const std::vector<std::string> &names, std::initializer_list<std::string_view> wanted)
{
    for (std::string_view name : wanted)
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == name)
                return int(i);
    for (std::string_view name : wanted) // the last part of a nested member: "image.path"
        for (std::size_t i = 0; i < names.size(); ++i)
            if (const std::size_t dot = names[i].rfind('.');
                dot != std::string::npos && std::string_view(names[i]).substr(dot + 1) == name)
                return int(i);
    return -1;
}

std::optional<Columns> columnsOf(const std::vector<std::string> &names)
{
    if (names.size() < 2)
        return std::nullopt;
    Columns columns;
    columns.isMien = names.size() >= 5 && names[0] == "id" && names[1] == "path" && names[2] == "label" &&
                     names[3] == "label_state" && names[4] == "native_label";
    columns.path =
        columnNamed(names, {"path", "file", "filename", "file_name", "filepath", "image", "image_path", "image_name",
                            "img", "img_path", "pth", "name", "subdirectory_filepath", "file_path_abs"});
    columns.label = columnNamed(names, {"label", "class", "class_name", "category", "emotion", "expression",
                                        "expression_label", "target", "y", "given_label"});
    columns.state = columnNamed(names, {"label_state"});
    columns.given = columns.isMien ? columnNamed(names, {"given"}) : -1;
    columns.givenState = columns.isMien ? columnNamed(names, {"given_state"}) : -1;
    columns.nativeLabel = columnNamed(names, {"native_label"});
    columns.nativeSpace = columnNamed(names, {"native_space"});
    columns.split = columnNamed(names, {"split", "phase", "subset", "usage", "set", "partition", "fold_name"});
    columns.fold = columnNamed(names, {"fold"});
    columns.subject = columnNamed(names, {"subject", "subject_id", "person", "identity", "participant", "user"});
    columns.sequence = columnNamed(names, {"sequence", "video", "clip"});
    columns.origin = columnNamed(names, {"origin"});
    columns.flags = columnNamed(names, {"flags"});
    columns.votes = columnNamed(names, {"votes"});
    columns.valence = columnNamed(names, {"valence", "val"});
    columns.arousal = columnNamed(names, {"arousal", "aro"});
    columns.box = columnNamed(names, {"box"});
    const std::array<std::array<std::string_view, 4>, 4> boxNames = {{{"x", "y", "w", "h"},
                                                                      {"xmin", "ymin", "xmax", "ymax"},
                                                                      {"face_x", "face_y", "face_width", "face_height"},
                                                                      {"left", "top", "right", "bottom"}}};
    for (std::size_t kind = 0; kind < boxNames.size(); ++kind) {
        std::array<int, 4> parts;
        for (std::size_t i = 0; i < 4; ++i)
            parts[i] = columnNamed(names, {boxNames[kind][i]});
        if (std::find(parts.begin(), parts.end(), -1) == parts.end()) {
            columns.boxParts = parts;
            columns.boxIsCorners = kind == 1 || kind == 3;
            break;
        }
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (int(i) == columns.path || int(i) == columns.label)
            continue;
        std::string_view bare = names[i];
        if (bare.starts_with("vote_") || bare.starts_with("votes_"))
            bare.remove_prefix(bare.find('_') + 1);
        if (bare == "unknown" || bare == "nf")
            columns.voteColumns.emplace_back(int(i), bare == "nf" ? "NF" : "unknown");
        else if (const auto known = canonicalClassNamed(bare))
            for (const ExpressionClass &canonical : canonicalClasses())
                if (canonical.id == *known)
                    columns.voteColumns.emplace_back(int(i), canonical.name);
    }
    if (columns.voteColumns.size() < 4)
        columns.voteColumns.clear();
    if (columns.path >= 0 && (columns.label >= 0 || columns.votes >= 0 || !columns.voteColumns.empty()))
        return columns;
    return std::nullopt;
}

bool isTableExtension(std::string_view extension)
{
    return extension == "csv" || extension == "tsv" || extension == "jsonl" || extension == "ndjson";
}

class Scan
{
public:
    Scan(const ImportPlan &plan, std::filesystem::path table, ItemSink &sink, const Job &job)
        : m_plan(plan)
        , m_table(std::move(table))
        , m_folder(std::filesystem::absolute(m_table).parent_path())
        , m_media(m_folder)
        , m_inside(m_folder, plan.links)
        , m_file(shown(m_table.filename()))
        , m_sink(sink)
        , m_pictures({}, sink, job)
    {
    }

    Result<> run();

private:
    Result<TextEncoding> encodingOf();
    Result<> row(const TableRows::Row &row);
    std::optional<MediaFinder::Found> mediaOf(const TableRows::Row &row, std::string &named);
    std::string cell(const std::vector<std::string> &fields, int column) const
    {
        if (column < 0)
            return {};
        const std::string &text = fields[std::size_t(column)];
        return m_columns.isMien ? fromCsvCell(text) : std::string(trimmed(text));
    }
    void readLabel(const std::vector<std::string> &fields, Item &item, std::int64_t line);
    void readVotes(const std::vector<std::string> &fields, NewSample &sample, std::int64_t line);
    void readNumbers(const std::vector<std::string> &fields, NewSample &sample, std::int64_t line);
    void problem(std::string reason, std::string key, std::int64_t line, std::string detail)
    {
        m_sink.problem({std::move(reason), std::move(key), m_file, line, std::move(detail)});
    }

    const ImportPlan &m_plan;
    std::filesystem::path m_table, m_folder;
    MediaFinder m_media;
    InsideFolder m_inside;
    std::string m_file;
    ItemSink &m_sink;
    Columns m_columns;
    std::string m_numbering;
    KnownRows m_rows;
    PictureFeed m_pictures;
};

Result<> Scan::run()
{
    const auto encoding = encodingOf();
    if (!encoding)
        return fail(encoding.error());
    auto rows = TableRows::open(m_table, *encoding);
    if (!rows)
        return fail(rows.error());
    const auto columns = columnsOf(rows->names());
    if (!columns)
        return fail(ErrorCode::Invalid, shown(m_table) + " has no columns for the path and the label of each picture.");
    m_columns = *columns;
    if (const auto numbering = m_plan.parameters.find("numbering"); numbering != m_plan.parameters.end())
        m_numbering = numbering->second;
    while (const auto next = rows->next())
        if (const auto added = row(*next); !added)
            return added;
    if (rows->error())
        m_sink.problem({"TRUNCATED_TABLE", "", m_file, 0, rows->error()->message, rows->hasOpenQuote()});
    for (const std::string &path : m_media.ignored())
        m_sink.problem(ignoredNote(path));
    for (const std::string &path : m_media.unnamed())
        problem("ORPHAN_MEDIA", displayText(path), 0, "No row of the table names this picture; it is left out.");
    return m_pictures.finish();
}

/// The one that was chosen; else UTF-8, or Windows-1252 where the table is none.
Result<TextEncoding> Scan::encodingOf()
{
    if (const auto chosen = m_plan.parameters.find("encoding"); chosen != m_plan.parameters.end()) {
        const auto known = textEncodingNamed(chosen->second);
        if (!known)
            return fail(ErrorCode::Invalid, "There is no encoding \"" + displayText(chosen->second) + "\".");
        return *known;
    }
    const auto isUnicode = isUtf8Table(m_table);
    if (!isUnicode)
        return fail(isUnicode.error());
    if (*isUnicode)
        return TextEncoding::Utf8;
    problem("ENCODING_GUESSED", "", 0,
            "The table is not UTF-8; it is read as Windows-1252. Another one can be said with --encoding.");
    return TextEncoding::Windows1252;
}

void Scan::readLabel(const std::vector<std::string> &fields, Item &item, std::int64_t line)
{
    NewSample &sample = item.sample;
    const std::string label = cell(fields, m_columns.label);
    sample.nativeLabel = m_columns.nativeLabel >= 0 ? cell(fields, m_columns.nativeLabel) : label;
    sample.nativeSpace = m_columns.nativeSpace >= 0 ? cell(fields, m_columns.nativeSpace) : "manifest";
    const auto state = m_columns.state >= 0 ? labelStateNamed(cell(fields, m_columns.state)) : std::nullopt;
    if (state && *state != LabelState::Ok) {
        sample.state = *state;
        return;
    }
    const LabelMeaning meaning = isAbsent(label) ? LabelMeaning() : meaningOf(label, m_numbering, m_plan.parameters);
    sample.state = meaning.state;
    item.className = meaning.className;
    if (meaning.state == LabelState::Unmapped)
        problem("LABEL_UNMAPPED", sample.sourceKey, line,
                "It is not certain which class \"" + displayText(label) + "\" stands for; the text is kept.");
}

void Scan::readVotes(const std::vector<std::string> &fields, NewSample &sample, std::int64_t line)
{
    if (const std::string text = cell(fields, m_columns.votes); !text.empty()) {
        const auto json = nlohmann::json::parse(text, nullptr, false);
        if (json.is_object()) {
            for (const auto &[name, count] : json.items())
                if (count.is_number_integer() && count.get<std::int64_t>() > 0 && count.get<std::int64_t>() < 1'000'000)
                    sample.votes[name] = count.get<int>();
        } else {
            problem("VOTE_SUM", sample.sourceKey, line,
                    "The votes are not a JSON object; the item is kept without them.");
        }
    }
    for (const auto &[column, name] : m_columns.voteColumns) {
        long long count = 0;
        if (parseInteger(fields[std::size_t(column)], count) && count > 0 && count < 1'000'000)
            sample.votes[name] = int(count);
    }
}

void Scan::readNumbers(const std::vector<std::string> &fields, NewSample &sample, std::int64_t line)
{
    for (const auto &[column, target] :
         {std::pair(m_columns.valence, &sample.valence), std::pair(m_columns.arousal, &sample.arousal)}) {
        double value = 0;
        if (const std::string text = cell(fields, column); isAbsent(text) || !parseNumber(text, value))
            continue;
        if (value >= -1 && value <= 1)
            *target = value;
        else if (value != -2 && value != -5)
            problem("VA_OUT_OF_RANGE", sample.sourceKey, line, "The value is not between -1 and 1; it is left out.");
    }
    long long fold = 0;
    if (parseInteger(cell(fields, m_columns.fold), fold) && fold > 0 && fold < 1000)
        sample.fold = int(fold);

    std::array<double, 4> box = {};
    bool hasBox = false;
    if (m_columns.boxParts[0] >= 0) {
        if (std::all_of(m_columns.boxParts.begin(), m_columns.boxParts.end(),
                        [&](int part) { return isAbsent(fields[std::size_t(part)]); }))
            return;
        hasBox = true;
        for (std::size_t i = 0; i < 4; ++i)
            hasBox = parseNumber(fields[std::size_t(m_columns.boxParts[i])], box[i]) && hasBox;
        if (m_columns.boxIsCorners) {
            box[2] -= box[0];
            box[3] -= box[1];
        }
    } else if (const std::string text = cell(fields, m_columns.box); !text.empty()) {
        const auto json = nlohmann::json::parse(text, nullptr, false);
        hasBox = json.is_array() && json.size() == 4 &&
                 std::all_of(json.begin(), json.end(), [](const auto &part) { return part.is_number(); });
        for (std::size_t i = 0; hasBox && i < 4; ++i)
            box[i] = json[i].get<double>();
    } else {
        return;
    }
    if (hasBox && box[2] > 0 && box[3] > 0)
        sample.box = BoxPx{box[0], box[1], box[2], box[3]};
    else
        problem("BAD_BOX", sample.sourceKey, line,
                "The box is not four numbers with a width and a height; it is left out.");
}

/// The file of a row; names in the table's own bytes come first, then what they say as text.
std::optional<MediaFinder::Found> Scan::mediaOf(const TableRows::Row &row, std::string &named)
{
    std::optional<MediaFinder::Found> found;
    for (const std::vector<std::string> *cells : {&row.bytes, &row.cells}) {
        if (found || cells->empty())
            continue;
        const auto path = pathInside(cell(*cells, m_columns.path));
        named = path ? displayText(*path) : std::string();
        if (path)
            found = m_media.find(*path);
    }
    return found;
}

Result<> Scan::row(const TableRows::Row &row)
{
    const std::vector<std::string> &fields = row.cells;
    const std::int64_t line = row.line;
    if (!row.reason.empty()) {
        problem(row.reason, "line:" + std::to_string(line), line, row.detail);
        return {};
    }
    const std::string text = cell(fields, m_columns.path);
    if (text.empty()) {
        problem("MISSING_FILE", "line:" + std::to_string(line), line, "The row names no file.");
        return {};
    }
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    const auto found = mediaOf(row, sample.sourceKey);
    if (sample.sourceKey.empty()) {
        problem("PATH_ESCAPES_ROOT", displayText(text), line, "The path leads out of the folder of the table.");
        return {};
    }
    if (found && m_inside.isLedOutOf(m_folder / found->path)) {
        m_media.forget(found->path);
        problem("PATH_ESCAPES_ROOT", displayText(text), line, linkLedOut("of the table"));
        return {};
    }
    sample.displaySource = sample.sourceKey;
    // However it is named, one file is one sample.
    const std::string file = found ? std::filesystem::path(found->path).lexically_normal().native() : sample.sourceKey;
    if (const std::string again = m_rows.add(file, fields); !again.empty()) {
        problem(again, sample.sourceKey, line, KnownRows::detailOf(again));
        return {};
    }
    if (!found) {
        problem("MISSING_FILE", sample.sourceKey, line, "There is no such file in " + shown(m_folder) + ".");
        return {};
    }
    entry.path = m_folder / found->path;
    if (!found->reason.empty())
        problem(found->reason, sample.sourceKey, line, "The file is called " + displayText(found->path) + '.');
    readLabel(fields, entry.item, line);
    sample.nativeSplit = cell(fields, m_columns.split);
    sample.split = splitMeantBy(sample.nativeSplit).value_or(sample.split);
    sample.subject = displayText(cell(fields, m_columns.subject));
    sample.sequence = displayText(cell(fields, m_columns.sequence));
    if (const std::string origin = cell(fields, m_columns.origin); !origin.empty())
        sample.origin = origin;
    readVotes(fields, sample, line);
    readNumbers(fields, sample, line);
    return m_pictures.add(std::move(entry));
}

} // namespace

std::vector<Candidate> ManifestTable::probe(const Listing &listing) const
{
    std::vector<std::string> files;
    if (listing.isFile)
        files.emplace_back();
    for (const Listing::Entry &entry : listing.entries) {
        const std::string extension = extensionOf(entry.path);
        if (!entry.isFolder && entry.path.find('/') == std::string::npos && files.size() < 10 &&
            isTableExtension(extension))
            files.push_back(entry.path);
    }
    std::vector<Candidate> candidates;
    for (const std::string &file : files) {
        const std::filesystem::path path = file.empty() ? listing.root : listing.root / file;
        const auto head = textHeadOf(path, 64 * 1024);
        const auto columns = head ? columnsOf(TableRows::namesIn(*head)) : std::nullopt;
        if (!columns)
            continue;
        // Content decides: some of the first rows must name files that exist.
        int rows = 0, found = 0;
        if (auto table = TableRows::open(path)) {
            MediaFinder media(path.parent_path());
            for (auto row = table->next(); row && rows < 20; row = table->next(), ++rows) {
                const auto inside = row->reason.empty()
                                        ? pathInside(std::string(trimmed(row->cells[std::size_t(columns->path)])))
                                        : std::nullopt;
                found += inside && media.find(*inside);
            }
        }
        Candidate candidate{std::string(id()), columns->isMien ? "mien" : "table", 0, {}, {}, {{"table", file}}};
        candidate.confidence = columns->isMien ? 97 : found > 0 ? 70 : 40;
        candidate.evidence.push_back(shown(path.filename()) +
                                     (columns->isMien ? " was written by Mien" : " has columns for path and label"));
        candidate.evidence.push_back(std::to_string(found) + " of its first " + std::to_string(rows) +
                                     " rows name files that exist");
        if (found == 0 && rows > 0) {
            candidate.contradictions.push_back("none of its first rows names a file that exists");
            candidate.confidence = std::min(candidate.confidence, 60);
        }
        candidates.push_back(std::move(candidate));
    }
    return candidates;
}

Result<> ManifestTable::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto name = plan.parameters.find("table");
    return Scan(plan, name == plan.parameters.end() || name->second.empty() ? plan.root : plan.root / name->second,
                sink, job)
        .run();
}

} // namespace mien
