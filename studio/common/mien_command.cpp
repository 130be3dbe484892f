#include "studio/common/mien_command.h"

#include <QCoreApplication>
#include <QDir>
#include <QJsonDocument>
#include <QProcess>
#include <QRegularExpression>

namespace mien {

QString mienProgram()
{
    const QString named = qEnvironmentVariable("MIEN_PROGRAM");
    return named.isEmpty() ? QDir(QCoreApplication::applicationDirPath()).filePath(QStringLiteral("mien")) : named;
}

QString withoutProgramName(const QString &said)
{
    static const QRegularExpression name(QStringLiteral("^mien( [a-z]+)?: "));
    return QString(said).remove(name);
}

MienCommand::MienCommand(QObject *parent)
    : QObject(parent)
{
}

MienCommand::~MienCommand()
{
    if (m_process) {
        m_process->disconnect(this);
        m_process->kill();
        m_process->waitForFinished(1000);
    }
}

bool MienCommand::isRunning() const
{
    return m_process != nullptr;
}

void MienCommand::start(const QStringList &arguments, const QStringList &extraEnvironment)
{
    if (m_process) {
        m_process->disconnect(this);
        m_process->kill();
        connect(m_process, &QProcess::finished, m_process, &QObject::deleteLater);
        connect(m_process, &QProcess::errorOccurred, m_process, &QObject::deleteLater);
    }
    m_rest.clear();
    m_outcome = {};
    m_process = new QProcess(this);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const QString &entry : extraEnvironment)
        environment.insert(entry.section(QLatin1Char('='), 0, 0), entry.section(QLatin1Char('='), 1));
    m_process->setProcessEnvironment(environment);
    connect(m_process, &QProcess::readyReadStandardOutput, this, &MienCommand::readLines);
    connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return;
        m_outcome.exitCode = -1;
        m_outcome.error = tr("%1 could not be started: %2.").arg(mienProgram(), m_process->errorString());
        std::exchange(m_process, nullptr)->deleteLater();
        Q_EMIT finished(m_outcome);
    });
    connect(m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        readLines();
        const QString said = QString::fromUtf8(m_process->readAllStandardError()).trimmed();
        m_outcome.exitCode = status == QProcess::NormalExit ? code : -1;
        m_outcome.error = withoutProgramName(said.section(QLatin1Char('\n'), -1));
        if (m_outcome.error.isEmpty() && m_outcome.exitCode != 0 && m_outcome.exitCode != 3)
            m_outcome.error = tr("mien ended with status %1.").arg(code);
        std::exchange(m_process, nullptr)->deleteLater();
        Q_EMIT finished(m_outcome);
    });
    m_process->start(mienProgram(), arguments + QStringList{QStringLiteral("--json")});
}

void MienCommand::cancel()
{
    if (m_process)
        m_process->terminate();
}

void MienCommand::readLines()
{
    m_rest += m_process->readAllStandardOutput();
    qsizetype from = 0;
    for (qsizetype end; (end = m_rest.indexOf('\n', from)) >= 0; from = end + 1) {
        const QJsonObject line = QJsonDocument::fromJson(m_rest.mid(from, end - from)).object();
        if (line.isEmpty())
            continue;
        if (line[QStringLiteral("event")] == QStringLiteral("result"))
            m_outcome.result = line;
        Q_EMIT event(line);
    }
    m_rest.remove(0, from);
}

} // namespace mien
