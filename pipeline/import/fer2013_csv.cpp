#include "pipeline/import/fer2013_csv.h"

#include "pipeline/import/code_tables.h"
#include "pipeline/import/ferplus_votes.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/pixel_hash.h"
#include "pipeline/import/pixel_scanner.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/import/published_counts.h"
#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_form.h"
#include "pipeline/jobs/reading_mark.h"

#include <algorithm>
#include <array>

namespace mien {

namespace {

constexpr int sidePx = 48;
constexpr std::size_t pixelCount = sidePx * sidePx;

/// Which column holds what; -1: there is none.
struct Columns
{
    int emotion = -1, pixels = -1, usage = -1, count = 0;
    char delimiter = ',';
    bool hasHeader = true;
};

std::optional<Columns> columnsOf(std::string_view firstRecord)
{
    for (char delimiter : {',', ';', '\t', '|'}) {
        Columns columns;
        columns.delimiter = delimiter;
        const std::vector<std::string> names = splitRecord(firstRecord, delimiter);
        columns.count = int(names.size());
        bool known = true;
        for (int i = 0; i < columns.count; ++i) {
            const std::string name = lowered(trimmed(names[std::size_t(i)]));
            int *const place = name == "emotion"  ? &columns.emotion
                               : name == "pixels" ? &columns.pixels
                               : name == "usage"  ? &columns.usage
                                                  : nullptr;
            known = known && place && *place < 0;
            if (place)
                *place = i;
        }
        if (known && columns.pixels >= 0)
            return columns;
        // Without a header: the first record is data in the published order.
        columns = {0, 1, 2, int(names.size()), delimiter, false};
        long long code = 0;
        std::array<std::uint8_t, pixelCount> pixels;
        const std::string padded = names.size() == 3 ? "    " + names[1] : std::string();
        if (names.size() == 3 && parseInteger(names[0], code) &&
            scanPixels(std::string_view(padded).substr(4), pixels).outcome == PixelScan::Outcome::Ok)
            return columns;
    }
    return std::nullopt;
}

/// A row never spans lines, so a stray quote costs the row it stands in.
constexpr auto rowPerLine = RecordReader::Quotes::EndAtLine;

/// Fields of one record; quotes cost a copy, the usual row none.
class Fields
{
public:
    bool split(std::string_view record, const Columns &columns, bool hasQuotes)
    {
        m_count = 0;
        if (!hasQuotes) {
            std::size_t start = 0;
            while (true) {
                const std::size_t end = std::min(record.find(columns.delimiter, start), record.size());
                if (m_count < int(m_fields.size()))
                    m_fields[std::size_t(m_count)] = record.substr(start, end - start);
                ++m_count;
                if (end == record.size())
                    break;
                start = end + 1;
            }
        } else {
            m_copies = splitRecord(record, columns.delimiter);
            m_count = int(m_copies.size());
            for (int i = 0; i < std::min(m_count, int(m_fields.size())); ++i) {
                m_copies[std::size_t(i)].insert(0, 8, ' ');
                m_fields[std::size_t(i)] = std::string_view(m_copies[std::size_t(i)]).substr(8);
            }
        }
        return m_count == columns.count;
    }
    int count() const { return m_count; }
    std::string_view at(int i) const { return i < 0 ? std::string_view() : m_fields[std::size_t(i)]; }

private:
    std::array<std::string_view, 8> m_fields;
    std::vector<std::string> m_copies;
    int m_count = 0;
};

std::string variantOf(const Columns &columns)
{
    if (!columns.hasHeader)
        return "no-header";
    if (columns.emotion < 0)
        return "pixels-only";
    if (columns.usage < 0)
        return "competition";
    return columns.usage < columns.pixels ? "icml" : "original";
}

std::string_view firstLine(std::string_view text)
{
    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    return text.substr(0, text.find_first_of("\r\n"));
}

int priority(std::string_view name)
{
    return name.starts_with("fer2013") ? 0 : name.starts_with("icml_face_data") ? 1 : name.starts_with("train") ? 2 : 3;
}

std::filesystem::path tableOf(const ImportPlan &plan)
{
    const auto name = plan.parameters.find("table");
    return name == plan.parameters.end() || name->second.empty() ? plan.root : plan.root / name->second;
}

/// One pass over a table: rows become items.
class Scan
{
public:
    Scan(std::filesystem::path path, ItemSink &sink, const Job &job)
        : m_path(std::move(path))
        , m_file(shown(m_path.filename()))
        , m_sink(sink)
        , m_pace(job)
    {
    }

