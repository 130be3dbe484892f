#include "studio/common/warm_helper.h"

#include "studio/common/mien_command.h"

#include <QJsonDocument>

#include <algorithm>
#include <utility>

namespace mien {

namespace {
constexpr int kDeathsAllowed = 3;
constexpr qint64 kDeathsWithinMs = 60'000;
} // namespace

WarmHelper::WarmHelper(const QString &program, const QStringList &arguments, const QString &subject, QObject *parent)
    : QObject(parent)
    , m_program(program)
    , m_arguments(arguments)
    , m_subject(subject)
{
}

WarmHelper::~WarmHelper()
{
    stopChild();
}

void WarmHelper::request(int kind, const QJsonObject &line)
{
    wait({++m_lastId, kind, line, false});
    if (!m_child)
        startChild();
    ask();
}

void WarmHelper::wait(Request request)
{
    std::erase_if(m_waiting, [&](const Request &other) { return other.kind == request.kind; });
    m_waiting.push_back(std::move(request));
}

bool WarmHelper::isWaiting(int kind) const
{
    return std::any_of(m_waiting.begin(), m_waiting.end(),
                       [kind](const Request &request) { return request.kind == kind; });
}

void WarmHelper::cancel(int kind)
{
    std::erase_if(m_waiting, [kind](const Request &request) { return request.kind == kind; });
    m_cancelled = m_cancelled || (m_asked && m_asked->kind == kind);
}

bool WarmHelper::isBusy() const
{
    return m_asked || !m_waiting.empty();
}

void WarmHelper::startChild()
{
    m_buffer.clear();
    m_child = new QProcess(this);
    connect(m_child, &QProcess::readyReadStandardOutput, this, &WarmHelper::readLines);
    connect(m_child, &QProcess::finished, this, &WarmHelper::childEnded);
    connect(m_child, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            childEnded();
    });
    m_child->start(m_program, m_arguments);
}

void WarmHelper::stopChild()
{
    if (!m_child)
        return;
    m_child->disconnect(this);
    m_child->closeWriteChannel(); // it ends with its input
    m_child->terminate();
    // It has nothing to finish, and waiting for long would hold up the window.
    if (m_child->state() != QProcess::NotRunning && !m_child->waitForFinished(50)) {
        m_child->kill();
        m_child->waitForFinished(1000);
    }
    delete m_child;
    m_child = nullptr;
}

void WarmHelper::ask()
{
    if (m_asked || m_waiting.empty())
        return;
    m_asked = std::move(m_waiting.front());
    m_waiting.erase(m_waiting.begin());
    m_cancelled = false;
    QJsonObject line = m_asked->line;
    line[QStringLiteral("id")] = m_asked->id;
    m_child->write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
}

void WarmHelper::readLines()
{
    m_buffer += m_child->readAllStandardOutput();
    for (qsizetype end = m_buffer.indexOf('\n'); end >= 0; end = m_buffer.indexOf('\n')) {
        const QByteArray line = m_buffer.left(end);
        m_buffer.remove(0, end + 1);
        readAnswer(line);
    }
}

void WarmHelper::readAnswer(const QByteArray &line)
{
    const QJsonObject answer = QJsonDocument::fromJson(line).object();
    if (!m_asked || answer.value(QStringLiteral("id")).toInt() != m_asked->id)
        return;
    const Request asked = *std::exchange(m_asked, std::nullopt);
    const bool wanted = !m_cancelled && !isWaiting(asked.kind);
    ask();
    if (!wanted)
        return;
    if (answer.value(QStringLiteral("ok")).toBool())
        Q_EMIT answered(asked.kind, asked.line, answer);
    else
        Q_EMIT refused(asked.kind, asked.line, answer.value(QStringLiteral("message")).toString());
}

void WarmHelper::childEnded()
{
    if (!m_child)
        return;
    const bool neverRan = m_child->error() == QProcess::FailedToStart;
    // Status 1 or 2 with a sentence: it refuses for a reason (no such run), and would again.
    const int status = m_child->exitStatus() == QProcess::NormalExit ? m_child->exitCode() : -1;
    const QString sentence =
        withoutProgramName(QString::fromUtf8(m_child->readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1));
    const bool refuses = (status == 1 || status == 2) && !sentence.isEmpty();
    m_child->disconnect(this);
    m_child->deleteLater();
    m_child = nullptr;

    if (!m_firstDeath.isValid() || m_firstDeath.elapsed() > kDeathsWithinMs) {
        m_firstDeath.start();
        m_deaths = 0;
    }
    ++m_deaths;
    const bool unanswered = (m_asked && !m_cancelled) || !m_waiting.empty();
    if (m_asked && !m_cancelled && !m_asked->repeated && !isWaiting(m_asked->kind)) {
        m_asked->repeated = true;
        m_waiting.insert(m_waiting.begin(), *m_asked);
    }
    m_asked.reset();
    if (!neverRan && !refuses && m_deaths < kDeathsAllowed && !m_waiting.empty()) {
        startChild();
        ask();
        return;
    }
    m_waiting.clear();
    if (m_deaths >= kDeathsAllowed)
        m_firstDeath.invalidate();
    if (neverRan)
        Q_EMIT unavailable(tr("%1 cannot be shown: the program “%2” could not be started.").arg(m_subject, m_program));
    else if (refuses)
        Q_EMIT unavailable(tr("%1 cannot be shown: %2").arg(m_subject, sentence));
    else if (unanswered)
        Q_EMIT unavailable(
            tr("%1 cannot be shown: its helper ended unexpectedly. Labels are not affected; the next face "
               "tries again.")
                .arg(m_subject));
}

} // namespace mien
