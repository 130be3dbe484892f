#include "models/io/torch_zip_file.h"

#include <string_view>

namespace mien {
namespace {

[[noreturn]] void refuse(const std::string &reason)
{
    throw PickleError(reason);
}

/// What every name begins with: "archive/".
std::string rootOf(const ZipEntries &entries)
{
    if (entries.empty())
        refuse("it is an empty archive");
    const std::string &first = entries.begin()->first;
    const std::string root = first.substr(0, first.find('/') + 1);
    for (const auto &[name, bytes] : entries)
        if (root.empty() || !name.starts_with(root))
            refuse("its entries do not lie in one folder");
    return root;
}

TorchState stateIn(const ZipEntries &entries, std::shared_ptr<const void> owner)
{
    const std::string root = rootOf(entries);
    for (const auto &[name, bytes] : entries)
        if (name == root + "constants.pkl" || name.starts_with(root + "code/"))
            refuse("it is a TorchScript program, not a state dictionary");
    if (const auto order = entries.find(root + "byteorder"); order != entries.end())
        if (const auto bytes = order->second;
            std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()) != "little")
            refuse("its data is not little-endian");
    const auto pickle = entries.find(root + "data.pkl");
    if (pickle == entries.end())
        refuse("it has no entry data.pkl");

    PickleReader reader(pickle->second);
    const std::size_t value = reader.next();
    if (reader.at() != pickle->second.size())
        refuse("bytes follow the pickle in data.pkl");
    StateDescription state = describedState(reader, value);
    StorageBytes storages;
    for (const auto &[key, storage] : state.storages) {
        const auto entry = entries.find(root + "data/" + key);
        if (entry == entries.end())
            refuse("it has no entry " + quotedForeign("data/" + key));
        const std::size_t width = byteSize(storage.dtype);
        if (entry->second.size() % width != 0 || entry->second.size() / width != storage.values)
            refuse("the entry " + quotedForeign("data/" + key) + " has another size than its tensors say");
        storages.emplace(key, entry->second);
    }
    return withValues(std::move(state), storages, std::move(owner));
}

} // namespace

Result<TorchState> parseTorchZipFile(const ZipEntries &entries, const std::string &name,
                                     std::shared_ptr<const void> owner)
{
    try {
        return stateIn(entries, std::move(owner));
    } catch (const PickleError &error) {
        return fail(ErrorCode::Invalid, name + " is not a usable PyTorch file: " + std::string(error.what()) + ".");
    }
}

} // namespace mien
