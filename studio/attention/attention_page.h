#pragma once

#include "studio/attention/face_maps.h"
#include "studio/attention/map_sheet.h"
#include "studio/common/page.h"

#include <QHash>
#include <QStringList>

#include <memory>

class QComboBox;
class QLabel;
class QPushButton;
class QScrollArea;
class QSlider;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace mien {

class AttentionFacts;
class Background;
class EmptyState;
class FaceImages;
class FaceLoader;
class FaceWalk;
class FilterField;
class MapSheetView;
class NeighboursPanel;
class RunChooser;
class RunMaps;
struct NearestSamples;
struct ReviewFace;

/// Where networks look, face by face: maps of the given and the predicted class of each chosen run, as the face is,
/// mirrored, and with parts erased; on which parts of the face the evidence lies; reliability and nearest neighbours.
class AttentionPage : public Page
{
    Q_OBJECT

public:
    explicit AttentionPage(Studio &studio);
    ~AttentionPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;
    bool isSettled() const override;
    void pose() override;

    FaceWalk &walk() const { return *m_walk; }
    RunChooser &runs() const { return *m_runs; }
    MapSheetView &maps() const { return *m_view; }
    AttentionFacts &facts() const { return *m_facts; }

protected:
    void resizeEvent(QResizeEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QLayout *makeFirstRow();
    QLayout *makeSecondRow();
    QWidget *makeWork();
    void makeActions();
    QToolButton *verbButton(const char *action, const char *iconName);

    void openRequest(const QueueRequest &request);
    void reloadRuns();
    void startRuns();
    RunMaps *mapsOf(const QString &run) const;
    RunMaps *mapsAfter(const QString &run) const; ///< Of the next chosen run, where one has no scores; else null.
    void showList();
    void showFace();
    void showFaceOrEmpty();
    void askAround();
    void refreshMaps();
    void refreshKinds();
    void refreshFacts(const ReviewFace &face);
    void showNeighbours(const NearestSamples &nearest);
    void showReliability(const ReliabilityFacts &facts, const QString &run);
    void inspect(SampleId sample);

    QString kind() const;
    ColourScale scale() const;
    std::shared_ptr<const ReviewFace> face() const;
    QString reasonAgainstSimilar() const;
    void findSimilar();
    void stepChoice(QComboBox *box);
    QString noFigure() const; ///< Why there is nothing to export.
    void exportFigure();
    void writeTo(const QString &path);

    ProjectSession *m_session = nullptr;
    FaceWalk *m_walk;
    FaceLoader *m_loader = nullptr;
    std::shared_ptr<FaceImages> m_images;
    Background *m_listing, *m_neighbourWork, *m_anchorWork;
    QTimer *m_delay;
    QHash<QString, RunMaps *> m_runMaps;
    bool m_runsKnown = false, m_regionsStored = false;
    QStringList m_wantedRuns; ///< To be chosen once the runs are known.
    SampleId m_wantedSample;  ///< To begin with once a list is there.
    QString m_wantedKind = QStringLiteral("attention");

    FilterField *m_filter;
    QLabel *m_problem, *m_place;
    QPushButton *m_export;
    RunChooser *m_runs;
    QComboBox *m_kind, *m_palette;
    QSlider *m_opacity;
    QToolButton *m_erased;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    QScrollArea *m_scroll, *m_factsScroll;
    MapSheetView *m_view;
    AttentionFacts *m_facts;
    NeighboursPanel *m_neighbours;
};

} // namespace mien
