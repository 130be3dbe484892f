#include "pipeline/store/saved_views.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

namespace mien {

namespace {

bool hasView(SQLite::Database &database, const std::string &name)
{
    SQLite::Statement find(database, "SELECT 1 FROM saved_views WHERE name = ?");
    find.bind(1, name);
    return find.executeStep();
}

Result<> checkNewName(SQLite::Database &database, const std::string &name)
{
    if (name.empty())
        return fail(ErrorCode::Invalid, "A view needs a name.");
    if (hasView(database, name))
        return fail(ErrorCode::Conflict,
                    "There is a view \"" + name + "\" already; choose another name or remove that one.");
    return {};
}

Error noView(const std::string &name)
{
    return {ErrorCode::NotFound, "There is no view \"" + name + "\"."};
}

} // namespace

std::vector<SavedView> savedViews(const Project &project)
{
    return plain(project, [&]() -> std::vector<SavedView> {
        std::vector<SavedView> views;
        SQLite::Statement query(
            project.database(),
            "SELECT name, filter, sort_key, descending FROM saved_views ORDER BY name COLLATE NOCASE, name");
        while (query.executeStep())
            views.push_back(
                {query.getColumn(0), query.getColumn(1), query.getColumn(2), query.getColumn(3).getInt() != 0});
        return views;
    });
}

Result<> addSavedView(Project &project, const SavedView &view)
{
    return project.change("Saving the view", [&](SQLite::Database &database) -> Result<> {
        if (const auto fits = checkNewName(database, view.name); !fits)
            return fits;
        SQLite::Statement insert(database,
                                 "INSERT INTO saved_views (name, filter, sort_key, descending) VALUES (?, ?, ?, ?)");
        insert.bind(1, view.name);
        insert.bind(2, view.filter);
        insert.bind(3, view.sortKey);
        insert.bind(4, view.descending ? 1 : 0);
        insert.exec();
        return {};
    });
}

Result<> renameSavedView(Project &project, const std::string &from, const std::string &to)
{
    return project.change("Renaming the view", [&](SQLite::Database &database) -> Result<> {
        if (from == to)
            return hasView(database, from) ? Result<>() : fail(noView(from));
        if (const auto fits = checkNewName(database, to); !fits)
            return fits;
        SQLite::Statement update(database, "UPDATE saved_views SET name = ? WHERE name = ?");
        update.bind(1, to);
        update.bind(2, from);
        return update.exec() == 1 ? Result<>() : fail(noView(from));
    });
}

Result<> removeSavedView(Project &project, const std::string &name)
{
    return project.change("Removing the view", [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement remove(database, "DELETE FROM saved_views WHERE name = ?");
        remove.bind(1, name);
        return remove.exec() == 1 ? Result<>() : fail(noView(name));
    });
}

} // namespace mien
