#include "studio/attention/attention_client.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <cstring>

namespace mien {

namespace {

constexpr int kDeathsAllowed = 3;
constexpr qint64 kDeathsWithinMs = 60'000;

/// Little-endian float32 values, base64; empty when the number of values does not fit.
HeatMap decodedMap(const QString &base64, int widthCells, int heightCells)
{
    const QByteArray bytes = QByteArray::fromBase64(base64.toLatin1());
    const qsizetype cells = qsizetype(widthCells) * heightCells;
    if (cells <= 0 || bytes.size() != cells * qsizetype(sizeof(float)))
        return {};
    HeatMap map;
    map.widthCells = widthCells;
    map.heightCells = heightCells;
    map.values.resize(static_cast<std::size_t>(cells));
    std::memcpy(map.values.data(), bytes.constData(), static_cast<std::size_t>(bytes.size()));
    return map;
}

} // namespace

AttentionClient::AttentionClient(const QString &program, const QStringList &arguments, QObject *parent)
    : QObject(parent)
    , m_program(program)
    , m_arguments(arguments)
{
}

AttentionClient::~AttentionClient()
{
    stopChild();
}

void AttentionClient::request(SampleId sample, const QString &className)
{
    m_next = Request{++m_lastId, sample, className, false};
    if (!m_child)
        startChild();
    ask();
}

void AttentionClient::cancel()
{
    m_next.reset();
    m_cancelled = true;
}

void AttentionClient::startChild()
{
    m_buffer.clear();
    m_child = new QProcess(this);
    connect(m_child, &QProcess::readyReadStandardOutput, this, &AttentionClient::readLines);
    connect(m_child, &QProcess::finished, this, &AttentionClient::childEnded);
    connect(m_child, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            childEnded();
    });
    m_child->start(m_program, m_arguments);
}

void AttentionClient::stopChild()
{
    if (!m_child)
        return;
    m_child->disconnect(this);
    m_child->closeWriteChannel(); // it ends with its input
    m_child->terminate();
    // Ends on its own time: waiting here would hold up the window. QProcess kills what is left when deleted.
    m_child->setParent(nullptr);
    connect(m_child, &QProcess::finished, m_child, &QObject::deleteLater);
    if (m_child->state() == QProcess::NotRunning || !m_child->waitForFinished(50))
        delete m_child;
    m_child = nullptr;
}

void AttentionClient::ask()
{
    if (m_asked || !m_next)
        return;
    m_asked = std::move(m_next);
    m_next.reset();
    m_cancelled = false;
    const QJsonObject line{{"id", m_asked->id},
                           {"sample", qint64(m_asked->sample.value)},
                           {"kind", "cam"},
                           {"class", m_asked->className},
                           {"flip", true}};
    m_child->write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
}

void AttentionClient::readLines()
{
    m_buffer += m_child->readAllStandardOutput();
    for (qsizetype end = m_buffer.indexOf('\n'); end >= 0; end = m_buffer.indexOf('\n')) {
        const QByteArray line = m_buffer.left(end);
        m_buffer.remove(0, end + 1);
        readAnswer(line);
    }
}

void AttentionClient::readAnswer(const QByteArray &line)
{
    const QJsonObject answer = QJsonDocument::fromJson(line).object();
    if (!m_asked || answer.value("id").toInt() != m_asked->id)
        return;
    const Request asked = *m_asked;
    m_asked.reset();
    const bool wanted = !m_cancelled && !m_next;
    ask();
    if (!wanted)
        return;
    if (!answer.value("ok").toBool()) {
        Q_EMIT refused(asked.sample.value, answer.value("message").toString());
        return;
    }
    Attention attention;
    attention.sample = asked.sample;
    attention.className = asked.className;
    const int width = answer.value("w").toInt(), height = answer.value("h").toInt();
    attention.view = decodedMap(answer.value("map_f32").toString(), width, height);
    attention.mirrored = decodedMap(answer.value("flip_f32").toString(), width, height);
    if (answer.value("inconsistency").isDouble())
        attention.inconsistency = answer.value("inconsistency").toDouble();
    if (attention.view.isEmpty())
        Q_EMIT refused(asked.sample.value, tr("The attention map that arrived is not whole."));
    else
        Q_EMIT arrived(attention);
}

void AttentionClient::childEnded()
{
    if (!m_child)
        return;
    const bool neverRan = m_child->error() == QProcess::FailedToStart;
    // Status 1 or 2 with a sentence: it refuses for a reason (no such run), and would again.
    const int status = m_child->exitStatus() == QProcess::NormalExit ? m_child->exitCode() : -1;
    const QString sentence = QString::fromUtf8(m_child->readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1);
    const bool refuses = (status == 1 || status == 2) && !sentence.isEmpty();
    m_child->disconnect(this);
    m_child->deleteLater();
    m_child = nullptr;

    if (!m_firstDeath.isValid() || m_firstDeath.elapsed() > kDeathsWithinMs) {
        m_firstDeath.start();
        m_deaths = 0;
    }
    ++m_deaths;
    const bool unanswered = (m_asked && !m_cancelled) || m_next;
    if (m_asked && !m_next && !m_cancelled && !m_asked->repeated) {
        m_next = m_asked;
        m_next->repeated = true;
    }
    m_asked.reset();
    if (neverRan || refuses || m_deaths >= kDeathsAllowed || !m_next) {
        m_next.reset();
        if (neverRan)
            Q_EMIT unavailable(tr("The program “%1” could not be started, so attention cannot be shown.").arg(m_program));
        else if (refuses)
            Q_EMIT unavailable(tr("Attention cannot be shown: %1").arg(sentence));
        else if (unanswered)
            Q_EMIT unavailable(tr("The attention helper ended %n time(s) within a minute. Labels are not affected; "
                                  "the next face tries again.", nullptr, m_deaths));
        if (m_deaths >= kDeathsAllowed)
            m_firstDeath.invalidate();
        return;
    }
    startChild();
    ask();
}

} // namespace mien
