#include "studio/training/train_page.h"

#include "models/base/recipe_epochs.h"
#include "pipeline/store/recipe_file.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/snapshots.h"
#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/job_model.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/job_verbs.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/training/all_settings.h"
#include "studio/training/checklist.h"
#include "studio/training/network_chooser.h"
#include "studio/training/recipe_dialog.h"
#include "studio/training/speed_probe.h"
#include "studio/training/train_form.h"

#include <QAction>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace mien {

namespace {

/// Of a label space.
QString wordOf(const QString &space)
{
    return space == QLatin1String("expression")   ? TrainPage::tr("expressions")
           : space == QLatin1String("drowsiness") ? TrainPage::tr("drowsiness")
                                                  : space;
}

QByteArray metricsOf(const QString &project, const QString &run)
{
    QFile file(QDir(project).filePath(QStringLiteral("runs/%1/metrics.jsonl").arg(run)));
    return file.open(QIODevice::ReadOnly) ? file.read(4 << 20) : QByteArray();
}

PretrainedRun pretrainedOf(const RunRow &run)
{
    PretrainedRun found;
    found.run = QString::fromStdString(run.id);
    found.network = QString::fromStdString(run.network);
    const QDateTime at = QDateTime::fromMSecsSinceEpoch(run.startedAtMs);
    found.words = QStringLiteral("%1 · %2").arg(found.run, QLocale().toString(at.date(), QLocale::ShortFormat));
    const QJsonObject configuration = QJsonDocument::fromJson(QByteArray::fromStdString(run.configJson)).object();
    found.settings = configuration.value(QLatin1String("set")).toObject().toVariantMap();
    return found;
}

/// Mean of what metrics.jsonl says of the speed; 0 when it says nothing.
double speedOf(const QByteArray &metrics)
{
    TrainingCurves curves;
    curves.addFile(metrics);
    return curves.imagesPerSecond();
}

QPushButton *button(const char *name, const QString &text)
{
    auto *made = new QPushButton(text);
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(text);
    return made;
}

} // namespace

