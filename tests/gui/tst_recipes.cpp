#include "pipeline/store/recipe_file.h"
#include "pipeline/store/runs.h"
#include "studio/app/main_window.h"
#include "studio/common/error_bar.h"
#include "studio/training/further_settings.h"
#include "studio/training/network_catalog.h"
#include "studio/training/run_details.h"
#include "studio/training/train_form.h"
#include "studio/training/train_page.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QTest>

#include <functional>

using namespace mien;
using namespace mien::test;

namespace {

QList<NetworkEntry> networks()
{
    QList<NetworkEntry> list;
    for (
        const char *row :
        {R"({"network":"eac-compact","kind":"network","title":"EAC","input":[1,48,48],"parameters":1234567,"options":[{"name":"preset","type":"choice","default":"standard","values":["standard","tiny"],"help":"Size"},{"name":"heads","type":"integer","default":4,"range":[1,8],"help":"Heads"},{"name":"dropout","type":"number","default":0.1,"range":[0,0.9],"help":"Share"}]})",
         R"({"network":"mae-visi","kind":"network","title":"Masked auto-encoder","input":[3,96,96],"parameters":1363456,"options":[{"name":"pretrain","type":"number","default":0.5,"range":[0,1],"help":"Share"}]})"})
        list << networkOf(QJsonDocument::fromJson(row).object()).value();
    return list;
}

const QList<TrainingKey> kKeys{{"sampler", "one of uniform, balanced, refined", "which faces an epoch sees"},
                               {"sam", "a number of 0 to 10", "radius of a step"},
                               {"epochs", "a whole number of 1 to 100000", "how often each is trained"}};

/// The settings that the form gives to `mien train`.
std::map<std::string, std::string> settingsOf(const TrainForm &form)
{
    std::map<std::string, std::string> settings;
    const QStringList arguments = form.arguments();
    for (qsizetype i = 0; i + 1 < arguments.size(); ++i)
        if (arguments[i] == QLatin1String("--set"))
            settings[arguments[i + 1].section(QLatin1Char('='), 0, 0).toStdString()] =
                arguments[i + 1].section(QLatin1Char('='), 1).toStdString();
    return settings;
}

void write(const std::filesystem::path &path, const QByteArray &text)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("%s cannot be written", path.c_str());
}

QByteArray read(const std::filesystem::path &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The train page of a project, with the networks above.
struct Opened
{
    TemporaryFolder folder;
    MainWindow window;
    TrainForm *form = nullptr;

    explicit Opened(const std::function<void(Project &)> &prepare = {})
    {
        {
            Project project = filledProject(folder / "a.mien", 40);
            addFinishedRun(project, 5, 0.8);
            if (prepare)
                prepare(project);
        }
        if (!openProject(window, QString::fromStdString((folder / "a.mien").string()), {1280, 720}))
            qFatal("the project does not open");
        window.showPage(QStringLiteral("train"));
        form = window.findChild<TrainForm *>(QStringLiteral("trainForm"));
        if (!QTest::qWaitFor([this] { return window.isSettled(); }, 30'000))
            qFatal("the page does not settle");
        form->setNetworks(networks()); // the program that stands in knows none
        form->setTrainingKeys(kKeys);
    }

    void drop(const std::filesystem::path &path)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QString::fromStdString(path.string()))});
        QDragEnterEvent enter({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &enter);
        QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &event);
    }

    QString words() const { return window.findChild<QLabel *>(QStringLiteral("trainRecipeWords"))->text(); }
    QString error() const { return window.findChild<ErrorBar *>()->message(); }
};

} // namespace

