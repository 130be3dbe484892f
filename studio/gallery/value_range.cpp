#include "studio/gallery/value_range.h"

#include <QLocale>
#include <QStringList>

namespace mien {

namespace {

/// Words of a filter outside of parentheses and quotes; what is in parentheses is one.
QStringList topWords(const QString &filter)
{
    QStringList words;
    QString word;
    int depth = 0;
    bool quoted = false;
    for (qsizetype i = 0; i < filter.size(); ++i) {
        const QChar c = filter[i];
        if (quoted && c == QLatin1Char('\\') && i + 1 < filter.size()) {
            word += c;
            word += filter[++i];
            continue;
        }
        if (c == QLatin1Char('"'))
            quoted = !quoted;
        depth += quoted ? 0 : c == QLatin1Char('(') ? 1 : c == QLatin1Char(')') ? -1 : 0;
        if (c.isSpace() && !quoted && depth <= 0) {
            if (!word.isEmpty())
                words << word;
            word.clear();
        } else {
            word += c;
        }
    }
    if (!word.isEmpty())
        words << word;
    return words;
}

/// Takes `field>=20`; false when the word is something else.
bool takeEnd(const QString &word, const QString &field, ValueRange &range)
{
    if (!word.startsWith(field))
        return false;
    const QStringView end = QStringView(word).mid(field.size());
    const bool isLow = end.startsWith(QLatin1String(">=")), isHigh = end.startsWith(QLatin1String("<="));
    if (!isLow && !isHigh)
        return false;
    bool isNumber = false;
    const double value = end.mid(2).toDouble(&isNumber);
    std::optional<double> &taken = isLow ? range.low : range.high;
    if (!isNumber || taken)
        return false;
    taken = value;
    return true;
}

/// As short as it reads back: filters are in the C locale.
QString numberText(double value)
{
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

} // namespace

RangedFilter RangedFilter::of(const QString &filter, const QString &field)
{
    const QStringList words = topWords(filter);
    if (words.contains(QStringLiteral("OR")))
        return {filter.trimmed(), {}};
    RangedFilter taken;
    QStringList rest;
    bool isAfterNot = false;
    for (const QString &word : words) {
        if (isAfterNot || !takeEnd(word, field, taken.range))
            rest << word;
        isAfterNot = word == QLatin1String("NOT");
    }
    if (taken.range.isOpen())
        return {filter.trimmed(), {}};                                               // as it was written
    rest.removeIf([](const QString &word) { return word == QLatin1String("AND"); }); // means the same without
    taken.rest = rest.join(QLatin1Char(' '));
    return taken;
}

QString RangedFilter::text(const QString &field) const
{
    if (range.isOpen())
        return rest;
    QStringList words;
    if (topWords(rest).contains(QStringLiteral("OR")))
        words << QLatin1Char('(') + rest + QLatin1Char(')');
    else if (!rest.isEmpty())
        words << rest;
    if (range.low)
        words << field + QStringLiteral(">=") + numberText(*range.low);
    if (range.high)
        words << field + QStringLiteral("<=") + numberText(*range.high);
    return words.join(QLatin1Char(' '));
}

} // namespace mien
