#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// AffectNet as it was released first: training.csv and validation.csv, also automatically_annotated.csv, over folders
/// of whole web pictures. A sample is what the row's face box shows of its picture.
class AffectNetCsv : public Importer
{
public:
    std::string_view id() const override { return "affectnet.csv"; }
    std::string_view title() const override { return "AffectNet, lists and pictures of the first release"; }
    std::string_view termsId() const override { return "affectnet"; }
    std::vector<ImportOption> options() const override;
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
