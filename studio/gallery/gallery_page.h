#pragma once

#include "studio/common/page.h"

#include "pipeline/store/labels.h"

#include <QPointer>

class QComboBox;
class QLabel;
class QListWidget;
class QMenu;
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
class SampleListModel;

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

private:
    void makeActions();
    void makeViews();
    void applyQuery();
    void refreshCounts();
    void refreshEmptyState();
    void refreshSelection();
    void fillClasses();
    void giveLabel(const Verdict &verdict, const QString &text);
    void giveClass(int number);
    void change(const QString &failure, std::function<Result<EditId>(Project &, const std::vector<SampleId> &, const std::string &)> run);
    void askTag();
    void openQueue();
    void saveView();
    void rememberFaces();
    QString readOnlyReason() const;

    ProjectSession *m_session = nullptr;
    SampleListModel *m_model;
    std::shared_ptr<FaceImages> m_images;
    Background *m_counts, *m_faces;
    qint64 m_total = -1;

    QListWidget *m_views;
    FilterField *m_filter;
    QLabel *m_problem;
    QComboBox *m_sort;
    QToolButton *m_sections;
    QSlider *m_size;
    QPushButton *m_review;
    QStackedWidget *m_stack;
    GalleryView *m_view;
    EmptyState *m_empty;
    QLabel *m_count;
    QList<QToolButton *> m_selectionButtons;
    QMenu *m_labelMenu = nullptr;
    bool m_stripRemembered = false;
};

} // namespace mien
