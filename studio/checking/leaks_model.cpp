#include "studio/checking/leaks_model.h"

#include <QLocale>

namespace mien {

LeaksModel::LeaksModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

void LeaksModel::setLeaks(std::vector<LeakFact> leaks)
{
    beginResetModel();
    m_leaks = std::move(leaks);
    endResetModel();
}

int LeaksModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_leaks.size());
}

int LeaksModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(Columns);
}

QVariant LeaksModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (section == Faces ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Kind: return tr("Leak");
    case Name: return tr("Name");
    case Faces: return tr("Faces");
    case Splits: return tr("Splits");
    default: return {};
    }
}

QVariant LeaksModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const LeakFact &leak = at(index.row());
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (index.column() == Faces ? Qt::AlignRight : Qt::AlignLeft));
    if (role == Qt::ToolTipRole)
        return index.column() == Name ? leak.name
               : leak.shown() < leak.samples.size()
                   ? tr("Enter shows the first %1 of these %2 faces in the gallery.")
                         .arg(QLocale().toString(leak.shown()), QLocale().toString(leak.samples.size()))
                   : tr("Enter shows these faces in the gallery.");
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Kind: return kindWord(leak.kind);
    case Name: return leak.name;
    case Faces: return QLocale().toString(leak.samples.size());
    case Splits: {
        QStringList words;
        for (const QString &split : leak.splits)
            words << splitWord(split);
        return words.join(QStringLiteral(", "));
    }
    default: return {};
    }
}

QString LeaksModel::kindWord(const QString &kind)
{
    return kind == QLatin1String("subject")     ? tr("subject")
           : kind == QLatin1String("video")     ? tr("video")
           : kind == QLatin1String("duplicate") ? tr("identical picture")
                                                : tr("nearly the same picture");
}

QString LeaksModel::splitWord(const QString &split)
{
    return split == QLatin1String("train") ? tr("training")
           : split == QLatin1String("val") ? tr("validation")
                                           : tr("test");
}

} // namespace mien
