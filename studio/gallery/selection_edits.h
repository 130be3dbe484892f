#pragma once

#include "pipeline/store/labels.h"
#include "studio/common/project_session.h"

#include <QObject>
#include <QPointer>
#include <QStringList>

#include <functional>
#include <string>
#include <vector>

namespace mien {

class Background;
class Studio;

/// What a person does to the faces selected in the gallery or the map: each one edit of the project, one undo. Several
/// labels at once are previewed first.
class SelectionEdits : public QObject
{
    Q_OBJECT

public:
    /// @param selected  gives the faces that are selected now
    /// @param window    where dialogs appear
    SelectionEdits(Studio &studio, std::function<std::vector<SampleId>()> selected, QWidget *window);

    void setSession(ProjectSession *session);
    std::vector<SampleId> selected() const { return m_selected(); }
    void selectionChanged() { refreshOffered(); } ///< To be called whenever other faces are selected.

    /// What the digits mean for the faces that are selected, in project order: the classes of the label space they are
    /// labelled in, and the project's own. Of every space where nothing says which.
    const std::vector<ExpressionClass> &offered() const { return m_offered; }
    QString reasonAgainst() const; ///< Why no class can be given; empty when one can.
    bool isSettled() const;        ///< False while it looks which space the selected faces are of.

    void giveClass(int number); ///< 1: the first class that is offered. Waits until it is known what that is.
    /// @param text  the verdict in words
    void giveLabel(const Verdict &verdict, const QString &text);
    enum class TagVerb { Add, Remove };
    /// @param then  called with the tag once it was added or taken; may be empty
    void askTag(TagVerb verb, std::function<void(const QString &tag)> then = {});
    /// Any other edit; `failure` begins the sentence when it cannot be made.
    using Edit = std::function<Result<EditId>(Project &, const std::vector<SampleId> &, const std::string &)>;
    void change(const QString &failure, Edit run, std::function<void()> then = {});

Q_SIGNALS:
    void offeredChanged();

private:
    void refreshOffered();
    void offer(const std::vector<std::string> &spaces);
    void tell(const QString &failure);

    Studio &m_studio;
    std::function<std::vector<SampleId>()> m_selected;
    QWidget *m_window;
    QPointer<ProjectSession> m_session;
    Background *m_reader;
    std::vector<ExpressionClass> m_offered;
    QStringList m_mixed;    ///< The spaces of the selection, when they are several.
    int m_waitingClass = 0; ///< A digit that was pressed before it was known what it means.
};

} // namespace mien
