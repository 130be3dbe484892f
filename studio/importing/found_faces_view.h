#pragma once

#include "studio/common/preview_faces.h"

#include <QWidget>

namespace mien {

/// A picture with the boxes and landmarks of what was found in it: those that would be cut out in the accent, others
/// thin. Or a sentence in its place.
class FoundFacesView : public QWidget
{
    Q_OBJECT

public:
    explicit FoundFacesView(QWidget *parent = nullptr);

    void setFound(const PreviewFaces &found, const QString &caption);
    void setMessage(const QString &message); ///< In the place of the picture.
    QString message() const { return m_message; }
    void setBusy(bool busy); ///< Says over the picture that another one is on its way.
    bool isBusy() const { return m_isBusy; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    PreviewFaces m_found;
    QString m_caption, m_message;
    bool m_isBusy = false;
};

} // namespace mien
