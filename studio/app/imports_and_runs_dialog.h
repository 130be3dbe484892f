#pragma once

#include "pipeline/store/imports.h"
#include "pipeline/store/runs.h"

#include <QDialog>
#include <QPointer>

#include <vector>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace mien {

class Background;
class ProjectSession;

/// What jobs brought into the project, imports and runs, and what of it lies in the bin: to be removed, or brought back
/// within 30 days. Neither is a step of undo.
class ImportsAndRunsDialog : public QDialog
{
    Q_OBJECT

public:
    explicit ImportsAndRunsDialog(ProjectSession &session, QWidget *parent = nullptr);

    bool isSettled() const;

private:
    struct Contents
    {
        std::vector<ImportRow> imports; ///< Removed ones included.
        std::vector<RunRow> runs;
    };
    void reload();
    void fill();
    void refreshButton();
    void act();
    void ask(const QString &text, const QString &verb, std::function<Result<>(Project &)> remove);
    void change(std::function<Result<>(Project &)> work);
    const ImportRow *chosenImport() const;
    const RunRow *chosenRun() const;

    QPointer<ProjectSession> m_session;
    Background *m_reader;
    Contents m_contents;
    QTreeWidget *m_list;
    QLabel *m_problem;
    QPushButton *m_act;
};

} // namespace mien
