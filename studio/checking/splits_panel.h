#pragma once

#include "studio/checking/split_facts.h"

#include <QPointer>
#include <QWidget>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;
class QTimer;

namespace mien {

class EmptyState;
class JobStrip;
class LeaksModel;
class MienCommand;
class ProjectSession;
class ShareBars;
class SplitForm;
class Studio;

/// The splits as they are, class by class; the certificate of who dealt them; what leaks between them; and a form that
/// deals them anew, after a preview. What is shown comes from `mien split --check`, which looks at all faces.
class SplitsPanel : public QWidget
{
    Q_OBJECT

public:
    explicit SplitsPanel(Studio &studio, QWidget *parent = nullptr);
    ~SplitsPanel() override;

    void setSession(ProjectSession *session);
    void entered();
    bool isSettled() const;

    const SplitFacts &facts() const { return m_facts; }

Q_SIGNALS:
    void buttonLeaves(); ///< The button that has the focus is about to go.

private:
    /// One split: name, counts, bars of its classes.
    struct Side
    {
        QWidget *widget;
        QLabel *title, *people;
        ShareBars *bars;
    };
    QWidget *makeSides();
    QWidget *makeLeaks();
    void check();
    void preview();
    void deal();
    void showFacts();
    void showSides(const SplitFacts &facts);
    void showCertificate();
    void openLeak();
    QString className(const QString &name) const;
    QString identityText(const SplitFacts::Identity &identity) const;
    QString changesOf(const SplitFacts::Certificate &certificate) const;

    Studio &m_studio;
    QPointer<ProjectSession> m_session;
    MienCommand *m_checker, *m_previewer;
    QTimer *m_pause;
    SplitFacts m_facts;
    std::optional<SplitFacts> m_preview;
    bool m_known = false; ///< m_facts is of this project.

    QStackedWidget *m_stack;
    EmptyState *m_empty;
    QLabel *m_heading, *m_certificate, *m_details, *m_training, *m_leakTitle, *m_leakHint;
    std::array<Side, 4> m_sides{};
    LeaksModel *m_leaks;
    QTableView *m_table;
    SplitForm *m_form;
    JobStrip *m_job;
};

} // namespace mien
