#pragma once

#include "studio/common/page.h"
#include "studio/gallery/view_list.h"

#include <QPointer>

class QLabel;
class QPushButton;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace mien {

class Background;
class EmptyState;
class FaceImages;
class FilterField;
class GalleryView;
class OrderChoice;
class SampleListModel;
class SelectionBar;
class SelectionEdits;
class ValuePanel;

/// All faces that match a filter, to look at, select, label, tag, exclude and send to the review queue.
class GalleryPage : public Page
{
    Q_OBJECT

public:
    explicit GalleryPage(Studio &studio);
    ~GalleryPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;
    bool isSettled() const override;
    void pose() override;

    GalleryView &view() const { return *m_view; }
    SampleListModel &model() const { return *m_model; }
    FilterField &filter() const { return *m_filter; }
    ValuePanel &values() const { return *m_values; }

private:
    void makeActions();
    void applyQuery();
    ViewList::View shownView() const;
    void showView(const ViewList::View &view);
    void refreshViewVerbs();
    void refreshCounts();
    void refreshEmptyState();
    void refreshSelection();
    void selectAll();
    void followSelection();
    QueueRequest shownFaces() const; ///< The selected ones, or the whole list.
    void openQueue();
    void reloadPictures();
    void rememberFaces();
    void showSample(SampleId sample);
    void showWanted();
    QString readOnlyReason() const;

    ProjectSession *m_session = nullptr;
    SampleListModel *m_model;
    std::shared_ptr<FaceImages> m_images;
    Background *m_counts, *m_faces;
    qint64 m_total = -1;
    SampleId m_wanted; ///< To select as soon as the list has it.

    ViewList *m_views;
    FilterField *m_filter;
    QLabel *m_problem;
    OrderChoice *m_order;
    QToolButton *m_sections, *m_histogram;
    ValuePanel *m_values;
    QSlider *m_size;
    QPushButton *m_review;
    QStackedWidget *m_stack;
    GalleryView *m_view;
    SelectionEdits *m_edits;
    EmptyState *m_empty;
    QLabel *m_count;
    SelectionBar *m_bar = nullptr;
    bool m_isFollowing = false; ///< The selection came from another page.
    bool m_stripRemembered = false;
};

} // namespace mien
