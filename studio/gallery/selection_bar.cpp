#include "studio/gallery/selection_bar.h"

#include "pipeline/store/labels.h"
#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/theme.h"
#include "studio/gallery/selection_edits.h"

#include <QAction>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QToolButton>

namespace mien {

SelectionBar::SelectionBar(Studio &studio, QString scope, QString queueTitle, SelectionEdits &edits, QWidget *parent)
    : QWidget(parent)
    , m_studio(studio)
    , m_edits(edits)
    , m_scope(std::move(scope))
{
    addVerbs(queueTitle);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(4));
    const auto add = [&](const QString &verb, const QString &text, const char *iconName) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("button.") + idOf(verb));
        button->setAccessibleName(text);
        button->setText(text);
        button->setIcon(icon(QLatin1String(iconName)));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        if (QAction *action = m_studio.actions().action(idOf(verb))) {
            button->setToolTip(action->toolTip());
            connect(button, &QToolButton::clicked, action, &QAction::trigger);
        }
        row->addWidget(button);
        m_buttons << button;
        return button;
    };
    QToolButton *label = add({}, tr("Label"), "label");
    label->setObjectName(m_scope + QStringLiteral("Label"));
    label->setPopupMode(QToolButton::InstantPopup);
    m_labelMenu = new QMenu(label);
    m_labelMenu->setObjectName(m_scope + QStringLiteral("LabelMenu"));
    label->setMenu(m_labelMenu);
    add(QStringLiteral("tag"), tr("Tag…"), "tag");
    add(QStringLiteral("exclude"), tr("Exclude"), "exclude");
    QToolButton *split = add({}, tr("Split"), "split");
    split->setObjectName(m_scope + QStringLiteral("SplitMenu"));
    split->setPopupMode(QToolButton::InstantPopup);
    auto *splitMenu = new QMenu(split);
    for (const char *verb : {"split.train", "split.val", "split.test", "split.none"})
        splitMenu->addAction(m_studio.actions().action(idOf(QLatin1String(verb))));
    split->setMenu(splitMenu);
    add(QStringLiteral("export"), tr("Export…"), "export");
    add(QStringLiteral("queue"), tr("Review selected"), "queue");
    connect(&m_edits, &SelectionEdits::offeredChanged, this, [this] {
        fillClasses();
        refresh(m_selected, m_reason);
    });
}

void SelectionBar::addVerbs(const QString &queueTitle)
{
    const auto add = [&](const char *verb, const QString &text, const char *iconName, QList<QKeySequence> keys,
                         const char *menu, const QString &help, std::function<void()> run) {
        ActionSpec spec;
        spec.id = idOf(QLatin1String(verb));
        spec.text = text;
        spec.icon = QLatin1String(iconName);
        spec.keys = std::move(keys);
        spec.menu = QLatin1String(menu);
        spec.scope = m_scope;
        spec.help = help;
        return m_studio.actions().add(spec, this, std::move(run));
    };
    for (int number = 1; number <= 9; ++number) {
        add(qPrintable(QStringLiteral("label%1").arg(number)), tr("Label &%1").arg(number), "label",
            {QKeySequence(Qt::Key(Qt::Key_0 + number))}, "labels",
            tr("Gives the selected faces class number %1.").arg(number), [this, number] { m_edits.giveClass(number); });
    }
    add("unsure", tr("&Unsure"), "help", {QKeySequence(Qt::Key_U)}, "labels", tr("Marks the selected faces as unsure."),
        [this] {
            Verdict verdict;
            verdict.kind = Verdict::Kind::Unsure;
            m_edits.giveLabel(verdict, tr("unsure"));
        });
    add("notAFace", tr("&Not a face"), "exclude", {QKeySequence(Qt::Key_X)}, "labels",
        tr("Marks the selected pictures as no face."), [this] {
            Verdict verdict;
            verdict.kind = Verdict::Kind::NotAFace;
            m_edits.giveLabel(verdict, tr("not a face"));
        });
    add("tag", tr("&Tag…"), "tag", {QKeySequence(Qt::Key_T)}, "labels",
        tr("Adds a word to the selected faces, to filter by."),
        [this] { m_edits.askTag(SelectionEdits::TagVerb::Add); });
    add("untag", tr("&Remove tag…"), "", {QKeySequence(Qt::SHIFT | Qt::Key_T)}, "labels",
        tr("Takes a word from the selected faces."), [this] { m_edits.askTag(SelectionEdits::TagVerb::Remove); });
    add("exclude", tr("&Exclude"), "exclude", {QKeySequence(Qt::Key_E)}, "labels",
        tr("Leaves the selected faces out of training and export."), [this] {
            m_edits.change(tr("The faces could not be excluded"),
                           [](Project &project, const auto &ids, const std::string &by) {
                               return setExcluded(project, ids, true, by);
                           });
        });
    add("include", tr("&Include again"), "check", {QKeySequence(Qt::SHIFT | Qt::Key_E)}, "labels",
        tr("Takes the selected faces back into training and export."), [this] {
            m_edits.change(tr("The faces could not be included"),
                           [](Project &project, const auto &ids, const std::string &by) {
                               return setExcluded(project, ids, false, by);
                           });
        });
    const auto split = [&](const char *id, const QString &text, Split target) {
        add(id, text, "split", {}, "labels", tr("Moves the selected faces to this split."), [this, target] {
            m_edits.change(tr("The split could not be changed"),
                           [target](Project &project, const auto &ids, const std::string &by) {
                               return assignSplit(project, ids, target, by);
                           });
        });
    };
    split("split.train", tr("Split: t&raining"), Split::Train);
    split("split.val", tr("Split: &validation"), Split::Val);
    split("split.test", tr("Split: te&st"), Split::Test);
    split("split.none", tr("Split: n&one"), Split::None);
    add("queue", tr("&Review selected"), "queue", {QKeySequence(Qt::Key_Q)}, "labels",
        tr("Opens the selected faces as a queue in Review."), [this, queueTitle] {
            const std::vector<SampleId> ids = m_edits.selected();
            if (!ids.empty())
                m_studio.openQueue({queueTitle, ids, {}});
        });
    add("export", tr("E&xport selected…"), "export", {}, "labels",
        tr("Gives the selected faces a tag, and shows Export with those that have it."), [this] {
            m_edits.askTag(SelectionEdits::TagVerb::Add,
                           [this](const QString &tag) { m_studio.openExport(QStringLiteral("tag:\"%1\"").arg(tag)); });
        });
}

