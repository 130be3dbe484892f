#pragma once

#include "studio/common/page.h"

#include <QJsonObject>

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTableView;
class QVBoxLayout;

namespace mien {

class FormatChoices;
class FaceStep;
class ImportReportModel;
class LinkQuestion;
class JobStrip;
class MienCommand;
class SkippedRows;
class StepHeader;
struct JobInfo;

/// Source → what would come in → run. The check is the real import without writing; the run is a job.
class ImportPage : public Page
{
    Q_OBJECT

public:
    explicit ImportPage(Studio &studio);
    ~ImportPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    bool dropped(const QStringList &paths) override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;
    bool isSettled() const override;

    enum Step { Source, Check, Run };
    Step step() const;

private:
    QWidget *makeSource();
    QWidget *makeCheck();
    QWidget *makeRun();
    void show(Step step);
    void choose(QLineEdit *field, bool folder);
    void check();
    void checked();
    void run();
    void tellOutcome();
    void tellExtraction(const JobInfo &job);
    bool hasVideosToSearch() const; ///< The import that is shown brought videos.
    bool canGoOnSearching() const;  ///< The search that is shown was stopped before its end.
    void findFaces();
    void showChoices();
    void tellTerms();
    static QString contentsText(const QJsonObject &result); ///< What was found in the table of originals; or empty.
    bool mayBeCopies() const; ///< The data set that is named may hold copies of FER2013's pictures.
    void refreshButtons();
    void refreshFaceStep();
    QStringList arguments() const;

    ProjectSession *m_session = nullptr;
    MienCommand *m_formats, *m_dryRun;
    QJsonObject m_report;
    QList<QJsonObject> m_skips; ///< What the check would skip, one event a row.
    QString m_wantedFormat;
    bool m_formatsKnown = false;

    QWidget *m_column;
    StepHeader *m_header;
    QStackedWidget *m_steps;
    QLineEdit *m_path, *m_votes, *m_originals;
    QWidget *m_originalsField;
    QComboBox *m_format;
    QLabel *m_sourceProblem;
    QProgressBar *m_checkBar;
    QLabel *m_what, *m_evidence, *m_problems, *m_notes, *m_terms, *m_reassurance;
    FormatChoices *m_choices;
    LinkQuestion *m_links;
    QPushButton *m_followLinks; ///< Where nothing but links was found.
    QTableView *m_table;
    ImportReportModel *m_model;
    SkippedRows *m_wouldSkip, *m_skipped;
    JobStrip *m_job;
    FaceStep *m_faceStep;
    QString m_facesOf; ///< Id of the import that m_faceStep was begun for.
    QPushButton *m_showSkipped;
    QPushButton *m_back, *m_next;
};

} // namespace mien
