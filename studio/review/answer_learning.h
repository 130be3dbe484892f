#pragma once

#include <QObject>

#include <cstdint>

class QTimer;

namespace mien {

class Background;
class ProjectSession;

/// Flags again as a person answers, so that what is still open is ranked by what the answers taught (`models.md` 10.1):
/// from 100 answers on, and each time there are half as many more. The job is an ordinary one, seen among the others;
/// the queue follows when it is done. Only flags of a run are made again, and not while another job flags.
class AnswerLearning : public QObject
{
    Q_OBJECT

public:
    explicit AnswerLearning(QObject *parent = nullptr);

    /// Null: nothing to learn for.
    void setSession(ProjectSession *session);
    static bool isOn(); ///< A setting of the person; on by default.
    static void setOn(bool isOn);

    void answered(); ///< Something may have been answered; looks a moment later.

Q_SIGNALS:
    void learning(int answers); ///< The job was started.

private:
    void look();
    void consider(int answers, int known, const QString &run, const QString &method);

    ProjectSession *m_session = nullptr;
    QTimer *m_soon;
    Background *m_counting;
    int m_tried = 0; ///< Answers for which a job was started in this session.
};

} // namespace mien
