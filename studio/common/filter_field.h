#pragma once

#include "studio/common/project_session.h"

#include <QLineEdit>

class QListWidget;
class QTimer;

namespace mien {

/// Field for the filter language: completes names and values, waits for a pause in typing, marks where a filter is
/// wrong.
class FilterField : public QLineEdit
{
    Q_OBJECT

public:
    explicit FilterField(QWidget *parent = nullptr);
    ~FilterField() override;

    void setSession(ProjectSession *session); ///< Values of `label:` come from its classes.
    void setClasses(const std::vector<ExpressionClass> &classes);
    void setFilter(const QString &filter); ///< Without waiting; emits filterChosen when it differs.
    QString filter() const { return m_chosen; }
    /// Shows what is wrong: red, the position underlined ("position N" in the message). Empty: all is well.
    void setProblem(const QString &message);
    QString problem() const { return m_problem; }
    /// What could follow what stands before the cursor.
    QStringList completions(const QString &textBeforeCursor) const;

Q_SIGNALS:
    void filterChosen(const QString &filter); ///< 250 ms after the last key, or on Enter.
    void problemChanged(const QString &message);
    void left(); ///< Down: to what it filters.

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    void choose();
    void offer();
    void take(const QString &completion);
    void markPosition(int position);

    QTimer *m_pause;
    QListWidget *m_popup;
    std::vector<ExpressionClass> m_classes;
    QString m_chosen, m_problem;
};

} // namespace mien