TrainPage::TrainPage(Studio &studio)
    : Page(studio, QStringLiteral("train"))
    , m_networksCommand(new MienCommand(this))
    , m_devicesCommand(new MienCommand(this))
    , m_describeCommand(new MienCommand(this))
    , m_checkCommand(new MienCommand(this))
    , m_convertCommand(new MienCommand(this))
    , m_probe(new SpeedProbe(this))
    , m_background(new Background(this))
    , m_gatherTimer(new QTimer(this))
    , m_curvesTimer(new QTimer(this))
    , m_describeTimer(new QTimer(this))
    , m_checkTimer(new QTimer(this))
    , m_form(new TrainForm)
{
    auto *title = new QLabel(tr("Train"));
    Theme::setType(title, Theme::Type::Title);
    auto *scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("trainScroll"));
    scroll->setAccessibleName(tr("Settings of the training"));
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus); // it follows the control that has the focus
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_form);
    auto *left = new QVBoxLayout;
    left->setSpacing(Theme::space(12));
    auto *open = button("trainOpenRecipe", tr("Open…")), *save = button("trainSaveRecipe", tr("Save…"));
    open->setAccessibleName(tr("Open a recipe"));
    save->setAccessibleName(tr("Save the settings as a recipe"));
    open->setToolTip(tr("Fills the form with a recipe that was saved or shared; one can also be dropped on the page."));
    save->setToolTip(tr("Network, recipe, folds and settings as a file to keep or share, without data."));
    connect(open, &QPushButton::clicked, this, &TrainPage::askForRecipe);
    connect(save, &QPushButton::clicked, this, &TrainPage::askWhereToSave);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, Theme::space(12), 0);
    head->setSpacing(Theme::space(8));
    head->addWidget(new QLabel(tr("Recipe file")));
    head->addStretch();
    head->addWidget(open);
    head->addWidget(save);
    left->addWidget(title);
    left->addLayout(head);
    m_recipeWords = Theme::words({}, Theme::Type::Secondary);
    m_recipeWords->setObjectName(QStringLiteral("trainRecipeWords"));
    m_recipeWords->hide();
    left->addWidget(m_recipeWords);
    left->addWidget(scroll, 1);
    auto *leftSide = new QWidget;
    leftSide->setLayout(left);
    left->setContentsMargins(0, 0, Theme::space(8), 0);
    leftSide->setFixedWidth(Theme::space(360));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(Theme::space(24), Theme::space(16), Theme::space(24), Theme::space(12));
    row->setSpacing(Theme::space(16));
    row->addWidget(leftSide);
    row->addWidget(makeRight(), 1);

    // The lines carry the theme's colours.
    connect(&Theme::instance(), &Theme::changed, this, &TrainPage::refreshCurves);
    m_gatherTimer->setSingleShot(true);
    m_gatherTimer->setInterval(300);
    connect(m_gatherTimer, &QTimer::timeout, this, &TrainPage::gather);
    m_curvesTimer->setSingleShot(true);
    m_curvesTimer->setInterval(200);
    connect(m_curvesTimer, &QTimer::timeout, this, [this] {
        refreshCurves();
        refreshLog();
    });
    m_describeTimer->setSingleShot(true);
    m_describeTimer->setInterval(200);
    connect(m_describeTimer, &QTimer::timeout, this, &TrainPage::describeNetwork);
    connect(m_describeCommand, &MienCommand::event, this, [this](const QJsonObject &line) {
        if (const auto network = networkOf(line))
            m_parameters = network->parameters;
    });
    connect(m_describeCommand, &MienCommand::finished, this, [this] {
        if (m_parameters > 0 && m_described == whatToDescribe())
            m_form->setParameters(m_parameters);
        refreshChecklist();
    });
    m_checkTimer->setSingleShot(true);
    m_checkTimer->setInterval(400);
    connect(m_checkTimer, &QTimer::timeout, this, &TrainPage::checkFurther);
    connect(m_checkCommand, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_checkFault = outcome.ok() ? QString() : outcome.error;
        refreshChecklist();
        probeSpeed();
    });
    connect(m_form, &TrainForm::chooserWanted, this, [this] {
        auto *chooser = new NetworkChooser(m_form->networks(), m_form->network() ? m_form->network()->name : QString(),
                                           m_facts.preflight.trained, window());
        connect(chooser, &NetworkChooser::networkChosen, m_form, &TrainForm::chooseNetwork);
        chooser->open();
    });
    connect(m_form, &TrainForm::weightsWanted, this, &TrainPage::askForWeights);
    connect(m_form, &TrainForm::allSettingsWanted, this, &TrainPage::showAllSettings);
    connect(m_form, &TrainForm::changed, this, [this] {
        if (m_form->snapshot() != m_gathered || m_form->wantedSpace() != m_gatheredSpace)
            m_gatherTimer->start(); // other faces are trained on
        m_describeTimer->start();
        if (m_form->hasFurtherSettings())
            m_checkTimer->start();
        refreshChecklist();
        probeSpeed();
    });
    connect(m_probe, &SpeedProbe::measured, this, &TrainPage::refreshChecklist);
    connect(m_probe, &SpeedProbe::failed, this, [this](const QString &key, const QString &) {
        m_probeFailed << key;
        refreshChecklist();
    });
    connect(m_networksCommand, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_networksKnown = true;
        m_problem = outcome.ok() ? QString() : outcome.error;
        refreshChecklist();
        // Behind what takes the rows: the form has them then.
        QTimer::singleShot(0, this, &TrainPage::applyRecipe);
    });

    ActionRegistry &registry = studio.actions();
    const auto add = [&](const char *id, const QString &text, const char *picture, QKeySequence key,
                         const QString &help, QPushButton *target) {
        ActionSpec spec;
        spec.id = QLatin1String(id);
        spec.text = text;
        spec.icon = QLatin1String(picture);
        if (!key.isEmpty())
            spec.keys = {key};
        spec.menu = QStringLiteral("jobs");
        spec.scope = this->id();
        spec.help = help;
        registry.add(spec, this, [target] {
            if (target->isVisible() && target->isEnabled())
                target->click();
        });
    };
    add("train.start", tr("Start training"), "play", QKeySequence(Qt::CTRL | Qt::Key_Return),
        tr("Trains with the settings on the page."), m_start);
    add("train.cancel", tr("Stop training"), "stop", {}, tr("What was trained so far is kept and can be resumed."),
        m_job->findChild<QPushButton *>(QStringLiteral("trainCancel")));
    add("train.resume", tr("Resume training"), "retry", {}, tr("Goes on with the training that was stopped."),
        m_resume);
    add("train.openRecipe", tr("Open a recipe…"), "folder", {}, tr("Fills the page with settings that were shared."),
        open);
    add("train.saveRecipe", tr("Save the recipe…"), "save", {}, tr("Writes the settings on the page to a file."), save);
    add("train.flag", tr("Flag doubtful labels"), "warning", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F),
        tr("Scores every face with the newest run and fills the review queue."), m_flag);
}

TrainPage::~TrainPage() = default;

