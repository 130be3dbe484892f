#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// A table that names picture files (CSV, TSV or JSON lines; UTF-8, UTF-16 or Windows-1252): path and label, and where
/// there are such columns split, fold, subject, sequence, box, votes by class, valence and arousal. Reads what Mien's
/// own CSV export writes without loss.
class ManifestTable : public Importer
{
public:
    std::string_view id() const override { return "manifest"; }
    std::string_view title() const override { return "Table of files and labels (CSV, TSV, JSON lines)"; }
    std::string_view termsId() const override { return ""; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
