#include "studio/training/runs_page.h"

#include "pipeline/store/recipe_file.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/empty_state.h"
#include "studio/common/face_images.h"
#include "studio/common/job_queue.h"
#include "studio/common/mien_command.h"
#include "studio/common/plots/bar_list.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/predicting/prediction_window.h"
#include "studio/training/recipe_dialog.h"
#include "studio/training/run_details.h"
#include "studio/training/run_judgement.h"
#include "studio/training/run_trials.h"
#include "studio/training/runs_model.h"

#include <QAction>
#include <QButtonGroup>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QMimeDatabase>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <unordered_map>

namespace mien {

namespace {

constexpr std::size_t kFacesShown = 120;
constexpr int kSamplesRole = Qt::UserRole + 1;

QLabel *heading(const QString &text)
{
    auto *label = new QLabel(text);
    Theme::setType(label, Theme::Type::Heading);
    return label;
}

QString signedPercent(double difference)
{
    const QString number = QLocale().toString(std::abs(100 * difference), 'f', 1);
    return (difference < 0 ? QStringLiteral("−") : QStringLiteral("+")) + number;
}

/// What is shown of one run; what a worker thread brings back.
struct LoadedRun
{
    RunJudgement judgement;
    QByteArray metrics, config;
    QList<QByteArray> selfTests;
    QByteArray effect;
};

QByteArray fileOf(const Project &project, const std::string &run, const char *name)
{
    QFile file(project.folder() / "runs" / run / name);
    return file.open(QIODevice::ReadOnly) ? file.read(4 << 20) : QByteArray(); // it may have none
}

QList<QByteArray> selfTestsOf(const Project &project, const std::string &run)
{
    QList<QByteArray> results;
    const QDir folder(project.folder() / "runs" / run / "selftests");
    for (const QString &name : folder.entryList({QStringLiteral("*.json")}, QDir::Files))
        results << fileOf(project, run, ("selftests/" + name.toStdString()).c_str());
    return results;
}

/// The run that an active training is at: the one it resumes, or the newest that began since it started.
std::string runInWork(const std::vector<RunRow> &runs, const QList<JobInfo> &jobs)
{
    for (const JobInfo &job : jobs) {
        if (!job.isActive() || job.arguments.value(0) != QLatin1String("train"))
            continue;
        if (const qsizetype at = job.arguments.indexOf(QStringLiteral("--resume")); at >= 0)
            return job.arguments.value(at + 1).toStdString();
        const RunRow *newest = nullptr;
        for (const RunRow &run : runs) {
            if (run.state == "running" && run.startedAtMs >= job.startedAt.toMSecsSinceEpoch() &&
                (!newest || run.startedAtMs > newest->startedAtMs))
                newest = &run;
        }
        if (newest)
            return newest->id;
    }
    return {};
}

} // namespace

RunsPage::RunsPage(Studio &studio)
    : Page(studio, QStringLiteral("runs"))
    , m_list(new Background(this))
    , m_loading(new Background(this))
    , m_faces(new Background(this))
    , m_command(new MienCommand(this))
    , m_model(new RunsModel(this))
    , m_stack(new QStackedWidget)
{
    m_empty = new EmptyState(QStringLiteral("picture-nothing"),
                             tr("No training yet. Each one is listed here and can be compared with the one before."),
                             tr("Go to Train"));
    m_empty->setObjectName(QStringLiteral("runsEmpty"));
    connect(m_empty, &EmptyState::clicked, this, [this] { this->studio().showPage(QStringLiteral("train")); });

    auto *title = new QLabel(tr("Runs"));
    Theme::setType(title, Theme::Type::Title);
    m_table = new QTableView;
    m_table->setObjectName(QStringLiteral("runsTable"));
    m_table->setAccessibleName(tr("Trainings, newest first"));
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setStretchLastSection(true);
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &index) {
        m_b->setCurrentIndex(m_b->findText(QString::fromStdString(m_model->at(index.row()).id)));
    });

    m_comparisonArea = makeComparison();
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(12));
    column->addWidget(m_table);
    column->addWidget(m_comparisonArea, 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(page);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(24), Theme::space(16), Theme::space(24), Theme::space(12));
    layout->setSpacing(Theme::space(12));
    layout->addWidget(title);
    layout->addWidget(m_stack, 1);

    connect(m_command, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        if (outcome.ok()) {
            m_comparison = RunComparisonView::of(outcome.result);
            m_notice->clear();
        } else {
            m_comparison.reset();
            m_notice->setText(outcome.error);
        }
        showComparison();
        loadDetails();
    });

    connect(&Theme::instance(), &Theme::changed, this, [this] {
        if (m_comparison)
            showComparison();
    });

    ActionSpec remove;
    remove.id = QStringLiteral("runs.remove");
    remove.text = tr("Re&move a run…");
    remove.icon = QStringLiteral("delete");
    remove.keys = {QKeySequence(Qt::Key_Delete)};
    remove.menu = QStringLiteral("labels");
    remove.scope = id();
    remove.help = tr("Runs and imports that can be removed, or brought back from the bin.");
    studio.actions().add(remove, this, [this] {
        if (QAction *all = this->studio().actions().action(QStringLiteral("file.importsAndRuns")))
            all->trigger();
    });

    ActionSpec look;
    look.id = QStringLiteral("runs.look");
    look.text = tr("Show &attention in changed faces");
    look.icon = QStringLiteral("attention");
    look.keys = {QKeySequence(Qt::SHIFT | Qt::Key_A)};
    look.menu = QStringLiteral("go");
    look.scope = id();
    look.help = tr("Where both runs look in the faces of the list, beside each other.");
    studio.actions().add(look, this, [this] {
        if (m_comparison && !flips().empty())
            this->studio().openAttention(flippedFaces());
    });

    ActionSpec review;
    review.id = QStringLiteral("runs.review");
    review.text = tr("Review changed faces");
    review.icon = QStringLiteral("queue");
    review.keys = {QKeySequence(Qt::CTRL | Qt::Key_Return)};
    review.menu = QStringLiteral("labels");
    review.scope = id();
    review.help = tr("Opens the faces of the list as a review queue.");
    studio.actions().add(review, this, [this] {
        if (m_review->isEnabled() && m_review->isVisible())
            m_review->click();
    });
}

