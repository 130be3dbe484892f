#include "studio/review/face_attention.h"

#include "studio/attention/attention_client.h"
#include "studio/attention/attention_panel.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/review/face_loader.h"

#include <QTimer>

#include <utility>

namespace mien {

namespace {
constexpr int kDelayMs = 60;
} // namespace

FaceAttention::FaceAttention(AttentionPanel &panel, QObject *parent)
    : QObject(parent)
    , m_panel(panel)
    , m_delay(new QTimer(this))
{
    m_delay->setSingleShot(true);
    m_delay->setInterval(kDelayMs);
    connect(m_delay, &QTimer::timeout, this, &FaceAttention::ask);
}

void FaceAttention::setSession(ProjectSession *session)
{
    m_session = session;
    m_delay->stop();
    m_face.reset();
    m_run.clear();
    m_asked.clear();
    delete std::exchange(m_client, nullptr);
}

void FaceAttention::setFace(std::shared_ptr<const ReviewFace> face)
{
    if (!face) {
        m_delay->stop();
        m_face.reset();
        m_asked.clear();
        return;
    }
    if (!m_face || m_face->row.id != face->row.id || m_face->run != face->run)
        m_asked.clear();
    m_face = std::move(face);
    m_delay->start();
}

bool FaceAttention::isBusy() const
{
    return m_delay->isActive() || (m_client && m_client->isBusy());
}

void FaceAttention::start(const QString &run)
{
    delete m_client;
    m_run = run;
    m_client = new AttentionClient(mienProgram(),
                                   {QStringLiteral("explain"), QStringLiteral("--run"), run, QStringLiteral("--serve"),
                                    QStringLiteral("-p"), m_session->folder()},
                                   this);
    connect(m_client, &AttentionClient::arrived, this, [this](const Attention &attention) {
        if (!m_face || m_face->row.id != attention.sample)
            return;
        const auto given = m_face->row.given;
        m_panel.setAttention(attention,
                             given ? tr("given label %1").arg(m_session->displayName(*given)) : attention.className);
    });
    connect(m_client, &AttentionClient::refused, this, [this](qint64, const QString &message) {
        m_panel.setMessage(tr("No attention for this face: %1").arg(message));
    });
    connect(m_client, &AttentionClient::unavailable, &m_panel, &AttentionPanel::setMessage);
}

void FaceAttention::ask()
{
    if (!m_face || !m_session)
        return;
    if (m_face->run.isEmpty()) {
        m_panel.setMessage(tr("No attention: this face was not scored by a run of this project."));
        return;
    }
    QString className = QStringLiteral("given");
    if (!m_face->row.given) {
        const ExpressionClass *predicted = m_face->row.predicted ? m_session->classOf(*m_face->row.predicted) : nullptr;
        if (!predicted)
            return;
        className = QString::fromStdString(predicted->name);
    }
    const QString wish = QStringLiteral("%1/%2/%3").arg(m_face->row.id.value).arg(className, m_face->run);
    if (wish == m_asked)
        return;
    m_asked = wish;
    if (!m_client || m_run != m_face->run)
        start(m_face->run);
    if (!m_panel.hasMap())
        m_panel.setMessage(tr("Looking …"));
    m_client->request(m_face->row.id, className);
}

} // namespace mien