    Result<> run(std::unique_ptr<ByteStream> stream, const FerPlusTable *votes);

private:
    Result<> row(std::string_view record, const RecordReader &records);
    Result<> keep(std::string_view emotion, std::string_view usage);
    void problem(std::string reason, std::string detail, std::int64_t line)
    {
        m_sink.problem({std::move(reason), key(), m_file, line, std::move(detail)});
    }
    std::string key() const { return "row:" + std::to_string(m_row); }
    void compareCounts();

    std::filesystem::path m_path;
    std::string m_file;
    ItemSink &m_sink;
    ProgressPace m_pace;
    Columns m_columns;
    Fields m_fields;
    const FerPlusTable *m_votes = nullptr;
    MediaId m_media;
    std::int64_t m_row = 0;
    std::array<std::uint8_t, pixelCount> m_pixels = {};
    Item m_item;
};

Result<> Scan::run(std::unique_ptr<ByteStream> stream, const FerPlusTable *votes)
{
    m_votes = votes;
    RecordReader records(*stream, rowPerLine);
    const std::int64_t bytes = stream->size();
    auto record = records.next();
    const auto columns = record ? columnsOf(*record) : std::nullopt;
    if (!columns)
        return fail(ErrorCode::Invalid,
                    shown(m_path) +
                        " is not a FER2013 table: its first line should name the columns emotion, pixels and Usage.");
    m_columns = *columns;
    m_item.sample.nativeSpace = "fer2013";
    m_item.sample.widthPx = m_item.sample.heightPx = sidePx;
    if (m_columns.hasHeader)
        record = records.next();
    for (; record; record = records.next()) {
        if (m_pace.stopped())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        m_pace.report(
            m_row,
            [&] {
                return stream->consumed() > 0
                           ? std::int64_t(double(m_row + 1) * double(bytes) / double(stream->consumed()))
                           : 0;
            },
            m_file);
        const std::string name = key();
        if (!m_sink.isLeftOut(name, m_file)) {
            const ReadingMark mark(name);
            if (const auto done = row(*record, records); !done)
                return done;
        }
        ++m_row;
    }
    if (records.error())
        problem("TRUNCATED_TABLE",
                records.error()->message + " The " + std::to_string(m_row) + " rows before are kept.", records.line());
    compareCounts();
    m_pace.finish(m_row, m_file);
    return {};
}

Result<> Scan::row(std::string_view record, const RecordReader &records)
{
    const bool isCut = !records.endedByLineBreak();
    const auto bad = [&](std::string reason, std::string detail) -> Result<> {
        if (isCut)
            problem("TRUNCATED_TABLE", "The last row is incomplete: " + detail, records.line());
        else
            problem(std::move(reason), std::move(detail), records.line());
        return {};
    };
    if (records.hasOpenQuote())
        return bad("BAD_FIELD_COUNT", "a quote (\") that is opened is not closed on its line");
    if (!m_fields.split(record, m_columns, records.hasQuotes()))
        return bad("BAD_FIELD_COUNT",
                   std::to_string(m_fields.count()) + " fields instead of " + std::to_string(m_columns.count));
    const PixelScan scan = scanPixels(m_fields.at(m_columns.pixels), m_pixels);
    switch (scan.outcome) {
    case PixelScan::Outcome::Ok: break;
    case PixelScan::Outcome::Count:
        return bad("PIXEL_COUNT", std::to_string(scan.count) + " values instead of " + std::to_string(pixelCount));
    case PixelScan::Outcome::Range:
        return bad("PIXEL_RANGE", "value " + std::to_string(scan.count) + " is " +
                                      displayText(scan.offending.substr(0, 20)) + ", not 0 to 255");
    case PixelScan::Outcome::NotANumber:
        return bad("BAD_NUMBER", "value " + std::to_string(scan.count) + " is \"" +
                                     displayText(scan.offending.substr(0, 20)) + "\", not a number");
    }

    NewSample &sample = m_item.sample;
    const std::string_view emotion = trimmed(m_fields.at(m_columns.emotion));
    sample.nativeLabel = emotion;
    sample.givenClass.reset();
    sample.flags.clear();
    m_item.className.clear();
    if (m_columns.emotion < 0 || isAbsent(emotion)) {
        sample.state = LabelState::Unlabeled;
    } else {
        long long code = 0;
        if (!parseInteger(emotion, code))
            return bad("BAD_NUMBER", "emotion is \"" + displayText(emotion.substr(0, 40)) + "\", not a number");
        const bool isKnown = code >= 0 && code < int(fer2013Classes.size());
        sample.state = isKnown ? LabelState::Ok : LabelState::Unmapped;
        if (isKnown)
            m_item.className = fer2013Classes[std::size_t(code)];
        else
            problem("LABEL_OUT_OF_RANGE", "emotion " + std::to_string(code) + " is not one of 0 to 6", records.line());
    }
    const std::string_view usage = trimmed(m_fields.at(m_columns.usage));
    sample.nativeSplit = usage;
    const std::optional<Split> split = splitMeantBy(usage);
    sample.split = m_columns.usage >= 0     ? split.value_or(Split::None)
                   : m_columns.emotion >= 0 ? Split::Train
                                            : Split::Test;
    if (!split && !usage.empty())
        problem("SPLIT_UNMAPPED",
                "Usage \"" + displayText(usage.substr(0, 40)) + "\" is not Training, PublicTest or PrivateTest",
                records.line());
    if (std::all_of(m_pixels.begin() + 1, m_pixels.end(),
                    [this](std::uint8_t value) { return value == m_pixels[0]; })) {
        sample.flags.emplace_back("blank_image");
        problem("BLANK_IMAGE", "all pixels are " + std::to_string(m_pixels[0]), records.line());
    }

    sample.sourceKey = key();
    sample.displaySource = m_file + '#' + sample.sourceKey;
    sample.pixelHash = pixelHash(sidePx, sidePx, 1, m_pixels);
    sample.origin = "human";
    sample.votes.clear();
    if (m_votes)
        sample.votes = m_votes->rows[std::size_t(m_row)].byColumn();
    m_item.pixels = m_pixels;
    if (!m_media) { // not before there is an item: a table of bad rows alone leaves nothing behind
        const auto media = m_sink.media(newMedia(m_path, "table"));
        if (!media)
            return fail(media.error());
        m_media = *media;
    }
    sample.media = m_media;
    const auto isWanted = m_sink.wants(sample.sourceKey);
    if (!isWanted)
        return fail(isWanted.error());
    return *isWanted ? m_sink.item(m_item) : m_sink.stored(m_item);
}

void Scan::compareCounts()
{
    static constexpr std::array<PublishedCounts, 3> published = {
        {{"train", "FER2013 Training"}, {"val", "FER2013 PublicTest"}, {"test", "FER2013 PrivateTest"}}};
    if (m_columns.usage >= 0)
        compareWithPublished(m_sink, "fer2013.csv/counts", published, m_file);
}

} // namespace

std::vector<Candidate> Fer2013Csv::probe(const Listing &listing) const
{
    struct Found
    {
        std::string file;
        Columns columns;
        bool isComplete;
    };
    std::vector<Found> found;
    std::string votes;
    std::vector<std::string> files;
    if (listing.isFile)
        files.emplace_back();
    for (const Listing::Entry &entry : listing.entries)
        if (!entry.isFolder && files.size() < 20 &&
            (lowered(entry.path).ends_with(".csv") || lowered(entry.path).ends_with(".csv.xz")))
            files.push_back(entry.path);
    for (const std::string &file : files) {
        const auto head = textHeadOf(file.empty() ? listing.root : listing.root / file, 64 * 1024);
        if (head && !file.empty() && isFerPlusHeader(firstLine(*head)))
            votes = file;
        const auto columns = head ? columnsOf(firstLine(*head)) : std::nullopt;
        if (!columns)
            continue;
        // Content decides: the first rows must hold pixels.
        std::string_view rest = *head;
        Fields fields;
        std::array<std::uint8_t, pixelCount> pixels;
        bool agrees = false;
        if (columns->hasHeader)
            rest.remove_prefix(std::min(rest.find_first_of("\r\n"), rest.size()));
        for (int tries = 0; tries < 8 && !agrees; ++tries) {
            rest.remove_prefix(std::min(rest.find_first_not_of("\r\n"), rest.size()));
            const std::string line = std::string(8, ' ') + std::string(rest.substr(0, rest.find_first_of("\r\n")));
            rest.remove_prefix(line.size() - 8);
            agrees = fields.split(std::string_view(line).substr(8), *columns, line.find('"') != std::string::npos) &&
                     scanPixels(fields.at(columns->pixels), pixels).outcome == PixelScan::Outcome::Ok;
        }
        found.push_back({file, *columns, agrees});
    }
    if (found.empty())
        return {};
    const auto best = std::min_element(found.begin(), found.end(), [](const Found &a, const Found &b) {
        return priority(std::filesystem::path(a.file).filename().native()) <
               priority(std::filesystem::path(b.file).filename().native());
    });
    const std::string name = best->file.empty() ? shown(listing.root.filename()) : displayText(best->file);
    Candidate candidate{std::string(id()),      variantOf(best->columns), best->isComplete ? 98 : 60, {}, {},
                        {{"table", best->file}}};
    candidate.evidence.push_back(name + " has the columns of FER2013");
    if (best->isComplete)
        candidate.evidence.push_back("its first rows hold 2304 values each");
    else
        candidate.contradictions.push_back("none of its first rows holds 2304 values from 0 to 255");
    if (found.size() > 1)
        candidate.evidence.push_back(std::to_string(found.size()) + " such tables; choose another by naming the file");
    for (const Found &other : found)
        if (other.file != best->file)
            candidate.parameters["other_tables"] +=
                (candidate.parameters["other_tables"].empty() ? "" : "\n") + other.file;
    if (!votes.empty()) {
        candidate.evidence.push_back(displayText(votes) + " holds FER+ votes for its rows");
        candidate.parameters["votes"] = votes;
    }
    return {candidate};
}

namespace {

/// `Usage` of every data row.
Result<std::vector<std::string>> usageIn(ByteStream &stream, const std::filesystem::path &csv, const Job &job)
{
    RecordReader records(stream, rowPerLine);
    auto record = records.next();
    const auto columns = record ? columnsOf(*record) : std::nullopt;
    if (!columns)
        return fail(ErrorCode::Invalid, shown(csv) + " is not a FER2013 table.");
    if (columns->hasHeader)
        record = records.next();
    std::vector<std::string> usage;
    Fields fields;
    for (; record; record = records.next()) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The import was stopped before anything was written.");
        fields.split(*record, *columns, records.hasQuotes());
        usage.emplace_back(columns->usage >= 0 && columns->usage < fields.count() ? trimmed(fields.at(columns->usage))
                                                                                  : std::string_view());
    }
    return usage;
}

std::vector<std::string> linesOf(const std::string &text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

Result<> Fer2013Csv::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const std::filesystem::path path = tableOf(plan);
    if (const auto others = plan.parameters.find("other_tables"); others != plan.parameters.end())
        for (const std::string &other : linesOf(others->second))
            sink.problem({"OTHER_TABLE", displayText(other), displayText(other), 0,
                          "It is such a table as well and was not read; import it by its name."});
    if (!plan.votes) {
        auto stream = openTextStream(path);
        return stream ? Scan(path, sink, job).run(std::move(*stream), nullptr) : fail(stream.error());
    }
    const auto votes = FerPlusTable::read(*plan.votes);
    if (!votes)
        return fail(votes.error());
    // Votes must fit to the last row before the first is written.
    TwiceRead table(path);
    {
        auto first = table.first();
        if (!first)
            return fail(first.error());
        const auto usage = usageIn(*asUtf8(std::move(*first)), path, job);
        if (!usage)
            return fail(usage.error());
        if (const auto fits = votes->matches(*usage, path); !fits)
            return fits;
    }
    for (Problem &note : votes->notes())
        sink.problem(std::move(note));
    auto second = table.second();
    return second ? Scan(path, sink, job).run(asUtf8(std::move(*second)), &*votes) : fail(second.error());
}

Result<std::vector<std::string>> usageOfRows(const std::filesystem::path &csv, const Job &job)
{
    const auto stream = openTextStream(csv);
    return stream ? usageIn(**stream, csv, job) : fail(stream.error());
}

} // namespace mien
