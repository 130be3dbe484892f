#include "studio/checking/splits_panel.h"

#include "studio/checking/leaks_model.h"
#include "studio/checking/split_form.h"
#include "studio/common/empty_state.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/share_bars.h"
#include "studio/common/studio.h"
#include "studio/common/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

constexpr int kPauseMs = 500; // until the project is looked at again after an edit

QString counted(qint64 number)
{
    return QLocale().toString(number);
}

} // namespace

SplitsPanel::SplitsPanel(Studio &studio, QWidget *parent)
    : QWidget(parent)
    , m_studio(studio)
    , m_checker(new MienCommand(this))
    , m_previewer(new MienCommand(this))
    , m_pause(new QTimer(this))
    , m_stack(new QStackedWidget)
    , m_leaks(new LeaksModel(this))
    , m_form(new SplitForm)
{
    setObjectName(QStringLiteral("splits"));
    m_job = new JobStrip(QStringLiteral("split"), tr("Cancel"));
    m_empty = new EmptyState(QStringLiteral("picture-faces"), {}, tr("Preview a split"));
    auto *now = new QWidget;
    auto *column = new QVBoxLayout(now);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(8));
    m_heading = new QLabel;
    m_heading->setObjectName(QStringLiteral("splitHeading"));
    Theme::setType(m_heading, Theme::Type::Heading);
    m_certificate = Theme::words({});
    m_certificate->setObjectName(QStringLiteral("splitCertificate"));
    m_details = Theme::words({}, Theme::Type::Secondary);
    m_details->setObjectName(QStringLiteral("splitDetails"));
    m_training = Theme::words({});
    m_training->setObjectName(QStringLiteral("splitTraining"));
    for (QWidget *widget : {static_cast<QWidget *>(m_heading), makeSides(), static_cast<QWidget *>(m_certificate),
                            static_cast<QWidget *>(m_details), static_cast<QWidget *>(m_training)})
        column->addWidget(widget);
    column->addSpacing(Theme::space(8));
    column->addWidget(makeLeaks(), 1);
    m_stack->addWidget(now);
    m_stack->addWidget(m_empty);

    m_form->setFixedWidth(Theme::space(24) * 10);
    auto *line = new QFrame;
    line->setFixedWidth(1);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    auto *both = new QHBoxLayout;
    both->setSpacing(Theme::space(16));
    both->addWidget(m_stack, 1);
    both->addWidget(line);
    both->addWidget(m_form);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::space(12), 0, 0);
    layout->setSpacing(Theme::space(8));
    layout->addWidget(m_job);
    layout->addLayout(both, 1);

    m_pause->setSingleShot(true);
    m_pause->setInterval(kPauseMs);
    connect(m_pause, &QTimer::timeout, this, &SplitsPanel::check);
    connect(m_checker, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        // Leaks are an exit status of 1 with a result.
        if (outcome.result.isEmpty()) {
            if (!outcome.ok() && outcome.exitCode != 130)
                m_studio.showError(tr("The splits could not be looked at: %1").arg(outcome.error));
            return;
        }
        m_facts = SplitFacts::of(outcome.result);
        m_known = true;
        showFacts();
    });
    connect(m_previewer, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_form->setBusy(m_job->isBusy());
        if (outcome.exitCode == 130)
            return;
        if (!outcome.ok() || outcome.result.isEmpty()) {
            m_form->say(outcome.error, true);
            return;
        }
        m_preview = SplitFacts::of(outcome.result);
        m_form->setPreviewed(m_form->arguments());
        showFacts();
    });
    connect(m_form, &SplitForm::previewWanted, this, &SplitsPanel::preview);
    connect(m_form, &SplitForm::dealWanted, this, &SplitsPanel::deal);
    connect(m_form, &SplitForm::settingsChanged, this, [this] {
        m_previewer->cancel();
        m_preview.reset();
        showFacts();
    });
    connect(m_empty, &EmptyState::clicked, this, &SplitsPanel::preview);
    connect(m_job, &JobStrip::changed, this, [this] {
        const bool busy = m_job->isBusy();
        m_job->setVisible(m_job->job() && (busy || m_job->job()->state == JobState::Failed));
        m_form->setBusy(busy || m_previewer->isRunning());
        if (!busy && isVisible())
            m_pause->start();
    });
    connect(m_table, &QTableView::activated, this, &SplitsPanel::openLeak);
}

