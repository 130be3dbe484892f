#include "pipeline/import/ferplus_votes.h"

#include "pipeline/import/code_tables.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_form.h"

#include <numeric>
#include <set>

namespace mien {

int FerPlusRow::sum() const
{
    return std::accumulate(votes.begin(), votes.end(), 0);
}

std::map<std::string, int> FerPlusRow::byColumn() const
{
    std::map<std::string, int> byName;
    for (std::size_t i = 0; i < votes.size(); ++i)
        if (votes[i] > 0)
            byName.emplace(ferPlusColumns[i], votes[i]);
    return byName;
}

bool isFerPlusHeader(std::string_view header)
{
    const std::vector<std::string> names = splitRecord(header, ',');
    if (names.size() != 12 || lowered(trimmed(names[0])) != "usage" || lowered(trimmed(names[1])) != "image name")
        return false;
    for (std::size_t i = 0; i < ferPlusColumns.size(); ++i)
        if (lowered(trimmed(names[i + 2])) != lowered(ferPlusColumns[i]))
            return false;
    return true;
}

Result<FerPlusTable> FerPlusTable::read(const std::filesystem::path &file)
{
    auto stream = openTextStream(file);
    if (!stream)
        return fail(stream.error());
    RecordReader records(**stream);
    const auto header = records.next();
    if (!header || !isFerPlusHeader(*header))
        return fail(
            ErrorCode::Invalid,
            shown(file) +
                " is not a table of FER+ votes: its first line should be \"Usage,Image name,neutral,happiness,surprise,"
                "sadness,anger,disgust,fear,contempt,unknown,NF\".");
    FerPlusTable table{file, {}};
    while (const auto record = records.next()) {
        const std::vector<std::string> fields = splitRecord(*record, ',');
        const std::string place = shown(file) + ", row " + std::to_string(table.rows.size()) + " (line " +
                                  std::to_string(records.line()) + ")";
        if (fields.size() != 12)
            return fail(ErrorCode::Invalid,
                        place + ": " + std::to_string(fields.size()) +
                            " fields instead of 12; votes are joined by row, so a damaged table is refused.");
        FerPlusRow row{std::string(trimmed(fields[0])), std::string(trimmed(fields[1])), {}};
        for (std::size_t i = 0; i < row.votes.size(); ++i) {
            long long votes = 0;
            if (!parseInteger(fields[i + 2], votes) || votes < 0 || votes > 1000)
                return fail(ErrorCode::Invalid,
                            place + ": \"" + displayText(fields[i + 2]) + "\" is not a number of votes.");
            row.votes[i] = int(votes);
        }
        table.rows.push_back(std::move(row));
    }
    if (records.error())
        return fail(*records.error());
    return table;
}

Result<> FerPlusTable::matches(const std::vector<std::string> &usageOfRows, const std::filesystem::path &pixels) const
{
    const std::size_t common = std::min(rows.size(), usageOfRows.size());
    for (std::size_t row = 0; row < common; ++row) {
        if (rows[row].usage != usageOfRows[row])
            return fail(ErrorCode::Invalid, "The votes in " + shown(file) + " do not belong to " + shown(pixels) +
                                                ": row " + std::to_string(row) + " differs (Usage \"" +
                                                displayText(rows[row].usage) + "\" against \"" +
                                                displayText(usageOfRows[row]) + "\"). Nothing was imported.");
    }
    if (rows.size() != usageOfRows.size())
        return fail(ErrorCode::Invalid, "The votes in " + shown(file) + " do not belong to " + shown(pixels) + ": " +
                                            std::to_string(rows.size()) + " rows of votes against " +
                                            std::to_string(usageOfRows.size()) + " pictures, so row " +
                                            std::to_string(common) +
                                            " is the first that differs. Nothing was imported.");
    return {};
}

std::vector<Problem> FerPlusTable::notes() const
{
    std::vector<Problem> notes;
    for (std::size_t row = 0; row < rows.size(); ++row)
        if (rows[row].sum() != 10)
            notes.push_back({"VOTE_SUM", "row:" + std::to_string(row), shown(file.filename()), std::int64_t(row) + 2,
                             std::to_string(rows[row].sum()) + " votes instead of 10"});
    return notes;
}

std::vector<Candidate> FerPlusCsv::probe(const Listing &listing) const
{
    std::vector<std::string> files;
    if (listing.isFile)
        files.emplace_back();
    for (const Listing::Entry &entry : listing.entries)
        if (!entry.isFolder && lowered(entry.path).ends_with(".csv") && files.size() < 10)
            files.push_back(entry.path);
    for (const std::string &file : files) {
        const std::filesystem::path path = file.empty() ? listing.root : listing.root / file;
        const auto head = textHeadOf(path, 4096);
        if (!head)
            continue;
        const std::string_view text = *head;
        const std::size_t start = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
        if (!isFerPlusHeader(text.substr(start, text.find_first_of("\r\n") - start)))
            continue;
        // In a folder the votes are an addition to the pictures that lie there, not the data set.
        return {{std::string(id()),
                 "fer2013new",
                 listing.isFile ? 99 : 60,
                 {shown(path.filename()) + " has the header of FER+ votes"},
                 {},
                 {{"table", file}}}};
    }
    return {};
}

Result<> FerPlusCsv::scan(const ImportPlan &plan, ItemSink &sink, const Job &) const
{
    const auto name = plan.parameters.find("table");
    const auto table = FerPlusTable::read(
        name == plan.parameters.end() || name->second.empty() ? plan.root : plan.root / name->second);
    if (!table)
        return fail(table.error());
    for (Problem &note : table->notes())
        sink.problem(std::move(note));
    return {};
}

} // namespace mien