RunsPage::~RunsPage() = default;

bool RunsPage::dropped(const QStringList &paths)
{
    const bool areFiles = std::all_of(paths.begin(), paths.end(), [](const QString &path) {
        const QFileInfo file(path); // tables and folders are for Import
        const QString type = QMimeDatabase().mimeTypeForFile(file).name();
        return file.isFile() &&
               (type.startsWith(QStringLiteral("image/")) || type.startsWith(QStringLiteral("video/")));
    });
    if (!areFiles || !studio().session() || m_b->currentText().isEmpty())
        return false;
    openPredictions(paths);
    return true;
}

void RunsPage::openPredictions(const QStringList &files)
{
    auto *predictions = new PredictionWindow(*studio().session(), m_b->currentText(), window());
    predictions->show();
    predictions->look(files);
}

void RunsPage::askWhereToSaveRecipe()
{
    const QString run = m_detailsRun->currentText();
    if (m_model->rowOf(run) < 0)
        return;
    auto *dialog = saveRecipeDialog(window(), run);
    connect(dialog, &QFileDialog::fileSelected, this, [this, run](const QString &path) { saveRecipe(run, path); });
    dialog->open();
}

void RunsPage::saveRecipe(const QString &run, const QString &path)
{
    const int row = m_model->rowOf(run);
    if (row < 0)
        return; // removed meanwhile
    if (const auto written = writeRecipe(path.toStdString(), recipeOf(m_model->at(row))); !written)
        studio().showError(QString::fromStdString(written.error().message));
    else
        studio().announce(tr("How %1 was trained is saved as %2.").arg(run, QFileInfo(path).fileName()));
}

