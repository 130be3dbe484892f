#include "models/io/array_pickle.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string_view>
#include <vector>

namespace mien {

static_assert(std::endian::native == std::endian::little, "arrays are read where they are little-endian");

namespace {

using Kind = PickleValue::Kind;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kMostRank = 16;
constexpr std::uint64_t kMostTimesStored = 4; // arrays may share their values

[[noreturn]] void refuse(const std::string &reason)
{
    throw PickleError(reason);
}

/// The type that an array's values have in safetensors.
DType dtypeOf(const std::string &type, const std::string &what)
{
    constexpr std::pair<std::string_view, DType> known[] = {
        {"f2", DType::F16}, {"f4", DType::F32}, {"f8", DType::F64},  {"i4", DType::I32},
        {"i8", DType::I64}, {"u1", DType::U8},  {"b1", DType::Bool},
    };
    const char order = type.front();
    const std::string_view name = std::string_view(type).substr(1);
    if (name.starts_with('O'))
        refuse(what + " holds Python objects");
    for (const auto &[text, dtype] : known)
        if (name == text && (order == '<' || (byteSize(dtype) == 1 && order == '|')))
            return dtype;
    refuse(what + " has the type " + quotedForeign(type) +
           "; f2, f4, f8, i4, i8, u1 and b1 are read, least byte first");
}

class ArrayReader
{
public:
    ArrayReader(Bytes file, std::shared_ptr<const void> owner)
        : m_pickle(file, PickleReader::Content::Arrays)
        , m_file(file)
        , m_kept(std::make_shared<Kept>(Kept{std::move(owner), {}}))
    {
    }

    TorchState read()
    {
        if (m_file.size() > 1 && m_file[1] != std::byte(2))
            refuse("it has protocol " + std::to_string(std::to_integer<int>(m_file[1])) +
                   "; write it again with pickle.dump(…, protocol=2)");
        const std::size_t root = m_pickle.next();
        if (m_pickle.at() != m_file.size())
            refuse("bytes follow its pickle");
        if (m_pickle[root].kind != Kind::Dict)
            refuse("it holds no dictionary of arrays");
        const auto &items = m_pickle[root].items;
        StateDescription state;
        std::set<std::string> names;
        for (std::size_t i = 0; i < items.size(); i += 2) {
            std::string name = pickledName(m_pickle, items[i]);
            if (m_pickle[items[i + 1]].kind != Kind::Array) {
                state.skipped.push_back(std::move(name));
                continue;
            }
            checkTensorName(name, names, state);
            state.tensors.push_back(described(std::move(name), items[i + 1], state));
        }
        if (state.tensors.empty())
            refuse("it holds no dictionary of arrays");
        return withValues(std::move(state), m_bytes, m_kept);
    }

private:
    struct Kept
    {
        std::shared_ptr<const void> file;
        std::vector<std::vector<std::byte>> decoded; ///< Of texts that stand for bytes.
    };

    /// What NumPy sets of an array: (version, shape, type, whether the first axis runs fastest, values).
    TensorDescription described(std::string name, std::size_t index, StateDescription &state)
    {
        const std::string what = "the array " + quotedForeign(name);
        const auto &made = m_pickle[index].items;
        if (made.size() != 5 || m_pickle[made[1]].kind != Kind::Tuple || m_pickle[made[2]].kind != Kind::ArrayType ||
            (m_pickle[made[3]].kind != Kind::Bool && m_pickle[made[3]].kind != Kind::Integer))
            refuse(what + " is not described as NumPy does");
        TensorDescription tensor{
            .name = std::move(name), .dtype = dtypeOf(m_pickle[made[2]].text, what), .storage = std::to_string(index)};
        for (const std::size_t side : m_pickle[made[1]].items) {
            const PickleValue &value = m_pickle[side];
            if (value.kind != Kind::Integer || value.integer < 0 || tensor.shape.size() == kMostRank ||
                __builtin_mul_overflow(tensor.count, std::uint64_t(value.integer), &tensor.count))
                refuse(what + " has an impossible shape");
            tensor.shape.push_back(value.integer);
        }
        std::uint64_t wanted = 0;
        const Bytes values = valuesOf(made[4], index, what);
        if (__builtin_mul_overflow(tensor.count, std::uint64_t(byteSize(tensor.dtype)), &wanted) ||
            wanted != values.size())
            refuse(what + " has " + std::to_string(values.size()) + " bytes, and its shape needs another number");
        tensor.strides.resize(tensor.shape.size());
        const bool isFirstFastest = m_pickle[made[3]].integer != 0;
        std::int64_t stride = 1; // cannot overflow: the product of the sides does not, unless one is 0
        for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
            const std::size_t axis = isFirstFastest ? i : tensor.shape.size() - 1 - i;
            tensor.strides[axis] = stride;
            stride = tensor.count == 0 ? 1 : stride * tensor.shape[axis];
        }
        state.storages.emplace(tensor.storage, StorageDescription{tensor.dtype, tensor.count});
        return tensor;
    }

    /// Where they stand in the file, or decoded out of the text that Python 3 writes bytes as.
    Bytes valuesOf(std::size_t value, std::size_t array, const std::string &what)
    {
        const std::string key = std::to_string(array);
        if (const auto known = m_bytes.find(key); known != m_bytes.end())
            return known->second; // the same array under another name
        const bool isText = m_pickle[value].kind == Kind::Latin1;
        const PickleValue &data = isText ? m_pickle[std::size_t(m_pickle[value].integer)] : m_pickle[value];
        if (data.kind != Kind::Text)
            refuse(what + " has values that are no bytes");
        m_used += data.bytes.size(); // no overflow: the pickle has a limited number of values
        if (m_used > kMostTimesStored * m_file.size())
            refuse("its arrays have more than four times the values that it holds");
        const Bytes bytes = isText ? Bytes(m_kept->decoded.emplace_back(decoded(data.bytes, what))) : data.bytes;
        m_bytes.emplace(key, bytes);
        return bytes;
    }

    /// UTF-8 of code points below 256, each a byte.
    static std::vector<std::byte> decoded(Bytes text, const std::string &what)
    {
        std::vector<std::byte> bytes;
        bytes.reserve(text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto first = std::to_integer<unsigned>(text[i]);
            if (first < 0x80) {
                bytes.push_back(text[i]);
                continue;
            }
            const auto second = i + 1 < text.size() ? std::to_integer<unsigned>(text[i + 1]) : 0u;
            if ((first != 0xc2 && first != 0xc3) || (second & 0xc0) != 0x80)
                refuse(what + " has values that are no bytes");
            bytes.push_back(std::byte((first & 0x03) << 6 | (second & 0x3f)));
            ++i;
        }
        return bytes;
    }

    PickleReader m_pickle;
    Bytes m_file;
    std::shared_ptr<Kept> m_kept;
    std::uint64_t m_used = 0; ///< Bytes of values, those that are shared once for each.
    StorageBytes m_bytes;     ///< Of each array, by its index among the pickle's values.
};

} // namespace

bool isArrayPickle(Bytes file)
{
    // A file of PyTorch begins with a pickle of a magic number: LONG1 of ten bytes.
    return file.size() > 3 && file[0] == std::byte(0x80) && file[2] != std::byte(0x8a);
}

Result<TorchState> parseArrayPickle(Bytes file, const std::string &name, std::shared_ptr<const void> owner)
{
    try {
        return ArrayReader(file, std::move(owner)).read();
    } catch (const PickleError &error) {
        return fail(ErrorCode::Invalid, name + " is not a usable pickle of arrays: " + std::string(error.what()) + ".");
    }
}

} // namespace mien
