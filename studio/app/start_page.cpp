#include "studio/app/start_page.h"

#include "studio/app/page_stack.h"
#include "studio/app/session_keeper.h"
#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/job_model.h"
#include "studio/common/job_queue.h"
#include "studio/common/recent_projects.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStandardPaths>
#include <QVBoxLayout>

namespace mien {

namespace {

QString sinceText(const QDateTime &when)
{
    const qint64 days = when.daysTo(QDateTime::currentDateTime());
    if (days <= 0)
        return StartPage::tr("opened today at %1").arg(when.toString(QStringLiteral("HH:mm")));
    if (days == 1)
        return StartPage::tr("opened yesterday");
    return days < 30 ? StartPage::tr("opened %Ln day(s) ago", nullptr, int(days))
                     : StartPage::tr("opened on %1").arg(QLocale().toString(when.date(), QLocale::ShortFormat));
}

/// What tells a project from others of its name: the folder it lies in, or its own where they lie side by side.
QString placeOf(const RecentProject &project, const QList<RecentProject> &projects)
{
    const QFileInfo own(project.folder);
    bool isAlone = true, sideBySide = false;
    for (const RecentProject &other : projects) {
        if (other.folder == project.folder || other.name != project.name)
            continue;
        isAlone = false;
        sideBySide = sideBySide || QFileInfo(other.folder).path() == own.path();
    }
    if (isAlone || sideBySide)
        return isAlone ? QString() : own.fileName();
    const QString home = QDir::homePath() + QLatin1Char('/');
    const QString parent = own.path() + QLatin1Char('/');
    return QDir::toNativeSeparators(parent.startsWith(home) ? QStringLiteral("~/") + parent.mid(home.size()) : parent);
}

/// One recent project: faces, name, counts. A button in all but looks.
class ProjectCard : public QPushButton
{
public:
    /// @param place  shown beside the name; empty where the name says enough
    ProjectCard(RecentProject project, QString place)
        : m_project(std::move(project))
        , m_place(std::move(place))
        , m_strip(recentStrip(m_project.folder))
    {
        setObjectName(QStringLiteral("recent.") + m_project.name);
        QLocale locale;
        m_counts = m_project.missing ? StartPage::tr("not found at its place")
                                     : StartPage::tr("%1 samples").arg(locale.toString(m_project.samples));
        m_flags = m_project.flagged > 0 && !m_project.missing
                      ? StartPage::tr("%1 flagged").arg(locale.toString(m_project.flagged))
                      : QString();
        setAccessibleName(
            StartPage::tr("Project %1, %2, %3, %4")
                .arg(m_place.isEmpty() ? m_project.name : StartPage::tr("%1 in %2").arg(m_project.name, m_place),
                     m_counts, m_flags, sinceText(m_project.openedAt)));
        setToolTip(m_project.folder);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        setContextMenuPolicy(Qt::CustomContextMenu);
    }

