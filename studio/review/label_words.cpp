#include "studio/review/label_words.h"

#include "studio/common/project_session.h"

#include <QCoreApplication>

namespace mien {

QString labelWord(const ProjectSession &session, std::optional<ClassId> label, LabelState state)
{
    const auto word = [](const char *text) { return QCoreApplication::translate("LabelWords", text); };
    if (label && *label)
        return session.displayName(*label);
    switch (state) {
    case LabelState::Ok:
    case LabelState::Unlabeled: return word(QT_TRANSLATE_NOOP("LabelWords", "no label"));
    case LabelState::Uncertain: return word(QT_TRANSLATE_NOOP("LabelWords", "unsure"));
    case LabelState::NoneOfThese: return word(QT_TRANSLATE_NOOP("LabelWords", "none of these"));
    case LabelState::NotAFace: return word(QT_TRANSLATE_NOOP("LabelWords", "not a face"));
    case LabelState::Excluded: return word(QT_TRANSLATE_NOOP("LabelWords", "excluded"));
    case LabelState::Conflict: return word(QT_TRANSLATE_NOOP("LabelWords", "conflicting labels"));
    case LabelState::Unmapped: return word(QT_TRANSLATE_NOOP("LabelWords", "not mapped"));
    }
    return {};
}

} // namespace mien