SplitsPanel::~SplitsPanel() = default;

QWidget *SplitsPanel::makeSides()
{
    auto *row = new QWidget;
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::space(24));
    const char *names[] = {"None", "Train", "Val", "Test"};
    for (const std::size_t i : {1u, 2u, 3u, 0u}) {
        Side &side = m_sides[i];
        side.widget = new QWidget;
        side.title = new QLabel;
        side.title->setObjectName(QStringLiteral("split%1Title").arg(QLatin1String(names[i])));
        Theme::setType(side.title, Theme::Type::Heading);
        side.title->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
        side.people = Theme::words({}, Theme::Type::Secondary);
        side.people->setObjectName(QStringLiteral("split%1People").arg(QLatin1String(names[i])));
        side.bars = new ShareBars;
        side.bars->setObjectName(QStringLiteral("split%1Bars").arg(QLatin1String(names[i])));
        auto *column = new QVBoxLayout(side.widget);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(Theme::space(4));
        column->addWidget(side.title);
        column->addWidget(side.people);
        column->addWidget(side.bars);
        column->addStretch();
        line->addWidget(side.widget, 1);
    }
    return row;
}

QWidget *SplitsPanel::makeLeaks()
{
    m_leakTitle = new QLabel;
    m_leakTitle->setObjectName(QStringLiteral("splitLeaks"));
    Theme::setType(m_leakTitle, Theme::Type::Heading);
    m_leakHint = Theme::words({}, Theme::Type::Secondary);
    m_leakHint->setObjectName(QStringLiteral("splitLeakHint"));
    m_table = new QTableView;
    m_table->setObjectName(QStringLiteral("splitLeakTable"));
    m_table->setAccessibleName(tr("What lies in two splits; Enter shows it in the gallery"));
    m_table->setModel(m_leaks);
    m_table->setMinimumHeight(Theme::space(24) * 3); // the bars above keep their room
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setTextElideMode(Qt::ElideMiddle);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->resizeSection(LeaksModel::Kind, Theme::space(24) * 8);
    m_table->horizontalHeader()->resizeSection(LeaksModel::Name, Theme::space(24) * 12);
    m_table->horizontalHeader()->resizeSection(LeaksModel::Faces, Theme::space(24) * 3);
    auto *area = new QWidget;
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(4));
    column->addWidget(m_leakTitle);
    column->addWidget(m_leakHint);
    column->addWidget(m_table, 1);
    column->addStretch();
    return area;
}

void SplitsPanel::setSession(ProjectSession *session)
{
    m_pause->stop();
    m_checker->cancel();
    m_previewer->cancel();
    m_session = session;
    m_facts = {};
    m_preview.reset();
    m_known = false;
    m_job->setQueue(session ? &session->jobs() : nullptr);
    if (!session)
        return;
    m_form->setReadOnly(session->isWritable() ? QString() : session->readOnlyReason());
    connect(session, &ProjectSession::dataChanged, this, [this] {
        // What was previewed may not be what would come of it any more.
        m_preview.reset();
        m_form->setPreviewed({});
        if (isVisible())
            m_pause->start();
    });
    showFacts();
}

void SplitsPanel::entered()
{
    check();
}

bool SplitsPanel::isSettled() const
{
    return m_known && !m_checker->isRunning() && !m_previewer->isRunning() && !m_pause->isActive() && !m_job->isBusy();
}

void SplitsPanel::check()
{
    if (m_session)
        m_checker->start(
            {QStringLiteral("split"), QStringLiteral("--check"), QStringLiteral("-p"), m_session->folder()});
}

void SplitsPanel::preview()
{
    if (!m_session)
        return;
    if (m_stack->currentWidget() == m_empty)
        Q_EMIT buttonLeaves();
    m_form->setBusy(true);
    m_form->say(tr("Looking at all faces…"), false);
    m_previewer->start(m_form->arguments() +
                       QStringList{QStringLiteral("--dry-run"), QStringLiteral("-p"), m_session->folder()});
}

void SplitsPanel::deal()
{
    if (!m_session || !m_form->isPreviewed())
        return;
    m_session->withAnnotator(this, [this](const std::string &by) {
        Q_EMIT buttonLeaves();
        m_job->follow(m_session->jobs().start(
            tr("Deal splits"),
            m_form->arguments() + QStringList{QStringLiteral("--annotator"), QString::fromStdString(by)},
            false)); // a moment's work that waits for no training
    });
}