QWidget *TrainPage::makeRight()
{
    auto *right = new QWidget;
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(12));

    m_checklist = new QFrame;
    m_checklist->setObjectName(QStringLiteral("trainChecklist"));
    m_checklist->setAccessibleName(tr("What will happen"));
    m_checklist->setProperty("card", true);
    auto *card = new QHBoxLayout(m_checklist);
    card->setContentsMargins(Theme::space(16), Theme::space(12), Theme::space(16), Theme::space(12));
    card->setSpacing(Theme::space(16));
    auto *checks = new QVBoxLayout;
    checks->setSpacing(Theme::space(8));
    checks->addWidget(Theme::words(tr("What will happen"), Theme::Type::Heading));
    m_checks = new Checklist;
    checks->addWidget(m_checks);
    card->addLayout(checks, 1);
    m_start = button("trainStart", tr("Start training"));
    m_start->setProperty("primary", true);
    m_start->setEnabled(false); // until it is known what would happen
    m_start->setMinimumWidth(Theme::space(120));
    card->addWidget(m_start, 0, Qt::AlignBottom);
    column->addWidget(m_checklist);

    m_jobCard = new QWidget;
    m_jobCard->setObjectName(QStringLiteral("trainResult"));
    m_job = new JobStrip(QStringLiteral("train"), tr("Stop"));
    m_resume = button("trainResume", tr("Resume"));
    m_flag = button("trainFlag", tr("Flag now"));
    m_flag->setProperty("primary", true);
    m_flag->setToolTip(
        tr("Scores every face by the networks that did not see it; the most doubtful come first in Review."));
    m_compare = button("trainCompare", tr("Compare runs"));
    for (QPushButton *made : {m_resume, m_compare, m_flag})
        m_job->addButton(made);
    m_loss = new LinePlot;
    m_loss->setObjectName(QStringLiteral("trainLoss"));
    m_loss->setTitle(tr("Loss"));
    m_loss->setAxes(tr("epoch"), {});
    m_accuracy = new LinePlot;
    m_accuracy->setObjectName(QStringLiteral("trainAccuracy"));
    m_accuracy->setTitle(tr("Held-out faces"));
    m_accuracy->setAxes(tr("epoch"), {});
    m_accuracy->setSmoothing(0.4);
    m_log = new QPlainTextEdit;
    m_log->setObjectName(QStringLiteral("trainLog"));
    m_log->setAccessibleName(tr("Log of the training"));
    m_log->setReadOnly(true);
    m_log->setFont(Theme::instance().font(Theme::Type::Fixed));
    m_log->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_log->setMaximumBlockCount(2000);
    // A few lines; the curves get the rest.
    m_log->setFixedHeight(m_log->fontMetrics().lineSpacing() * 5 + Theme::space(16));

    auto *plots = new QHBoxLayout;
    plots->setSpacing(Theme::space(24));
    plots->addWidget(m_loss, 1);
    plots->addWidget(m_accuracy, 1);
    auto *job = new QVBoxLayout(m_jobCard);
    job->setContentsMargins(0, 0, 0, 0);
    job->setSpacing(Theme::space(8));
    job->addWidget(m_job);
    job->addLayout(plots, 1);
    job->addWidget(m_log);
    column->addWidget(m_jobCard, 1);

    connect(m_start, &QPushButton::clicked, this, [this] {
        if (const NetworkEntry *network = m_form->network())
            start(m_form->arguments(), tr("Train %1").arg(network->name));
    });
    connect(m_job, &JobStrip::changed, this, &TrainPage::refreshJob);
    connect(m_resume, &QPushButton::clicked, this, [this] {
        const QString run = m_facts.unfinished;
        start({QStringLiteral("train"), QStringLiteral("--resume"), run}, tr("Resume %1").arg(run));
    });
    connect(m_flag, &QPushButton::clicked, this, &TrainPage::startFlag);
    connect(m_compare, &QPushButton::clicked, this, [this] { studio().showPage(QStringLiteral("runs")); });
    return right;
}

// --------------------------------------------------------------------------------------------- the project

void TrainPage::setSession(ProjectSession *session)
{
    m_background->stop();
    m_probe->cancel();
    m_recipeWords->hide();
    m_factsKnown = false;
    m_facts = {};
    m_curves.clear();
    m_job->setQueue(session ? &session->jobs() : nullptr);
    if (!session)
        return;
    connect(session, &ProjectSession::dataChanged, m_gatherTimer, qOverload<>(&QTimer::start));
    JobQueue *jobs = &session->jobs();
    connect(jobs, &JobQueue::event, this, [this](const QString &id, const QJsonObject &line) {
        if (id == m_job->id() && takeLine(line))
            m_curvesTimer->start();
    });
    connect(jobs, &JobQueue::added, this, [this, jobs](const QString &id) {
        const JobInfo *job = jobs->job(id);
        if (job && (isTraining(*job) || isFlagging(*job)))
            follow(id);
    });
    connect(jobs, &JobQueue::finished, this, [this](const QString &id) {
        if (id == m_job->id())
            m_gatherTimer->start();
    });
    // The newest training, also one that another window started or that outlived the last one.
    const QList<JobInfo> known = jobs->jobs();
    const auto running = std::find_if(known.begin(), known.end(), [](const JobInfo &job) {
        return job.isActive() && (isTraining(job) || isFlagging(job));
    });
    const auto newest = std::find_if(known.begin(), known.end(), [](const JobInfo &job) { return isTraining(job); });
    if (running != known.end())
        follow(running->id);
    else if (newest != known.end())
        follow(newest->id);
    gather();
    refreshJob();
}

void TrainPage::entered()
{
    // Not in the same turn as making and showing the page: starting processes takes its time, too.
    QTimer::singleShot(0, this, [this] {
        if (!m_networksKnown && !m_networksCommand->isRunning())
            askNetworks();
    });
    if (studio().session())
        m_gatherTimer->start();
}

