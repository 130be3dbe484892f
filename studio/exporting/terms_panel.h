#pragma once

#include <QHash>
#include <QJsonObject>
#include <QSet>
#include <QStringList>
#include <QWidget>

class QCheckBox;
class QLabel;

namespace mien {

/// The terms of data sets that speak of passing on their pictures, and the choice whether an export holds them. Without
/// such terms it is hidden and pictures go along.
class TermsPanel : public QWidget
{
    Q_OBJECT

public:
    explicit TermsPanel(QWidget *parent = nullptr);

    void learn(const QJsonObject &format); ///< A row of `mien formats --json`.
    /// @param importers     those of the faces that would be written
    /// @param knowsFer2013  the project was told the terms of FER2013: folders of any name may be copies of it
    /// The choice is taken back where other terms hold than before.
    void showFor(const QStringList &importers, bool knowsFer2013);

    bool restricts() const { return !m_shown.isEmpty(); }
    bool areFacesWanted() const; ///< Also where nothing restricts them.

Q_SIGNALS:
    void changed();

private:
    void refresh();

    QHash<QString, QJsonObject> m_terms; ///< By importer; only those that speak of pictures.
    QSet<QString> m_mayBeFer2013;        ///< Importers of pictures of any kind.
    QStringList m_importers;
    bool m_knowsFer2013 = false;
    QStringList m_shown; ///< Ids of the terms.

    QLabel *m_text;
    QCheckBox *m_faces;
};

} // namespace mien
