#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// Copies of RAF-DB basic as class folders of aligned faces, with train_labels.csv and test_labels.csv beside them or
/// without. The split is in the names of the pictures, whatever folder they are in.
class RafDbKaggle : public Importer
{
public:
    std::string_view id() const override { return "rafdb.kaggle"; }
    std::string_view title() const override { return "RAF-DB basic, class folders with or without tables"; }
    std::string_view termsId() const override { return "rafdb"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
