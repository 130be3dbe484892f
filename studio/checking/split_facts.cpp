#include "studio/checking/split_facts.h"

#include <QJsonArray>

#include <algorithm>

namespace mien {

namespace {

constexpr std::array splitNames{"none", "train", "val", "test"};
constexpr qsizetype kMostIds = 200; // what a person and the query behind the filter can bear

std::optional<SplitFacts::Identity> identityIn(const QJsonValue &value)
{
    if (!value.isObject())
        return std::nullopt;
    return SplitFacts::Identity{value["declared"].toInteger(), value["inferred"].toInteger(),
                                value["mixed"].toInteger(), value["samples_without_subject"].toInteger()};
}

std::optional<SplitFacts::Certificate> certificateIn(const QJsonValue &value)
{
    if (!value.isObject())
        return std::nullopt;
    SplitFacts::Certificate certificate;
    certificate.hash = value["hash"].toString();
    certificate.by = value["by"].toString();
    certificate.atMs = value["at_ms"].toInteger();
    certificate.groups = value["groups"].toInteger();
    certificate.seed = value["seed"].toInteger();
    for (int i = 0; i < 3; ++i)
        certificate.ratios[std::size_t(i)] = value["ratios"][i].toDouble();
    certificate.identity = identityIn(value["identity"]);
    certificate.holds = value["holds"].toBool();
    certificate.groupsDiffer = value["groups_differ"].toBool();
    certificate.moved = value["moved"].toInteger();
    certificate.removed = value["removed"].toInteger();
    certificate.uncovered = value["uncovered"].toInteger();
    return certificate;
}

QString quoted(QString name)
{
    return QLatin1Char('"') +
           name.replace(QLatin1Char('\\'), QStringLiteral("\\\\")).replace(QLatin1Char('"'), QStringLiteral("\\\"")) +
           QLatin1Char('"');
}

} // namespace

QString LeakFact::filter() const
{
    if (kind == QLatin1String("subject"))
        return QStringLiteral("subject:") + quoted(name);
    if (kind == QLatin1String("video"))
        return QStringLiteral("sequence:") + quoted(name);
    QStringList ids;
    for (const qint64 sample : samples.mid(0, shown()))
        ids << QStringLiteral("id:%1").arg(sample);
    return ids.join(QStringLiteral(" OR "));
}

qint64 LeakFact::shown() const
{
    const bool isNamed = kind == QLatin1String("subject") || kind == QLatin1String("video");
    return isNamed ? samples.size() : std::min(samples.size(), kMostIds);
}

qint64 SplitFacts::Side::faces() const
{
    qint64 all = 0;
    for (const qint64 count : byClass)
        all += count;
    return all;
}

SplitFacts SplitFacts::of(const QJsonObject &result)
{
    SplitFacts facts;
    const QJsonObject byClass = result["by_class_split"].toObject(), subjects = result["subjects"].toObject(),
                      without = result["samples_without_subject"].toObject();
    for (std::size_t i = 0; i < splitNames.size(); ++i) {
        const QLatin1String name(splitNames[i]);
        const QJsonObject counts = byClass[name].toObject();
        for (auto one = counts.begin(); one != counts.end(); ++one)
            facts.sides[i].byClass.insert(one.key(), one.value().toInteger());
        facts.sides[i].subjects = subjects[name].toInteger();
        facts.sides[i].withoutSubject = without[name].toInteger();
    }
    facts.identity = identityIn(result["identity"]);
    facts.certificate = certificateIn(result["dealt"]);
    for (const QJsonValue &leak : result["leaks"].toArray()) {
        LeakFact fact{leak["kind"].toString(), leak["name"].toString(), {}, {}};
        for (const QJsonValue &split : leak["splits"].toArray())
            fact.splits << split.toString();
        for (const QJsonValue &sample : leak["samples"].toArray())
            fact.samples << sample.toInteger();
        facts.leaks.push_back(std::move(fact));
    }
    facts.trainingLeaks = result["training_leaks"].toInteger();
    facts.hasNearDuplicates = result["near_duplicates"].isObject();
    facts.facesSinceSearch = result["near_duplicates"].toObject()["samples_since"].toInteger();
    return facts;
}

bool SplitFacts::hasSplits() const
{
    return std::any_of(sides.begin() + 1, sides.end(), [](const Side &side) { return !side.byClass.isEmpty(); });
}

qint64 SplitFacts::faces() const
{
    qint64 all = 0;
    for (const Side &side : sides)
        all += side.faces();
    return all;
}

} // namespace mien
