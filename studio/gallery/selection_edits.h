#pragma once

#include "pipeline/store/labels.h"
#include "studio/common/project_session.h"

#include <QObject>
#include <QString>

#include <functional>
#include <string>
#include <vector>

namespace mien {

class GalleryView;
class Studio;

/// What a person does to the faces selected in the gallery: each one edit of the project, one undo. Several labels at
/// once are previewed first.
class SelectionEdits : public QObject
{
    Q_OBJECT

public:
    /// @param window  where dialogs appear
    SelectionEdits(Studio &studio, GalleryView &view, QWidget *window);

    void setSession(ProjectSession *session) { m_session = session; }

    void giveClass(int number); ///< 1: the first class of the project.
    /// @param text  the verdict in words
    void giveLabel(const Verdict &verdict, const QString &text);
    enum class TagVerb { Add, Remove };
    void askTag(TagVerb verb);
    /// Any other edit; `failure` begins the sentence when it cannot be made.
    using Edit = std::function<Result<EditId>(Project &, const std::vector<SampleId> &, const std::string &)>;
    void change(const QString &failure, Edit run);

private:
    void tell(const QString &failure);

    Studio &m_studio;
    GalleryView &m_view;
    QWidget *m_window;
    ProjectSession *m_session = nullptr;
};

} // namespace mien
