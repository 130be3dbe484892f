#pragma once

#include "pipeline/store/ids.h"
#include "studio/attention/heat_map.h"

#include <QElapsedTimer>
#include <QObject>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <optional>

namespace mien {

/// What the network looked at for one class of one face.
struct Attention
{
    SampleId sample;
    QString className;
    HeatMap view;
    HeatMap mirrored;                     ///< Of the mirrored face, as computed (not flipped back); may be empty.
    std::optional<double> inconsistency;  ///< The stored score of the given class.
};

/// Talks to a warm `mien explain --run ID --serve` child, started with the first request.
///
/// The newest request wins: one is asked at a time, and of those that wait only the last is kept. A child that
/// dies is started again and asked once more; after three deaths within a minute unavailable() says so, and the next
/// request() tries anew.
class AttentionClient : public QObject
{
    Q_OBJECT

public:
    /// @param program    the `mien` executable
    /// @param arguments  the complete command, e.g. explain --run r3 --serve -p DIR
    AttentionClient(const QString &program, const QStringList &arguments, QObject *parent = nullptr);
    ~AttentionClient() override;

    /// @param className  canonical class, or "given"
    void request(SampleId sample, const QString &className);
    void cancel(); ///< Forgets what was asked.
    bool isBusy() const { return m_asked.has_value() || m_next.has_value(); }

Q_SIGNALS:
    void arrived(const mien::Attention &attention);
    void refused(qint64 sample, const QString &message); ///< The child said no to this one.
    void unavailable(const QString &message);

private:
    struct Request
    {
        int id = 0;
        SampleId sample;
        QString className;
        bool repeated = false; ///< Already asked of a child that died.
    };

    void startChild();
    void stopChild();
    void ask();
    void readLines();
    void readAnswer(const QByteArray &line);
    void childEnded();

    QString m_program;
    QStringList m_arguments;
    QProcess *m_child = nullptr;
    QByteArray m_buffer;
    std::optional<Request> m_asked; ///< Sent, no answer yet.
    std::optional<Request> m_next;  ///< Waits for the answer to m_asked.
    int m_lastId = 0;
    bool m_cancelled = false; ///< The answer to m_asked is not wanted any more.
    int m_deaths = 0;
    QElapsedTimer m_firstDeath;
};

} // namespace mien
