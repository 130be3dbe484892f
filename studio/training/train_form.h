#pragma once

#include "pipeline/store/recipe_file.h"
#include "studio/training/network_catalog.h"
#include "studio/training/stage_choice.h"

#include <QComboBox>
#include <QList>
#include <QWidget>

class QCheckBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace mien {

class FurtherSettings;
class SettingEditor;

/// A version of the data that can be trained on.
struct SnapshotChoice
{
    QString hash; ///< Empty: the data as they are now.
    QString text;
};

/// What a training is asked to do, in three groups: data, network, run. Gives the command's arguments.
class TrainForm : public QWidget
{
    Q_OBJECT

public:
    explicit TrainForm(QWidget *parent = nullptr);

    QSize minimumSizeHint() const override; ///< Scrolls sooner than it squeezes its fields.

    void setNetworks(const QList<NetworkEntry> &networks);
    void setTrainingKeys(const QList<TrainingKey> &keys); ///< What there is besides the controls.
    /// Id and words, e.g. "cpu", "CPU (2 threads)"; "auto" is always there.
    void setDevices(const QList<std::pair<QString, QString>> &devices);
    void setSnapshots(const QList<SnapshotChoice> &snapshots);
    QList<TrainingKey> trainingKeys() const { return m_keys; }
    /// KEY and VALUE of `--set`, into their control or the further settings.
    void set(const QString &key, const QString &value);
    /// Weights that the network starts from, as `mien convert` wrote them. Forgotten where another network is chosen.
    /// @param words  how they and the network met
    void setWeights(const QString &file, const QString &words);
    /// For `mien`: convert FILE OUT --network …, which says how the weights of a file and the network meet.
    QStringList convertArguments(const QString &file, const QString &out) const;
    void setPretrainedRuns(const QList<PretrainedRun> &runs); ///< What fine-tuning can start from.

    /// For `mien`: train --network … ; only what differs from the defaults is set.
    QStringList arguments() const;
    /// For `mien`: train --check …, which says whether the settings are possible.
    QStringList checkArguments() const;
    /// The same choices for a throw-away training of one epoch that measures the speed.
    QStringList probeArguments(int sidePx) const;
    /// For `mien`: networks NAME …, which says how many parameters the network has that tells `classes` apart.
    QStringList describeArguments(qint64 classes) const;
    void setParameters(qint64 parameters); ///< What it said; shown until the choice changes.
    /// What settings decide the speed; equal texts are equally fast.
    QString speedKey(int sidePx) const;

    const NetworkEntry *network() const; ///< Null while none is known.
    const QList<NetworkEntry> &networks() const { return m_networks; }
    void chooseNetwork(const QString &name);
    /// Short name and words of the label spaces there are; with fewer than two nothing is asked.
    void setSpaces(const QList<std::pair<QString, QString>> &spaces, const QString &chosen);
    QString space() const;              ///< "expression", "drowsiness"; empty: there is no choice.
    QString wantedSpace() const;        ///< The same, or what was restored and is not known to be there.
    QString snapshot() const;           ///< Hash; empty: the labels now.
    int folds() const;                  ///< Pre-training makes one network.
    bool isPretraining() const;         ///< No label is learned.
    bool lacksPretraining() const;      ///< Fine-tuning is asked for, and there is no run to start from.
    void setVotesOffered(bool offered); ///< Whether any face has votes to learn from.
    void setLeaksOffered(bool offered); ///< Whether there are leaks that would have to be allowed.
    bool allowsLeaks() const;           ///< Of the splits. Never remembered: it is said for one training.
    int epochs() const;                 ///< 0: as the recipe.
    int batch() const;                  ///< 0: as the recipe.
    int size() const;                   ///< 0: as the network.
    QString recipe() const;

    bool hasFurtherSettings() const;
    QString faultOfFurtherSettings() const;      ///< Of their lines; the values are for the command to judge.
    void showFurtherFault(const QString &fault); ///< Beside them; empty: nothing is wrong.

    /// What is chosen, without data, device and seed.
    RecipeFile asRecipe() const;
    bool hasNetwork(const QString &name) const { return m_network->findData(name) >= 0; }
    /// Fills the form; what the recipe leaves open is as the command has it, what no control can say stands in the
    /// further settings.
    /// @param recipe  of a network that the form has
    /// @return what of it does not count here, a sentence each
    QStringList apply(const RecipeFile &recipe);

    QVariantMap state() const;
    void restore(const QVariantMap &state);

Q_SIGNALS:
    void changed();
    void chooserWanted(); ///< The networks as cards.
    void weightsWanted(); ///< A file of weights to start from.
    void allSettingsWanted();

private:
    void rebuildSettings();
    void refreshStage();
    void followInitialRun();
    using Settings = QList<std::pair<QString, QString>>; ///< KEY and VALUE of `--set`.
    Settings settings() const;
    Settings shownSettings() const;   ///< What controls say.
    Settings networkSettings() const; ///< What the network itself is asked for.
    bool take(const QString &key, const QString &value);
    void clearChoices(); ///< Of the network and the run, to what the recipe and the network have.
    void addRow(QFormLayout *form, const QString &word, QWidget *editor, const char *name, const QString &help);

    QList<NetworkEntry> m_networks;
    QComboBox *m_snapshot, *m_space, *m_network, *m_recipe, *m_device, *m_augment, *m_precision, *m_targets;
    StageChoice *m_stage;
    QSpinBox *m_folds, *m_epochs, *m_batch, *m_size, *m_seed;
    QCheckBox *m_leaks;
    bool m_leaksOffered = false;
    QLineEdit *m_rate;
    FurtherSettings *m_further;
    QLabel *m_about;
    QPushButton *m_cards, *m_all;
    QComboBox *m_weights; ///< None, those that were chosen, and the choice of a file.
    QLabel *m_weightsWords;
    QList<TrainingKey> m_keys;
    QFormLayout *m_dataForm = nullptr, *m_networkForm, *m_runForm = nullptr;
    bool m_votesOffered = false;
    QList<SettingEditor *> m_settings;
    QVariantMap m_wanted; ///< Restored choices that wait for the networks to be known.
};

} // namespace mien