QWidget *RunsPage::makeComparison()
{
    auto *area = new QWidget;
    area->setObjectName(QStringLiteral("runsComparison"));
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(12));

    const auto runBox = [this](const char *name, const QString &accessible) {
        auto *box = new QComboBox;
        box->setObjectName(QLatin1String(name));
        box->setAccessibleName(accessible);
        box->setMinimumWidth(Theme::space(72));
        connect(box, &QComboBox::currentIndexChanged, this, &RunsPage::compare);
        return box;
    };
    m_a = runBox("runsA", tr("Run before"));
    m_b = runBox("runsB", tr("Run after"));
    m_verdict = new QLabel;
    m_verdict->setObjectName(QStringLiteral("runsVerdict"));
    Theme::setType(m_verdict, Theme::Type::Heading);
    m_same = new QLabel;
    m_same->setObjectName(QStringLiteral("runsSame"));
    Theme::setType(m_same, Theme::Type::Secondary);
    m_repeat = new QPushButton(tr("Run again exactly"));
    m_repeat->setObjectName(QStringLiteral("runsRepeat"));
    m_repeat->setAccessibleName(tr("Run the second run again with its own settings"));
    connect(m_repeat, &QPushButton::clicked, this, [this] {
        studio().jobs().start(tr("Repeat %1").arg(m_b->currentText()),
                              {QStringLiteral("train"), QStringLiteral("--from-run"), m_b->currentText()});
        studio().showPage(QStringLiteral("train"));
    });
    m_try = new QPushButton(tr("Try on pictures…"));
    m_try->setObjectName(QStringLiteral("runsTry"));
    m_try->setAccessibleName(tr("What the second run sees in photos and videos"));
    connect(m_try, &QPushButton::clicked, this, [this] { openPredictions({}); });
    auto *head = new QHBoxLayout;
    head->setSpacing(Theme::space(8));
    head->addWidget(heading(tr("Compare")));
    head->addWidget(m_a);
    head->addWidget(new QLabel(QStringLiteral("→")));
    head->addWidget(m_b);
    head->addSpacing(Theme::space(16));
    head->addWidget(m_verdict);
    head->addStretch();
    head->addWidget(m_try);
    head->addWidget(m_repeat);
    column->addLayout(head);
    column->addWidget(m_same);
    m_notice = new QLabel;
    m_notice->setObjectName(QStringLiteral("runsNotice"));
    m_notice->setWordWrap(true);
    Theme::setType(m_notice, Theme::Type::Secondary);
    column->addWidget(m_notice);

    m_bars = new BarList;
    m_bars->setObjectName(QStringLiteral("runsBars"));
    m_bars->setAccessibleName(tr("Recall of each class, run after above run before"));
    connect(m_bars, &BarList::barActivated, this, [this](int bar) {
        if (!m_comparison || bar >= static_cast<int>(m_comparison->classes.size()))
            return;
        const QString name = m_comparison->classes[static_cast<std::size_t>(bar)].name;
        studio().openQueue({className(name), {}, QStringLiteral("label:\"%1\"").arg(name)});
    });
    m_details = new RunDetails;
    connect(m_details, &RunDetails::cellActivated, this, &RunsPage::openCell);
    connect(m_details, &RunDetails::recipeWanted, this, &RunsPage::askWhereToSaveRecipe);
    RunTrials *trials = &m_details->trials();
    connect(trials, &RunTrials::selfTestWanted, this, [this](double rate, const QString &shape) {
        const QString run = m_detailsRun->currentText();
        studio().jobs().start(tr("Self-test of %1").arg(run),
                              {QStringLiteral("selftest"), QStringLiteral("--run"), run, QStringLiteral("--rate"),
                               QString::number(rate), QStringLiteral("--shape"), shape});
    });
    connect(trials, &RunTrials::effectWanted, this, [this](int pairs) {
        const QString run = m_detailsRun->currentText();
        studio().jobs().start(
            tr("Effect of the corrections on %1").arg(run),
            {QStringLiteral("runs"), QStringLiteral("effect"), run, QStringLiteral("--seeds"), QString::number(pairs)});
    });
    connect(trials, &RunTrials::facesWanted, this, [this](const QString &title, const std::vector<SampleId> &samples) {
        studio().openQueue({title, samples, {}});
    });
    connect(m_details, &RunDetails::classActivated, this, [this](int row) {
        const QString name = m_details->judgement().classes[static_cast<std::size_t>(row)];
        studio().openQueue({className(name), {}, QStringLiteral("label:\"%1\"").arg(name)});
    });
    m_detailsRun = new QComboBox;
    m_detailsRun->setObjectName(QStringLiteral("runsMatrixRun"));
    m_detailsRun->setAccessibleName(tr("Run whose details are shown"));
    connect(m_detailsRun, &QComboBox::currentIndexChanged, this, &RunsPage::loadDetails);

    m_flipGroup = new QButtonGroup(this);
    auto *flipRow = new QHBoxLayout;
    flipRow->setSpacing(Theme::space(4));
    const std::pair<const char *, QString> kinds[] = {
        {"runsFixed", tr("Fixed")}, {"runsBroken", tr("Broken")}, {"runsBothWrong", tr("Both wrong")}};
    int number = 0;
    for (const auto &[name, text] : kinds) {
        auto *button = new QToolButton;
        button->setObjectName(QLatin1String(name));
        button->setAccessibleName(text);
        button->setText(text);
        button->setCheckable(true);
        button->setChecked(number == 0);
        button->setFocusPolicy(Qt::StrongFocus);
        m_flipGroup->addButton(button, number++);
        flipRow->addWidget(button);
    }
    connect(m_flipGroup, &QButtonGroup::idClicked, this, [this](int kind) {
        m_flip = static_cast<Flip>(kind);
        showFlips();
    });
    m_review = new QPushButton(tr("Review these"));
    m_review->setObjectName(QStringLiteral("runsReview"));
    m_review->setAccessibleName(tr("Review the faces of the list"));
    m_review->setProperty("primary", true);
    connect(m_review, &QPushButton::clicked, this, [this] {
        if (!m_comparison || flips().empty())
            return;
        studio().setSelection(flips());
        studio().openQueue(flippedFaces());
    });
    flipRow->addStretch();
    flipRow->addWidget(m_review);
    m_flipModel = new QStandardItemModel(this);
    m_flipList = new QListView;
    m_flipList->setObjectName(QStringLiteral("runsFlips"));
    m_flipList->setAccessibleName(tr("Faces whose answer changed"));
    m_flipList->setViewMode(QListView::IconMode);
    m_flipList->setResizeMode(QListView::Adjust);
    m_flipList->setMovement(QListView::Static);
    m_flipList->setUniformItemSizes(true);
    m_flipList->setIconSize(QSize(Theme::space(64), Theme::space(64)));
    m_flipList->setSpacing(Theme::space(4));
    m_flipList->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_flipList->setModel(m_flipModel);
    connect(m_flipList->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (index.isValid())
            studio().setCurrentSample(SampleId{index.data(kSamplesRole).toLongLong()});
    });

    auto *left = new QVBoxLayout;
    left->setSpacing(Theme::space(8));
    left->addWidget(heading(tr("Recall by class")));
    left->addWidget(m_bars);
    left->addSpacing(Theme::space(8));
    auto *matrixHead = new QHBoxLayout;
    matrixHead->addWidget(heading(tr("Details of")));
    matrixHead->addWidget(m_detailsRun);
    matrixHead->addStretch();
    left->addLayout(matrixHead);
    left->addWidget(m_details, 1);
    left->addStretch();
    auto *leftSide = new QWidget;
    leftSide->setLayout(left);
    left->setContentsMargins(0, 0, Theme::space(8), 0);
    auto *scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("runsScroll"));
    scroll->setAccessibleName(tr("Recall and confusions"));
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus); // it follows the control that has the focus
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(leftSide);
    auto *right = new QVBoxLayout;
    right->setSpacing(Theme::space(8));
    right->addLayout(flipRow);
    right->addWidget(m_flipList, 1);
    auto *both = new QHBoxLayout;
    both->setSpacing(Theme::space(24));
    both->addWidget(scroll, 5);
    both->addLayout(right, 6);
    column->addLayout(both, 1);
    return area;
}

