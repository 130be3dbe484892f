#pragma once

#include "pipeline/import/importer.h"

#include <string>
#include <vector>

namespace mien {

/// FER2013 as a table of pixels: fer2013.csv, icml_face_data.csv, train.csv and test.csv of the competition, plain or
/// .xz.
class Fer2013Csv : public Importer
{
public:
    std::string_view id() const override { return "fer2013.csv"; }
    std::string_view title() const override { return "FER2013, table of pixels (CSV, also .xz)"; }
    std::string_view termsId() const override { return "fer2013"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

/// The Usage of every data row, bad rows included: what FER+ votes are checked against. Empty texts without the column.
Result<std::vector<std::string>> usageOfRows(const std::filesystem::path &csv, const Job &job);

} // namespace mien
