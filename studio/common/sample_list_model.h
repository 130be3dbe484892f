#pragma once

#include "pipeline/store/samples.h"
#include "studio/common/project_readers.h"

#include <QAbstractListModel>
#include <QHash>
#include <QString>

#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace mien {

class Background;
class ProjectSession;

/// Samples that match a filter, as rows: one vector of ids, the full rows fetched by pages when asked for.
///
/// rowCount() is exact at once; rowAt() answers what is known and asks for the rest, which arrives with dataChanged().
class SampleListModel : public QAbstractListModel
{
    Q_OBJECT

public:
    enum Role { SampleIdRole = Qt::UserRole, SourceRole, FlagRole, SuspicionRole };

    struct Query
    {
        QString filter;
        SampleOrder order;
        bool byLabel = false; ///< Sections: the classes in project order, then what has none.
        bool operator==(const Query &other) const
        {
            return filter == other.filter && order.key == other.order.key &&
                   order.descending == other.order.descending && byLabel == other.byLabel;
        }
    };
    struct Section
    {
        QString title;
        ClassId label; ///< 0: without a class.
        int first = 0, count = 0;
    };
    /// Where ids and rows come from; replaced in tests. Called on worker threads.
    struct Source
    {
        std::function<Result<std::vector<SampleId>>(const std::string &filter, const SampleOrder &order)> ids;
        std::function<Result<std::vector<SampleRow>>(std::span<const SampleId>)> rows;
    };

    explicit SampleListModel(QObject *parent = nullptr);
    ~SampleListModel() override;

    /// The project to read; null empties the model. Follows the session's dataChanged().
    void setSession(ProjectSession *session);
    void setSource(Source source, std::vector<ExpressionClass> classes);
    void setQuery(const Query &query);
    const Query &query() const { return m_query; }
    void refresh(); ///< Asks again; rows shown stay until the answer.

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    const std::vector<SampleId> &ids() const { return *m_ids; }
    const std::vector<Section> &sections() const { return m_sections; }
    SampleId idAt(int row) const { return (*m_ids)[std::size_t(row)]; }
    int rowOf(SampleId id) const; ///< -1 when it is not in the list. Linear.
    /// Null while it is being fetched.
    const SampleRow *rowAt(int row) const;
    /// What a screen reader says of a row: "row 12, given sadness, suggested neutral, suspicion 0.81, flagged".
    QString spoken(int row) const;
    bool isBusy() const; ///< A query or page is on its way.

Q_SIGNALS:
    void failed(const QString &message); ///< The filter is wrong; rows stay as they were.
    void queried();                      ///< The answer to the query is in (also when nothing changed).

private:
    struct Answer
    {
        std::shared_ptr<const std::vector<SampleId>> ids;
        std::vector<Section> sections;
    };
    void ask();
    void fetchPages();
    QString className(std::optional<ClassId> id) const;

    static constexpr int pageRows = 256, keptPages = 96;

    Source m_source;
    std::vector<ExpressionClass> m_classes;
    Query m_query;
    Background *m_queryWork;
    Background *m_pageWork;
    std::shared_ptr<const std::vector<SampleId>> m_ids = std::make_shared<std::vector<SampleId>>();
    std::vector<Section> m_sections;
    struct Page
    {
        std::vector<SampleRow> rows;
        bool stale = false;
        mutable quint64 used = 0;
    };
    mutable QHash<int, Page> m_pages;
    mutable std::set<int> m_wanted;
    mutable quint64 m_clock = 0;
    mutable bool m_fetchPosted = false;
    bool m_fetching = false;
    ProjectSession *m_session = nullptr;
};

} // namespace mien
