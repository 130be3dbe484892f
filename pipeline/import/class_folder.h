#pragma once

#include "pipeline/import/importer.h"

namespace mien {

/// Pictures and videos whose label is the name of a folder: root/[split/]class/[any/depth/]picture, with the split
/// level above or below the classes; those directly in the root are unlabelled. The two published folder forms of
/// FER2013 are variants of it. Videos become clips: samples come when their faces are extracted.
class ClassFolder : public Importer
{
public:
    enum class Form {
        Generic,
        Videos,   ///< The same without a picture.
        Fer2013A, ///< train/angry/Training_123.jpg: the split is in the file name.
        Fer2013B, ///< train/disgusted/im0.png
    };
    explicit ClassFolder(Form form)
        : m_form(form)
    {
    }

    std::string_view id() const override;
    std::string_view title() const override;
    std::string_view termsId() const override { return isFer2013() ? "fer2013" : ""; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;

private:
    bool isFer2013() const { return m_form == Form::Fer2013A || m_form == Form::Fer2013B; }

    Form m_form;
};

} // namespace mien
