#include "studio/attention/run_maps.h"

#include "studio/common/warm_helper.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QLoggingCategory>

#include <algorithm>
#include <utility>

namespace mien {

namespace {

Q_LOGGING_CATEGORY(logAttention, "mien.attention", QtInfoMsg)

constexpr qsizetype kKept = 60; // faces of a run: a map has tens of values

SampleId sampleOf(const QJsonObject &request)
{
    return SampleId{request.value("sample").toInteger()};
}

} // namespace

RunMaps::RunMaps(WarmHelper *helper, QObject *parent)
    : QObject(parent)
    , m_helper(helper)
{
    helper->setParent(this);
    connect(helper, &WarmHelper::answered, this, &RunMaps::take);
    connect(helper, &WarmHelper::refused, this, &RunMaps::refuse);
    connect(helper, &WarmHelper::unavailable, this, [this](const QString &message) {
        m_asked = false;
        m_problem = message;
        Q_EMIT changed();
    });
    m_helper->request(Kinds, {{"kind", "kinds"}});
}

QString RunMaps::keyOf(SampleId sample, const QString &kind) const
{
    return QStringLiteral("%1/%2").arg(sample.value).arg(kind);
}

void RunMaps::show(SampleId sample, const QString &kind, bool erased, std::vector<SampleId> near)
{
    m_shown = sample;
    m_kind = kind;
    m_erased = erased;
    m_near = std::move(near);
    const bool hadProblem = !std::exchange(m_problem, {}).isEmpty(); // the helper is started anew
    if (hadProblem && !m_kinds)
        m_helper->request(Kinds, {{"kind", "kinds"}});
    advance();
}

void RunMaps::showNothing()
{
    m_shown = {};
    m_near.clear();
}

void RunMaps::tryAgain()
{
    m_refusals.clear();
    show(m_shown, m_kind, m_erased, m_near);
    Q_EMIT changed();
}

const FaceMaps *RunMaps::maps(SampleId sample, const QString &kind) const
{
    const auto found = m_maps.constFind(keyOf(sample, kind));
    return found == m_maps.constEnd() ? nullptr : &*found;
}

QString RunMaps::refusal(SampleId sample, const QString &kind) const
{
    return m_refusals.value(keyOf(sample, kind));
}

bool RunMaps::isBusy() const
{
    const auto wish = next();
    return (wish && wish->sample == m_shown && m_problem.isEmpty()) || m_helper->isBusy();
}

bool RunMaps::isAnswered(SampleId sample, bool whole) const
{
    const FaceMaps *face = maps(sample, m_kind);
    return m_refusals.contains(keyOf(sample, m_kind)) || (face && (!whole || face->isWhole()));
}

std::optional<RunMaps::Wish> RunMaps::next() const
{
    if (!m_shown)
        return std::nullopt;
    if (!isAnswered(m_shown, false))
        return Wish{m_shown, 0, false};
    if (!m_near.empty() && !isAnswered(m_near.front(), false))
        return Wish{m_near.front(), 0, false};
    if (!isAnswered(m_shown, true))
        return Wish{m_shown, 0, true};
    const FaceMaps *face = maps(m_shown, m_kind);
    const bool isDrawn = face && face->draws.front().drawing;
    if (face && m_erased && int(face->draws.size()) < (isDrawn ? kMasks : kErasedDraws + 1) &&
        !m_refusals.contains(keyOf(m_shown, m_kind)))
        return Wish{m_shown, int(face->draws.size()), true};
    for (const bool whole : {false, true})
        for (const SampleId sample : m_near)
            if (!isAnswered(sample, whole))
                return Wish{sample, 0, whole};
    return std::nullopt;
}

void RunMaps::advance()
{
    if (m_asked && m_helper->isBusy())
        return;
    const auto wish = next();
    m_asked = wish.has_value();
    if (!wish)
        return;
    QJsonArray classes{QStringLiteral("given"), QStringLiteral("predicted")};
    if (wish->draw > 0) { // with a part erased it may predict another class: the same two are compared
        classes = {};
        for (const NamedMap &map : maps(wish->sample, m_kind)->draws.front().maps)
            if (!map.ofPart)
                classes << map.name;
    }
    m_clock.start();
    m_helper->request(Maps, {{"sample", qint64(wish->sample.value)},
                             {"kind", m_kind},
                             {"draw", wish->draw},
                             {"classes", classes},
                             {"mirror", wish->mirror}});
}

void RunMaps::take(int kind, const QJsonObject &request, const QJsonObject &answer)
{
    const SampleId sample = sampleOf(request);
    switch (kind) {
    case Kinds:
        m_kinds = mapKindsIn(answer);
        Q_EMIT changed();
        return;
    case Neighbours: {
        NearestSamples nearest{sample, {}};
        for (const QJsonValue &id : answer.value("neighbours").toArray())
            nearest.nearest.push_back(SampleId{id.toInteger()});
        Q_EMIT neighboursArrived(nearest);
        return;
    }
    case Reliability: Q_EMIT reliabilityArrived(reliabilityIn(answer, sample)); return;
    default: break;
    }
    m_asked = false;
    const int draw = request.value("draw").toInt();
    const QString key = keyOf(sample, request.value("kind").toString());
    if (draw == 0 && !request.value("mirror").toBool()) {
        m_lastAnswerMs = m_clock.elapsed();
        qCDebug(logAttention, "maps of sample %lld after %lld ms", qlonglong(sample.value), qlonglong(m_lastAnswerMs));
    }
    QString problem;
    auto face = faceMapsIn(answer, sample, problem);
    const auto known = m_maps.find(key);
    if (!face) {
        keepRefusal(request, problem);
    } else if (draw == 0) {
        m_maps.insert(key, std::move(*face));
        m_order.removeAll(key);
        m_order << key;
        forgetOld();
    } else if (known != m_maps.end() && int(known->draws.size()) == draw) {
        known->draws.push_back(std::move(face->draws.front()));
    }
    Q_EMIT changed();
    advance();
}

void RunMaps::refuse(int kind, const QJsonObject &request, const QString &message)
{
    const SampleId sample = sampleOf(request);
    switch (kind) {
    case Kinds:
        m_problem = message;
        Q_EMIT changed();
        return;
    case Neighbours: Q_EMIT neighboursRefused(sample.value, message); return;
    case Reliability: Q_EMIT reliabilityRefused(sample.value, message); return;
    default: break;
    }
    m_asked = false;
    keepRefusal(request, message);
    Q_EMIT changed();
    advance();
}

void RunMaps::keepRefusal(const QJsonObject &request, const QString &message)
{
    const QString key = keyOf(sampleOf(request), request.value("kind").toString());
    m_refusals.insert(key, message);
    if (request.value("draw").toInt() == 0)
        m_maps.remove(key); // half a face would hide the reason
}

void RunMaps::askNeighbours(SampleId sample)
{
    m_helper->request(Neighbours, {{"sample", qint64(sample.value)}, {"kind", "neighbours"}});
}

void RunMaps::askReliability(SampleId sample)
{
    m_helper->request(Reliability, {{"sample", qint64(sample.value)}, {"kind", "reliability"}});
}

void RunMaps::forgetOld()
{
    while (m_order.size() > kKept)
        m_maps.remove(m_order.takeFirst());
}

} // namespace mien