bool TrainPage::isSettled() const
{
    return m_networksKnown && m_factsKnown && !m_networksCommand->isRunning() && !m_background->isBusy() &&
           !m_curvesTimer->isActive() && !m_probe->isRunning() && !m_describeTimer->isActive() &&
           !m_describeCommand->isRunning() && !m_checkTimer->isActive() && !m_checkCommand->isRunning();
}

QVariantMap TrainPage::state() const
{
    return m_form->state();
}

void TrainPage::restore(const QVariantMap &state)
{
    if (!state.isEmpty())
        m_form->restore(state);
}

void TrainPage::askNetworks()
{
    // The rows of one asking; gone with its end, so that a second asking starts empty.
    const auto ask = [this](MienCommand *command, const QString &verb, std::function<void(const QJsonObject &)> row,
                            std::function<void()> done) {
        auto *asking = new QObject(this);
        connect(command, &MienCommand::event, asking, [row = std::move(row)](const QJsonObject &line) { row(line); });
        connect(command, &MienCommand::finished, asking,
                [asking, done = std::move(done)](const MienCommand::Outcome &outcome) {
                    asking->deleteLater();
                    if (outcome.ok())
                        done();
                });
        command->start({verb});
    };
    auto networks = std::make_shared<QList<NetworkEntry>>();
    auto keys = std::make_shared<QList<TrainingKey>>();
    ask(
        m_networksCommand, QStringLiteral("networks"),
        [networks, keys](const QJsonObject &line) {
            if (const auto network = networkOf(line))
                networks->append(*network);
            *keys << trainingKeysOf(line);
        },
        [this, networks, keys] {
            m_form->setTrainingKeys(*keys);
            m_form->setNetworks(*networks);
        });
    auto devices = std::make_shared<QList<std::pair<QString, QString>>>();
    ask(
        m_devicesCommand, QStringLiteral("devices"),
        [devices](const QJsonObject &line) {
            const QString id = line.value("device").toString(), name = line.value("name").toString();
            if (!id.isEmpty() && !line.contains("event"))
                devices->append({id, name.isEmpty() ? id : QStringLiteral("%1 · %2").arg(id, name)});
        },
        [this, devices] { m_form->setDevices(*devices); });
}

void TrainPage::gather()
{
    ProjectSession *session = studio().session();
    if (!session || !isVisible())
        return; // entered() looks again
    m_gathered = m_form->snapshot();
    m_gatheredSpace = m_form->wantedSpace();
    m_background->start(
        [readers = session->readers(), version = m_gathered.toStdString(),
         space = m_gatheredSpace.toStdString()](const Job &job) {
            return readers->with([&](const Project &project) -> Result<Facts> {
                Facts facts;
                facts.preflight = gatherFacts(project, version, space, job);
                const QString folder = QString::fromStdString(project.folder().string());
                const QLocale locale;
                for (const SnapshotRow &snapshot : snapshots(project)) {
                    const QString at =
                        locale.toString(QDateTime::fromMSecsSinceEpoch(snapshot.atMs), QLocale::ShortFormat);
                    facts.snapshots.append({QString::fromStdString(snapshot.hash),
                                            tr("%1 · %n face(s) · %2", nullptr, static_cast<int>(snapshot.samples))
                                                .arg(QString::fromStdString(snapshot.hash).left(8), at)});
                }
                const auto flagging = currentFlagging(project);
                std::vector<RunRow> all = runs(project);
                std::sort(all.begin(), all.end(),
                          [](const RunRow &a, const RunRow &b) { return a.startedAtMs > b.startedAtMs; });
                for (const RunRow &run : all) {
                    const QString id = QString::fromStdString(run.id);
                    if (run.state == "done" && !learnedLabels(run)) {
                        facts.pretrained << pretrainedOf(run);
                    } else if (run.state == "done") {
                        if (facts.newestDone.isEmpty()) {
                            facts.newestDone = id;
                            facts.newestFlagged = flagging && flagging->run == run.id;
                            facts.newestMetrics = metricsOf(folder, id);
                        }
                    } else if (facts.unfinished.isEmpty() && facts.newestDone.isEmpty()) {
                        facts.unfinished = id;
                    }
                    if (facts.lastSpeed <= 0) {
                        facts.lastSpeed = speedOf(metricsOf(folder, id));
                        facts.lastNetwork = QString::fromStdString(run.network + " " + run.recipe);
                        facts.lastRun = id;
                    }
                }
                return facts;
            });
        },
        [this](const Result<Facts> &facts) {
            if (!facts)
                return;
            m_facts = *facts;
            m_factsKnown = true;
            if (m_form->wantedSpace() == m_gatheredSpace) { // else chosen meanwhile, and looked at next
                QList<std::pair<QString, QString>> spaces;
                for (const auto &[name, faces] : m_facts.preflight.spaces) // their number stands in the checklist
                    spaces.append({name, wordOf(name)});
                m_form->setSpaces(spaces, m_facts.preflight.space);
                m_gatheredSpace = m_form->wantedSpace();
            }
            QList<SnapshotChoice> choices;
            for (const auto &[hash, words] : m_facts.snapshots)
                choices << SnapshotChoice{hash, words};
            m_form->setSnapshots(choices);
            m_form->setPretrainedRuns(m_facts.pretrained);
            m_form->setVotesOffered(m_facts.preflight.voted > 0);
            applyRecipe();
            if (m_form->snapshot() != m_gathered || m_form->wantedSpace() != m_gatheredSpace)
                m_gatherTimer->start(); // the chosen one is gone
            m_describeTimer->start();
            if (m_job->id().isEmpty() && !m_facts.newestDone.isEmpty()) {
                // Trained from the command line: shown like one of this window.
                m_curves.clear();
                m_curves.addFile(m_facts.newestMetrics);
                refreshCurves();
                refreshLog();
            }
            refreshChecklist();
            refreshJob();
            probeSpeed();
        });
}

