#include "models/io/legacy_torch_file.h"

#include "models/io/pickle_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string_view>

namespace mien {

static_assert(std::endian::native == std::endian::little, "legacy torch data is read where it is little-endian");

namespace {

constexpr std::uint64_t kMostFileBytes = 4ull << 30;
constexpr std::size_t kMostRank = 16;
constexpr std::size_t kLongestKey = 256;      // PyTorch writes an address
constexpr std::uint64_t kMostTimesStored = 4; // weights may be shared by tensors
constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);

using Kind = PickleValue::Kind;

[[noreturn]] void refuse(const std::string &reason)
{
    throw PickleError(reason);
}

/// A tensor as the pickle describes it, before its storage has been found.
struct Description
{
    std::string name;
    std::string storage;
    std::uint64_t storageValues = 0;
    std::uint64_t offset = 0;
    std::vector<std::int64_t> shape, strides;
    std::uint64_t count = 1;
};

class LegacyReader
{
public:
    explicit LegacyReader(std::span<const std::byte> file)
        : m_file(file)
        , m_pickles(file)
    {
    }

    std::vector<NamedTensor> read()
    {
        const PickleValue &magic = m_pickles[m_pickles.next()];
        if (magic.kind != Kind::Long || magic.text != kMagic)
            refuse("it does not begin with the magic number of such files");
        const std::size_t version = m_pickles.next();
        if (integer(version, "its version") != 1001)
            refuse("its version is not 1001");
        checkSystem(m_pickles.next());
        const std::vector<Description> tensors = described(m_pickles.next());
        const auto storages = located(m_pickles.next(), tensors);

        std::vector<NamedTensor> result;
        result.reserve(tensors.size());
        for (const Description &tensor : tensors)
            result.push_back({tensor.name, tensor.shape, valuesOf(tensor, storages.at(tensor.storage))});
        return result;
    }

private:
    const PickleValue &value(std::size_t index, Kind kind, const std::string &what) const
    {
        if (m_pickles[index].kind != kind)
            refuse(what + " is not of the expected type");
        return m_pickles[index];
    }

    std::int64_t integer(std::size_t index, const std::string &what) const
    {
        return value(index, Kind::Integer, what).integer;
    }

    /// The tuple that a storage or tensor is made from.
    const std::vector<std::size_t> &madeFrom(std::size_t index, Kind kind, const std::string &what) const
    {
        return m_pickles[std::size_t(value(index, kind, what).integer)].items;
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

    std::vector<Description> described(std::size_t index) const
    {
        const auto &items = value(index, Kind::Dict, "the state dictionary").items;
        std::vector<Description> tensors;
        std::set<std::string> names;
        for (std::size_t i = 0; i < items.size(); i += 2) {
            const std::string &name = m_pickles[items[i]].text;
            if (name.empty() || !names.insert(name).second)
                refuse("the tensor " + quoted(name) + " occurs twice or has no name");
            const std::string what = "the tensor " + quoted(name);
            tensors.push_back(description(name, madeFrom(items[i + 1], Kind::Tensor, what), what));
        }
        return tensors;
    }

    /// (storage, offset, size, stride, requires_grad, hooks)
    Description description(const std::string &name, const std::vector<std::size_t> &made,
                            const std::string &what) const
    {
        if (made.size() != 6)
            refuse(what + " is made from " + std::to_string(made.size()) + " values instead of 6");
        Description tensor;
        tensor.name = name;
        readStorage(tensor, madeFrom(made[0], Kind::Storage, "the storage of " + what), what);
        tensor.offset = notNegative(made[1], "the offset of " + what);
        tensor.shape = sides(made[2], "the size of " + what);
        tensor.strides = sides(made[3], "the stride of " + what);
        value(made[4], Kind::Bool, "requires_grad of " + what);
        value(made[5], Kind::Dict, "the list of hooks of " + what);
        checkReach(tensor, what);
        return tensor;
    }

    /// ('storage', FloatStorage, key, place, number of values, None)
    void readStorage(Description &tensor, const std::vector<std::size_t> &id, const std::string &what) const
    {
        if (id.size() != 6 || value(id[0], Kind::Text, "a persistent id").text != "storage")
            refuse("the storage of " + what + " is not described as expected");
        const auto type = PickleValue::Global(value(id[1], Kind::Global, "the storage's class of " + what).integer);
        if (type != PickleValue::Global::FloatStorage)
            refuse("the storage of " + what + " is no FloatStorage");
        tensor.storage = value(id[2], Kind::Text, "the storage's key of " + what).text;
        if (tensor.storage.size() > kLongestKey)
            refuse("the storage's key of " + what + " is too long");
        value(id[3], Kind::Text, "the storage's place of " + what);
        tensor.storageValues = notNegative(id[4], "the storage's number of values of " + what);
        value(id[5], Kind::None, "the storage's view of " + what);
    }

    std::uint64_t notNegative(std::size_t index, const std::string &what) const
    {
        const std::int64_t number = integer(index, what);
        if (number < 0)
            refuse(what + " is negative");
        return std::uint64_t(number);
    }

    std::vector<std::int64_t> sides(std::size_t index, const std::string &what) const
    {
        std::vector<std::int64_t> result;
        const auto &items = value(index, Kind::Tuple, what).items;
        if (items.size() > kMostRank)
            refuse(what + " has more than " + std::to_string(kMostRank) + " dimensions");
        for (const std::size_t item : items)
            result.push_back(std::int64_t(notNegative(item, what)));
        return result;
    }

    /// Counts the values, and makes sure that the last one still lies in the storage.
    static void checkReach(Description &tensor, const std::string &what)
    {
        if (tensor.shape.size() != tensor.strides.size())
            refuse("size and stride of " + what + " differ in length");
        for (const std::int64_t side : tensor.shape)
            if (side == 0)
                tensor.count = 0;
        if (tensor.count == 0)
            return;
        std::uint64_t last = tensor.offset;
        for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
            const auto side = std::uint64_t(tensor.shape[axis]);
            std::uint64_t reach = 0;
            if (__builtin_mul_overflow(side - 1, std::uint64_t(tensor.strides[axis]), &reach) ||
                __builtin_add_overflow(last, reach, &last) || __builtin_mul_overflow(tensor.count, side, &tensor.count))
                refuse(what + " is too large");
        }
        if (last >= tensor.storageValues)
            refuse(what + " reaches outside its storage");
        if (tensor.count > tensor.storageValues)
            refuse(what + " has more values than its storage");
    }

