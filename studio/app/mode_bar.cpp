#include "studio/app/mode_bar.h"

#include "studio/app/page_list.h"
#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QButtonGroup>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

ModeBar::ModeBar(ActionRegistry &actions, QWidget *parent)
    : QWidget(parent)
    , m_actions(actions)
    , m_buttons(new QButtonGroup(this))
{
    setObjectName(QStringLiteral("modeBar"));
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(4), Theme::space(8), Theme::space(4), Theme::space(8));
    layout->setSpacing(Theme::space(4));
    int number = 0;
    for (const PageEntry &entry : pageEntries()) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("mode.") + entry.id);
        button->setAccessibleName(tr("Mode %1").arg(entry.title));
        button->setText(entry.title);
        button->setIcon(icon(entry.icon));
        button->setIconSize({Theme::space(24), Theme::space(24)});
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setFont(Theme::instance().font(Theme::Type::Secondary));
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
        m_buttons->addButton(button);
        layout->addWidget(button);
        connect(button, &QToolButton::clicked, this, [this, id = entry.id] { Q_EMIT chosen(id); });

        ActionSpec spec;
        spec.id = QStringLiteral("go.") + entry.id;
        spec.text = entry.title;
        spec.icon = entry.icon;
        spec.menu = QStringLiteral("go");
        spec.help = tr("Shows the mode %1.").arg(entry.title);
        // Start has Ctrl+0, so that Ctrl+1…9 are the working modes.
        spec.keys = {QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + number++))};
        QAction *action = m_actions.add(spec, this, [this, id = entry.id] { Q_EMIT chosen(id); });
        button->setToolTip(action->toolTip());
    }
    int width = Theme::space(24) * 3 - Theme::space(4);
    for (QAbstractButton *button : m_buttons->buttons()) { // all alike, and no word is cut
        button->ensurePolished();
        width = std::max(width, button->sizeHint().width());
    }
    for (QAbstractButton *button : m_buttons->buttons())
        button->setFixedWidth(width);
    layout->addStretch();
    setProjectOpen(false);
    if (!settings().value(QStringLiteral("window/modeBar"), true).toBool())
        hide(); // Never the reverse: it has no parent yet, and would be a window.
}

QToolButton *ModeBar::button(const QString &id) const
{
    return findChild<QToolButton *>(QStringLiteral("mode.") + id, Qt::FindDirectChildrenOnly);
}

void ModeBar::setCurrent(const QString &id)
{
    if (QToolButton *mode = button(id))
        mode->setChecked(true);
}

void ModeBar::setProjectOpen(bool open)
{
    for (const PageEntry &entry : pageEntries()) {
        if (!entry.needsProject)
            continue;
        button(entry.id)->setVisible(open);
        m_actions.setDisabledReason(QStringLiteral("go.") + entry.id, open ? QString() : tr("Open a project first."));
    }
}

void ModeBar::setShown(bool shown)
{
    setVisible(shown);
    settings().setValue(QStringLiteral("window/modeBar"), shown);
}

} // namespace mien