// ------------------------------------------------------------------------------------------- the checklist

void TrainPage::refreshChecklist()
{
    PreflightPlan plan;
    plan.folds = m_form->folds();
    plan.learnsLabels = !m_form->isPretraining();
    plan.lacksInitial = m_form->lacksPretraining();
    m_form->setLeaksOffered(plan.folds < 2 && plan.learnsLabels && m_facts.preflight.hasLeaks());
    plan.allowsLeaks = m_form->allowsLeaks();
    plan.epochs = m_form->epochs();
    if (plan.epochs == 0) {
        const qint64 perNetwork = m_facts.preflight.trained * std::max(1, plan.folds - 1) / std::max(1, plan.folds);
        plan.epochs = m_form->recipe() == QLatin1String("paper") ? paperEpochs : quickEpochs(perNetwork);
    }
    plan.sidePx = m_form->size();
    plan.batch = m_form->batch();
    const QString key = m_form->speedKey(m_facts.preflight.sidePx);
    if (const NetworkEntry *network = m_form->network()) {
        plan.parameters = m_parameters > 0 && m_described == whatToDescribe() ? m_parameters : network->parameters;
        plan.channels = network->channels;
        if (m_facts.lastSpeed > 0 && m_facts.lastNetwork == network->name + QLatin1Char(' ') + m_form->recipe() &&
            m_form->size() == 0 && m_form->batch() == 0) {
            plan.imagesPerSecond = m_facts.lastSpeed;
            plan.speedFrom = tr("run %1").arg(m_facts.lastRun);
        } else if (const auto speed = SpeedProbe::known(key)) {
            plan.imagesPerSecond = *speed;
            plan.speedFrom = tr("a probe of one small epoch");
        } else if (m_probe->isRunning()) {
            plan.speedFrom = tr("A short probe measures it …");
        }
    }
    QList<PreflightItem> items;
    if (m_factsKnown)
        items = preflight(m_facts.preflight, plan);
    if (!m_problem.isEmpty())
        items.prepend({PreflightItem::State::Stop, tr("The networks could not be listed"), m_problem});
    else if (!m_networksKnown)
        items.prepend({PreflightItem::State::Note, tr("Asking which networks there are …"), {}});

    const Further further = furtherState();
    QString fault;
    if (further == Further::Impossible)
        fault = m_form->faultOfFurtherSettings().isEmpty() ? m_checkFault : m_form->faultOfFurtherSettings();
    m_form->showFurtherFault(fault);
    if (further == Further::Impossible)
        items.append({PreflightItem::State::Stop, tr("The further settings are not possible"), fault});
    else if (further == Further::NotKnown)
        items.append({PreflightItem::State::Note, tr("Looking at the further settings …"), {}});

    bool mayStart = m_factsKnown && m_networksKnown && m_form->network() && further != Further::NotKnown;
    QStringList why;
    for (const PreflightItem &item : std::as_const(items)) {
        if (item.state == PreflightItem::State::Stop) {
            mayStart = false;
            why << item.text;
        }
    }
    m_checks->setItems(items);
    const ProjectSession *session = studio().session();
    if (session && !session->isWritable()) {
        mayStart = false;
        why << session->readOnlyReason();
    }
    m_start->setEnabled(mayStart);
    m_start->setToolTip(mayStart ? tr("Starts the training (Ctrl+Enter). It goes on when the window is closed.")
                                 : why.join(QLatin1Char('\n')));
}

QStringList TrainPage::whatToDescribe() const
{
    return m_form->describeArguments(static_cast<qint64>(m_facts.preflight.byClass.size()));
}

void TrainPage::describeNetwork()
{
    if (!isVisible() || !m_factsKnown)
        return;
    const QStringList asked = whatToDescribe();
    if (asked.isEmpty()) { // no label yet: what the list of networks says
        if (const NetworkEntry *network = m_form->network())
            m_form->setParameters(network->parameters);
        return;
    }
    if (asked == m_described) {
        if (m_parameters > 0)
            m_form->setParameters(m_parameters); // the form was filled anew
        return;
    }
    m_described = asked;
    m_parameters = 0;
    m_describeCommand->start(asked);
}

