#include "studio/attention/explain_client.h"

#include "studio/common/warm_helper.h"

#include <QJsonArray>
#include <QJsonObject>

namespace mien {

namespace {

SampleId sampleOf(const QJsonObject &request)
{
    return SampleId{request.value("sample").toInteger()};
}

} // namespace

ExplainClient::ExplainClient(WarmHelper *helper, QObject *parent)
    : QObject(parent)
    , m_helper(helper)
{
    helper->setParent(this);
    connect(helper, &WarmHelper::answered, this,
            [this](int kind, const QJsonObject &request, const QJsonObject &answer) {
                deliver(static_cast<Kind>(kind), request, answer);
            });
    connect(helper, &WarmHelper::refused, this, [this](int kind, const QJsonObject &request, const QString &message) {
        Q_EMIT refused(static_cast<Kind>(kind), sampleOf(request).value, message);
    });
    connect(helper, &WarmHelper::unavailable, this, &ExplainClient::unavailable);
}

void ExplainClient::requestAttention(SampleId sample, const QString &className)
{
    m_helper->request(int(Kind::Attention),
                      {{"sample", qint64(sample.value)}, {"kind", "attention"}, {"class", className}, {"flip", true}});
}

void ExplainClient::requestNeighbours(SampleId sample)
{
    m_helper->request(int(Kind::Neighbours), {{"sample", qint64(sample.value)}, {"kind", "neighbours"}});
}

bool ExplainClient::isBusy() const
{
    return m_helper->isBusy();
}

void ExplainClient::deliver(Kind kind, const QJsonObject &request, const QJsonObject &answer)
{
    const SampleId sample = sampleOf(request);
    if (kind == Kind::Neighbours) {
        NearestSamples neighbours{sample, {}};
        for (const QJsonValue &id : answer.value("neighbours").toArray())
            neighbours.nearest.push_back(SampleId{id.toInteger()});
        Q_EMIT neighboursArrived(neighbours);
        return;
    }
    Attention attention;
    attention.sample = sample;
    attention.className = request.value("class").toString();
    const int width = answer.value("w").toInt(), height = answer.value("h").toInt();
    attention.view = heatMapIn(answer.value("map_f32").toString(), width, height);
    attention.mirrored = heatMapIn(answer.value("flip_f32").toString(), width, height);
    if (answer.value("inconsistency").isDouble())
        attention.inconsistency = answer.value("inconsistency").toDouble();
    if (attention.view.isEmpty())
        Q_EMIT refused(kind, sample.value, tr("The attention map that arrived is not whole."));
    else
        Q_EMIT attentionArrived(attention);
}

} // namespace mien