class TestRecipes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { prepareWindowTests(FAKE_MIEN); }

    void whatIsWrittenIsReadBack()
    {
        const TemporaryFolder folder;
        const RecipeFile recipe{"eac-compact", "paper", 5, {{"lr", "4e-3"}, {"epochs", "20"}, {"pair", "shared"}}};
        QVERIFY(writeRecipe(folder / "a b.json", recipe));
        const QJsonObject written = QJsonDocument::fromJson(read(folder / "a b.json")).object();
        QCOMPARE(written["format"].toString(), QStringLiteral("mien-recipe/1"));
        QVERIFY(written["set"]["epochs"].isDouble());
        QCOMPARE(written["set"]["lr"].toString(), QStringLiteral("4e-3")); // as a number it would read 0.004
        const auto again = readRecipe(folder / "a b.json");
        QVERIFY(again);
        QVERIFY(again->network == recipe.network && again->recipe == recipe.recipe && again->folds == recipe.folds);
        QVERIFY(again->set == recipe.set);
        const auto refused = writeRecipe(folder / "nowhere" / "a.json", recipe);
        QVERIFY(!refused && refused.error().message.find("nowhere") != std::string::npos);
    }

    void whatIsNoRecipeIsNamed_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("said");
        const auto with = [](const char *rest) {
            return QByteArray(R"({"format":"mien-recipe/1","network":"eac-compact",)") + rest + "}";
        };
        QTest::newRow("empty") << QByteArray() << "is not a recipe";
        QTest::newRow("cut off") << with(R"("set":{"epochs":2)").chopped(2) << "is not a recipe";
        QTest::newRow("deep") << QByteArray(200'000, '[') << "is not a recipe";
        QTest::newRow("large") << with(R"("folds":2)") + QByteArray(2 << 20, ' ') << "larger than 1 MB";
        QTest::newRow("another format") << QByteArray(R"({"format":"mien-recipe/2","network":"x"})")
                                        << "is not a recipe";
        QTest::newRow("no network") << QByteArray(R"({"format":"mien-recipe/1"})") << "names no network";
        QTest::newRow("folds") << with(R"("folds":1e9)") << "possible are 1 to 100";
        QTest::newRow("list") << with(R"("set":{"lr":[1]})") << "gives lr no number";
        QTest::newRow("name") << with(R"("set":{"a=b":1})") << "a=b";
        QTest::newRow("seed") << with(R"("seed":3)") << "seed";
    }

    void whatIsNoRecipeIsNamed()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, said);
        Opened page;
        write(page.folder / "odd.json", text);
        page.drop(page.folder / "odd.json");
        QVERIFY2(page.error().contains(said), qPrintable(page.error()));
        QVERIFY(page.error().contains(QStringLiteral("odd.json")));
        QVERIFY(page.words().isEmpty());
        QVERIFY(settingsOf(*page.form).empty());
    }

    void aRecipeFillsTheForm()
    {
        Opened page;
        write(page.folder / "ours.json",
              R"({"format":"mien-recipe/1","network":"eac-compact","recipe":"paper","folds":30,
            "set":{"epochs":5000,"batch":64,"lr":"0.002","preset":"tiny","heads":99,"dropout":0.25,"precision":"fp32",
                   "sampler":"balanced"}})");
        page.form->findChild<QSpinBox *>(QStringLiteral("trainSize"))->setValue(64); // what it does not say is cleared
        page.drop(page.folder / "ours.json");
        QCOMPARE(page.error(), QString());
        QVERIFY2(page.words().contains(QStringLiteral("ours.json")), qPrintable(page.words()));
        QCOMPARE(page.form->recipe(), QStringLiteral("paper"));
        QCOMPARE(page.form->folds(), 30);
        QCOMPARE(page.form->batch(), 64);
        QCOMPARE(page.form->size(), 0);
        QCOMPARE(page.form->findChild<QComboBox *>(QStringLiteral("setting.preset"))->currentText(),
                 QStringLiteral("tiny"));
        // What no control can say is not lost; whether it is possible is for the command to say.
        auto *further = page.form->findChild<FurtherSettings *>(QStringLiteral("trainFurther"));
        QCOMPARE(further->settings(),
                 (QList<std::pair<QString, QString>>{{"epochs", "5000"}, {"heads", "99"}, {"sampler", "balanced"}}));
        QCOMPARE(settingsOf(*page.form), (std::map<std::string, std::string>{{"epochs", "5000"},
                                                                             {"batch", "64"},
                                                                             {"lr", "0.002"},
                                                                             {"preset", "tiny"},
                                                                             {"heads", "99"},
                                                                             {"dropout", "0.25"},
                                                                             {"precision", "fp32"},
                                                                             {"sampler", "balanced"}}));
        const QStringList faults = faultsOfLook(page.window, QStringLiteral("train-recipe"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        // And the page is as it was for one of another version.
        const QVariantMap before = page.form->state();
        write(page.folder / "later.json", R"({"format":"mien-recipe/1","network":"later"})");
        page.drop(page.folder / "later.json");
        QVERIFY(page.error().contains(QStringLiteral("later.json")) &&
                page.error().contains(QStringLiteral("“later”")));
        QCOMPARE(page.form->state(), before);
    }

    void votesAreLearnedWhereThereAreSome()
    {
        TrainForm form;
        form.setNetworks(networks());
        RecipeFile recipe{.network = "eac-compact", .set = {{"targets", "votes"}}};
        const QStringList left = form.apply(recipe);
        QVERIFY(left.size() == 1 && left[0].contains(QStringLiteral("votes")));
        QVERIFY(settingsOf(form).empty());
        form.setVotesOffered(true);
        QVERIFY(form.apply(recipe).isEmpty());
        QCOMPARE(settingsOf(form), recipe.set);
    }

    void stagesAreFollowed()
    {
        Opened page;
        const auto *stage = page.form->findChild<QComboBox *>(QStringLiteral("trainStage"));
        const auto stageAfter = [&](const char *rest) {
            write(page.folder / "s.json", QByteArray(R"({"format":"mien-recipe/1","network":"mae-visi")") + rest + "}");
            page.drop(page.folder / "s.json");
            return stage->currentIndex();
        };
        QCOMPARE(stageAfter(R"(,"set":{"pretrain":1})"), 1);
        QVERIFY(page.form->isPretraining());
        QCOMPARE(stageAfter(""), 0);
        QCOMPARE(stageAfter(R"(,"recipe":"paper")"), 2); // which fine-tunes by itself
        QVERIFY(page.words().contains(QStringLiteral("choose one")));
        QCOMPARE(stageAfter(R"(,"set":{"pretrain":0.25})"), 0);
        QCOMPARE(settingsOf(*page.form).at("pretrain"), std::string("0.25"));
    }

    void furtherSettingsAreJudgedInPlace()
    {
        Opened page;
        auto *further = page.form->findChild<FurtherSettings *>(QStringLiteral("trainFurther"));
        auto *words = page.form->findChild<QLabel *>(QStringLiteral("trainFurtherWords"));
        const auto *start = page.window.findChild<QPushButton *>(QStringLiteral("trainStart"));
        QTRY_VERIFY(start->isEnabled());
        further->setPlainText(QStringLiteral("sampler"));
        QVERIFY(words->text().contains(QStringLiteral("KEY=VALUE")) && !start->isEnabled());
        further->setPlainText(QStringLiteral("sampler=balanced\nsampler=refined"));
        QVERIFY(words->text().contains(QStringLiteral("twice")) && !start->isEnabled());
        page.form->findChild<QSpinBox *>(QStringLiteral("trainEpochs"))->setValue(3);
        further->setPlainText(QStringLiteral("epochs=4"));
        QVERIFY(words->text().contains(QStringLiteral("epochs is set above")) && !start->isEnabled());
        // What a line means is what the command says.
        further->setPlainText(QStringLiteral("sampler=everything"));
        QVERIFY(!start->isEnabled());
        QTRY_VERIFY2(words->text().contains(QStringLiteral("sampler takes balanced")), qPrintable(words->text()));
        QVERIFY(!start->isEnabled() && words->property("danger").toBool());
        page.window.findChild<QScrollArea *>(QStringLiteral("trainScroll"))->ensureWidgetVisible(words);
        const QStringList faults = faultsOfLook(page.window, QStringLiteral("train-further"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        QCOMPARE(further->accessibleDescription(),
                 QStringLiteral("--set sampler is not possible: sampler takes balanced."));
        further->setPlainText(QStringLiteral("sampler = balanced\n"));
        QVERIFY(!start->isEnabled()); // not before it is known
        QTRY_VERIFY(start->isEnabled());
        QVERIFY(!words->property("danger").toBool());
        QCOMPARE(words->text(),
                 QStringLiteral("sampler: which faces an epoch sees. It takes one of uniform, balanced, refined."));
        QCOMPARE(further->accessibleDescription(), words->text());
        QCOMPARE(settingsOf(*page.form).at("sampler"), std::string("balanced"));
        further->clear();
        QVERIFY(start->isEnabled());
        // A fault of the lines is not saved.
        further->setPlainText(QStringLiteral("sampler"));
        page.window.findChild<TrainPage *>()->saveRecipe(QString::fromStdString((page.folder / "no.json").string()));
        QVERIFY(page.error().contains(QStringLiteral("no.json")) && !std::filesystem::exists(page.folder / "no.json"));
    }

    void furtherKeysAreCompleted()
    {
        Opened page;
        auto *further = page.form->findChild<FurtherSettings *>(QStringLiteral("trainFurther"));
        QCOMPARE(further->accessibleName(), QStringLiteral("Further settings"));
        further->setFocus();
        QTest::keyClicks(further, QStringLiteral("sa"));
        auto *popup = further->findChild<QAbstractItemView *>(QStringLiteral("trainFurtherKeys"));
        if (!popup)
            for (QWidget *widget : QApplication::topLevelWidgets())
                if (widget->objectName() == QLatin1String("trainFurtherKeys"))
                    popup = qobject_cast<QAbstractItemView *>(widget);
        QVERIFY(popup && popup->isVisible());
        QCOMPARE(popup->model()->rowCount(), 2); // not epochs, which has a control
        QVERIFY(popup->currentIndex().data().toString().contains(QStringLiteral("a number of 0 to 10")));
        QTest::keyClick(popup, Qt::Key_Down);
        QTest::keyClick(popup, Qt::Key_Return);
        QCOMPARE(further->toPlainText(), QStringLiteral("sampler="));
        QTest::keyClicks(further, QStringLiteral("balanced"));
        QCOMPARE(further->toPlainText(), QStringLiteral("sampler=balanced"));
        QVERIFY(!popup->isVisible());
        QTest::keyClick(further, Qt::Key_Tab); // leads on, as from every field
        QVERIFY(!further->hasFocus());
    }

    void theButtonsAskWhichFile()
    {
        Opened page;
        page.window.findChild<QPushButton *>(QStringLiteral("trainOpenRecipe"))->click();
        auto *open = page.window.findChild<QFileDialog *>(QStringLiteral("trainRecipeDialog"));
        QVERIFY(open && open->isVisible());
        open->reject();
        page.window.findChild<QPushButton *>(QStringLiteral("trainSaveRecipe"))->click();
        auto *save = page.window.findChild<QFileDialog *>(QStringLiteral("saveRecipeDialog"));
        QVERIFY(save && save->isVisible());
        const QString path = QString::fromStdString((page.folder / "mine.json").string());
        Q_EMIT save->fileSelected(path);
        save->reject();
        QVERIFY(page.words().contains(QStringLiteral("mine.json")));
        const auto saved = readRecipe(page.folder / "mine.json");
        QVERIFY(saved && saved->network == "eac-compact" && saved->folds == 3);
    }

    /// How a run was trained, from its settings.
    void aRunIsSavedAsRecipe()
    {
        Opened page([](Project &project) {
            RunRow run = runNamed(project, "r1").value();
            run.network = "eac-compact";
            run.recipe = "quick";
            run.folds = 2;
            run.configJson = R"({"network":"eac-compact","set":{"epochs":"7","lr":0.01},"seed":3,"snapshot":"abc"})";
            must(updateRun(project, run));
            write(project.folder() / "runs/r1/config.json", QByteArray::fromStdString(run.configJson));
        });
        page.window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(page.window.isSettled());
        auto *button = page.window.findChild<QPushButton *>(QStringLiteral("runsSaveRecipe"));
        QTRY_VERIFY(button->isEnabled());
        page.window.findChild<RunDetails *>()->setCurrentIndex(4);
        const QStringList faults = faultsOfLook(page.window, QStringLiteral("runs-settings"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        button->click();
        auto *save = page.window.findChild<QFileDialog *>(QStringLiteral("saveRecipeDialog"));
        QVERIFY(save);
        Q_EMIT save->fileSelected(QString::fromStdString((page.folder / "r1.json").string()));
        save->reject();
        const auto recipe = readRecipe(page.folder / "r1.json");
        QVERIFY(recipe);
        QVERIFY(recipe->network == "eac-compact" && recipe->recipe == "quick" && recipe->folds == 2);
        QCOMPARE(recipe->set, (std::map<std::string, std::string>{{"epochs", "7"}, {"lr", "0.01"}}));
        page.window.showPage(QStringLiteral("train"));
        page.drop(page.folder / "r1.json");
        QCOMPARE(settingsOf(*page.form), recipe->set);
    }

    /// The real program: what the window saves, the command reads, and the other way.
    void windowAndCommandMeanTheSame()
    {
        prepareWindowTests(MIEN_PROGRAM_PATH);
        const TemporaryFolder folder;
        const QString project = QString::fromStdString((folder / "a.mien").string());
        const auto mien = [](const QStringList &arguments) {
            QProcess process;
            process.start(QStringLiteral(MIEN_PROGRAM_PATH), arguments);
            return process.waitForFinished(240'000) ? process.exitCode() : -1;
        };
        QCOMPARE(mien({"demo", project, "--samples", "60"}), 0);
        MainWindow window;
        const auto mayStart = [&window] { // networks and faces are known
            const auto *start = window.findChild<QPushButton *>(QStringLiteral("trainStart"));
            return start && start->isEnabled();
        };
        QVERIFY(openProject(window, project));
        window.showPage(QStringLiteral("train"));
        QTRY_VERIFY_WITH_TIMEOUT(mayStart(), 60'000);
        auto *form = window.findChild<TrainForm *>(QStringLiteral("trainForm"));
        auto *page = window.findChild<TrainPage *>();
        form->chooseNetwork(QStringLiteral("eac-compact"));
        form->findChild<QComboBox *>(QStringLiteral("setting.preset"))->setCurrentText(QStringLiteral("tiny"));
        form->findChild<QSpinBox *>(QStringLiteral("trainEpochs"))->setValue(1);
        form->findChild<QComboBox *>(QStringLiteral("trainPrecision"))->setCurrentIndex(1); // not measured: sooner done
        form->findChild<QSpinBox *>(QStringLiteral("trainFolds"))->setValue(2);
        form->findChild<QLineEdit *>(QStringLiteral("trainLearningRate"))->setText(QStringLiteral("2e-3"));
        form->findChild<FurtherSettings *>(QStringLiteral("trainFurther"))
            ->setPlainText(QStringLiteral("sampler=balanced"));
        const QString saved = QString::fromStdString((folder / "saved.json").string());
        page->saveRecipe(saved);
        const QStringList arguments = form->arguments();
        window.closeProject(); // which it holds for writing
        QCOMPARE(mien(arguments + QStringList{"-p", project}), 0);
        QCOMPARE(mien({"train", "-p", project, "--recipe-file", saved}), 0);
        Project opened = must(Project::open(folder / "a.mien", Project::Access::Read));
        const auto all = runs(opened);
        QCOMPARE(all.size(), std::size_t(2));
        QCOMPARE(all[1].configJson, all[0].configJson);

        // The other way: the recipe of a run that the command trained.
        must(writeRecipe(folder / "run.json", recipeOf(all[1])));
        QVERIFY(openProject(window, project));
        window.showPage(QStringLiteral("train"));
        QTRY_VERIFY_WITH_TIMEOUT(mayStart(), 60'000);
        form = window.findChild<TrainForm *>(QStringLiteral("trainForm"));
        page = window.findChild<TrainPage *>();
        page->openRecipe(QString::fromStdString((folder / "run.json").string()));
        QVERIFY(window.findChild<QLabel *>(QStringLiteral("trainRecipeWords"))->text().contains("run.json"));
        QCOMPARE(settingsOf(*form), recipeOf(all[0]).set);
        QCOMPARE(form->folds(), 2);
        QCOMPARE(mien(form->checkArguments()), 0);
        QCOMPARE(mien(form->checkArguments() + QStringList{"--set", "sampler=everything"}), 2);
        QCOMPARE(mien({"train", "--check", "--resume", "r1"}), 2);
    }
};

QTEST_MAIN(TestRecipes)
#include "tst_recipes.moc"
