#pragma once

#include <QPointer>
#include <QString>
#include <QWidget>

class QHBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;

namespace mien {

struct JobInfo;
class JobQueue;

/// The one job that a page follows: what it is doing in words, its bar, Pause and Cancel. When it is over the words
/// stay and the rest goes. A page may put words and buttons of its own into it.
class JobStrip : public QWidget
{
    Q_OBJECT

public:
    /// @param name    of the page: object names become importJobTitle, importJobText, importBar, importPause,
    /// importCancel
    /// @param cancel  the word on the button that ends it: "Cancel import"
    JobStrip(const QString &name, const QString &cancel, QWidget *parent = nullptr);

    void setQueue(JobQueue *queue); ///< Null without a project. Follows nothing then.
    void follow(const QString &id); ///< Empty: nothing.
    const QString &id() const { return m_id; }
    const JobInfo *job() const; ///< Valid until the queue changes; null when nothing is followed.
    bool isBusy() const;        ///< It waits or runs.

    void addButton(QPushButton *button); ///< Right of Pause and Cancel.
    /// Instead of the words it finds itself; for the listener of changed().
    void say(const QString &title, const QString &text);

Q_SIGNALS:
    void changed(); ///< It is another one, moved on or ended.

private:
    void refresh();
    void pauseOrResume();

    QPointer<JobQueue> m_queue;
    QString m_id, m_cancelWord;
    QLabel *m_title, *m_text;
    QProgressBar *m_bar;
    QPushButton *m_pause, *m_cancel;
    QHBoxLayout *m_buttons;
};

} // namespace mien
