#pragma once

#include "studio/common/thumbnail_loader.h"

#include <QListView>

namespace mien {

class DuplicateListModel;
struct DuplicateGroup;

/// The groups below each other, each with its first face. Left and right belong to the faces of the group.
class DuplicateList : public QListView
{
    Q_OBJECT

public:
    explicit DuplicateList(DuplicateListModel &model, QWidget *parent = nullptr);

    ThumbnailLoader &thumbnails() const { return *m_thumbnails; }
    int currentRow() const { return currentIndex().row(); }
    void setCurrentRow(int row);

Q_SIGNALS:
    void faceStepped(int step); ///< -1: the one before, 1: the next one.

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    class Delegate;
    int pictureSidePx() const;
    void wantPictures();

    DuplicateListModel &m_model;
    ThumbnailLoader *m_thumbnails;
};

} // namespace mien