void TrainPage::probeSpeed()
{
    const NetworkEntry *network = m_form->network();
    if (!isVisible() || !network || !m_factsKnown || m_facts.preflight.sidePx <= 0 || studio().jobs().hasActive())
        return;
    if (const Further further = furtherState(); further == Further::NotKnown || further == Further::Impossible)
        return;
    const QString key = m_form->speedKey(m_facts.preflight.sidePx);
    const bool told = m_facts.lastSpeed > 0 &&
                      m_facts.lastNetwork == network->name + QLatin1Char(' ') + m_form->recipe() &&
                      m_form->size() == 0 && m_form->batch() == 0;
    if (told || SpeedProbe::known(key) || m_probe->key() == key || m_probeFailed.contains(key)) {
        return;
    }
    m_probe->start(key, m_form->probeArguments(m_facts.preflight.sidePx));
    refreshChecklist();
}

void TrainPage::checkFurther()
{
    const QStringList asked = m_form->checkArguments();
    if (asked.isEmpty() || asked == m_checked || !m_form->hasFurtherSettings() ||
        !m_form->faultOfFurtherSettings().isEmpty())
        return;
    m_checked = asked;
    m_checkCommand->start(asked);
    refreshChecklist();
}

TrainPage::Further TrainPage::furtherState() const
{
    if (!m_form->hasFurtherSettings())
        return Further::None;
    if (!m_form->faultOfFurtherSettings().isEmpty())
        return Further::Impossible;
    if (m_checkCommand->isRunning() || m_checked != m_form->checkArguments())
        return Further::NotKnown;
    return m_checkFault.isEmpty() ? Further::Possible : Further::Impossible;
}

// ------------------------------------------------------------------------------------------------- recipes

bool TrainPage::dropped(const QStringList &paths)
{
    if (paths.size() != 1 || QFileInfo(paths.first()).suffix().compare(QLatin1String("json"), Qt::CaseInsensitive) != 0)
        return false;
    openRecipe(paths.first());
    return true;
}

