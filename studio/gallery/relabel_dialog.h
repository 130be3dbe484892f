#pragma once

#include "studio/common/project_session.h"

#include <QDialog>

class QLabel;
class QPushButton;

namespace mien {

class Background;

/// Says what a label for many faces would change before it is given: one edit, one undo.
class RelabelDialog : public QDialog
{
    Q_OBJECT

public:
    /// @param target  null: the state named by `stateText` ("unsure", "not a face") instead of a class
    RelabelDialog(ProjectSession &session, std::vector<SampleId> samples, std::optional<ClassId> target,
                  const QString &targetText, QWidget *parent = nullptr);
    ~RelabelDialog() override;

    /// What the preview counted, for tests: samples that change, that have the label already, that persons labelled.
    struct Preview
    {
        std::int64_t samples = 0, same = 0, reviewed = 0;
        std::map<std::int64_t, std::int64_t> byClass; ///< Current class id (0: none) to samples.
    };
    static Result<Preview> count(const Project &project, std::span<const SampleId> samples,
                                 std::optional<ClassId> target, const Job &job);

private:
    ProjectSession &m_session;
    Background *m_background;
    QLabel *m_text;
    QPushButton *m_apply;
};

} // namespace mien
