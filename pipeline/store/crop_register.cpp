#include "pipeline/store/crop_register.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cstring>

namespace mien {

std::size_t CropRegister::FirstBytes::operator()(const Hash128 &hash) const
{
    std::size_t part = 0;
    std::memcpy(&part, hash.data(), sizeof part);
    return part;
}

std::size_t CropRegister::indexOf(std::string_view codec)
{
    const auto known = std::find(m_codecs.begin(), m_codecs.end(), codec);
    if (known != m_codecs.end())
        return static_cast<std::size_t>(known - m_codecs.begin());
    m_codecs.emplace_back(codec);
    return m_codecs.size() - 1;
}

void CropRegister::load()
{
    m_isLoaded = true;
    m_forms.reserve(
        static_cast<std::size_t>(m_database.execAndGet("SELECT coalesce(max(id), 0) FROM crops").getInt64()) + 4096);
    SQLite::Statement select(m_database, "SELECT id, hash, width, height, channels, codec FROM crops");
    while (select.executeStep()) {
        const auto hash = select.getColumn(1);
        Hash128 key{};
        if (hash.getBytes() != static_cast<int>(key.size()))
            continue;
        std::memcpy(key.data(), hash.getBlob(), key.size());
        m_forms.emplace(key, Form{{select.getColumn(0).getInt64()},
                                  select.getColumn(2).getInt(),
                                  select.getColumn(3).getInt(),
                                  select.getColumn(4).getInt(),
                                  indexOf(select.getColumn(5).getString())});
    }
}

CropId CropRegister::findOrAdd(const Hash128 &hash, int widthPx, int heightPx, int channels, std::string_view codec,
                               CropId fresh)
{
    if (!m_isLoaded)
        load();
    const std::size_t codecIndex = indexOf(codec);
    for (auto [at, end] = m_forms.equal_range(hash); at != end; ++at) {
        const Form &form = at->second;
        if (form.widthPx == widthPx && form.heightPx == heightPx && form.channels == channels &&
            form.codec == codecIndex)
            return form.id;
    }
    m_forms.emplace(hash, Form{fresh, widthPx, heightPx, channels, codecIndex});
    return fresh;
}

} // namespace mien
