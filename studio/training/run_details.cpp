#include "studio/training/run_details.h"

#include "studio/common/plots/line_plot.h"
#include "studio/common/theme.h"
#include "studio/training/run_trials.h"

#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace mien {

namespace {

QTableWidget *makeTable(const char *name, const QString &accessible, const QStringList &columns)
{
    auto *table = new QTableWidget(0, int(columns.size()));
    table->setObjectName(QLatin1String(name));
    table->setAccessibleName(accessible);
    table->setHorizontalHeaderLabels(columns);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setStretchLastSection(true);
    return table;
}

QTableWidgetItem *numberItem(const QString &text)
{
    auto *item = new QTableWidgetItem(text);
    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    return item;
}

QString percentOf(const std::optional<double> &share)
{
    return share ? QObject::tr("%1 %").arg(QLocale().toString(100 * *share, 'f', 1)) : QStringLiteral("–");
}

/// "0.004", "adamw", "anger, disgust"; objects become lines of their own, "set.lr".
void flatten(const QString &prefix, const QJsonObject &object, std::vector<std::pair<QString, QString>> &rows)
{
    for (auto entry = object.begin(); entry != object.end(); ++entry) {
        const QString key = prefix + entry.key();
        if (entry->isObject()) {
            flatten(key + QLatin1Char('.'), entry->toObject(), rows);
            continue;
        }
        QStringList words;
        for (const QJsonValue &value : entry->isArray() ? entry->toArray() : QJsonArray{*entry})
            words << value.toVariant().toString();
        if (const QString text = words.join(QStringLiteral(", ")); !text.isEmpty())
            rows.emplace_back(key, text);
    }
}

} // namespace

RunDetails::RunDetails(QWidget *parent)
    : QTabWidget(parent)
    , m_matrix(new ConfusionMatrix(this))
    , m_classes(makeTable("runsClasses", tr("Precision and recall of each class"),
                          {tr("Class"), tr("Faces"), tr("Precision"), tr("Recall"), tr("F1")}))
    , m_settings(makeTable("runsSettings", tr("Settings of the run"), {tr("Setting"), tr("Value")}))
    , m_saveRecipe(new QPushButton(tr("Save as recipe…")))
    , m_calibration(new LinePlot(this))
    , m_loss(new LinePlot(this))
    , m_heldOut(new LinePlot(this))
    , m_calibrationWords(Theme::words({}, Theme::Type::Secondary))
    , m_trials(new RunTrials)
{
    setObjectName(QStringLiteral("runDetails"));
    setAccessibleName(tr("Details of a run"));
    setDocumentMode(true);
    m_matrix->setObjectName(QStringLiteral("runsMatrix"));
    connect(m_matrix, &ConfusionMatrix::cellActivated, this, &RunDetails::cellActivated);
    m_classes->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    for (int column = 1; column < m_classes->columnCount(); ++column)
        m_classes->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    connect(m_classes, &QTableWidget::itemActivated, this,
            [this](QTableWidgetItem *item) { Q_EMIT classActivated(item->row()); });
    m_calibration->setObjectName(QStringLiteral("runsCalibration"));
    m_calibration->setTitle(tr("Calibration"));
    m_calibration->setAxes(tr("probability of the prediction"), tr("share that is right"));
    m_calibration->setYRange(std::pair(0.0, 1.0));
    m_calibration->setSmoothing(0);
    m_loss->setObjectName(QStringLiteral("runsLoss"));
    m_loss->setTitle(tr("Loss"));
    m_loss->setAxes(tr("epoch"), QString());
    m_heldOut->setObjectName(QStringLiteral("runsHeldOut"));
    m_heldOut->setTitle(tr("Held-out faces"));
    m_heldOut->setAxes(tr("epoch"), QString());
    for (LinePlot *plot : {m_loss, m_heldOut}) {
        plot->setEmptyText(tr("This run kept no curves."));
        plot->setMinimumHeight(Theme::space(24) * 7);
    }
    m_calibration->setEmptyText(tr("No prediction of a face that the network never saw."));

    addTab(m_matrix, tr("Confusions"));
    addTab(m_classes, tr("Classes"));
    auto *calibration = new QWidget(this);
    auto *calibrationColumn = new QVBoxLayout(calibration);
    calibrationColumn->setContentsMargins(0, Theme::space(8), 0, 0);
    calibrationColumn->addWidget(m_calibration, 1);
    calibrationColumn->addWidget(m_calibrationWords);
    addTab(calibration, tr("Calibration"));
    auto *curves = new QWidget(this);
    auto *curvesColumn = new QVBoxLayout(curves);
    curvesColumn->setContentsMargins(0, Theme::space(8), 0, 0);
    curvesColumn->addWidget(m_loss, 1);
    curvesColumn->addWidget(m_heldOut, 1);
    addTab(curves, tr("Curves"));
    addTab(m_trials, tr("Trials"));
    auto *settings = new QWidget(this);
    auto *settingsColumn = new QVBoxLayout(settings);
    settingsColumn->setContentsMargins(0, Theme::space(8), 0, 0);
    settingsColumn->setSpacing(Theme::space(8));
    m_saveRecipe->setObjectName(QStringLiteral("runsSaveRecipe"));
    m_saveRecipe->setAccessibleName(tr("Save as recipe: how this run was trained"));
    m_saveRecipe->setToolTip(tr("Network, recipe, folds and settings as a file to keep or share; Train opens it."));
    connect(m_saveRecipe, &QPushButton::clicked, this, &RunDetails::recipeWanted);
    settingsColumn->addWidget(m_saveRecipe, 0, Qt::AlignLeft);
    settingsColumn->addWidget(m_settings, 1);
    addTab(settings, tr("Settings"));
    connect(&Theme::instance(), &Theme::changed, this, [this] { // lines carry the theme's colours
        showCalibration();
        showCurves();
    });
}