QueueRequest RunsPage::flippedFaces() const
{
    QueueRequest request;
    const QString words[] = {tr("Fixed by %1"), tr("Broken by %1"), tr("Wrong before and in %1")};
    request.title =
        (m_comparison->a == m_comparison->b ? tr("Wrong in %1") : words[static_cast<int>(m_flip)]).arg(m_comparison->b);
    request.samples = flips();
    request.comparedRuns = {m_comparison->a, m_comparison->b};
    request.comparedRuns.removeDuplicates();
    return request;
}

void RunsPage::setSession(ProjectSession *session)
{
    m_list->stop();
    m_loading->stop();
    m_faces->stop();
    m_comparison.reset();
    m_compared.clear();
    m_loaded = false;
    m_model->setRuns({}, {});
    if (!session)
        return;
    const auto reloadShown = [this] {
        if (isVisible())
            reload();
    };
    m_details->trials().setWritable(session->isWritable(), session->readOnlyReason());
    m_repeat->setEnabled(session->isWritable());
    m_repeat->setToolTip(session->isWritable() ? tr("The same data, settings and seed: the same network again.")
                                               : session->readOnlyReason());
    connect(session, &ProjectSession::dataChanged, this, reloadShown);
    connect(&session->jobs(), &JobQueue::finished, this, reloadShown);
}

