#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// RAF-DB as it is published: EmoLabel/list_patition_label.txt beside Image and Annotation. The basic part has seven
/// classes, the compound part ordered pairs of two ("happiness+surprise").
class RafDb : public Importer
{
public:
    enum class Part { Basic, Compound };
    explicit RafDb(Part part)
        : m_part(part)
    {
    }

    std::string_view id() const override { return m_part == Part::Basic ? "rafdb.basic" : "rafdb.compound"; }
    std::string_view title() const override
    {
        return m_part == Part::Basic ? "RAF-DB, basic expressions" : "RAF-DB, compound expressions";
    }
    std::string_view termsId() const override { return "rafdb"; }
    std::vector<ImportOption> options() const override;
    std::string variantFor(const ImportPlan &plan) const override { return "official-" + optionIn(plan, "pictures"); }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;

private:
    Part m_part;
};

} // namespace mien
