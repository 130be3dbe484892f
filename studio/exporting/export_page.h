#pragma once

#include "studio/common/page.h"

#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"

class QButtonGroup;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace mien {

class Background;
class FilterField;
class JobStrip;
class MienCommand;
class TermsPanel;

/// Writes the curated set in a format other tools read. What will be written is counted before; the run is a job.
class ExportPage : public Page
{
    Q_OBJECT

public:
    explicit ExportPage(Studio &studio);
    ~ExportPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;
    bool isSettled() const override;

private:
    struct Preview
    {
        std::int64_t samples = 0, labelled = 0, withoutLabel = 0;
        std::vector<std::pair<ClassId, std::int64_t>> byLabel;
        std::vector<std::pair<Split, std::int64_t>> bySplit;
        QStringList importers;
        bool knowsFer2013 = false; ///< The project was told its terms.
    };
    void preview();
    void showPreview(const Preview &preview);
    void loadSnapshots();
    void run();
    void tellOutcome();
    void refreshButton();
    void takeTerms();
    bool isTableAlone() const; ///< No pictures go along.

    ProjectSession *m_session = nullptr;
    Background *m_counting, *m_listing;
    MienCommand *m_formats;
    bool m_formatsKnown = false;
    bool m_isFormatChosen = false; ///< By a person.
    qint64 m_samples = -1;

    QComboBox *m_format, *m_snapshot;
    FilterField *m_filter;
    TermsPanel *m_terms;
    QLineEdit *m_folder;
    QLabel *m_help, *m_title, *m_counts;
    QVBoxLayout *m_bars;
    JobStrip *m_job;
    QPushButton *m_export, *m_open;
};

} // namespace mien
