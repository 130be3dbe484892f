#pragma once

#include "studio/common/studio.h"

#include <QWidget>

class QLabel;
class QListView;
class QPlainTextEdit;
class QPushButton;

namespace mien {

class JobModel;
class JobQueue;

/// What runs, waits and failed; cancel, pause, retry, reorder, and the list of skipped items.
class JobsView : public QWidget
{
    Q_OBJECT

public:
    explicit JobsView(Studio &studio, QWidget *parent = nullptr);
    void setQueue(JobQueue *queue);

private:
    void refresh();
    QString currentId() const;

    Studio &m_studio;
    JobQueue *m_queue = nullptr;
    JobModel *m_model;
    QListView *m_list;
    QLabel *m_empty;
    QPlainTextEdit *m_details;
    QPushButton *m_cancel, *m_pause, *m_retry, *m_without, *m_up, *m_down, *m_remove;
};

} // namespace mien