void RunsPage::entered()
{
    m_compared.clear(); // labels may have changed: the comparison is of the current ones
    reload();
}

bool RunsPage::isSettled() const
{
    return m_loaded && !m_command->isRunning() && !m_list->isBusy() && !m_loading->isBusy() && !m_faces->isBusy();
}

QString RunsPage::className(const QString &canonical) const
{
    const ProjectSession *session = studio().session();
    const ExpressionClass *expression = session ? session->classNamed(canonical) : nullptr;
    return expression ? QString::fromStdString(expression->display) : canonical;
}

void RunsPage::reload()
{
    ProjectSession *session = studio().session();
    if (!session)
        return;
    struct List
    {
        std::vector<RunRow> runs;
        std::string flaggedBy;
    };
    m_list->start(
        [readers = session->readers()](const Job &) {
            return readers->with([](const Project &project) -> Result<List> {
                const auto flagging = currentFlagging(project);
                return List{runs(project), flagging ? flagging->run : std::string()};
            });
        },
        [this](const Result<List> &list) {
            if (!list) {
                studio().showError(QString::fromStdString(list.error().message));
                return;
            }
            m_loaded = true;
            m_model->setRuns(list->runs, list->flaggedBy, runInWork(list->runs, studio().jobs().jobs()));
            const bool appears = m_stack->currentIndex() == 0 && m_model->rowCount() > 0;
            m_stack->setCurrentIndex(m_model->rowCount() == 0 ? 0 : 1);
            if (appears && isVisible())
                m_table->setFocus();
            // As high as its rows, up to five.
            const int rows = std::clamp(m_model->rowCount(), 1, 5);
            m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height() +
                                    rows * m_table->verticalHeader()->defaultSectionSize() + 4);
            QStringList done;
            for (int row = m_model->rowCount() - 1; row >= 0; --row) {
                if (m_model->at(row).state == "done" && learnedLabels(m_model->at(row))) // the rest has no opinion
                    done << QString::fromStdString(m_model->at(row).id);
            }
            const QString a = m_a->currentText(), b = m_b->currentText();
            const bool newer = !done.isEmpty() && m_b->findText(done.last()) < 0;
            {
                const QSignalBlocker blockA(m_a), blockB(m_b);
                m_a->clear();
                m_b->clear();
                m_a->addItems(done);
                m_b->addItems(done);
                const auto last = static_cast<int>(done.size()) - 1;
                m_a->setCurrentIndex(!newer && done.contains(a) ? static_cast<int>(done.indexOf(a))
                                                                : std::max(0, last - 1));
                m_b->setCurrentIndex(!newer && done.contains(b) ? static_cast<int>(done.indexOf(b)) : last);
            }
            compare();
        });
}

