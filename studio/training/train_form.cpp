#include "studio/training/train_form.h"

#include "studio/common/theme.h"
#include "studio/training/further_settings.h"
#include "studio/training/setting_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleValidator>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

QFormLayout *addGroup(QVBoxLayout *column, const QString &title)
{
    auto *heading = new QLabel(title);
    Theme::setType(heading, Theme::Type::Heading);
    column->addWidget(heading);
    auto *form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, Theme::space(16));
    form->setHorizontalSpacing(Theme::space(12));
    form->setVerticalSpacing(Theme::space(8));
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    column->addLayout(form);
    return form;
}

QStringList setArguments(const QList<std::pair<QString, QString>> &settings)
{
    QStringList list;
    for (const auto &[key, value] : settings)
        list << QStringLiteral("--set") << key + QLatin1Char('=') + value;
    return list;
}

QSpinBox *recipeSpin(int most, int step)
{
    auto *spin = new QSpinBox;
    spin->setRange(0, most);
    spin->setSingleStep(step);
    spin->setSpecialValueText(TrainForm::tr("as the recipe"));
    return spin;
}

} // namespace

TrainForm::TrainForm(QWidget *parent)
    : QWidget(parent)
    , m_snapshot(new QComboBox)
    , m_space(new QComboBox)
    , m_network(new QComboBox)
    , m_recipe(new QComboBox)
    , m_device(new QComboBox)
    , m_augment(new QComboBox)
    , m_precision(new QComboBox)
    , m_targets(new QComboBox)
    , m_stage(new StageChoice(this))
    , m_folds(new QSpinBox)
    , m_epochs(recipeSpin(1000, 1))
    , m_batch(recipeSpin(4096, 16))
    , m_size(recipeSpin(512, 16))
    , m_seed(new QSpinBox)
    , m_leaks(new QCheckBox(tr("train all the same")))
    , m_rate(new QLineEdit)
    , m_further(new FurtherSettings)
    , m_about(new QLabel)
    , m_cards(new QPushButton(tr("Compare networks…")))
    , m_all(new QPushButton(tr("All settings…")))
    , m_weights(new QComboBox)
    , m_weightsWords(Theme::words({}, Theme::Type::Secondary))
{
    setObjectName(QStringLiteral("trainForm"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, Theme::space(12), 0); // free of the scroll bar

    m_dataForm = addGroup(column, tr("Data"));
    addRow(m_dataForm, tr("Version"), m_snapshot, "trainSnapshot",
           tr("The labels as they are now are kept as a snapshot; an older one repeats what was then."));
    addRow(m_dataForm, tr("Labels"), m_space, "trainSpace",
           tr("The project holds labels of several kinds. A network learns one of them, and scores no face that is "
              "labelled in another."));
    setSpaces({}, {});
    m_folds->setRange(1, 100);
    m_folds->setValue(3);
    addRow(m_dataForm, tr("Folds"), m_folds, "trainFolds",
           tr("With 2 or more every face is scored by a network that did not see it, which flagging needs. "
              "The time grows with their number."));
    addRow(m_dataForm, tr("Leaking splits"), m_leaks, "trainAllowLeaks",
           tr("Without folds the network is measured by the other splits. Where a person, a video or a picture lies "
              "in train as well, this is refused unless allowed here; the run notes it."));
    setLeaksOffered(false);

    m_networkForm = addGroup(column, tr("Network"));
    addRow(m_networkForm, tr("Network"), m_network, "trainNetwork", tr("What is trained."));
    m_about->setWordWrap(true);
    m_about->setAlignment(Qt::AlignTop);
    m_about->setMinimumHeight(m_about->fontMetrics().lineSpacing() * 3);
    Theme::setType(m_about, Theme::Type::Secondary);
    m_networkForm->addRow(QString(), m_about);
    m_cards->setObjectName(QStringLiteral("trainCards"));
    m_cards->setAccessibleName(tr("Compare networks: what each is good at, needs and costs"));
    m_cards->setToolTip(tr("What each network is good at, needs and costs on this machine."));
    connect(m_cards, &QPushButton::clicked, this, &TrainForm::chooserWanted);
    m_networkForm->addRow(QString(), m_cards);
    m_recipe->addItem(tr("quick"), QStringLiteral("quick"));
    m_recipe->addItem(tr("as published"), QStringLiteral("paper"));
    addRow(m_networkForm, tr("Recipe"), m_recipe, "trainRecipe",
           tr("Quick: an evening on two processor cores. As published: the paper's settings, best on a GPU."));
    addRow(m_networkForm, tr("Stages"), m_stage->stageBox(), "trainStage",
           tr("This network learns in two stages: first faces, without labels, then labels. One pre-training may serve "
              "many fine-tunings."));
    m_networkForm->addRow(QString(), m_stage->wordsLabel());
    addRow(m_networkForm, tr("Start from"), m_stage->runBox(), "trainInitial",
           tr("The run that was pre-trained. Its size and layout are taken over."));

    addRow(m_networkForm, tr("Weights"), m_weights, "trainWeights",
           tr("Weights that the network starts from, of a file that you have: of PyTorch (.pt, .pth), NumPy (.npz, "
              ".pkl) or safetensors. Nothing in it is executed."));
    m_weightsWords->setObjectName(QStringLiteral("trainWeightsWords"));
    m_networkForm->addRow(QString(), m_weightsWords);
    connect(m_weights, &QComboBox::activated, this, [this](int index) {
        if (index == m_weights->count() - 1) {
            m_weights->setCurrentIndex(m_weights->count() - 2);
            Q_EMIT weightsWanted();
            return;
        }
        if (index == 0)
            setWeights({}, {});
    });

    QFormLayout *run = m_runForm = addGroup(column, tr("Run"));
    m_targets->addItem(tr("the labels"), QStringLiteral("label"));
    m_targets->addItem(tr("the annotators' votes"), QStringLiteral("votes"));
    addRow(run, tr("Learn from"), m_targets, "trainTargets",
           tr("The labels: each face is one class. The votes: each face is what share of the annotators saw in it, "
              "which says how sure they were; faces without votes, and those that a person has labelled otherwise "
              "since, go by their label."));
    setVotesOffered(false);
    addRow(run, tr("Epochs"), m_epochs, "trainEpochs", tr("How often every face is seen."));
    addRow(run, tr("Batch"), m_batch, "trainBatch", tr("Faces a step; less needs less memory."));
    addRow(run, tr("Face side"), m_size, "trainSize", tr("Pixels; larger is slower by its square."));
    m_size->setSpecialValueText(tr("as the faces"));
    m_rate->setPlaceholderText(tr("as the recipe"));
    auto *validator = new QDoubleValidator(1e-7, 10, 8, m_rate);
    validator->setLocale(QLocale::c());
    m_rate->setValidator(validator);
    addRow(run, tr("Learning rate"), m_rate, "trainLearningRate", tr("Its largest value; the schedule lowers it."));
    m_augment->addItem(tr("as the recipe"), QStringLiteral("default"));
    m_augment->addItem(tr("mirroring only"), QStringLiteral("flip"));
    m_augment->addItem(tr("none"), QStringLiteral("none"));
    addRow(run, tr("Augmentation"), m_augment, "trainAugment", tr("How pictures are varied while training."));
    m_precision->addItem(tr("the fastest (probed)"), QStringLiteral("auto"));
    m_precision->addItem(tr("32 bit (repeatable)"), QStringLiteral("fp32"));
    m_precision->addItem(tr("bfloat16"), QStringLiteral("bf16"));
    addRow(run, tr("Precision"), m_precision, "trainPrecision", tr("32 bit makes two runs comparable bit for bit."));
    addRow(run, tr("Device"), m_device, "trainDevice", tr("Auto takes a GPU where there is one."));
    m_seed->setRange(0, 1'000'000);
    addRow(run, tr("Seed"), m_seed, "trainSeed", tr("The same seed gives the same folds and the same network."));
    addRow(run, tr("Further"), m_further, "trainFurther",
           tr("Settings that have no field here, as mien train --set takes them."));
    m_further->setAccessibleName(tr("Further settings"));
    run->addRow(QString(), m_further->wordsLabel());
    m_all->setObjectName(QStringLiteral("trainAllSettings"));
    m_all->setAccessibleName(tr("All settings: their values, what is possible, and what they are for"));
    m_all->setToolTip(tr("Every setting with its value, what is possible, and what it is for."));
    connect(m_all, &QPushButton::clicked, this, &TrainForm::allSettingsWanted);
    run->addRow(QString(), m_all);
    column->addStretch();

    setSnapshots({});
    setDevices({});
    setWeights({}, {});
    connect(m_network, &QComboBox::currentIndexChanged, this, [this] {
        rebuildSettings();
        Q_EMIT changed();
    });
    connect(m_stage, &StageChoice::changed, this, [this] {
        refreshStage();
        Q_EMIT changed();
    });
    connect(m_stage, &StageChoice::runChosen, this, &TrainForm::followInitialRun);
    refreshStage();
    for (QComboBox *combo : {m_snapshot, m_space, m_recipe, m_device, m_augment, m_precision, m_targets})
        connect(combo, &QComboBox::currentIndexChanged, this, &TrainForm::changed);
    for (QSpinBox *spin : {m_folds, m_epochs, m_batch, m_size, m_seed})
        connect(spin, &QSpinBox::valueChanged, this, &TrainForm::changed);
    connect(m_leaks, &QCheckBox::toggled, this, &TrainForm::changed);
    connect(m_rate, &QLineEdit::textChanged, this, &TrainForm::changed);
    connect(m_further, &QPlainTextEdit::textChanged, this, &TrainForm::changed);
}

QSize TrainForm::minimumSizeHint() const
{
    // Words that wrap need more lines than the size hint supposes.
    return {QWidget::minimumSizeHint().width(), std::max(sizeHint().height(), layout()->totalHeightForWidth(width()))};
}

void TrainForm::addRow(QFormLayout *form, const QString &word, QWidget *editor, const char *name, const QString &help)
{
    editor->setObjectName(QLatin1String(name));
    editor->setAccessibleName(word);
    editor->setToolTip(help);
    auto *label = new QLabel(word);
    label->setToolTip(help);
    label->setBuddy(editor);
    // The three groups share one column of words.
    label->setMinimumWidth(fontMetrics().horizontalAdvance(tr("Learning rate")) + Theme::space(12));
    if (auto *combo = qobject_cast<QComboBox *>(editor)) {
        combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        combo->setMinimumContentsLength(8);
    }
    form->addRow(label, editor);
}

void TrainForm::setNetworks(const QList<NetworkEntry> &networks)
{
    m_networks = networks;
    const QString former = m_wanted.value(QStringLiteral("network"), m_network->currentData()).toString();
    {
        const QSignalBlocker blocker(m_network);
        m_network->clear();
        for (const NetworkEntry &network : m_networks)
            m_network->addItem(network.name, network.name);
        m_network->setCurrentIndex(std::max(0, m_network->findData(former)));
    }
    rebuildSettings();
    Q_EMIT changed();
}

void TrainForm::setTrainingKeys(const QList<TrainingKey> &keys)
{
    m_keys = keys;
    QList<TrainingKey> further = keys;
    further.removeIf([](const TrainingKey &key) {
        return QStringList{"epochs", "batch", "size", "lr", "augment", "precision", "targets"}.contains(key.name);
    });
    m_further->setKeys(further);
}

void TrainForm::setDevices(const QList<std::pair<QString, QString>> &devices)
{
    const QString former = m_device->currentData().toString();
    const QSignalBlocker blocker(m_device);
    m_device->clear();
    m_device->addItem(tr("the fastest"), QStringLiteral("auto"));
    for (const auto &[id, words] : devices)
        m_device->addItem(words, id);
    m_device->setCurrentIndex(std::max(0, m_device->findData(former)));
}

void TrainForm::setSnapshots(const QList<SnapshotChoice> &snapshots)
{
    const QString former = m_snapshot->currentData().toString();
    const QSignalBlocker blocker(m_snapshot);
    m_snapshot->clear();
    m_snapshot->addItem(tr("The labels now"), QString());
    for (const SnapshotChoice &snapshot : snapshots)
        m_snapshot->addItem(snapshot.text, snapshot.hash);
    m_snapshot->setCurrentIndex(std::max(0, m_snapshot->findData(former)));
}

void TrainForm::setSpaces(const QList<std::pair<QString, QString>> &spaces, const QString &chosen)
{
    const QSignalBlocker blocker(m_space);
    m_space->clear();
    for (const auto &[id, words] : spaces)
        m_space->addItem(words, id);
    m_space->setCurrentIndex(std::max(0, m_space->findData(chosen)));
    m_dataForm->setRowVisible(m_space, spaces.size() > 1);
}

QString TrainForm::space() const
{
    return m_space->count() > 1 ? m_space->currentData().toString() : QString();
}

QString TrainForm::wantedSpace() const
{
    return m_space->count() > 1 ? space() : m_wanted.value(QStringLiteral("space")).toString();
}

const NetworkEntry *TrainForm::network() const
{
    const int index = m_network->currentIndex();
    return index >= 0 && index < m_networks.size() ? &m_networks.at(index) : nullptr;
}

void TrainForm::rebuildSettings()
{
    for (SettingEditor *editor : std::as_const(m_settings))
        m_networkForm->removeRow(editor);
    m_settings.clear();
    const NetworkEntry *entry = network();
    m_stage->setNetwork(entry);
    if (!entry) {
        m_about->setText(tr("Asking which networks there are …"));
        return;
    }
    m_about->setText(entry->title);
    m_about->setToolTip(entry->source);
    setWeights({}, {}); // those of another network
    const QVariantMap wanted = m_wanted.value(QStringLiteral("settings")).toMap();
    for (const NetworkSetting &setting : entry->settings) {
        auto *editor = new SettingEditor(setting);
        QString word = setting.name;
        word.replace(QLatin1Char('_'), QLatin1Char(' '));
        word[0] = word[0].toUpper();
        auto *label = new QLabel(word);
        label->setToolTip(setting.help);
        label->setBuddy(editor);
        label->setMinimumWidth(fontMetrics().horizontalAdvance(tr("Learning rate")) + Theme::space(12));
        m_networkForm->addRow(label, editor);
        if (wanted.contains(setting.name))
            editor->setValue(wanted.value(setting.name).toString());
        connect(editor, &SettingEditor::changed, this, &TrainForm::changed);
        m_settings << editor;
    }
    refreshStage();
}

void TrainForm::refreshStage()
{
    const bool offered = m_stage->isOffered();
    m_networkForm->setRowVisible(m_stage->stageBox(), offered);
    m_networkForm->setRowVisible(m_stage->wordsLabel(), offered);
    m_networkForm->setRowVisible(m_stage->runBox(), offered);
    m_dataForm->setRowVisible(m_folds, !isPretraining());
    m_runForm->setRowVisible(m_targets, m_votesOffered && !isPretraining());
    m_networkForm->setRowVisible(m_weights, !m_stage->isRunOffered());
    m_networkForm->setRowVisible(m_weightsWords, !m_stage->isRunOffered() && !m_weightsWords->text().isEmpty());
    for (SettingEditor *editor : std::as_const(m_settings))
        if (editor->setting().name == QLatin1String("pretrain")) // the share of the first stage
            m_networkForm->setRowVisible(editor, m_stage->stage() == StageChoice::Stage::Both);
}

/// What starts from a run has its size and layout: else its weights would not fit.
void TrainForm::followInitialRun()
{
    const PretrainedRun *run = m_stage->initialRun();
    if (!run)
        return;
    for (SettingEditor *editor : std::as_const(m_settings)) {
        const NetworkSetting &setting = editor->setting();
        if (setting.name != QLatin1String("pretrain"))
            editor->setValue(run->settings.value(setting.name, setting.standard).toString());
    }
    m_size->setValue(run->settings.value(QStringLiteral("size"), 0).toInt());
}

void TrainForm::set(const QString &key, const QString &value)
{
    if (!take(key, value))
        m_further->set(key, value);
}

void TrainForm::setWeights(const QString &file, const QString &words)
{
    {
        const QSignalBlocker blocker(m_weights);
        m_weights->clear();
        m_weights->addItem(tr("none: from scratch"), QString());
        if (!file.isEmpty())
            m_weights->addItem(QFileInfo(file).completeBaseName(), file);
        m_weights->setCurrentIndex(m_weights->count() - 1);
        m_weights->addItem(tr("Choose a file…"), QString());
    }
    const NetworkEntry *entry = network();
    m_weightsWords->setText(!file.isEmpty()                      ? words
                            : entry && !entry->weights.isEmpty() ? tr("Published: %1.").arg(entry->weights)
                                                                 : QString());
    refreshStage();
    Q_EMIT changed();
}

QStringList TrainForm::convertArguments(const QString &file, const QString &out) const
{
    const NetworkEntry *entry = network();
    if (!entry)
        return {};
    return QStringList{QStringLiteral("convert"), file, out, QStringLiteral("--network"), entry->name} +
           setArguments(networkSettings());
}

void TrainForm::setPretrainedRuns(const QList<PretrainedRun> &runs)
{
    m_stage->setRuns(runs);
}

bool TrainForm::isPretraining() const
{
    return m_stage->stage() == StageChoice::Stage::Pretrain;
}

bool TrainForm::lacksPretraining() const
{
    return m_stage->isRunOffered() && m_stage->initial().isEmpty();
}

void TrainForm::setVotesOffered(bool offered)
{
    m_votesOffered = offered;
    m_runForm->setRowVisible(m_targets, offered && !isPretraining());
}

QString TrainForm::snapshot() const
{
    return m_snapshot->currentData().toString();
}

int TrainForm::folds() const
{
    return isPretraining() ? 1 : m_folds->value();
}

void TrainForm::setLeaksOffered(bool offered)
{
    m_leaksOffered = offered;
    m_dataForm->setRowVisible(m_leaks, offered);
}

bool TrainForm::allowsLeaks() const
{
    return m_leaksOffered && m_leaks->isChecked();
}

int TrainForm::epochs() const
{
    return m_epochs->value();
}

int TrainForm::batch() const
{
    return m_batch->value();
}

int TrainForm::size() const
{
    return m_size->value();
}

QString TrainForm::recipe() const
{
    return m_recipe->currentData().toString();
}

QStringList TrainForm::arguments() const
{
    const NetworkEntry *entry = network();
    if (!entry)
        return {};
    QStringList list{QStringLiteral("train"),
                     QStringLiteral("--network"),
                     entry->name,
                     QStringLiteral("--recipe"),
                     recipe(),
                     QStringLiteral("--folds"),
                     QString::number(folds()),
                     QStringLiteral("--device"),
                     m_device->currentData().toString(),
                     QStringLiteral("--seed"),
                     QString::number(m_seed->value())};
    if (!snapshot().isEmpty())
        list << QStringLiteral("--snapshot") << snapshot();
    if (!space().isEmpty())
        list << QStringLiteral("--space") << space();
    if (allowsLeaks())
        list << QStringLiteral("--allow-leaks");
    const QString weights = m_weights->currentData().toString();
    if (!m_stage->initial().isEmpty())
        list << QStringLiteral("--initial") << m_stage->initial();
    else if (!weights.isEmpty())
        list << QStringLiteral("--initial") << weights;
    return list + setArguments(settings());
}

TrainForm::Settings TrainForm::settings() const
{
    return shownSettings() + m_further->settings();
}

TrainForm::Settings TrainForm::shownSettings() const
{
    Settings list;
    if (epochs() > 0)
        list.append({QStringLiteral("epochs"), QString::number(epochs())});
    if (batch() > 0)
        list.append({QStringLiteral("batch"), QString::number(batch())});
    if (size() > 0)
        list.append({QStringLiteral("size"), QString::number(size())});
    if (!m_rate->text().isEmpty() && m_rate->hasAcceptableInput())
        list.append({QStringLiteral("lr"), m_rate->text()});
    if (m_augment->currentIndex() > 0)
        list.append({QStringLiteral("augment"), m_augment->currentData().toString()});
    if (m_precision->currentIndex() > 0)
        list.append({QStringLiteral("precision"), m_precision->currentData().toString()});
    if (m_votesOffered && !isPretraining() && m_targets->currentIndex() > 0)
        list.append({QStringLiteral("targets"), m_targets->currentData().toString()});
    return list + networkSettings();
}

TrainForm::Settings TrainForm::networkSettings() const
{
    Settings list;
    for (const SettingEditor *editor : m_settings) {
        const bool isShare = editor->setting().name == QLatin1String("pretrain");
        QString value = editor->value();
        if (isShare && m_stage->stage() != StageChoice::Stage::Both)
            value = isPretraining() ? QStringLiteral("1") : QStringLiteral("0");
        // The published recipe of itself fine-tunes only.
        if (value != editor->setting().standard || (isShare && recipe() == QLatin1String("paper")))
            list.append({editor->setting().name, value});
    }
    return list;
}

QStringList TrainForm::checkArguments() const
{
    const NetworkEntry *entry = network();
    if (!entry)
        return {};
    return QStringList{QStringLiteral("train"),     QStringLiteral("--check"),
                       QStringLiteral("--network"), entry->name,
                       QStringLiteral("--recipe"),  recipe(),
                       QStringLiteral("--folds"),   QString::number(folds())} +
           setArguments(settings());
}

bool TrainForm::hasFurtherSettings() const
{
    return !m_further->toPlainText().trimmed().isEmpty();
}

QString TrainForm::faultOfFurtherSettings() const
{
    QStringList shown;
    for (const auto &[key, value] : shownSettings())
        shown << key;
    return m_further->fault(shown);
}

void TrainForm::showFurtherFault(const QString &fault)
{
    m_further->showFault(fault);
}

RecipeFile TrainForm::asRecipe() const
{
    RecipeFile made;
    made.network = m_network->currentData().toString().toStdString();
    made.recipe = recipe().toStdString();
    made.folds = folds();
    for (const auto &[key, value] : settings())
        made.set[key.toStdString()] = value.toStdString();
    return made;
}

void TrainForm::clearChoices()
{
    for (QSpinBox *spin : {m_epochs, m_batch, m_size})
        spin->setValue(0);
    for (QComboBox *combo : {m_augment, m_precision, m_targets})
        combo->setCurrentIndex(0);
    m_rate->clear();
    m_further->clear();
    m_stage->setStage(StageChoice::Stage::Both);
    m_wanted.remove(QStringLiteral("settings"));
    rebuildSettings();
}

bool TrainForm::take(const QString &key, const QString &value)
{
    for (const auto &[name, spin] : {std::pair("epochs", m_epochs), {"batch", m_batch}, {"size", m_size}}) {
        if (key != QLatin1String(name))
            continue;
        bool isNumber = false;
        const int number = value.toInt(&isNumber);
        if (!isNumber || number < 1 || number > spin->maximum())
            return false;
        spin->setValue(number);
        return true;
    }
    for (const auto &[name, combo] :
         {std::pair("augment", m_augment), {"precision", m_precision}, {"targets", m_targets}}) {
        if (key != QLatin1String(name))
            continue;
        const int at = combo->findData(value);
        combo->setCurrentIndex(std::max(0, at));
        return at >= 0;
    }
    if (key == QLatin1String("lr")) {
        m_rate->setText(value);
        if (m_rate->hasAcceptableInput())
            return true;
        m_rate->clear();
        return false;
    }
    const auto editor = std::find_if(m_settings.begin(), m_settings.end(), [&key](const SettingEditor *candidate) {
        return candidate->setting().name == key;
    });
    return editor != m_settings.end() && (*editor)->take(value);
}

QStringList TrainForm::apply(const RecipeFile &recipe)
{
    QStringList left;
    {
        const QSignalBlocker blocker(this); // told once, when all of it is there
        chooseNetwork(QString::fromStdString(recipe.network));
        m_wanted.insert(QStringLiteral("network"), QString::fromStdString(recipe.network));
        clearChoices();
        m_recipe->setCurrentIndex(
            std::max(0, m_recipe->findData(QString::fromStdString(recipe.recipe.value_or("quick")))));
        m_folds->setValue(static_cast<int>(recipe.folds.value_or(1)));
        const bool isFineTuned = recipe.recipe == "paper"; // by itself
        if (m_stage->isOffered() && isFineTuned && !recipe.set.contains("pretrain"))
            m_stage->setStage(StageChoice::Stage::FineTune);
        for (const auto &[name, text] : recipe.set) {
            const QString key = QString::fromStdString(name), value = QString::fromStdString(text);
            bool isShare = false;
            const double share = value.toDouble(&isShare);
            isShare = isShare && m_stage->isOffered() && key == QLatin1String("pretrain");
            if (isShare && share == 1)
                m_stage->setStage(StageChoice::Stage::Pretrain);
            else if (isShare && share == 0)
                m_stage->setStage(StageChoice::Stage::FineTune);
            else
                set(key, value);
        }
        refreshStage();
        if (m_targets->currentIndex() > 0 && !m_votesOffered)
            left << tr("No face of this project has votes, so it learns from the labels.");
        if (m_stage->isRunOffered())
            left << tr("The run it starts from is no part of a recipe: choose one.");
    }
    Q_EMIT changed();
    return left;
}

QStringList TrainForm::describeArguments(qint64 classes) const
{
    const NetworkEntry *entry = network();
    if (!entry || classes < 1)
        return {};
    return QStringList{QStringLiteral("networks"), entry->name, QStringLiteral("--classes"), QString::number(classes)} +
           setArguments(networkSettings());
}

void TrainForm::setParameters(qint64 parameters)
{
    if (const NetworkEntry *entry = network())
        m_about->setText(tr("%1 · %2 parameters").arg(entry->title, QLocale().toString(parameters)));
}

void TrainForm::chooseNetwork(const QString &name)
{
    if (const int index = m_network->findData(name); index >= 0)
        m_network->setCurrentIndex(index);
}

QStringList TrainForm::probeArguments(int sidePx) const
{
    QStringList list = arguments();
    const auto replace = [&list](const QString &option, const QString &value) {
        const qsizetype at = list.indexOf(option);
        if (at >= 0)
            list[at + 1] = value;
    };
    replace(QStringLiteral("--folds"), QStringLiteral("1"));
    // The throw-away project has none of them.
    for (const QString &option : {QStringLiteral("--snapshot"), QStringLiteral("--space"), QStringLiteral("--initial")})
        if (const qsizetype at = list.indexOf(option); at >= 0)
            list.remove(at, 2);
    list.removeAll(QStringLiteral("--allow-leaks"));
    list.removeIf([](const QString &text) { return text.startsWith(QLatin1String("epochs=")); });
    // What is left of the removed key's --set goes with the next one or is taken by the epochs below.
    QStringList cleaned;
    for (qsizetype i = 0; i < list.size(); ++i) {
        if (list[i] == QLatin1String("--set") && (i + 1 == list.size() || list[i + 1].startsWith(QLatin1String("--"))))
            continue;
        cleaned << list[i];
    }
    cleaned << QStringLiteral("--set") << QStringLiteral("epochs=1");
    if (size() == 0 && sidePx > 0)
        cleaned << QStringLiteral("--set") << QStringLiteral("size=%1").arg(sidePx);
    return cleaned;
}

QString TrainForm::speedKey(int sidePx) const
{
    QStringList list = probeArguments(sidePx);
    if (const qsizetype at = list.indexOf(QStringLiteral("--seed")); at >= 0)
        list.remove(at, 2);
    return list.join(QLatin1Char(' '));
}

QVariantMap TrainForm::state() const
{
    QVariantMap settings;
    for (const SettingEditor *editor : m_settings) {
        if (editor->isChanged())
            settings.insert(editor->setting().name, editor->value());
    }
    return {{QStringLiteral("network"),
             m_network->count() ? m_network->currentData() : m_wanted.value(QStringLiteral("network"))},
            {QStringLiteral("settings"), settings},
            {QStringLiteral("stage"), m_stage->state()},
            {QStringLiteral("targets"), m_targets->currentIndex()},
            {QStringLiteral("space"), wantedSpace()},
            {QStringLiteral("folds"), m_folds->value()},
            {QStringLiteral("epochs"), epochs()},
            {QStringLiteral("batch"), batch()},
            {QStringLiteral("size"), size()},
            {QStringLiteral("lr"), m_rate->text()},
            {QStringLiteral("augment"), m_augment->currentData()},
            {QStringLiteral("precision"), m_precision->currentData()},
            {QStringLiteral("further"), m_further->toPlainText()},
            {QStringLiteral("recipe"), recipe()},
            {QStringLiteral("seed"), m_seed->value()}};
}

void TrainForm::restore(const QVariantMap &state)
{
    m_wanted = state;
    if (const int at = m_space->findData(state.value(QStringLiteral("space"))); at >= 0)
        m_space->setCurrentIndex(at);
    m_folds->setValue(state.value(QStringLiteral("folds"), 3).toInt());
    m_epochs->setValue(state.value(QStringLiteral("epochs")).toInt());
    m_batch->setValue(state.value(QStringLiteral("batch")).toInt());
    m_size->setValue(state.value(QStringLiteral("size")).toInt());
    m_seed->setValue(state.value(QStringLiteral("seed")).toInt());
    m_recipe->setCurrentIndex(std::max(0, m_recipe->findData(state.value(QStringLiteral("recipe")))));
    m_targets->setCurrentIndex(std::clamp(state.value(QStringLiteral("targets")).toInt(), 0, m_targets->count() - 1));
    m_rate->setText(state.value(QStringLiteral("lr")).toString());
    m_augment->setCurrentIndex(std::max(0, m_augment->findData(state.value(QStringLiteral("augment")))));
    m_precision->setCurrentIndex(std::max(0, m_precision->findData(state.value(QStringLiteral("precision")))));
    m_further->setPlainText(state.value(QStringLiteral("further")).toString());
    m_stage->restore(state.value(QStringLiteral("stage")).toMap());
    if (!m_networks.isEmpty())
        setNetworks(m_networks);
}

} // namespace mien
