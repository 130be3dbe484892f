#pragma once

#include "pipeline/import/importer.h"
#include "pipeline/import/problem_log.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace mien {

/// The ten votes of one FER2013 row.
struct FerPlusRow
{
    std::string usage, imageName;
    std::array<int, 10> votes = {}; ///< In the order of ferPlusColumns.

    int sum() const;
    std::map<std::string, int> byColumn() const; ///< Columns without a vote left out.
};

/// A table of FER+ votes (fer2013new.csv). It is joined by row position only: the number in its image names drifts away
/// from the row.
struct FerPlusTable
{
    std::filesystem::path file;
    std::vector<FerPlusRow> rows;

    static Result<FerPlusTable> read(const std::filesystem::path &file);
    /// Invalid, naming this file and the first row that differs, unless the number of rows and every Usage agree.
    Result<> matches(const std::vector<std::string> &usageOfRows, const std::filesystem::path &pixels) const;
    /// Votes that do not sum to 10, empty and repeated names.
    std::vector<Problem> notes() const;
};

/// Whether the header of a table is that of FER+ votes.
bool isFerPlusHeader(std::string_view header);

/// FER+ votes on their own: they attach to a FER2013 table that is in the project already.
class FerPlusCsv : public Importer
{
public:
    std::string_view id() const override { return "ferplus.csv"; }
    std::string_view title() const override { return "FER+ votes (fer2013new.csv), attached to FER2013"; }
    std::string_view termsId() const override { return "ferplus"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    /// Counts the rows; attaching needs the project and is done by runImport.
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
