#pragma once

#include "studio/common/studio.h"

#include <QList>
#include <QWidget>

class QMenu;
class QToolButton;

namespace mien {

class SelectionEdits;

/// What can be done with the faces that are selected on a page, as a row of buttons and as verbs with keys: label, tag,
/// exclude, split, review, export.
class SelectionBar : public QWidget
{
    Q_OBJECT

public:
    /// Adds the verbs: `scope`.tag, `scope`.label1, …
    /// @param scope       id of the page, which they work on
    /// @param queueTitle  of the queue that Review selected opens
    SelectionBar(Studio &studio, QString scope, QString queueTitle, SelectionEdits &edits, QWidget *parent = nullptr);

    /// @param reason  why nothing can be changed; empty when it can
    void refresh(qint64 selected, const QString &reason);

private:
    void addVerbs(const QString &queueTitle);
    QString idOf(const QString &verb) const { return m_scope + QLatin1Char('.') + verb; }
    void fillClasses();

    Studio &m_studio;
    SelectionEdits &m_edits;
    QString m_scope, m_reason;
    qint64 m_selected = 0;
    QList<QToolButton *> m_buttons;
    QMenu *m_labelMenu;
};

} // namespace mien
