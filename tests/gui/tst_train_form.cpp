#include "models/base/job.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "studio/app/main_window.h"
#include "studio/common/job_queue.h"
#include "studio/common/plots/line_plot.h"
#include "studio/training/all_settings.h"
#include "studio/training/network_catalog.h"
#include "studio/training/network_chooser.h"
#include "studio/training/preflight.h"
#include "studio/training/run_comparison_view.h"
#include "studio/training/runs_model.h"
#include "studio/training/setting_editor.h"
#include "studio/training/train_form.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

#include <algorithm>

using namespace mien;
using namespace mien::test;

namespace {

// As `mien networks --json` prints it; the closing result line and rows that cannot be trained included.
const char *const kRows[] = {
    R"({"network":"eac-compact","kind":"network","title":"EAC on a compact residual network","source":"paper","input":[1,48,48],"parameters":1234567,"options":[{"name":"preset","type":"choice","default":"standard","values":["standard","tiny"],"help":"Size"},{"name":"heads","type":"integer","default":4,"range":[1,8],"help":"Attention heads"},{"name":"dropout","type":"number","default":0.1,"range":[0,0.9],"help":"Share"},{"name":"frozen","type":"boolean","default":false,"help":"Trunk"}]})",
    R"({"network":"eac-resnet18","kind":"network","title":"EAC on ResNet-18","good_for":"photos","needs":"a GPU","weights":"ResNet-18","source":"paper","input":[3,224,224],"parameters":11000000,"options":[]})",
    R"({"network":"resnet18","kind":"trunk","title":"ResNet-18","parameters":11000000,"options":[]})",
    R"({"event":"result","rows":3})",
};

QList<NetworkEntry> networks()
{
    QList<NetworkEntry> list;
    for (const char *row : kRows) {
        if (const auto network = networkOf(QJsonDocument::fromJson(row).object()))
            list << *network;
    }
    return list;
}

/// Networks that learn in two stages, besides.
QList<NetworkEntry> stagedNetworks()
{
    QList<NetworkEntry> list = networks();
    for (
        const char *row :
        {R"({"network":"mae-visi","kind":"network","title":"Masked auto-encoder","source":"paper","input":[3,96,96],"parameters":1363456,"options":[{"name":"preset","type":"choice","default":"default","values":["default","tiny"],"help":"Size"},{"name":"pretrain","type":"number","default":0.5,"range":[0,1],"help":"Share"}]})",
         R"({"network":"qmask","kind":"network","title":"Q mask","source":"paper","input":[3,72,72],"parameters":65095360,"options":[{"name":"pretrain","type":"number","default":0.5,"range":[0,1],"help":"Share"}]})"})
        list << networkOf(QJsonDocument::fromJson(row).object()).value();
    return list;
}

QString textOf(const QList<PreflightItem> &items, PreflightItem::State state)
{
    QStringList texts;
    for (const PreflightItem &item : items) {
        if (item.state == state)
            texts << item.text + QLatin1Char(' ') + item.detail;
    }
    return texts.join(QLatin1Char('\n'));
}

PreflightFacts goodFacts()
{
    PreflightFacts facts;
    facts.labelled = facts.trained = 1000;
    facts.byClass = {{QStringLiteral("anger"), 400}, {QStringLiteral("fear"), 600}};
    facts.hasSplits = true;
    facts.sidePx = 48;
    facts.freeDiskBytes = qint64(50) << 30;
    facts.freeMemoryBytes = qint64(16) << 30;
    return facts;
}

} // namespace

class TrainFormTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { prepareWindowTests(FAKE_MIEN); }

    void onlyNetworksAreListed()
    {
        const auto list = networks();
        QCOMPARE(list.size(), 2);
        QCOMPARE(list[0].settings.size(), 4);
        QCOMPARE(list[0].sidePx, 48);
        QCOMPARE(list[0].settings[1].type, NetworkSetting::Type::Integer);
        QCOMPARE(list[0].settings[1].range->second, 8.0);
        QCOMPARE(list[0].settings[1].standard, QStringLiteral("4"));
    }

    void defaultsAreNotSaid()
    {
        TrainForm form;
        QVERIFY(form.arguments().isEmpty()); // nothing to train yet
        form.setNetworks(networks());
        QCOMPARE(form.arguments(), (QStringList{"train", "--network", "eac-compact", "--recipe", "quick", "--folds",
                                                "3", "--device", "auto", "--seed", "0"}));
    }

    void whatIsChangedIsSet()
    {
        TrainForm form;
        form.setNetworks(networks());
        QSignalSpy changed(&form, &TrainForm::changed);
        form.findChild<QSpinBox *>(QStringLiteral("trainEpochs"))->setValue(2);
        form.findChild<QSpinBox *>(QStringLiteral("setting.heads"))->setValue(99); // held at the range's end
        form.findChild<QComboBox *>(QStringLiteral("setting.preset"))->setCurrentText(QStringLiteral("tiny"));
        form.findChild<QSpinBox *>(QStringLiteral("trainSeed"))->setValue(7);
        QCOMPARE(changed.count(), 4);
        const QStringList arguments = form.arguments();
        for (const char *set : {"epochs=2", "heads=8", "preset=tiny"})
            QVERIFY2(arguments.contains(QLatin1String(set)), qPrintable(arguments.join(QLatin1Char(' '))));
        QCOMPARE(arguments.count(QStringLiteral("--set")), 3);
        // The probe trains one epoch of the same network, without folds.
        const QStringList probe = form.probeArguments(48);
        QVERIFY(probe.contains(QStringLiteral("epochs=1")) && !probe.contains(QStringLiteral("epochs=2")));
        QVERIFY(probe.contains(QStringLiteral("preset=tiny")) && probe.contains(QStringLiteral("size=48")));
        QCOMPARE(probe.at(probe.indexOf(QStringLiteral("--folds")) + 1), QStringLiteral("1"));
        for (qsizetype i = 0; i < probe.size(); ++i) {
            if (probe[i] == QLatin1String("--set"))
                QVERIFY(i + 1 < probe.size() && probe[i + 1].contains(QLatin1Char('=')));
        }
    }

    void anotherNetworkHasOtherSettings()
    {
        TrainForm form;
        form.setNetworks(networks());
        QVERIFY(form.findChild<QSpinBox *>(QStringLiteral("setting.heads")));
        form.findChild<QComboBox *>(QStringLiteral("trainNetwork"))->setCurrentIndex(1);
        QVERIFY(!form.findChild<QSpinBox *>(QStringLiteral("setting.heads")));
        QVERIFY(form.arguments().contains(QStringLiteral("eac-resnet18")));
    }

    /// A network that first learns faces, then labels: both in one run, or each in a run of its own.
    void stagesAreChosen()
    {
        TrainForm form;
        form.setNetworks(stagedNetworks());
        form.show();
        auto *stage = form.findChild<QComboBox *>(QStringLiteral("trainStage"));
        auto *from = form.findChild<QComboBox *>(QStringLiteral("trainInitial"));
        auto *words = form.findChild<QLabel *>(QStringLiteral("trainStageWords"));
        auto *folds = form.findChild<QSpinBox *>(QStringLiteral("trainFolds"));
        QVERIFY(!stage->isVisible() && !words->isVisible() && !from->isVisible()); // eac-compact has one stage
        const auto choose = [&](const char *network) {
            auto *box = form.findChild<QComboBox *>(QStringLiteral("trainNetwork"));
            box->setCurrentIndex(box->findData(QLatin1String(network)));
        };
        choose("mae-visi");
        QVERIFY(stage->isVisible() && words->isVisible() && !from->isEnabled() && folds->isVisible());
        QVERIFY(!form.arguments().join(QLatin1Char(' ')).contains(QStringLiteral("pretrain")));
        // The published recipe fine-tunes only, unless it is told to do both.
        form.findChild<QComboBox *>(QStringLiteral("trainRecipe"))->setCurrentIndex(1);
        QVERIFY(form.arguments().contains(QStringLiteral("pretrain=0.5")));
        form.findChild<QComboBox *>(QStringLiteral("trainRecipe"))->setCurrentIndex(0);

        QSignalSpy changed(&form, &TrainForm::changed);
        stage->setCurrentIndex(1);
        QVERIFY(changed.count() > 0);
        QVERIFY(form.isPretraining() && !form.lacksPretraining() && words->text().contains(QStringLiteral("hidden")));
        QVERIFY(form.arguments().contains(QStringLiteral("pretrain=1")));
        QCOMPARE(form.folds(), 1); // it makes one network that judges nothing
        QVERIFY(!folds->isVisible());
        QVERIFY(!form.findChild<QWidget *>(QStringLiteral("setting.pretrain"))->isVisible()); // the stage says it

        stage->setCurrentIndex(2);
        QVERIFY(from->isVisible() && !from->isEnabled() && form.lacksPretraining() && folds->isVisible());
        QCOMPARE(form.folds(), 3);
        const QVariantMap settings{{"preset", "tiny"}, {"pretrain", "1"}, {"size", "64"}};
        form.setPretrainedRuns({{"r7", "mae-grid9", "r7 · mae-grid9", {}},
                                {"r5", "mae-visi", "r5 · mae-visi", settings},
                                {"r2", "mae-visi", "r2 · mae-visi", {}}});
        QVERIFY(from->isEnabled() && !form.lacksPretraining());
        QCOMPARE(from->count(), 2);         // of this network
        QTest::keyClick(stage, Qt::Key_Up); // as a person chooses: the run that stands there is followed at once
        QTest::keyClick(stage, Qt::Key_Down);
        QVERIFY(form.arguments().contains(QStringLiteral("preset=tiny")));
        QTest::keyClick(from, Qt::Key_Down); // r2, and back to r5 as a person does
        QTest::keyClick(from, Qt::Key_Up);
        QCOMPARE(from->currentData().toString(), QStringLiteral("r5"));
        QVERIFY(words->text().contains(QStringLiteral("r5")));
        const QStringList arguments = form.arguments();
        QCOMPARE(arguments.at(arguments.indexOf(QStringLiteral("--initial")) + 1), QStringLiteral("r5"));
        for (const char *set : {"pretrain=0", "preset=tiny", "size=64"}) // its weights would not fit otherwise
            QVERIFY2(arguments.contains(QLatin1String(set)), qPrintable(arguments.join(QLatin1Char(' '))));
        QVERIFY(!form.probeArguments(48).contains(QStringLiteral("--initial")));
        choose("qmask"); // has the encoder of mae-grid9
        QCOMPARE(from->currentData().toString(), QStringLiteral("r7"));
        choose("mae-visi");

        TrainForm later;
        later.restore(form.state());
        later.setNetworks(stagedNetworks());
        later.setPretrainedRuns(
            {{"r2", "mae-visi", "r2 · mae-visi", {}}, {"r5", "mae-visi", "r5 · mae-visi", settings}});
        QVERIFY(later.arguments().contains(QStringLiteral("pretrain=0")));
        choose("eac-compact");
        QVERIFY(!stage->isVisible() && !from->isVisible());
        QVERIFY(!form.arguments().contains(QStringLiteral("--initial")));
    }

    /// In the window: runs that were pre-trained are what fine-tuning starts from, and are neither compared nor flagged
    /// with.
    void pretrainedRunsAreStartedFrom()
    {
        const TemporaryFolder folder;
        {
            Project project = filledProject(folder / "a.mien", 60);
            RunRow run = runNamed(project, addFinishedRun(project, 5, 0.8)).value();
            run.network = "mae-visi";
            run.configJson = R"({"set":{"pretrain":"1","preset":"tiny"}})";
            run.metricsJson = "{}";
            must(updateRun(project, run));
        }
        MainWindow window;
        QVERIFY(openProject(window, QString::fromStdString((folder / "a.mien").string())));
        window.showPage(QStringLiteral("train"));
        auto *form = window.findChild<TrainForm *>(QStringLiteral("trainForm"));
        QTRY_VERIFY(window.isSettled());
        form->setNetworks(stagedNetworks()); // the program that stands in knows none
        auto *network = form->findChild<QComboBox *>(QStringLiteral("trainNetwork"));
        network->setCurrentIndex(network->findData(QStringLiteral("mae-visi")));
        auto *stage = form->findChild<QComboBox *>(QStringLiteral("trainStage"));
        const auto checklist = [&] {
            QString said;
            for (const QLabel *label :
                 window.findChild<QWidget *>(QStringLiteral("trainChecklist"))->findChildren<QLabel *>())
                said += label->text() + QLatin1Char('\n');
            return said;
        };
        for (int index = 0; index < stage->count(); ++index) {
            stage->setCurrentIndex(index);
            QTRY_COMPARE(form->height(), std::max(form->minimumSizeHint().height(), form->parentWidget()->height()));
            const QStringList faults = faultsOfLook(window, QStringLiteral("train-stage-%1").arg(index));
            QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
            QCOMPARE(checklist().contains(QStringLiteral("Pre-training")), index == 1);
        }
        QCOMPARE(form->findChild<QComboBox *>(QStringLiteral("trainInitial"))->currentData().toString(),
                 QStringLiteral("r1"));
        QVERIFY(form->arguments().contains(QStringLiteral("--initial")));
        QVERIFY(!checklist().contains(QStringLiteral("Nothing to start from")));
        QVERIFY(form->findChild<QComboBox *>(QStringLiteral("trainTargets"))->isVisibleTo(form)); // there are votes
        QVERIFY(!window.findChild<QPushButton *>(QStringLiteral("trainFlag"))->isVisible());      // it knows no label
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        QCOMPARE(window.findChild<QComboBox *>(QStringLiteral("runsB"))->count(), 0);
    }

    void votesAreOfferedWhereThereAreSome()
    {
        TrainForm form;
        form.setNetworks(networks());
        form.show();
        auto *targets = form.findChild<QComboBox *>(QStringLiteral("trainTargets"));
        QVERIFY(!targets->isVisible());
        form.setVotesOffered(true);
        QVERIFY(targets->isVisible());
        QVERIFY(!form.arguments().join(QLatin1Char(' ')).contains(QStringLiteral("targets")));
        targets->setCurrentIndex(1);
        QVERIFY(form.arguments().contains(QStringLiteral("targets=votes")));
        TrainForm later;
        later.setVotesOffered(true);
        later.restore(form.state());
        later.setNetworks(networks());
        QCOMPARE(later.arguments(), form.arguments());
        form.setVotesOffered(false); // another project
        QVERIFY(!form.arguments().contains(QStringLiteral("targets=votes")));
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 200);
        QCOMPARE(gatherFacts(project, {}, {}, {}).voted, 100); // every second; those without a label are odd
        Verdict verdict;
        verdict.label = project.classNamed("contempt");
        must(annotate(project, must(samplesMatching(project, "")).front(), verdict, "ann"));
        QCOMPARE(gatherFacts(project, {}, {}, {}).voted, 99); // overruled
    }

    void preTrainingIsMeasuredByNothing()
    {
        PreflightFacts facts = goodFacts();
        facts.leakingSubjects = 2;
        PreflightPlan plan;
        plan.learnsLabels = false;
        const auto items = preflight(facts, plan);
        QVERIFY(textOf(items, PreflightItem::State::Stop).isEmpty());
        QVERIFY(textOf(items, PreflightItem::State::Note).contains(QStringLiteral("Pre-training")));
        QVERIFY(!textOf(items, PreflightItem::State::Warning).contains(QStringLiteral("One fold")));
        plan.learnsLabels = plan.lacksInitial = true;
        plan.folds = 3;
        QVERIFY(textOf(preflight(facts, plan), PreflightItem::State::Stop).contains(QStringLiteral("start from")));
    }

    void choicesComeBack()
    {
        TrainForm form;
        form.setNetworks(networks());
        form.findChild<QSpinBox *>(QStringLiteral("setting.heads"))->setValue(2);
        form.findChild<QSpinBox *>(QStringLiteral("trainFolds"))->setValue(5);
        TrainForm later;
        later.restore(form.state()); // before the networks are known
        later.setNetworks(networks());
        QCOMPARE(later.arguments(), form.arguments());
    }

    void everyControlIsNamed()
    {
        TrainForm form;
        form.setNetworks(networks());
        for (QWidget *widget : form.findChildren<QWidget *>()) {
            const bool inner = widget->objectName().startsWith(QLatin1String("qt_")) ||
                               qobject_cast<QAbstractSpinBox *>(widget->parentWidget()) ||
                               qobject_cast<QComboBox *>(widget->parentWidget());
            if (widget->focusPolicy() == Qt::NoFocus || inner || !widget->isVisibleTo(&form) || widget->focusProxy())
                continue;
            QVERIFY2(!widget->objectName().isEmpty() && !widget->accessibleName().isEmpty(),
                     qPrintable(QString::fromLatin1(widget->metaObject()->className()) + widget->objectName()));
        }
    }

    void theChecklistSaysWhatIsInTheWay_data()
    {
        QTest::addColumn<PreflightFacts>("facts");
        QTest::addColumn<PreflightItem::State>("state");
        QTest::addColumn<QString>("words");
        PreflightFacts facts = goodFacts();
        facts.labelled = 0;
        QTest::newRow("no label") << facts << PreflightItem::State::Stop << QStringLiteral("No labelled face");
        facts = goodFacts();
        facts.trained = 0;
        QTest::newRow("none in train") << facts << PreflightItem::State::Stop << QStringLiteral("No face to train on");
        facts = goodFacts();
        facts.labelled = 1300;
        QTest::newRow("some elsewhere") << facts << PreflightItem::State::Good
                                        << QStringLiteral(
                                               "1,000 face(s) of the split train 300 labelled face(s) of other");
        facts = goodFacts();
        facts.byClass.emplace_back(QStringLiteral("contempt"), 0);
        QTest::newRow("class elsewhere") << facts << PreflightItem::State::Warning << QStringLiteral("contempt");
        facts = goodFacts();
        facts.byClass = {{QStringLiteral("anger"), 1000}};
        QTest::newRow("one class") << facts << PreflightItem::State::Stop << QStringLiteral("Only one class");
        facts = goodFacts();
        facts.byClass = {{QStringLiteral("anger"), 998}, {QStringLiteral("fear"), 2}};
        QTest::newRow("fewer than folds") << facts << PreflightItem::State::Stop << QStringLiteral("Too few of fear");
        facts.byClass = {{QStringLiteral("anger"), 980}, {QStringLiteral("fear"), 20}};
        QTest::newRow("few examples") << facts << PreflightItem::State::Warning << QStringLiteral("fear 20");
        facts = goodFacts();
        facts.leakingSubjects = 2;
        QTest::newRow("leaking subject") << facts << PreflightItem::State::Warning << QStringLiteral("Leaks");
        facts = goodFacts();
        facts.freeDiskBytes = 1 << 20;
        QTest::newRow("full disk") << facts << PreflightItem::State::Stop << QStringLiteral("Disk");
        facts = goodFacts();
        facts.freeMemoryBytes = 1 << 20;
        QTest::newRow("little memory") << facts << PreflightItem::State::Warning << QStringLiteral("Memory");
    }

    void theChecklistSaysWhatIsInTheWay()
    {
        QFETCH(PreflightFacts, facts);
        QFETCH(PreflightItem::State, state);
        QFETCH(QString, words);
        PreflightPlan plan;
        plan.folds = 3;
        plan.parameters = 1'000'000;
        const QString said = textOf(preflight(facts, plan), state);
        QVERIFY2(said.contains(words), qPrintable(said));
    }

    /// One fold is measured by the splits: leaks are in the way until somebody allows them.
    void leaksAreAllowedOnPurpose()
    {
        PreflightFacts facts = goodFacts();
        facts.leakingNearDuplicates = 3;
        PreflightPlan plan;
        QVERIFY(textOf(preflight(facts, plan), PreflightItem::State::Stop).contains(QStringLiteral("Leaks")));
        plan.allowsLeaks = true;
        QVERIFY(textOf(preflight(facts, plan), PreflightItem::State::Stop).isEmpty());
        QVERIFY(textOf(preflight(facts, plan), PreflightItem::State::Warning).contains(QStringLiteral("Leaks")));

        TrainForm form;
        form.setNetworks(networks());
        QVERIFY(!form.arguments().contains(QStringLiteral("--allow-leaks")));
        form.setLeaksOffered(true);
        form.findChild<QCheckBox *>(QStringLiteral("trainAllowLeaks"))->click();
        QVERIFY(form.allowsLeaks() && form.arguments().contains(QStringLiteral("--allow-leaks")));
        QVERIFY(!form.probeArguments(48).contains(QStringLiteral("--allow-leaks")));
    }

    void nothingIsInTheWayOfGoodData()
    {
        PreflightPlan plan;
        plan.folds = 3;
        plan.epochs = 10;
        plan.imagesPerSecond = 100;
        plan.speedFrom = QStringLiteral("run r1");
        const auto items = preflight(goodFacts(), plan);
        QVERIFY(textOf(items, PreflightItem::State::Stop).isEmpty());
        QVERIFY(textOf(items, PreflightItem::State::Warning).isEmpty());
        // 1000 faces, each seen by two of three networks, ten epochs, 100 a second.
        QCOMPARE(expectedSeconds(goodFacts(), plan).value(), 200.0);
        QVERIFY(textOf(items, PreflightItem::State::Good).contains(QStringLiteral("run r1")));
    }

    void factsAreReadFromTheProject()
    {
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 200);
        const PreflightFacts facts = gatherFacts(project, {}, {}, {});
        QCOMPARE(facts.labelled, 190);
        QCOMPARE(facts.trained, 120); // rows 0, 1 and 2 of every five, all of them labelled
        qint64 sum = 0;
        for (const auto &[name, count] : facts.byClass)
            sum += count;
        QCOMPARE(sum, facts.trained);
        QCOMPARE(facts.unlabelled, 10);
        QCOMPARE(facts.byClass.size(), std::size_t(7));
        QCOMPARE(facts.subjects, 13);
        QCOMPARE(facts.leakingSubjects, 13); // subjects go by 13, splits by 5: all of them lie in several
        QVERIFY(facts.hasSplits);
        QCOMPARE(facts.sidePx, 8);
        QVERIFY(facts.freeDiskBytes > 0);
    }

    /// A version is trained on as it was, whatever happened to the labels since.
    void aSnapshotIsCountedAsItWas()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 200);
        const SnapshotRow before = must(createSnapshot(project, "", ""));
        const std::vector<SampleId> train = must(samplesMatching(project, "split:train"));
        must(assignSplit(project, train, Split::Test, "ann"));
        QCOMPARE(gatherFacts(project, {}, {}, {}).trained, 0);
        QCOMPARE(gatherFacts(project, before.hash, {}, {}).trained, 120);
        must(assignSplit(project, must(samplesMatching(project, "")), Split::None, "ann"));
        QCOMPARE(gatherFacts(project, {}, {}, {}).trained, 190);
    }

    void theNetworkIsDescribedForTheClassesOfTheProject()
    {
        TrainForm form;
        form.setNetworks(networks());
        QVERIFY(form.describeArguments(0).isEmpty());
        form.findChild<QComboBox *>(QStringLiteral("setting.preset"))->setCurrentText(QStringLiteral("tiny"));
        QCOMPARE(form.describeArguments(8),
                 (QStringList{"networks", "eac-compact", "--classes", "8", "--set", "preset=tiny"}));
    }

    /// The epochs before the last job stand in the run's own file.
    void aResumedRunShowsWhatItTrainedBefore()
    {
        const TemporaryFolder folder;
        filledProject(folder / "a.mien", 40);
        const QDir project(QString::fromStdString((folder / "a.mien").string()));
        QVERIFY(project.mkpath(QStringLiteral("runs/r1")));
        QFile metrics(project.filePath(QStringLiteral("runs/r1/metrics.jsonl")));
        QVERIFY(metrics.open(QIODevice::WriteOnly));
        for (int epoch = 0; epoch < 3; ++epoch)
            metrics.write(QStringLiteral(R"({"run":"r1","split":"train","name":"loss","fold":0,"epoch":%1,"value":2})")
                              .arg(epoch)
                              .toUtf8() +
                          '\n');
        metrics.close();
        MainWindow window;
        QVERIFY(openProject(window, project.path()));
        window.showPage(QStringLiteral("train"));
        const auto loss = [&] { return window.findChild<LinePlot *>(QStringLiteral("trainLoss")); };
        const auto epochs = [&] { return loss()->lines().empty() ? 0 : int(loss()->lines().front().points.size()); };
        const auto start = [&](const QStringList &arguments) {
            window.session()->jobs().start(QStringLiteral("Train"), arguments);
        };
        start({QStringLiteral("train"), QStringLiteral("--resume"), QStringLiteral("r1")});
        QTRY_COMPARE(epochs(), 4);
        QCOMPARE(loss()->lines().front().points.back(), QPointF(4, 0.5));
        // A window that comes later finds the same.
        window.closeProject();
        QVERIFY(openProject(window, project.path()));
        window.showPage(QStringLiteral("train"));
        QTRY_COMPARE(epochs(), 4);
        // One that failed before its first epoch waits for nothing.
        start({QStringLiteral("train")});
        QTRY_COMPARE(loss()->emptyText(), QStringLiteral("No epoch was trained"));
        QCOMPARE(epochs(), 0);
    }

    void aRunIsRepeatedByTheCommandThatRepeatsIt()
    {
        const TemporaryFolder folder;
        {
            Project project = filledProject(folder / "a.mien", 40);
            addFinishedRun(project, 5, 0.8);
            addFinishedRun(project, 10, 0.9);
        }
        MainWindow window;
        QVERIFY(openProject(window, QString::fromStdString((folder / "a.mien").string())));
        window.showPage(QStringLiteral("runs"));
        auto *after = window.findChild<QComboBox *>(QStringLiteral("runsB"));
        QTRY_VERIFY(!after->currentText().isEmpty());
        const QString run = after->currentText();
        window.findChild<QPushButton *>(QStringLiteral("runsRepeat"))->click();
        const QList<JobInfo> jobs = window.session()->jobs().jobs();
        QVERIFY(std::any_of(jobs.begin(), jobs.end(), [&](const JobInfo &job) {
            return job.arguments == QStringList{QStringLiteral("train"), QStringLiteral("--from-run"), run};
        }));
        QCOMPARE(window.currentPage(), QStringLiteral("train"));
    }

    void runsAreListedNewestFirst()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 60);
        addFinishedRun(project, 5, 0.8);
        addFinishedRun(project, 10, 0.9);
        RunsModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRuns(runs(project), "r1");
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(model.rowOf(QStringLiteral("r1")) >= 0);
        const int row = model.rowOf(QStringLiteral("r2"));
        QVERIFY(model.index(row, RunsModel::Accuracy).data().toString().startsWith(QStringLiteral("90")));
        QVERIFY(model.index(model.rowOf(QStringLiteral("r1")), RunsModel::State)
                    .data()
                    .toString()
                    .contains(QStringLiteral("flags")));
        QCOMPARE(model.rowOf(QStringLiteral("r9")), -1);
        // One that has not ended: by its job, and without a count that is not known yet.
        RunRow open;
        open.id = "r3";
        open.state = "running";
        open.snapshot = std::string(32, 'b');
        const auto text = [&](RunsModel::Column column) { return model.index(0, column).data().toString(); };
        model.setRuns({open}, "r1");
        QCOMPARE(text(RunsModel::State), QStringLiteral("interrupted"));
        QCOMPARE(text(RunsModel::Data), QStringLiteral("bbbbbbbb"));
        model.setRuns({open}, "r1", "r3");
        QCOMPARE(text(RunsModel::State), QStringLiteral("running"));
    }

    void aComparisonIsRead()
    {
        const auto view = RunComparisonView::of(QJsonDocument::fromJson(R"({"event":"result",
            "a":{"run":"r1","snapshot":"x","seed":0},"b":{"run":"r2","snapshot":"y","seed":0},"samples":100,
            "accuracy":[0.8,0.9],"macro_f1":[0.7,0.8],"interval":[0.02,0.18],"fixed":[3,5],"broken":[],"both_wrong":[9],
            "left_out":7,"learned":[[4,6],[]],"classes":{"anger":{"samples":40,"recall":[0.5,0.75],"f1":[0.5,0.7]}}})")
                                                    .object());
        QCOMPARE(view.a, QStringLiteral("r1"));
        QVERIFY(view.isClear() && !view.sameSnapshot && view.sameSeed);
        QCOMPARE(view.fixed, (std::vector<SampleId>{SampleId{3}, SampleId{5}}));
        QCOMPARE(view.bothWrong.size(), std::size_t(1));
        QCOMPARE(view.leftOut, 7);
        QCOMPARE(view.learnedA, (std::vector<SampleId>{SampleId{4}, SampleId{6}}));
        QVERIFY(view.learnedB.empty());
        QCOMPARE(view.classes.front().recallB, 0.75);
    }

    void aNetworkIsChosenByItsCard()
    {
        NetworkChooser chooser(networks(), QStringLiteral("eac-compact"), 960);
        chooser.setAttribute(Qt::WA_DeleteOnClose, false);
        chooser.show();
        QCOMPARE(chooser.current(), QStringLiteral("eac-compact"));
        const auto text = [&](const char *name) { return chooser.findChild<QLabel *>(QLatin1String(name))->text(); };
        const auto *options = chooser.findChild<QTableWidget *>(QStringLiteral("networkOptions"));
        QCOMPARE(options->rowCount(), 4);
        QCOMPARE(options->item(1, 0)->text() + options->item(1, 1)->text(), QStringLiteral("heads4"));
        QCOMPARE(options->item(1, 2)->text(), QStringLiteral("1 to 8"));
        QCOMPARE(options->item(0, 2)->text(), QStringLiteral("standard, tiny"));
        auto *cards = chooser.findChild<QListWidget *>(QStringLiteral("networkCards"));
        QTest::keyClick(cards, Qt::Key_Down);
        QCOMPARE(chooser.current(), QStringLiteral("eac-resnet18"));
        QVERIFY(text("networkWords").contains(QStringLiteral("Good for: photos.")));
        QVERIFY(text("networkWords").contains(QStringLiteral("Needs: a GPU.")));
        QCOMPARE(options->rowCount(), 0);
        QVERIFY(text("networkCost").contains(QStringLiteral("Not measured")));
        QSignalSpy chosen(&chooser, &NetworkChooser::networkChosen);
        QTest::keyClick(cards, Qt::Key_Return);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0][0].toString(), QStringLiteral("eac-resnet18"));
        QVERIFY(!chooser.isVisible());
    }

    void everySettingIsShownWithItsValue()
    {
        const QList<TrainingKey> keys{{QStringLiteral("sampler"), QStringLiteral("one of uniform, balanced"),
                                       QStringLiteral("which faces an epoch sees")},
                                      {QStringLiteral("lr"), QStringLiteral("a number of 0 to 1000"),
                                       QStringLiteral("learning rate at its greatest")}};
        TrainForm form;
        form.setNetworks(networks());
        form.setTrainingKeys(keys);
        QSignalSpy wanted(&form, &TrainForm::allSettingsWanted);
        form.findChild<QPushButton *>(QStringLiteral("trainAllSettings"))->click();
        QCOMPARE(wanted.count(), 1);
        AllSettings dialog(form.checkArguments(), keys, *form.network());
        dialog.setAttribute(Qt::WA_DeleteOnClose, false);
        dialog.show();
        auto *table = dialog.findChild<QTableWidget *>(QStringLiteral("allSettingsTable"));
        QTRY_COMPARE(table->rowCount(), 6); // four of the network, two of every training
        QCOMPARE(table->item(1, 1)->text(), QStringLiteral("4"));
        QCOMPARE(table->item(4, 0)->text() + table->item(4, 1)->text(), QStringLiteral("sampleruniform"));
        QCOMPARE(table->item(5, 1)->text(), QStringLiteral("0.004"));
        QCOMPARE(table->item(5, 3)->text(), QStringLiteral("learning rate at its greatest"));
        dialog.findChild<QLineEdit *>(QStringLiteral("allSettingsFind"))->setText(QStringLiteral("GREATEST"));
        QVERIFY(table->isRowHidden(4) && !table->isRowHidden(5));
        connect(&dialog, &AllSettings::chosen, &form, [&form](const QList<std::pair<QString, QString>> &settings) {
            for (const auto &[key, value] : settings)
                form.set(key, value);
        });
        table->item(4, 1)->setText(QStringLiteral("balanced"));
        table->item(5, 1)->setText(QStringLiteral("0.01"));
        dialog.findChild<QPushButton *>(QStringLiteral("allSettingsUse"))->click();
        QVERIFY(!dialog.isVisible());
        const QStringList arguments = form.arguments();
        QVERIFY(arguments.contains(QStringLiteral("lr=0.01")) &&
                arguments.contains(QStringLiteral("sampler=balanced")));
        QVERIFY(!arguments.join(QLatin1Char(' ')).contains(QStringLiteral("heads")));
    }

    void weightsAreStartedFrom()
    {
        TrainForm form;
        form.setNetworks(networks());
        auto *weights = form.findChild<QComboBox *>(QStringLiteral("trainWeights"));
        QSignalSpy wanted(&form, &TrainForm::weightsWanted);
        weights->setCurrentIndex(1);
        Q_EMIT weights->activated(1);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(weights->currentIndex(), 0); // a file is still to be chosen
        QVERIFY(!form.arguments().contains(QStringLiteral("--initial")));
        form.setWeights(QStringLiteral("/p/weights/r18.safetensors"), QStringLiteral("60 tensors meet."));
        const QStringList arguments = form.arguments();
        QCOMPARE(arguments.value(arguments.indexOf(QStringLiteral("--initial")) + 1),
                 QStringLiteral("/p/weights/r18.safetensors"));
        QCOMPARE(form.findChild<QLabel *>(QStringLiteral("trainWeightsWords"))->text(),
                 QStringLiteral("60 tensors meet."));
        QCOMPARE(form.convertArguments(QStringLiteral("a.pth"), QStringLiteral("b.safetensors")).mid(0, 5).join(' '),
                 QStringLiteral("convert a.pth b.safetensors --network eac-compact"));
        form.chooseNetwork(QStringLiteral("eac-resnet18"));
        QVERIFY(!form.arguments().contains(QStringLiteral("--initial"))); // they were for another network
        QCOMPARE(form.findChild<QLabel *>(QStringLiteral("trainWeightsWords"))->text(),
                 QStringLiteral("Published: ResNet-18."));
    }

    void theFormTakesTheChosenNetwork()
    {
        TrainForm form;
        form.setNetworks(networks());
        QSignalSpy wanted(&form, &TrainForm::chooserWanted);
        form.findChild<QPushButton *>(QStringLiteral("trainCards"))->click();
        QCOMPARE(wanted.count(), 1);
        form.chooseNetwork(QStringLiteral("eac-resnet18"));
        QCOMPARE(form.network()->name, QStringLiteral("eac-resnet18"));
        form.chooseNetwork(QStringLiteral("nothing"));
        QCOMPARE(form.network()->name, QStringLiteral("eac-resnet18"));
    }
};

QTEST_MAIN(TrainFormTest)
#include "tst_train_form.moc"
