#pragma once

#include "pipeline/store/ids.h"

#include <QObject>
#include <QString>

#include <vector>

namespace mien {

class Background;
class ProjectSession;

/// The faces that a person steps through: a list that another page handed over, or what matches a filter, the most
/// suspicious first.
class FaceWalk : public QObject
{
    Q_OBJECT

public:
    explicit FaceWalk(QObject *parent = nullptr);
    ~FaceWalk() override;

    void setSession(ProjectSession *session); ///< Forgets the list.

    /// @param title  "Selected in the gallery"
    /// @param at     the face to begin with where the list has it
    void openSamples(const QString &title, std::vector<SampleId> samples, SampleId at);
    void openFilter(const QString &filter, SampleId at);
    /// The open flags, or all faces where nothing is flagged; filter() tells which.
    void openStandard(SampleId at);

    QString title() const { return m_title; }   ///< Empty for a filter.
    QString filter() const { return m_filter; } ///< Of the list; empty: all, or another page's list.
    bool isOpened() const { return m_opened; }  ///< Something was asked for.
    bool isBusy() const;

    int size() const { return int(m_samples.size()); }
    int position() const { return m_position; }
    SampleId current() const { return at(m_position); } ///< Empty id in an empty list.
    SampleId at(int position) const;                    ///< Empty id beyond the ends.
    void goTo(int position);                            ///< The ends stop it.
    const std::vector<SampleId> &samples() const { return m_samples; }

Q_SIGNALS:
    void listChanged();
    void moved();
    void failed(const QString &message); ///< The filter is wrong; the list stays as it was.

private:
    struct Found
    {
        QString filter;
        std::vector<SampleId> samples;
    };
    void look(std::vector<QString> filters, SampleId at);
    void take(QString title, QString filter, std::vector<SampleId> samples, SampleId at);

    ProjectSession *m_session = nullptr;
    Background *m_looking;
    QString m_title, m_filter;
    std::vector<SampleId> m_samples;
    int m_position = 0;
    bool m_opened = false;
};

} // namespace mien
