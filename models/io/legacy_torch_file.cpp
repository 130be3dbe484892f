#include "models/io/legacy_torch_file.h"

#include <bit>
#include <cstring>
#include <string_view>

namespace mien {

static_assert(std::endian::native == std::endian::little, "legacy torch data is read where it is little-endian");

namespace {

constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);

using Kind = PickleValue::Kind;

[[noreturn]] void refuse(const std::string &reason)
{
    throw PickleError(reason);
}

class LegacyReader
{
public:
    LegacyReader(std::span<const std::byte> file, std::shared_ptr<const void> owner)
        : m_file(file)
        , m_owner(std::move(owner))
        , m_pickles(file)
    {
    }

    TorchState read()
    {
        const PickleValue &magic = m_pickles[m_pickles.next()];
        if (magic.kind != Kind::Long || magic.text != kMagic)
            refuse("it does not begin with the magic number of such files");
        const std::size_t version = m_pickles.next();
        if (value(version, Kind::Integer, "its version").integer != 1001)
            refuse("its version is not 1001");
        checkSystem(m_pickles.next());
        const std::size_t root = m_pickles.next();
        StateDescription state = describedState(m_pickles, root);
        const StorageBytes storages = located(m_pickles.next(), state);
        return withValues(std::move(state), storages, m_owner);
    }

private:
    const PickleValue &value(std::size_t index, Kind kind, const std::string &what) const
    {
        if (m_pickles[index].kind != kind)
            refuse(what + " is not of the expected type");
        return m_pickles[index];
    }

    void checkSystem(std::size_t index) const
    {
        const auto &items = value(index, Kind::Dict, "the description of the system").items;
        bool littleEndian = false;
        for (std::size_t i = 0; i < items.size(); i += 2)
            if (m_pickles[items[i]].text == "little_endian")
                littleEndian = value(items[i + 1], Kind::Bool, "\"little_endian\"").integer != 0;
        if (!littleEndian)
            refuse("its data is not little-endian");
    }

    /// After the pickles, for each key in the order of the list: the number of values, then the values.
    StorageBytes located(std::size_t list, const StateDescription &state) const
    {
        StorageBytes storages;
        std::size_t at = m_pickles.at();
        for (const std::size_t item : value(list, Kind::List, "the list of storages").items) {
            const std::string &key = value(item, Kind::Text, "a storage's key").text;
            const auto wanted = state.storages.find(key);
            if (wanted == state.storages.end())
                refuse("it lists the storage " + quotedForeign(key) + ", which no tensor uses");
            std::uint64_t count = 0;
            if (m_file.size() - at < sizeof count)
                refuse("it is cut off");
            std::memcpy(&count, m_file.data() + at, sizeof count);
            at += sizeof count;
            if (count != wanted->second.values)
                refuse("storage " + quotedForeign(key) + " has another number of values than its tensors say");
            const std::size_t width = byteSize(wanted->second.dtype);
            if (count > (m_file.size() - at) / width)
                refuse("it is cut off");
            if (!storages.emplace(key, m_file.subspan(at, count * width)).second)
                refuse("the storage " + quotedForeign(key) + " is listed twice");
            at += count * width;
        }
        if (storages.size() != state.storages.size())
            refuse("a tensor's storage is not in the list");
        if (at != m_file.size())
            refuse("bytes follow the last storage");
        return storages;
    }

    std::span<const std::byte> m_file;
    std::shared_ptr<const void> m_owner;
    PickleReader m_pickles;
};

} // namespace

Result<TorchState> parseLegacyTorchFile(std::span<const std::byte> file, const std::string &name,
                                        std::shared_ptr<const void> owner)
{
    try {
        return LegacyReader(file, std::move(owner)).read();
    } catch (const PickleError &error) {
        return fail(ErrorCode::Invalid, name + " is not a usable PyTorch file: " + std::string(error.what()) + ".");
    }
}

} // namespace mien
