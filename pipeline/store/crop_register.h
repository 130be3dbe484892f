#pragma once

#include "pipeline/store/sample.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace SQLite {
class Database;
}

namespace mien {

/// Which pixels a project holds already, so that equal ones are kept once. Read from the database at the first question
/// and kept up from then on: an import asks for every picture, and a look into a table each costs as much as parsing
/// it.
class CropRegister
{
public:
    explicit CropRegister(SQLite::Database &database)
        : m_database(database)
    {
    }

    /// The crop with these bytes in this form; else `fresh` is what it will be known by from now on, and is given back.
    CropId findOrAdd(const Hash128 &hash, int widthPx, int heightPx, int channels, std::string_view codec,
                     CropId fresh);

private:
    struct Form
    {
        CropId id;
        int widthPx = 0, heightPx = 0, channels = 0;
        std::size_t codec = 0; ///< Index into m_codecs.
    };
    struct FirstBytes
    {
        std::size_t operator()(const Hash128 &hash) const;
    };

    void load();
    std::size_t indexOf(std::string_view codec);

    SQLite::Database &m_database;
    bool m_isLoaded = false;
    std::vector<std::string> m_codecs;
    std::unordered_multimap<Hash128, Form, FirstBytes> m_forms;
};

} // namespace mien