void RunsPage::compare()
{
    const QString a = m_a->currentText(), b = m_b->currentText();
    m_comparisonArea->setVisible(!b.isEmpty());
    if (b.isEmpty())
        return;
    const QString wish = a + QLatin1Char(' ') + b;
    if (wish == m_compared)
        return;
    m_compared = wish;
    m_comparison.reset();
    m_loading->stop();
    m_details->clear(); // of another run
    {
        const QSignalBlocker blocker(m_detailsRun);
        const bool before = m_detailsRun->currentIndex() == 1;
        m_detailsRun->clear();
        m_detailsRun->addItem(b);
        if (a != b)
            m_detailsRun->addItem(a);
        m_detailsRun->setCurrentIndex(before && a != b ? 1 : 0);
    }
    m_command->start(
        {QStringLiteral("runs"), QStringLiteral("compare"), a, b, QStringLiteral("-p"), studio().session()->folder()});
}

void RunsPage::showComparison()
{
    m_bars->setVisible(m_comparison.has_value());
    m_notice->setVisible(!m_notice->text().isEmpty());
    if (!m_comparison) {
        m_verdict->clear();
        m_same->clear();
        showFlips();
        return;
    }
    const RunComparisonView &view = *m_comparison;
    const QLocale locale;
    const auto percent = [&locale](double share) { return locale.toString(100 * share, 'f', 1); };
    const bool same = view.a == view.b;
    const QString leftOut =
        tr("%Ln face(s) left out: a network was trained on them", nullptr, static_cast<int>(view.leftOut));
    if (same) {
        m_verdict->setText(
            tr("accuracy %1 %, macro F1 %2 % by the labels now").arg(percent(view.accuracyB), percent(view.macroF1B)));
        QStringList facts{tr("Train again after reviewing: the two runs are then compared face by face.")};
        if (view.leftOut > 0)
            facts << leftOut;
        m_same->setText(facts.join(QStringLiteral(" · ")));
    } else {
        m_verdict->setText(
            tr("accuracy %1 → %2 % (%3)")
                .arg(percent(view.accuracyA), percent(view.accuracyB), signedPercent(view.accuracyB - view.accuracyA)));
        QStringList facts;
        facts << tr("95 % interval %1 to %2: %3")
                     .arg(signedPercent(view.lower), signedPercent(view.upper),
                          view.isClear() ? tr("clear") : tr("not clear"));
        facts << tr("macro F1 %1 → %2 % (%3)")
                     .arg(percent(view.macroF1A), percent(view.macroF1B), signedPercent(view.macroF1B - view.macroF1A));
        facts << tr("%Ln face(s) in both, judged by the labels as they are now", nullptr,
                    static_cast<int>(view.samples));
        if (view.leftOut > 0)
            facts << leftOut;
        facts << (view.sameSnapshot ? tr("same data") : tr("data differ"));
        facts << (view.sameSeed ? tr("same seed") : tr("seeds differ"));
        m_same->setText(facts.join(QStringLiteral(" · ")));
    }
    std::vector<Bar> bars;
    for (const RunComparisonView::ClassLine &line : view.classes) {
        Bar bar;
        bar.name = className(line.name);
        const ExpressionClass *expression = studio().session()->classNamed(line.name);
        bar.colour = expression ? Theme::instance().look(*expression).color : Theme::instance().colors().secondary;
        bar.value = line.recallB;
        if (!same)
            bar.other = line.recallA;
        bar.text = same ? tr("%1 % of %2").arg(percent(line.recallB), locale.toString(line.samples))
                        : tr("%1 %  %2").arg(percent(line.recallB), signedPercent(line.recallB - line.recallA));
        bars.push_back(bar);
    }
    m_bars->setBars(std::move(bars));
    const std::pair<const char *, const std::vector<SampleId> *> counts[] = {
        {QT_TR_NOOP("Fixed %1"), &view.fixed},
        {QT_TR_NOOP("Broken %1"), &view.broken},
        {QT_TR_NOOP("Both wrong %1"), &view.bothWrong}};
    for (int i = 0; i < 3; ++i) {
        auto *button = m_flipGroup->button(i);
        button->setText(tr(counts[i].first).arg(locale.toString(static_cast<qlonglong>(counts[i].second->size()))));
        button->setAccessibleName(button->text());
    }
    // One run alone: what it gets wrong.
    m_flipGroup->button(0)->setVisible(!same);
    m_flipGroup->button(1)->setVisible(!same);
    if (same) {
        m_flip = Flip::BothWrong;
        m_flipGroup->button(2)->setChecked(true);
        m_flipGroup->button(2)->setText(
            tr("Wrong %1").arg(locale.toString(static_cast<qlonglong>(view.bothWrong.size()))));
        m_flipGroup->button(2)->setAccessibleName(m_flipGroup->button(2)->text());
    }
    if (flips().empty() && m_flip == Flip::Fixed && !view.bothWrong.empty() && view.broken.empty()) {
        m_flip = Flip::BothWrong;
        m_flipGroup->button(2)->setChecked(true);
    }
    showFlips();
}

