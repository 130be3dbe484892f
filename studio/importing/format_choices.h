#pragma once

#include <QHash>
#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QStringList>
#include <QWidget>

class QFormLayout;

namespace mien {

/// What the format of a data set lets one choose, as `mien formats` lists it: a box for each choice, and what `mien
/// import` has to be told.
class FormatChoices : public QWidget
{
    Q_OBJECT

public:
    explicit FormatChoices(QWidget *parent = nullptr);

    void learn(const QJsonObject &format); ///< A row of `mien formats --json`.
    /// Its choices; hidden where there are none. What was chosen stays chosen.
    /// @param asksForNumbering  labels are numbers that could stand for several classes
    void showFor(const QString &format, bool asksForNumbering);
    void forget();                 ///< Nothing is chosen any more: another data set.
    QStringList arguments() const; ///< Only what differs from what holds by itself.

Q_SIGNALS:
    void changed(); ///< By a person.

private:
    void add(const QJsonObject &option);
    void choose(const QJsonObject &option, const QString &value);

    QFormLayout *m_form;
    QString m_format;
    QHash<QString, QJsonArray> m_options;
    QMap<QString, QStringList> m_arguments; ///< By option.
    QMap<QString, QString> m_chosen;
};

} // namespace mien
