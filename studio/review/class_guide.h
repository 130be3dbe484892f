#pragma once

#include "pipeline/store/ontology.h"

#include <QDialog>
#include <QImage>

#include <vector>

namespace mien {

class Background;
class ProjectSession;

/// What each class means, with faces of the data that carry it without doubt. Stays open beside the work.
class ClassGuide : public QDialog
{
    Q_OBJECT

public:
    ClassGuide(ProjectSession &session, QWidget *parent = nullptr);

    /// Chooses the exemplars anew, on a worker thread: the least suspicious faces of each class.
    void refresh();
    void setClasses(const std::vector<ExpressionClass> &classes); ///< Other ones are shown at once.

private:
    struct Entry
    {
        ExpressionClass expression;
        std::vector<QImage> faces;
    };
    void showEntries(const std::vector<Entry> &entries);

    ProjectSession &m_session;
    std::vector<ExpressionClass> m_classes;
    Background *m_background;
    QWidget *m_list;
};

/// One sentence on what to look for; empty for a project's own class.
QString definitionOf(const ExpressionClass &expression);

} // namespace mien