/// Empty: not known, as nothing could be compared; then a run of one fold has held out none of those faces.
std::optional<std::vector<SampleId>> RunsPage::learnedByShown() const
{
    const QString shown = m_detailsRun->currentText();
    if (m_comparison)
        return shown == m_comparison->b ? m_comparison->learnedB : m_comparison->learnedA;
    for (int row = 0; row < m_model->rowCount(); ++row)
        if (shown == QString::fromStdString(m_model->at(row).id) && m_model->at(row).folds > 1)
            return std::vector<SampleId>(); // each fold is judged by the network of another
    return std::nullopt;
}

void RunsPage::loadDetails()
{
    ProjectSession *session = studio().session();
    const QString run = m_detailsRun->currentText();
    if (!session || run.isEmpty())
        return;
    m_loading->start(
        [readers = session->readers(), run = run.toStdString(), learned = learnedByShown(),
         classes = session->classes()](const Job &) {
            return readers->with([&](const Project &project) -> Result<LoadedRun> {
                auto judgement =
                    learned ? judgementOf(project, run, *learned, classes) : Result<RunJudgement>(RunJudgement());
                if (!judgement)
                    return fail(judgement.error());
                return LoadedRun{std::move(*judgement), fileOf(project, run, "metrics.jsonl"),
                                 fileOf(project, run, "config.json"), selfTestsOf(project, run),
                                 fileOf(project, run, "effect.json")};
            });
        },
        [this, run](const Result<LoadedRun> &loaded) {
            if (!loaded) {
                studio().showError(QString::fromStdString(loaded.error().message));
                return;
            }
            m_details->setJudgement(run, loaded->judgement);
            m_details->setFiles(loaded->metrics, loaded->config);
            m_details->trials().setResults(loaded->selfTests, loaded->effect);
        });
}

