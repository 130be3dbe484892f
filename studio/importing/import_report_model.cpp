#include "studio/importing/import_report_model.h"

#include "pipeline/store/ontology.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <map>

namespace mien {

ImportReportModel::ImportReportModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

void ImportReportModel::setResult(const QJsonObject &result)
{
    beginResetModel();
    m_classes.clear();
    m_splits.clear();
    m_counts.clear();
    const QJsonObject bySplit = result[QStringLiteral("by_class_split")].toObject();
    for (const QString &split : {QStringLiteral("train"), QStringLiteral("val"), QStringLiteral("test"), QString()}) {
        if (bySplit.contains(split))
            m_splits << split;
    }
    for (const QString &split : bySplit.keys()) {
        if (!m_splits.contains(split))
            m_splits << split;
    }
    // Known classes in the order of their codes, states and own classes after them.
    QStringList found;
    for (const auto &counts : bySplit) {
        for (const QString &name : counts.toObject().keys()) {
            if (!found.contains(name))
                found << name;
        }
    }
    for (const ExpressionClass &known : canonicalClasses()) {
        const QString name = QString::fromStdString(known.name);
        if (found.removeOne(name))
            m_classes << name;
    }
    m_classes += found;
    for (const QString &name : std::as_const(m_classes)) {
        QList<qint64> row;
        for (const QString &split : std::as_const(m_splits))
            row << qint64(bySplit[split].toObject()[name].toDouble());
        m_counts << row;
    }
    endResetModel();
}

int ImportReportModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || m_classes.isEmpty() ? 0 : int(m_classes.size()) + 1;
}

int ImportReportModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_splits.size()) + 2;
}

QVariant ImportReportModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const bool sumRow = index.row() == m_classes.size();
    if (index.column() == 0)
        return sumRow ? tr("All") : m_classes[index.row()];
    const bool sumColumn = index.column() == m_splits.size() + 1;
    qint64 sum = 0;
    for (qsizetype row = 0; row < m_counts.size(); ++row) {
        for (qsizetype column = 0; column < m_splits.size(); ++column) {
            if ((sumRow || row == index.row()) && (sumColumn || column == index.column() - 1))
                sum += m_counts[row][column];
        }
    }
    return sum == 0 ? QStringLiteral("–") : QLocale().toString(sum);
}

QVariant ImportReportModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || (role != Qt::DisplayRole && role != Qt::TextAlignmentRole))
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (section == 0)
        return tr("Label");
    if (section == m_splits.size() + 1)
        return tr("All");
    return m_splits[section - 1].isEmpty() ? tr("no split") : m_splits[section - 1];
}

