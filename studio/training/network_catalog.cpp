#include "studio/training/network_catalog.h"

#include <QJsonArray>

namespace mien {

namespace {

NetworkSetting settingOf(const QJsonObject &row)
{
    NetworkSetting setting;
    setting.name = row.value("name").toString();
    setting.help = row.value("help").toString();
    setting.standard = row.value("default").toVariant().toString();
    for (const auto &value : row.value("values").toArray())
        setting.values << value.toVariant().toString();
    const QJsonArray range = row.value("range").toArray();
    if (range.size() == 2)
        setting.range = std::pair(range.at(0).toDouble(), range.at(1).toDouble());
    const QString type = row.value("type").toString();
    if (!setting.values.isEmpty() || type == QLatin1String("choice"))
        setting.type = NetworkSetting::Type::Choice;
    else if (type.startsWith(QLatin1String("int")))
        setting.type = NetworkSetting::Type::Integer;
    else if (type == QLatin1String("number") || type == QLatin1String("float") || type == QLatin1String("double"))
        setting.type = NetworkSetting::Type::Number;
    else if (type.startsWith(QLatin1String("bool")))
        setting.type = NetworkSetting::Type::Switch;
    return setting;
}

} // namespace

QList<TrainingKey> trainingKeysOf(const QJsonObject &row)
{
    QList<TrainingKey> keys;
    if (row.value("event").toString() != QLatin1String("result"))
        return keys;
    for (const auto &setting : row.value("settings").toArray())
        keys.append({setting[QLatin1String("name")].toString(), setting[QLatin1String("takes")].toString(),
                     setting[QLatin1String("help")].toString()});
    return keys;
}

std::optional<NetworkEntry> networkOf(const QJsonObject &row)
{
    const QString kind = row.value("kind").toString();
    const bool isTrained = kind == QLatin1String("network") ||
                           (kind == QLatin1String("trunk") && row.value("classes").toInt() > 0); // a plain baseline
    if (!isTrained || !row.value("network").isString())
        return std::nullopt;
    NetworkEntry network;
    network.name = row.value("network").toString();
    network.title = row.value("title").toString(network.name);
    network.goodFor = row.value("good_for").toString();
    network.needs = row.value("needs").toString();
    network.weights = row.value("weights").toString();
    network.source = row.value("source").toString();
    network.parameters = static_cast<qint64>(row.value("parameters").toDouble());
    const QJsonArray input = row.value("input").toArray();
    if (input.size() == 3) {
        network.channels = input.at(0).toInt();
        network.sidePx = input.at(1).toInt();
    }
    for (const auto &option : row.value("options").toArray()) {
        const NetworkSetting setting = settingOf(option.toObject());
        if (!setting.name.isEmpty())
            network.settings << setting;
    }
    return network;
}

} // namespace mien
