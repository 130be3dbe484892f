#pragma once

#include "studio/checking/duplicate_list_model.h"

#include <QHash>
#include <QPointer>
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace mien {

class Background;
class DuplicateFaces;
class DuplicateList;
class EmptyState;
class FaceImages;
class JobStrip;
class ProjectSession;
class Studio;

/// Groups of pictures that are the same or nearly so: the list of groups, the faces of one side by side, and three
/// decisions about it, each one step of undo. The search for near-duplicates is a job.
class DuplicatesPanel : public QWidget
{
    Q_OBJECT

public:
    explicit DuplicatesPanel(Studio &studio, QWidget *parent = nullptr);
    ~DuplicatesPanel() override;

    void setSession(ProjectSession *session);
    void entered(); ///< It came to the front.
    void takeFocus();
    bool isSettled() const;
    QVariantMap state() const;
    void restore(const QVariantMap &state);

    DuplicateListModel &model() const { return *m_model; }
    DuplicateList &list() const { return *m_list; }
    DuplicateFaces &faces() const { return *m_faces; }

    enum class Verb { KeepOne, KeepAll, MarkConflict };
    void decide(Verb verb);
    void search();          ///< For near-duplicates, as a job.
    void reviewConflicts(); ///< The marked groups whose labels still differ, as a queue.
    /// Why decisions cannot be made now; empty: they can.
    QString reasonAgainst() const;

Q_SIGNALS:
    void changed();      ///< What can be done now may be another thing.
    void buttonLeaves(); ///< The button that has the focus is about to go.

private:
    struct Search
    {
        int distance = 0;
        qint64 atMs = 0, samplesSince = 0;
    };
    QWidget *makeSearchRow();
    QWidget *makeGroups();
    void reload();
    void showGroups();
    void showCurrent();
    void showSearch();
    void refreshVerbs();
    std::vector<SampleId> conflictsToReview() const;

    Studio &m_studio;
    QPointer<ProjectSession> m_session;
    Background *m_groups, *m_members;
    std::shared_ptr<FaceImages> m_images;
    DuplicateListModel *m_model;
    std::optional<Search> m_search;    ///< Empty: nobody ever looked.
    SampleId m_shown;                  ///< Name of the group whose faces are shown,
    SampleId m_wanted;                 ///< and of the one to show when the groups are in.
    int m_row = 0;                     ///< Where it was in the list.
    QHash<qint64, SampleId> m_decided; ///< Group by edit: undo shows it.
    bool m_loaded = false;

    QComboBox *m_filter;
    QLabel *m_progress, *m_searched, *m_more;
    QSpinBox *m_distance;
    QPushButton *m_searchAgain, *m_review, *m_keepOne, *m_keepAll, *m_conflict;
    JobStrip *m_job;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    DuplicateList *m_list;
    DuplicateFaces *m_faces;
};

} // namespace mien