QString SplitsPanel::className(const QString &name) const
{
    if (name.isEmpty())
        return tr("no label");
    if (m_session)
        for (const ExpressionClass &expression : m_session->classes())
            if (name.toStdString() == expression.name)
                return QString::fromStdString(expression.display);
    return name;
}

QString SplitsPanel::identityText(const SplitFacts::Identity &identity) const
{
    QStringList parts;
    if (identity.declared > 0)
        parts << tr("%1 by declared subjects").arg(counted(identity.declared));
    if (identity.inferred > 0)
        parts << tr("%1 inferred from videos and pictures").arg(counted(identity.inferred));
    if (identity.mixed > 0)
        parts << tr("%1 declared, joined by faces without a subject").arg(counted(identity.mixed));
    return tr("%Ln group(s) to keep together: %1", nullptr, int(identity.groups()))
        .arg(parts.join(QStringLiteral(" · ")));
}

QString SplitsPanel::changesOf(const SplitFacts::Certificate &certificate) const
{
    QStringList changes;
    if (certificate.moved > 0)
        changes << tr("%Ln face(s) moved to another split", nullptr, int(certificate.moved));
    if (certificate.removed > 0)
        changes << tr("%Ln face(s) were removed", nullptr, int(certificate.removed));
    if (certificate.uncovered > 0)
        changes << tr("%Ln face(s) in a split were not dealt", nullptr, int(certificate.uncovered));
    if (certificate.groupsDiffer)
        changes << tr("other faces belong together now");
    return changes.join(QStringLiteral(", "));
}

void SplitsPanel::showSides(const SplitFacts &facts)
{
    std::vector<QString> names;
    if (m_session)
        for (const ExpressionClass &expression : m_session->classes())
            names.push_back(QString::fromStdString(expression.name));
    double largest = 0;
    for (const SplitFacts::Side &side : facts.sides) {
        for (auto one = side.byClass.begin(); one != side.byClass.end(); ++one) {
            largest = std::max(largest, double(one.value()) / double(side.faces()));
            if (std::find(names.begin(), names.end(), one.key()) == names.end())
                names.push_back(one.key());
        }
    }
    std::erase_if(names, [&](const QString &name) {
        return std::none_of(facts.sides.begin(), facts.sides.end(),
                            [&](const SplitFacts::Side &side) { return side.byClass.contains(name); });
    });
    const QString words[] = {tr("no split"), tr("Training"), tr("Validation"), tr("Test")};
    const QLocale locale;
    for (std::size_t i = 0; i < facts.sides.size(); ++i) {
        const SplitFacts::Side &side = facts.sides[i];
        const qint64 faces = side.faces();
        m_sides[i].widget->setVisible(i != 0 || faces > 0);
        m_sides[i].title->setText(QStringLiteral("%1  %2").arg(words[i], counted(faces)));
        QString people = tr("%Ln subject(s)", nullptr, int(side.subjects));
        if (side.withoutSubject > 0)
            people += tr(" · %1 faces without").arg(counted(side.withoutSubject));
        m_sides[i].people->setText(people);
        std::vector<ShareBars::Bar> bars;
        for (const QString &name : names) {
            const qint64 count = side.byClass.value(name);
            const double share = faces > 0 ? double(count) / double(faces) : 0;
            QColor colour = Theme::instance().colors().secondary;
            if (m_session)
                for (const ExpressionClass &expression : m_session->classes())
                    if (name.toStdString() == expression.name)
                        colour = Theme::instance().look(expression).color;
            bars.push_back({className(name),
                            QStringLiteral("%1  %2 %").arg(counted(count), locale.toString(100 * share, 'f', 0)),
                            largest > 0 ? share / largest : 0, colour});
        }
        m_sides[i].bars->setAccessibleName(tr("Classes of %1").arg(words[i]));
        m_sides[i].bars->setBars(std::move(bars));
    }
}