    using Storages = std::map<std::string, std::span<const std::byte>, std::less<>>;

    /// After the pickles, for each key in the order of the list: the number of values, then the values.
    Storages located(std::size_t list, const std::vector<Description> &tensors)
    {
        std::map<std::string, std::uint64_t, std::less<>> expected;
        for (const Description &tensor : tensors)
            if (const auto [at, isNew] = expected.emplace(tensor.storage, tensor.storageValues);
                !isNew && at->second != tensor.storageValues)
                refuse("two tensors disagree about the size of storage " + quoted(tensor.storage));

        Storages storages;
        std::size_t at = m_pickles.at();
        std::uint64_t stored = 0;
        for (const std::size_t item : value(list, Kind::List, "the list of storages").items) {
            const std::string &key = value(item, Kind::Text, "a storage's key").text;
            const auto wanted = expected.find(key);
            if (wanted == expected.end())
                refuse("it lists the storage " + quoted(key) + ", which no tensor uses");
            std::uint64_t count = 0;
            if (m_file.size() - at < sizeof count)
                refuse("it is cut off");
            std::memcpy(&count, m_file.data() + at, sizeof count);
            at += sizeof count;
            if (count != wanted->second)
                refuse("storage " + quoted(key) + " has another number of values than its tensors say");
            if (count > (m_file.size() - at) / sizeof(float))
                refuse("it is cut off");
            if (!storages.emplace(key, m_file.subspan(at, count * sizeof(float))).second)
                refuse("the storage " + quoted(key) + " is listed twice");
            at += count * sizeof(float);
            stored += count;
        }
        if (storages.size() != expected.size())
            refuse("a tensor's storage is not in the list");
        if (at != m_file.size())
            refuse("bytes follow the last storage");
        std::uint64_t wanted = 0; // each count is at most its storage's, the number of tensors is limited: no overflow
        for (const Description &tensor : tensors)
            wanted += tensor.count;
        if (wanted > kMostTimesStored * stored)
            refuse("its tensors have more than four times the values that it holds");
        return storages;
    }

    static std::vector<float> valuesOf(const Description &tensor, std::span<const std::byte> storage)
    {
        std::vector<float> values(tensor.count);
        std::vector<std::int64_t> index(tensor.shape.size(), 0);
        std::uint64_t from = tensor.offset;
        for (float &value : values) {
            std::memcpy(&value, storage.data() + from * sizeof(float), sizeof(float));
            for (std::size_t axis = index.size(); axis-- > 0;) { // to the next one in row-major order
                from += std::uint64_t(tensor.strides[axis]);
                if (++index[axis] < tensor.shape[axis])
                    break;
                from -= std::uint64_t(tensor.strides[axis]) * std::uint64_t(tensor.shape[axis]);
                index[axis] = 0;
            }
        }
        return values;
    }

    static std::string quoted(const std::string &text)
    {
        std::string result = text.substr(0, 60);
        for (char &c : result)
            if (c < 0x20 || c > 0x7e)
                c = '?';
        return "\"" + result + "\"";
    }

    std::span<const std::byte> m_file;
    PickleReader m_pickles;
};

tl::unexpected<Error> invalid(const std::string &name, const std::string &reason)
{
    return fail(ErrorCode::Invalid, name + " is not a usable PyTorch file: " + reason + ".");
}

} // namespace

Result<std::vector<NamedTensor>> parseLegacyTorchFile(std::span<const std::byte> file, const std::string &name)
{
    try {
        return LegacyReader(file).read();
    } catch (const PickleError &error) {
        return invalid(name, error.what());
    }
}

Result<std::vector<NamedTensor>> readLegacyTorchFile(const std::filesystem::path &path)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(ErrorCode::NotFound, "There is no file " + path.string() + ".");
    const std::uint64_t size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file)
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");
    if (size > kMostFileBytes)
        return invalid(path.string(), "it is larger than 4 GB");
    const auto bytes = std::make_unique_for_overwrite<std::byte[]>(size);
    if (size > 0 && !file.read(reinterpret_cast<char *>(bytes.get()), std::streamsize(size)))
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");
    return parseLegacyTorchFile({bytes.get(), std::size_t(size)}, path.string());
}

} // namespace mien
