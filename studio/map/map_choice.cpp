#include "studio/map/map_choice.h"

#include "studio/common/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

constexpr int kUsualIterations = 750; // as `mien embed` takes where nobody says

} // namespace

MapChoice::MapChoice(const QList<MappableRun> &runs, const QString &wanted, QWidget *parent)
    : QDialog(parent)
    , m_runs(runs)
    , m_run(new QComboBox)
    , m_method(new QComboBox)
    , m_fold(new QSpinBox)
    , m_iterations(new QSpinBox)
    , m_seed(new QSpinBox)
    , m_perplexity(new QDoubleSpinBox)
{
    setObjectName(QStringLiteral("mapChoice"));
    setWindowTitle(tr("Make a map"));
    auto *column = new QVBoxLayout(this);
    column->addWidget(
        Theme::words(tr("All faces in the space of one network: alike ones lie side by side. Each fold has"
                        " a space of its own.")));
    auto *form = new QFormLayout;
    const auto add = [&](const QString &word, QWidget *field, const char *name, const QString &help) {
        field->setObjectName(QLatin1String(name));
        field->setAccessibleName(word);
        field->setToolTip(help);
        form->addRow(word, field);
    };
    for (const MappableRun &run : m_runs)
        m_run->addItem(QStringLiteral("%1 · %2").arg(run.id, run.network), run.id);
    m_run->setCurrentIndex(std::max(0, m_run->findData(wanted)));
    add(tr("Run"), m_run, "mapRun", tr("What its network sees is laid out"));
    add(tr("Fold"), m_fold, "mapFold",
        tr("Which of its networks; faces that it was trained on can be told from others"));
    m_method->addItem(tr("t-SNE: neighbourhoods"), QStringLiteral("tsne"));
    m_method->addItem(tr("PCA: the two widest directions"), QStringLiteral("pca"));
    add(tr("Method"), m_method, "mapMethod", tr("t-SNE shows groups; PCA is quick and keeps distances at large"));
    m_perplexity->setRange(1, 10'000);
    m_perplexity->setDecimals(0);
    m_perplexity->setSpecialValueText(tr("Automatic"));
    add(tr("Perplexity"), m_perplexity, "mapPerplexity",
        tr("About how many neighbours each face keeps; automatic: 30, less where there are few faces"));
    m_iterations->setRange(1, 100'000);
    m_iterations->setSingleStep(250);
    m_iterations->setGroupSeparatorShown(true);
    m_iterations->setValue(kUsualIterations);
    add(tr("Iterations"), m_iterations, "mapIterations",
        tr("Steps of the layout, %1 as a rule: the first 250 pull groups together, the others spread them. More part "
           "finer groups and take longer.")
            .arg(kUsualIterations));
    m_seed->setRange(0, 1'000'000);
    add(tr("Seed"), m_seed, "mapSeed", tr("The same seed gives the same map"));
    column->addLayout(form);
    auto *buttons = new QDialogButtonBox;
    QPushButton *make = buttons->addButton(tr("Make the map"), QDialogButtonBox::AcceptRole);
    make->setObjectName(QStringLiteral("mapMakeNow"));
    QPushButton *cancel = buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    cancel->setObjectName(QStringLiteral("mapMakeCancel"));
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_run, &QComboBox::currentIndexChanged, this, &MapChoice::refresh);
    connect(m_method, &QComboBox::currentIndexChanged, this, &MapChoice::refresh);
    refresh();
}

void MapChoice::refresh()
{
    const MappableRun &run = m_runs[m_run->currentIndex()];
    m_fold->setRange(0, std::max(0, run.folds - 1));
    m_fold->setEnabled(run.folds > 1);
    const bool isTsne = m_method->currentData().toString() == QLatin1String("tsne");
    m_perplexity->setEnabled(isTsne);
    m_iterations->setEnabled(isTsne);
    m_seed->setEnabled(isTsne);
}

QStringList MapChoice::arguments() const
{
    QStringList arguments{QStringLiteral("embed"),           QStringLiteral("--run"),
                          m_run->currentData().toString(),   QStringLiteral("--fold"),
                          QString::number(m_fold->value()),  QStringLiteral("--method"),
                          m_method->currentData().toString()};
    if (m_perplexity->isEnabled() && m_perplexity->value() > m_perplexity->minimum())
        arguments << QStringLiteral("--perplexity") << QString::number(m_perplexity->value());
    if (m_iterations->isEnabled())
        arguments << QStringLiteral("--iterations") << QString::number(m_iterations->value());
    if (m_seed->isEnabled())
        arguments << QStringLiteral("--seed") << QString::number(m_seed->value());
    return arguments;
}

QString MapChoice::title() const
{
    return tr("Map of %1, fold %2").arg(m_run->currentData().toString()).arg(m_fold->value());
}

} // namespace mien