    QSize sizeHint() const override
    {
        return {Theme::space(24) * 16, stripHeight() + fontMetrics().height() * 3 + Theme::space(24) * 2};
    }
    QSize minimumSizeHint() const override { return {Theme::space(24) * 12, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const ThemeColors &colors = Theme::instance().colors();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.setPen(hasFocus()     ? QPen(colors.accent, 2)
                       : underMouse() ? QPen(colors.secondary, 1)
                                      : QPen(colors.separator, 1));
        painter.setBrush(colors.panel);
        const QRectF card = QRectF(rect()).adjusted(1, 1, -1, -1);
        painter.drawRoundedRect(card, 6, 6);
        const double margin = Theme::space(12);
        QRectF strip(card.left() + margin, card.top() + margin, card.width() - 2 * margin, stripHeight());
        const double gap = 4, side = std::min(strip.height(), (strip.width() - 7 * gap) / 8);
        constexpr int fit = 8;
        const int have = m_strip.isNull() ? 0 : m_strip.width() / m_strip.height();
        for (int i = 0; i < fit; ++i) {
            const QRectF cell(strip.left() + i * (side + gap), strip.top(), side, side);
            if (i < have && !m_project.missing) {
                painter.drawImage(cell, m_strip, QRectF(i * m_strip.height(), 0, m_strip.height(), m_strip.height()));
            } else {
                painter.setPen(Qt::NoPen);
                painter.setBrush(colors.canvas);
                painter.drawRect(cell);
            }
        }
        double y = strip.bottom() + Theme::space(8);
        const double line = fontMetrics().height();
        painter.setPen(m_project.missing ? colors.secondary : colors.text);
        painter.setFont(Theme::instance().font(Theme::Type::Heading));
        const QString name = painter.fontMetrics().elidedText(
            m_project.name, Qt::ElideRight, int(m_place.isEmpty() ? strip.width() : strip.width() * 0.6));
        const double nameEnd = painter.fontMetrics().horizontalAdvance(name) + Theme::space(8);
        painter.drawText(QRectF(strip.left(), y, strip.width(), line + 2), Qt::AlignVCenter, name);
        painter.setFont(Theme::instance().font(Theme::Type::Secondary));
        if (!m_place.isEmpty()) {
            const QRectF rest(strip.left() + nameEnd, y, strip.width() - nameEnd, line + 2);
            painter.setPen(colors.secondary);
            painter.drawText(rest, Qt::AlignVCenter,
                             painter.fontMetrics().elidedText(m_place, Qt::ElideMiddle, int(rest.width())));
        }
        y += line + 4;
        painter.setPen(m_project.missing ? colors.danger : colors.secondary);
        painter.drawText(QRectF(strip.left(), y, strip.width(), line), Qt::AlignVCenter, m_counts);
        if (!m_flags.isEmpty()) {
            const double x = strip.left() + painter.fontMetrics().horizontalAdvance(m_counts) + Theme::space(12);
            painter.setPen(Qt::NoPen);
            painter.setBrush(QColor(0xF0B04B));
            painter.drawPolygon(
                QPolygonF({{x, y + line * .3}, {x + line * .45, y + line * .3}, {x + line * .45, y + line * .75}}));
            painter.setPen(colors.text);
            painter.drawText(QRectF(x + line * .65, y, strip.width(), line), Qt::AlignVCenter, m_flags);
        }
        y += line + 2;
        painter.setPen(colors.secondary);
        painter.drawText(QRectF(strip.left(), y, strip.width(), line), Qt::AlignVCenter, sinceText(m_project.openedAt));
    }

private:
    int stripHeight() const { return Theme::space(24) * 3 / 2 + 6; }

    RecentProject m_project;
    QString m_place;
    QImage m_strip;
    QString m_counts, m_flags;
};

} // namespace

StartPage::StartPage(Studio &studio)
    : Page(studio, QStringLiteral("start"))
{
    setAcceptDrops(true);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *area = new QScrollArea;
    area->setObjectName(QStringLiteral("startScroll"));
    area->setAccessibleName(tr("Start"));
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidgetResizable(true);
    outer->addWidget(area);
    auto *body = new QWidget;
    area->setWidget(body);
    auto *centred = new QHBoxLayout(body);
    centred->setContentsMargins(Theme::space(24), Theme::space(16), Theme::space(24), Theme::space(12));
    auto *column = new QWidget;
    column->setMaximumWidth(Theme::space(24) * 44);
    centred->addStretch(1);
    centred->addWidget(column, 100);
    centred->addStretch(1);
    m_body = new QVBoxLayout(column);
    m_body->setContentsMargins(0, 0, 0, 0);
    m_body->setSpacing(Theme::space(16));

    auto *title = new QLabel(tr("Find the wrong labels, fix them, train again"));
    Theme::setType(title, Theme::Type::Title);
    m_body->addWidget(title);

    m_continue = new QPushButton;
    m_continue->setObjectName(QStringLiteral("continue"));
    m_continue->setProperty("primary", true);
    m_continue->setIconSize({Theme::space(16), Theme::space(16)});
    auto *first = new QHBoxLayout;
    first->addWidget(m_continue);
    first->addStretch();
    m_body->addLayout(first);

    m_drop = new QFrame;
    m_drop->setObjectName(QStringLiteral("dropZone"));
    auto *drop = new QHBoxLayout(m_drop);
    drop->setContentsMargins(Theme::space(24), Theme::space(16), Theme::space(24), Theme::space(16));
    drop->setSpacing(Theme::space(16));
    auto *words = new QVBoxLayout;
    words->setSpacing(Theme::space(4));
    auto *dropTitle = new QLabel(tr("Drop a data set or a project here"));
    Theme::setType(dropTitle, Theme::Type::Heading);
    words->addWidget(dropTitle);
    auto *dropText =
        new QLabel(tr("fer2013.csv or its .xz · a folder with one folder per class · FER+ votes · a .mien project"));
    dropText->setWordWrap(true);
    Theme::setType(dropText, Theme::Type::Secondary);
    words->addWidget(dropText);
    drop->addLayout(words, 1);
    const auto button = [&](const QString &action, const QString &text, const char *name, const char *iconName) {
        auto *made = new QPushButton(icon(QLatin1String(iconName)), text);
        made->setObjectName(QLatin1String(name));
        made->setAccessibleName(text);
        connect(made, &QPushButton::clicked, this, [this, action] {
            if (QAction *verb = this->studio().actions().action(action))
                verb->trigger();
        });
        drop->addWidget(made);
    };
    button(QStringLiteral("file.open"), tr("Open project…"), "startOpen", "folder");
    button(QStringLiteral("file.new"), tr("New project…"), "startNew", "plus");
    m_body->addWidget(m_drop);

    auto *demo = new QHBoxLayout;
    m_demo = new QPushButton(icon(QStringLiteral("demo")), tr("Try the sample project"));
    m_demo->setObjectName(QStringLiteral("makeDemo"));
    m_demo->setAccessibleName(m_demo->text());
    m_demo->setToolTip(tr("Draws 1,200 faces with a known share of wrong labels; needs no network."));
    demo->addWidget(m_demo);
    m_demoState = new QLabel(
        tr("1,200 drawn faces, one label in ten wrong: import, train and review in two minutes, without a download."));
    m_demoState->setWordWrap(true);
    Theme::setType(m_demoState, Theme::Type::Secondary);
    demo->addWidget(m_demoState, 1);
    m_body->addLayout(demo);
    connect(m_demo, &QPushButton::clicked, this, &StartPage::makeDemo);

    m_recentTitle = new QLabel(tr("Recent projects"));
    Theme::setType(m_recentTitle, Theme::Type::Heading);
    m_body->addWidget(m_recentTitle);
    m_cards = new QWidget;
    m_grid = new QGridLayout(m_cards);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setSpacing(Theme::space(12));
    m_body->addWidget(m_cards);
    m_body->addStretch();
    connect(m_continue, &QPushButton::clicked, this, [this] {
        if (this->studio().session()) {
            this->studio().showPage(QStringLiteral("gallery"));
            return;
        }
        for (const RecentProject &project : recentProjects()) {
            if (!project.missing) {
                this->studio().openProject(project.folder);
                return;
            }
        }
    });
    refresh();
}

void StartPage::setSession(ProjectSession *)
{
    refresh();
}

void StartPage::entered()
{
    refresh();
}

void StartPage::refresh()
{
    const QList<RecentProject> projects = recentProjects();
    const auto newest = std::find_if(projects.begin(), projects.end(), [](const auto &p) { return !p.missing; });
    m_continue->setVisible(newest != projects.end());
    if (newest != projects.end()) {
        QString page = newest->page;
        // After a window that was killed its session file knows better than what the last orderly close left.
        const auto leftOver = SessionKeeper::leftOver(newest->folder);
        const PageEntry *entry = leftOver ? PageStack::entry(leftOver->page) : nullptr;
        if (entry && entry->needsProject)
            page = entry->title;
        const QString place = placeOf(*newest, projects);
        const QString name = place.isEmpty() ? newest->name : tr("%1 in %2").arg(newest->name, place);
        m_continue->setText(page.isEmpty() ? tr("Continue with %1").arg(name)
                                           : tr("Continue with %1 — %2").arg(name, page));
        m_continue->setAccessibleName(m_continue->text());
        m_continue->setToolTip(newest->folder);
    }
    qDeleteAll(m_cardList);
    m_cardList.clear();
    for (const RecentProject &project : projects) {
        auto *card = new ProjectCard(project, placeOf(project, projects));
        connect(card, &QPushButton::clicked, this, [this, project] {
            if (project.missing) {
                studio().showError(tr("%1 is not at %2 any more. Was it moved, or is a drive not connected?")
                                       .arg(project.name, project.folder),
                                   {},
                                   {{tr("Look for it…"),
                                     [this] { studio().actions().action(QStringLiteral("file.open"))->trigger(); }},
                                    {tr("Forget it"), [this, project] {
                                         forgetProject(project.folder);
                                         refresh();
                                     }}});
                return;
            }
            studio().openProject(project.folder);
        });
        connect(card, &QWidget::customContextMenuRequested, card, [this, card, project](const QPoint &at) {
            auto *menu = new QMenu(card);
            menu->setAttribute(Qt::WA_DeleteOnClose);
            menu->addAction(tr("Forget this project"), this, [this, project] {
                forgetProject(project.folder);
                refresh();
            });
            menu->popup(card->mapToGlobal(at));
        });
        m_cardList << card;
    }
    m_recentTitle->setVisible(!projects.isEmpty());
    arrange();
}

void StartPage::arrange()
{
    const int columns = std::clamp(width() / (Theme::space(24) * 15), 1, 3);
    for (int i = 0; i < m_cardList.size(); ++i)
        m_grid->addWidget(m_cardList[i], i / columns, i % columns);
    for (int i = 0; i < 3; ++i)
        m_grid->setColumnStretch(i, i < columns ? 1 : 0);
}

void StartPage::resizeEvent(QResizeEvent *event)
{
    Page::resizeEvent(event);
    arrange();
}

void StartPage::makeDemo()
{
    const QDir documents(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    QString folder = documents.filePath(QStringLiteral("MienDemo.mien"));
    if (QFileInfo::exists(QDir(folder).filePath(QStringLiteral("project.db")))) {
        studio().openProject(folder);
        return;
    }
    for (int i = 2; QFileInfo::exists(folder); ++i)
        folder = documents.filePath(QStringLiteral("MienDemo%1.mien").arg(i));
    QDir().mkpath(documents.path());
    studio().closeProject();
    JobQueue &queue = studio().jobs();
    m_demo->setEnabled(false);
    followDemo(queue.start(tr("Make the sample project"), {QStringLiteral("demo"), folder}), folder);
}

void StartPage::followDemo(const QString &job, const QString &folder)
{
    m_demoJob = job;
    JobQueue *queue = &studio().jobs();
    connect(queue, &JobQueue::changed, m_demoState, [this, queue](const QString &id) {
        const JobInfo *info = id == m_demoJob ? queue->job(id) : nullptr;
        if (info && info->isActive())
            m_demoState->setText(tr("Drawing faces: %1").arg(JobModel::detailText(*info)));
    });
    connect(queue, &JobQueue::finished, m_demoState, [this, queue, folder](const QString &id) {
        if (id != m_demoJob)
            return;
        m_demoJob.clear();
        m_demo->setEnabled(true);
        const JobInfo *info = queue->job(id);
        if (info && (info->state == JobState::Done || info->state == JobState::DoneWithSkips)) {
            m_demoState->setText(tr("The sample project is ready."));
            studio().openProject(folder);
        } else if (info && info->state == JobState::Failed) {
            studio().showError(tr("The sample project could not be made: %1").arg(info->error), info->folder,
                               {{tr("Try again"), [this] { makeDemo(); }}});
        }
    });
}

void StartPage::dragEnterEvent(QDragEnterEvent *event)
{
    if (!event->mimeData()->hasUrls())
        return;
    event->acceptProposedAction();
    Theme::mark(m_drop, "over", true);
}

void StartPage::dragLeaveEvent(QDragLeaveEvent *)
{
    Theme::mark(m_drop, "over", false);
}

void StartPage::dropEvent(QDropEvent *event)
{
    dragLeaveEvent(nullptr);
    event->ignore(); // The window decides what opens and what is imported.
}

} // namespace mien
