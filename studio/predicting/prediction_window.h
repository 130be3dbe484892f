#pragma once

#include "studio/predicting/predicted_picture.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;

namespace mien {

class MienCommand;
class PredictedPictureView;
class ProjectSession;
class ShareBars;
class WarmHelper;

/// What a run's networks see in pictures and videos from anywhere: faces with boxes, each with its distribution.
/// Nothing of it enters the project; it can be kept as CSV. Files are dropped on it or chosen.
class PredictionWindow : public QDialog
{
    Q_OBJECT

public:
    PredictionWindow(ProjectSession &session, const QString &run, QWidget *parent = nullptr);
    ~PredictionWindow() override;

    void look(const QStringList &files); ///< In the place of what was shown.
    bool isBusy() const;
    const PredictedPictures &pictures() const { return m_pictures; }

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void start();
    void chooseFiles();
    void save();
    void takeLine(const QJsonObject &line);
    void showRow(std::size_t picture);
    void showPicture();
    void showFace(int face);
    const PredictedPicture *current() const;

    ProjectSession &m_session;
    QString m_run;
    QStringList m_files;
    PredictedPictures m_pictures;
    MienCommand *m_command;
    WarmHelper *m_originals;

    QComboBox *m_detector;
    QListWidget *m_list;
    PredictedPictureView *m_view;
    QLabel *m_verdict, *m_notice;
    ShareBars *m_bars;
    QProgressBar *m_progress;
    QPushButton *m_stop, *m_save;
};

} // namespace mien
