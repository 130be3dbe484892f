#include "studio/checking/check_page.h"

#include "studio/checking/duplicates_panel.h"
#include "studio/checking/splits_panel.h"
#include "studio/common/action_registry.h"
#include "studio/common/theme.h"

#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

namespace mien {

CheckPage::CheckPage(Studio &studio)
    : Page(studio, QStringLiteral("check"))
    , m_tabs(new QTabWidget)
    , m_duplicates(new DuplicatesPanel(studio))
    , m_splits(new SplitsPanel(studio))
{
    m_tabs->setObjectName(QStringLiteral("checkTabs"));
    m_tabs->tabBar()->setObjectName(QStringLiteral("checkTabBar"));
    m_tabs->tabBar()->setAccessibleName(tr("What is checked"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_duplicates, tr("Duplicates"));
    m_tabs->addTab(m_splits, tr("Splits"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(16), Theme::space(8), Theme::space(16), Theme::space(12));
    layout->addWidget(m_tabs);
    makeActions();
    connect(m_tabs, &QTabWidget::currentChanged, this, &CheckPage::showTab);
    const auto takeFocus = [this] { m_tabs->tabBar()->setFocus(Qt::OtherFocusReason); };
    connect(m_duplicates, &DuplicatesPanel::buttonLeaves, this, takeFocus);
    connect(m_splits, &SplitsPanel::buttonLeaves, this, takeFocus);
    connect(m_duplicates, &DuplicatesPanel::changed, this, &CheckPage::refreshVerbs);
}

void CheckPage::makeActions()
{
    using Verb = DuplicatesPanel::Verb;
    const auto add = [this](const char *name, const QString &text, const char *iconName, QKeySequence key,
                            const QString &help, std::function<void()> run) {
        ActionSpec spec;
        spec.id = QStringLiteral("check.") + QLatin1String(name);
        spec.text = text;
        spec.icon = QLatin1String(iconName);
        spec.keys = {key};
        spec.menu = QStringLiteral("labels");
        spec.scope = id();
        spec.help = help;
        studio().actions().add(spec, this, std::move(run));
    };
    add("keepOne", tr("Keep the &best duplicate"), "check", QKeySequence(Qt::Key_B),
        tr("Excludes the others of the group; the face with the frame stays."),
        [this] { m_duplicates->decide(Verb::KeepOne); });
    add("keepAll", tr("Keep &all duplicates"), "copy", QKeySequence(Qt::Key_A),
        tr("Notes that somebody looked at the group and all of it is meant to stay."),
        [this] { m_duplicates->decide(Verb::KeepAll); });
    add("conflict", tr("Mark &conflict"), "warning", QKeySequence(Qt::Key_C),
        tr("Marks the labels of the group as to be judged in Review."),
        [this] { m_duplicates->decide(Verb::MarkConflict); });
    add("reviewConflicts", tr("&Review marked conflicts"), "queue", QKeySequence(Qt::CTRL | Qt::Key_Return),
        tr("Opens the groups that are marked, and whose labels still differ, as a queue."),
        [this] { m_duplicates->reviewConflicts(); });
    const auto show = [&](const char *name, const QString &text, const char *iconName, QWidget *tab) {
        ActionSpec spec;
        spec.id = QStringLiteral("check.") + QLatin1String(name);
        spec.text = text;
        spec.icon = QLatin1String(iconName);
        spec.menu = QStringLiteral("view");
        spec.scope = id();
        spec.help = tr("Shows this side of the page.");
        studio().actions().add(spec, this, [this, tab] { m_tabs->setCurrentWidget(tab); });
    };
    show("duplicates", tr("&Duplicates"), "copy", m_duplicates);
    show("splits", tr("S&plits"), "split", m_splits);
    refreshVerbs();
}

void CheckPage::refreshVerbs()
{
    const QString reason =
        m_tabs->currentWidget() == m_duplicates ? m_duplicates->reasonAgainst() : tr("Show the duplicates first.");
    for (const char *verb : {"check.keepOne", "check.keepAll", "check.conflict"})
        studio().actions().setDisabledReason(QLatin1String(verb), reason);
}

void CheckPage::setSession(ProjectSession *session)
{
    m_duplicates->setSession(session);
    m_splits->setSession(session);
}

void CheckPage::entered()
{
    showTab();
    if (m_tabs->currentWidget() == m_duplicates)
        m_duplicates->takeFocus();
}

void CheckPage::showTab()
{
    if (m_tabs->currentWidget() == m_duplicates)
        m_duplicates->entered();
    else
        m_splits->entered();
    refreshVerbs();
}

QVariantMap CheckPage::state() const
{
    return {{QStringLiteral("tab"), m_tabs->currentIndex()}, {QStringLiteral("duplicates"), m_duplicates->state()}};
}

void CheckPage::restore(const QVariantMap &state)
{
    m_tabs->setCurrentIndex(std::clamp(state.value(QStringLiteral("tab")).toInt(), 0, m_tabs->count() - 1));
    m_duplicates->restore(state.value(QStringLiteral("duplicates")).toMap());
}

bool CheckPage::isSettled() const
{
    return m_tabs->currentWidget() == m_duplicates ? m_duplicates->isSettled() : m_splits->isSettled();
}

} // namespace mien