void SplitsPanel::showCertificate()
{
    QString text, details;
    bool isWarning = false;
    if (const auto &certificate = m_facts.certificate) {
        const QString hash = certificate->hash.left(8);
        text = certificate->holds ? tr("Certificate %1 still holds.").arg(hash)
                                  : tr("Certificate %1 changed since: %2.").arg(hash, changesOf(*certificate));
        isWarning = !certificate->holds;
        const auto &[train, val, test] = certificate->ratios;
        const QString rule = certificate->by == QLatin1String("subject") ? tr("by subject") : tr("at random");
        details =
            tr("Dealt %1 on %2, seed %3")
                .arg(rule, QLocale().toString(QDateTime::fromMSecsSinceEpoch(certificate->atMs), QLocale::ShortFormat))
                .arg(certificate->seed);
        if (train + val + test > 0)
            details += QStringLiteral(", %1 : %2 : %3").arg(train).arg(val).arg(test);
        details += QStringLiteral(". ") +
                   (certificate->identity ? identityText(*certificate->identity)
                                          : tr("%Ln group(s)", nullptr, int(certificate->groups))) +
                   QLatin1Char('.');
    } else {
        text = tr("No certificate: these splits came with the data, or were set by hand.");
        if (m_facts.identity)
            details = identityText(*m_facts.identity) + QLatin1Char('.');
    }
    m_certificate->setText(text);
    m_certificate->setToolTip(m_facts.certificate ? m_facts.certificate->hash : QString());
    m_details->setText(details);
    Theme::mark(m_certificate, "warning", isWarning);
}

void SplitsPanel::showFacts()
{
    const bool isPreview = m_preview.has_value();
    const bool isEmpty = m_known && !m_facts.hasSplits() && !isPreview;
    m_stack->setCurrentIndex(isEmpty ? 1 : 0);
    const bool hasFaces = m_facts.faces() > 0;
    m_empty->setSentence(hasFaces ? tr("No face is in a split yet. Splits by subject keep every person on one side.")
                                  : tr("There is nothing in this project yet."));
    m_empty->setButton(hasFaces ? tr("Preview a split") : QString());
    m_heading->setText(isPreview ? tr("Preview: nothing is changed yet") : tr("Splits now"));
    showSides(isPreview ? *m_preview : m_facts);
    for (QWidget *ofNow :
         {static_cast<QWidget *>(m_certificate), static_cast<QWidget *>(m_details), static_cast<QWidget *>(m_training),
          static_cast<QWidget *>(m_leakTitle), static_cast<QWidget *>(m_leakHint), static_cast<QWidget *>(m_table)})
        ofNow->setVisible(m_known && !isPreview);
    if (isPreview) {
        m_form->say(m_preview->identity ? identityText(*m_preview->identity) + QLatin1Char('.')
                                        : tr("Only equal pictures stay together: a person may come to two sides."),
                    false);
        return;
    }
    m_form->say({}, false);
    if (!m_known)
        return;
    showCertificate();
    const qint64 refused = m_facts.trainingLeaks;
    m_training->setText(
        m_facts.sides[1].faces() == 0 ? tr("No face is in training: a training on one fold has nothing to learn from.")
        : refused > 0 ? tr("A training on one fold refuses these splits: %Ln leak(s) reach out of training.", nullptr,
                           int(refused))
                      : tr("A training on one fold accepts these splits."));
    Theme::mark(m_training, "warning", refused > 0);
    const auto leaks = int(m_facts.leaks.size());
    m_leakTitle->setText(leaks > 0 ? tr("%Ln leak(s) between splits", nullptr, leaks) : tr("No leaks"));
    QString hint = leaks > 0 ? tr("Enter or a double click shows the faces in the gallery.")
                             : tr("No subject, video, equal or nearly equal picture lies in two splits.");
    if (!m_facts.hasNearDuplicates)
        hint += QLatin1Char(' ') + tr("Nobody looked for near-duplicates yet.");
    else if (m_facts.facesSinceSearch > 0)
        hint += QLatin1Char(' ') + tr("%Ln face(s) came after the last search for near-duplicates.", nullptr,
                                      int(m_facts.facesSinceSearch));
    m_leakHint->setText(hint);
    m_leaks->setLeaks(m_facts.leaks);
    m_table->setVisible(leaks > 0);
    if (leaks > 0)
        m_table->setCurrentIndex(m_leaks->index(0, 0));
}

void SplitsPanel::openLeak()
{
    const QModelIndex index = m_table->currentIndex();
    if (!index.isValid())
        return;
    const LeakFact leak = m_leaks->at(index.row());
    m_studio.openFilter(leak.filter());
    if (leak.shown() < leak.samples.size())
        m_studio.announce(tr("Shown are the first %1 of the %2 pictures of this leak.")
                              .arg(QLocale().toString(leak.shown()), QLocale().toString(leak.samples.size())));
}

} // namespace mien
