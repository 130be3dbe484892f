#pragma once

#include "studio/common/page.h"
#include "studio/training/run_comparison_view.h"

#include <optional>

class QButtonGroup;
class QComboBox;
class QLabel;
class QListView;
class QPushButton;
class QStackedWidget;
class QStandardItemModel;
class QTableView;

namespace mien {

class Background;
class BarList;
class EmptyState;
class FaceImages;
class MienCommand;
class RunDetails;
class RunsModel;

/// The trainings, and two of them side by side: what got better, what got worse, and the faces behind it.
class RunsPage : public Page
{
    Q_OBJECT

public:
    explicit RunsPage(Studio &studio);
    ~RunsPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    bool isSettled() const override;
    bool dropped(const QStringList &paths) override; ///< Photos and videos: what the chosen run sees in them.

    const std::optional<RunComparisonView> &comparison() const { return m_comparison; }

private:
    enum class Flip { Fixed, Broken, BothWrong };

    QWidget *makeComparison();
    void reload();
    void compare();
    void showComparison();
    void loadDetails();
    void showFlips();
    const std::vector<SampleId> &flips() const;
    QueueRequest flippedFaces() const; ///< The list of flips(), with both runs.
    void openPredictions(const QStringList &files);
    QString className(const QString &canonical) const;
    void openCell(int row, int column);
    void askWhereToSaveRecipe();
    void saveRecipe(const QString &run, const QString &path);
    std::optional<std::vector<SampleId>> learnedByShown() const; ///< By the run whose details are shown.

    Background *m_list, *m_loading, *m_faces;
    MienCommand *m_command;
    RunsModel *m_model;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    QTableView *m_table;
    QWidget *m_comparisonArea;
    QComboBox *m_a, *m_b;
    QLabel *m_verdict, *m_same, *m_notice;
    BarList *m_bars;
    RunDetails *m_details;
    QComboBox *m_detailsRun;
    QButtonGroup *m_flipGroup;
    QListView *m_flipList;
    QStandardItemModel *m_flipModel;
    QPushButton *m_review, *m_repeat, *m_try;
    std::optional<RunComparisonView> m_comparison;
    Flip m_flip = Flip::Fixed;
    bool m_loaded = false;
    QString m_compared; ///< "a b" of the newest comparison asked for.
};

} // namespace mien
