#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <utility>

namespace mien {

/// One option of a network as `mien networks --json` describes it.
struct NetworkSetting
{
    enum class Type { Choice, Integer, Number, Switch, Text };
    QString name;
    Type type = Type::Text;
    QString standard; ///< The default, as text.
    QStringList values;
    std::optional<std::pair<double, double>> range; ///< Both ends included.
    QString help;
};

/// One network that can be trained.
struct NetworkEntry
{
    QString name;
    QString title;
    QString goodFor, needs; ///< Clauses in plain words, without a full stop.
    QString weights;        ///< Which published weights it can start from; empty: none.
    QString source;
    qint64 parameters = 0;
    int channels = 0;
    int sidePx = 0;
    QList<NetworkSetting> settings;
};

/// A setting of every training, whatever its network.
struct TrainingKey
{
    QString name;  ///< "sampler"
    QString takes; ///< "one of uniform, balanced, refined"
    QString help;  ///< What it is for, without a full stop.
};

/// What the result line of `mien networks --json` says of them; empty for other lines.
QList<TrainingKey> trainingKeysOf(const QJsonObject &row);

/// One row of `mien networks --json`; nothing for what is not trained by itself (trunks without a classifier,
/// detectors).
std::optional<NetworkEntry> networkOf(const QJsonObject &row);

} // namespace mien