void TrainPage::askForRecipe()
{
    auto *dialog = new QFileDialog(window(), tr("Open a recipe"), QDir::homePath(), tr("Recipes (*.json)"));
    dialog->setObjectName(QStringLiteral("trainRecipeDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &TrainPage::openRecipe);
    dialog->open();
}

void TrainPage::askForWeights()
{
    auto *dialog = new QFileDialog(window(), tr("Weights to start from"), QDir::homePath(),
                                   tr("Weights (*.pt *.pth *.tar *.bin *.npz *.pkl *.safetensors)"));
    dialog->setObjectName(QStringLiteral("trainWeightsDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &TrainPage::convertWeights);
    dialog->open();
}

/// The project keeps what it starts from: a run can be repeated where the file is gone.
void TrainPage::convertWeights(const QString &file)
{
    ProjectSession *session = studio().session();
    const NetworkEntry *network = m_form->network();
    if (!session || !network)
        return;
    const QString folder = session->folder() + QStringLiteral("/weights");
    if (!QDir().mkpath(folder)) {
        studio().showError(tr("The folder %1 cannot be made.").arg(folder));
        return;
    }
    const QString name = network->name;
    const QString out =
        QStringLiteral("%1/%2 for %3.safetensors").arg(folder, QFileInfo(file).completeBaseName(), name);
    m_convertCommand->disconnect(this);
    connect(m_convertCommand, &MienCommand::finished, this, [this, name, out](const MienCommand::Outcome &outcome) {
        if (!outcome.ok()) {
            studio().showError(outcome.error);
            return;
        }
        if (!m_form->network() || m_form->network()->name != name)
            return; // another network was chosen meanwhile
        const QJsonObject match = outcome.result.value(QLatin1String("match")).toObject();
        const auto count = [&match](const char *key) { return int(match.value(QLatin1String(key)).toArray().size()); };
        QStringList words{tr("%Ln tensor(s) meet", nullptr, match.value(QLatin1String("matched")).toInt())};
        if (const int missing = count("missing"); missing > 0)
            words << tr("%Ln of the network is/are missing", nullptr, missing);
        if (const int other = count("mismatched"); other > 0)
            words << tr("%Ln has/have another shape", nullptr, other);
        if (const int more = count("unexpected"); more > 0)
            words << tr("%Ln of the file fit(s) nowhere", nullptr, more);
        m_form->setWeights(out, words.join(QStringLiteral(", ")) + QLatin1Char('.'));
    });
    studio().announce(tr("Reading the weights …"));
    m_convertCommand->start(m_form->convertArguments(file, out));
}

void TrainPage::showAllSettings()
{
    const NetworkEntry *network = m_form->network();
    if (!network)
        return;
    auto *dialog = new AllSettings(m_form->checkArguments(), m_form->trainingKeys(), *network, window());
    connect(dialog, &AllSettings::chosen, m_form, [form = m_form](const QList<std::pair<QString, QString>> &settings) {
        for (const auto &[key, value] : settings)
            form->set(key, value);
    });
    dialog->open();
}

void TrainPage::askWhereToSave()
{
    const NetworkEntry *network = m_form->network();
    if (!network)
        return;
    auto *dialog = saveRecipeDialog(window(), network->name);
    connect(dialog, &QFileDialog::fileSelected, this, &TrainPage::saveRecipe);
    dialog->open();
}

void TrainPage::openRecipe(const QString &path)
{
    m_recipeWaiting = path;
    applyRecipe();
}

void TrainPage::applyRecipe()
{
    if (m_recipeWaiting.isEmpty() || !m_networksKnown || !m_factsKnown)
        return;
    const QString path = std::exchange(m_recipeWaiting, QString());
    const auto recipe = readRecipe(path.toStdString());
    if (!recipe) {
        studio().showError(QString::fromStdString(recipe.error().message));
        return;
    }
    const QString network = QString::fromStdString(recipe->network);
    if (!m_form->hasNetwork(network)) {
        studio().showError(tr("%1 is for the network “%2”, which this version does not have. Nothing was changed.")
                               .arg(path, network));
        return;
    }
    const QStringList left = m_form->apply(*recipe);
    sayOfRecipe((QStringList{tr("%1 is opened.").arg(QFileInfo(path).fileName())} + left).join(QLatin1Char(' ')));
}

void TrainPage::saveRecipe(const QString &path)
{
    if (const QString fault = m_form->faultOfFurtherSettings(); !fault.isEmpty()) {
        studio().showError(tr("%1 is not saved: the further settings are not possible. %2").arg(path, fault));
        return;
    }
    if (const auto written = writeRecipe(path.toStdString(), m_form->asRecipe()); !written) {
        studio().showError(QString::fromStdString(written.error().message));
        return;
    }
    sayOfRecipe(tr("%1 is saved.").arg(QFileInfo(path).fileName()));
}

void TrainPage::sayOfRecipe(const QString &words)
{
    m_recipeWords->setText(words);
    m_recipeWords->show();
    studio().announce(words);
}

// -------------------------------------------------------------------------------------------------- the job

void TrainPage::start(const QStringList &arguments, const QString &title)
{
    if (arguments.isEmpty())
        return;
    m_probe->cancel();
    studio().jobs().start(title, arguments);
}

QString TrainPage::runToFlag() const
{
    const bool isPretrained = std::any_of(m_facts.pretrained.begin(), m_facts.pretrained.end(),
                                          [this](const PretrainedRun &run) { return run.run == m_curves.run(); });
    const bool isFinished = !m_curves.run().isEmpty() && m_curves.run() != m_facts.unfinished && !isPretrained;
    return isFinished ? m_curves.run() : m_facts.newestDone;
}

void TrainPage::startFlag()
{
    const QString run = runToFlag();
    if (!run.isEmpty())
        studio().jobs().start(tr("Flag with %1").arg(run), {QStringLiteral("flag"), QStringLiteral("--run"), run});
}

void TrainPage::follow(const QString &jobId)
{
    const JobInfo *job = studio().jobs().job(jobId);
    if (!job)
        return;
    if (isTraining(*job)) {
        m_curves.clear();
        m_log->clear();
        // What was told before this window watched; telling it again does no harm.
        QFile events(QDir(job->folder).filePath(QStringLiteral("events.jsonl")));
        if (events.open(QIODevice::ReadOnly)) {
            for (const QByteArray &line : events.read(4 << 20).split('\n')) {
                if (line.contains("\"metric\"") || line.contains("\"run\""))
                    takeLine(QJsonDocument::fromJson(line).object());
            }
        }
        refreshCurves();
        refreshLog();
    }
    m_job->follow(jobId);
}

bool TrainPage::takeLine(const QJsonObject &line)
{
    if (line.value("event").toString() != QLatin1String("run"))
        return m_curves.add(line);
    // A run that goes on had other jobs before: its file has what they told.
    const ProjectSession *session = studio().session();
    if (session)
        m_curves.addFile(metricsOf(session->folder(), line.value("run").toString()));
    return session;
}

void TrainPage::refreshJob()
{
    const JobInfo *job = m_job->job();
    const bool busy = m_job->isBusy();
    const bool resumable = !m_facts.unfinished.isEmpty() && !busy;
    const bool done = !m_facts.newestDone.isEmpty() && !busy;
    m_job->setVisible(job || resumable || done);
    m_resume->setVisible(resumable);
    m_resume->setText(tr("Resume %1").arg(m_facts.unfinished));
    m_resume->setAccessibleName(m_resume->text());
    m_compare->setVisible(done && studio().hasPage(QStringLiteral("runs")));
    m_flag->setVisible(done);
    m_flag->setText((m_facts.newestFlagged ? tr("Flag again with %1") : tr("Flag with %1")).arg(runToFlag()));
    m_flag->setAccessibleName(m_flag->text());
    // One main action: what comes next.
    const bool flagNext = done && !m_facts.newestFlagged;
    Theme::mark(m_flag, "primary", flagNext);
    Theme::mark(m_start, "primary", !flagNext && !busy);
    m_start->setText(busy ? tr("Queue training") : tr("Start training"));
    m_start->setAccessibleName(m_start->text());
    if (job)
        m_job->say(titleOf(*job), wordsOf(*job));
    else if (resumable)
        m_job->say(tr("Run %1 stopped before its end").arg(m_facts.unfinished), {});
    else if (done)
        m_job->say(tr("Newest run: %1").arg(m_facts.newestDone), {});
    const bool plots = !job || isTraining(*job) || !m_curves.isEmpty();
    const bool nothing = !job && m_curves.isEmpty();
    const bool ended = job && job->isOver();
    m_loss->setEmptyText(nothing ? tr("Appears while a network trains")
                         : ended ? tr("No epoch was trained")
                                 : tr("The first epoch has not ended yet"));
    m_accuracy->setEmptyText(nothing ? tr("Appears while a network trains")
                             : ended ? tr("No epoch was trained")
                                     : tr("Measured at the end of each epoch"));
    m_loss->setVisible(plots);
    m_accuracy->setVisible(plots);
    m_log->setVisible(plots && !m_log->toPlainText().isEmpty());
}

QString TrainPage::titleOf(const JobInfo &job) const
{
    return m_curves.run().isEmpty() || isFlagging(job) ? job.title : tr("%1 · run %2").arg(job.title, m_curves.run());
}

QString TrainPage::wordsOf(const JobInfo &job) const
{
    const QLocale locale;
    QStringList words;
    switch (job.state) {
    case JobState::Waiting: words << tr("waits for the job before it"); break;
    case JobState::Running:
    case JobState::Paused:
    case JobState::Stopping:
        if (job.state == JobState::Paused)
            words << tr("paused");
        if (job.total > 0)
            words << tr("%1 %").arg(locale.toString(100 * job.done / job.total, 'f', 0));
        if (m_curves.imagesPerSecond() > 0 && isTraining(job))
            words << tr("%1 faces/s").arg(locale.toString(m_curves.imagesPerSecond(), 'f', 0));
        else if (job.rate > 0 && job.state == JobState::Running)
            words << tr("%1 %2/s").arg(locale.toString(job.rate, 'f', job.rate < 10 ? 1 : 0),
                                       JobModel::unitText(job.unit, 2)); // a rate is hardly ever one
        if (job.etaS >= 0)
            words << tr("%1 left").arg(durationText(job.etaS));
        if (isFlagging(job))
            words << tr("every face is scored by the networks that did not see it");
        break;
    case JobState::Done:
    case JobState::DoneWithSkips: {
        const QJsonObject metrics = job.result.value("metrics").toObject();
        if (metrics.value("accuracy").isDouble())
            words << tr("accuracy %1 %").arg(locale.toString(100 * metrics.value("accuracy").toDouble(), 'f', 1));
        if (metrics.value("macro_f1").isDouble())
            words << tr("macro F1 %1 %").arg(locale.toString(100 * metrics.value("macro_f1").toDouble(), 'f', 1));
        if (isTraining(job) && job.arguments.contains(QLatin1String("pretrain=1")))
            words << tr("pre-trained; fine-tune from it next");
        if (job.result.value("images_per_s").isDouble())
            words << tr("%1 faces/s").arg(locale.toString(job.result.value("images_per_s").toDouble(), 'f', 0));
        if (job.result.value("flagged").isDouble())
            words << tr("%n face(s) flagged", nullptr, job.result.value("flagged").toInt());
        if (isFlagging(job))
            words << tr("the most doubtful labels wait in Review");
        if (words.isEmpty())
            words << tr("done");
        break;
    }
    case JobState::Cancelled: words << tr("stopped; what was trained is kept"); break;
    case JobState::Failed: words << job.error; break;
    }
    return words.join(QStringLiteral(" · "));
}

void TrainPage::refreshCurves()
{
    m_loss->setSections(m_curves.foldSections());
    m_accuracy->setSections(m_curves.foldSections());
    m_loss->setLines(m_curves.lossLines());
    m_accuracy->setLines(m_curves.heldOutLines());
}

void TrainPage::refreshLog()
{
    const ProjectSession *session = studio().session();
    if (!session || m_curves.run().isEmpty())
        return;
    QFile file(QDir(session->folder()).filePath(QStringLiteral("runs/%1/log.txt").arg(m_curves.run())));
    if (!file.open(QIODevice::ReadOnly))
        return;
    file.seek(std::max<qint64>(0, file.size() - 64 * 1024));
    const QString text = QString::fromUtf8(file.readAll());
    if (text == m_log->toPlainText())
        return;
    m_log->setPlainText(text);
    m_log->setVisible(!text.isEmpty());
    m_log->verticalScrollBar()->setValue(m_log->verticalScrollBar()->maximum());
}

} // namespace mien