QString problemText(const QString &code, qint64 count)
{
    static const std::map<QString, const char *> texts{
        {QStringLiteral("MISSING_FILE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "label(s) without a picture")},
        {QStringLiteral("ORPHAN_MEDIA"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "file(s) that belong to no label")},
        {QStringLiteral("UNREADABLE_FILE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "file(s) that cannot be read")},
        {QStringLiteral("ZERO_BYTE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "empty file(s)")},
        {QStringLiteral("NOT_AN_IMAGE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "file(s) that are no picture")},
        {QStringLiteral("LFS_POINTER"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "Git LFS pointer(s) instead of files")},
        {QStringLiteral("NOT_DATA_HTML"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "web page(s) instead of data")},
        {QStringLiteral("NOT_DATA_TEXT"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "text(s) instead of data")},
        {QStringLiteral("TRUNCATED_IMAGE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "truncated picture(s)")},
        {QStringLiteral("TRUNCATED_TABLE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "table(s) that break off")},
        {QStringLiteral("BAD_FIELD_COUNT"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "row(s) with a wrong number of fields")},
        {QStringLiteral("BAD_NUMBER"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "row(s) with something that is no number")},
        {QStringLiteral("PIXEL_COUNT"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "row(s) without 2,304 pixels")},
        {QStringLiteral("PIXEL_RANGE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "row(s) with pixels outside 0–255")},
        {QStringLiteral("LABEL_OUT_OF_RANGE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "label(s) outside the known range")},
        {QStringLiteral("LABEL_UNMAPPED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "label(s) that are not known here")},
        {QStringLiteral("LABEL_EXCLUDED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "label(s) that are no class (kept without one)")},
        {QStringLiteral("LABEL_FOLDER_MISMATCH"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "label(s) that differ from their folder")},
        {QStringLiteral("BAD_NPY"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", ".npy file(s) that cannot be read")},
        {QStringLiteral("BAD_BOX"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "face box(es) that cannot be used (left out)")},
        {QStringLiteral("BAD_LANDMARKS"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "set(s) of landmarks that cannot be used (left out)")},
        {QStringLiteral("BAD_ATTRIBUTES"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "face(s) without usable attributes (left out)")},
        {QStringLiteral("VA_OUT_OF_RANGE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "valence or arousal value(s) out of range (left out)")},
        {QStringLiteral("BAD_CONFIDENCE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "confidence value(s) out of range (left out)")},
        {QStringLiteral("CASE_FOLDED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "name(s) found in other letter case")},
        {QStringLiteral("EXT_SUBSTITUTED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "name(s) found with another extension")},
        {QStringLiteral("NAME_NOT_UTF8"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "name(s) that are not UTF-8")},
        {QStringLiteral("VOTE_SUM"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "row(s) of votes that do not sum to 10")},
        {QStringLiteral("DUPLICATE_KEY"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "name(s) that occur twice")},
        {QStringLiteral("DUPLICATE_ROW"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "row(s) that occur twice")},
        {QStringLiteral("DUPLICATE_IMAGE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) that occur twice (kept and grouped)")},
        {QStringLiteral("SPLIT_UNMAPPED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "split(s) that are not known here")},
        {QStringLiteral("CONTENT_NOT_FOUND"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) that the original table does not have")},
        {QStringLiteral("CONTENT_AMBIGUOUS"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) that may be copies of several different ones")},
        {QStringLiteral("CONTENT_IN_SPLITS"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) that lie in several official splits")},
        {QStringLiteral("LABEL_DIFFERS"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "label(s) that differ from the original table")},
        {QStringLiteral("LABEL_CONFLICT_IN_DUPLICATES"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) with several labels in the original table")},
        {QStringLiteral("OTHER_TABLE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "further table(s) in the folder, not read")},
        {QStringLiteral("VIDEO_OPEN_FAILED"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "file(s) that are no video")},
        {QStringLiteral("SUBJECT_IN_TWO_FOLDS"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "person(s) in more than one fold")},
        {QStringLiteral("PATH_ESCAPES_ROOT"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "path(s) or link(s) out of the chosen folder (left out)")},
        {QStringLiteral("NAME_COLLISION"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "name(s) that differ from another in letter case only")},
        {QStringLiteral("EXT_MISMATCH"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) of another kind than their names say")},
        {QStringLiteral("SIZE_UNEXPECTED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) of another size than the data set's")},
        {QStringLiteral("BLANK_IMAGE"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "picture(s) of one colour")},
        {QStringLiteral("EMPTY_FOLDER"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "empty folder(s)")},
        {QStringLiteral("IGNORED_SYSTEM_FILE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "file(s) of the system (passed over)")},
        {QStringLiteral("ENCODING_GUESSED"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "table(s) whose encoding was guessed")},
        {QStringLiteral("BAD_JSON_LINE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "line(s) that are no JSON object")},
        {QStringLiteral("LEFT_OUT"), QT_TRANSLATE_N_NOOP("mien::ImportProblems", "file(s) left out as asked")},
        {QStringLiteral("NO_LONGER_IN_SOURCE"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "note(s) about faces that were there before (kept)")},
        {QStringLiteral("EXPECTED_COUNT_DIFFERS"),
         QT_TRANSLATE_N_NOOP("mien::ImportProblems", "count(s) that differ from the published ones")},
    };
    const auto at = texts.find(code);
    return at == texts.end()
               ? code
               : QCoreApplication::translate("mien::ImportProblems", at->second, nullptr, static_cast<int>(count));
}

} // namespace mien
