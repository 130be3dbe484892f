#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// Copies of AffectNet with a labels.csv (pth, label, relFCs) over class folders. The table is the later word: where it
/// and the folder differ, its label counts, marked. A program helped with these labels: their origin is "auto".
class AffectNetKaggle : public Importer
{
public:
    std::string_view id() const override { return "affectnet.kaggle-csv"; }
    std::string_view title() const override { return "AffectNet, labels.csv over class folders"; }
    std::string_view termsId() const override { return "affectnet"; }
    std::vector<ImportOption> options() const override;
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
