#pragma once

#include "pipeline/import/importer.h"

#include <array>

namespace mien {

/// The votes' winner by FER+'s rule `majority`: votes of one person do not count, and the winner needs more than half
/// of what is left. Index into ferPlusColumns; "unknown" when nobody has it.
std::size_t ferPlusMajority(std::array<int, 10> votes);

/// FER+ as its own tools write it: FER2013Train, FER2013Valid and FER2013Test, each with label.csv (name, box, ten
/// votes) and the pictures made from fer2013.csv.
class FerPlusFolders : public Importer
{
public:
    std::string_view id() const override { return "ferplus.folders"; }
    std::string_view title() const override { return "FER+, folders with label.csv and pictures"; }
    std::string_view termsId() const override { return "ferplus"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
