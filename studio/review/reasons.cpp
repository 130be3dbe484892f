#include "studio/review/reasons.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

namespace mien {

QStringList reasonsInWords(const ScoreRow &score, const std::function<QString(const QString &)> &className, int atMost)
{
    QStringList words;
    const QJsonArray reasons = QJsonDocument::fromJson(QByteArray::fromStdString(score.reasonsJson)).array();
    for (const auto &entry : reasons) {
        if (words.size() >= atMost)
            break;
        const QJsonObject reason = entry.toObject();
        QString text = reason.value("text").toString();
        if (text.isEmpty()) {
            const QString name = className(reason.value("class").toString());
            text = name.isEmpty()
                       ? reason.value("kind").toString()
                       : QCoreApplication::translate("Reasons", "%1: %2").arg(reason.value("kind").toString(), name);
            if (reason.value("value").isDouble())
                text += QStringLiteral(" (%1)").arg(QLocale().toString(reason.value("value").toDouble(), 'f', 2));
        }
        text.replace(QStringLiteral(" %"), QChar(QChar::Nbsp) + QStringLiteral("%")); // one number, one line
        words << text;
    }
    return words;
}

} // namespace mien
