#include "studio/review/face_explanations.h"

#include "studio/attention/attention_panel.h"
#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/common/warm_helper.h"
#include "studio/review/face_loader.h"
#include "studio/review/neighbour_faces.h"
#include "studio/review/neighbours_panel.h"

#include <QTimer>

#include <utility>

namespace mien {

namespace {
constexpr int kDelayMs = 60;
} // namespace

FaceExplanations::FaceExplanations(AttentionPanel &attention, NeighboursPanel &neighbours, QObject *parent)
    : QObject(parent)
    , m_attention(attention)
    , m_neighbours(neighbours)
    , m_loading(new Background(this))
    , m_delay(new QTimer(this))
{
    m_delay->setSingleShot(true);
    m_delay->setInterval(kDelayMs);
    connect(m_delay, &QTimer::timeout, this, &FaceExplanations::ask);
}

FaceExplanations::~FaceExplanations() = default;

void FaceExplanations::setSession(ProjectSession *session)
{
    m_session = session;
    m_delay->stop();
    m_loading->stop();
    m_face.reset();
    m_wanted = {};
    m_run.clear();
    m_attentionFor.clear();
    m_neighboursFor.clear();
    delete std::exchange(m_client, nullptr);
    m_images = session ? std::make_shared<FaceImages>(session->folder().toStdString()) : nullptr;
    if (session)
        connect(session, &ProjectSession::picturesMade, this, [images = m_images] { images->reload(); });
}

void FaceExplanations::setFace(std::shared_ptr<const ReviewFace> face, Wanted wanted)
{
    const bool same = m_face && face && m_face->row.id == face->row.id && m_face->run == face->run;
    if (!same || !wanted.attention)
        m_attentionFor.clear();
    if (!same || !wanted.neighbours) {
        m_neighboursFor.clear();
        m_loading->stop();
    }
    m_face = std::move(face);
    m_wanted = m_face ? wanted : Wanted{};
    if (m_wanted.attention || m_wanted.neighbours)
        m_delay->start();
    else
        m_delay->stop();
}

bool FaceExplanations::isBusy() const
{
    return m_delay->isActive() || m_loading->isBusy() || (m_client && m_client->isBusy());
}

ExplainClient &FaceExplanations::client()
{
    if (m_client && m_run == m_face->run)
        return *m_client;
    delete m_client;
    m_run = m_face->run;
    const QStringList command{QStringLiteral("explain"), QStringLiteral("--run"), m_run,
                              QStringLiteral("--serve"), QStringLiteral("-p"),    m_session->folder()};
    m_client = new ExplainClient(new WarmHelper(mienProgram(), command, tr("What the network saw")), this);
    connect(m_client, &ExplainClient::attentionArrived, this, [this](const Attention &attention) {
        if (!m_wanted.attention || m_face->row.id != attention.sample)
            return;
        const auto given = m_face->row.given;
        m_attention.setAttention(attention,
                                 given ? tr("given %1").arg(m_session->displayName(*given)) : attention.className);
    });
    connect(m_client, &ExplainClient::neighboursArrived, this, &FaceExplanations::showNeighbours);
    connect(m_client, &ExplainClient::refused, this,
            [this](ExplainClient::Kind kind, qint64, const QString &message) { refuse(kind, message); });
    connect(m_client, &ExplainClient::unavailable, this, [this](const QString &message) {
        m_attention.setMessage(message);
        m_neighbours.setMessage(message);
    });
    return *m_client;
}

void FaceExplanations::refuse(ExplainClient::Kind kind, const QString &message)
{
    if (kind == ExplainClient::Kind::Attention)
        m_attention.setMessage(tr("No attention for this face: %1").arg(message));
    else if (m_wanted.neighbours)
        m_neighbours.setMessage(tr("No neighbours for this face: %1").arg(message));
}

void FaceExplanations::ask()
{
    if (!m_face || !m_session)
        return;
    if (m_wanted.attention)
        askAttention();
    if (m_wanted.neighbours)
        askNeighbours();
}

void FaceExplanations::askAttention()
{
    if (m_face->run.isEmpty()) {
        m_attention.setMessage(tr("No attention: this face was not scored by a run of this project."));
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
    if (wish == m_attentionFor)
        return;
    m_attentionFor = wish;
    if (!m_attention.hasMap())
        m_attention.setMessage(tr("Looking …"));
    client().requestAttention(m_face->row.id, className);
}

void FaceExplanations::askNeighbours()
{
    if (m_face->run.isEmpty()) {
        m_neighbours.setMessage(tr("No neighbours: this face was not scored by a run of this project."));
        return;
    }
    const QString wish = QStringLiteral("%1/%2").arg(m_face->row.id.value).arg(m_face->run);
    if (wish == m_neighboursFor)
        return;
    m_neighboursFor = wish;
    m_neighbours.setMessage(tr("Looking …"));
    client().requestNeighbours(m_face->row.id);
}

void FaceExplanations::showNeighbours(const NearestSamples &nearest)
{
    if (!m_wanted.neighbours || m_face->row.id != nearest.sample)
        return;
    readNeighbours(*m_loading, *m_session, m_images, nearest.nearest,
                   static_cast<int>(Theme::space(64) * m_neighbours.devicePixelRatioF()),
                   [this, face = m_face](const Result<std::vector<NeighbourFace>> &faces) {
                       if (!faces) {
                           refuse(ExplainClient::Kind::Neighbours, QString::fromStdString(faces.error().message));
                           return;
                       }
                       const SampleRow &shown = face->row;
                       m_neighbours.setNeighbours(
                           *faces, shown.given ? m_session->displayName(*shown.given) : QString(),
                           shown.suggested ? m_session->displayName(*shown.suggested) : QString());
                   });
}

} // namespace mien
