#pragma once

#include "studio/attention/explain_client.h"
#include "studio/attention/face_maps.h"

#include <QElapsedTimer>
#include <QHash>
#include <QObject>

#include <optional>
#include <vector>

namespace mien {

class WarmHelper;

/// What the networks of one run look at, from a warm `mien explain --run ID --serve`: in the face that is shown first,
/// then in the one that a person will step to, so that neither waits for more than one view; then in the shown one
/// mirrored, and with parts erased; then in other near ones. Answers are kept.
///
/// One map is asked for at a time, so that the next face never waits for more than the one that is being computed.
class RunMaps : public QObject
{
    Q_OBJECT

public:
    /// @param helper  talks to the child; taken over
    explicit RunMaps(WarmHelper *helper, QObject *parent = nullptr);

    static constexpr int kErasedDraws = 8;
    static constexpr int kMasks = 4; ///< Of a face that is drawn from some of its patches, where parts are erased too.

    /// Asks for what is not known of a face.
    /// @param kind    one of kinds(), or "attention" for the best of them
    /// @param erased  the draws 1 to kErasedDraws too
    /// @param near    computed beforehand, in this order
    void show(SampleId sample, const QString &kind, bool erased, std::vector<SampleId> near);
    void showNothing();
    void askNeighbours(SampleId sample);
    void askReliability(SampleId sample);
    void tryAgain(); ///< After unavailable() or a refusal.

    const FaceMaps *maps(SampleId sample,
                         const QString &kind) const;             ///< Null while nothing is known; may not be whole.
    QString refusal(SampleId sample, const QString &kind) const; ///< Why it never will be; else empty.
    const std::optional<MapKinds> &kinds() const { return m_kinds; }
    QString problem() const { return m_problem; } ///< Why there are no answers at all; else empty.
    bool isBusy() const;                          ///< Something of the shown face is on its way.
    qint64 lastAnswerMs() const
    {
        return m_lastAnswerMs;
    } ///< From request to answer, of an unerased view; -1: none yet.

Q_SIGNALS:
    void changed(); ///< maps(), refusal(), kinds() or problem() did.
    void neighboursArrived(const mien::NearestSamples &neighbours);
    void neighboursRefused(qint64 sample, const QString &message);
    void reliabilityArrived(const mien::ReliabilityFacts &facts);
    void reliabilityRefused(qint64 sample, const QString &message);

private:
    enum Kind { Maps, Kinds, Neighbours, Reliability };
    struct Wish
    {
        SampleId sample;
        int draw = 0;
        bool mirror = true;
    };

    QString keyOf(SampleId sample, const QString &kind) const;
    bool isAnswered(SampleId sample, bool whole) const; ///< Or refused.
    std::optional<Wish> next() const;
    void advance();
    void take(int kind, const QJsonObject &request, const QJsonObject &answer);
    void refuse(int kind, const QJsonObject &request, const QString &message);
    void keepRefusal(const QJsonObject &request, const QString &message);
    void forgetOld();

    WarmHelper *m_helper;
    std::optional<MapKinds> m_kinds;
    QHash<QString, FaceMaps> m_maps;
    QHash<QString, QString> m_refusals;
    QList<QString> m_order; ///< Keys of m_maps, oldest first.
    SampleId m_shown;
    QString m_kind = QStringLiteral("attention");
    bool m_erased = false;
    std::vector<SampleId> m_near;
    bool m_asked = false; ///< A map is being computed.
    QString m_problem;
    QElapsedTimer m_clock;
    qint64 m_lastAnswerMs = -1;
};

} // namespace mien
