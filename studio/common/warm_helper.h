#pragma once

#include <QElapsedTimer>
#include <QJsonObject>
#include <QObject>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace mien {

/// Talks to a warm child process (`mien explain --serve`, `mien frames --serve`): a JSON line out, a JSON line back.
/// The child is started with the first request.
///
/// Requests have a kind. The newest of a kind wins: one is asked at a time, and of those that wait only the last of
/// each kind is kept. A child that dies is started again and asked once more; after three deaths within a minute
/// unavailable() says so, and the next request tries anew.
class WarmHelper : public QObject
{
    Q_OBJECT

public:
    /// @param arguments  the complete command, e.g. explain --run r3 --serve -p DIR
    /// @param subject    what its answers show, for the message that there are none: "Attention"
    WarmHelper(const QString &program, const QStringList &arguments, const QString &subject, QObject *parent = nullptr);
    ~WarmHelper() override;

    void request(int kind, const QJsonObject &line); ///< `id` is added.
    void cancel(int kind);                           ///< Forgets what was asked.
    bool isBusy() const;

Q_SIGNALS:
    void answered(int kind, const QJsonObject &request, const QJsonObject &answer);
    void refused(int kind, const QJsonObject &request, const QString &message); ///< The child said no to this one.
    void unavailable(const QString &message);

private:
    struct Request
    {
        int id = 0;
        int kind = 0;
        QJsonObject line;
        bool repeated = false; ///< Already asked of a child that died.
    };

    void wait(Request request); ///< In the place of an older one of its kind.
    bool isWaiting(int kind) const;
    void startChild();
    void stopChild();
    void ask();
    void readLines();
    void readAnswer(const QByteArray &line);
    void childEnded();

    QString m_program;
    QStringList m_arguments;
    QString m_subject;
    QProcess *m_child = nullptr;
    QByteArray m_buffer;
    std::optional<Request> m_asked; ///< Sent, no answer yet.
    std::vector<Request> m_waiting; ///< One a kind, oldest first.
    int m_lastId = 0;
    bool m_cancelled = false; ///< The answer to m_asked is not wanted any more.
    int m_deaths = 0;
    QElapsedTimer m_firstDeath;
};

} // namespace mien
