#pragma once

#include "studio/common/page.h"
#include "studio/map/map_choice.h"
#include "studio/map/map_file.h"
#include "studio/map/map_look.h"

#include <QPointer>

#include <memory>

class QComboBox;
class QFrame;
class QLabel;
class QPushButton;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace mien {

class Background;
class EmptyState;
class JobStrip;
class MapDensity;
class MapFaces;
class MapLegend;
class MapView;
class SelectionBar;
class SelectionEdits;

/// All faces as a network sees them: alike ones lie side by side. Chooses a map, colours it by what the project knows,
/// and shares its selection with every other page.
class MapPage : public Page
{
    Q_OBJECT

public:
    explicit MapPage(Studio &studio);
    ~MapPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;
    bool isSettled() const override;
    void pose() override;

    MapView &view() const { return *m_view; }
    MapLegend &legend() const { return *m_legend; }
    const MapLook *look() const { return m_look.get(); } ///< Null while there is none.
    const MapPalette &palette() const { return m_palette; }
    const MapColumns *columns() const { return m_columns.get(); } ///< The same.

private:
    struct Listing
    {
        QList<MapFacts> maps;
        QList<MappableRun> runs;
        QString flaggedRun;
    };
    struct Shown
    {
        MapTable table;
        std::shared_ptr<const MapIndex> index;
        std::shared_ptr<const MapDensity> density; ///< Null while the map forms.
        std::shared_ptr<const std::vector<SampleId>> samples;
    };
    void makeRow(class QHBoxLayout &row);
    void makeActions();
    void makeDrawingActions();
    void list();
    void showListing(const Listing &listing);
    void openMap(const QString &path);
    void openForming(const QString &path);
    void show(std::shared_ptr<const Shown> shown, bool keepsPlace);
    void showNothing(const QString &sentence, const QString &button, std::function<void()> act);
    void loadColumns();
    void restyle();
    void fillFields();
    void refreshWords();
    void refreshClusters();
    void refreshVerbs();
    void placeLegend();
    void makeMap();
    void followJob(const QString &id);
    void jobSaid(const QString &id, const QJsonObject &line);
    void jobEnded(const QString &id);
    void select(const std::vector<std::uint32_t> &points, Qt::KeyboardModifiers modifiers);
    void followSelection();
    void tellSelection(const QPointF &where);
    void hover(std::optional<std::uint32_t> point, const QPointF &where);
    void refreshHoverCard();
    void placeCard(QFrame &card, const QPointF &where) const;
    QString readOnlyReason() const;

    QPointer<ProjectSession> m_session;
    Listing m_listing;
    std::shared_ptr<const Shown> m_shown;
    std::shared_ptr<const MapColumns> m_columns;
    std::shared_ptr<const MapLook> m_look;
    MapPalette m_palette;
    QString m_wantedPath, m_wantedColor, m_wantedShape;
    QRectF m_wantedPlace;
    QString m_followed; ///< The job whose layouts show; empty: none.
    bool m_hasListing = false, m_listsAgain = false, m_stylesAgain = false;
    std::optional<std::uint32_t> m_hovered;
    QPointF m_hoveredAt;
    std::function<void()> m_emptyAct;

    Background *m_lister, *m_reader, *m_columnReader, *m_styling;
    MapFaces *m_faces, *m_hoverFaces;
    QComboBox *m_map, *m_color, *m_shape;
    QToolButton *m_pan, *m_lasso, *m_rectangle, *m_contours, *m_clusters, *m_fit;
    QSlider *m_size;
    QPushButton *m_make;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    MapView *m_view;
    MapLegend *m_legend;
    JobStrip *m_job;
    QLabel *m_words, *m_count;
    SelectionEdits *m_edits;
    SelectionBar *m_bar;
    QFrame *m_hoverCard, *m_lassoCard;
    QLabel *m_hoverPicture, *m_hoverWords, *m_lassoWords;
};

} // namespace mien