void RunsPage::openCell(int row, int column)
{
    const QString label = m_details->judgement().classes[static_cast<std::size_t>(row)];
    const QString predicted = m_details->judgement().classes[static_cast<std::size_t>(column)];
    ProjectSession *session = studio().session();
    const auto learned = learnedByShown();
    if (!learned)
        return;
    const std::string run = m_detailsRun->currentText().toStdString();
    // By the run's own predictions: the filter `predicted:` knows those of the current flags only.
    m_faces->start(
        [readers = session->readers(), run, learned = *learned, label = label.toStdString(),
         predicted = predicted.toStdString()](const Job &) {
            return readers->with([&](const Project &project) -> Result<std::vector<SampleId>> {
                const auto wanted = project.classNamed(predicted);
                const auto labelled = samplesMatching(project, "label:\"" + label + "\"", {"suspicion", true});
                if (!labelled)
                    return fail(labelled.error());
                std::unordered_map<std::int64_t, bool> match;
                for (const PredictionRow &prediction : judgedPredictions(project, run, learned))
                    match[prediction.sample.value] = wanted == prediction.predicted;
                std::vector<SampleId> samples;
                for (const SampleId id : *labelled) {
                    if (match[id.value])
                        samples.push_back(id);
                }
                return samples;
            });
        },
        [this, label, predicted](const Result<std::vector<SampleId>> &samples) {
            if (!samples || samples->empty()) {
                studio().announce(samples ? tr("No face is in this cell.")
                                          : QString::fromStdString(samples.error().message));
                return;
            }
            studio().setSelection(*samples);
            studio().openQueue({tr("%1 predicted as %2").arg(className(label), className(predicted)), *samples, {}});
        });
}

const std::vector<SampleId> &RunsPage::flips() const
{
    static const std::vector<SampleId> none;
    if (!m_comparison)
        return none;
    switch (m_flip) {
    case Flip::Fixed: return m_comparison->fixed;
    case Flip::Broken: return m_comparison->broken;
    case Flip::BothWrong: return m_comparison->bothWrong;
    }
    return none;
}

void RunsPage::showFlips()
{
    const std::vector<SampleId> &all = flips();
    m_review->setEnabled(!all.empty());
    m_review->setText(all.empty() ? tr("Review these") : tr("Review these %Ln", nullptr, static_cast<int>(all.size())));
    ProjectSession *session = studio().session();
    m_flipModel->clear();
    if (!session || all.empty())
        return;
    struct Face
    {
        SampleRow row;
        QImage image;
    };
    std::vector<SampleId> shown(all.begin(),
                                all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kFacesShown)));
    const int side = static_cast<int>(m_flipList->iconSize().width() * devicePixelRatioF());
    m_faces->start(
        [readers = session->readers(), shown = std::move(shown), side](const Job &job) {
            return readers->with([&](const Project &project) -> Result<std::vector<Face>> {
                const FaceImages images(project.folder());
                const auto rows = sampleRows(project, shown);
                if (!rows)
                    return fail(rows.error());
                std::vector<Face> faces;
                for (const SampleRow &row : *rows) {
                    if (job.stop.stop_requested())
                        break;
                    faces.push_back({row, images.thumbnail(row, side)});
                }
                return faces;
            });
        },
        [this, side](const Result<std::vector<Face>> &faces) {
            if (!faces) {
                studio().showError(QString::fromStdString(faces.error().message));
                return;
            }
            const ProjectSession &open = *studio().session();
            for (const Face &face : *faces) {
                QPixmap pixmap(side, side);
                pixmap.fill(Qt::transparent);
                if (!face.image.isNull()) {
                    QPainter painter(&pixmap);
                    const QImage scaled = face.image.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation);
                    painter.drawImage((side - scaled.width()) / 2, (side - scaled.height()) / 2, scaled);
                }
                pixmap.setDevicePixelRatio(devicePixelRatioF());
                QString code = QStringLiteral("--");
                if (const ExpressionClass *label = open.classOf(face.row.label.value_or(ClassId{})))
                    code = QString::fromStdString(label->code);
                auto *item = new QStandardItem(QIcon(pixmap), code);
                item->setData(QVariant::fromValue(qlonglong(face.row.id.value)), kSamplesRole);
                item->setData(tr("labelled %1, %2")
                                  .arg(open.displayName(face.row.label.value_or(ClassId{})),
                                       QString::fromStdString(face.row.source)),
                              Qt::AccessibleTextRole);
                item->setToolTip(QString::fromStdString(face.row.source));
                m_flipModel->appendRow(item);
            }
        });
}

} // namespace mien