void SelectionBar::refresh(qint64 selected, const QString &reason)
{
    m_selected = selected;
    m_reason = reason;
    for (QToolButton *button : std::as_const(m_buttons))
        button->setEnabled(selected > 0);
    ActionRegistry &actions = m_studio.actions();
    const QString nothing = tr("Select faces first.");
    const QString none = selected > 0 ? reason : nothing;
    for (const char *verb : {"tag", "exclude", "include", "untag", "unsure", "notAFace", "split.train", "split.val",
                             "split.test", "split.none", "export"})
        actions.setDisabledReason(idOf(QLatin1String(verb)), none);
    for (int number = 1; number <= 9; ++number) {
        const bool exists = number <= int(m_edits.offered().size());
        actions.setDisabledReason(idOf(QStringLiteral("label%1").arg(number)),
                                  exists ? none : tr("These faces have no class number %1.").arg(number));
    }
    const QString noReview = tr("There is no review in this build.");
    actions.setDisabledReason(idOf(QStringLiteral("queue")), !m_studio.hasPage(QStringLiteral("review")) ? noReview
                                                             : selected > 0                              ? QString()
                                                                                                         : nothing);
}

void SelectionBar::fillClasses()
{
    m_labelMenu->clear();
    const QString reason = m_edits.reasonAgainst();
    if (!reason.isEmpty())
        m_labelMenu->addAction(reason)->setEnabled(false);
    int number = 0;
    for (const ExpressionClass &expression : m_edits.offered()) {
        ++number;
        const QString display = QString::fromStdString(expression.display);
        const ClassLook look = Theme::instance().look(expression);
        const int side = Theme::space(16);
        QPixmap pixmap(QSize(side, side) * devicePixelRatioF());
        pixmap.setDevicePixelRatio(devicePixelRatioF());
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        Theme::paintMarker(painter, QRectF(1, 1, side - 2, side - 2), look.marker, look.color);
        painter.end();
        const ClassId id = expression.id;
        QAction *give =
            m_labelMenu->addAction(pixmap, number <= 9 ? QStringLiteral("%1\t%2").arg(display).arg(number) : display,
                                   this, [this, id, display] {
                                       Verdict verdict;
                                       verdict.label = id;
                                       m_edits.giveLabel(verdict, display);
                                   });
        give->setEnabled(reason.isEmpty());
        if (number <= 9) {
            if (QAction *action = m_studio.actions().action(idOf(QStringLiteral("label%1").arg(number))))
                action->setText(tr("Label &%1: %2").arg(number).arg(display));
        }
    }
    m_labelMenu->addSeparator();
    for (const char *verb : {"unsure", "notAFace"})
        m_labelMenu->addAction(m_studio.actions().action(idOf(QLatin1String(verb))));
}

} // namespace mien
