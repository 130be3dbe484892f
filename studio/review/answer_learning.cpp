#include "studio/review/answer_learning.h"

#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "studio/common/background.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_verbs.h"
#include "studio/common/project_readers.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"

#include <QSettings>
#include <QTimer>

#include <algorithm>

namespace mien {

namespace {

constexpr int kLookMs = 1500;
constexpr int kLeastAnswers = 100; // below, suspicion does not learn (SuspicionOptions::minimumAnswers)
const QString kSetting = QStringLiteral("review/learn");

struct Answers
{
    int all = 0, known = 0; ///< Known: when it was flagged last.
    QString run, method;    ///< Of the current flagging; empty: it cannot be made again.
};

} // namespace

AnswerLearning::AnswerLearning(QObject *parent)
    : QObject(parent)
    , m_soon(new QTimer(this))
    , m_counting(new Background(this))
{
    m_soon->setSingleShot(true);
    m_soon->setInterval(kLookMs);
    connect(m_soon, &QTimer::timeout, this, &AnswerLearning::look);
}

void AnswerLearning::setSession(ProjectSession *session)
{
    m_counting->stop();
    m_soon->stop();
    m_session = session;
    m_tried = 0;
}

bool AnswerLearning::isOn()
{
    return settings().value(kSetting, true).toBool();
}

void AnswerLearning::setOn(bool isOn)
{
    settings().setValue(kSetting, isOn);
}

void AnswerLearning::answered()
{
    if (m_session && m_session->isWritable() && isOn() && !m_soon->isActive())
        m_soon->start();
}

void AnswerLearning::look()
{
    if (!m_session || !isOn())
        return;
    m_counting->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &project) -> Result<Answers> {
                Answers answers;
                const auto flagging = currentFlagging(project);
                if (!flagging || flagging->run.empty() || !runNamed(project, flagging->run))
                    return answers;
                const auto judged = judgedAtMs(project);
                if (!judged)
                    return fail(judged.error());
                answers.all = int(judged->size());
                answers.known = int(std::count_if(judged->begin(), judged->end(),
                                                  [&](const auto &one) { return one.second <= flagging->atMs; }));
                answers.run = QString::fromStdString(flagging->run);
                answers.method = QString::fromStdString(flagging->method);
                return answers;
            });
        },
        [this](const Result<Answers> &answers) {
            // What cannot be counted is counted at the next answer.
            if (answers && !answers->run.isEmpty())
                consider(answers->all, answers->known, answers->run, answers->method);
        });
}

void AnswerLearning::consider(int answers, int known, const QString &run, const QString &method)
{
    const int before = std::max(known, m_tried);
    const int wanted = before < kLeastAnswers ? kLeastAnswers : before + before / 2;
    if (answers < wanted)
        return;
    const QList<JobInfo> jobs = m_session->jobs().jobs();
    if (std::any_of(jobs.begin(), jobs.end(), [](const JobInfo &job) { return isFlagging(job) && job.isActive(); }))
        return;
    m_tried = answers;
    m_session->jobs().start(tr("Learn from %Ln answer(s)", nullptr, answers),
                            {QStringLiteral("flag"), QStringLiteral("--run"), run, QStringLiteral("--method"), method});
    Q_EMIT learning(answers);
}

} // namespace mien
