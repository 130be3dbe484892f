#pragma once

#include "pipeline/store/ids.h"
#include "studio/attention/heat_map.h"

#include <QObject>
#include <QString>

#include <optional>
#include <vector>

class QJsonObject;

namespace mien {

class WarmHelper;

/// What the network looked at for one class of one face.
struct Attention
{
    SampleId sample;
    QString className;
    HeatMap view;
    HeatMap mirrored;                    ///< Of the mirrored face, as computed (not flipped back); may be empty.
    std::optional<double> inconsistency; ///< The stored score of the given class.
};

/// The training samples that lie nearest to a face in the network's pooled space, nearest first.
struct NearestSamples
{
    SampleId sample;
    std::vector<SampleId> nearest;
};

/// What the networks of one run say about faces, from a warm `mien explain --run ID --serve`.
class ExplainClient : public QObject
{
    Q_OBJECT

public:
    enum class Kind { Attention, Neighbours };
    Q_ENUM(Kind)

    /// @param helper  talks to the child; taken over
    explicit ExplainClient(WarmHelper *helper, QObject *parent = nullptr);

    /// @param className  canonical class, or "given"
    void requestAttention(SampleId sample, const QString &className);
    void requestNeighbours(SampleId sample);
    bool isBusy() const;

Q_SIGNALS:
    void attentionArrived(const mien::Attention &attention);
    void neighboursArrived(const mien::NearestSamples &neighbours);
    void refused(mien::ExplainClient::Kind kind, qint64 sample, const QString &message); ///< Not for this face.
    void unavailable(const QString &message);

private:
    void deliver(Kind kind, const QJsonObject &request, const QJsonObject &answer);

    WarmHelper *m_helper;
};

} // namespace mien
