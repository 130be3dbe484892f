#include "studio/training/speed_probe.h"

#include "studio/common/mien_command.h"
#include "studio/common/settings.h"

#include <QCryptographicHash>
#include <QDir>
#include <QSettings>

namespace mien {

namespace {

QString settingOf(const QString &key)
{
    return QStringLiteral("speed/") +
           QString::fromLatin1(QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha1).toHex().left(12));
}

} // namespace

SpeedProbe::SpeedProbe(QObject *parent)
    : QObject(parent)
    , m_command(new MienCommand(this))
{
    connect(m_command, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        if (m_key.isEmpty()) { // Cancelled: only now nobody writes into it any more.
            m_folder.reset();
            return;
        }
        const QString key = m_key;
        if (!outcome.ok()) {
            end();
            Q_EMIT failed(key, outcome.error);
            return;
        }
        if (!m_training) {
            m_training = true;
            m_command->start(m_train +
                             QStringList{QStringLiteral("-p"), m_folder->filePath(QStringLiteral("probe.mien"))});
            return;
        }
        const double speed = outcome.result.value(QStringLiteral("images_per_s")).toDouble();
        end();
        if (speed <= 0) {
            Q_EMIT failed(key, tr("The probe gave no speed."));
            return;
        }
        settings().setValue(settingOf(key), speed);
        Q_EMIT measured(key, speed);
    });
}

SpeedProbe::~SpeedProbe()
{
    delete m_command; // Ends what writes into the folder before the folder goes.
}

std::optional<double> SpeedProbe::known(const QString &key)
{
    const QVariant value = settings().value(settingOf(key));
    return value.isValid() && value.toDouble() > 0 ? std::optional(value.toDouble()) : std::nullopt;
}

void SpeedProbe::start(const QString &key, const QStringList &arguments, int samples)
{
    auto folder = std::make_unique<QTemporaryDir>();
    m_key = key;
    m_train = arguments;
    m_training = false;
    m_command->start({QStringLiteral("demo"), folder->filePath(QStringLiteral("probe.mien")),
                      QStringLiteral("--samples"), QString::number(samples)});
    m_folder = std::move(folder); // The former one goes after its command.
}

void SpeedProbe::cancel()
{
    if (!isRunning())
        return;
    m_key.clear();
    m_command->cancel();
}

void SpeedProbe::end()
{
    m_key.clear();
    m_folder.reset();
}

} // namespace mien