void RunDetails::setJudgement(const QString &run, const RunJudgement &judgement)
{
    m_judgement = judgement;
    m_matrix->setCounts(judgement.counts);
    m_matrix->setAxes(tr("label"), tr("prediction of %1").arg(run));
    showClasses();
    showCalibration();
}

void RunDetails::setFiles(const QByteArray &metrics, const QByteArray &config)
{
    m_curves.clear();
    m_curves.addFile(metrics);
    showCurves();
    std::vector<std::pair<QString, QString>> rows;
    flatten({}, QJsonDocument::fromJson(config).object(), rows);
    m_settings->setRowCount(int(rows.size()));
    m_saveRecipe->setEnabled(!rows.empty());
    for (int row = 0; row < int(rows.size()); ++row) {
        m_settings->setItem(row, 0, new QTableWidgetItem(rows[std::size_t(row)].first));
        auto *value = new QTableWidgetItem(rows[std::size_t(row)].second);
        value->setToolTip(value->text());
        m_settings->setItem(row, 1, value);
    }
}

void RunDetails::clear()
{
    setJudgement({}, {});
    setFiles({}, {});
    m_trials->setResults({}, {});
}

void RunDetails::showClasses()
{
    const int count = int(m_judgement.classes.size());
    m_classes->setRowCount(count);
    for (int row = 0; row < count; ++row) {
        const auto index = std::size_t(row);
        m_classes->setItem(row, 0, new QTableWidgetItem(m_judgement.counts.names.value(row)));
        m_classes->setItem(row, 1, numberItem(QLocale().toString(m_judgement.counts.rowTotal(row))));
        m_classes->setItem(row, 2, numberItem(percentOf(m_judgement.precision(index))));
        m_classes->setItem(row, 3, numberItem(percentOf(m_judgement.recall(index))));
        m_classes->setItem(row, 4, numberItem(percentOf(m_judgement.f1(index))));
    }
}

void RunDetails::showCalibration()
{
    const ThemeColors &colors = Theme::instance().colors();
    std::vector<PlotLine> lines;
    int faces = 0;
    PlotLine found{tr("this run"), colors.accent, {}};
    for (const RunJudgement::Tenth &tenth : m_judgement.tenths) {
        faces += tenth.faces;
        if (tenth.faces > 0)
            found.points.emplace_back(tenth.meanProbability, tenth.accuracy);
    }
    if (faces > 0) {
        lines.push_back({tr("ideal"), colors.secondary, {{0, 0}, {1, 1}}});
        lines.push_back(std::move(found));
    }
    m_calibration->setLines(std::move(lines));
    m_calibrationWords->setText(faces == 0
                                    ? QString()
                                    : tr("Calibration error %1 % over %Ln face(s): how far the probabilities "
                                         "are from the share that is right, on average. Below the ideal line "
                                         "the network is too sure of itself.",
                                         nullptr, faces)
                                          .arg(QLocale().toString(100 * m_judgement.calibrationError(), 'f', 1)));
}

void RunDetails::showCurves()
{
    m_loss->setSections(m_curves.foldSections());
    m_heldOut->setSections(m_curves.foldSections());
    m_loss->setLines(m_curves.lossLines());
    m_heldOut->setLines(m_curves.heldOutLines());
}

} // namespace mien
