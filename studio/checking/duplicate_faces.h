#pragma once

#include "pipeline/store/duplicate_groups.h"
#include "studio/common/thumbnail_loader.h"

#include <QListView>
#include <QPointer>

#include <vector>

class QStandardItemModel;

namespace mien {

class ProjectSession;

/// The faces of one group side by side, as large as they fit, each with what tells it from the others: label, split,
/// subject, source, size, sharpness. Up and down belong to the list of groups.
class DuplicateFaces : public QListView
{
    Q_OBJECT

public:
    explicit DuplicateFaces(QWidget *parent = nullptr);

    void setSession(ProjectSession *session); ///< Names classes; null without a project.
    /// Shows a group; the best one becomes the current one, or the one that was, if it is a member.
    void setMembers(std::vector<DuplicateMember> members);
    const std::vector<DuplicateMember> &members() const { return m_members; }

    ThumbnailLoader &thumbnails() const { return *m_thumbnails; }
    SampleId current() const; ///< None without members.
    SampleId best() const;
    void step(int by);
    bool isSettled() const;

Q_SIGNALS:
    void currentFaceChanged();
    void groupStepped(int step); ///< -1: the group before, 1: the next one.
    void opened(mien::SampleId sample);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    class Delegate;
    /// What stands below a face, one line each.
    QStringList linesOf(const DuplicateMember &member) const;
    QString labelOf(const DuplicateMember &member) const;
    QString spoken(int row) const;
    void layOut();
    int sidePx() const;

    QPointer<ProjectSession> m_session;
    std::vector<DuplicateMember> m_members;
    std::size_t m_best = 0;
    QStandardItemModel *m_model;
    ThumbnailLoader *m_thumbnails;
    int m_side = 96; ///< Of a picture.
};

} // namespace mien
