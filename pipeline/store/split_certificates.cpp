#include "pipeline/store/split_certificates.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

namespace mien {

std::optional<SplitCertificate> currentSplitCertificate(const Project &project)
{
    return plain(project, [&]() -> std::optional<SplitCertificate> {
        SQLite::Statement select(project.database(),
                                 "SELECT way, hash, groups FROM split_certificates WHERE edit_id ="
                                 " (SELECT max(e.id) FROM edits e WHERE e.withdrawn_at_ms IS NULL"
                                 " AND EXISTS (SELECT 1 FROM split_facts f WHERE f.edit_id = e.id))");
        if (!select.executeStep())
            return std::nullopt;
        return SplitCertificate{select.getColumn(0).getString(), select.getColumn(1).getString(),
                                select.getColumn(2).getInt64()};
    });
}

} // namespace mien
