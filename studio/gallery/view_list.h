#pragma once

#include "pipeline/store/saved_views.h"

#include <QListWidget>
#include <QPointer>

#include <functional>
#include <vector>

namespace mien {

class Background;
class ProjectSession;

/// The views at the left of the gallery: those that everybody needs, then those saved in the project under a name.
/// Everybody who opens the project has the same; what another window saves appears here.
class ViewList : public QListWidget
{
    Q_OBJECT

public:
    struct View
    {
        QString filter, sortKey; ///< sortKey empty: the order stays as it is.
        bool descending = false;
    };

    explicit ViewList(QWidget *parent = nullptr);

    void setSession(ProjectSession *session); ///< Empty without one.
    void setShown(const View &view);          ///< Marks the view that is in front, if one is.
    QString savedName() const;                ///< Of the marked view; empty for one that is not saved.
    bool isSettled() const;

    /// Ask for a name; what goes wrong comes by failed().
    void save(const View &view);
    void rename();
    void removeSaved();

Q_SIGNALS:
    void chosen(const mien::ViewList::View &view);
    void failed(const QString &message);
    void markedChanged();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void reload();
    void fill();
    QListWidgetItem *add(const QString &text, const QString &filter, const char *iconName);
    void askName(const char *dialogName, const QString &title, const QString &label, const QString &name,
                 std::function<void(const std::string &)> then);
    void change(std::function<Result<>(Project &)> work);

    QPointer<ProjectSession> m_session;
    Background *m_reader;
    std::vector<SavedView> m_saved;
    bool m_hasDoubts = false; ///< Whether any label disagrees with the eyes in a video.
    View m_shown;
};

} // namespace mien
