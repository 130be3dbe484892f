#pragma once

#include <QObject>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>
#include <optional>

namespace mien {

class MienCommand;

/// Measures how many faces a second a training gets through here: one epoch of the same network on a small generated
/// project in a temporary folder. What was measured is kept in the settings and not measured again.
class SpeedProbe : public QObject
{
    Q_OBJECT

public:
    explicit SpeedProbe(QObject *parent = nullptr);
    ~SpeedProbe() override;

    /// Faces a second of `key`, when it was measured on this machine before.
    static std::optional<double> known(const QString &key);

    /// Replaces a probe that runs. `arguments`: train --network … --set epochs=1 …
    /// @param samples  drawn faces of the epoch
    void start(const QString &key, const QStringList &arguments, int samples = 256);
    void cancel();
    bool isRunning() const { return !m_key.isEmpty(); }
    const QString &key() const { return m_key; }

Q_SIGNALS:
    void measured(const QString &key, double imagesPerSecond);
    void failed(const QString &key, const QString &message);

private:
    void end();

    std::unique_ptr<QTemporaryDir> m_folder;
    MienCommand *m_command;
    QString m_key;
    QStringList m_train;
    bool m_training = false;
};

} // namespace mien
