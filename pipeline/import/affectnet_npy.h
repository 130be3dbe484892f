#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// AffectNet as it was released later: images/<id>.jpg beside annotations/<id>_exp.npy, _val, _aro and _lnd, below
/// train_set and val_set or without them; also a table of such a tree that the code of DAN keeps (phase, img_path,
/// label), where the annotations are not there.
class AffectNetNpy : public Importer
{
public:
    std::string_view id() const override { return "affectnet.npy"; }
    std::string_view title() const override { return "AffectNet, pictures and .npy annotations of the later release"; }
    std::string_view termsId() const override { return "affectnet"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
